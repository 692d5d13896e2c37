"""What agents are shown of tickets: many at once for lists, one with its conversation. Only rows are read here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee as pw

from daemon.core.status import BACKLOG
from daemon.core.values import Address, Instant
from daemon.store import query, search
from daemon.store.prepared import Prepared, Slot, Slots
from daemon.store.tables import (
    MailAddress,
    Message,
    Outbox,
    Participant,
    Person,
    Promise,
    Ticket,
    TicketTag,
    Watcher,
)

MOST_OTHERS = 5
AT_ONCE = 500
LAST = 2**63 - 1
OWED = ("running", "paused", "broken")


@dataclass(frozen=True, slots=True)
class Owed:
    """A promise that is still to be fulfilled."""

    ticket: int
    metric: str
    state: str
    calendar: str
    policy: str
    budget: int
    spent: int
    running_since: Instant | None
    due_at: Instant | None


@dataclass(frozen=True, slots=True)
class Sketch:
    """A ticket as a list shows it; ``since``: since when its last words wait."""

    number: int
    desk: str
    subject: str
    status: str
    priority: str
    type: str
    team: str
    assignee_id: int | None
    assignee: str
    requester: Address
    requester_id: int
    since: Instant
    snoozed_until: Instant | None
    undelivered: Instant | None
    tags: tuple[str, ...] = ()
    owed: tuple[Owed, ...] = ()


@dataclass(frozen=True, slots=True)
class Said:
    """One message of a conversation; ``waits``: it is an answer that has not left yet."""

    id: int
    kind: str
    author: Address
    at: Instant
    words: str
    waits: bool = False


Requester, Assignee = Person.alias(), Person.alias()


def _address(person: Any) -> Any:
    return MailAddress.select(pw.fn.MIN(MailAddress.address)).where(MailAddress.person == person.id)


def _wanted(condition: Any) -> pw.Query:
    return (
        Ticket.select(
            Ticket.id,
            Ticket.desk,
            Ticket.subject,
            Ticket.status,
            Ticket.priority,
            Ticket.type,
            Ticket.team,
            Ticket.assignee,
            Assignee.name,
            Requester.name,
            _address(Requester),
            Ticket.requester,
            pw.fn.COALESCE(Ticket.turn_since, Ticket.idle_since),
            Ticket.snoozed_until,
            Ticket.undelivered,
        )
        .join(Requester, on=(Ticket.requester == Requester.id))
        .switch(Ticket)
        .join(Assignee, pw.JOIN.LEFT_OUTER, on=(Ticket.assignee == Assignee.id))
        .where(condition)
        .order_by(Ticket.id)
    )


IS_OPEN = Ticket.status.in_(sorted(BACKLOG))
ONE = Prepared(_wanted(Ticket.id == Slot("number")))
SOME = Prepared(_wanted(Ticket.id.in_(Slots("numbers"))))
MINE = Prepared(_wanted((Ticket.assignee == Slot("person")) & IS_OPEN))
OF_TEAMS = Prepared(_wanted(Ticket.team.in_(Slots("teams")) & IS_OPEN))
UNASSIGNED = Prepared(_wanted(Ticket.team.in_(Slots("teams")) & IS_OPEN & Ticket.assignee.is_null()))
WATCHED = Prepared(
    _wanted(Ticket.id.in_(Watcher.select(Watcher.ticket).where(Watcher.person == Slot("person"))) & IS_OPEN)
)
TAGS = Prepared(
    TicketTag.select(TicketTag.ticket, TicketTag.tag)
    .where(TicketTag.ticket.in_(Slots("numbers")))
    .order_by(TicketTag.tag)
)
PROMISED = Prepared(
    Promise.select(
        Promise.ticket,
        Promise.metric,
        Promise.state,
        Promise.calendar,
        Promise.policy,
        Promise.budget,
        Promise.spent,
        Promise.running_since,
        Promise.due_at,
    ).where(Promise.ticket.in_(Slots("numbers")), Promise.ended_at.is_null(), Promise.state.in_(OWED))
)


def _sketches(rows: Sequence[tuple[Any, ...]]) -> list[Sketch]:
    numbers = [row[0] for row in rows]
    owed: dict[int, list[Owed]] = {}
    tags: dict[int, list[str]] = {}
    for at in range(0, len(numbers), AT_ONCE):
        some = numbers[at : at + AT_ONCE]
        for row in PROMISED.rows(numbers=some):
            owed.setdefault(row[0], []).append(Owed(*row))
        for ticket, tag in TAGS.rows(numbers=some):
            tags.setdefault(ticket, []).append(tag)
    return [_sketch(row, tuple(tags.get(row[0], ())), tuple(owed.get(row[0], ()))) for row in rows]


def _sketch(row: tuple[Any, ...], tags: tuple[str, ...], owed: tuple[Owed, ...]) -> Sketch:
    number, desk, subject, status, priority, kind, team, assignee_id, assignee, name, address, *rest = row
    requester_id, since, snoozed_until, undelivered = rest
    return Sketch(
        number,
        desk,
        subject,
        status,
        priority,
        kind,
        team,
        assignee_id,
        assignee or "",
        Address(name, address or ""),
        requester_id,
        since,
        snoozed_until,
        undelivered,
        tags,
        owed,
    )


def one(number: int) -> Sketch | None:
    """One ticket."""
    return next(iter(_sketches(ONE.rows(number=number))), None)


def mine(person: int) -> list[Sketch]:
    """The open tickets that this agent has."""
    return _sketches(MINE.rows(person=person))


def of_teams(teams: Iterable[str], *, unassigned: bool = False) -> list[Sketch]:
    """The open tickets of teams; ``unassigned``: those that nobody has."""
    return _sketches((UNASSIGNED if unassigned else OF_TEAMS).rows(teams=sorted(teams)))


def watched(person: int) -> list[Sketch]:
    """The open tickets that this agent watches."""
    return _sketches(WATCHED.rows(person=person))


def with_words(text: str, limit: int) -> list[Sketch]:
    """The tickets that a search finds, the best first, whatever their status; SearchError with a sentence."""
    found = search.ranked(text, limit, notes=True)
    sketches = {sketch.number: sketch for sketch in _sketches(SOME.rows(numbers=found))}
    return [sketches[number] for number in found]


MERGED = Prepared(Ticket.select(Ticket.id).where(Ticket.merged_into == Slot("number")))
SAID = Prepared(
    Message.select(Message.id, Message.kind, Person.name, _address(Person), Message.at, Message.words, Message.state)
    .join(Person, pw.JOIN.LEFT_OUTER)
    .where(
        Message.ticket.in_(Slots("tickets")),
        Message.state.in_(("filed", "waiting")),
        Message.kind != "bounce",
        Message.id < Slot("before"),
    )
    .order_by(Message.id.desc())
    .limit(Slot("limit"))
)
PARTICIPANTS = Prepared(
    Participant.select(Person.name, _address(Person))
    .join(Person)
    .where(Participant.ticket == Slot("number"))
    .order_by(Participant.since, Participant.person)
)
THEIRS = (Ticket.requester == Slot("person")) & (Ticket.id != Slot("but")) & Ticket.status.not_in(("merged", "spam"))
OTHERS = Prepared(Ticket.select(pw.fn.COUNT(Ticket.id)).where(THEIRS))
OPEN_OTHERS = Prepared(
    Ticket.select(Ticket.id, Ticket.subject).where(THEIRS, IS_OPEN).order_by(Ticket.id.desc()).limit(MOST_OTHERS)
)


def said(number: int, before: int | None = None, limit: int = 200) -> list[Said]:
    """The conversation of a ticket and of those merged into it, newest first; ``before`` is a message."""
    tickets = [number, *MERGED.column(number=number)]
    rows = SAID.rows(tickets=tickets, before=LAST if before is None else before, limit=limit)
    return [
        Said(row[0], row[1], Address(row[2] or "", row[3] or ""), row[4], row[5], row[6] == "waiting") for row in rows
    ]


def participants(number: int) -> tuple[Address, ...]:
    """Those who receive the public mail of a ticket, the longest there first."""
    return tuple(Address(name, address) for name, address in PARTICIPANTS.rows(number=number) if address)


def others_of(person: int, but: int) -> tuple[int, tuple[tuple[int, str], ...]]:
    """How many earlier tickets a requester has, and the newest of those that are open: number, subject."""
    count = int(OTHERS.value(person=person, but=but) or 0)
    rows = OPEN_OTHERS.rows(person=person, but=but) if count else []
    return count, tuple((number, subject) for number, subject in rows)


def undelivered_to(number: int) -> str:
    """The address of the last answer on a ticket that did not arrive; '' if all did."""
    row = query.first(
        Outbox.select(Outbox.recipient)
        .where(Outbox.ticket == number, Outbox.kind == "answer", Outbox.state.in_(("failed", "bounced")))
        .order_by(Outbox.id.desc())
    )
    return str(row[0]) if row else ""
