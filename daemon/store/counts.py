"""How much there is of what, for those who watch the desk; no words and no addresses."""

from __future__ import annotations

from dataclasses import dataclass

import peewee as pw

from daemon.core.values import Instant
from daemon.store import ledger, outbox, query
from daemon.store.tables import Outbox, Ticket


@dataclass(frozen=True, slots=True)
class Counts:
    """Mails in by outcome, letters out by state, those that wait and since when, tickets by status."""

    inbound: dict[str, int]
    outbox: dict[str, int]
    waiting: int
    oldest: Instant | None
    tickets: dict[str, int]


def counts() -> Counts:
    """What stands in the database now."""
    waiting, oldest = outbox.waiting()
    return Counts(
        ledger.counts(),
        dict(query.rows(Outbox.select(Outbox.state, pw.fn.COUNT(Outbox.id)).group_by(Outbox.state))),
        waiting,
        oldest,
        dict(query.rows(Ticket.select(Ticket.status, pw.fn.COUNT(Ticket.id)).group_by(Ticket.status))),
    )
