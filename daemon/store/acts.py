"""What agents do by mail, as rows: deeds, acts that may be undone, replies that wait, absences, news for a digest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import peewee as pw

from daemon.core.acts import (
    ActFacts,
    Away,
    Deed,
    Did,
    Joining,
    Merging,
    News,
    Requesting,
    Shown,
    Spoken,
    Unlinking,
    Wait,
    Watching,
)
from daemon.core.plan import Event as PlannedEvent
from daemon.core.values import Address, Instant
from daemon.store import facts, query, staffing
from daemon.store.prepared import Prepared, Slot, Slots
from daemon.store.tables import (
    Act,
    MailAddress,
    Message,
    Outbox,
    Participant,
    Ticket,
    TicketLink,
    Waiting,
    Watcher,
)
from daemon.store.tables import News as NewsRow

Introduce = Callable[[Address], int]
Happen = Callable[[PlannedEvent, int, Instant], None]


def do(deed: Deed, ticket: int | None, now: Instant, introduce: Introduce, happen: Happen) -> None:
    """Do one deed; ``introduce`` makes the person of an address known, ``happen`` appends an event."""
    if isinstance(deed, Away):
        _away(deed, now)
        return
    assert ticket is not None
    match deed:
        case Watching():
            _watch(deed, ticket, now)
        case Joining():
            _join(deed, ticket, now, introduce, happen)
        case Requesting():
            _request(deed, ticket, now, introduce, happen)
        case Unlinking():
            TicketLink.delete().where(TicketLink.ticket == ticket, TicketLink.other == deed.other).execute()
        case Merging():
            _merge(deed, ticket, now, happen)


def _away(deed: Away, now: Instant) -> None:
    if deed.since is None:
        staffing.come_back(deed.person, now)
    else:
        staffing.leave(deed.person, deed.since, deed.until)


def _watch(deed: Watching, ticket: int, now: Instant) -> None:
    if deed.on:
        Watcher.insert(ticket=ticket, person=deed.person, since=now).on_conflict_ignore().execute()
    else:
        Watcher.delete().where(Watcher.ticket == ticket, Watcher.person == deed.person).execute()


def _join(deed: Joining, ticket: int, now: Instant, introduce: Introduce, happen: Happen) -> None:
    person = deed.who if isinstance(deed.who, int) else introduce(deed.who)
    if deed.joins:
        _participate(ticket, person, now)
    else:
        Participant.delete().where(Participant.ticket == ticket, Participant.person == person).execute()
    kind = "participant_added" if deed.joins else "participant_removed"
    happen(PlannedEvent(kind, deed.because, deed.at, deed.actor, data=(("person", person),)), ticket, now)


def _participate(ticket: int, person: int, now: Instant) -> None:
    proved = facts.is_proved(person)
    Participant.insert(ticket=ticket, person=person, proved=proved, since=now).on_conflict_ignore().execute()


def _request(deed: Requesting, ticket: int, now: Instant, introduce: Introduce, happen: Happen) -> None:
    """Another requester takes part as well; one who was taken for it stays, for an agent may take them out."""
    person = deed.who if isinstance(deed.who, int) else introduce(deed.who)
    before = Ticket.get_by_id(ticket).requester_id
    _participate(ticket, person, now)
    happen(
        PlannedEvent("requester_changed", deed.because, deed.at, deed.actor, "requester", before, person), ticket, now
    )


def _merge(deed: Merging, ticket: int, now: Instant, happen: Happen) -> None:
    """Who takes part in ``ticket`` takes part in another one, each in the thread that they know; or no longer."""
    into = deed.into
    here = {row[0] for row in query.rows(Participant.select(Participant.person).where(Participant.ticket == into))}
    if deed.on:
        for person, proved, via in query.rows(
            Participant.select(Participant.person, Participant.proved, Participant.via).where(
                Participant.ticket == ticket
            )
        ):
            if person not in here:
                Participant.insert(ticket=into, person=person, proved=proved, since=now, via=via or ticket).execute()
                data = (("person", person), ("via", ticket))
                happen(PlannedEvent("participant_added", deed.because, deed.at, deed.actor, data=data), into, now)
    else:
        came = Participant.select(Participant.person).where(Participant.ticket == into, Participant.via == ticket)
        for (person,) in query.rows(came):
            Participant.delete().where(Participant.ticket == into, Participant.person == person).execute()
            gone = (("person", person),)
            happen(PlannedEvent("participant_removed", deed.because, deed.at, deed.actor, data=gone), into, now)
    kind = "merged" if deed.on else "unmerged"
    happen(PlannedEvent(kind, deed.because, deed.at, deed.actor, data=(("other", ticket),)), into, now)


# -- acts


def remember(
    agent: int, ticket: int | None, message: int | None, message_id: str | None, did: Sequence[Did], now: Instant
) -> int:
    """Keep what an agent's mail did; the number of the act."""
    kept = json.dumps([list(astuple(one)) for one in did], separators=(",", ":"))
    return int(
        Act.insert(agent=agent, ticket=ticket, message=message, rfc_message_id=message_id, did=kept, at=now).execute()
    )


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
    """The agent's last act on this ticket (None: on none) that did something and was not undone."""
    wanted = _ACTS().where(
        Act.agent == agent,
        Act.ticket == ticket if ticket is not None else Act.ticket.is_null(),
        Act.undone_at.is_null(),
        Act.did != "[]",
    )
    return _act(query.first(wanted.order_by(Act.id.desc())))


