"""Which version of a ticket stands: the number of its last event."""

from __future__ import annotations

import peewee as pw

from daemon.store.prepared import Prepared, Slot
from daemon.store.tables import Event

LAST = Prepared(Event.select(pw.fn.MAX(Event.id)).where(Event.ticket == Slot("ticket")))


def last_event(ticket: int) -> int:
    """The last event of a ticket; 0 if there is none."""
    return int(LAST.value(ticket=ticket) or 0)
