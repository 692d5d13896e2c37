"""Two persons become one, and again two: the rows that go over, but for the tickets' own, which their events change."""

from __future__ import annotations

import json

from daemon.core.values import Instant
from daemon.store import indexing, query
from daemon.store.tables import Event, MailAddress, Participant, Person, Ticket

JOINED = "persons-joined"


def requested(person: int) -> tuple[int, ...]:
    """The tickets of which somebody is the requester."""
    return tuple(query.column(Ticket.select(Ticket.id).where(Ticket.requester == person).order_by(Ticket.id)))


def taking_part(person: int) -> tuple[int, ...]:
    """The tickets in whose conversation somebody takes part."""
    mine = Participant.select(Participant.ticket).where(Participant.person == person)
    return tuple(query.column(mine.order_by(Participant.ticket)))


def came_from(person: int, tickets: tuple[int, ...]) -> tuple[int, ...]:
    """Of these tickets those that went from somebody to another when the two became one."""
    found = set()
    for ticket, data in query.rows(
        Event.select(Event.ticket, Event.data).where(Event.ticket.in_(tickets), Event.because == JOINED)
    ):
        if json.loads(data).get("from") == person:
            found.add(ticket)
    return tuple(one for one in tickets if one in found)


def take_part(ticket: int, person: int, instead: int) -> None:
    """Let ``instead`` take a person's place in a conversation, where they have none of their own."""
    place = Participant.get_or_none(Participant.ticket == ticket, Participant.person == person)
    if place is None:
        return
    Participant.delete().where(Participant.ticket == ticket, Participant.person == person).execute()
    Participant.insert(
        ticket=ticket, person=instead, proved=place.proved, since=place.since
    ).on_conflict_ignore().execute()


def join(person: int, other: int) -> None:
    """Give a person the addresses of another, who points at them from now on; what their card lacks is filled in."""
    MailAddress.update(joined_from=other).where(
        MailAddress.person == other, MailAddress.joined_from.is_null()
    ).execute()
    MailAddress.update(person=person).where(MailAddress.person == other).execute()
    Person.update(joined_into=person).where((Person.id == other) | (Person.joined_into == other)).execute()
    mine, theirs = Person.get_by_id(person), Person.get_by_id(other)
    for name in ("name", "language", "phone", "organisation"):
        setattr(mine, name, getattr(mine, name) or getattr(theirs, name))
    mine.remark = "\n".join(filter(None, (mine.remark, theirs.remark)))
    mine.save()
    for one in (person, other):
        indexing.index_person(one)


def origin(key: str) -> int | None:
    """Whose an address was before it came to whose it is."""
    row = MailAddress.get_by_id(key)
    return row.joined_from_id


def stays(person: int, key: str, origin: int | None) -> bool:
    """Whether a person keeps an address once this one has gone, with all that came from where it came."""
    others = MailAddress.select().where(MailAddress.person == person, MailAddress.key != key)
    if origin is not None:
        others = others.where(MailAddress.joined_from.is_null() | (MailAddress.joined_from != origin))
    return bool(others.exists())


def revive(other: int, person: int) -> None:
    """Make somebody who was joined into a person their own self again, with the addresses that were theirs."""
    Person.update(joined_into=None).where(Person.id == other).execute()
    MailAddress.update(person=other, joined_from=None).where(
        MailAddress.person == person, MailAddress.joined_from == other
    ).execute()
    for one in (person, other):
        indexing.index_person(one)


def part(key: str, person: int, now: Instant) -> int:
    """Make the owner of one of a person's addresses somebody new."""
    name = Person.get_by_id(person).name
    new = int(Person.insert(name=name, created_at=now).execute())
    MailAddress.update(person=new, joined_from=None).where(MailAddress.key == key).execute()
    for one in (person, new):
        indexing.index_person(one)
    return new
