"""Reading a live database through its published views: read-only, in one transaction, as Arrow.

Nothing but ``v1_*`` is ever named here. A database's own clock says when it was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pyarrow as pa

from reports.arrow import RAW, stored
from reports.problems import SourceError
from reports.schema import TABLES, Table

BATCH = 64_000
CLOCKS = {
    "sqlite": "SELECT CAST(strftime('%s', 'now') AS INTEGER)",
    "postgresql": "SELECT CAST(extract(epoch FROM clock_timestamp()) AS bigint)",
}
ZEROS = {"whole": "0", "instant": "0", "truth": "0", "word": "''", "text": "''"}
PG_TYPES = {"whole": "bigint", "instant": "bigint", "truth": "bigint", "word": "text", "text": "text"}


def query(table: Table, where: str = "", kind: str = "sqlite") -> str:
    """The SELECT for a table's rows. A row of typed nothing comes first: drivers guess types from what they see."""
    columns = table.published
    if kind == "sqlite":
        first = ", ".join(f"{ZEROS[column.type]} AS {name}" for name, column in columns.items())
        names = ", ".join(columns)
        return f"SELECT {first} UNION ALL SELECT {names} FROM {table.view}{' WHERE ' + where if where else ''}"  # noqa: S608
    first = ", ".join(f"CAST({ZEROS[c.type]} AS {PG_TYPES[c.type]}) AS {name}" for name, c in columns.items())
    names = ", ".join(f"CAST({name} AS {PG_TYPES[c.type]})" for name, c in columns.items())
    return f"SELECT {first} UNION ALL SELECT {names} FROM {table.view}{' WHERE ' + where if where else ''}"  # noqa: S608


class Source:
    """An open database. All that is read is of one moment."""

    def __init__(self, connection: Any, kind: str, name: str) -> None:
        self._connection = connection
        self.kind = kind
        self.name = name

    def batches(self, table: Table, where: str = "") -> Iterator[pa.Table]:
        """The rows of a table, some at a time, in stored types."""
        with self._connection.cursor() as cursor:
            cursor.adbc_statement.set_options(**self._options())
            cursor.execute(query(table, where, self.kind))
            reader = cursor.fetch_record_batch()
            wanted = pa.schema([pa.field(name, RAW[c.type]) for name, c in table.published.items()])
            first = True
            for batch in reader:
                rows = pa.Table.from_batches([batch]).slice(1 if first else 0)
                first = first and not batch.num_rows
                if rows.num_rows:
                    yield stored(rows.rename_columns(wanted.names).cast(wanted), table)

    def table(self, table: Table, where: str = "") -> pa.Table:
        """All of these rows."""
        from reports.arrow import schema_of

        found = list(self.batches(table, where))
        return pa.concat_tables(found).unify_dictionaries() if found else schema_of(table).empty_table()

    def column(self, sql: str) -> list[Any]:
        """The first column of what a SELECT finds."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
            return [row[0] for row in cursor.fetchall()]

    def now(self) -> int:
        """The database's clock, UTC seconds."""
        return int(self.column(CLOCKS[self.kind])[0])

    def last_event(self) -> int:
        return int(self.column("SELECT COALESCE(MAX(event_id), 0) FROM v1_event")[0])

    def _options(self) -> dict[str, Any]:
        return {"adbc.sqlite.query.batch_rows": BATCH} if self.kind == "sqlite" else {}


@contextmanager
def connect(url: str) -> Iterator[Source]:
    """Open a database for reading; SourceError says what is the matter with it."""
    kind = "sqlite" if url.startswith("sqlite:") else "postgresql" if url.startswith("postgres") else ""
    if not kind:
        raise SourceError(f"{url!r} is no database; write sqlite:///desk.db or postgresql://host/name")
    opened = _sqlite(url) if kind == "sqlite" else _postgresql(url)
    try:
        source = Source(opened, kind, _public_name(url))
        _has_views(source)
        yield source
    finally:
        opened.rollback()
        opened.close()


def _sqlite(url: str) -> Any:
    from adbc_driver_sqlite import dbapi

    path = Path(url.removeprefix("sqlite:///"))
    if not path.is_file():
        raise SourceError(f"there is no database {path}; write the path of the one that the daemon uses")
    try:
        connection = dbapi.connect(f"file:{quote(str(path.absolute()))}?mode=ro")
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = 1")
            cursor.fetchall()
    except dbapi.Error as error:
        raise SourceError(f"{path} cannot be read: {_cause(error)}; if it is a live one, read a snapshot") from None
    return connection


def _postgresql(url: str) -> Any:
    from adbc_driver_postgresql import dbapi

    separator = "&" if urlsplit(url).query else "?"
    option = quote("-c default_transaction_read_only=on -c default_transaction_isolation=repeatable\\ read")
    try:
        return dbapi.connect(f"{url}{separator}options={option}")
    except dbapi.Error as error:
        raise SourceError(f"{_public_name(url)} cannot be opened: {_cause(error)}") from None


def _has_views(source: Source) -> None:
    try:
        for table in TABLES.values():
            source.column(f"SELECT 1 FROM {table.view} WHERE 1 = 0")  # noqa: S608
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("adbc_driver_manager", "pyarrow"):
            raise
        raise SourceError(
            f"{source.name} lacks the published views of this version ({_cause(error)}); "
            "start its daemon once, which brings it up to date"
        ) from None


def _public_name(url: str) -> str:
    """What it is called where others may read it: no password, no user."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return f"sqlite:{Path(parts.path).name}"
    return f"postgresql:{parts.path.lstrip('/')}"


def _cause(error: BaseException) -> str:
    return str(error).strip().splitlines()[-1].strip().rstrip(".")


def in_list(numbers: Sequence[int]) -> str:
    """Whole numbers for an IN of SQL."""
    return "(" + ", ".join(str(int(number)) for number in numbers) + ")"
