"""A database as plain rows, read from outside by the database's own driver, so that the oracle trusts none of our code.

Bytes are not kept but hashed: ``raw`` has ``digest``, the SHA-256 (hex) of its content, and ``length``.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]

TABLES = (
    "person",
    "mail_address",
    "ticket",
    "participant",
    "named_address",
    "ticket_tag",
    "ticket_link",
    "message",
    "attachment",
    "thread_key",
    "event",
    "inbound",
    "outbox",
    "hold",
    "act",
    "waiting",
    "notice",
    "watcher",
    "absence",
    "news",
    "promise",
    "ticket_field",
    "token",
    "sign_in",
    "repeatable",
)
POSTGRESQL_REFERENCES = """
SELECT c.conrelid::regclass::text AS "table", a.attname AS "column", c.confrelid::regclass::text AS target,
       b.attname AS key
FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]
WHERE c.contype = 'f'
"""


@dataclass
class State:
    """The rows of each table; ``references`` are (table, column, target, its column); ``complaints`` the database's."""

    rows: dict[str, list[Row]]
    references: list[tuple[str, str, str, str]] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def __getitem__(self, table: str) -> list[Row]:
        return self.rows[table]


def is_postgresql(url: str) -> bool:
    return url.startswith("postgresql:")


@contextmanager
def _sqlite(url: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True, timeout=10)
    connection.row_factory = sqlite3.Row
    try:
        yield connection
    finally:
        connection.close()


def count(url: str, where: str) -> int:
    """How many rows there are: ``where`` is what follows SELECT count(*) FROM."""
    if is_postgresql(url):
        with psycopg.connect(url) as connection:
            return int(connection.execute(f"SELECT count(*) FROM {where}").fetchone()[0])  # type: ignore[call-overload,index]
    with _sqlite(url) as database:
        return int(database.execute(f"SELECT count(*) FROM {where}").fetchone()[0])


def read(url: str) -> State:
    """Everything that is in a database."""
    return _read_postgresql(url) if is_postgresql(url) else _read_sqlite(url)


def _read_sqlite(url: str) -> State:
    with _sqlite(url) as database:
        state = State({table: [dict(r) for r in database.execute(f"SELECT * FROM {table}")] for table in TABLES})
        state.rows["raw"] = [_hashed(dict(r)) for r in database.execute("SELECT sha256, size, content FROM raw")]
        for table in state.rows:
            for reference in database.execute(f"PRAGMA foreign_key_list({table})"):
                state.references.append((table, reference["from"], reference["table"], reference["to"] or "id"))
        said = [row[0] for row in database.execute("PRAGMA integrity_check")]
        state.complaints += [line for line in said if line != "ok"]
        state.complaints += [
            f"row {r['rowid']} of {r['table']} leads to no row of {r['parent']}"
            for r in database.execute("PRAGMA foreign_key_check")
        ]
    return state


def _read_postgresql(url: str) -> State:
    with psycopg.connect(url, row_factory=dict_row) as database:
        state = State({t: database.execute(f"SELECT * FROM {t}").fetchall() for t in TABLES})  # type: ignore[call-overload]
        with database.cursor("bytes") as cursor:
            cursor.execute("SELECT sha256, size, content FROM raw")
            state.rows["raw"] = [_hashed(row) for row in cursor]
        for r in database.execute(POSTGRESQL_REFERENCES):
            state.references.append((r["table"], r["column"], r["target"], r["key"]))
    return state


def _hashed(row: Row) -> Row:
    content = bytes(row.pop("content"))
    return row | {"digest": hashlib.sha256(content).hexdigest(), "length": len(content)}
