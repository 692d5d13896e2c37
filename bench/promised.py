"""What promises cost a desk: opening a ticket with them and without, a turn of the clock, a change of policy.

The desk is the product's own, in this process, on SQLite with FULL; mails are small, so that promises weigh most.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench.rounds import Work, interleaved, verdict
from daemon.core.plan import Event
from daemon.core.sla.follow import follow
from daemon.core.sla.life import Life
from daemon.core.sla.terms import Subject
from daemon.core.sla.tick import wake_at
from daemon.core.values import Address
from daemon.store import commit, lives
from tests.promises.desk import SimulatedDesk

OFFICE = {"name": "office", "zone": "Europe/Berlin", "hours": ["mon-fri 09:00-17:30"], "holidays": "DE-BE"}
STANDARD = {"name": "standard", "first_response": "4h", "next_response": "8h", "resolution": "40h"}
PLAIN: dict[str, Any] = {"limits": {"tickets_per_address": 10**9, "automatic_per_address": 10**9}, "log": {}}
PROMISING = PLAIN | {"calendar": [OFFICE], "policy": [STANDARD]}
STRICTER = PLAIN | {"calendar": [OFFICE], "policy": [STANDARD | {"first_response": "3h", "resolution": "30h"}]}
MORE, TURN, CHANGE = 15.0, 5.0, 30.0
"""Bounds: per cent, milliseconds, seconds."""
MAILS, AT_ONCE = 100, 500


@contextmanager
def desk(settings: dict[str, Any]) -> Iterator[SimulatedDesk]:
    with tempfile.TemporaryDirectory(prefix="promised-") as folder:
        opened = SimulatedDesk(f"sqlite:///{folder}/desk.db", Path(folder), settings)
        try:
            yield opened
        finally:
            opened.close()


def opening(options: argparse.Namespace) -> None:
    """Print what a mail that opens a ticket costs with promises, in turn with what it costs without."""
    works: dict[str, Work] = {
        "without": lambda _: lambda: _opened(PLAIN),
        "with": lambda _: lambda: _opened(PROMISING),
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for name, _, _, cpu in interleaved(options.rounds, works):
        taken[name].append(cpu / MAILS * 1000)
    more = median((b / a - 1) * 100 for a, b in zip(taken["without"], taken["with"], strict=True))
    print(f"mails      {MAILS} a round, one after the other, acknowledged, two agents told")
    print(f"rounds     {options.rounds} after one to warm up; medians of CPU\n")
    for name in works:
        print(f"{name} promises: {median(taken[name]):.2f} ms of CPU a mail")
    print(f"more: {more:.1f} %, {verdict(more, MORE)}")


def _opened(settings: dict[str, Any]) -> float:
    """Seconds of CPU for the mails of a round, on a new desk."""
    with desk(settings) as here:
        here.open()
        began = time.process_time()
        for i in range(MAILS):
            here.now += 60
            here.open(f"customer{i}@example.net")
        return time.process_time() - began


def turns(options: argparse.Namespace) -> None:
    """Print a turn of the clock with nothing due, and a change of policy for all while mail goes on coming in."""
    with desk(PROMISING) as here:
        print(f"tickets    {options.tickets:,} open ones with two promises each")
        began = time.perf_counter()
        fill(here, options.tickets)
        here.tick()
        print(f"           made in {time.perf_counter() - began:.0f} s\n", flush=True)
        took = [_turn(here) for _ in range(50)]
        print(f"a turn with nothing due: {median(took):.2f} ms, {verdict(median(took), TURN)}")
        here.restart(STRICTER)
        seconds, waits = asyncio.run(_change(here))
        print(f"a change of policy, brought to all of them: {seconds:.1f} s, {verdict(seconds, CHANGE)}")
        waits.sort()
        print(
            f"  meanwhile {len(waits)} mails came in, one every {PAUSE * 1000:.0f} ms: "
            f"median {median(waits) * 1000:.0f} ms, longest {waits[-1] * 1000:.0f} ms"
        )


PAUSE = 0.1


def fill(here: SimulatedDesk, count: int) -> None:
    """Open so many tickets of one customer's, whose promises run."""
    house = here.house
    person = house.store.write(lambda: commit.person(Address("", "customer@example.net"), "", here.now)).result()
    for first in range(0, count, AT_ONCE):
        house.store.write(lambda: _fill_some(here, person, AT_ONCE)).result()
        if first and first % 20_000 == 0:
            print(f"           {first:,} …", flush=True)


def _fill_some(here: SimulatedDesk, person: int, count: int) -> None:
    """Tickets as their mails would have opened them, without the mails."""
    terms, now = here.house.agreement.terms, here.now
    opened = Event("ticket_opened", "no-ticket-named", now, data=(("by", "customer"),))
    life = Life(
        Subject("support", "support", "medium", "question", frozenset(), "customer@example.net"), "new", now, now
    )
    course = follow(life, (opened,), terms)
    wakes = wake_at(course.life, terms)
    for _ in range(count):
        number = commit.NEW_TICKET.new(
            desk="support",
            subject="Printer",
            status="new",
            team="support",
            requester=person,
            channel="smtp",
            opened_at=now,
            updated_at=now,
            idle_since=now,
        )
        for event in course.events:
            commit.NEW_EVENT.add(
                ticket=number, kind=event.kind, at=event.at, recorded_at=now, because=event.because, data="{}"
            )
        lives.save(number, None, course.life, wakes)


def _turn(here: SimulatedDesk) -> float:
    async def turn() -> float:
        began = time.perf_counter()
        await here.ticking.turn()
        return (time.perf_counter() - began) * 1000

    return asyncio.run(turn())


async def _change(here: SimulatedDesk) -> tuple[float, list[float]]:
    waits: list[float] = []
    over = asyncio.Event()

    async def intake() -> None:
        while not over.is_set():
            began = time.perf_counter()
            await here.arrive(f"customer{len(waits)}@example.net")
            waits.append(time.perf_counter() - began)
            await asyncio.sleep(PAUSE)

    mail = asyncio.create_task(intake())
    began = time.perf_counter()
    while await here.ticking.turn() == 0.0:
        pass
    seconds = time.perf_counter() - began
    over.set()
    await mail
    return seconds, waits
