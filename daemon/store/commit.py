"""Writing a Plan, as it stands, inside the writer's transaction. Nothing is decided here."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from daemon.core.acts import News
from daemon.core.plan import Event as PlannedEvent
from daemon.core.plan import Holding, Opening, Plan, Who
from daemon.core.values import Address, Envelope, Instant, Mail
from daemon.store import acts, deeds, facts, fields, filing, indexing, replies
from daemon.store import news as rows_of_news
from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import (
    Event,
    Hold,
    MailAddress,
    Outbox,
    Participant,
    Person,
    Ticket,
    TicketLink,
    TicketTag,
)
from daemon.store.versions import LETTER_ARRIVED

NEW_PERSON = Insertion(Person)
NEW_ADDRESS = Insertion(MailAddress)
NEW_TICKET = Insertion(Ticket)
NEW_PARTICIPANT = Insertion(Participant)
NEW_TAG = Insertion(TicketTag, ignore=True)
NEW_EVENT = Insertion(Event)
NEW_LETTER = Insertion(Outbox)
PERSON_AT = Prepared(MailAddress.select(MailAddress.person).where(MailAddress.key == Slot("key")))
TOUCH = Prepared(Ticket.update(updated_at=Slot("at")).where(Ticket.id == Slot("ticket")))
PROVE = Prepared(
    MailAddress.update(proved_at=Slot("now")).where(MailAddress.key == Slot("key"), MailAddress.proved_at.is_null())
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a Plan became: the numbers of its rows."""

    ticket: int | None
    message: int | None
    author: int | None
    act: int | None = None


def person(address: Address | None, name: str, now: Instant) -> int:
    """The person at this address, made known if need be; without an address, someone of whom there is only a name."""
    if address is None or not address.address:
        number = NEW_PERSON.new(name=name[:200], created_at=now)
        indexing.add_person(number, name[:200])
        return number
    known = PERSON_AT.value(key=address.key)
    if known is not None:
        return int(known)
    number = NEW_PERSON.new(name=address.name[:200], created_at=now)
    NEW_ADDRESS.add(key=address.key, address=address.address, person=number)
    indexing.add_person(number, address.name[:200], address.address)
    return number


def rename(number: int, name: str) -> None:
    if Person.update(name=name).where(Person.id == number, Person.name != name).execute():
        indexing.index_person(number)


def plan(
    decided: Plan,
    mail: Mail | None,
    desk: str,
    envelope: Envelope | None,
    now: Instant,
    message: int | None = None,
    happened: Sequence[PlannedEvent] | None = None,
) -> Written:
    """Write a decision's rows but for the ledger and the outbox; the numbers they got.

    ``message`` is the one that the decision is about, where it files none itself; ``happened`` are the decision's
    events with what they did to promises among them.
    """
    author = writer = None
    if mail is not None and decided.filing and not decided.filing.anonymous:
        author = writer = person(mail.sender, mail.from_text, now)
    ticket = decided.ticket
    if decided.opening is not None:
        if decided.opening.requester is not None:
            writer = person(decided.opening.requester, "", now)
        assert writer is not None and envelope is not None
        ticket = _open(decided.opening, desk, writer, envelope.source, decided.proves)
    if decided.filing is not None and ticket is not None:
        assert mail is not None and envelope is not None
        message = filing.file(decided.filing, ticket, writer, mail, envelope, decided.events)
        if decided.opening is not None and decided.opening.subject != mail.subject:
            indexing.index_ticket(ticket)
    if ticket is not None:
        _happen(decided.events if happened is None else happened, ticket, message, author, now)
        if decided.note:
            assert mail is not None and envelope is not None and message is not None
            at = decided.events[0].at
            noted = filing.note(decided.note, ticket, author, mail, envelope, at)
            _happen((PlannedEvent("note_added", "forwarded-by-agent", at, author),), ticket, noted, author, now)
        for other, kind in decided.links:
            TicketLink.insert(ticket=ticket, other=other, kind=kind).on_conflict_ignore().execute()
    act = _acted(decided, mail, ticket, message, now)
    if decided.proves and mail is not None and mail.sender is not None:
        PROVE.run(now=envelope.received_at if envelope else now, key=mail.sender.key)
    if decided.settles is not None:
        outbox, state = decided.settles
        Outbox.update(state=state, settled_at=now).where(Outbox.id == outbox).execute()
    return Written(ticket, message, author, act)


