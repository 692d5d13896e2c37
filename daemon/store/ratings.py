"""What customers said of how they were served."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from daemon.core.values import Instant
from daemon.store import people, query
from daemon.store.tables import Event


@dataclass(frozen=True, slots=True)
class Rated:
    """A rating: the event that it is, by whom, and whether it is good."""

    id: int
    ticket: int
    person: int | None
    positive: bool
    at: Instant


def after(event: int, limit: int, ticket: int | None = None, persons: Collection[int] | None = None) -> list[Rated]:
    """Ratings after an event, oldest first: of one ticket, of these persons, where they are given."""
    chosen: Any = Event.select(Event.id, Event.ticket, Event.actor, Event.data, Event.at).where(
        Event.kind == "rated", Event.id > event
    )
    if ticket is not None:
        chosen = chosen.where(Event.ticket == ticket)
    if persons is not None:
        chosen = chosen.where(Event.actor.in_(list(persons)))
    return [
        Rated(number, of, person, bool(json.loads(data)["positive"]), at)
        for number, of, person, data, at in query.rows(chosen.order_by(Event.id).limit(limit))
    ]


def last(ticket: int, person: int) -> bool | None:
    """A person's last word on a ticket: whether it was good; None if they said nothing."""
    said = Event.select(Event.data).where(
        Event.ticket == ticket, Event.kind == "rated", Event.actor.in_(people.selves((person,)))
    )
    row = query.first(said.order_by(Event.id.desc()))
    return bool(json.loads(row[0])["positive"]) if row else None