def _ACTS() -> Any:  # noqa: N802 - a query that is begun
    return Act.select(Act.id, Act.agent, Act.ticket, Act.message, Message.state, Act.did, Act.undone_at).join(
        Message, pw.JOIN.LEFT_OUTER
    )


def _act(row: tuple[Any, ...] | None) -> ActFacts | None:
    if row is None:
        return None
    number, agent, ticket, message, reply, did, undone_at = row
    done = tuple(Did(*one) for one in json.loads(did))
    return ActFacts(number, agent, ticket, message, reply, done, undone_at is not None)


# -- replies that wait


@dataclass(frozen=True, slots=True)
class Unreleased:
    """A reply whose undo time runs: its message, its ticket, the ledger row and bytes of its mail."""

    message: int
    ticket: int
    wait: Wait


def wait(message: int, waits: Wait) -> None:
    Waiting.insert(
        message=message, agent=waits.agent, becomes=waits.becomes, until=waits.until, release_at=waits.release_at
    ).execute()


def withdraw(message: int) -> None:
    """A message will not go out, or is one no longer."""
    Waiting.delete().where(Waiting.message == message).execute()
    Message.update(state="withdrawn").where(Message.id == message).execute()


def put_off(message: int, until: Instant) -> None:
    """A reply whose release failed is tried again later."""
    Waiting.update(release_at=until).where(Waiting.message == message).execute()


def settle(message: int) -> None:
    """A reply waits no longer: it goes out, or its agent is asked."""
    Waiting.delete().where(Waiting.message == message).execute()


def unreleased(message: int) -> Unreleased | None:
    """A reply that waits; None for one that does not."""
    found = _unreleased(Waiting.message == message, 1)
    return found[0] if found else None


def due(now: Instant, limit: int) -> list[Unreleased]:
    """Replies whose undo time is over, the oldest first."""
    return _unreleased(Waiting.release_at <= now, limit)


def stranded(latest: Instant, limit: int) -> list[Unreleased]:
    """Replies that wait for longer than any does: the clock was set back since."""
    return _unreleased(Waiting.release_at > latest, limit)


def _unreleased(condition: Any, limit: int) -> list[Unreleased]:
    rows = query.rows(
        Waiting.select(
            Waiting.message, Message.ticket, Waiting.agent, Waiting.release_at, Waiting.becomes, Waiting.until
        )
        .join(Message)
        .where(condition)
        .order_by(Waiting.release_at, Waiting.message)
        .limit(limit)
    )
    return [Unreleased(row[0], row[1], Wait(*row[2:])) for row in rows]


def next_release() -> Instant | None:
    """When the next reply is to be released."""
    row = query.first(Waiting.select(pw.fn.MIN(Waiting.release_at)))
    return row[0] if row else None


# -- who hears


def news(what: News, ticket: int, message: int | None, now: Instant) -> None:
    NewsRow.insert(person=what.person, ticket=ticket, message=message, kind=what.kind, at=now).execute()


# -- what an agent had before their eyes

SHOWN = Prepared(
    Outbox.select(Outbox.created_at, Outbox.message)
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


def shown(ticket: int, message_ids: Iterable[str]) -> Shown | None:
    """The newest letter of ours on a ticket that a mail answers."""
    ids = list(message_ids)[:200]
    row = SHOWN.first(message_ids=ids, ticket=ticket) if ids else None
    return Shown(*row) if row else None


def spoken(ticket: int, before_their_eyes: Shown | None, since: Instant) -> tuple[Spoken, ...]:
    """What was said on a ticket after what an agent had before their eyes, oldest first; without that, since then."""
    message = before_their_eyes.message if before_their_eyes else None
    if before_their_eyes is not None:
        since = 0 if message else before_their_eyes.at + 1
    rows = SPOKEN.rows(ticket=ticket, after=message or 0, since=since)
    return tuple(Spoken(author, kind == "customer", at, words) for author, kind, at, words in reversed(rows))


NOTES = Prepared(
    Message.select(Message.words).where(
        Message.ticket == Slot("ticket"), Message.kind == "note", Message.state == "filed"
    )
)


def notes(ticket: int) -> tuple[str, ...]:
    """The words of a ticket's internal notes."""
    return tuple(NOTES.column(ticket=ticket))


ADDRESSES = Prepared(
    Participant.select(MailAddress.key, Participant.person)
    .join(MailAddress, on=(MailAddress.person == Participant.person))
    .where(Participant.ticket == Slot("ticket"))
)


def contacts(ticket: int) -> dict[str, int]:
    """The addresses of those who take part in a ticket, by key."""
    return dict(ADDRESSES.rows(ticket=ticket))
