"""The HTTP server: uvicorn in the daemon's own loop, which keeps its signals to itself."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from daemon.desk.house import House
from daemon.desk.intake import Reception
from daemon.mail.worker import ParserPool
from daemon.web import confirm, health, metrics, rate, undo
from daemon.web.api import around, reference, resources
from daemon.web.api.document import operation_id
from daemon.web.pages import Pages
from daemon.web.portal import pages as portal
from daemon.web.protocol import Protocol


def application(house: House, trouble: Callable[[], str | None], reception: Reception, pool: ParserPool) -> FastAPI:
    """Every route there is; ``reception`` takes in what pages are told, ``pool`` reads mail for them."""
    folder = house.templates_folder
    pages = Pages(folder)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, generate_unique_id_function=operation_id)
    requests = metrics.Requests()
    around.stand(app, house, requests)
    app.include_router(health.router(house.store, trouble))
    app.include_router(confirm.router(house, pages))
    app.include_router(undo.router(house, pages))
    app.include_router(rate.router(house, pages))
    app.include_router(metrics.router(house, requests))
    resources.mount(app, house, reception)
    app.include_router(reference.router(app, house, pages))
    app.include_router(portal.router(house, pages, reception, pool))
    return app


class Server(uvicorn.Server):
    """uvicorn without its own idea of SIGTERM: the daemon ends all its parts in order."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server(app: FastAPI) -> Server:
    return Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            loop="asyncio",
            http=Protocol,
            ws="none",
            lifespan="off",
            limit_concurrency=200,
            timeout_keep_alive=10,
        )
    )
