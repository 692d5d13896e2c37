"""Looking for tickets as one of their customers: words find what they may read, and tell nothing of what they may not.

Tickets that somebody opened and that took part in no merge are theirs to read whole: they are looked for as all are
(``search``, without notes). Of the others each message that they may read is asked for the words, beside what they are
shown of the ticket itself. Of these the newest ``MOST`` are looked at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import peewee as pw

from daemon.core import folding
from daemon.core.query import Term, stands
from daemon.store import query
from daemon.store.clients import visible
from daemon.store.dialects import dialect
from daemon.store.indexing import SHIFT
from daemon.store.listing import GoesOn, of_client
from daemon.store.people import selves
from daemon.store.search import Search
from daemon.store.tables import Event, Message, Participant, Person, Ticket

MOST = 2_000
Place: Any = Participant.alias()
SAID_IN = {"anywhere": ("subject", "words"), "subject": ("subject",)}


def condition(search: Search, person: int) -> Any:
    """That a ticket of somebody's own is found by them, by a search without notes. Within its read."""
    whole = Ticket.id.in_(search.tickets()) & ~_in_part(person)
    return whole | Ticket.id.in_(_found_in_part(search.terms, person))


def in_part(numbers: Sequence[int], person: int) -> frozenset[int]:
    """Which of these tickets somebody may maybe not read whole."""
    return frozenset(query.column(Ticket.select(Ticket.id).where(Ticket.id.in_(numbers), _in_part(person))))


def _in_part(person: int) -> Any:
    """Of others, or of theirs since later than it began, or a merge had to do with it."""
    merges = Event.select(pw.SQL("1")).where(Event.ticket == Ticket.id, Event.kind == "merged")
    from_the_first = Place.select(pw.SQL("1")).where(
        Place.ticket == Ticket.id, Place.person == person, Place.since <= Ticket.opened_at
    )
    theirs = Ticket.requester.in_(selves((person,))) & pw.fn.EXISTS(from_the_first)
    return ~theirs | pw.fn.EXISTS(merges)


def _found_in_part(terms: Sequence[Term], person: int) -> list[int]:
    chosen: Any = Ticket.select(Ticket.id, GoesOn.status, Ticket.subject, Person.name).join(
        Person, on=(Ticket.requester == Person.id)
    )
    chosen = of_client(chosen.switch(Ticket), person).where(_in_part(person)).order_by(Ticket.id.desc()).limit(MOST)
    tickets = query.rows(chosen)
    entries = _entries([row[0] for row in tickets], person)
    said = {term: _said_in(term, entries) for term in terms if term.place in SAID_IN}

    def holds(term: Term, number: int, status: str, subject: str, who: str) -> bool:
        if term.place == "status":
            return status in term.words
        return number in said.get(term, ()) or _shown(term, subject, who)

    return [
        number
        for number, status, subject, name in tickets
        if all(holds(term, number, status, subject, name) is not term.negated for term in terms)
    ]


def _entries(tickets: Iterable[int], person: int) -> dict[int, set[int]]:
    """The entries of the messages that somebody may read, each with the tickets that it is read under: of two tickets
    of theirs that became one these are both."""
    under: dict[int, set[int]] = {}
    for ticket in tickets:
        for message in visible(ticket, person):
            under.setdefault(message, set()).add(ticket)
    filed = Message.select(Message.id, Message.ticket).where(Message.id.in_(list(under)))
    return {ticket << SHIFT | message: under[message] for message, ticket in query.rows(filed)} if under else {}


def _said_in(term: Term, entries: dict[int, set[int]]) -> frozenset[int]:
    """The tickets under which a term is said."""
    ways = dialect()
    found = ways.of(ways.sought(term, SAID_IN[term.place]), list(entries)) if entries else []
    return frozenset(ticket for (entry,) in found for ticket in entries[entry])


def _shown(term: Term, subject: str, who: str) -> bool:
    """Whether a term stands in what is shown of a ticket itself."""
    places = {"anywhere": (subject, who), "subject": (subject,), "from": (who,)}.get(term.place, ())
    return any(stands(term, folding.words(text)) for text in places)
