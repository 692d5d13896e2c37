"""What agents' mails did, and what a decision about one may know: the last act, what was before its agent's eyes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, replace
from typing import Any

import peewee as pw

from daemon.core.acts import NOTHING, ActFacts, Did, Shown, Spoken
from daemon.core.values import Instant
from daemon.store import query
from daemon.store.prepared import Prepared, Slot, Slots
from daemon.store.tables import Act, Event, MailAddress, Message, Notice, Outbox, Participant, Ticket, TicketLink

RELATED = "related"


def remember(
    agent: int, ticket: int | None, message: int | None, message_id: str | None, did: Sequence[Did], now: Instant
) -> int:
    """Keep what an agent's mail did; the number of the act."""
    act = Act.insert(agent=agent, ticket=ticket, message=message, rfc_message_id=message_id, did=_kept(did), at=now)
    return int(act.execute())


def _kept(did: Sequence[Did]) -> str:
    return json.dumps([list(astuple(one)) for one in did], separators=(",", ":"))


def undone(act: int, now: Instant) -> None:
    Act.update(undone_at=now).where(Act.id == act).execute()


NUMBERS = Prepared(Act.select(Act.id).where(Act.ticket == Slot("ticket")).order_by(Act.id.desc()).limit(20))


def numbers(ticket: int) -> list[int]:
    """The latest acts on a ticket."""
    return NUMBERS.column(ticket=ticket)


def find(number: int) -> ActFacts | None:
    """One act."""
    return _act(query.first(_ACTS().where(Act.id == number)))


def last(agent: int, ticket: int | None) -> ActFacts | None:
    """The agent's last act on this ticket, or on one that was merged into it, that was not undone: undos and questions
    are none. One that did nothing, for all was so already, tells of the one before it.

    None: on no ticket.
    """
    merged = Ticket.select(Ticket.id).where(Ticket.merged_into == ticket)
    here = (Act.ticket == ticket) | Act.ticket.in_(merged)
    wanted = _ACTS().where(
        Act.agent == agent,
        here if ticket is not None else Act.ticket.is_null(),
        Act.undone_at.is_null(),
        Act.did != "[]",
    )
    latest = _act(query.first(wanted.order_by(Act.id.desc())))
    if latest is None or latest.did != NOTHING:
        return latest
    before = wanted.where(Act.id < latest.id, Act.did != _kept(NOTHING))
    return replace(latest, before=_act(query.first(before.order_by(Act.id.desc()))))


OF_MESSAGE = Prepared(
    Act.select(Act.id)
    .where(
        Act.ticket == Message.select(Message.ticket).where(Message.id == Slot("message")),
        Act.message == Slot("message"),
    )
    .limit(1)
)


def did_anything(message: int) -> bool:
    """Whether the mail of this message was acted upon: its commands are done, if its words are not sent."""
    return OF_MESSAGE.first(message=message) is not None


def _ACTS() -> Any:  # noqa: N802 - a query that is begun
    return (
        Act.select(Act.id, Act.agent, Act.ticket, Act.message, Message.state, Act.did, Act.undone_at, Notice.act)
        .join(Message, pw.JOIN.LEFT_OUTER)
        .switch(Act)
        .join(Notice, pw.JOIN.LEFT_OUTER, on=(Notice.act == Act.id))
    )


def _act(row: tuple[Any, ...] | None) -> ActFacts | None:
    if row is None:
        return None
    number, agent, ticket, message, reply, did, undone_at, notice = row
    done = tuple(Did(*one) for one in json.loads(did))
    return ActFacts(number, agent, ticket, message, reply, done, undone_at is not None, notice is not None)


SHOWN = Prepared(
    Outbox.select(Outbox.created_at, Outbox.message, Outbox.kind)
    .where(Outbox.rfc_message_id.in_(Slots("message_ids")), Outbox.ticket == Slot("ticket"))
    .order_by(Outbox.id.desc())
    .limit(1)
)
SPOKEN = Prepared(
    Message.select(Message.author, Message.kind, Message.at, Message.words)
    .where(
        Message.ticket == Slot("ticket"),
        Message.kind.in_(("customer", "agent")),
        Message.state.in_(("filed", "waiting")),
        Message.id > Slot("after"),
        Message.at >= Slot("since"),
    )
    .order_by(Message.id.desc())
    .limit(20)
)


FIRST = Prepared(Message.select(pw.fn.MIN(Message.id)).where(Message.ticket == Slot("ticket")))


def shown(ticket: int, message_ids: Iterable[str]) -> Shown | None:
    """The newest letter of ours on a ticket that a mail answers."""
    ids = list(message_ids)[:200]
    row = SHOWN.first(message_ids=ids, ticket=ticket) if ids else None
    return Shown(*row) if row else None


def spoken(ticket: int, before_their_eyes: Shown | None, since: Instant) -> tuple[Spoken, ...]:
    """What was said on a ticket after what an agent had before their eyes, oldest first; without that, since then.

    What the ticket began with is known to whoever has an address on it.
    """
    message = before_their_eyes.message if before_their_eyes else FIRST.value(ticket=ticket)
    if before_their_eyes is not None:
        since = 0 if message else before_their_eyes.at + 1
    rows = SPOKEN.rows(ticket=ticket, after=message or 0, since=since)
    return tuple(Spoken(author, kind == "customer", at, words) for author, kind, at, words in reversed(rows))


CAME = Prepared(
    Event.select(Event.data).where(
        Event.ticket == Slot("ticket"),
        Event.kind == "participant_added",
        Event.recorded_at >= Slot("since"),
        Event.actor != Slot("agent"),
    )
)


def joined(ticket: int, agent: int, before_their_eyes: Shown | None, since: Instant) -> frozenset[int]:
    """Who came to a ticket by a merge of another agent's, after what an agent had before their eyes; without that,
    since then. A letter that tells of a merge shows those who came by it."""
    if before_their_eyes is not None:
        since = before_their_eyes.at + (before_their_eyes.kind == "merged")
    came = map(json.loads, CAME.column(ticket=ticket, since=since, agent=agent))
    return frozenset(data["person"] for data in came if "via" in data)


NOTES = Prepared(
    Message.select(Message.words).where(
        (Message.ticket == Slot("ticket"))
        | Message.ticket.in_(Ticket.select(Ticket.id).where(Ticket.merged_into == Slot("ticket"))),
        Message.kind == "note",
        Message.state == "filed",
    )
)


def notes(ticket: int) -> tuple[str, ...]:
    """The words of a ticket's internal notes, and of those of the tickets that were merged into it."""
    return tuple(NOTES.column(ticket=ticket))


ADDRESSES = Prepared(
    Participant.select(MailAddress.key, Participant.person)
    .join(MailAddress, on=(MailAddress.person == Participant.person))
    .where(Participant.ticket == Slot("ticket"))
)


def contacts(ticket: int) -> dict[str, int]:
    """The addresses of those who take part in a ticket, by key."""
    return dict(ADDRESSES.rows(ticket=ticket))


LINKS = Prepared(
    TicketLink.select(TicketLink.other).where(TicketLink.ticket == Slot("ticket"), TicketLink.kind == RELATED)
)


def links(ticket: int) -> frozenset[int]:
    """The tickets to which agents linked this one."""
    return frozenset(LINKS.column(ticket=ticket))
