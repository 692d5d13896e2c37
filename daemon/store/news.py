"""What agents hear of in their next digest."""

from __future__ import annotations

from dataclasses import dataclass

import peewee as pw

from daemon.core.acts import News
from daemon.core.values import Instant
from daemon.store import conversation, query
from daemon.store.tables import Message, Person, Ticket
from daemon.store.tables import News as Row


def add(what: News, ticket: int, message: int | None, now: Instant) -> None:
    Row.insert(person=what.person, ticket=ticket, message=message, kind=what.kind, at=now).execute()


@dataclass(frozen=True, slots=True)
class Item:
    """Something that waits for an agent's next digest."""

    id: int
    ticket: int
    subject: str
    kind: str
    who: str
    at: Instant
    words: str
    merged_into: int | None = None


def of(person: int, limit: int) -> list[Item]:
    """What this agent hears of in the digest, oldest first."""
    rows = query.rows(
        Row.select(Row.id, Ticket.id, Ticket.subject, Row.kind, Person.name, Row.at, Message.words, Ticket.merged_into)
        .join(Ticket)
        .switch(Row)
        .join(Message, pw.JOIN.LEFT_OUTER)
        .join(Person, pw.JOIN.LEFT_OUTER)
        .where(Row.person == person)
        .order_by(Row.id)
        .limit(limit)
    )
    return [
        Item(number, ticket, subject, kind, who or "", at, words or "", into and conversation.merged_into(ticket))
        for number, ticket, subject, kind, who, at, words, into in rows
    ]


def forget(person: int, up_to: int) -> None:
    """What stood in a digest is told."""
    Row.delete().where(Row.person == person, Row.id <= up_to).execute()
