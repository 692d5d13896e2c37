"""The outbox as rows: what may leave, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import peewee as pw

from daemon.core.values import Instant
from daemon.store import query, raw
from daemon.store.prepared import Prepared, Slot
from daemon.store.tables import Outbox, Raw


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


def last() -> int:
    """The number of the newest row."""
    return int(Outbox.select(pw.fn.MAX(Outbox.id)).scalar() or 0)


def behind(number: int) -> list[tuple[str, str, bytes]]:
    """Kind, recipient and bytes of the mails that were put in behind a row."""
    wanted = Outbox.select(Outbox.kind, Outbox.recipient, Raw.content).join(Raw)
    return query.rows(wanted.where(Outbox.id > number).order_by(Outbox.id))


Earlier = Outbox.alias()


def _queued(condition: pw.Expression) -> Prepared:
    return Prepared(
        Outbox.select(*COLUMNS)
        .where(
            Outbox.state == "queued",
            condition,
            ~pw.fn.EXISTS(
                Earlier.select(pw.SQL("1")).where(
                    Earlier.ticket == Outbox.ticket,
                    Earlier.lane == Outbox.lane,
                    Earlier.state == "queued",
                    Earlier.id < Outbox.id,
                )
            ),
        )
        .order_by(Outbox.due_at, Outbox.id)
        .limit(Slot("limit"))
    )


DUE = _queued(Outbox.due_at <= Slot("now"))
STRANDED = _queued(Outbox.due_at > Slot("latest"))
ONE = Prepared(Outbox.select(*COLUMNS).where(Outbox.id == Slot("number")))
BYTES = Prepared(Outbox.select(Outbox.raw_bytes).where(Outbox.id == Slot("number")))
SETTLE = Prepared(
    Outbox.update(
        state=Slot("state"),
        settled_at=Slot("now"),
        attempts=Outbox.attempts + 1,
        code=Slot("code"),
        response=Slot("response"),
    )
    .where(Outbox.id == Slot("number"), Outbox.state == "queued")
    .returning(*COLUMNS)
)


def due(now: Instant, limit: int, exclude: Collection[int], longest: int) -> list[Waiting]:
    """Queued rows whose time has come and before which nothing to the same person on the same ticket is open.

    ``longest`` is more seconds than any pause has: what is due later than that was queued before the clock was set
    back, and leaves now.
    """
    most = limit + len(exclude)
    found = DUE.rows(now=now, limit=most)
    if len(found) < most:
        found += STRANDED.rows(latest=now + longest, limit=most - len(found))
    return [_waiting(row) for row in found if row[0] not in exclude][:limit]


def content(number: int) -> bytes:
    """The bytes of a row; KeyError if it is gone."""
    sha256 = BYTES.value(number=number)
    if sha256 is None:
        raise KeyError(number)
    return raw.read(sha256)


def settle(number: int, state: str, now: Instant, code: str, response: str) -> Waiting | None:
    """Write how it ended; the row, or None where that is written already: a commit whose answer was lost, a bounce."""
    row = SETTLE.first(state=state, now=now, code=code, response=response, number=number)
    return None if row is None else _waiting(row)


def find(number: int) -> Waiting:
    """One row; KeyError if it is gone."""
    return _found(number, ONE.first(number=number))


def _found(number: int, row: tuple[Any, ...] | None) -> Waiting:
    if row is None:
        raise KeyError(number)
    return _waiting(row)


def _waiting(row: tuple[Any, ...]) -> Waiting:
    waiting = Waiting(*row)
    return replace(waiting, automatic=bool(waiting.automatic))


def defer(number: int, until: Instant, response: str) -> None:
    Outbox.update(attempts=Outbox.attempts + 1, due_at=until, response=response).where(Outbox.id == number).execute()


TO_ANSWER = ("notification", "sheet", "receipt", "unclear", "alert", "failure", "merged")
"""Kinds of letters to agents in answer to which a customer is answered."""


def told(tickets: Collection[int], lane: str, most: int) -> list[bytes]:
    """The bytes of the latest letters about these tickets that one agent (a casefolded address) could answer."""
    if not tickets:
        return []
    found = query.column(
        Outbox.select(Outbox.raw_bytes)
        .where(Outbox.ticket.in_(list(tickets)), Outbox.lane == lane, Outbox.kind.in_(TO_ANSWER))
        .order_by(Outbox.id.desc())
        .limit(most)
    )
    return [raw.read(sha256) for sha256 in found]


def waiting() -> tuple[int, Instant | None]:
    """How many mails wait to leave, and since when the oldest."""
    queued = Outbox.select(pw.fn.COUNT(Outbox.id), pw.fn.MIN(Outbox.created_at)).where(Outbox.state == "queued")
    ((count, oldest),) = query.rows(queued)
    return int(count), oldest
