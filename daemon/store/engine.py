"""What the store asks of a database, whichever it is, and how one that cannot be used is spoken of."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any, Protocol


class StoreError(Exception):
    """The database cannot be used; one sentence that names cause and cure."""


class Engine(Protocol):
    """A database with one writing thread and any number that read. Each thread has a connection of its own.

    ``may_lose_connections``: what fails before a commit is worth one more try on a new connection. ``is_local``: it is
    read in this process, so that a row by its key costs less than a change of threads.
    """

    may_lose_connections: bool
    is_local: bool

    def let_this_thread_write(self, allowed: bool = True) -> None:
        """Say whether this thread's next connection may write; the one it has is closed."""

    def begin(self) -> None:
        """Begin the writer's transaction; no other process writes until it ends."""

    def in_transaction_now(self) -> bool:
        """Whether the database itself still holds this connection's transaction."""

    def snapshot(self) -> AbstractContextManager[None]:
        """Within it this thread reads one state of the database, and writes nothing."""

    def keep_raw(self, sha256: str, content: bytes) -> None:
        """Keep bytes under their hash (hexadecimal SHA-256); those that are there already stay."""

    def read_raw(self, sha256: str) -> bytes | None:
        """The bytes kept under this hash."""

    def execute_sql(self, sql: str, params: Any = None) -> Any: ...
    def connect(self, reuse_if_open: bool = False) -> Any: ...
    def abandon(self) -> None:
        """Drop this thread's connection, whatever state it is in, and those that nobody uses."""

    def close(self) -> Any: ...
