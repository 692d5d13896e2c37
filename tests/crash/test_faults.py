"""What the daemon lives through without a restart, under load: nothing acknowledged is lost, nothing doubled (inv. 26).

Each test has clients that send until they hear 250, does something bad for a while, ends it, waits until nothing waits
any more and asks the oracle.
"""

from __future__ import annotations

import os
import resource
import smtplib
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.crash.harness import Plan, Report, Scene, run
from tests.crash.relay import STAGES
from tests.databases import PostgresServer, postgres_server
from tests.journey.running import until

NO_FIU = "no libfiu here: install fiu-utils to run this test"
FIU = [Path("/usr/lib/fiu/fiu_run_preload.so"), Path("/usr/lib/fiu/fiu_posix_preload.so")]
FAKETIME = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
NO_SPACE, INPUT_OUTPUT = 28, 5
HELD_SECONDS = 30.0


@pytest.fixture
def own_postgres() -> Iterator[PostgresServer]:
    """A server that a test may crash."""
    with postgres_server() as server:
        yield server


def survives(folder: Path, trouble: Callable[[Scene], None], database: str = "", **plan: object) -> Report:
    """A run with this trouble must leave nothing wrong, and must have hurt."""
    url = database or f"sqlite:///{folder / 'var' / 'counterfoil.db'}"
    report = run(Plan("fault", url, trouble=trouble, pace=0.02, **plan), folder)  # type: ignore[arg-type]
    assert not report.faults, f"{report}\n{(folder / 'log').read_text()[-2000:]}"
    assert report.acknowledged > 0
    return report


@contextmanager
def small_disk(place: Path, kilobytes: int) -> Iterator[None]:
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(place)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="a disk of one's own needs root")
def test_i26_a_disk_that_runs_full_defers_mail_until_there_is_room(tmp_path: Path) -> None:
    filler = tmp_path / "var" / "filler"

    def trouble(scene: Scene) -> None:
        scene.until_taken()
        with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 4096)
        scene.until_deferred()
        assert scene.victim.lives()
        filler.unlink()
        scene.until_taken(30)

    with small_disk(tmp_path / "var", 300_000):
        survives(tmp_path, trouble)


def test_i26_a_limit_on_the_size_of_files_defers_mail_until_it_is_lifted(tmp_path: Path) -> None:
    def trouble(scene: Scene) -> None:
        scene.until_taken()
        # the log is such a file too, and its end must not be the daemon's
        before = resource.prlimit(scene.victim.pid, resource.RLIMIT_FSIZE, (1_000, resource.RLIM_INFINITY))
        scene.until_deferred()
        assert scene.victim.lives()
        resource.prlimit(scene.victim.pid, resource.RLIMIT_FSIZE, before)
        scene.until_taken(30)

    survives(tmp_path, trouble)


@pytest.mark.skipif(not all(file.exists() for file in FIU), reason=NO_FIU)
@pytest.mark.parametrize(
    ("calls", "number"),
    [
        (("posix/io/sync/fsync", "posix/io/sync/fdatasync"), INPUT_OUTPUT),
        (("posix/io/rw/write", "posix/io/rw/pwrite"), NO_SPACE),
        (("posix/io/rw/pwrite",), INPUT_OUTPUT),
    ],
    ids=["fsync", "no-space", "write"],
)
def test_i26_calls_to_the_disk_that_fail_defer_mail_until_they_work(
    tmp_path: Path, calls: tuple[str, ...], number: int
) -> None:
    """A COMMIT that could not be synced is not answered for; what it wrote is written anew by the next one."""
    pipe = tmp_path / "fiu"

    def control(pid: int, command: str) -> None:
        with open(f"{pipe}-{pid}.in", "w") as ask:  # noqa: PTH123
            print(command, file=ask)
        with open(f"{pipe}-{pid}.out") as answer:  # noqa: PTH123
            assert answer.read().strip() == "0"

    def trouble(scene: Scene) -> None:
        for _ in range(2):
            scene.until_taken()
            for name in calls:
                control(scene.victim.pid, f"enable name={name},failinfo={number}")
            scene.until_deferred()
            assert scene.victim.lives()
            for name in calls:
                control(scene.victim.pid, f"disable name={name}")
        scene.until_taken(30)

    preload = " ".join(map(str, FIU))
    survives(tmp_path, trouble, environment={"LD_PRELOAD": preload, "FIU_CTRL_FIFO": str(pipe)})


