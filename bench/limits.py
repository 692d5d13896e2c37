"""What bounds a mail server, each part measured alone: parsing by the standard library, and durable commits."""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections.abc import Sequence
from email import message_from_bytes
from pathlib import Path

import psycopg

from bench.corpus import Sample


def parsing(samples: Sequence[Sample]) -> float:
    """Mails a second that compat32 parses and decodes, in one thread."""
    started = time.monotonic()
    for sample in samples:
        for part in message_from_bytes(sample.raw).walk():
            part.get_payload(decode=True)
    return len(samples) / (time.monotonic() - started)


def commits(samples: Sequence[Sample], file: Path, *, bytes_too: bool) -> float:
    """Mails a second that SQLite (WAL, synchronous=FULL) commits one by one: a small row, or their bytes too."""
    file.unlink(missing_ok=True)
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA journal_mode = wal")
    database.execute("PRAGMA synchronous = full")
    database.execute("CREATE TABLE mail (sha256 TEXT PRIMARY KEY, content BLOB)")
    rows = [(hashlib.sha256(s.raw).hexdigest(), s.raw if bytes_too else b"") for s in samples]
    started = time.monotonic()
    for row in rows:
        database.execute("INSERT INTO mail VALUES (?, ?)", row)
    elapsed = time.monotonic() - started
    database.close()
    return len(samples) / elapsed


def inserts(samples: Sequence[Sample], url: str, *, bytes_too: bool) -> float:
    """Mails a second that PostgreSQL (synchronous_commit=on) inserts one by one, each in a transaction of its own."""
    rows = [(hashlib.sha256(s.raw).hexdigest(), s.raw if bytes_too else b"") for s in samples]
    with psycopg.connect(url, autocommit=True) as database:
        database.execute("DROP TABLE IF EXISTS mail")
        database.execute("CREATE TABLE mail (sha256 TEXT PRIMARY KEY, content BYTEA)")
        started = time.monotonic()
        for row in rows:
            database.execute("INSERT INTO mail VALUES (%s, %s)", row)
        return len(samples) / (time.monotonic() - started)
