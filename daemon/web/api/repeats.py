"""``Idempotency-Key``: a POST that is sent twice is done once, and its answer given twice.

For every POST below ``/v2`` that bears the header, within 24 hours and for one token: the same key and request get the
same answer, the same key with another request 422, a request that is under way 409. Answers that refused (4xx) did
nothing and are not kept. That it begins is written down before anything is done, and under it stand an instant and a
nonce (``asked``): what a crash kept from being answered makes the very same mail when it is asked again, and that is
recognised as any mail that comes twice (invariant 4).
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from daemon.desk.house import House
from daemon.store import repeats
from daemon.store.writer import StoreUnavailable
from daemon.web.api.bodies import read_body
from daemon.web.api.callers import Known
from daemon.web.api.problems import Problem, unavailable

HEADER = "idempotency-key"
KEY = re.compile(r"[!-~]{1,255}")
KEPT_SECONDS = 86_400
GIVEN_AGAIN = ("content-type", "location", "etag", "content-location")
_BOUNDARY = re.compile(r'boundary="?([^";]{1,200})', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is the same each time that a request is sent: a nonce for the Message-ID, and when it was first asked."""

    nonce: str
    at: int


def asked(request: Request, house: House) -> Asked:
    """Nonce and instant of a request: its key's, else new ones."""
    known: Asked | None = getattr(request.state, "asked", None)
    return known if known is not None else Asked(house.nonce(), house.now())


class Repeats:
    """Stands around the routes; whatever bears no key passes."""

    def __init__(self, app: ASGIApp, house: House) -> None:
        self._app = app
        self._house = house
        self._known = Known(house)
        self._under_way: set[tuple[int, str]] = set()
        self._limit = max(house.config.api.body_size, house.config.limits.message_size * 3 // 2)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].startswith("/v2/"):
            await self._app(scope, receive, send)
            return
        if HEADER not in Headers(scope=scope):
            await self._app(scope, receive, send)
            return
        try:
            answer = await self._once(Request(scope, receive))
        except Problem as problem:
            answer = problem.response()
        except StoreUnavailable:
            answer = unavailable().response()
        await answer(scope, receive, send)

    async def _once(self, request: Request) -> Response:
        key = request.headers[HEADER].strip('"')
        if not KEY.fullmatch(key):
            raise Problem(400, "key-unreadable", "The Idempotency-Key cannot be read", "1 to 255 visible characters.")
        caller = await self._known.caller(request)
        body = await read_body(request, self._limit, self._house.config.api.body_seconds)
        place = (caller.token, key)
        if place in self._under_way:
            raise Problem(
                409, "request-under-way", "The first request with this key is under way", headers={"Retry-After": "1"}
            )
        self._under_way.add(place)
        try:
            return await self._at_most_once(request, caller.token, key, body)
        finally:
            self._under_way.discard(place)

    async def _at_most_once(self, request: Request, token: int, key: str, body: bytes) -> Response:
        now, wanted = self._house.now(), _digest(request, body)
        store = self._house.store
        begun = await asyncio.wrap_future(
            store.write(lambda: repeats.begin(token, key, wanted, now, now - KEPT_SECONDS))
        )
        if begun.request != wanted:
            raise Problem(
                422, "key-used-otherwise", "This Idempotency-Key belongs to another request", "Use a key of its own."
            )
        if begun.status:
            headers = json.loads(begun.headers) | {"Idempotency-Replayed": "true"}
            return Response(begun.body, begun.status, headers)
        request.state.asked = Asked(_nonce(token, key, begun.created_at), begun.created_at)
        answer = await _answer_of(self._app, request, body)
        if 200 <= answer.status_code < 300:
            told = json.dumps({name: answer.headers[name] for name in GIVEN_AGAIN if name in answer.headers})
            text = bytes(answer.body).decode("utf-8")
            await asyncio.wrap_future(store.write(lambda: repeats.keep(token, key, answer.status_code, told, text)))
        elif answer.status_code < 500:
            await asyncio.wrap_future(store.write(lambda: repeats.forget(token, key)))
        return answer


async def _answer_of(app: ASGIApp, request: Request, body: bytes) -> Response:
    """What the routes answer, in one piece."""
    start: Message = {}
    parts: list[bytes] = []
    given = False

    async def receive() -> Message:
        nonlocal given
        if given:
            return await request.receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            parts.append(message.get("body", b""))

    await app(request.scope, receive, send)
    answer = Response(b"".join(parts), start["status"])
    answer.raw_headers = MutableHeaders(raw=list(start["headers"])).raw
    return answer


def _digest(request: Request, body: bytes) -> str:
    """What was asked, without what a client chooses anew for each sending."""
    kind = request.headers.get("content-type", "")
    if boundary := _BOUNDARY.search(kind):
        body = body.replace(boundary[1].encode("latin-1"), b"")
        kind = kind.partition(";")[0]
    asked_for: list[Any] = [request.url.path, request.url.query, kind, hashlib.sha256(body).hexdigest()]
    return hashlib.sha256(json.dumps(asked_for).encode()).hexdigest()


def _nonce(token: int, key: str, at: int) -> str:
    """80 bits that are this key's, in the form of ``clock.nonce``."""
    digest = hashlib.sha256(json.dumps([token, key, at]).encode()).digest()
    return base64.b32encode(digest[:10]).decode("ascii").lower()
