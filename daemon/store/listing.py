"""Which tickets a list holds, page by page: filters, an order, and the place after which a page begins.

A page begins after a (value, number) of its order, never at a count: tickets that arrive meanwhile, or leave the list,
neither repeat nor hide another. Only numbers are looked up here; what is shown of them, ``store.display`` reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import peewee as pw

from daemon.core.status import PRIORITIES
from daemon.core.values import Instant
from daemon.store import query
from daemon.store.clients import OVER
from daemon.store.tables import Participant, Promise, Ticket, TicketTag

Order = Literal["createdAt", "updatedAt", "priority", "due", "number"]
Promised = Literal["running", "paused", "kept", "broken", "cancelled"]

NEVER_DUE = 2**62
GoesOn: Any = Ticket.alias()
"""The ticket that a client's ticket is by now."""
STILL_OWED = frozenset({"running", "paused"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; an empty tuple and None ask nothing.

    ``assignees`` and ``requesters`` are persons, ``unassigned`` asks for tickets that nobody has (or that one of
    ``assignees`` has). Instants: since inclusive, before exclusive. ``due_before``: a promise that still runs is due
    by then. ``theirs``: only tickets in which this person takes part, as they know them; one that was merged is to them
    what the other one is. ``found``: the condition
    of a search. ``until``: none with a higher number.
    """

    statuses: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    desks: tuple[str, ...] = ()
    assignees: tuple[int, ...] = ()
    unassigned: bool = False
    requesters: tuple[int, ...] | None = None
    tags: tuple[str, ...] = ()
    created_since: Instant | None = None
    created_before: Instant | None = None
    updated_since: Instant | None = None
    updated_before: Instant | None = None
    resolved_since: Instant | None = None
    resolved_before: Instant | None = None
    promised: tuple[Promised, ...] = ()
    due_before: Instant | None = None
    theirs: int | None = None
    found: Any = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: the value by which its list is ordered, and the ticket."""

    value: int
    ticket: int


@dataclass(frozen=True, slots=True)
class Page:
    """The numbers of tickets, and the place after which the next page begins; None where there is none."""

    tickets: tuple[int, ...]
    end: Place | None


def page(wanted: Wanted, order: Order, *, descending: bool, after: Place | None, limit: int) -> list[Place]:
    """The next ``limit`` tickets of a list."""
    shown = Ticket if wanted.theirs is None else GoesOn
    value: Any = _value(order, shown)
    chosen: Any = Ticket.select(value, Ticket.id)
    if wanted.theirs is not None:
        chosen = of_client(chosen, wanted.theirs)
    if order == "due":
        owed = _owed_first()
        chosen = chosen.switch(Ticket).join(owed, pw.JOIN.LEFT_OUTER, on=(owed.c.ticket_id == Ticket.id))
        value = pw.fn.COALESCE(owed.c.due, NEVER_DUE)
        chosen = chosen.select(value, Ticket.id)
    for condition in _conditions(wanted, shown):
        chosen = chosen.where(condition)
    if after is not None:
        chosen = chosen.where(_beyond(value, after, descending))
    ways = (value.desc(), Ticket.id.desc()) if descending else (value.asc(), Ticket.id.asc())
    return [Place(int(at), int(number)) for at, number in query.rows(chosen.order_by(*ways).limit(limit))]


def of_client(chosen: Any, person: int) -> Any:
    """Tickets as ``clients.tickets`` has them: each under the client's own number, with what it is by now."""
    own = pw.fn.COALESCE(Participant.via, Participant.ticket)
    return (
        chosen.join(Participant, on=(own == Ticket.id))
        .join(GoesOn, on=(Participant.ticket == GoesOn.id))
        .switch(Ticket)
        .where(Participant.person == person, GoesOn.status.not_in(OVER))
    )


def among(numbers: Any) -> Any:
    """The condition that a ticket is one of these."""
    return Ticket.id.in_(numbers)


def newest() -> int:
    """The highest number of a ticket."""
    return int(query.rows(Ticket.select(pw.fn.COALESCE(pw.fn.MAX(Ticket.id), 0)))[0][0])


def _beyond(value: Any, after: Place, descending: bool) -> Any:
    """What comes after a place; the first condition alone is one that an index can begin at."""
    if descending:
        return (value <= after.value) & ((value < after.value) | (Ticket.id < after.ticket))
    return (value >= after.value) & ((value > after.value) | (Ticket.id > after.ticket))


def _value(order: Order, shown: Any) -> Any:
    match order:
        case "updatedAt":
            return shown.updated_at
        case "number":
            return Ticket.id
        case "priority":
            return pw.Case(Ticket.priority, [(name, rank) for rank, name in enumerate(PRIORITIES)], 0)
    return Ticket.opened_at


def _owed_first() -> Any:
    """The earliest instant at which something promised on a ticket is due, or was."""
    return (
        Promise.select(Promise.ticket, pw.fn.MIN(Promise.due_at).alias("due"))
        .where(Promise.ended_at.is_null(), Promise.due_at.is_null(False))
        .group_by(Promise.ticket)
        .alias("owed")
    )


def _conditions(wanted: Wanted, shown: Any) -> list[Any]:
    found: list[Any] = [
        column.in_(values)
        for column, values in (
            (shown.status, wanted.statuses),
            (Ticket.priority, wanted.priorities),
            (Ticket.type, wanted.types),
            (Ticket.team, wanted.teams),
            (Ticket.desk, wanted.desks),
        )
        if values
    ]
    if wanted.assignees or wanted.unassigned:
        has = Ticket.assignee.in_(wanted.assignees)
        found.append((has | Ticket.assignee.is_null()) if wanted.unassigned else has)
    if wanted.requesters is not None:
        found.append(Ticket.requester.in_(wanted.requesters))
    for tag in wanted.tags:
        found.append(Ticket.id.in_(TicketTag.select(TicketTag.ticket).where(TicketTag.tag == tag)))
    for column, since, before in (
        (Ticket.opened_at, wanted.created_since, wanted.created_before),
        (shown.updated_at, wanted.updated_since, wanted.updated_before),
        (shown.resolved_at, wanted.resolved_since, wanted.resolved_before),
    ):
        found += [column >= since] if since is not None else []
        found += [column < before] if before is not None else []
    if wanted.promised or wanted.due_before is not None:
        found.append(Ticket.id.in_(_promised(wanted)))
    if wanted.found is not None:
        found.append(wanted.found)
    if wanted.until is not None:
        found.append(Ticket.id <= wanted.until)
    return found


def _promised(wanted: Wanted) -> Any:
    """Tickets by what is promised on them; broken ones also where it was fulfilled late."""
    chosen: Any = Promise.select(Promise.ticket)
    if wanted.promised:
        chosen = chosen.where(Promise.state.in_(wanted.promised))
    if wanted.promised and set(wanted.promised) <= STILL_OWED:
        chosen = chosen.where(Promise.ended_at.is_null())  # which an index knows
    if wanted.due_before is not None:
        still = (Promise.ended_at.is_null(), Promise.state == "running", Promise.due_at < wanted.due_before)
        chosen = chosen.where(*still)
    return chosen
