"""Bearer tokens of the API: who may do what, on whose behalf, until when.

A token is ``cf_`` and 256 random bits; it is shown once, and only its SHA-256 is kept (invariant 21). It is looked up
by that digest and compared in constant time. Who asks with none, an unknown, an expired or a revoked one gets the same
answer. A token of an agent who is none any longer grants nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass

from daemon.core import hours
from daemon.desk.house import House
from daemon.store import people, tokens

PREFIX = "cf_"
FORM = re.compile(r"cf_[A-Za-z0-9_-]{43}", re.ASCII)
NOTED_EACH = 60
LONGEST_NAME = 100

SCOPES = {
    "tickets:read": "See tickets, their history and their attachments' names.",
    "tickets:write": "Create, change and merge tickets.",
    "messages:read": "See messages and fetch attachments.",
    "messages:write": "Write public replies and notes.",
    "people:read": "See people, agents and teams.",
    "people:write": "Write on people's cards.",
    "notes:read": "See internal notes.",
    "ledger:read": "See the ledger of mail and the metrics (operators).",
    "ledger:write": "Retry, release and discard mail (operators).",
    "spam": "Mark tickets as spam (operators).",
    "admin": "All of these (operators).",
}
OF_REQUESTERS = frozenset({"tickets:read", "tickets:write", "messages:read", "messages:write"})


class NoToken(Exception):
    """A token cannot be made, or there is none; one sentence says why."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the token's number and name, its scopes, and on behalf of which agent or requester (a person).

    With neither, a system that acts as itself.
    """

    token: int
    name: str
    scopes: frozenset[str]
    agent: int | None = None
    requester: int | None = None

    def may(self, scope: str) -> bool:
        return scope in self.scopes or "admin" in self.scopes

    @property
    def person(self) -> int | None:
        """Who acts, as events name them."""
        return self.agent if self.agent is not None else self.requester


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def create(
    house: House,
    token: str,
    name: str,
    scopes: Collection[str],
    agent: str | None = None,
    requester: str | None = None,
    expires: str | None = None,
) -> tokens.Kept:
    """Keep a new token under a name; ``agent`` and ``requester`` are addresses, ``expires`` a time such as 90d.

    Runs in the writer's transaction. NoToken for what makes no sense.
    """
    now = house.now()
    _check(name, scopes, agent, requester)
    expires_at = now + _duration(expires) if expires else None
    person, role = _person(house, agent, requester)
    tokens.add(name, digest(token), " ".join(sorted(set(scopes))), person, role, now, expires_at)
    kept = tokens.under(digest(token))
    assert kept is not None
    return kept


def revoke(house: House, name: str) -> tokens.Kept:
    """Revoke the token of this name, or of this number; runs in the writer's transaction."""
    found = tokens.named(name) or [kept for kept in tokens.every() if str(kept.id) == name and kept.revoked_at is None]
    if not found:
        raise NoToken(f"there is no token {name!r} in force; see: counterfoil token list")
    if len(found) > 1:
        numbers = ", ".join(str(kept.id) for kept in found)
        raise NoToken(f"several tokens are called {name!r}; name one by its number: {numbers}")
    tokens.revoke(found[0].id, house.now())
    return found[0]


def caller(house: House, token: str) -> Caller | None:
    """Who asks with this token; None for one that grants nothing. Reads only."""
    if not FORM.fullmatch(token):
        return None
    wanted = digest(token)
    kept = tokens.under(wanted)
    if kept is None or not hmac.compare_digest(kept.digest, wanted) or kept.state(house.now()) != "in force":
        return None
    person = people.today(kept.person) if kept.person is not None else None
    if kept.role == "agent" and all(agent.person != person for agent in house.agents):
        return None
    return Caller(
        kept.id,
        kept.name,
        frozenset(kept.scopes.split()),
        person if kept.role == "agent" else None,
        person if kept.role == "requester" else None,
    )


def note_use(house: House, number: int) -> None:
    """Note that a token was used just now; runs in the writer's transaction."""
    tokens.used(number, house.now(), NOTED_EACH)


def _check(name: str, scopes: Collection[str], agent: str | None, requester: str | None) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise NoToken(f"a name has 1 to {LONGEST_NAME} printable characters, such as webshop")
    if tokens.named(name):
        raise NoToken(f"there is a token {name!r} already; choose another name, or revoke it first")
    if agent and requester:
        raise NoToken("a token acts for an agent or for a requester; name one of them")
    if not scopes:
        raise NoToken(f"a token without scope is of no use; scopes: {', '.join(SCOPES)}")
    if unknown := sorted(set(scopes) - set(SCOPES)):
        raise NoToken(f"{', '.join(unknown)} is no scope; scopes: {', '.join(SCOPES)}")
    if requester and (refused := sorted(set(scopes) - OF_REQUESTERS)):
        raise NoToken(f"{', '.join(refused)} is not for requesters; theirs are {', '.join(sorted(OF_REQUESTERS))}")


def _duration(text: str) -> int:
    try:
        seconds = hours.duration(text)
    except ValueError:
        seconds = 0
    if seconds <= 0:
        raise NoToken(f"{text!r} is no time; write one such as 90d or 12h")
    return seconds


def _person(house: House, agent: str | None, requester: str | None) -> tuple[int | None, str]:
    if agent:
        person = next((a.person for a in house.agents if a.address == agent.casefold()), None)
        if person is None:
            raise NoToken(f"{agent} is no agent; agents: {', '.join(a.address for a in house.agents)}")
        return person, "agent"
    if requester:
        found = people.at(requester)
        if found is None:
            raise NoToken(f"nobody is known at {requester}; see: counterfoil contact list")
        return found, "requester"
    return None, ""
