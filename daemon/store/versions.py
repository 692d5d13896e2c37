"""Which version of a ticket stands: the number of its last event, but for letters that arrived: they change nothing."""

from __future__ import annotations

import peewee as pw

from daemon.store.prepared import Prepared, Slot
from daemon.store.tables import Event

LETTER_ARRIVED = "mail_delivered"
CHANGES = Event.kind != LETTER_ARRIVED
LAST = Prepared(Event.select(pw.fn.MAX(Event.id)).where(Event.ticket == Slot("ticket"), CHANGES))


def last_event(ticket: int) -> int:
    """The last event that changed a ticket; 0 if there is none."""
    return int(LAST.value(ticket=ticket) or 0)
