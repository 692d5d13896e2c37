"""How far each endpoint has been told of events, and the events that it has not been told of.

Ids of events are in the order of their commits (``store.postgres`` says how), so a cursor over them misses none. The
cursor is moved from where it was read alone: what somebody set meanwhile (``replay``) stands.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import peewee as pw

from daemon.core.values import Instant
from daemon.core.webhooks import Happening, Wish
from daemon.store import query
from daemon.store.prepared import Prepared, Slot
from daemon.store.tables import Event, Ticket, Webhook


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where an endpoint stands: told of everything up to ``event``; ``attempts`` failed since ``failing_since``."""

    name: str
    event: int
    attempts: int
    due_at: Instant
    failing_since: Instant | None
    paused_at: Instant | None
    told_at: Instant | None
    response: str


COLUMNS = (
    Webhook.endpoint,
    Webhook.event,
    Webhook.attempts,
    Webhook.due_at,
    Webhook.failing_since,
    Webhook.paused_at,
    Webhook.told_at,
    Webhook.response,
)
STANDING = Prepared(Webhook.select(*COLUMNS).where(Webhook.endpoint == Slot("name")))
BEHIND = Prepared(
    Event.select(
        Event.id,
        Event.ticket,
        Event.kind,
        Event.at,
        Event.recorded_at,
        Event.actor,
        Event.because,
        Event.data,
        Ticket.desk,
        Ticket.team,
    )
    .join(Ticket)
    .where(Event.id > Slot("event"))
    .order_by(Event.id)
    .limit(Slot("limit"))
)
MOVED = Prepared(
    Webhook.update(event=Slot("to"), attempts=0, due_at=0, failing_since=None, response=Slot("response")).where(
        Webhook.endpoint == Slot("name"), Webhook.event == Slot("since")
    )
)


def newest() -> int:
    """The id of the newest event; 0 where nothing has happened yet."""
    return int(Event.select(pw.fn.MAX(Event.id)).scalar() or 0)


def introduce(names: Collection[str]) -> None:
    """Let new endpoints begin with what comes from now on, and forget those that are no longer there."""
    Webhook.delete().where(Webhook.endpoint.not_in(list(names))).execute()
    now = newest()
    for name in names:
        Webhook.insert(endpoint=name, event=now).on_conflict_ignore().execute()


def standing(name: str) -> Endpoint | None:
    """Where an endpoint stands; None for one that is not known yet."""
    row = STANDING.first(name=name)
    return None if row is None else Endpoint(*row)


def behind(event: int, limit: int) -> list[Happening]:
    """The next events after one, in the order of their commits."""
    return [_happening(row) for row in BEHIND.rows(event=event, limit=limit)]


def waiting(event: int, wish: Wish) -> int:
    """How many events after one are wanted."""
    counts = (
        Event.select(Event.kind, Ticket.desk, Ticket.team, pw.fn.COUNT(Event.id))
        .join(Ticket)
        .where(Event.id > event)
        .group_by(Event.kind, Ticket.desk, Ticket.team)
    )
    return sum(int(count) for kind, desk, team, count in query.rows(counts) if wish.wants(kind, desk, team))


def move(name: str, since: int, to: int, response: str) -> None:
    """It has been told of everything up to ``to``, if it still stands at ``since``."""
    MOVED.run(name=name, since=since, to=to, response=response)


def failed(name: str, since: int, attempts: int, failing_since: Instant, due_at: Instant, response: str) -> None:
    """What it was told next did not arrive, if it still stands at ``since``."""
    Webhook.update(attempts=attempts, failing_since=failing_since, due_at=due_at, response=response).where(
        Webhook.endpoint == name, Webhook.event == since
    ).execute()


def pause(name: str, now: Instant, told_at: Instant | None, response: str) -> None:
    """Tell it nothing more until it is resumed; ``told_at``: when the operator was told."""
    Webhook.update(paused_at=now, told_at=told_at, response=response).where(
        Webhook.endpoint == name, Webhook.paused_at.is_null()
    ).execute()


def resume(name: str) -> None:
    """Go on where it stands, at once."""
    Webhook.update(paused_at=None, told_at=None, attempts=0, failing_since=None, due_at=0).where(
        Webhook.endpoint == name
    ).execute()


def replay(name: str, since: int) -> None:
    """Have it told again of everything after an event (or of nothing up to there), at once."""
    Webhook.update(event=since, attempts=0, failing_since=None, due_at=0).where(Webhook.endpoint == name).execute()


def _happening(row: tuple[Any, ...]) -> Happening:
    number, ticket, kind, at, recorded_at, actor, because, data, desk, team = row
    return Happening(number, ticket, kind, at, recorded_at, actor, because, json.loads(data), desk, team)
