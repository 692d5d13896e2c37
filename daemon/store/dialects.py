"""The questions of a search in the words of each database, about the entries that ``indexing`` writes.

A question is SQL with ``?`` for its values. ``sought`` is a term as the database's own search reads it; its words are
letters and digits alone, so that nothing in them could be read as anything else. ``t`` is the ticket asked about, ``m``
one that was merged.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.core.query import Term
from daemon.store.indexing import SHIFT, is_sqlite
from daemon.store.tables import database

LAST = (1 << SHIFT) - 1
WEIGHTS = {"subject": "A", "who": "B", "words": "C", "notes": "D"}
IN_TICKETS = ("subject", "words", "notes")
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One database's ways. ``said`` and ``persons``: numbers of the tickets and persons in whose entries ``sought`` is,
    ``said_since`` of tickets above a number; ``holds``: whether it is in the entries of ticket ``{}``.

    ``sought`` takes a term and the places where it may be, ``count`` in how many entries it is, about, ``ranks`` gives
    numbers of tickets or persons, of those given, with the rank of each entry in which one of several is. ``most`` are
    the best that are told apart, ``newest`` the tickets that are looked at before all others.
    """

    said: str
    said_since: str
    persons: str
    holds: str
    sought: Callable[[Term, Sequence[str]], str]
    count: Callable[[str], int]
    ranks: Callable[[Sequence[str], str, Sequence[int]], Rows]
    digits: int
    most: int
    newest: int
    everywhere: int


def run(sql: str, *values: Any) -> Rows:
    """All rows of a question."""
    return list(database.execute_sql(marked(sql), values).fetchall())


def marked(sql: str) -> str:
    """A question with the marks of the database for its values."""
    return sql.replace("?", database.obj.param)


def dialect() -> Dialect:
    """That of the database in use."""
    return _SQLITE if is_sqlite() else _POSTGRESQL


# -- SQLite

_MATCH = "FROM search WHERE search MATCH ?"
_ENOUGH = 20_000


def _sought_sqlite(term: Term, places: Sequence[str]) -> str:
    return f'{{{" ".join(places)}}} : "{" ".join(term.words)}"{" *" if term.beginning else ""}'


def _count_sqlite(sought: str) -> int:
    return int(run(f"SELECT COUNT(*) FROM (SELECT 1 {_MATCH} LIMIT ?)", sought, _ENOUGH)[0][0])


def _ranks_sqlite(sought: Sequence[str], whose: str, numbers: Sequence[int]) -> Rows:
    of, low, high = (
        ("-rowid", -max(numbers), -min(numbers))
        if whose == "person"
        else (f"rowid >> {SHIFT}", min(numbers) << SHIFT, max(numbers) << SHIFT | LAST)
    )
    return run(
        f"SELECT {of}, -bm25(search, 8.0, 8.0, 1.0, 1.0) {_MATCH} AND rowid BETWEEN ? AND ? "
        f"AND {of} IN (SELECT value FROM json_each(?))",
        " OR ".join(f"({one})" for one in sought),
        low,
        high,
        json.dumps(numbers),
    )


_SQLITE = Dialect(
    said=f"SELECT rowid >> {SHIFT} {_MATCH} AND rowid > 0",
    said_since=f"SELECT rowid >> {SHIFT} {_MATCH} AND rowid >= ? << {SHIFT}",
    persons=f"SELECT -rowid {_MATCH} AND rowid < 0",
    holds=f"SELECT 1 {_MATCH} AND rowid BETWEEN {{0}}.id << {SHIFT} AND ({{0}}.id << {SHIFT}) + {LAST}",
    sought=_sought_sqlite,
    count=_count_sqlite,
    ranks=_ranks_sqlite,
    digits=1,
    most=1_000,
    newest=10_000,
    everywhere=_ENOUGH,
)

# -- PostgreSQL

_FOUND = "FROM search_entry WHERE found @@ ?::tsquery AND {}_id IS NOT NULL"
_OF_TICKETS = _FOUND.format("ticket")


def _sought_postgresql(term: Term, places: Sequence[str]) -> str:
    """Weights are left out where they exclude nothing: with them, every entry is looked through once more."""
    weights = "" if tuple(places) in (("who",), IN_TICKETS) else "".join(WEIGHTS[place] for place in places)
    marks = [weights] * (len(term.words) - 1) + [("*" if term.beginning else "") + weights]
    return " <-> ".join(
        f"'{word}':{mark}" if mark else f"'{word}'" for word, mark in zip(term.words, marks, strict=True)
    )


def _count_postgresql(sought: str) -> int:
    """What the planner believes, which costs nothing."""
    plan = run(f"EXPLAIN (FORMAT JSON) SELECT 1 {_OF_TICKETS}", sought)[0][0]
    return int((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def _ranks_postgresql(sought: Sequence[str], whose: str, numbers: Sequence[int]) -> Rows:
    any_of = " | ".join(f"({one})" for one in sought)
    return run(
        f"SELECT {whose}_id, ts_rank('{{0.1, 0.1, 0.8, 0.8}}', found, ?::tsquery) {_FOUND.format(whose)} "
        f"AND {whose}_id = ANY(?)",
        any_of,
        any_of,
        list(numbers),
    )


_POSTGRESQL = Dialect(
    said=f"SELECT ticket_id {_OF_TICKETS}",
    said_since=f"SELECT ticket_id {_OF_TICKETS} AND ticket_id >= ?",
    persons=f"SELECT person_id {_FOUND.format('person')}",
    holds=f"SELECT 1 {_OF_TICKETS} AND ticket_id = {{0}}.id",
    sought=_sought_postgresql,
    count=_count_postgresql,
    ranks=_ranks_postgresql,
    digits=3,
    most=300,
    newest=2_000,
    everywhere=5_000,
)