def test_i08_a_relay_that_refuses_hangs_or_hangs_up_at_each_step_is_outlived(tmp_path: Path) -> None:
    def trouble(scene: Scene) -> None:
        relay, well = scene.relay, dict(scene.relay.answers)
        for stage in STAGES:
            closed = "421 4.3.2 closed" if stage == "greeting" else "451 4.3.0 later"
            for spoilt in ({"answers": well | {stage: closed}}, {"hangs_at": stage}, {"drops_at": stage}):
                for name, value in spoilt.items():
                    setattr(relay, name, value)
                times = relay.times
                until(lambda times=times: relay.times < times - 1, 60)  # type: ignore[misc]
                relay.answers, relay.hangs_at, relay.drops_at = well, "", ""
        scene.until_taken(30)

    survives(tmp_path, trouble, clients=2)


def test_i26_a_database_that_another_process_holds_defers_mail_and_stops_nothing_else(tmp_path: Path) -> None:
    """As long as it lasts each batch is told after five seconds; whoever writes no mail down is served at once."""
    database = tmp_path / "var" / "counterfoil.db"

    def trouble(scene: Scene) -> None:
        scene.until_taken()
        other = sqlite3.connect(database, timeout=10, isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        until_over = time.monotonic() + HELD_SECONDS
        try:
            scene.until_deferred(1)
            with smtplib.SMTP("127.0.0.1", scene.victim.ports["outside"], timeout=20) as other_client:
                other_client.ehlo()
                assert other_client.mail("someone@customer.example")[0] == 250
                assert other_client.rcpt("support@desk.example")[0] == 250
            until(lambda: time.monotonic() > until_over, 2 * HELD_SECONDS)
            assert scene.victim.lives()
        finally:
            other.execute("ROLLBACK")
            other.close()
        scene.until_taken(30)

    survives(tmp_path, trouble)


def test_i26_a_postgresql_that_crashes_and_loses_connections_is_come_back_to(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    url = own_postgres.new_database()

    def trouble(scene: Scene) -> None:
        for away in (False, True):
            scene.until_taken()
            own_postgres.cut_connections(url)
            scene.until_taken()
            own_postgres.stop("immediate")
            if away:
                scene.until_deferred(1)
            own_postgres.start()
        scene.until_taken(30)

    survives(tmp_path, trouble, url)


@pytest.mark.skipif(not FAKETIME, reason="no libfaketime here: install faketime to run this test")
def test_i26_a_clock_that_is_set_back_a_day_and_ahead_four_hundred_stops_no_mail(tmp_path: Path) -> None:
    """Letters that wait for their next try leave soon all the same, and none is given up for its seeming age."""
    offset = tmp_path / "offset"

    def set_clock(by: str) -> None:
        new = tmp_path / "offset.new"
        new.write_text(f"{by}\n")
        new.replace(offset)

    def trouble(scene: Scene) -> None:
        well = dict(scene.relay.answers)
        for step in ("-1d", "+400d"):
            scene.until_taken()
            scene.relay.answers = well | {"final": "451 4.3.0 later"}
            scene.until_taken()
            set_clock(step)
            tries = scene.relay.times
            scene.until_taken()
            until(lambda tries=tries: scene.relay.times < tries - 20, 60)  # type: ignore[misc]
            scene.relay.answers = well

    set_clock("+0d")
    survives(
        tmp_path,
        trouble,
        clock_leaps=True,
        environment={
            "LD_PRELOAD": str(FAKETIME[0]),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # for an old C library; it spins where threads wait for a lock
        },
    )


def test_two_hundred_slow_clients_do_not_hold_up_a_good_one(tmp_path: Path) -> None:
    """Each sends a byte now and then; the good one's mails are timed, and the slowest is printed (under 2 s)."""

    def trouble(scene: Scene) -> None:
        port = scene.victim.ports["outside"]
        slow = []
        for number in range(200):
            line = socket.create_connection(("127.0.0.1", port), 20, source_address=(f"127.0.0.{2 + number // 20}", 0))
            line.sendall(
                b"EHLO x\r\nMAIL FROM:<a@customer.example>\r\nRCPT TO:<support@desk.example>\r\nDATA\r\n"[: number or 1]
            )
            slow.append(line)
        took = []
        for _ in range(10):
            for line in slow:
                line.sendall(b"x")
            before = time.monotonic()
            scene.until_taken(3)
            took.append((time.monotonic() - before) / 3)
        print(f"beside 200 slow clients a mail took {max(took):.2f} s at most")
        for line in slow:
            line.close()

    survives(tmp_path, trouble, clients=1)
