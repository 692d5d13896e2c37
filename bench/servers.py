"""What is measured, each in a process of its own: the daemon on a new database, and aiosmtpd that does nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from aiosmtpd.smtp import SMTP

from bench.corpus import DESK, Known
from daemon.mail.address import AddressBook, DeskAddress, Keyring
from tests.databases import postgres_server

START_SECONDS = 30
ROOT = Path(__file__).resolve().parents[1]
KEYS = "1 " + "5a" * 32 + "\n"
BOOK = AddressBook([DeskAddress("support", DESK, "plus", "-")])
UNLIMITED = 10_000_000
CONFIG = """
[storage]
folder = "{folder}"
database = "{database}"
[[desk]]
name = "support"
address = "{desk}"
acknowledge = {acknowledge}
{agent}
[[listen]]
port = {port}
[http]
port = {http}
{relay}
[limits]
mails_per_minute = {unlimited}
tickets_per_address = {unlimited}
automatic_per_address = {unlimited}
automatic_per_ticket = {unlimited}
[log]
level = "{level}"
"""
AGENT = '[[agent]]\nname = "Desk Agent"\naddress = "agent@example.com"\n'
RELAY = '[relay]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\n'


@dataclass
class Daemon:
    """A running daemon: its port, its database, its main process."""

    port: int
    folder: Path
    process: psutil.Process
    sends: bool
    url: str = ""
    outbox: Any = field(init=False)

    def __post_init__(self) -> None:
        if self.url:
            self.outbox = psycopg.connect(self.url, autocommit=True)
        else:
            self.outbox = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, isolation_level=None)

    @property
    def database(self) -> Path:
        return self.folder / "counterfoil.db"

    def cpu(self) -> float:
        """CPU seconds of the main process, its workers and those that have ended."""
        spent = 0.0
        for process in (self.process, *self.process.children(recursive=True)):
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                spent += times.user + times.system + times.children_user + times.children_system
        return spent

    def workers(self) -> list[psutil.Process]:
        """The processes that parse: the children of the nursery."""
        return [worker for nursery in self.process.children() for worker in nursery.children()]

    def drain(self) -> float:
        """Wait until nothing is left to be sent; the seconds that took."""
        started = time.monotonic()
        while self._row("SELECT count(*) FROM outbox WHERE state = 'queued'")[0]:
            time.sleep(0.005)
        return time.monotonic() - started

    def counts(self) -> tuple[int, int]:
        """How many mails were filed, and how many were delivered."""
        filed = self._row("SELECT count(*) FROM inbound WHERE state = 'filed'")[0]
        return int(filed), int(self._row("SELECT count(*) FROM outbox WHERE state = 'delivered'")[0])

    def last(self) -> tuple[str, str]:
        """State and reason of the newest mail in the ledger."""
        state, because = self._row("SELECT state, because FROM inbound ORDER BY id DESC LIMIT 1")
        return str(state), str(because)

    def known(self, most: int) -> list[Known]:
        """Tickets that are not closed, whose customers may answer: at most so many, spread over all there are."""
        keyring = Keyring.from_text(KEYS)
        rows = self.outbox.execute(
            "SELECT t.id, t.requester_id, a.address, m.rfc_message_id FROM ticket t"
            " JOIN mail_address a ON a.person_id = t.requester_id"
            " JOIN message m ON m.id = (SELECT min(id) FROM message WHERE ticket_id = t.id)"
            " WHERE t.status != 'closed' ORDER BY t.id"
        ).fetchall()
        return [
            Known(address, ticket, BOOK.reply_address("support", ticket, keyring.token(ticket, person)), message_id)
            for ticket, person, address, message_id in rows[:: -(-len(rows) // most) or 1]
        ]

    def _row(self, sql: str) -> Any:
        return self.outbox.execute(sql).fetchone()


@contextmanager
def daemon(
    folder: Path,
    relay_port: int | None = None,
    *,
    sends: bool,
    level: str = "info",
    database: str = "",
    extra: str = "",
) -> Iterator[Daemon]:
    """Run a daemon on ``folder``; with ``sends`` it acknowledges and tells one agent, otherwise nothing goes out.

    ``database`` is the URL of another database than the file in that folder, ``extra`` further tables of the
    configuration.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "secret.key").write_text(KEYS)
    port, http = free_port(), free_port()
    config = folder / "config.toml"
    config.write_text(
        CONFIG.format(
            folder=folder,
            database=database,
            desk=DESK,
            acknowledge=json.dumps(sends),
            agent=AGENT if sends else "",
            relay=RELAY.format(port=relay_port) if relay_port else "",
            port=port,
            http=http,
            unlimited=UNLIMITED,
            level=level,
        )
        + extra
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "daemon", "run", "--config", str(config)],
            stdout=log,
            stderr=log,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
    try:
        _await_health(process, http, folder / "log")
        running = Daemon(port, folder, psutil.Process(process.pid), sends, database)
        yield running
        running.outbox.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _await_health(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise SystemExit(f"the daemon does not start:\n{log.read_text()}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def aiosmtpd() -> Iterator[int]:
    """An aiosmtpd that takes every mail and does nothing with it, in a process of its own; its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_take_all, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


class _Nothing:
    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        return "250 OK"


def _take_all(line: Connection) -> None:
    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(_Nothing(), command_call_limit={"*": UNLIMITED}, enable_SMTPUTF8=True), "127.0.0.1", 0
        )
        line.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def databases(server: str, count: int) -> Iterator[list[str]]:
    """New databases on a PostgreSQL server, dropped in the end; their URLs. ``postgresql`` starts a server for it."""
    if server == "postgresql":
        with postgres_server() as own:
            yield [own.new_database() for _ in range(count)]
        return
    parts = urlsplit(server)
    names = [f"counterfoil_bench_{os.getpid()}_{number}" for number in range(count)]
    with psycopg.connect(server, autocommit=True) as connection:
        for name in names:
            connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield [urlunsplit(parts._replace(path=f"/{name}")) for name in names]
        finally:
            for name in names:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
