"""What would become of a mail: it is taken as ever, what it did is read from the rows, and all of it is undone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from email.policy import default
from typing import Any

from daemon.core.routing_rules import Seen, Tried
from daemon.core.values import Envelope, Mail, Outcome, Parsed
from daemon.desk import routing
from daemon.desk.arrival import Arrival
from daemon.desk.house import House
from daemon.desk.intake import Reception, take
from daemon.store import facts, ledger, outbox, tickets

DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Leaving:
    """A mail that would leave."""

    kind: str
    recipient: str
    subject: str


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would become of a mail at one desk, and why.

    ``kept_as`` is the outcome of a mail that is kept already; all else then tells of it as if it came for the first
    time. ``ticket`` is the row with all that hangs on it, ``opens`` whether the mail would make it; ``tried`` are the
    rules, for one that it would make. ``doubt`` says why its author is not believed.
    """

    desk: str
    recipient: str
    outcome: Outcome
    kept_as: Outcome | None
    opens: bool
    ticket: dict[str, Any] | None
    tags: tuple[str, ...]
    happened: tuple[dict[str, Any], ...]
    seen: Seen | None
    tried: tuple[Tried, ...]
    leaving: tuple[Leaving, ...]
    doubt: str

    @property
    def message(self) -> dict[str, Any] | None:
        """The message that the mail would be."""
        filed = self.ticket["messages"] if self.ticket else ()
        return next((m for m in filed if m["id"] == self.outcome.message), None)


class _Undone(Exception):
    """Not an error: what was rehearsed, raised so that the transaction is undone."""

    def __init__(self, rehearsals: tuple[Rehearsal, ...]) -> None:
        super().__init__("rehearsed")
        self.rehearsals = rehearsals


async def rehearse(
    house: House, reception: Reception, raw: bytes, parsed: Parsed, envelope: Envelope
) -> tuple[Rehearsal, ...]:
    """Take a mail for each desk that it is written to, tell what happened, and undo it."""
    arrivals = await reception.arrivals(raw, parsed, envelope)

    def act() -> None:
        raise _Undone(tuple(_at_desk(house, arrival) for arrival in arrivals))

    try:
        await asyncio.wrap_future(house.store.write(act, len(raw)))
    except _Undone as undone:
        return undone.rehearsals
    raise AssertionError("a rehearsal always ends by being undone")


def _at_desk(house: House, arrival: Arrival) -> Rehearsal:
    before = outbox.last()
    outcome, kept_as = take(house, arrival), None
    if outcome.because == DUPLICATE:
        kept_as = outcome
        ledger.let_go(arrival.claim)
        outcome = take(house, arrival)
    ticket = tickets.one(outcome.ticket) if outcome.ticket is not None else None
    happened = [e for e in ticket["events"] if outcome.message and e["message"] == outcome.message] if ticket else []
    opens = any(e["kind"] == "ticket_opened" for e in happened)
    desk, mail = arrival.to.desk, arrival.parsed
    return Rehearsal(
        desk=desk,
        recipient=house.recipient(arrival.envelope, desk),
        outcome=outcome,
        kept_as=kept_as,
        opens=opens,
        ticket=ticket,
        tags=tuple(sorted(facts.tags(ticket["id"]))) if ticket else (),
        happened=tuple(happened),
        seen=routing.seen(house, mail, arrival.envelope, desk) if opens and isinstance(mail, Mail) else None,
        tried=routing.explain(house, mail, arrival.envelope, desk) if opens and isinstance(mail, Mail) else (),
        leaving=tuple(_leaving(*row) for row in outbox.behind(before)),
        doubt=str((ledger.row(outcome.inbound) or {}).get("error") or "") if outcome.inbound is not None else "",
    )


def _leaving(kind: str, recipient: str, content: bytes) -> Leaving:
    return Leaving(kind, recipient, str(BytesHeaderParser(policy=default).parsebytes(content)["Subject"] or ""))
