"""Tickets as other programs are shown them, one or many at once. Only rows are read here; nothing is decided.

They are named tuples, because a list makes hundreds, and these are made several times as fast as frozen dataclasses.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import peewee as pw

from daemon.core.values import Instant
from daemon.store.prepared import Prepared, Slot, Slots
from daemon.store.tables import (
    Event,
    MailAddress,
    Message,
    Person,
    Promise,
    Ticket,
    TicketField,
    TicketTag,
)
from daemon.store.versions import CHANGES

WHOLE = 10**9
OPENING = ("customer", "automatic", "agent")


class Somebody(NamedTuple):
    """A person as a ticket names them; ``address`` is '' for one who has none."""

    id: int
    name: str
    address: str
    phone: str = ""
    organisation: str = ""


class Promised(NamedTuple):
    """A promise as a ticket shows it."""

    metric: str
    cycle: int
    state: str
    due_at: Instant | None
    warned_at: Instant | None
    broken_at: Instant | None
    kept_at: Instant | None
    ended_at: Instant | None


class Display(NamedTuple):
    """A ticket; ``description`` are the words that it began with, ``revision`` its version."""

    number: int
    desk: str
    subject: str
    status: str
    priority: str
    type: str
    team: str
    channel: str
    resolution_code: str | None
    resolution_text: str | None
    escalation_level: int
    opened_at: Instant
    updated_at: Instant
    first_response_at: Instant | None
    resolved_at: Instant | None
    closed_at: Instant | None
    merged_into: int | None
    snoozed_until: Instant | None
    undelivered: Instant | None
    requester: Somebody
    assignee: Somebody | None
    description: str = ""
    revision: int = 0
    tags: tuple[str, ...] = ()
    fields: tuple[tuple[str, str], ...] = ()
    promises: tuple[Promised, ...] = ()


Requester, Assignee = Person.alias(), Person.alias()


def address_of(person: Any) -> Any:
    """The address of a person, a proved one first, or of whom they were joined into."""
    owner = pw.fn.COALESCE(person.joined_into, person.id)
    return (
        MailAddress.select(MailAddress.address)
        .where(MailAddress.person == owner)
        .order_by(MailAddress.proved_at.is_null(), MailAddress.key)
        .limit(1)
    )


TICKETS = Prepared(
    Ticket.select(
        Ticket.id,
        Ticket.desk,
        Ticket.subject,
        Ticket.status,
        Ticket.priority,
        Ticket.type,
        Ticket.team,
        Ticket.channel,
        Ticket.resolution_code,
        Ticket.resolution_text,
        Ticket.escalation_level,
        Ticket.opened_at,
        Ticket.updated_at,
        Ticket.first_response_at,
        Ticket.resolved_at,
        Ticket.closed_at,
        Ticket.merged_into,
        Ticket.snoozed_until,
        Ticket.undelivered,
        Requester.id,
        Requester.name,
        address_of(Requester),
        Requester.phone,
        Requester.organisation,
        Assignee.id,
        Assignee.name,
        address_of(Assignee),
        Event.select(pw.fn.MAX(Event.id)).where(Event.ticket == Ticket.id, CHANGES),
    )
    .join(Requester, on=(Ticket.requester == Requester.id))
    .switch(Ticket)
    .join(Assignee, pw.JOIN.LEFT_OUTER, on=(Ticket.assignee == Assignee.id))
    .where(Ticket.id.in_(Slots("numbers")))
)
FIRST = (
    Message.select(pw.fn.MIN(Message.id))
    .where(Message.ticket.in_(Slots("numbers")), Message.kind.in_(OPENING), Message.state == "filed")
    .group_by(Message.ticket)
)
OPENINGS = Prepared(FIRST)
DESCRIPTIONS = Prepared(
    Message.select(Message.ticket, pw.fn.SUBSTR(Message.words, 1, Slot("most"))).where(Message.id.in_(FIRST))
)
TAGS = Prepared(
    TicketTag.select(TicketTag.ticket, TicketTag.tag)
    .where(TicketTag.ticket.in_(Slots("numbers")))
    .order_by(TicketTag.tag)
)
FIELDS = Prepared(
    TicketField.select(TicketField.ticket, TicketField.name, TicketField.value)
    .where(TicketField.ticket.in_(Slots("numbers")))
    .order_by(TicketField.name)
)
PROMISES = Prepared(
    Promise.select(
        Promise.ticket,
        Promise.metric,
        Promise.cycle,
        Promise.state,
        Promise.due_at,
        Promise.warned_at,
        Promise.broken_at,
        Promise.kept_at,
        Promise.ended_at,
    )
    .where(Promise.ticket.in_(Slots("numbers")))
    .order_by(Promise.id)
)


def tickets(numbers: Sequence[int], most: int = WHOLE) -> list[Display]:
    """These tickets in this order; of each description so many characters."""
    if not numbers:
        return []
    rows = {row[0]: row for row in TICKETS.rows(numbers=numbers)}
    words = dict(DESCRIPTIONS.rows(numbers=numbers, most=most))
    tags = _grouped(TAGS.rows(numbers=numbers))
    fields = _grouped(FIELDS.rows(numbers=numbers))
    promises = _grouped(PROMISES.rows(numbers=numbers))
    return [
        _display(
            rows[number],
            words.get(number, ""),
            tuple([tag for (tag,) in tags.get(number, ())]),
            tuple(fields.get(number, ())),
            tuple([Promised._make(one) for one in promises.get(number, ())]),
        )
        for number in numbers
        if number in rows
    ]


def ticket(number: int) -> Display | None:
    """One ticket; None if there is none."""
    return next(iter(tickets((number,))), None)


def opening(number: int) -> int | None:
    """The message whose words are a ticket's description; None where there is none yet."""
    return next((message for (message,) in OPENINGS.rows(numbers=(number,))), None)


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for number, *rest in rows:
        found.setdefault(number, []).append(tuple(rest))
    return found


def _display(
    row: Sequence[Any],
    description: str,
    tags: tuple[str, ...],
    fields: tuple[tuple[str, str], ...],
    promises: tuple[Promised, ...],
) -> Display:
    own, (asked, name, address, phone, organisation), (has, its_name, its_address), revision = (
        row[:19],
        row[19:24],
        row[24:27],
        row[27],
    )
    requester = Somebody(asked, name, address or "", phone, organisation)
    assignee = Somebody(has, its_name, its_address or "") if has is not None else None
    return Display._make((*own, requester, assignee, description, revision or 0, tags, fields, promises))
