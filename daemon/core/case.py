"""One mail with all that its decision may look at, and the acts that several decisions share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daemon.core.fields import Field
from daemon.core.plan import Event, Facts, Outgoing, Policy, TicketFacts, Who
from daemon.core.screening import Screened
from daemon.core.values import Address, Envelope, Evidence, Instant, Mail

FIELD = "field"
"""The column of an event that changes a field of the operator's own; which one, its data says."""


@dataclass(frozen=True, slots=True)
class Case:
    """``now`` is when we decide, ``envelope.received_at`` when the mail came; ``evidence`` speaks of the author."""

    mail: Mail
    envelope: Envelope
    facts: Facts
    evidence: Evidence
    policy: Policy
    screened: Screened
    now: Instant

    @property
    def proves_address(self) -> bool:
        """Whether this very mail is tied to the address in From; a trusted network ties it to one of ours alone."""
        return self.evidence.address is not None

    @property
    def confirmed(self) -> bool:
        """Whether the author was asked and said yes."""
        return self.evidence.because == "confirmed"

    def at(self, ticket: TicketFacts) -> Instant:
        """When the mail counts: at its receipt, or its release, but never before what happened last (METRICS)."""
        return max(self.now if self.confirmed else self.envelope.received_at, ticket.last_event_at)


def fill_in(
    field: Field, was: str, becomes: str, because: str, at: Instant, actor: Who | None, *more: tuple[str, str]
) -> Event:
    """The event that a field of the operator's own changes; it tells from what to what, but for texts: those are words.

    ``more`` is data besides.
    """
    data: tuple[tuple[str, str | int | bool | None], ...] = (("field", field.name), *more)
    if field.kind != "text":
        data = (*data, ("from", was or None), ("to", becomes or None))
    return Event("field_changed", because, at, actor, FIELD, was, becomes, data)


def move(ticket: TicketFacts, becomes: str, because: str, at: Instant, actor: Who | None) -> list[Event]:
    """The event of a new status; none if it is the old one."""
    if becomes == ticket.status:
        return []
    return [Event("status_changed", because, at, actor, "status", ticket.status, becomes)]


def told_of(ticket: TicketFacts, becomes: str) -> str:
    """What customers hear of a new status: a ticket that ended, as they heard, is taken up again."""
    ended = ticket.status in ("resolved", "closed") and not ticket.unheard
    return "reopened" if becomes == "open" and ended else becomes


def notices(ticket: TicketFacts, becomes: str, people: Iterable[Who | Address], policy: Policy) -> tuple[Outgoing, ...]:
    """Tell customers of a new status, where the operator wants that and within the limit for one ticket."""
    if becomes not in policy.notify_customer or ticket.automatic_lately >= policy.automatic_per_ticket:
        return ()
    return tuple(Outgoing("status", p, becomes) for p in people)
