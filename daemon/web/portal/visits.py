"""Who looks at a page, in which language, and by which secret their forms are known."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from fastapi import Request, Response

from daemon import clock
from daemon.desk import signing_in
from daemon.desk.house import House
from daemon.desk.signing_in import Visitor
from daemon.web.portal import phrases

TOKEN = re.compile(r"[0-9a-f]{64}")
HOUR, YEAR = 3_600, 365 * 86_400


@dataclass(frozen=True, slots=True)
class Visit:
    """One request as pages see it: ``secret`` is the session's token, else that of the cookie for forms; ``is_new``
    says that the reader has that cookie to be given yet."""

    visitor: Visitor | None
    session: str
    secret: str
    is_new: bool
    language: str
    peer: str

    @property
    def form_token(self) -> str:
        """What a form of this reader bears."""
        return hmac.digest(self.secret.encode("ascii"), b"counterfoil form", hashlib.sha256).hex()

    def wrote(self, token: object) -> bool:
        """Whether a form is this reader's."""
        given = token.encode("utf-8", "replace") if isinstance(token, str) else b""
        return hmac.compare_digest(given, self.form_token.encode("ascii"))


class Visits:
    """Reads visits out of requests, and writes their cookies; ``__Host-`` ones where pages are reached by https."""

    def __init__(self, house: House, words: dict[str, phrases.Words]) -> None:
        self._house = house
        self._words = words
        self._secure = house.config.http.url.startswith("https:")
        prefix = "__Host-" if self._secure else ""
        self._session, self._form, self._language = (f"{prefix}desk-{name}" for name in ("session", "form", "language"))

    async def of(self, request: Request) -> Visit:
        """The visit that a request is part of."""
        session = _token(request.cookies.get(self._session))
        visitor = None
        if session:
            visitor = await self._house.store.look(lambda: signing_in.visitor(self._house, session), few=True)
        form = _token(request.cookies.get(self._form))
        language = phrases.choose(
            self._words,
            request.cookies.get(self._language, ""),
            request.headers.get("accept-language", ""),
            self._house.config.desk[0].language,
        )
        peer = request.client.host if request.client else ""
        secret = session if visitor is not None else form or clock.key()
        return Visit(visitor, session, secret, visitor is None and not form, language, peer)

    def greet(self, response: Response, visit: Visit) -> None:
        """Give a new reader the cookie that their forms are known by."""
        if visit.is_new:
            self._set(response, self._form, visit.secret, None)

    def enter(self, response: Response, session: str) -> None:
        """Give a client the cookie of their session."""
        self._set(response, self._session, session, self._house.config.portal.session_hours * HOUR)

    def leave(self, response: Response) -> None:
        self._set(response, self._session, "", 0)

    def speak(self, response: Response, language: str) -> None:
        """Keep the language that a reader chose."""
        self._set(response, self._language, language, YEAR)

    def _set(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(name, value, max_age=seconds, path="/", secure=self._secure, httponly=True, samesite="lax")


def _token(value: str | None) -> str:
    return value if value and TOKEN.fullmatch(value) else ""
