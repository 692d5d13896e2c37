"""Requests that are no sound HTTP, answered as every other error is: as a problem, and the connection ends."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

import h11
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from daemon.web.api.problems import Problem

UNREADABLE = "Its first line, a header, or where its body ends cannot be read; or its headers have more than 64 KB."
HEADERS_SECONDS = 20.0
LISTENED_SECONDS = 1.0
"""How long headers may take, and how long a refused caller is heard to the end."""
CLOSE = {"Connection": "close"}


def _unreadable(sentence: str) -> Problem:
    return Problem(400, "bad-request", "The request is no sound HTTP", sentence, headers=CLOSE)


class Protocol(H11Protocol):
    """uvicorn's, whose own answer to what h11 cannot read is plain text, and is lost where more is still on its way;
    and which waits for headers without end."""

    refused = False
    late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_headers(begun=True)

    def connection_lost(self, exc: Exception | None) -> None:
        self._await_headers(begun=False)
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        self.refused = True
        answer = _unreadable(UNREADABLE).response()
        events = (
            h11.Response(status_code=answer.status_code, headers=answer.raw_headers),
            h11.Data(data=bytes(answer.body)),
            h11.EndOfMessage(),
        )
        for event in events:
            self.transport.write(self.conn.send(event) or b"")
        self.transport.write_eof()
        self.loop.call_later(LISTENED_SECONDS, self.transport.close)

    def data_received(self, data: bytes) -> None:
        if not self.refused:
            super().data_received(data)
            self._await_headers(begun=self.conn.their_state is h11.IDLE and bool(self.conn.trailing_data[0]))

    def _await_headers(self, *, begun: bool) -> None:
        """Give headers that have begun so long, from their beginning on."""
        if begun and self.late is None:
            self.late = self.loop.call_later(HEADERS_SECONDS, self.transport.close)
        elif not begun and self.late is not None:
            self.late.cancel()
            self.late = None


class Framing:
    """Refuses a request that tells the end of its body in two ways, for others may see it elsewhere (RFC 9112, 6.1);
    takes one that names its host before the path."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            _without_host(scope)
            headers = Headers(scope=scope)
            if "content-length" in headers and "transfer-encoding" in headers:
                answer = _unreadable("It has Content-Length and Transfer-Encoding; send one of them.").response()
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _without_host(scope: Scope) -> None:
    """A request may name its host before the path, as one to a proxy does (RFC 9112, 3.2.2)."""
    if not scope["path"].startswith("/"):
        scope["path"] = urlsplit(scope["path"]).path or "/"
        scope["raw_path"] = urlsplit(scope["raw_path"]).path or b"/"
