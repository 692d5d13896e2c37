"""Links that sign in, and the sessions that they led to, as rows: of each a digest alone.

``kind`` is ``link``, ``session``, or ``ticket-1042``: a session that came by the link of a ticket, and sees it alone.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from daemon.core.values import Instant
from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import SignIn

LINK, SESSION = "link", "session"
OF_TICKET = "ticket-"
NEW = Insertion(SignIn)
VALID = Prepared(
    SignIn.select(SignIn.kind, SignIn.person).where(
        SignIn.digest == Slot("digest"), SignIn.used_at.is_null(), SignIn.expires_at > Slot("now")
    )
)
USE = Prepared(SignIn.update(used_at=Slot("now")).where(SignIn.digest == Slot("digest")))
SWEEP = Prepared(SignIn.delete().where(SignIn.expires_at <= Slot("now")))


@dataclass(frozen=True, slots=True)
class Found:
    """A link or a session that is good now: whose it is, and the ticket that it is confined to, if any."""

    is_link: bool
    person: int
    ticket: int | None


def digest(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def add(token: str, kind: str, person: int, now: Instant, until: Instant) -> None:
    """Keep a link or a session until then, and forget those whose time is over."""
    SWEEP.run(now=now)
    NEW.add(digest=digest(token), kind=kind, person=person, created_at=now, expires_at=until)


def find(token: str, now: Instant) -> Found | None:
    """What this token stands for; None for one that is unknown, used or over."""
    row = VALID.first(digest=digest(token), now=now)
    if row is None:
        return None
    kind = str(row[0])
    ticket = int(kind.removeprefix(OF_TICKET)) if kind.startswith(OF_TICKET) else None
    return Found(kind == LINK, int(row[1]), ticket)


def use_up(token: str, now: Instant) -> None:
    """Let a token be good for nothing more."""
    USE.run(digest=digest(token), now=now)
