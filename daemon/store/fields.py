"""The operator's own fields of a ticket, as rows."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.store import query
from daemon.store.prepared import Prepared, Slot
from daemon.store.tables import TicketField

OF = Prepared(TicketField.select(TicketField.name, TicketField.value).where(TicketField.ticket == Slot("ticket")))


def values(ticket: int) -> dict[str, str]:
    """The values of a ticket's fields by their names; what is empty is not there."""
    return dict(OF.rows(ticket=ticket))


def values_of(tickets: Iterable[int]) -> dict[int, dict[str, str]]:
    """The same for several tickets at once; those without any are not there."""
    wanted = TicketField.select(TicketField.ticket, TicketField.name, TicketField.value)
    found: dict[int, dict[str, str]] = {}
    for ticket, name, value in query.rows(wanted.where(TicketField.ticket.in_(list(tickets)))):
        found.setdefault(ticket, {})[name] = value
    return found


def put(ticket: int, name: str, value: str) -> None:
    """Fill in a field, or take its value away (``''``)."""
    TicketField.delete().where(TicketField.ticket == ticket, TicketField.name == name).execute()
    if value:
        TicketField.insert(ticket=ticket, name=name, value=value).execute()
