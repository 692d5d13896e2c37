"""Bearer tokens as rows: looked up by their digest, never by what they are."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.values import Instant
from daemon.store import query
from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import Token


@dataclass(frozen=True, slots=True)
class Kept:
    """A token as it is kept. ``person`` is on whose behalf it acts, in ``role`` (agent, requester; '' = itself)."""

    id: int
    name: str
    digest: str
    scopes: str
    person: int | None
    role: str
    created_at: Instant
    expires_at: Instant | None
    revoked_at: Instant | None
    used_at: Instant | None

    def state(self, now: Instant) -> str:
        """in force, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "in force"


COLUMNS = (
    Token.id,
    Token.name,
    Token.digest,
    Token.scopes,
    Token.person,
    Token.role,
    Token.created_at,
    Token.expires_at,
    Token.revoked_at,
    Token.used_at,
)
NEW = Insertion(Token)
UNDER = Prepared(Token.select(*COLUMNS).where(Token.digest == Slot("digest")))
USED = Prepared(
    Token.update(used_at=Slot("now")).where(
        Token.id == Slot("number"), Token.used_at.is_null() | (Token.used_at < Slot("before"))
    )
)


def add(
    name: str,
    digest: str,
    scopes: str,
    person: int | None,
    role: str,
    now: Instant,
    expires_at: Instant | None,
) -> int:
    """Keep a token; its number."""
    return NEW.new(
        name=name, digest=digest, scopes=scopes, person=person, role=role, created_at=now, expires_at=expires_at
    )


def under(digest: str) -> Kept | None:
    """The token of this digest (SHA-256, hex)."""
    row = UNDER.first(digest=digest)
    return Kept(*row) if row else None


def every() -> list[Kept]:
    """All tokens, the oldest first."""
    return [Kept(*row) for row in query.rows(Token.select(*COLUMNS).order_by(Token.id))]


def named(name: str) -> list[Kept]:
    """The tokens of this name that are not revoked."""
    wanted = Token.select(*COLUMNS).where(Token.name == name, Token.revoked_at.is_null())
    return [Kept(*row) for row in query.rows(wanted.order_by(Token.id))]


def revoke(number: int, now: Instant) -> None:
    """Have a token grant nothing from now on."""
    Token.update(revoked_at=now).where(Token.id == number, Token.revoked_at.is_null()).execute()


def used(number: int, now: Instant, at_most_each: int) -> None:
    """Note that a token was used, unless that was noted within so many seconds."""
    USED.run(now=now, number=number, before=now - at_most_each + 1)
