"""What a decision needs to know, read in the transaction that will write its Plan.

Only rows are read here; whether a token is genuine is told by the caller (``verify``), who has the keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import peewee as pw

from daemon.core.plan import AgentFacts, AuthorFacts, DuplicateFacts, SentFacts, TicketFacts
from daemon.store import query
from daemon.store.tables import (
    Event,
    Inbound,
    MailAddress,
    Message,
    NamedAddress,
    Outbox,
    Participant,
    Person,
    ThreadKey,
    Ticket,
)

HOUR, DAY = 3_600, 86_400
REPEAT_WINDOW = 5 * DAY
AUTOMATIC_TO_CUSTOMERS = ("acknowledgement", "status")


@dataclass(frozen=True, slots=True)
class KnownPerson:
    """A person with the address they are written to."""

    id: int
    name: str
    address: str
    proved: bool


def author(key: str, agents: Iterable[AgentFacts]) -> AuthorFacts:
    """Who this address (casefolded) is to us."""
    for agent in agents:
        if agent.address == key:
            return AuthorFacts(key, agent.person, True)
    row = query.first(MailAddress.select(MailAddress.person).where(MailAddress.key == key))
    return AuthorFacts(key, row[0] if row else None, False)


def duplicate(
    claim: str, fingerprint: str, source: str, dated: bool, now: int, but: int | None
) -> DuplicateFacts | None:
    """The row that stands for this mail at this desk (invariant 4); ``but`` is a row that is being tried again."""
    rows = Inbound.select(Inbound.id, Inbound.ticket, Inbound.message).where(Inbound.id != (but or 0))
    if dated:
        rows = rows.where(Inbound.claim == claim)
    else:
        rows = rows.where(Inbound.claim == claim, Inbound.source == source, Inbound.received_at >= now - REPEAT_WINDOW)
    row = query.first(rows)
    return DuplicateFacts(*row) if row else None


def sibling(fingerprint: str, desk: str) -> int | None:
    """The ticket that this mail opened or joined at another desk."""
    row = query.first(
        Inbound.select(Inbound.ticket)
        .where(Inbound.fingerprint == fingerprint, Inbound.desk != desk, Inbound.ticket.is_null(False))
        .order_by(Inbound.id)
    )
    return int(row[0]) if row else None


def referenced(message_ids: Sequence[str]) -> tuple[int, ...]:
    """The tickets on which these Message-IDs stand, in their order, each once."""
    if not message_ids:
        return ()
    rows = ThreadKey.select(ThreadKey.rfc_message_id, ThreadKey.ticket).where(
        ThreadKey.rfc_message_id.in_(list(message_ids)[:200])
    )
    found: dict[str, list[int]] = {}
    for message_id, ticket in query.rows(rows.order_by(ThreadKey.id)):
        found.setdefault(message_id, []).append(ticket)
    return tuple(dict.fromkeys(t for m in message_ids for t in found.get(m, ())))


def ticket(number: int, author_key: str | None, message_id: str | None, now: int) -> TicketFacts | None:
    """All that a decision may know of one ticket."""
    row = Ticket.get_or_none(Ticket.id == number)
    if row is None:
        return None
    participants = frozenset(query.column(Participant.select(Participant.person).where(Participant.ticket == number)))
    named = (
        author_key is not None
        and NamedAddress.select().where(NamedAddress.ticket == number, NamedAddress.key == author_key).exists()
    )
    last = Event.select(pw.fn.MAX(Event.at)).where(Event.ticket == number).scalar()
    automatic = (
        Outbox.select(pw.fn.COUNT(Outbox.id))
        .where(Outbox.ticket == number, Outbox.kind.in_(AUTOMATIC_TO_CUSTOMERS), Outbox.created_at > now - DAY)
        .scalar()
    )
    seen = bool(message_id and author_key) and (
        Message.select()
        .join(MailAddress, on=(MailAddress.person == Message.author))
        .where(Message.ticket == number, Message.rfc_message_id == message_id, MailAddress.key == author_key)
        .exists()
    )
    return TicketFacts(
        id=row.id,
        desk=row.desk,
        status=row.status,
        team=row.team,
        requester=row.requester_id,
        assignee=row.assignee_id,
        participants=participants,
        named=named,
        merged_into=row.merged_into_id,
        closed_at=row.closed_at,
        first_response_at=row.first_response_at,
        last_event_at=last or row.opened_at,
        automatic_lately=automatic or 0,
        seen_from_author=seen,
    )


def opened_lately(person: int | None, now: int) -> int:
    """Tickets that this person opened within the last hour."""
    if person is None:
        return 0
    return int(
        Ticket.select(pw.fn.COUNT(Ticket.id)).where(Ticket.requester == person, Ticket.opened_at > now - HOUR).scalar()
    )


def automatic_lately(key: str, kinds: Sequence[str], now: int) -> int:
    """Automatic mails of these kinds to this address within the last hour."""
    return int(
        Outbox.select(pw.fn.COUNT(Outbox.id))
        .where(Outbox.lane == key, Outbox.kind.in_(list(kinds)), Outbox.created_at > now - HOUR)
        .scalar()
    )


def persons_at(keys: Iterable[str]) -> frozenset[int]:
    wanted = list(keys)[:500]
    return (
        frozenset(query.column(MailAddress.select(MailAddress.person).where(MailAddress.key.in_(wanted))))
        if wanted
        else frozenset()
    )


def token_holders(number: int, agents: Iterable[AgentFacts]) -> tuple[int, ...]:
    """Everyone who may have been given a reply token for this ticket: its participants, whoever wrote, the agents."""
    take_part = query.column(Participant.select(Participant.person).where(Participant.ticket == number))
    wrote = query.column(
        Message.select(Message.author).where(Message.ticket == number, Message.author.is_null(False)).distinct()
    )
    return tuple(dict.fromkeys([*take_part, *wrote, *(a.person for a in agents)]))


def sent(outbox: int) -> SentFacts | None:
    """One of our mails, by the number in its envelope sender."""
    return _sent(Outbox.id == outbox)


def sent_under(message_id: str, verify: Callable[[str], bool]) -> SentFacts | None:
    """One of our mails, by its Message-ID, if that bears a genuine token and so could not be guessed."""
    if not verify(message_id):
        return None
    return _sent(Outbox.rfc_message_id == message_id)


def _sent(condition: pw.Expression) -> SentFacts | None:
    row = query.first(
        Outbox.select(Outbox.id, Outbox.ticket, Outbox.kind, Message.author, Outbox.state)
        .join(Message, pw.JOIN.LEFT_OUTER)
        .where(condition)
        .order_by(Outbox.id)
    )
    return SentFacts(*row) if row else None


def person(number: int) -> KnownPerson | None:
    """A person and their address, the proved one first; None for someone without an address."""
    row = query.first(
        MailAddress.select(Person.id, Person.name, MailAddress.address, MailAddress.proved_at)
        .join(Person)
        .where(Person.id == number)
        .order_by(MailAddress.proved_at.is_null(), MailAddress.key)
    )
    return KnownPerson(row[0], row[1], row[2], row[3] is not None) if row else None


def conversation(number: int) -> tuple[str, ...]:
    """The Message-IDs that the customers of a ticket have seen, oldest first: their own mails and our answers."""
    theirs = Message.select(Message.received_at, Message.id, Message.rfc_message_id).where(
        Message.ticket == number, Message.kind == "customer", Message.rfc_message_id.is_null(False)
    )
    ours = Outbox.select(Outbox.created_at, Outbox.message, Outbox.rfc_message_id).where(
        Outbox.ticket == number, Outbox.kind == "answer"
    )
    both = sorted([*query.rows(theirs), *query.rows(ours)], key=lambda row: (row[0], row[1] or 0))
    return tuple(dict.fromkeys(message_id for _, _, message_id in both))


def is_ours(message_id: str | None) -> bool:
    """Whether a mail bears the Message-ID of one that we sent."""
    return (
        message_id is not None
        and query.first(Outbox.select(Outbox.id).where(Outbox.rfc_message_id == message_id)) is not None
    )


def name_of(number: int | None) -> str:
    row = query.first(Person.select(Person.name).where(Person.id == number)) if number is not None else None
    return str(row[0]) if row else ""


def ticket_row(number: int) -> Ticket:
    """The row itself, for a letter that shows it."""
    return Ticket.get_by_id(number)
