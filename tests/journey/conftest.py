"""Desks that run: one for all tests whose mail does not meet, and as many others as a test needs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

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


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[RunningDesk]:
    """The desk that all share: each test writes from addresses of its own."""
    running = RunningDesk(tmp_path_factory.mktemp("desk"), sink, tables=PATIENT)
    try:
        yield running.start()
        assert '"level": "error"' not in running.log.read_text()
    finally:
        running.end()


@pytest.fixture
def own_sink() -> Iterator[Sink]:
    """A relay that a test may spoil."""
    with Sink() as relay:
        yield relay


@pytest.fixture
def open_desk(tmp_path: Path, own_sink: Sink) -> Iterator[Callable[..., RunningDesk]]:
    """Start a desk of one's own: ``open_desk(sink, options, tables)``; it ends before its relay does."""
    opened: list[RunningDesk] = []

    def start(sink: Sink | None = None, options: str = "", tables: str = PATIENT, desks: str = DESKS) -> RunningDesk:
        folder = tmp_path / f"desk{len(opened)}"
        folder.mkdir()
        running = RunningDesk(folder, sink, options, tables, desks)
        opened.append(running)
        return running.start()

    yield start
    for running in opened:
        running.end()
