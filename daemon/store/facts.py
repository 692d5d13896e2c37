"""What a decision needs to know, read in the transaction that will write its Plan.

Only rows are read here; whether a token is genuine is told by the caller (``verify``), who has the keys. The queries
are prepared, since each mail asks most of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import peewee as pw

from daemon.core.plan import AgentFacts, AuthorFacts, DuplicateFacts, SentFacts, TicketFacts
from daemon.store import people
from daemon.store.prepared import Prepared, Slot, Slots
from daemon.store.tables import (
    Act,
    Event,
    Inbound,
    MailAddress,
    Message,
    NamedAddress,
    Notice,
    Outbox,
    Participant,
    Person,
    ThreadKey,
    Ticket,
    TicketTag,
    Watcher,
)

HOUR, DAY = 3_600, 86_400
REPEAT_WINDOW = 5 * DAY
AUTOMATIC_TO_CUSTOMERS = ("acknowledgement", "status", "reminder")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person with the address they are written to, and the language, if it is known."""

    id: int
    name: str
    address: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class TicketRow:
    """A ticket as letters and changes see it."""

    subject: str
    status: str
    priority: str
    type: str
    team: str
    assignee_id: int | None
    requester_id: int
    resolution_text: str | None
    merged_into_id: int | None = None
    resolution_code: str | None = None
    snoozed_until: int | None = None


AUTHOR = Prepared(MailAddress.select(MailAddress.person).where(MailAddress.key == Slot("key")))


def author(key: str, agents: Iterable[AgentFacts]) -> AuthorFacts:
    """Who this address (casefolded) is to us."""
    for agent in agents:
        if agent.address == key:
            return AuthorFacts(key, agent.person, True)
    return AuthorFacts(key, AUTHOR.value(key=key), False)


STANDS_FOR = Prepared(
    Inbound.select(Inbound.id, Inbound.ticket, Inbound.message).where(
        Inbound.claim == Slot("claim"), Inbound.id != Slot("but")
    )
)
STANDS_FOR_LATELY = Prepared(
    Inbound.select(Inbound.id, Inbound.ticket, Inbound.message).where(
        Inbound.claim == Slot("claim"),
        Inbound.id != Slot("but"),
        Inbound.source == Slot("source"),
        (Inbound.received_at >= Slot("since")) | (Inbound.received_at == Slot("received_at")),
    )
)


def duplicate(
    claim: str, source: str, dated: bool, received_at: int, now: int, but: int | None
) -> DuplicateFacts | None:
    """The row that stands for this mail at this desk (invariant 4); ``but`` is a row that is being tried again.

    What was received in the same second is the same mail however long ago: a mailbox may number its mail anew.
    """
    if dated:
        row = STANDS_FOR.first(claim=claim, but=but or 0)
    else:
        row = STANDS_FOR_LATELY.first(
            claim=claim, but=but or 0, source=source, since=now - REPEAT_WINDOW, received_at=received_at
        )
    return DuplicateFacts(*row) if row else None


SIBLING = Prepared(
    Inbound.select(Inbound.ticket)
    .where(Inbound.claim.in_(Slots("claims")), Inbound.ticket.is_null(False))
    .order_by(Inbound.id)
    .limit(1)
)


def sibling(claims: Sequence[str]) -> int | None:
    """The ticket that the same mail opened or joined under one of its claims at other desks."""
    ticket: int | None = SIBLING.value(claims=list(claims)) if claims else None
    return ticket


REFERENCED = Prepared(
    ThreadKey.select(ThreadKey.rfc_message_id, ThreadKey.ticket)
    .where(ThreadKey.rfc_message_id.in_(Slots("message_ids")))
    .order_by(ThreadKey.id)
)


def referenced(message_ids: Sequence[str]) -> tuple[int, ...]:
    """The tickets on which these Message-IDs stand, in their order, each once."""
    if not message_ids:
        return ()
    found: dict[str, list[int]] = {}
    for message_id, ticket in REFERENCED.rows(message_ids=message_ids[:200]):
        found.setdefault(message_id, []).append(ticket)
    return tuple(dict.fromkeys(t for m in message_ids for t in found.get(m, ())))