def _acted(decided: Plan, mail: Mail | None, ticket: int | None, message: int | None, now: Instant) -> int | None:
    """What an agent did beside events: deeds, a reply that waits, what an undo needs; the number of the act."""
    for deed in decided.deeds:
        deeds.do(deed, ticket, now, lambda address: person(address, "", now), happen)
    if decided.wait is not None:
        assert message is not None
        replies.wait(message, decided.wait)
    if decided.withdraws is not None:
        replies.withdraw(decided.withdraws, now)
    if decided.undoes is not None:
        acts.undone(decided.undoes, now)
        replies.forget(decided.undoes)
    news(decided.news, ticket, message, now)
    if decided.orders_of is None:
        return None
    message_id = mail.message_id if mail is not None else None
    act = acts.remember(decided.orders_of, ticket, message, message_id, decided.did, now)
    if decided.notice is not None:
        replies.notify(act, decided.notice)
    return act


def news(told: Iterable[News], ticket: int | None, message: int | None, now: Instant) -> None:
    """Keep what agents hear of in the next digest."""
    for one in told:
        assert ticket is not None
        rows_of_news.add(one, ticket, message, now)


def happen(event: PlannedEvent, ticket: int, now: Instant) -> None:
    """Append one event whose data only a deed knows."""
    _happen((event,), ticket, None, None, now)


def _open(opening: Opening, desk: str, requester: int, channel: str, proves: bool) -> int:
    number = NEW_TICKET.new(
        desk=desk,
        subject=opening.subject,
        status="new",
        team=opening.team,
        requester=requester,
        channel=channel.partition(":")[0],
        opened_at=opening.at,
        updated_at=opening.at,
        idle_since=opening.at,
    )
    NEW_PARTICIPANT.add(ticket=number, person=requester, proved=proves or facts.is_proved(requester), since=opening.at)
    return number


WORDS = frozenset({"subject", "resolution_text"})
"""Columns of which an event says that they changed, and not from what to what: events hold no words."""
STAMPS = {"resolved": "resolved_at", "closed": "closed_at"}


def _happen(events: Iterable[PlannedEvent], ticket: int, message: int | None, author: int | None, now: Instant) -> None:
    """Append the events and carry their changes into the ticket's row."""
    changed: dict[str, object] = {}
    at = None
    for event in events:
        data = dict(event.data)
        if event.kind == "field_changed" and event.column == "field":
            fields.put(ticket, str(data["field"]), str(event.becomes or ""))
        elif event.column is not None:
            if event.column not in WORDS:
                data |= {"from": event.was, "to": event.becomes}
            changed[event.column] = event.becomes
            if event.column == "status":
                changed |= {
                    column: (event.at if event.becomes == status else None)
                    for status, column in STAMPS.items()
                    if event.becomes == status or event.becomes in ("new", "open", "pending", "on_hold")
                }
        if event.kind == "agent_replied" and data.get("first"):
            changed["first_response_at"] = event.at
        if event.kind == "tagged":
            NEW_TAG.add(ticket=ticket, tag=data["tag"])
        elif event.kind == "untagged":
            TicketTag.delete().where(TicketTag.ticket == ticket, TicketTag.tag == str(data["tag"])).execute()
        at = at if event.kind == LETTER_ARRIVED else event.at
        NEW_EVENT.add(
            ticket=ticket,
            kind=event.kind,
            at=event.at,
            recorded_at=now,
            actor=who(event.actor, author),
            because=event.because,
            message=message,
            data=json.dumps(data, separators=(",", ":")),
        )
    if changed:
        Ticket.update(changed | {"updated_at": at}).where(Ticket.id == ticket).execute()
        if "subject" in changed:
            indexing.index_ticket(ticket)
    elif at is not None:
        TOUCH.run(at=at, ticket=ticket)


def who(planned: Who | None, author: int | None) -> int | None:
    """The person a plan means."""
    return author if planned == "author" else planned


def hold(holding: Holding, inbound: int, message: int | None, now: Instant) -> int:
    return int(
        Hold.insert(
            agent=holding.agent,
            inbound=inbound,
            message=message,
            because=holding.because,
            created_at=now,
            expires_at=holding.expires_at,
        ).execute()
    )


def queue(
    *,
    desk: str,
    ticket: int | None,
    message: int | None,
    person: int | None,
    kind: str,
    recipient: str,
    automatic: bool,
    message_id: str,
    sha256: str,
    now: Instant,
) -> int:
    """Put a mail whose bytes are kept into the outbox; its number."""
    number = NEW_LETTER.new(
        desk=desk,
        ticket=ticket,
        message=message,
        person=person,
        kind=kind,
        recipient=recipient,
        lane=recipient.casefold(),
        automatic=automatic,
        rfc_message_id=message_id,
        raw_bytes=sha256,
        due_at=now,
        created_at=now,
    )
    if ticket is not None:
        filing.thread_key(message_id, ticket)
    return number
