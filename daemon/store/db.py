"""Opening the database: its pragmas, its one writer, its read-only readers.

Every thread has a connection of its own. Only the writer's may write; the others are read-only by the database's own
word. SQLite runs in WAL with synchronous=FULL, because an acknowledged commit must survive a power cut (invariant 2);
a start with less is refused.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TypeVar

import peewee as pw

from daemon.store import migrate, tables
from daemon.store.writer import StoreUnavailable, Writer

T = TypeVar("T")
_peewees_errors = pw.__exception_wrapper__  # type: ignore[attr-defined]

BUSY_SECONDS = 5
READER_CACHE_KB = 2_000
PIECE = 1024 * 1024
PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -32_000,
    "wal_autocheckpoint": 4_000,
    "temp_store": "memory",
}


class StoreError(Exception):
    """The database cannot be used; one sentence that names cause and cure."""


class Sqlite(pw.SqliteDatabase):
    """SQLite in which a connection is read-only unless its thread said that it writes."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), pragmas=PRAGMAS, timeout=BUSY_SECONDS, lock_type="IMMEDIATE")
        self._may = threading.local()

    def let_this_thread_write(self, allowed: bool = True) -> None:
        """Say whether this thread's next connection may write; the one it has is closed."""
        self._may.write = allowed
        self.close()

    def _connect(self) -> sqlite3.Connection:
        connection: sqlite3.Connection = super()._connect()  # type: ignore[misc]
        if not getattr(self._may, "write", False):
            connection.execute("PRAGMA query_only = 1")
            connection.execute(f"PRAGMA cache_size = -{READER_CACHE_KB}")
        return connection

    def write_large(self, table: str, column: str, place: int, content: bytes) -> None:
        """Fill the room that a row (by its rowid) has for a large value, piece by piece."""
        view = memoryview(content)
        with _peewees_errors, self.connection().blobopen(table, column, place) as blob:
            for start in range(0, len(view), PIECE):
                blob.write(view[start : start + PIECE])

    def read_large(self, table: str, column: str, place: int) -> bytes:
        """A large value of a row (by its rowid)."""
        with _peewees_errors, self.connection().blobopen(table, column, place, readonly=True) as blob:
            return bytes(blob.read())

    def in_transaction_now(self) -> bool:
        """Whether the database itself still holds this connection's transaction (a full disk ends it silently)."""
        return bool(self.connection().in_transaction)


class Store:
    """The database in use: ``write`` sends a job to the writer, ``read`` runs one here on a read-only connection."""

    def __init__(self, database: Sqlite, lock: IO[str] | None) -> None:
        self.database = database
        self.writer = Writer(database)
        self._lock = lock
        self._readers = threading.local()

    def write(self, job: Callable[[], T], weight: int = 0) -> Future[T]:
        """Run ``job`` in the writer's next transaction; the future is answered after the commit.

        ``weight`` is the bytes it brings along. A job may be run again after a rollback: it must depend on the
        database and its arguments alone. StoreUnavailable if the database is.
        """
        return self.writer.submit(job, weight)

    def read(self, job: Callable[[], T]) -> T:
        """Run ``job`` on this thread's read-only connection, within one snapshot."""
        try:
            self.database.connect(reuse_if_open=True)
            with self._snapshot():
                return job()
        except pw.OperationalError as error:
            self.database.close()
            raise StoreUnavailable(f"the database does not answer: {error}") from error

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        self.database.execute_sql("BEGIN")
        try:
            yield
        finally:
            self.database.execute_sql("ROLLBACK")

    def close(self) -> None:
        """Write what is queued, then let go of the database."""
        self.writer.close()
        self.database.close()
        if self._lock is not None:
            self._lock.close()


def open_store(url: str, *, sole: bool = False) -> Store:
    """Open, migrate and check the database at ``url`` (``sqlite:///path``); StoreError with a sentence if that fails.

    ``sole`` takes the lock of the one daemon that may serve this database.
    """
    path = _path(url)
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
        return Store(database, lock)
    except migrate.TooNew as error:
        raise StoreError(
            f"{path} was written by a newer Counterfoil ({error}); run that version, or restore a backup"
        ) from None
    except (pw.DatabaseError, sqlite3.Error) as error:
        cause = _cause(error)
        raise StoreError(f"the database {path} cannot be used: {cause}; {_cure(cause, path)}") from None
    except OSError as error:
        raise StoreError(f"{error.filename or path} cannot be used: {error.strerror}; {_cure(error, path)}") from None


def _path(url: str) -> Path:
    prefix = "sqlite:///"
    if not url.startswith(prefix) or not url[len(prefix) :]:
        raise StoreError(
            f"storage.database = {url!r} is not understood; write sqlite:///relative/path or sqlite:////absolute/path"
        )
    return Path(url[len(prefix) :])


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
