"""Who asks, and whether they may: ``Authorization: Bearer cf_…``.

401 for no token and for one that grants nothing, with the same answer; 403 names the scope that is missing. Each caller
may ask so often (``rates``). A module whose routes ask ``needs(…)`` of its router's own has annotations that are
evaluated where they stand, so it does without ``from __future__ import annotations``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from daemon.desk import tokens
from daemon.desk.house import House
from daemon.desk.tokens import NOTED_EACH, Caller
from daemon.web.api import parameters
from daemon.web.api.problems import Problem
from daemon.web.api.rates import Rates

__all__ = ["Caller", "Needs", "bearer", "callers"]

CHALLENGE = 'Bearer realm="counterfoil"'


class Needs(SecurityBase):
    """A dependency: the caller, who must have these scopes. The document of the API tells them by ``scheme_name``."""

    def __init__(self, known: Known, scopes: tuple[str, ...]) -> None:
        self.scopes = scopes
        self.scheme_name = " ".join(("bearer", *scopes))
        self.model = HTTPBearer(description="A token made by `counterfoil token create`.")
        self._known = known

    async def __call__(self, request: Request) -> Caller:
        caller = await self._known.caller(request)
        for scope in self.scopes:
            if not caller.may(scope):
                raise Problem(
                    403,
                    "scope-missing",
                    "This token may not do that",
                    f"It needs the scope {scope}.",
                    headers={"WWW-Authenticate": f'{CHALLENGE}, error="insufficient_scope", scope="{scope}"'},
                )
        parameters.check(request)
        return caller


class Known:
    """The callers of one house, looked up for each request."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._noted: dict[int, int] = {}

    async def caller(self, request: Request) -> Caller:
        """Who asks; Problem 401 for nobody, 429 for whoever asks too often. A request is looked up and counted once."""
        known: Caller | None = getattr(request.state, "caller", None)
        if known is not None:
            return known
        caller = await self.look_up(bearer(request))
        if caller is None:
            raise Problem(
                401, "token-needed", "A token is needed", "Send Authorization: Bearer with a token that is in force.",
                headers={"WWW-Authenticate": CHALLENGE},
            )  # fmt: skip
        request.state.caller = caller
        self._note(caller)
        _count(request, caller)
        return caller

    async def look_up(self, token: str) -> Caller | None:
        """Who has this token."""
        if not token:
            return None
        return await self._house.store.look(lambda: tokens.caller(self._house, token), few=True)

    def _note(self, caller: Caller) -> None:
        """Note the use, and wait for nothing."""
        now = self._house.now()
        if abs(now - self._noted.get(caller.token, 0)) >= NOTED_EACH:
            self._noted[caller.token] = now
            self._house.store.write(lambda: tokens.note_use(self._house, caller.token))


def callers(house: House) -> Callable[..., Needs]:
    """What a router's routes ask for: ``needs = callers(house)``, then ``Depends(needs("tickets:read"))``."""
    known = Known(house)

    def needs(*scopes: str) -> Needs:
        if unknown := set(scopes) - set(tokens.SCOPES):
            raise ValueError(f"no such scope: {', '.join(sorted(unknown))}")
        return Needs(known, scopes)

    return needs


def _count(request: Request, caller: Caller) -> None:
    rates: Rates = request.app.state.rates
    standing = rates.take(caller.token, asyncio.get_running_loop().time())
    if standing is None:
        return
    request.state.standing = standing
    if standing.wait:
        raise Problem(
            429, "too-many-requests", "Too many requests", f"Ask again in {standing.wait} s.",
            headers={"Retry-After": str(standing.wait)},
        )  # fmt: skip


def bearer(request: Request) -> str:
    """The token of a request; '' if there is none that could be one."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
