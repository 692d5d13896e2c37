"""What stands around all routes: a number for each request, a line in the log, counts, CORS, an answer to our faults.

A log line has the route and not the path (links bear tokens), the number of the token and not the token, and no word
of a body. Of a fault it has the kind and where it happened, not its text, in which values may stand.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Sequence
from http import HTTPStatus

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from daemon.desk.house import House
from daemon.web.api import problems
from daemon.web.api.rates import Rates
from daemon.web.api.repeats import Repeats
from daemon.web.drain import Drain
from daemon.web.heads import Heads
from daemon.web.metrics import Requests
from daemon.web.protocol import Framing

log = structlog.get_logger()

BELOW = "/v2/"
FRAMES = 4
ALLOWED = ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "If-Range", "Range"]
EXPOSED = [
    "Content-Disposition", "Content-Range", "ETag", "Idempotency-Replayed", "Location", "RateLimit",
    "RateLimit-Policy", "Request-Id", "Retry-After",
]  # fmt: skip
CORS_SECONDS = 600


def stand(app: FastAPI, house: House, requests: Requests) -> None:
    """Put all of it around an application."""
    app.state.rates = Rates(house.config.api.requests_per_minute)
    problems.answer(app)
    app.add_middleware(Repeats, house=house)
    if house.config.api.origins:
        app.add_middleware(Cors, origins=house.config.api.origins)
    app.add_middleware(Framing)
    app.add_middleware(Drain, most=house.config.limits.message_size)
    app.add_middleware(Heads)
    app.add_middleware(Around, house=house, requests=requests)


class Around:
    """The outermost: whatever happens within, there is an answer, a line and a count."""

    def __init__(self, app: ASGIApp, house: House, requests: Requests) -> None:
        self._app = app
        self._house = house
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number, state, status = self._house.nonce(), scope.setdefault("state", {}), 0
        loop = asyncio.get_running_loop()
        began = loop.time()

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["Request-Id"] = number
                if (standing := state.get("standing")) is not None:
                    headers.update(standing.headers())
            await send(message)

        try:
            await self._app(scope, receive, answer)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others go on and this one is told
            log.error("request-failed", request=number, error=type(error).__name__, where=_where(error))
            if not status:
                await problems.failed().response()(scope, receive, answer)
        finally:
            route = _route(scope)
            self._requests.count(scope["method"], route, status)
            if scope["path"].startswith(BELOW):
                caller = state.get("caller")
                log.info(
                    "request", request=number, method=scope["method"], route=route, status=status,
                    token=caller.token if caller else None, ms=round((loop.time() - began) * 1000),
                )  # fmt: skip


class Shared(CORSMiddleware):
    """Starlette's, with a problem for what is not shared."""

    def preflight_response(self, request_headers: Headers) -> Response:
        told = super().preflight_response(request_headers)
        if told.status_code < HTTPStatus.BAD_REQUEST:
            return told
        sentence = "Its origin, method or headers are not among those that may be used from there; see api.origins."
        return problems.Problem(403, "not-shared", "That page may not ask this", sentence).response()


class Cors:
    """CORS for the API alone: the pages beside it are nobody else's."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        self._app = app
        self._shared = Shared(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=ALLOWED,
            expose_headers=EXPOSED,
            max_age=CORS_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        below = scope["type"] == "http" and scope["path"].startswith(BELOW)
        await (self._shared if below else self._app)(scope, receive, send)


def _route(scope: Scope) -> str:
    """The pattern of the route that answered; '' for a path that is none."""
    return str(getattr(scope.get("route"), "path", None) or "")


def _where(error: Exception) -> list[str]:
    """The last places of a fault's way: file, line, function."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
