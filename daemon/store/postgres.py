"""PostgreSQL: the same store on a server, for a desk that has outgrown one file.

Rules. All writing, of every process, goes one after another: the writer's transaction begins with an advisory lock
that it holds until its commit, so that what a decision read is still true when its Plan is written, and events get
their ids in the order of their commits: a reader with a cursor never misses one. A second daemon is refused by a lock
on the writer's session. Reads run in read-only snapshots on pooled connections. A connection that died is replaced;
of a commit whose answer was lost nobody is told that it succeeded, and the mail that comes again is recognised by its
fingerprint.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import peewee as pw
import psycopg
from playhouse.pool import PooledPostgresqlDatabase
from psycopg.types.string import StrDumper

from daemon.store import migrate, tables
from daemon.store.engine import StoreError
from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import Raw

LOCKS = 1_129_270_854  # the first of the two numbers of each of our advisory locks
WRITING, SERVING, MIGRATING = 1, 2, 3
CONNECT_SECONDS = 5
READER_WAIT_SECONDS = 10
TAKE_SERVICE = f"SELECT pg_try_advisory_lock({LOCKS}, {SERVING})"
DURABLE = ("on", "remote_apply")
SETTINGS = {
    # a writer that waits longer for another than a sender waits for its answer is of no use to either
    "lock_timeout": "30s",
    # a process that stopped in mid-transaction must not hold up all others for ever
    "idle_in_transaction_session_timeout": "60s",
    "client_min_messages": "warning",
}
KEEPALIVES = {"keepalives_idle": 30, "keepalives_interval": 10, "keepalives_count": 3, "tcp_user_timeout": 30_000}

KEEP = Insertion(Raw, ignore=True)
CONTENT = Prepared(Raw.select(Raw.content).where(Raw.sha256 == Slot("sha256")))


class _Text(StrDumper):
    """PostgreSQL's text cannot hold NUL, which mail can: there it is shown as what cannot be shown."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\0", "\ufffd") if "\0" in obj else obj)


class Postgres(PooledPostgresqlDatabase):  # type: ignore[misc]
    """The database on a server. ``serving``: this process is the one daemon of it."""

    may_lose_connections = True
    is_local = False

    def __init__(self, url: str, password: str, connections: int) -> None:
        secret = {"password": password} if password else {}
        super().__init__(
            "postgresql://" + url.partition("://")[2],
            max_connections=connections - 1,
            timeout=READER_WAIT_SECONDS,
            prefer_psycopg3=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="counterfoil",
            **KEEPALIVES,
            **secret,
        )
        self.place = _without_secret(url)
        self.serving = False
        self._may = threading.local()

    # -- writing

    def let_this_thread_write(self, allowed: bool = True) -> None:
        self.abandon()
        self._may.write = allowed

    def _connect(self) -> Any:
        if not getattr(self._may, "write", False):
            return self._prepared_for_use(super()._connect())
        connection = self._prepared_for_use(pw.PostgresqlDatabase._connect(self))  # type: ignore[attr-defined]
        try:
            for name, value in SETTINGS.items():
                connection.execute(f"SET {name} = '{value}'")
            if self.serving and not connection.execute(TAKE_SERVICE).fetchone()[0]:
                raise StoreError(
                    f"another Counterfoil runs on {self.place}; stop it, or give this one a database of its own"
                )
        except BaseException:
            connection.close()
            raise
        return connection

    @staticmethod
    def _prepared_for_use(connection: Any) -> Any:
        connection.adapters.register_dumper(str, _Text)
        return connection

    def begin(self) -> None:
        super().begin()
        self.execute_sql(f"SELECT pg_advisory_xact_lock({LOCKS}, {WRITING})")

    def in_transaction_now(self) -> bool:
        status = self.connection().info.transaction_status
        return status in (psycopg.pq.TransactionStatus.INTRANS, psycopg.pq.TransactionStatus.INERROR)

    def _close(self, connection: Any, close_conn: bool = False) -> None:
        # a writer's connection holds locks: it never goes into the pool
        super()._close(connection, close_conn or getattr(self._may, "write", False))

    def abandon(self) -> None:
        if not self.is_closed():
            with suppress(pw.DatabaseError):
                self.manual_close()
        self.close_idle()  # if one connection died, the others did too

    # -- reading

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        self.connect(reuse_if_open=True)
        self.execute_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        except BaseException:
            with suppress(pw.DatabaseError):
                self.execute_sql("ROLLBACK")
                self.close()
            raise
        self.execute_sql("COMMIT")
        self.close()

    # -- raw mail

    def keep_raw(self, sha256: str, content: bytes) -> None:
        KEEP.add(sha256=sha256, size=len(content), content=content)

    def read_raw(self, sha256: str) -> bytes | None:
        content = CONTENT.value(sha256=sha256)
        return None if content is None else bytes(content)


def open_server(url: str, password: str, connections: int, *, sole: bool) -> Postgres:
    """Reach, migrate and check a database; StoreError with a sentence. ``sole``: as its one daemon."""
    database = Postgres(url, password, connections)
    place = database.place
    try:
        tables.database.initialize(database)
        database.serving = sole
        database.let_this_thread_write()
        database.connect()
        database.execute_sql(f"SELECT pg_advisory_lock({LOCKS}, {MIGRATING})")
        migrate.up(database)
        _check_durability(database)
        return database
    except migrate.TooNew as error:
        raise StoreError(
            f"{place} was written by a newer Counterfoil ({error}); run that version, or restore a backup"
        ) from None
    except (pw.DatabaseError, pw.InterfaceError, psycopg.Error) as error:
        cause = " ".join(str(error).split())
        raise StoreError(f"the database {place} cannot be used: {cause}; {_cure(cause)}") from None
    finally:
        database.let_this_thread_write(False)


def _check_durability(database: Postgres) -> None:
    settings = {name: database.execute_sql(f"SHOW {name}").fetchone()[0] for name in ("synchronous_commit", "fsync")}
    if settings["synchronous_commit"] not in DURABLE or settings["fsync"] != "on":
        found = ", ".join(f"{name}={value}" for name, value in settings.items())
        raise StoreError(
            f"the database {database.place} has {found}; synchronous_commit=on and fsync=on are needed, because less "
            "can lose mail in a power cut: set them for the server, or for this user by ALTER ROLE"
        )


def _cure(cause: str) -> str:
    text = cause.casefold()
    if "password" in text or "authentication" in text or "pg_hba" in text:
        return "see storage.password_file and the user's rights on that server"
    if "does not exist" in text:
        return "create it, and let this user own it"
    if "permission denied" in text:
        return "let this user own the database"
    if "no space" in text or "disk full" in text:
        return "free some space on the server's disk"
    return "see that the server runs and that storage.database names it"


def _without_secret(url: str) -> str:
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc.rpartition('@')[2]}{parts.path}"
