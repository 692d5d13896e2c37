"""Where a crash run takes place: a database of its own and, if wanted, mailboxes on a real IMAP server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.crash.post import Mailboxes
from tests.databases import PostgresServer, postgres_server
from tests.imap.dovecot import Dovecot, dovecot


@dataclass
class Place:
    """Servers that are started when they are first needed; ``database`` and ``mailboxes`` are new at each call."""

    stack: ExitStack
    server: PostgresServer | None = None
    post: Dovecot | None = None

    def database(self, kind: str, folder: Path) -> str:
        """The URL of an empty database."""
        if kind == "sqlite":
            return f"sqlite:///{folder / 'var' / 'counterfoil.db'}"
        if self.server is None:
            self.server = self.stack.enter_context(postgres_server())
        return self.server.new_database()

    def mailboxes(self) -> Mailboxes:
        if self.post is None:
            self.post = self.stack.enter_context(dovecot())
        return Mailboxes.on(self.post)


@contextmanager
def place() -> Iterator[Place]:
    with ExitStack() as stack:
        yield Place(stack)
