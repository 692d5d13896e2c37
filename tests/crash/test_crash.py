"""kill -9 at random moments loses nothing, doubles nothing and leaves nothing half done (invariants 1, 4, 8 and 27).

Longer, and over more seeds: ``bin/bench crash``.
"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.crash.harness import Plan, run
from tests.crash.places import Place
from tests.imap.dovecot import MISSING, installed

SECONDS = 16.0  # of blows; with the quiet behind them 20


@pytest.mark.parametrize(
    ("seed", "database", "with_mailboxes"),
    [("1", "sqlite", False), ("2", "postgresql", True), ("3", "sqlite", True)],
)
def test_i27_kill_9_under_load_loses_doubles_and_halves_nothing(
    request: pytest.FixtureRequest, tmp_path: Path, seed: str, database: str, with_mailboxes: bool
) -> None:
    if with_mailboxes and not installed():
        pytest.skip(MISSING)
    server = request.getfixturevalue("postgres") if database == "postgresql" else None
    with ExitStack() as stack:
        place = Place(stack, server)
        mailboxes = place.mailboxes() if with_mailboxes else None
        report = run(Plan(seed, place.database(database, tmp_path), SECONDS, mailboxes=mailboxes), tmp_path)
    print(report)
    assert not report.faults, str(report)
    assert report.kills > 0
    assert report.acknowledged > report.kills
    assert report.appended > 0 or not with_mailboxes
