"""Tickets as they are read by people: lists, one with its conversation, and the reasons."""

from __future__ import annotations

import json
from typing import Any

import peewee as pw

from daemon.store import facts, fields, query, search
from daemon.store.tables import (
    Attachment,
    Event,
    MailAddress,
    Message,
    Outbox,
    Participant,
    Person,
    Promise,
    Ticket,
    TicketLink,
)

AT_ONCE = 500
Requester = Person.alias()
Assignee = Person.alias()


def rows(status: str | None, limit: int, words: str = "") -> list[dict[str, Any]]:
    """The newest tickets, newest last; of those that a search for ``words`` finds, the best, the best first.

    SearchError with a sentence.
    """
    if words:
        return _found(f"{words} status:{status}" if status else words, limit)
    wanted = _tickets().order_by(Ticket.id.desc()).limit(limit)
    if status:
        wanted = wanted.where(Ticket.status == status)
    return query.dicts(wanted)[::-1]


def _found(words: str, limit: int) -> list[dict[str, Any]]:
    numbers = search.ranked(words, limit, notes=True)
    found: dict[int, dict[str, Any]] = {}
    for at in range(0, len(numbers), AT_ONCE):
        some = query.dicts(_tickets().where(Ticket.id.in_(numbers[at : at + AT_ONCE])))
        found |= {row["id"]: row for row in some}
    return [found[number] for number in numbers]


def one(number: int) -> dict[str, Any] | None:
    """A ticket with its tags, people, messages, links, outgoing mail and events; None if there is none."""
    ticket = next(iter(query.dicts(_tickets().where(Ticket.id == number))), None)
    if ticket is None:
        return None
    attachments: dict[int, list[dict[str, Any]]] = {}
    for row in query.dicts(
        Attachment.select(Attachment.message, Attachment.name, Attachment.size, Attachment.content_type)
        .join(Message)
        .where(Message.ticket == number)
        .order_by(Attachment.part)
    ):
        attachments.setdefault(row.pop("message"), []).append(row)
    messages = [
        row | {"attachments": attachments.get(row["id"], [])}
        for row in query.dicts(
            Message.select(Message, Person.name.alias("author_name"), _address_of(Person).alias("address"))
            .join(Person, pw.JOIN.LEFT_OUTER)
            .where(Message.ticket == number)
            .order_by(Message.id)
        )
    ]
    events = query.dicts(Event.select().where(Event.ticket == number).order_by(Event.id))
    promises = Promise.select().where(Promise.ticket == number).order_by(Promise.id)
    links = TicketLink.select().where((TicketLink.ticket == number) | (TicketLink.other == number))
    participants = (
        Participant.select(Participant.person, Person.name, _address_of(Person).alias("address"))
        .join(Person)
        .where(Participant.ticket == number)
        .order_by(Participant.since, Participant.person)
    )
    letters = Outbox.select().where(Outbox.ticket == number).order_by(Outbox.id)
    return ticket | {
        "messages": messages,
        "events": [event | {"data": json.loads(event["data"])} for event in events],
        "links": query.dicts(links),
        "letters": query.dicts(letters),
        "promises": query.dicts(promises),
        "fields": fields.values(number),
        "tags": sorted(facts.tags(number)),
        "participants": query.dicts(participants),
    }


def _tickets() -> pw.ModelSelect[Ticket]:
    return (
        Ticket.select(
            Ticket,
            Requester.name.alias("requester_name"),
            _address_of(Requester).alias("requester_address"),
            Assignee.name.alias("assignee_name"),
            _address_of(Assignee).alias("assignee_address"),
        )
        .join(Requester, on=(Ticket.requester == Requester.id))
        .switch(Ticket)
        .join(Assignee, pw.JOIN.LEFT_OUTER, on=(Ticket.assignee == Assignee.id))
    )


def _address_of(person: Any) -> Any:
    """One address of a person, or of whom they were joined into, as a subquery."""
    owner = pw.fn.COALESCE(person.joined_into, person.id)
    return MailAddress.select(pw.fn.MIN(MailAddress.address)).where(MailAddress.person == owner)
