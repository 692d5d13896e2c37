"""What the commands of an agent's mail may name, read from the rows and the configuration before the decision."""

from __future__ import annotations

from collections.abc import Iterable

from daemon import almanac
from daemon.core.acts import ActFacts, Office
from daemon.core.commands.reading import Orders
from daemon.core.plan import TicketFacts
from daemon.desk import macros
from daemon.desk.house import House
from daemon.store import acts, facts
from daemon.store import fields as rows_of_fields

NUMBERS = frozenset({"merge", "link", "show"})
MOST_NUMBERS = 20


def numbers_in(orders: Orders) -> tuple[int, ...]:
    """The tickets that commands name."""
    named = (
        word.lstrip("#") for command in orders.commands if command.word in NUMBERS for word in command.argument.split()
    )
    return tuple(int(text) for text in named if text.isascii() and text.isdigit() and len(text) <= 12)[:MOST_NUMBERS]


def office_of(
    house: House, orders: Orders, ticket: TicketFacts | None, agent: int, act: ActFacts | None = None
) -> Office:
    """The office as one agent at one ticket may name it; ``act`` is the one to be undone, where it is given."""
    words = {command.word for command in orders.commands}
    if not words and act is None:
        return Office(zone=almanac.zone(house.zone))
    if act is None and "undo" in words:
        act = acts.last(agent, ticket.id if ticket else None)
    contacts = acts.contacts(ticket.id) if ticket else {}
    return Office(
        values=_values(ticket.id) if ticket else {},
        tags=facts.tags(ticket.id) if ticket else frozenset(),
        teams=house.config.teams,
        macros=macros.rendered(house, ticket, agent) if "macro" in words else {},
        people={key: found.id for key in _addresses(orders) if (found := facts.person_at(key))},
        names={a.person: a.name or a.address for a in house.agents},
        ours=frozenset(a for a in _addresses(orders) if house.book.read(a) is not None),
        contacts=contacts,
        last_act=act,
        zone=almanac.zone(house.zone),
        fields=rows_of_fields.values(ticket.id) if ticket else {},
    )


def _values(number: int) -> dict[str, str | int | None]:
    row = facts.ticket_row(number)
    return {
        "priority": row.priority,
        "type": row.type,
        "team": row.team,
        "assignee": row.assignee_id,
        "subject": row.subject,
        "resolution_text": row.resolution_text,
        "requester": row.requester_id,
        "merged_into": row.merged_into_id,
    }


def _addresses(orders: Orders) -> Iterable[str]:
    words = (
        word
        for command in orders.commands
        if command.word in ("cc", "uncc", "requester")
        for word in command.argument.split()
    )
    return [word.casefold() for word in words if "@" in word][:100]
