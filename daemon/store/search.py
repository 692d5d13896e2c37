"""Looking for tickets by what is said in them: the language of ``core.query`` in the words of each database.

Each term is looked for in all of a ticket: its subject, its messages with the names of what is attached, its requester
and, for agents, notes and the tickets that were merged into it. Who is no agent (``notes`` False) is shown none of
these. A set of numbers is made of each term, but for a word that stands everywhere beside one that hardly does: that
one is looked for in the few tickets that the other leaves.

Ranking. Of the tickets that match, the newest (``Dialect.most``) are in order of their best entry, the subject and the
requester counting more than other words; where that is the same, and for all older ones, the newer comes first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee as pw

from daemon.core.query import SearchError, Term, parse
from daemon.store.dialects import IN_TICKETS, dialect, marked, run

__all__ = ["SearchError", "ranked", "tickets"]

FEW = 1_000
"""Entries up to which a word stands in hardly any."""
OF_ENTRIES = ("anywhere", "from", "subject")
MERGED = "SELECT m.merged_into_id FROM ticket m WHERE m.merged_into_id"


@dataclass(frozen=True, slots=True)
class _Sql:
    """A piece of SQL with its values."""

    text: str
    values: tuple[Any, ...] = ()


def tickets(text: str, *, notes: bool) -> pw.Node:
    """The numbers of the tickets that a search finds, for ``Ticket.id.in_``; SearchError with a sentence.

    Within a read, for it looks how common the words are. ``notes``: for an agent.
    """
    found = _matching(parse(text), notes, 0)
    return pw.SQL(f"({marked(found.text)})", found.values)


def ranked(text: str, limit: int, offset: int = 0, *, notes: bool) -> list[int]:
    """The numbers of so many tickets that a search finds, the best first; SearchError with a sentence."""
    terms = parse(text)
    most = dialect().most
    numbers = _newest(terms, notes, max(most, limit + offset))
    best, others = numbers[:most], numbers[most:]
    if offset < most:
        ranks = _ranks(terms, best, notes)
        best.sort(key=lambda number: (-ranks.get(number, 0.0), -number))
    return (best + others)[offset : offset + limit]


def _newest(terms: Sequence[Term], notes: bool, wanted: int) -> list[int]:
    """So many tickets that match, the newest first: looked for among the newest alone, and if need be among all."""
    last = run("SELECT MAX(id) FROM ticket")[0][0] or 0
    numbers: list[int] = []
    for since in dict.fromkeys((max(0, last - dialect().newest), 0)):
        found = _matching(terms, notes, since)
        numbers = [row[0] for row in run(f"{found.text} ORDER BY t.id DESC LIMIT ?", *found.values, wanted)]
        if len(numbers) == wanted:
            break
    return numbers


def _matching(terms: Sequence[Term], notes: bool, since: int) -> _Sql:
    """The numbers of tickets, from ``since`` on where it is not 0, for which all terms hold."""
    common = _common(terms, notes)
    conditions = [_Sql("t.id >= ?", (since,))] if since else []
    for term in terms:
        holds = _holds(term, notes, since, one_by_one=term in common)
        conditions.append(_Sql(f"NOT {holds.text}", holds.values) if term.negated else holds)
    return _joined("SELECT t.id FROM ticket t WHERE {}", " AND ", conditions)


def _common(terms: Sequence[Term], notes: bool) -> set[Term]:
    """The terms that stand everywhere, if beside them is one that hardly does."""
    asked = [term for term in terms if not term.negated and term.place in ("anywhere", "subject")]
    if len(asked) < 2:
        return set()
    counts = {term: dialect().count(dialect().sought(term, _places(term, notes))) for term in asked}
    few = min(counts.values()) < FEW
    return {term for term, count in counts.items() if few and count >= dialect().everywhere}


def _holds(term: Term, notes: bool, since: int, *, one_by_one: bool) -> _Sql:
    """A condition on the ticket ``t``, in brackets."""
    if term.place == "status":
        return _Sql("(t.status = ?)", term.words)
    if term.place == "tag":
        return _Sql("(t.id IN (SELECT ticket_id FROM ticket_tag WHERE tag = ?))", term.words)
    ways = dialect()
    kinds = []
    if term.place != "subject":
        kinds.append(_Sql(f"t.requester_id IN ({ways.persons})", (ways.sought(term, ("who",)),)))
    if term.place != "from":
        sought = ways.sought(term, _places(term, notes))
        in_one = f"EXISTS ({ways.holds.format('m')})"
        if one_by_one:
            kinds.append(_Sql(f"EXISTS ({ways.holds.format('t')})", (sought,)))
            merged = _Sql(f"EXISTS (SELECT 1 FROM ticket m WHERE m.merged_into_id = t.id AND {in_one})", (sought,))
        elif since:
            kinds.append(_Sql(f"t.id IN ({ways.said_since})", (sought, since)))
            merged = _Sql(f"t.id IN ({MERGED} >= ? AND {in_one})", (since, sought))
        else:
            kinds.append(_Sql(f"t.id IN ({ways.said})", (sought,)))
            merged = _Sql(f"t.id IN ({MERGED} IS NOT NULL AND m.id IN ({ways.said}))", (sought,))
        if notes:
            kinds.append(merged)
    return _joined("({})", " OR ", kinds)


def _places(term: Term, notes: bool) -> tuple[str, ...]:
    """Where a term may stand in the entries of a ticket."""
    if term.place == "subject":
        return ("subject",)
    return IN_TICKETS if notes else IN_TICKETS[:-1]


def _ranks(terms: Iterable[Term], numbers: Sequence[int], notes: bool) -> dict[int, float]:
    """How well the best entry of each of these tickets answers the terms, the higher the better."""
    asked = [term for term in terms if not term.negated and term.place in OF_ENTRIES]
    if not asked or len(numbers) < 2:
        return {}
    ways = dialect()
    found: dict[int, float] = {}
    if said := [ways.sought(term, _places(term, notes)) for term in asked if term.place != "from"]:
        for number, rank in ways.ranks(said, "ticket", numbers):
            found[number] = max(rank, found.get(number, 0.0))
    if who := [ways.sought(term, ("who",)) for term in asked if term.place != "subject"]:
        marks = ", ".join("?" * len(numbers))
        requesters: dict[int, int] = dict(run(f"SELECT id, requester_id FROM ticket WHERE id IN ({marks})", *numbers))
        persons: dict[int, float] = dict(ways.ranks(who, "person", sorted(set(requesters.values()))))
        for number, person in requesters.items():
            found[number] = max(persons.get(person, 0.0), found.get(number, 0.0))
    return {number: round(rank, ways.digits) for number, rank in found.items()}


def _joined(shape: str, between: str, pieces: Sequence[_Sql]) -> _Sql:
    text = between.join(piece.text for piece in pieces)
    return _Sql(shape.format(text), tuple(value for piece in pieces for value in piece.values))
