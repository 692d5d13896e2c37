"""Requests that are no sound HTTP, answered as every other error is: as a problem, and the connection ends."""

from __future__ import annotations

import h11
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from daemon.web.api.problems import Problem

LISTENED_SECONDS = 1.0
CLOSE = {"Connection": "close"}


def _unreadable(sentence: str) -> Problem:
    return Problem(400, "bad-request", "The request is no sound HTTP", sentence, headers=CLOSE)


class Protocol(H11Protocol):
    """uvicorn's, whose own answer to what h11 cannot read is plain text, and is lost where more is still on its way."""

    refused = False

    def send_400_response(self, msg: str) -> None:
        self.refused = True
        answer = _unreadable("Its line or headers cannot be read, or are too long.").response()
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


class Framing:
    """Refuses a request that tells the end of its body in two ways, for others may see it elsewhere (RFC 9112, 6.1)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if "content-length" in headers and "transfer-encoding" in headers:
                answer = _unreadable("It has Content-Length and Transfer-Encoding; send one of them.").response()
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)
