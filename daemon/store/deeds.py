"""Deeds of agents as rows: who takes part, watches, is away; whose a ticket is; what a merge does to its people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import peewee as pw

from daemon.core.acts import Away, Deed, Joining, Merging, Requesting, Unlinking, Watching
from daemon.core.plan import Event as PlannedEvent
from daemon.core.values import Address, Instant
from daemon.store import facts, query, staffing
from daemon.store.acts import RELATED
from daemon.store.tables import Participant, Ticket, TicketLink, Watcher

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
            TicketLink.delete().where(
                TicketLink.ticket == ticket, TicketLink.other == deed.other, TicketLink.kind == RELATED
            ).execute()
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
    """Whoever knows a ticket that was merged into this one goes on in that thread."""
    merged = Participant.select(Participant.via, Participant.ticket).join(Ticket, on=(Ticket.id == Participant.ticket))
    known = query.first(merged.where(Participant.person == person, Ticket.merged_into == ticket))
    via = (known[0] or known[1]) if known else None
    proved = facts.is_proved(person)
    Participant.insert(ticket=ticket, person=person, proved=proved, since=now, via=via).on_conflict_ignore().execute()


def _request(deed: Requesting, ticket: int, now: Instant, introduce: Introduce, happen: Happen) -> None:
    """Another requester takes part as well; one who was taken for it stays, for an agent may take them out."""
    person = deed.who if isinstance(deed.who, int) else introduce(deed.who)
    before = Ticket.get_by_id(ticket).requester_id
    if deed.joins:
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
        for (person,) in query.rows(_came_along(ticket, into)):
            Participant.delete().where(Participant.ticket == into, Participant.person == person).execute()
            gone = (("person", person),)
            happen(PlannedEvent("participant_removed", deed.because, deed.at, deed.actor, data=gone), into, now)
    kind = "merged" if deed.on else "unmerged"
    happen(PlannedEvent(kind, deed.because, deed.at, deed.actor, data=(("other", ticket),)), into, now)


def _came_along(ticket: int, into: int) -> Any:
    """Who takes part in ``into`` because ``ticket`` was merged into it; some came into that one the same way."""
    Theirs = Participant.alias()  # noqa: N806 - a table
    return (
        Participant.select(Participant.person)
        .join(Theirs, on=(Theirs.person == Participant.person))
        .where(
            Participant.ticket == into,
            Theirs.ticket == ticket,
            Participant.via == pw.fn.COALESCE(Theirs.via, Theirs.ticket),
        )
    )
