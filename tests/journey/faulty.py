"""``python faulty.py FOLDER <command>``: Counterfoil with faults that can be switched on while it runs.

A file in FOLDER switches one on: ``full`` lets the database grow no further, ``bug`` makes every decision raise. And it
looks into its outbox more often than usual, so that tests need not wait for the next round.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Any

from daemon import app
from daemon.core import decide
from daemon.edge.delivery import Delivery
from daemon.store.db import Sqlite

SWITCHES = Path(sys.argv.pop(1))
OUTBOX_SECONDS = 0.1
NO_LIMIT = 1_073_741_823


def decide_or_raise(*given: Any) -> Any:
    if (SWITCHES / "bug").exists():
        raise ZeroDivisionError("a fault that was switched on")
    return sound_decision(*given)


def begin_on_a_full_disk(database: Sqlite, *given: Any) -> Any:
    pages = database.execute_sql("PRAGMA page_count").fetchone()[0] if (SWITCHES / "full").exists() else NO_LIMIT
    database.execute_sql(f"PRAGMA max_page_count = {pages}")
    return sound_begin(database, *given)


sound_decision, sound_begin = decide.receive, Sqlite.begin
decide.receive = decide_or_raise
Sqlite.begin = begin_on_a_full_disk  # type: ignore[method-assign]
app.Delivery = partial(Delivery, poll=OUTBOX_SECONDS)  # type: ignore[misc, assignment]

if __name__ == "__main__":
    from daemon.__main__ import main

    main()
