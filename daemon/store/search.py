"""Looking for tickets by what is said in them: the language of ``core.query`` in the words of each database.

Each term is looked for in all of a ticket: its subject, its messages with the names of what is attached, its requester
and, for agents, notes and the tickets that were merged into it. Who is no agent (``notes`` False) is shown none of
these. A set of numbers is made of each term, but for a word that stands everywhere beside one that hardly does: that
one is looked for in the few tickets that the other leaves.

Ranking. Of the tickets that match, the newest ``RANKED`` are in order of their best entry, the subject and the
requester counting more than other words; where that is the same, and for all older ones, the newer comes first.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import peewee as pw

from daemon.core.query import SearchError, Term, parse
from daemon.store.indexing import SHIFT, is_sqlite
from daemon.store.tables import database

__all__ = ["RANKED", "SearchError", "ranked", "tickets"]

RANKED = 1_000
NEWEST = 10_000
FEW = 1_000
EVERYWHERE = 20_000
"""Tickets looked at first, whose number is the highest; entries up to which a word stands in few, and from which on
everywhere."""
LAST = (1 << SHIFT) - 1
MERGED = "EXISTS (SELECT 1 FROM ticket m WHERE m.merged_into_id = t.id AND EXISTS ({}))"
"""Digits after the point by which two ranks differ: those of FTS5 are up to some 20, those of PostgreSQL below 1."""


@dataclass(frozen=True, slots=True)
class _Sql:
    """A piece of SQL, its values as ``?``."""

    text: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class _Dialect:
    """The queries in the words of one database; a search in its language is a value of each.

    ``tickets`` above a number, ``merged``: into which those that match were merged, ``persons``; ``one``: whether the
    ticket ``t`` matches, ``other`` one ``m`` that was merged into it; ``count`` up to a limit; ``among`` given numbers;
    ``ranks`` of entries of tickets or persons. ``digits`` after the point by which two ranks differ.
    """

    tickets: str
    merged: str
    persons: str
    one: str
    other: str
    count: str
    among: str
    ranks: dict[str, str]
    digits: int


_FOUND = "FROM search WHERE search MATCH ?"
_OF = f"{_FOUND} AND rowid BETWEEN {{0}}.id << {SHIFT} AND ({{0}}.id << {SHIFT}) + {LAST}"
_BM25 = f"-bm25(search, 8.0, 8.0, 1.0, 1.0) {_FOUND} AND rowid BETWEEN ? AND ?"
_GIVEN = "IN (SELECT value FROM json_each(?))"
_SQLITE = _Dialect(
    tickets=f"SELECT rowid >> {SHIFT} {_FOUND} AND rowid > ? << {SHIFT}",
    merged="SELECT m.merged_into_id FROM ticket m WHERE m.merged_into_id IS NOT NULL AND m.id IN "
    f"(SELECT rowid >> {SHIFT} {_FOUND})",
    persons=f"SELECT -rowid {_FOUND} AND rowid < 0",
    one=f"SELECT 1 {_OF.format('t')}",
    other=f"SELECT 1 {_OF.format('m')}",
    count=f"SELECT COUNT(*) FROM (SELECT 1 {_FOUND} LIMIT ?)",
    among=_GIVEN,
    ranks={
        "ticket": f"SELECT rowid >> {SHIFT}, {_BM25} AND rowid >> {SHIFT} {_GIVEN}",
        "person": f"SELECT -rowid, {_BM25} AND -rowid {_GIVEN}",
    },
    digits=1,
)
_HELD = "FROM search_entry WHERE found @@ ?::tsquery"
_TS_RANK = f"ts_rank('{{0.1, 0.1, 0.8, 0.8}}', found, ?::tsquery) {_HELD}"
_POSTGRESQL = _Dialect(
    tickets=f"SELECT ticket_id {_HELD} AND ticket_id > ?",
    merged=f"SELECT m.merged_into_id FROM ticket m WHERE m.merged_into_id IS NOT NULL AND m.id IN "
    f"(SELECT ticket_id {_HELD})",
    persons=f"SELECT person_id {_HELD}",
    one=f"SELECT 1 {_HELD} AND ticket_id = t.id",
    other=f"SELECT 1 {_HELD} AND ticket_id = m.id",
    count=f"SELECT COUNT(*) FROM (SELECT 1 {_HELD} LIMIT ?) counted",
    among="= ANY(?)",
    ranks={whose: f"SELECT {whose}_id, {_TS_RANK} AND {whose}_id = ANY(?)" for whose in ("ticket", "person")},
    digits=3,
)


def _dialect() -> _Dialect:
    return _SQLITE if is_sqlite() else _POSTGRESQL


def tickets(text: str, *, notes: bool) -> pw.Node:
    """The numbers of the tickets that a search finds, for ``Ticket.id.in_``; SearchError with a sentence.

    Within a read: it looks how common the words are. ``notes``: for an agent.
    """
    found = _matching(parse(text), notes, 0)
    return pw.SQL(f"({_marked(found.text)})", found.values)


def ranked(text: str, limit: int, offset: int = 0, *, notes: bool) -> list[int]:
    """The numbers of so many tickets that a search finds, the best first; SearchError with a sentence."""
    terms = parse(text)
    wanted = max(RANKED, limit + offset)
    newest = _run(_Sql("SELECT MAX(id) FROM ticket"))[0][0] or 0
    numbers: list[int] = []
    for since in dict.fromkeys((max(0, newest - NEWEST), 0)):
        found = _matching(terms, notes, since)
        numbers = [row[0] for row in _run(_Sql(f"{found.text} ORDER BY t.id DESC LIMIT ?", (*found.values, wanted)))]
        if len(numbers) == wanted:
            break
    best = numbers[:RANKED]
    ranks = _ranks(terms, best, notes) if offset < RANKED else {}
    best.sort(key=lambda number: (-ranks.get(number, 0.0), -number))
    return (best + numbers[RANKED:])[offset : offset + limit]


def _matching(terms: Sequence[Term], notes: bool, since: int) -> _Sql:
    """The numbers of tickets above ``since`` for which all terms hold."""
    asked = [term for term in terms if not term.negated and term.place in ("anywhere", "from", "subject")]
    common: set[Term] = set()
    if len(asked) > 1:
        counts = {term: _count(term, notes) for term in asked}
        if min(counts.values()) < FEW:
            common = {term for term, count in counts.items() if count >= EVERYWHERE}
    conditions = [_Sql("t.id > ?", (since,))] if since else []
    for term in terms:
        holds = _holds(term, notes, since, one_by_one=term in common)
        conditions.append(_Sql(f"NOT ({holds.text})", holds.values) if term.negated else holds)
    return _joined("SELECT t.id FROM ticket t WHERE ", " AND ", conditions)


def _holds(term: Term, notes: bool, since: int, *, one_by_one: bool) -> _Sql:
    """A condition on the ticket ``t``."""
    if term.place == "status":
        return _Sql("t.status = ?", term.words)
    if term.place == "tag":
        return _Sql("t.id IN (SELECT ticket_id FROM ticket_tag WHERE tag = ?)", term.words)
    persons = _Sql(f"t.requester_id IN ({_dialect().persons})", (_expression(term, "who"),))
    if term.place == "from":
        return persons
    said = _expression(term, *_places(term, notes))
    kinds = [persons] if term.place == "anywhere" else []
    if one_by_one:
        kinds.append(_Sql(f"EXISTS ({_dialect().one})", (said,)))
        if notes:
            kinds.append(_Sql(MERGED.format(_dialect().other), (said,)))
    else:
        kinds.append(_Sql(f"t.id IN ({_dialect().tickets})", (said, since)))
        if notes:
            kinds.append(_Sql(f"t.id IN ({_dialect().merged})", (said,)))
    return _joined("", " OR ", kinds, "(", ")")


def _count(term: Term, notes: bool) -> int:
    """In how many entries a term stands, at most ``EVERYWHERE``."""
    return int(_run(_Sql(_dialect().count, (_expression(term, *_places(term, notes)), EVERYWHERE)))[0][0])


def _places(term: Term, notes: bool) -> tuple[str, ...]:
    """Where a term may stand in the entries of a ticket."""
    if term.place == "from":
        return ("who",)
    if term.place == "subject":
        return ("subject",)
    return ("subject", "words", "notes") if notes else ("subject", "words")


_WEIGHTS = {"subject": "A", "who": "B", "words": "C", "notes": "D"}


def _expression(term: Term, *places: str) -> str:
    """A term in the language of the database, to be looked for in these places of an entry."""
    if is_sqlite():
        return f'{{{" ".join(places)}}} : "{" ".join(term.words)}"{" *" if term.beginning else ""}'
    weights = "".join(_WEIGHTS[place] for place in places)
    marks = [weights] * (len(term.words) - 1) + [("*" if term.beginning else "") + weights]
    return " <-> ".join(f"'{word}':{mark}" for word, mark in zip(term.words, marks, strict=True))


def _ranks(terms: Iterable[Term], numbers: Sequence[int], notes: bool) -> dict[int, float]:
    """How well the best entry of each of these tickets answers the terms, the higher the better."""
    sought = [term for term in terms if not term.negated and term.place in ("anywhere", "from", "subject")]
    if not sought or len(numbers) < 2:
        return {}
    asking = f"SELECT id, requester_id FROM ticket WHERE id {_dialect().among}"
    requesters = dict(_run(_Sql(asking, _among(numbers))))
    said = [_expression(term, *_places(term, notes)) for term in sought if term.place != "from"]
    who = [_expression(term, "who") for term in sought if term.place != "subject"]
    found: dict[int, float] = {}
    if said:
        for number, rank in _rank(said, "ticket", numbers):
            found[number] = max(rank, found.get(number, 0.0))
    if who:
        persons = dict(_rank(who, "person", sorted(set(requesters.values()))))
        for number, person in requesters.items():
            found[number] = max(persons.get(person, 0.0), found.get(number, 0.0))
    return {number: round(rank, _dialect().digits) for number, rank in found.items()}


def _rank(expressions: Sequence[str], whose: str, numbers: Sequence[int]) -> list[tuple[int, float]]:
    """Numbers of tickets or persons with the rank of each of their entries in which any expression holds."""
    if is_sqlite():
        any_of = " OR ".join(f"({one})" for one in expressions)
        return _run(_Sql(_SQLITE.ranks[whose], (any_of, *_span(whose, numbers), *_among(numbers))))
    any_of = " | ".join(f"({one})" for one in expressions)
    return _run(_Sql(_POSTGRESQL.ranks[whose], (any_of, any_of, *_among(numbers))))


def _span(whose: str, numbers: Sequence[int]) -> tuple[int, int]:
    """Between which numbers their entries lie."""
    if whose == "person":
        return -max(numbers), -min(numbers)
    return min(numbers) << SHIFT, (max(numbers) << SHIFT) + LAST


def _among(numbers: Sequence[int]) -> tuple[Any, ...]:
    return (json.dumps(numbers),) if is_sqlite() else (list(numbers),)


def _joined(before: str, between: str, pieces: Sequence[_Sql], opening: str = "", closing: str = "") -> _Sql:
    text = between.join(piece.text for piece in pieces)
    return _Sql(f"{before}{opening}{text}{closing}", tuple(value for piece in pieces for value in piece.values))


def _marked(text: str) -> str:
    """SQL with the marks of the database for values."""
    return text.replace("?", database.obj.param)


def _run(sql: _Sql) -> list[tuple[Any, ...]]:
    return list(database.execute_sql(_marked(sql.text), sql.values).fetchall())
