"""The ledger as it is read: where is my mail?"""

from __future__ import annotations

from typing import Any

import peewee as pw

from daemon.core.values import Instant
from daemon.store import query
from daemon.store.tables import Inbound


def counts() -> dict[str, int]:
    """How many mails are in each state."""
    return dict(query.rows(Inbound.select(Inbound.state, pw.fn.COUNT(Inbound.id)).group_by(Inbound.state)))


def rows(state: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The newest rows, newest last."""
    wanted = Inbound.select().order_by(Inbound.id.desc()).limit(limit)
    if state is not None:
        wanted = wanted.where(Inbound.state == state)
    return query.dicts(wanted)[::-1]


def row(number: int) -> dict[str, Any] | None:
    """One row with all its columns; None if there is none."""
    return next(iter(query.dicts(Inbound.select().where(Inbound.id == number))), None)


def discard(number: int, because: str, now: Instant) -> None:
    """Let a mail rest: it stays in the ledger and is tried no more."""
    Inbound.update(state="ignored", because=because, recorded_at=now).where(Inbound.id == number).execute()
