"""Queries that are written once and run for every mail.

peewee takes 0.1 ms to write the SQL of a query, which is several times what the database takes to run it, and a mail
needs some thirty of them. So the queries on a mail's way are declared once, with a ``Slot`` where each call brings a
value (``Slots`` where it brings a list, for IN), and their text is made at the first call, in the words of the database
that is in use. Values are bound as they are and rows come as the database has them: int, str, bytes, None; a truth
value may come as 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import peewee as pw

from daemon.store.tables import database


class _Place:
    """Stands among the parameters of a query for what a call will bring."""

    def __init__(self, name: str, many: bool) -> None:
        self.name = name
        self.many = many


class Slot(pw.Value):
    """A value that each call brings under this name."""

    def __init__(self, name: str) -> None:
        super().__init__(_Place(name, False), converter=False, unpack=False)


class Slots(pw.Node):
    """A list of values, none or more, that each call brings under this name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __sql__(self, context: Any) -> Any:
        context.literal(f"({_mark(self.name)})")
        return context.value(_Place(self.name, True), converter=False, add_param=False)


def _mark(name: str) -> str:
    return f"/*{name}*/"


class Prepared:
    """A query whose text is made once."""

    def __init__(self, query: pw.Query) -> None:
        self._query = query
        self._written_for: type[pw.Database] | None = None
        self._sql = ""
        self._parameters: list[Any] = []
        self._many: list[str] = []
        self._mark = "?"

    def rows(self, **values: Any) -> list[tuple[Any, ...]]:
        """All rows."""
        return self._run(values).fetchall()  # type: ignore[no-any-return]

    def first(self, **values: Any) -> tuple[Any, ...] | None:
        """The first row, or None."""
        found = self._run(values).fetchall()
        return found[0] if found else None

    def value(self, **values: Any) -> Any:
        """The first column of the first row, or None."""
        found = self._run(values).fetchall()
        return found[0][0] if found else None

    def column(self, **values: Any) -> list[Any]:
        """The first column of all rows."""
        return [row[0] for row in self._run(values)]

    def run(self, **values: Any) -> None:
        """Run a query that answers nothing."""
        self._run(values)

    def _run(self, values: dict[str, Any]) -> Any:
        connected = database.obj
        if self._written_for is not type(connected):
            self._write(connected)
        sql = self._sql
        for name in self._many:
            sql = sql.replace(_mark(name), ", ".join([self._mark] * len(values[name])) or "NULL")
        return connected.execute_sql(sql, list(self._bound(values)))

    def _bound(self, values: dict[str, Any]) -> Iterator[Any]:
        for parameter in self._parameters:
            if type(parameter) is not _Place:
                yield parameter
            elif parameter.many:
                yield from values[parameter.name]
            else:
                yield values[parameter.name]

    def _write(self, connected: pw.Database) -> None:
        self._sql, parameters = self._query.sql()
        self._parameters = list(parameters)
        self._many = [p.name for p in self._parameters if type(p) is _Place and p.many]
        self._mark = connected.param
        self._written_for = type(connected)


class Insertion(Prepared):
    """A row into a table: a slot for each column, the column's default where a call brings nothing."""

    def __init__(self, table: type[pw.Model], *, ignore: bool = False) -> None:
        own_key = table._meta.primary_key if isinstance(table._meta.primary_key, pw.AutoField) else None
        fields = [field for field in table._meta.sorted_fields if field is not own_key]
        query = table.insert({field: Slot(field.name) for field in fields})
        if ignore:
            query = query.on_conflict_ignore()
        elif own_key is not None:
            query = query.returning(own_key)
        super().__init__(query)
        self._defaults = {field.name: field.default for field in fields}

    def new(self, **values: Any) -> int:
        """Insert a row; the number that it got."""
        return int(self.value(**(self._defaults | values)))

    def add(self, **values: Any) -> None:
        """Insert a row."""
        self.run(**(self._defaults | values))
