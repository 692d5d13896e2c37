"""SQLite: one file, in WAL with synchronous=FULL, so that an acknowledged commit survives a power cut (invariant 2).

Only the writer's connection may write; the others are read-only by the database's own word. A large mail is written
and read piece by piece: as one value SQLite would hold it three times over.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import peewee as pw

from daemon.store import migrate, tables
from daemon.store.engine import StoreError
from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import Raw

_peewees_errors = pw.__exception_wrapper__  # type: ignore[attr-defined]

BUSY_SECONDS = 5
READER_CACHE_KB = 2_000
PIECE = 1024 * 1024
LARGE = 1024 * 1024
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -32_000,
    "wal_autocheckpoint": 4_000,
    "temp_store": "memory",
}

KEEP = Insertion(Raw, ignore=True)
KEEP_ROOM = Prepared(
    Raw.insert(sha256=Slot("sha256"), size=Slot("size"), content=pw.fn.zeroblob(Slot("size")))
    .on_conflict_ignore()
    .returning(pw.SQL("rowid"))
)
SMALL = Prepared(Raw.select(Raw.content).where(Raw.sha256 == Slot("sha256"), Raw.size <= LARGE))
PLACE = Prepared(Raw.select(pw.SQL("rowid")).where(Raw.sha256 == Slot("sha256")))


class Sqlite(pw.SqliteDatabase):
    """The database of one file."""

    may_lose_connections = False
    is_local = True

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), pragmas=PRAGMAS, timeout=BUSY_SECONDS, lock_type="IMMEDIATE")
        self._may = threading.local()

    def let_this_thread_write(self, allowed: bool = True) -> None:
        self._may.write = allowed
        self.close()

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]
        if not getattr(self._may, "write", False):
            connection.execute("PRAGMA query_only = 1")
            connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KB}")
        return connection

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.connect(reuse_if_open=True)
        self.execute_sql("BEGIN")
        try:
            yield
        finally:
            self.execute_sql("ROLLBACK")

    def in_transaction_now(self) -> bool:
        return bool(self.connection().in_transaction)  # a full disk ends it silently

    def abandon(self) -> None:
        self.close()

    def keep_raw(self, sha256: str, content: bytes) -> None:
        if len(content) <= LARGE:
            KEEP.add(sha256=sha256, size=len(content), content=content)
        elif (place := KEEP_ROOM.value(sha256=sha256, size=len(content))) is not None:
            view = memoryview(content)
            with _peewees_errors, self.connection().blobopen("raw", "content", place) as blob:
                for start in range(0, len(view), PIECE):
                    blob.write(view[start : start + PIECE])

    def read_raw(self, sha256: str) -> bytes | None:
        content = SMALL.value(sha256=sha256)
        if content is not None:
            return bytes(content)
        place = PLACE.value(sha256=sha256)
        if place is None:
            return None
        with _peewees_errors, self.connection().blobopen("raw", "content", place, readonly=True) as blob:
            return bytes(blob.read())


def open_file(path: Path, *, sole: bool) -> tuple[Sqlite, IO[str] | None]:
    """Open, migrate and check a file; with ``sole`` the lock of its one daemon too. StoreError with a sentence."""
    lock = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if sole:
            lock = _daemon_lock(path)
        path.touch(mode=0o600)
        database = Sqlite(path)
        tables.database.initialize(database)
        with _locked(path.with_name(path.name + ".migrating")):
            database.let_this_thread_write()
            migrate.up(database)
            _check_durability(database)
            database.let_this_thread_write(False)
        return database, lock
    except migrate.TooNew as error:
        raise StoreError(
            f"{path} was written by a newer Counterfoil ({error}); run that version, or restore a backup"
        ) from None
    except (pw.DatabaseError, sqlite3.Error) as error:
        cause = _cause(error)
        raise StoreError(f"the database {path} cannot be used: {cause}; {_cure(cause, path)}") from None
    except OSError as error:
        raise StoreError(f"{error.filename or path} cannot be used: {error.strerror}; {_cure(error, path)}") from None


def _cause(error: BaseException) -> BaseException:
    """What went wrong first: a failed write ends its transaction, and so the rollback that follows fails too."""
    while "no transaction" in str(error) and error.__context__ is not None:
        error = error.__context__
    return error


def _cure(error: BaseException, path: Path) -> str:
    text = str(error).casefold()
    if "full" in text or "no space" in text:
        return "free some space on that disk"
    if "not a database" in text or "malformed" in text:
        return "it is damaged or no SQLite file: restore a backup, or name another file in storage.database"
    if "locked" in text or "busy" in text:
        return "another program holds it; stop that program"
    return f"see that {path.parent} exists and that this user ({os.getuid()}) may write there"


def _check_durability(database: Sqlite) -> None:
    mode, synchronous = database.pragma("journal_mode"), database.pragma("synchronous")
    if str(mode).lower() != "wal" or int(synchronous or 0) < 2:
        raise StoreError(
            f"the database gave journal_mode={mode}, synchronous={synchronous}; WAL and FULL are needed, "
            "because less can lose mail in a power cut: put it on a local disk"
        )


def _daemon_lock(path: Path) -> IO[str]:
    lock = path.with_name(path.name + ".lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise StoreError(
            f"another Counterfoil runs on {path}; stop it, or give this one a storage.folder of its own"
        ) from None
    return lock


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One migrates, a second starter waits."""
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
