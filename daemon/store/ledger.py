"""The ledger as it is read: where is my mail?"""

from __future__ import annotations

from typing import Any

import peewee as pw

from daemon.core.values import Instant
from daemon.store.tables import Inbound, Outbox, Raw


def counts() -> dict[str, int]:
    """How many mails are in each state."""
    return dict(Inbound.select(Inbound.state, pw.fn.COUNT(Inbound.id)).group_by(Inbound.state).tuples())


def rows(state: str | None = None, ticket: int | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The newest rows, newest last."""
    query = Inbound.select().order_by(Inbound.id.desc()).limit(limit)
    if state is not None:
        query = query.where(Inbound.state == state)
    if ticket is not None:
        query = query.where(Inbound.ticket == ticket)
    return list(reversed(list(query.dicts())))


def row(number: int) -> dict[str, Any] | None:
    """One row with all its columns; None if there is none."""
    return next(iter(Inbound.select().where(Inbound.id == number).dicts()), None)


def raw(sha256: str) -> bytes:
    """The bytes kept under this hash; KeyError if there are none."""
    found = Raw.select(Raw.content).where(Raw.sha256 == sha256).tuples().first()
    if found is None:
        raise KeyError(sha256)
    return bytes(found[0])


def discard(number: int, because: str, now: Instant) -> None:
    """Let a mail rest: it stays in the ledger and is tried no more."""
    Inbound.update(state="ignored", because=because, recorded_at=now).where(Inbound.id == number).execute()


def letters(ticket: int) -> list[dict[str, Any]]:
    """The mails that went out for a ticket."""
    return list(Outbox.select().where(Outbox.ticket == ticket).order_by(Outbox.id).dicts())