TICKET = Prepared(
    Ticket.select(
        Ticket.id,
        Ticket.desk,
        Ticket.status,
        Ticket.team,
        Ticket.requester,
        Ticket.assignee,
        Ticket.merged_into,
        Ticket.closed_at,
        Ticket.first_response_at,
        pw.fn.COALESCE(Event.select(pw.fn.MAX(Event.at)).where(Event.ticket == Ticket.id), Ticket.opened_at),
        Outbox.select(pw.fn.COUNT(Outbox.id)).where(
            Outbox.ticket == Ticket.id,
            Outbox.kind.in_(AUTOMATIC_TO_CUSTOMERS),
            Outbox.created_at > Slot("yesterday"),
        ),
        pw.fn.EXISTS(
            NamedAddress.select(pw.SQL("1")).where(
                NamedAddress.ticket == Ticket.id, NamedAddress.key == Slot("author_key")
            )
        ),
        pw.fn.EXISTS(
            Message.select(pw.SQL("1"))
            .join(MailAddress, on=(MailAddress.person == Message.author))
            .where(
                Message.ticket == Ticket.id,
                Message.rfc_message_id == Slot("message_id"),
                MailAddress.key == Slot("author_key"),
            )
        ),
        Ticket.subject,
        Ticket.undelivered,
        pw.fn.EXISTS(
            Act.select(pw.SQL("1"))
            .join(MailAddress, on=(MailAddress.person == Act.agent))
            .where(
                Act.ticket == Ticket.id,
                Act.rfc_message_id == Slot("message_id"),
                MailAddress.key == Slot("author_key"),
            )
        ),
        pw.fn.EXISTS(
            Notice.select(pw.SQL("1")).join(Act).where(Act.ticket == Ticket.id, Notice.status == Ticket.status)
        ),
    ).where(Ticket.id == Slot("number"))
)
WATCHERS = Prepared(Watcher.select(Watcher.person).where(Watcher.ticket == Slot("ticket")))
PARTICIPANTS = Prepared(
    Participant.select(Participant.person)
    .join(MailAddress, on=(MailAddress.person == Participant.person))
    .where(Participant.ticket == Slot("ticket"))
    .distinct()
)
"""Those who can be written to: someone without a usable address receives nothing."""


def ticket(number: int, author_key: str | None, message_id: str | None, now: int) -> TicketFacts | None:
    """All that a decision may know of one ticket."""
    row = TICKET.first(number=number, author_key=author_key, message_id=message_id, yesterday=now - DAY)
    if row is None:
        return None
    return TicketFacts(
        id=row[0],
        desk=row[1],
        status=row[2],
        team=row[3],
        requester=row[4],
        assignee=row[5],
        participants=frozenset(PARTICIPANTS.column(ticket=number)),
        named=bool(row[11]),
        merged_into=row[6],
        closed_at=row[7],
        first_response_at=row[8],
        last_event_at=row[9],
        automatic_lately=row[10],
        seen_from_author=bool(row[12] or row[15]),
        subject=row[13],
        undelivered=row[14],
        watchers=frozenset(WATCHERS.column(ticket=number)),
        unheard=bool(row[16]),
    )


ACTED = Prepared(
    ThreadKey.select(ThreadKey.id)
    .join(Message, on=(Message.ticket == ThreadKey.ticket))
    .where(
        ThreadKey.rfc_message_id == Slot("message_id"),
        Message.rfc_message_id == Slot("message_id"),
        Message.author == Slot("person"),
    )
    .limit(1)
)


ORDERED = Prepared(
    Act.select(Act.id).where(Act.agent == Slot("person"), Act.rfc_message_id == Slot("message_id")).limit(1)
)
OPENED = Prepared(
    ThreadKey.select(ThreadKey.id)
    .join(Event, on=(Event.ticket == ThreadKey.ticket))
    .where(
        ThreadKey.rfc_message_id == Slot("message_id"),
        Event.kind == "ticket_opened",
        Event.actor == Slot("person"),
    )
    .limit(1)
)
"""Of a mail that an agent forwarded, the message filed is the customer's."""


