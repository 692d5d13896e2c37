"""What all tests share: the PostgreSQL server, and which skips are failures.

In CI a test may be skipped only for a reason that tests/allowed_skips.txt lists; any other skip is a failure.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.databases import PostgresServer, postgres_server

settings.register_profile("desk", deadline=None)  # how long an example takes says something of the machine alone
settings.load_profile("desk")

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = Path(__file__).with_name("allowed_skips.txt")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """The server on which tests have databases of their own."""
    with postgres_server() as server:
        yield server


class Skips:
    """Collects the reasons for which tests were skipped and are not allowed to be."""

    def __init__(self, allowed: tuple[str, ...]) -> None:
        self.allowed = allowed
        self.refused: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.note(report)

    def note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if report.skipped and not hasattr(report, "wasxfail") and isinstance(report.longrepr, tuple):
            reason = str(report.longrepr[2]).removeprefix("Skipped: ")
            if not reason.startswith(self.allowed):
                self.refused.append(f"{report.nodeid}: {reason}")

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.refused and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.refused:
            terminalreporter.section("skips that tests/allowed_skips.txt does not list", red=True)
            for line in sorted(self.refused):
                terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault("COUNTERFOIL_DEMO", str(ROOT / "var" / "demo"))
    if os.environ.get("CI") == "true":
        lines = (line.strip() for line in ALLOWED.read_text("utf-8").splitlines())
        config.pluginmanager.register(
            Skips(tuple(line for line in lines if line and not line.startswith("#"))), "skips"
        )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the longest, beside which the many short ones can run in other processes."""
    items.sort(key=lambda item: "crash" not in item.path.parts)
