"""Parsing in worker processes that may be killed (invariant 5). The mails are small; workers are made to hang by
SIGSTOP."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from daemon.core.values import Mail, Unreadable
from daemon.mail.parse import parse
from daemon.mail.worker import ParserPool
from tests.mail.mails import mail

BIG = mail(b"A line of a big mail.\r\n" * 100_000)


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    pool = ParserPool(workers=1, cpu_seconds=20, wall_seconds=20)
    yield pool
    pool.close()


@pytest.fixture
async def hasty_pool() -> AsyncIterator[ParserPool]:
    pool = ParserPool(workers=1, wall_seconds=0.5)
    yield pool
    pool.close()


@pytest.fixture
def quiet_pool() -> Iterator[ParserPool]:
    pool = ParserPool(workers=1, cpu_seconds=20, wall_seconds=20)
    yield pool
    pool.close()


async def test_a_worker_reads_as_the_parser_does(pool: ParserPool) -> None:
    assert await pool.parse(mail(), "a") == parse(mail())


async def test_a_big_mail_travels_in_a_file(pool: ParserPool) -> None:
    parsed = await pool.parse(BIG, "a")
    assert isinstance(parsed, Mail)
    assert parsed == parse(BIG)


async def test_i05_many_at_once_are_all_read(pool: ParserPool) -> None:
    mails = [mail(Subject=f"number {number}") for number in range(60)]
    parsed = await asyncio.gather(*(pool.parse(raw, str(number % 7)) for number, raw in enumerate(mails)))
    assert [one.subject for one in parsed] == [f"number {number}" for number in range(60)]


async def test_i05_a_mail_that_takes_too_long_is_given_up_and_the_next_one_read(
    hasty_pool: ParserPool,
) -> None:
    for pid in hasty_pool.pids():
        os.kill(pid, signal.SIGSTOP)
    parsed = await hasty_pool.parse(mail(), "a")
    assert isinstance(parsed, Unreadable)
    assert (parsed.because, parsed.size) == ("worker-time-out", len(mail()))
    assert parsed.sha256 == parse(mail()).sha256
    assert isinstance(await hasty_pool.parse(mail(), "b"), Mail)


async def test_a_mail_that_waits_for_a_busy_machine_is_read_all_the_same() -> None:
    pool = ParserPool(workers=1, cpu_seconds=0.5, wall_seconds=20)
    for pid in pool.pids():
        os.kill(pid, signal.SIGSTOP)
    reading = asyncio.create_task(pool.parse(mail(), "a"))
    await asyncio.sleep(1)
    for pid in pool.pids():
        os.kill(pid, signal.SIGCONT)
    try:
        assert isinstance(await reading, Mail)
    finally:
        pool.close()


async def test_i05_a_mail_that_needs_too_much_processor_time_is_given_up_and_the_next_one_read() -> None:
    pool = ParserPool(workers=1, cpu_seconds=0.02, wall_seconds=20)
    try:
        parsed = await pool.parse(mail(b"A line: of a mail.\r\n" * 40_000), "a")
        assert isinstance(parsed, Unreadable)
        assert parsed.because == "worker-time-out"
        assert isinstance(await pool.parse(mail(), "a"), Mail)
    finally:
        pool.close()


async def test_i05_a_worker_that_dies_takes_only_its_mail_with_it(pool: ParserPool) -> None:
    for pid in pool.pids():
        os.kill(pid, signal.SIGKILL)
    parsed = await pool.parse(mail(), "a")
    assert isinstance(parsed, Unreadable)
    assert parsed.because == "worker-died"
    assert isinstance(await pool.parse(mail(), "a"), Mail)


async def test_i05_a_mail_that_needs_too_much_memory_is_given_up() -> None:
    pool = ParserPool(workers=1, memory_mb=96)
    parsed = await pool.parse(mail(b"x" * 80_000_000), "a")
    pool.close()
    assert isinstance(parsed, Unreadable)
    assert parsed.because in ("out-of-memory", "worker-died")


async def test_i05_a_source_that_killed_two_workers_waits_in_the_slow_lane(hasty_pool: ParserPool) -> None:
    before = set(hasty_pool.pids())
    for _ in range(2):
        for pid in set(hasty_pool.pids()) & before:
            os.kill(pid, signal.SIGSTOP)
        before = set(hasty_pool.pids())
        await hasty_pool.parse(mail(), "bad")
    assert isinstance(await hasty_pool.parse(mail(), "bad"), Mail)
    assert isinstance(await hasty_pool.parse(mail(), "good"), Mail)


async def test_i05_while_others_wait_a_slow_mail_moves_to_the_slow_lane(hasty_pool: ParserPool) -> None:
    fast = min(hasty_pool.pids())
    os.kill(fast, signal.SIGSTOP)
    slow, other = await asyncio.gather(
        hasty_pool.parse(mail(Subject="slow"), "a"), hasty_pool.parse(mail(Subject="other"), "b")
    )
    assert (slow.subject, other.subject) == ("slow", "other")
    assert fast not in hasty_pool.pids()


async def test_a_lost_nursery_is_replaced(pool: ParserPool) -> None:
    process = pool._nursery._process
    assert process is not None
    process.kill()
    for pid in pool.pids():
        os.kill(pid, signal.SIGKILL)
    await pool.parse(mail(), "a")
    assert isinstance(await pool.parse(mail(), "b"), Mail)


def test_without_an_event_loop_parse_now_does_the_same(quiet_pool: ParserPool) -> None:
    assert quiet_pool.parse_now(mail(), "file") == parse(mail())
    assert quiet_pool.parse_now(BIG, "file") == parse(BIG)


def test_the_main_process_never_loads_what_reads_hostile_bytes() -> None:
    code = """if True:
        import sys
        from daemon.mail.worker import ParserPool
        pool = ParserPool(1)
        pool.parse_now(b"From: a@b.example\\n\\nx", "a")
        pool.close()
        heavy = ("nh3", "chardet", "flufl", "daemon.mail.parse", "multiprocessing")
        print([module for module in heavy if module in sys.modules])
    """
    root = Path(__file__).resolve().parents[2]
    ran = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