def acted(person: int, message_id: str | None) -> bool:
    """Whether a mail of this person under this Message-ID was filed, opened a ticket or did anything, at any desk."""
    return message_id is not None and any(
        query.first(message_id=message_id, person=person) is not None for query in (ACTED, ORDERED, OPENED)
    )


OPENED_LATELY = Prepared(
    Ticket.select(pw.fn.COUNT(Ticket.id)).where(
        Ticket.requester == Slot("person"), Ticket.opened_at.between(Slot("since"), Slot("until"))
    )
)


def opened_lately(person: int | None, now: int) -> int:
    """Tickets that this person opened within the last hour."""
    return int(OPENED_LATELY.value(person=person, **_lately(now))) if person is not None else 0


AUTOMATIC_LATELY = Prepared(
    Outbox.select(pw.fn.COUNT(Outbox.id)).where(
        Outbox.lane == Slot("key"),
        Outbox.kind.in_(Slots("kinds")),
        Outbox.created_at.between(Slot("since"), Slot("until")),
    )
)


def automatic_lately(key: str, kinds: Sequence[str], now: int) -> int:
    """Automatic mails of these kinds to this address within the last hour."""
    return int(AUTOMATIC_LATELY.value(key=key, kinds=kinds, **_lately(now)))


def _lately(now: int) -> dict[str, int]:
    """The last hour, and the next one, since clocks differ; what is later was written before a clock was set back."""
    return {"since": now - HOUR + 1, "until": now + HOUR}


PERSONS_AT = Prepared(MailAddress.select(MailAddress.person).where(MailAddress.key.in_(Slots("keys"))))


def persons_at(keys: Iterable[str]) -> frozenset[int]:
    wanted = list(keys)[:500]
    return frozenset(PERSONS_AT.column(keys=wanted)) if wanted else frozenset()


AUTHORS = Prepared(
    Message.select(Message.author).where(Message.ticket == Slot("ticket"), Message.author.is_null(False)).distinct()
)


def token_holders(number: int, agents: Iterable[AgentFacts]) -> tuple[int, ...]:
    """Everyone who may have been given a reply token for this ticket: its participants, whoever wrote, the agents.

    Those among them who were joined into another have theirs still.
    """
    return (*customers(number), *(a.person for a in agents))


def customers(number: int) -> tuple[int, ...]:
    """Everyone on a ticket who may be no agent: its participants and whoever wrote, under each number they ever had."""
    return people.selves([*PARTICIPANTS.column(ticket=number), *AUTHORS.column(ticket=number)])


def _sent(condition: pw.Expression) -> Prepared:
    return Prepared(
        Outbox.select(Outbox.id, Outbox.ticket, Outbox.kind, Message.author, Outbox.state)
        .join(Message, pw.JOIN.LEFT_OUTER)
        .where(condition)
        .order_by(Outbox.id)
        .limit(1)
    )


SENT = _sent(Outbox.id == Slot("outbox"))
SENT_UNDER = _sent(Outbox.rfc_message_id == Slot("message_id"))


def sent(outbox: int) -> SentFacts | None:
    """One of our mails, by the number in its envelope sender."""
    row = SENT.first(outbox=outbox)
    return SentFacts(*row) if row else None


def sent_under(message_id: str, verify: Callable[[str], bool]) -> SentFacts | None:
    """One of our mails, by its Message-ID, if that bears a genuine token and so could not be guessed."""
    row = SENT_UNDER.first(message_id=message_id) if verify(message_id) else None
    return SentFacts(*row) if row else None


PERSON = Prepared(
    MailAddress.select(Person.id, Person.name, MailAddress.address, Person.language)
    .join(Person, on=(MailAddress.person == Person.id))
    .where(Person.id == Slot("number"))
    .order_by(MailAddress.proved_at.is_null(), MailAddress.key)
    .limit(1)
)


