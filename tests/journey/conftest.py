"""Desks that run: one for all tests whose mail does not meet, and as many others as a test needs; on each database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.databases import DATABASES, PostgresServer
from tests.journey.running import DESKS, RunningDesk
from tests.journey.sink import Sink

PATIENT = """
[limits]
automatic_per_address = 10000
tickets_per_address = 10000
mails_per_minute = 100000
connections_per_address = 200
"""


@pytest.fixture(scope="session")
def sink() -> Iterator[Sink]:
    with Sink() as relay:
        yield relay


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    """On which database the test runs."""
    return str(request.param)


def running(folder: Path, sink: Sink, url: str = "") -> Iterator[RunningDesk]:
    desk = RunningDesk(folder, sink, tables=PATIENT, database=url)
    try:
        yield desk.start()
        assert '"level": "error"' not in desk.log.read_text()
    finally:
        desk.end()


@pytest.fixture(scope="session")
def desk_on_sqlite(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[RunningDesk]:
    yield from running(tmp_path_factory.mktemp("desk"), sink)


@pytest.fixture(scope="session")
def desk_on_postgresql(
    tmp_path_factory: pytest.TempPathFactory, sink: Sink, postgres: PostgresServer
) -> Iterator[RunningDesk]:
    yield from running(tmp_path_factory.mktemp("desk"), sink, postgres.new_database())


@pytest.fixture
def desk(request: pytest.FixtureRequest, database: str) -> RunningDesk:
    """The desk that all share: each test writes from addresses of its own."""
    found: RunningDesk = request.getfixturevalue(f"desk_on_{database}")
    return found


@pytest.fixture
def own_sink() -> Iterator[Sink]:
    """A relay that a test may spoil."""
    with Sink() as relay:
        yield relay


@pytest.fixture
def open_desk(
    request: pytest.FixtureRequest, tmp_path: Path, own_sink: Sink, database: str
) -> Iterator[Callable[..., RunningDesk]]:
    """Start a desk of one's own: ``open_desk(sink, options, tables)``; it ends before its relay does."""
    opened: list[RunningDesk] = []
    server: PostgresServer | None = request.getfixturevalue("postgres") if database == "postgresql" else None

    def start(sink: Sink | None = None, options: str = "", tables: str = PATIENT, desks: str = DESKS) -> RunningDesk:
        folder = tmp_path / f"desk{len(opened)}"
        folder.mkdir()
        desk = RunningDesk(folder, sink, options, tables, desks, server.new_database() if server else "")
        opened.append(desk)
        return desk.start()

    yield start
    for desk in opened:
        desk.end()
