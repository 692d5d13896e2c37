"""What customers said of how they were served."""

from __future__ import annotations

import json

from daemon.store import people, query
from daemon.store.tables import Event


def last(ticket: int, person: int) -> bool | None:
    """A person's last word on a ticket: whether it was good; None if they said nothing."""
    said = Event.select(Event.data).where(
        Event.ticket == ticket, Event.kind == "rated", Event.actor.in_(people.selves((person,)))
    )
    row = query.first(said.order_by(Event.id.desc()))
    return bool(json.loads(row[0])["positive"]) if row else None
