"""A caller that is answered while it still sends is heard to its end, within limits, before the answer is complete.

A server that closes while bytes lie unread resets the connection, and the reset can overtake the answer (RFC 9112,
section 9.6): the caller then sees a broken connection in place of the reason.
"""

from __future__ import annotations

import asyncio

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS, PAUSE = 10.0, 1.0
"""How long the rest is listened to, and how long a silence may last."""
TOO_SLOW = 408


class Drain:
    """Throws away what is left of a body, up to ``most`` bytes of it, once its answer is made."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        more = "transfer-encoding" in headers or headers.get("content-length", "0") != "0"
        waits = headers.get("expect", "").lower() == "100-continue"
        status = 0

        async def hear() -> Message:
            nonlocal more, waits
            waits = False
            message = await receive()
            more = message["type"] == "http.request" and bool(message.get("more_body"))
            return message

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif more and not waits and status != TOO_SLOW and not message.get("more_body"):
                await rest()
            await send(message)

        async def rest() -> None:
            left = self._most
            try:
                async with asyncio.timeout(SECONDS):
                    while more and left > 0:
                        async with asyncio.timeout(PAUSE):
                            left -= len((await hear()).get("body", b""))
            except TimeoutError:
                pass

        await self._app(scope, hear, answer)
