"""The questions of a search in the words of each database, about the entries that ``indexing`` writes.

A question is SQL with ``?`` for its values. ``sought`` is a term as the database's own search reads it; its words are
letters and digits alone, so that nothing in them could be read as anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from daemon.core.query import Term
from daemon.store.indexing import SHIFT, is_sqlite
from daemon.store.tables import database

LAST = (1 << SHIFT) - 1
WEIGHTS = {"subject": "A", "who": "B", "words": "C", "notes": "D"}
EVERYWHERE = ("subject", "who", "words", "notes")
Whose = Literal["ticket", "person"]
Rows = list[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Sql:
    """A piece of SQL with its values."""

    text: str
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialect:
    """One database's ways.

    ``sought`` takes a term and the places where it may be. ``entries``: the numbers of those in which it is, of tickets
    from a number on (0: all) and of persons; ``persons`` alone; ``holds``: whether it is in an entry of ticket ``{0}``.
    ``heed_values``: let what is asked in this transaction be planned for the words that are sought. ``count``: in how
    many entries it is, about, of tickets or of persons (``whose``). ``among``: in which of given tickets' entries it
    is; ``of``: in which of given entries. The best ``most`` are told apart. A term stands
    everywhere from ``common`` entries on, and in hardly any below ``few``; where all stand everywhere, so many of the
    ``newest`` tickets are looked at first.
    """

    sought: Callable[[Term, Sequence[str]], str]
    entries: Callable[[str, int], Sql]
    persons: str
    holds: str
    count: Callable[[str, Whose], int]
    heed_values: Callable[[], None]
    among: Callable[[str, Sequence[int]], Rows]
    of: Callable[[str, Sequence[int]], Rows]
    most: int
    common: int
    newest: tuple[int, ...]
    few: int


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
    """Places are left out where they exclude nothing: with them, entries are read until one is found that has it there,
    of whomever it is."""
    within = "" if tuple(places) in (("who",), EVERYWHERE) else f"{{{' '.join(places)}}} : "
    return f'{within}"{" ".join(term.words)}"{" *" if term.beginning else ""}'


def _entries_sqlite(sought: str, since: int) -> Sql:
    if not since:
        return Sql(f"SELECT rowid {_MATCH}", (sought,))
    newer = f"SELECT rowid {_MATCH} AND rowid >= ? UNION ALL SELECT rowid {_MATCH} AND rowid < 0"
    return Sql(newer, (sought, since << SHIFT, sought))


def _count_sqlite(sought: str, whose: Whose) -> int:
    theirs = " AND rowid < 0" if whose == "person" else ""
    return int(run(f"SELECT COUNT(*) FROM (SELECT 1 {_MATCH}{theirs} LIMIT ?)", sought, _ENOUGH)[0][0])


def _among_sqlite(sought: str, tickets: Sequence[int]) -> Rows:
    return run(
        f"SELECT DISTINCT rowid >> {SHIFT} {_MATCH} AND rowid BETWEEN ? AND ? "
        f"AND rowid >> {SHIFT} IN (SELECT value FROM json_each(?))",
        sought,
        min(tickets) << SHIFT,
        max(tickets) << SHIFT | LAST,
        json.dumps(tickets),
    )


def _of_sqlite(sought: str, entries: Sequence[int]) -> Rows:
    return run(f"SELECT rowid {_MATCH} AND rowid IN (SELECT value FROM json_each(?))", sought, json.dumps(entries))


_SQLITE = Dialect(
    sought=_sought_sqlite,
    entries=_entries_sqlite,
    persons=f"SELECT -rowid {_MATCH} AND rowid < 0",
    holds=f"SELECT 1 {_MATCH} AND rowid BETWEEN {{0}}.id << {SHIFT} AND ({{0}}.id << {SHIFT}) + {LAST}",
    count=_count_sqlite,
    heed_values=lambda: None,
    among=_among_sqlite,
    of=_of_sqlite,
    most=500,
    common=_ENOUGH,
    newest=(20_000,),
    few=1_000,
)

# -- PostgreSQL

_FOUND = "FROM search_entry WHERE found @@ ?::tsquery AND {}_id IS NOT NULL"
_OF_TICKETS, _OF_PERSONS = _FOUND.format("ticket"), _FOUND.format("person")


def _sought_postgresql(term: Term, places: Sequence[str]) -> str:
    """Weights are left out where they exclude nothing: with them, every entry is looked through once more."""
    weights = "" if tuple(places) in (("who",), EVERYWHERE) else "".join(WEIGHTS[place] for place in places)
    marks = [weights] * (len(term.words) - 1) + [("*" if term.beginning else "") + weights]
    return " <-> ".join(
        f"'{word}':{mark}" if mark else f"'{word}'" for word, mark in zip(term.words, marks, strict=True)
    )


def _entries_postgresql(sought: str, since: int) -> Sql:
    newer, values = (" AND ticket_id >= ?", (since,)) if since else ("", ())
    return Sql(f"SELECT number {_OF_TICKETS}{newer} UNION ALL SELECT number {_OF_PERSONS}", (sought, *values, sought))


def _count_postgresql(sought: str, whose: Whose) -> int:
    """What the planner believes, which costs nothing."""
    plan = run(f"EXPLAIN (FORMAT JSON) SELECT 1 {_FOUND.format(whose)}", sought)[0][0]
    return int((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"])


def _heed_values() -> None:
    """A question that was asked some ten times would be planned once for all words, and compiled for one answer."""
    database.execute_sql("SET LOCAL plan_cache_mode = force_custom_plan")
    database.execute_sql("SET LOCAL jit = off")


def _among_postgresql(sought: str, tickets: Sequence[int]) -> Rows:
    return run(f"SELECT DISTINCT ticket_id {_OF_TICKETS} AND ticket_id = ANY(?)", sought, list(tickets))


def _of_postgresql(sought: str, entries: Sequence[int]) -> Rows:
    return run(f"SELECT number {_OF_TICKETS} AND number = ANY(?)", sought, list(entries))


_POSTGRESQL = Dialect(
    sought=_sought_postgresql,
    entries=_entries_postgresql,
    persons=f"SELECT person_id {_OF_PERSONS}",
    holds=f"SELECT 1 {_OF_TICKETS} AND ticket_id = {{0}}.id",
    count=_count_postgresql,
    heed_values=_heed_values,
    among=_among_postgresql,
    of=_of_postgresql,
    most=300,
    common=5_000,
    newest=(2_000, 20_000),
    few=3_000,
)
