"""What a client may see of their tickets: public words alone, and of those only what was said in their own thread.

Whoever takes part in a ticket sees what its customers wrote and what was sent to them since they came. Those who came
with a ticket that was merged into another share a thread of their own: neither they nor the others see the other one.
A note, a reply that waits or is held, and a machine's mail are nobody's to see.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import peewee as pw

from daemon.core.values import Attachment as Part
from daemon.core.values import Instant
from daemon.store import facts, people
from daemon.store.prepared import Prepared, Slot, Slots
from daemon.store.tables import Attachment, Event, Message, Outbox, Participant, Person, Ticket

HIGHEST = 10**12
OVER = ("merged", "spam")
MOST_SOURCES = 100
PART = (
    Attachment.part,
    Attachment.name,
    Attachment.content_type,
    Attachment.size,
    Attachment.sha256,
    Attachment.content_id,
    Attachment.inline,
    Attachment.encoding,
    Attachment.offset,
    Attachment.length,
)
"""What ``core.values.Attachment`` is made of, in its order."""


@dataclass(frozen=True, slots=True)
class ClientTicket:
    """A ticket as one of its customers knows it: ``number`` is theirs, ``id`` the ticket that it is by now."""

    number: int
    id: int
    desk: str
    subject: str
    status: str
    opened_at: Instant
    updated_at: Instant
    closed_at: Instant | None
    requester: int


@dataclass(frozen=True, slots=True)
class Said:
    """One message that a client may see; ``raw`` are the bytes that it came as, ``sent`` those in which an agent's
    words were sent to customers (SHA-256)."""

    id: int
    is_agent: bool
    author: int | None
    name: str
    at: Instant
    words: str
    raw: str
    sent: str | None = None
    files: tuple[Part, ...] = ()


COLUMNS = (
    Ticket.id,
    Ticket.desk,
    Ticket.subject,
    Ticket.status,
    Ticket.opened_at,
    Ticket.updated_at,
    Ticket.closed_at,
    Ticket.requester,
)
MINE = Prepared(
    Participant.select(Participant.via, *COLUMNS)
    .join(Ticket, on=(Participant.ticket == Ticket.id))
    .where(Participant.person == Slot("person"), Ticket.status.not_in(OVER))
    .order_by(Ticket.updated_at.desc(), Ticket.id.desc())
    .limit(Slot("limit"))
    .offset(Slot("offset"))
)
ONE = Prepared(Ticket.select(*COLUMNS, Ticket.merged_into).where(Ticket.id == Slot("number")))
PLACE = Prepared(
    Participant.select(Participant.via, Participant.since).where(
        Participant.ticket == Slot("ticket"), Participant.person == Slot("person")
    )
)
PUBLIC = Prepared(
    Message.select(
        Message.id,
        Message.ticket,
        Message.kind,
        Message.author,
        Person.name,
        Message.at,
        Message.words,
        Message.raw_bytes,
    )
    .join(Person, pw.JOIN.LEFT_OUTER, on=(Message.author == Person.id))
    .where(
        Message.ticket.in_(Slots("tickets")),
        Message.kind.in_(("customer", "agent")),
        Message.state == "filed",
    )
    .order_by(Message.at, Message.id)
)
SENT = Prepared(
    Outbox.select(Outbox.message, Outbox.ticket, Outbox.person, Outbox.raw_bytes).where(
        Outbox.ticket.in_(Slots("tickets")), Outbox.kind == "answer", Outbox.message.is_null(False)
    )
)
SOURCES = Prepared(
    Ticket.select(Ticket.id)
    .join(Participant, on=(Participant.ticket == Ticket.id))
    .where(
        Ticket.merged_into.in_(Slots("tickets")),
        Participant.person == Slot("person"),
        Participant.via.is_null(),
    )
    .order_by(Ticket.id)
)
MERGES = Prepared(Event.select(Event.data).where(Event.ticket == Slot("ticket"), Event.kind == "merged"))
FILES = Prepared(
    Attachment.select(*PART, Attachment.message)
    .where(Attachment.message.in_(Slots("messages")))
    .order_by(Attachment.message, Attachment.part)
)


def tickets(person: int, limit: int, offset: int = 0) -> list[ClientTicket]:
    """The tickets in which somebody takes part, the one that changed last first."""
    return [_known_as(person, via, *row) for via, *row in MINE.rows(person=person, limit=limit, offset=offset)]


def ticket(number: int, person: int) -> ClientTicket | None:
    """The ticket that somebody knows under a number, or by now under another one of theirs; None for one in which they
    take no part."""
    row = ONE.first(number=number) if 0 < number < HIGHEST else None
    steps = 0
    while row is not None and row[-1] is not None and steps < 32:
        row, steps = ONE.first(number=row[-1]), steps + 1
    if row is None or row[3] in OVER:
        return None
    place = PLACE.first(ticket=row[0], person=person)
    known = _known_as(person, place[0], *row[:-1]) if place is not None else None
    if known is not None and known.number != number:
        once = PLACE.first(ticket=number, person=person)
        return known if once is not None and once[0] is None else None
    return known


def _known_as(person: int, via: int | None, *row: object) -> ClientTicket:
    """A ticket under the number and the subject by which its customer knows it."""
    found = ClientTicket(via or row[0], *row)  # type: ignore[arg-type]
    if via is None:
        return found
    _, _, subject, _, opened_at, *_ = ONE.first(number=via) or ()
    return replace(found, subject=subject, opened_at=opened_at)


def said(seen: ClientTicket, person: int) -> list[Said]:
    """What a client may see of the conversation, the oldest first; without files.

    It is what was said in their own tickets by those who were there without a merge, and in the ticket that those are
    by now by those who came along; of tickets that they once went into, what they wrote and what was sent to them.
    """
    mine = (seen.number, *_own_sources(seen, person))
    former = _went_into(seen.number) - {seen.id, *mine}
    numbers = list(dict.fromkeys((seen.id, *mine, *sorted(former))))
    since = {number: place[1] for number in numbers if (place := PLACE.first(ticket=number, person=person))}
    came = {number: facts.came(number) for number in (seen.id, *mine)}
    own = frozenset(people.selves((person,)))

    def shares_thread(at_ticket: int, other: int | None) -> bool:
        if other in own or at_ticket in former:
            return other in own
        return came[at_ticket].get(other, at_ticket) == (at_ticket if at_ticket in mine else seen.number)

    received: set[int] = set()
    letters: dict[int, str] = {}
    for message, at_ticket, reader, letter in SENT.rows(tickets=numbers):
        if shares_thread(at_ticket, reader):
            letters.setdefault(message, letter)
        if reader in own:
            received.add(message)
    found = []
    for number, at_ticket, kind, author, name, at, words, raw in PUBLIC.rows(tickets=numbers):
        is_agent = kind == "agent"
        of_thread = number in letters if is_agent else shares_thread(at_ticket, author)
        in_time = at_ticket in since and at >= since[at_ticket]
        if of_thread and (in_time or number in received or author in own):
            found.append(Said(number, is_agent, author, name or "", at, words, raw, letters.get(number)))
    return found


def _own_sources(seen: ClientTicket, person: int) -> tuple[int, ...]:
    """The client's other tickets that went into this one of theirs."""
    found: list[int] = []
    into = [seen.id] if seen.number == seen.id else []
    while into and len(found) < MOST_SOURCES:
        into = [one for one in SOURCES.column(tickets=into, person=person) if one not in found]
        found += into
    return tuple(found)


def _went_into(number: int) -> set[int]:
    """All tickets that one was ever merged into, directly or with those."""
    found: set[int] = set()
    todo = [number]
    while todo and len(found) < MOST_SOURCES:
        merges = (json.loads(data).get("to") for data in MERGES.column(ticket=todo.pop()))
        news = {into for into in merges if into} - found
        found |= news
        todo += news
    return found


def since(number: int, person: int) -> Instant | None:
    """When somebody came to a ticket; None where they take no part in it."""
    place = PLACE.first(ticket=number, person=person)
    return None if place is None else int(place[1])


def visible(number: int, person: int) -> tuple[int, ...]:
    """The messages that somebody may see under the number of a ticket of theirs."""
    seen = ticket(number, person)
    return tuple(one.id for one in said(seen, person)) if seen is not None else ()


def with_files(messages: Sequence[Said]) -> list[Said]:
    """The same messages with their attachments."""
    files: dict[int, list[Part]] = {}
    for *part, message in FILES.rows(messages=[one.id for one in messages]):
        part[6] = bool(part[6])
        files.setdefault(message, []).append(Part(*part))
    return [replace(one, files=tuple(files.get(one.id, ()))) for one in messages]
