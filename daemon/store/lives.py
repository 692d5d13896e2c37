"""Lives of tickets, as rows: read before a decision about their promises, written with it.

What a ``Life`` holds beside its promises stands in the ticket's row. Only what differs is written.
"""

from __future__ import annotations

import json
from dataclasses import fields
from typing import Any, cast

import peewee as pw

from daemon.core.sla.life import Life, Promise
from daemon.core.sla.terms import Subject
from daemon.core.values import Instant
from daemon.store import facts, query
from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import Event, MailAddress, Ticket
from daemon.store.tables import Promise as Row

OWN = ("turn_since", "turns", "idle_since", "rules_acted", "snoozed_until", "dormant", "wake_at")
COLUMNS = tuple(field.name for field in fields(Promise))
KEY = ("metric", "cycle")

LIFE = Prepared(
    Ticket.select(
        Ticket.desk,
        Ticket.team,
        Ticket.priority,
        Ticket.type,
        pw.fn.COALESCE(
            MailAddress.select(pw.fn.MIN(MailAddress.key)).where(MailAddress.person == Ticket.requester), ""
        ),
        Ticket.status,
        Ticket.opened_at,
        Ticket.idle_since,
        Ticket.assignee,
        Ticket.escalation_level,
        Ticket.first_response_at,
        Ticket.turn_since,
        Ticket.turns,
        Ticket.rules_acted,
        Ticket.snoozed_until,
        Ticket.dormant,
    ).where(Ticket.id == Slot("number"))
)
PROMISES = Prepared(
    Row.select(*(getattr(Row, name) for name in COLUMNS)).where(Row.ticket == Slot("number")).order_by(Row.id)
)
NEW_PROMISE = Insertion(Row)
CHANGED = Prepared(
    Row.update({getattr(Row, name): Slot(name) for name in COLUMNS if name not in KEY}).where(
        Row.ticket == Slot("ticket"), Row.metric == Slot("metric"), Row.cycle == Slot("cycle")
    )
)
TURNED = Prepared(Ticket.update({getattr(Ticket, name): Slot(name) for name in OWN}).where(Ticket.id == Slot("number")))
LAST_EVENT = Prepared(Event.select(pw.fn.MAX(Event.at)).where(Event.ticket == Slot("number")))
WAKES = Prepared(Ticket.select(Ticket.wake_at).where(Ticket.id == Slot("number")))
DUE = Prepared(
    Ticket.select(Ticket.id)
    .where(Ticket.wake_at <= Slot("now"))
    .order_by(Ticket.wake_at, Ticket.id)
    .limit(Slot("limit"))
)
NEXT = Prepared(Ticket.select(pw.fn.MIN(Ticket.wake_at)).where(Ticket.wake_at.is_null(False)))
UNFINISHED = Prepared(
    Ticket.select(Ticket.id)
    .where(Ticket.id > Slot("beyond"), Ticket.status.not_in(("closed", "merged", "spam")))
    .order_by(Ticket.id)
    .limit(Slot("limit"))
)


def load(number: int) -> Life:
    """The life of a ticket; KeyError if there is none."""
    row = LIFE.first(number=number)
    if row is None:
        raise KeyError(number)
    desk, team, priority, kind, requester = row[:5]
    status, opened_at, idle_since, assignee, level, first_response_at, turn_since, turns, acted, snoozed, dormant = row[
        5:
    ]
    return Life(
        Subject(desk, team, priority, kind, facts.tags(number), requester),
        status,
        opened_at,
        idle_since,
        assignee,
        level,
        first_response_at is not None,
        turn_since,
        turns,
        frozenset(acted.split()),
        snoozed,
        bool(dormant),
        tuple(_promise(row) for row in PROMISES.rows(number=number)),
    )


def save(number: int, before: Life | None, after: Life, wake_at: Instant | None) -> None:
    """Write what became of a life, and when it is to be looked at again. ``before`` None: nothing is written yet."""
    known = {(p.metric, p.cycle): p for p in before.promises} if before else {}
    for promise in after.promises:
        last = known.get((promise.metric, promise.cycle))
        if last is None:
            NEW_PROMISE.new(ticket=number, **_row(promise))
        elif last != promise:
            CHANGED.run(ticket=number, **_row(promise))
    TURNED.run(
        number=number,
        turn_since=after.turn_since,
        turns=after.turns,
        idle_since=after.idle_since,
        rules_acted=" ".join(sorted(after.acted)),
        snoozed_until=after.snoozed_until,
        dormant=after.dormant,
        wake_at=wake_at,
    )


def last_event_at(number: int) -> Instant:
    """When something happened to a ticket last; 0 if nothing did."""
    return int(LAST_EVENT.value(number=number) or 0)


def is_due(number: int, now: Instant) -> bool:
    """Whether the clock has something to do with a ticket."""
    wakes = WAKES.value(number=number)
    return wakes is not None and wakes <= now


def due(now: Instant, limit: int) -> list[int]:
    """The tickets with which the clock has something to do, those that wait longest first."""
    return DUE.column(now=now, limit=limit)


def postpone(number: int, until: Instant) -> None:
    """Leave a ticket alone until then."""
    Ticket.update(wake_at=until).where(Ticket.id == number).execute()


def next_wake() -> Instant | None:
    """When the clock has something to do next."""
    return cast("int | None", NEXT.value())


def unfinished(beyond: int, limit: int) -> list[int]:
    """Tickets to which something may be promised, by their numbers from the one after ``beyond`` on."""
    return UNFINISHED.column(beyond=beyond, limit=limit)


def events(number: int) -> list[tuple[str, str, Instant, Instant, dict[str, Any]]]:
    """What happened to a ticket: kind, because, at, recorded_at, data; in the order in which it was written."""
    wanted = Event.select(Event.kind, Event.because, Event.at, Event.recorded_at, Event.data)
    rows = query.rows(wanted.where(Event.ticket == number).order_by(Event.id))
    return [(*row[:4], json.loads(row[4])) for row in rows]


def versions_in_use() -> tuple[set[str], set[str]]:
    """The versions of policies and of calendars that a promise still owed stands on."""
    pairs = query.rows(Row.select(Row.policy, Row.calendar).where(Row.ended_at.is_null()).distinct())
    return {policy for policy, _ in pairs}, {calendar for _, calendar in pairs if calendar}


def _promise(row: tuple[Any, ...]) -> Promise:
    values = dict(zip(COLUMNS, row, strict=True))
    return Promise(**values | {"done": frozenset(values["done"].split(",")) - {""}})


def _row(promise: Promise) -> dict[str, Any]:
    return {name: getattr(promise, name) for name in COLUMNS} | {"done": ",".join(sorted(promise.done))}
