"""Who may be given a ticket: absences, how much each agent has, when each was given one last, whom a customer knows.

Each question is answered from an index, however many tickets there are.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import count

import peewee as pw

from daemon.core.status import STATUSES
from daemon.core.values import Instant
from daemon.store.prepared import Insertion, Prepared, Slot, Slots
from daemon.store.tables import Absence, Event, Message, Ticket

OPEN = ("new", "open")
AT_ONCE = 50
FURTHEST = 200
"""Assignments that are looked back at; of whoever was given none of them, the newest ticket that is theirs counts."""
TICKETS_BACK = 50
"""Tickets of a requester among which the agent who answered last is looked for, the newest."""

AWAY = Prepared(
    Absence.select(Absence.person, Absence.until).where(
        Absence.since <= Slot("now"), Absence.until.is_null() | (Absence.until > Slot("now"))
    )
)
LOADS = Prepared(
    Ticket.select(Ticket.assignee, pw.fn.COUNT(Ticket.id))
    .where(Ticket.assignee.in_(Slots("people")), Ticket.status.in_(OPEN))
    .group_by(Ticket.assignee)
)
GIVEN = Prepared(
    Event.select(Event.id, Event.data)
    .where(pw.SQL("kind = 'assigned'"), Event.id < Slot("before"))  # as written in the index, not as a parameter
    .order_by(Event.id.desc())
    .limit(AT_ONCE)
)
NEWEST = Prepared(
    Ticket.select(pw.fn.MAX(Ticket.id)).where(Ticket.assignee == Slot("person"), Ticket.status == Slot("status"))
)
LATELY = (
    Ticket.select(Ticket.id)
    .where(Ticket.requester == Slot("requester"))
    .order_by(Ticket.opened_at.desc())
    .limit(TICKETS_BACK)
)
ANSWERED = Prepared(
    Message.select(Message.author)
    .where(Message.ticket.in_(LATELY), Message.kind == "agent", Message.released_at.is_null(False))
    .order_by(Message.released_at.desc(), Message.id.desc())
    .limit(1)
)
LEAVE = Insertion(Absence)
RETURN = Prepared(
    Absence.update(until=Slot("now")).where(
        Absence.person == Slot("person"), Absence.until.is_null() | (Absence.until > Slot("now"))
    )
)
FORGET = Prepared(Absence.delete().where(Absence.person == Slot("person"), Absence.since >= Slot("now")))

BEYOND = 2**63 - 1


def away(now: Instant) -> dict[int, Instant | None]:
    """Who is absent, each with the end of it, the furthest of several; None where there is none."""
    found: dict[int, Instant | None] = {}
    for person, until in AWAY.rows(now=now):
        known = found.get(person, until)
        found[person] = None if known is None or until is None else max(known, until)
    return found


def leave(person: int, since: Instant, until: Instant | None) -> None:
    """Someone is away from ``since`` on, and no absence of theirs that was told before counts any longer."""
    come_back(person, since)
    LEAVE.add(person=person, since=since, until=until)


def come_back(person: int, now: Instant) -> None:
    """Someone is there again."""
    FORGET.run(person=person, now=now)
    RETURN.run(person=person, now=now)


def loads(people: Sequence[int]) -> Mapping[int, int]:
    """How many tickets in new and open each of these has; who has none is left out."""
    return dict(LOADS.rows(people=people)) if people else {}


def last_given(people: Sequence[int]) -> Mapping[int, int]:
    """A number for each of these that is the higher the later they were given a ticket; who has none is left out.

    It is that of the event, or below all events, for what is longer ago, that of the ticket.
    """
    missing, found, before = set(people), dict[int, int](), BEYOND
    for step in count(1):
        rows = GIVEN.rows(before=before) if missing else []
        for number, data in rows:
            person = json.loads(data).get("to")
            if person in missing:
                found[person] = number
                missing.discard(person)
        if len(rows) < AT_ONCE or step * AT_ONCE >= FURTHEST:
            break
        before = rows[-1][0]
    for person in missing:
        newest = max(NEWEST.value(person=person, status=status) or 0 for status in STATUSES)
        if newest:
            found[person] = newest - BEYOND
    return found


def answered_last(requester: int) -> int | None:
    """The agent whose answer this requester got last; None if there was none lately."""
    person: int | None = ANSWERED.value(requester=requester)
    return person
