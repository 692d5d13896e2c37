"""Running a query: peewee's rows as plain tuples and dicts, with types that say so."""

from __future__ import annotations

from typing import Any


def rows(query: Any) -> list[tuple[Any, ...]]:
    """All rows as tuples."""
    return list(query.tuples())


def first(query: Any) -> tuple[Any, ...] | None:
    """The first row as a tuple, or None."""
    found = rows(query.limit(1))
    return found[0] if found else None


def dicts(query: Any) -> list[dict[str, Any]]:
    """All rows as dicts by column."""
    return list(query.dicts())


def column(query: Any) -> list[Any]:
    """The first column of all rows."""
    return [row[0] for row in rows(query)]
