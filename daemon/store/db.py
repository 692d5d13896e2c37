"""Opening the database: its one writer, its read-only readers, whichever database it is.

Every thread has a connection of its own. Only the writer's may write; the others are read-only by the database's own
word. A start on storage that could lose an acknowledged commit in a power cut is refused (invariant 2).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO, TypeVar

import peewee as pw
from playhouse.pool import MaxConnectionsExceeded

from daemon.store.engine import Engine, StoreError
from daemon.store.postgres import open_server
from daemon.store.sqlite import open_file
from daemon.store.writer import StoreUnavailable, Writer

__all__ = ["Store", "StoreError", "open_store"]

T = TypeVar("T")

LOOKERS_HERE, LOOKERS_AWAY = 2, 4
"""Threads that ``look``: they take turns at running Python, so more of them only wait for each other at each row."""
SQLITE, POSTGRESQL = "sqlite:///", ("postgresql://", "postgres://")
AWAY = (pw.OperationalError, pw.InterfaceError, MaxConnectionsExceeded)


class Store:
    """The database in use.

    ``write`` sends a job to the writer, ``read`` runs one here on a read-only connection, ``look`` beside a loop.
    """

    def __init__(self, database: Engine, lock: IO[str] | None = None) -> None:
        self.database = database
        self.writer = Writer(database)
        self._lock = lock
        self._lookers = ThreadPoolExecutor(LOOKERS_HERE if database.is_local else LOOKERS_AWAY, "look")

    def write(self, job: Callable[[], T], weight: int = 0) -> Future[T]:
        """Run ``job`` in the writer's next transaction; the future is answered after the commit.

        ``weight`` is the bytes it brings along. A job may be run again after a rollback: it must depend on the
        database and its arguments alone. StoreUnavailable if the database is.
        """
        return self.writer.submit(job, weight)

    def read(self, job: Callable[[], T]) -> T:
        """Run ``job`` on a read-only connection of this thread, within one snapshot."""
        try:
            return self._read(job)
        except StoreUnavailable:
            if not self.database.may_lose_connections:
                raise
        return self._read(job)

    async def look(self, job: Callable[[], T], *, few: bool = False) -> T:
        """The same for a caller in a loop, which goes on meanwhile.

        ``few``: these are some rows by their keys, for which a database in this process is asked at once.
        """
        if few and self.database.is_local:
            return self.read(job)
        return await asyncio.get_running_loop().run_in_executor(self._lookers, self.read, job)

    def _read(self, job: Callable[[], T]) -> T:
        try:
            with self.database.snapshot():
                return job()
        except AWAY as error:
            self.database.abandon()
            raise StoreUnavailable(f"the database does not answer: {error}") from error

    def close(self) -> None:
        """Write what is queued, then let go of the database."""
        self._lookers.shutdown()
        self.writer.close()
        self.database.abandon()
        if self._lock is not None:
            self._lock.close()


def open_store(url: str, *, sole: bool = False, password: str = "", connections: int = 8) -> Store:
    """Open, migrate and check the database at ``url``; StoreError with a sentence if that fails.

    ``sqlite:///path`` or ``postgresql://user@host/name``, the latter with at most so many ``connections``. ``sole``
    takes the lock of the one daemon that may serve this database.
    """
    if url.startswith(POSTGRESQL):
        store = Store(open_server(url, password, connections, sole=sole))
        try:
            store.write(lambda: None).result()  # the writer's own connection holds the lock from here on
        except StoreUnavailable as error:
            store.close()
            raise StoreError(str(error)) from None
        return store
    if url.startswith(SQLITE) and url != SQLITE:
        return Store(*open_file(Path(url[len(SQLITE) :]), sole=sole))
    raise StoreError(
        f"storage.database = {url!r} is not understood; write sqlite:///relative/path, sqlite:////absolute/path or "
        "postgresql://user@host/name"
    )