def person(number: int) -> KnownPerson | None:
    """A person and their address, the proved one first; None for someone without an address."""
    row = PERSON.first(number=number)
    return KnownPerson(*row) if row else None


PERSON_AT = Prepared(
    MailAddress.select(Person.id, Person.name, MailAddress.address, Person.language)
    .join(Person, on=(MailAddress.person == Person.id))
    .where(MailAddress.key == Slot("key"))
)


def person_at(key: str) -> KnownPerson | None:
    """The person who has this address (casefolded)."""
    row = PERSON_AT.first(key=key)
    return KnownPerson(*row) if row else None


@dataclass(frozen=True, slots=True)
class Known:
    """What is noted of a person; ``since``: since when they are known."""

    since: int
    phone: str = ""
    organisation: str = ""
    remark: str = ""


def known_as(number: int) -> Known:
    """The contact card of a person."""
    row = KNOWN.first(number=number)
    return Known(*row) if row else Known(0)


KNOWN = Prepared(
    Person.select(Person.created_at, Person.phone, Person.organisation, Person.remark).where(
        Person.id == Slot("number")
    )
)


FROM_CUSTOMERS = Prepared(
    Message.select(Message.received_at, Message.id, Message.rfc_message_id, Message.author).where(
        Message.ticket == Slot("ticket"), Message.kind == "customer", Message.rfc_message_id.is_null(False)
    )
)
ANSWERS = Prepared(
    Outbox.select(Outbox.created_at, Outbox.message, Outbox.rfc_message_id, Outbox.person).where(
        Outbox.ticket == Slot("ticket"), Outbox.kind == "answer", Outbox.person.in_(Slots("persons"))
    )
)
ACKNOWLEDGEMENTS = Prepared(
    Outbox.select(Outbox.rfc_message_id).where(
        Outbox.ticket == Slot("ticket"), Outbox.kind == "acknowledgement", Outbox.person.in_(Slots("persons"))
    )
)


VIA = Prepared(
    Participant.select(Participant.via).where(
        Participant.ticket == Slot("ticket"), Participant.person == Slot("person")
    )
)


HERE = Prepared(Participant.select(Participant.person, Participant.via).where(Participant.ticket == Slot("ticket")))
ADDED = Prepared(Event.select(Event.data).where(Event.ticket == Slot("ticket"), Event.kind == "participant_added"))
NO_THREAD = 0


def came(number: int) -> dict[int | None, int]:
    """Those who know a ticket under the number of another that was merged into it, and that number.

    Who left as the merge was undone shares a thread with nobody there: what they wrote meanwhile stays theirs.
    """
    here = dict(HERE.rows(ticket=number))
    once = {data["person"] for data in map(json.loads, ADDED.column(ticket=number)) if "via" in data}
    gone = once.difference(people.selves(here)) if once else ()
    known = {one: via for person, via in here.items() if via is not None for one in people.selves((person,))}
    return dict.fromkeys(gone, NO_THREAD) | known


def thread_of(number: int, person: int) -> int:
    """The ticket under whose number a person knows this one: another where theirs was merged into it."""
    via: int | None = VIA.value(ticket=number, person=person)
    return number if via is None else via


def conversation(number: int, person: int) -> tuple[str, ...]:
    """The Message-IDs that a customer of a ticket has seen, oldest first: mails of the customers, and our answers to
    this one. The Message-ID of an answer to another customer bears that one's token, which is for nobody else to know.

    Where none of their mails has one, the acknowledgement holds the thread together. Those who came with a ticket that
    was merged into this one share a thread of their own: neither they nor the others see a mail of the other thread.
    """
    others = came(number)
    own = others.get(person, number)
    persons = people.selves((person,))
    both = [row for row in FROM_CUSTOMERS.rows(ticket=number) if others.get(row[3], number) == own]
    both += ANSWERS.rows(ticket=number, persons=persons)
    if own != number:
        there = came(own)
        both += [row for row in FROM_CUSTOMERS.rows(ticket=own) if there.get(row[3], own) == own]
        both += ANSWERS.rows(ticket=own, persons=persons)
    both.sort(key=lambda row: (row[0], row[1] or 0))
    seen = [message_id for _, _, message_id, _ in both] or ACKNOWLEDGEMENTS.column(ticket=own, persons=persons)
    return tuple(dict.fromkeys(seen))


