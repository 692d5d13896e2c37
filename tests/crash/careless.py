"""``python careless.py FOLDER <command>``: Counterfoil on SQLite that does not wait for the disk (synchronous=NORMAL).

The daemon refuses to start so. What this loses in a power cut shows that ``bin/bench powercut`` can see a loss.
"""

from __future__ import annotations

import runpy

from daemon.store import sqlite
from tests.journey.commands import FAULTY

sqlite.PRAGMAS["synchronous"] = "normal"
sqlite._check_durability = lambda database: None

if __name__ == "__main__":
    runpy.run_path(str(FAULTY), run_name="__main__")
