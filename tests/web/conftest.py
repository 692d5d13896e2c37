"""The API's manners on a server of its own, in a house on each database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from daemon import clock
from daemon.app import authenticator_of, build_house, build_pool, listen
from daemon.config import parse
from daemon.core.values import Address
from daemon.desk.intake import Reception
from daemon.store import commit
from daemon.web import server
from tests.databases import DATABASES
from tests.web.served import AGENT, CUSTOMER, Served, routes_of_tests


@contextmanager
def served_from(folder: Path, database: str = "", metrics: str = "local", **api: Any) -> Iterator[Served]:
    """A server with these options of the API; it ends with the block."""
    config = parse(
        {
            "storage": {"folder": str(folder / "var"), "database": database},
            "desk": [{"name": "support", "address": "support@desk.example"}],
            "agent": [{"name": "Desk Agent", "address": AGENT}],
            "http": {"metrics": metrics},
            "api": api,
        }
    )
    house = build_house(config)
    served = Served(house)
    house.now = served.now
    house.store.write(lambda: commit.person(Address("", CUSTOMER), "", clock.now())).result()
    pool = build_pool(config)
    reception = Reception(house, pool, authenticator_of(config, pool))
    app = server.application(house, lambda: None, reception, pool)
    app.include_router(routes_of_tests(served))
    web = server.server(app)
    sock = listen("127.0.0.1", 0)
    served.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
    thread = threading.Thread(target=lambda: asyncio.run(web.serve([sock])))
    thread.start()
    try:
        yield served
    finally:
        for client in served.clients:
            client.close()
        web.should_exit = True
        thread.join(10)
        pool.close()
        house.store.close()


@pytest.fixture(scope="module", params=DATABASES)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = "" if request.param == "sqlite" else str(request.getfixturevalue("postgres").new_database())
    with served_from(tmp_path_factory.mktemp("served"), url) as served:
        yield served


@pytest.fixture
def served(shared: Served) -> Served:
    """The server that the tests of a module share, on each database, at the present instant."""
    shared.offset = 0
    shared.done.clear()
    return shared


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Start a server of one's own: ``serve(body_seconds=1)``."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(served_from(tmp_path, **options))