OURS = Prepared(Outbox.select(Outbox.id).where(Outbox.rfc_message_id == Slot("message_id")).limit(1))


def is_ours(message_id: str | None) -> bool:
    """Whether a mail bears the Message-ID of one that we sent."""
    return message_id is not None and OURS.first(message_id=message_id) is not None


PROVED = Prepared(
    MailAddress.select(MailAddress.proved_at)
    .where(MailAddress.person == Slot("person"), MailAddress.proved_at.is_null(False))
    .limit(1)
)


def is_proved(number: int) -> bool:
    """Whether an address of this person is known to be theirs."""
    return PROVED.value(person=number) is not None


NAME = Prepared(Person.select(Person.name).where(Person.id == Slot("number")))


def name_of(number: int | None) -> str:
    return str(NAME.value(number=number) or "") if number is not None else ""


MESSAGE = Prepared(Message.select(Message.ticket, Message.received_at).where(Message.id == Slot("number")))


def ticket_of(message: int) -> int | None:
    """The ticket of a message."""
    row = MESSAGE.first(number=message)
    return int(row[0]) if row else None


def words_of(message: int) -> str:
    """The words of a message as they are kept; '' if there is none."""
    return str(WORDS_OF.value(number=message) or "")


WORDS_OF = Prepared(Message.select(Message.words).where(Message.id == Slot("number")))


NEWEST = Prepared(Message.select(pw.fn.MAX(Message.id)).where(Message.ticket == Slot("ticket")))


def newest_message(ticket: int) -> int | None:
    """The message that came last to a ticket."""
    number: int | None = NEWEST.value(ticket=ticket)
    return number


def received_at(message: int) -> int:
    """When a message was received; KeyError if there is none."""
    row = MESSAGE.first(number=message)
    if row is None:
        raise KeyError(message)
    return int(row[1])


DESK_OF = Prepared(Ticket.select(Ticket.desk).where(Ticket.id == Slot("number")))


def desk_of(number: int) -> str:
    """The desk of a ticket."""
    return str(DESK_OF.value(number=number) or "")


TICKET_ROW = Prepared(
    Ticket.select(
        Ticket.subject,
        Ticket.status,
        Ticket.priority,
        Ticket.type,
        Ticket.team,
        Ticket.assignee,
        Ticket.requester,
        Ticket.resolution_text,
        Ticket.merged_into,
        Ticket.resolution_code,
        Ticket.snoozed_until,
    ).where(Ticket.id == Slot("number"))
)


IN_PROVED_THREAD = Prepared(
    Participant.select(Participant.proved).where(
        Participant.ticket == Slot("ticket"), Participant.person == Slot("person")
    )
)


def in_proved_thread(number: int, person: int) -> bool:
    """Whether this person's thread of a ticket bears the customer's own subject (invariant 10)."""
    return bool(IN_PROVED_THREAD.value(ticket=number, person=person))


TAGS = Prepared(TicketTag.select(TicketTag.tag).where(TicketTag.ticket == Slot("number")))


def tags(number: int) -> frozenset[str]:
    """The tags of a ticket."""
    return frozenset(TAGS.column(number=number))


def final(number: int, now: int) -> TicketFacts:
    """A ticket, or the one into which it was merged; KeyError if there is none."""
    found = ticket(number, None, None, now)
    if found is None:
        raise KeyError(number)
    return found if found.merged_into is None else final(found.merged_into, now)


def ticket_row(number: int) -> TicketRow:
    """The row itself, for a letter that shows it; KeyError if there is none."""
    row = TICKET_ROW.first(number=number)
    if row is None:
        raise KeyError(number)
    return TicketRow(*row)
