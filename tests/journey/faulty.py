"""``python faulty.py FOLDER <command>``: Counterfoil with faults that can be switched on while it runs.

``python faulty.py FOLDER serve`` runs commands and daemons, without the time that it takes to load them: each is a fork
of this process, which has loaded everything and done nothing.

A file in FOLDER switches one on: ``full`` lets the database grow no further, ``bug`` makes every decision raise. And it
looks into its outbox and its ledger more often than usual, so that tests need not wait for the next round.
"""

from __future__ import annotations

import ctypes
import gc
import json
import os
import signal
import sys
import traceback
from functools import partial
from pathlib import Path
from typing import Any

from daemon import app
from daemon.core import decide
from daemon.desk.repair import Repairs
from daemon.edge.delivery import Delivery
from daemon.edge.webhooks import Webhooks
from daemon.store.sqlite import Sqlite

SWITCHES = Path(sys.argv.pop(1))
OUTBOX_SECONDS = 0.1
LONGEST_SECONDS = 30
PR_SET_PDEATHSIG = 1
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
app.Webhooks = partial(Webhooks, poll=OUTBOX_SECONDS)  # type: ignore[misc, assignment]
app.Repairs = partial(Repairs, pause=OUTBOX_SECONDS)  # type: ignore[misc, assignment]


def run(arguments: list[str]) -> int:
    """Run a command of ours; its exit code."""
    from daemon.__main__ import main

    sys.argv = ["counterfoil", *arguments]
    try:
        main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def serve() -> None:
    """For each line of JSON, run a command in a child of this loaded process, and print its exit code.

    Of a daemon (``code`` names a file) the process number is printed; its exit code will be in that file. Daemons that
    are left at the end are killed.
    """
    import daemon.cli  # noqa: F401

    gc.collect()
    gc.freeze()
    keepers: list[tuple[int, int]] = []
    for line in sys.stdin:
        request = json.loads(line)
        if "code" in request:
            keepers.append(keep(request))
            print(keepers[-1][1], flush=True)
            continue
        child = os.fork()
        if child == 0:
            signal.alarm(LONGEST_SECONDS)
            os._exit(run_apart(request))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        keepers = [one for one in keepers if os.waitpid(one[0], os.WNOHANG)[0] == 0]
    for keeper, kept in keepers:
        if os.waitpid(keeper, os.WNOHANG)[0] == 0:
            os.kill(kept, signal.SIGKILL)
            os.waitpid(keeper, 0)


def die_with_parent() -> None:
    """Leave nothing behind when the tests are killed (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def keep(request: dict[str, Any]) -> tuple[int, int]:
    """Start a daemon in a child of a child, which waits for its end; the numbers of both."""
    ours, theirs = os.pipe()
    keeper = os.fork()
    if keeper:
        os.close(theirs)
        with os.fdopen(ours) as line:
            return keeper, int(line.read())
    die_with_parent()
    daemon = os.fork()
    if daemon == 0:
        die_with_parent()
        os.closerange(min(ours, theirs), max(ours, theirs) + 1)
        os.setsid()
        os._exit(run_apart(request))
    with os.fdopen(theirs, "w") as line:
        line.write(str(daemon))
    code = os.waitstatus_to_exitcode(os.waitpid(daemon, 0)[1])
    file = Path(request["code"])
    file.with_suffix(".new").write_text(str(code))
    file.with_suffix(".new").rename(file)
    os._exit(0)


def run_apart(request: dict[str, Any]) -> int:
    global SWITCHES
    SWITCHES = Path(request["switches"])
    os.chdir(request["folder"])
    os.environ.update(request["environment"])
    for number, name in enumerate(("in", "out", "err")):
        os.dup2(os.open(request[name], os.O_WRONLY | os.O_APPEND if number else os.O_RDONLY), number)
    sys.stdin = os.fdopen(0, closefd=False)
    try:
        return run(request["arguments"])
    except BaseException:  # noqa: BLE001 - the child ends here, whatever it was
        traceback.print_exc()
        return 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        sys.exit(run(sys.argv[1:]))
