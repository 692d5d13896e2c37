"""The outbox as rows: what may leave, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import peewee as pw

from daemon.core.values import Instant
from daemon.store import query, raw
from daemon.store.tables import Outbox


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox without its bytes."""

    id: int
    desk: str
    ticket: int | None
    message: int | None
    kind: str
    recipient: str
    automatic: bool
    message_id: str
    attempts: int
    created_at: Instant


COLUMNS = (
    Outbox.id,
    Outbox.desk,
    Outbox.ticket,
    Outbox.message,
    Outbox.kind,
    Outbox.recipient,
    Outbox.automatic,
    Outbox.rfc_message_id,
    Outbox.attempts,
    Outbox.created_at,
)


def due(now: Instant, limit: int, exclude: Collection[int]) -> list[Waiting]:
    """Queued rows whose time has come and before which nothing to the same person on the same ticket is open."""
    earlier = Outbox.alias()
    blocked = earlier.select(pw.SQL("1")).where(
        earlier.ticket == Outbox.ticket, earlier.lane == Outbox.lane, earlier.state == "queued", earlier.id < Outbox.id
    )
    found = query.rows(
        Outbox.select(*COLUMNS)
        .where(Outbox.state == "queued", Outbox.due_at <= now, ~pw.fn.EXISTS(blocked))
        .order_by(Outbox.due_at, Outbox.id)
        .limit(limit + len(exclude))
    )
    return [Waiting(*row) for row in found if row[0] not in exclude][:limit]


def content(number: int) -> bytes:
    """The bytes of a row; KeyError if it is gone."""
    row = query.first(Outbox.select(Outbox.raw_bytes).where(Outbox.id == number))
    if row is None:
        raise KeyError(number)
    return raw.read(row[0])


def settle(number: int, state: str, now: Instant, code: str, response: str) -> Waiting:
    """Write how it ended; the row."""
    Outbox.update(state=state, settled_at=now, attempts=Outbox.attempts + 1, code=code, response=response).where(
        Outbox.id == number
    ).execute()
    return find(number)


def find(number: int) -> Waiting:
    """One row; KeyError if it is gone."""
    row = query.first(Outbox.select(*COLUMNS).where(Outbox.id == number))
    if row is None:
        raise KeyError(number)
    return Waiting(*row)


def defer(number: int, until: Instant, response: str) -> None:
    Outbox.update(attempts=Outbox.attempts + 1, due_at=until, response=response).where(Outbox.id == number).execute()


def waiting() -> tuple[int, Instant | None]:
    """How many mails wait to leave, and since when the oldest."""
    queued = Outbox.select(pw.fn.COUNT(Outbox.id), pw.fn.MIN(Outbox.created_at)).where(Outbox.state == "queued")
    ((count, oldest),) = query.rows(queued)
    return int(count), oldest
