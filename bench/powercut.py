"""The power is cut under load: is any mail lost that was answered 250?

    bin/bench powercut [--cuts N] [--synchronous full|normal] [--seed N]

The daemon's folder lies on a disk of its own, ext4 on the loop driver, whose power is cut at random moments (bench/disk
says how); what was acknowledged is noted outside. Behind each cut the copy of the disk is mounted, the database is
checked and compared with the notes, and the daemon goes on with it. Every so many cuts a disk's outbox runs dry,
everything is compared, and a new disk takes its place. With ``--synchronous normal``, which the daemon itself
refuses, some must be lost: that is the proof that a loss would be seen. Needs root.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.disk import Disk, missing
from tests.crash import careless, oracle, state
from tests.crash.clients import Books, Client
from tests.crash.mails import REFUSED, Writer
from tests.crash.oracle import Fault, World
from tests.crash.relay import Weather
from tests.crash.victim import Victim
from tests.journey.commands import FAULTY
from tests.journey.running import until
from tests.journey.sink import Sink

CUTS_PER_DISK = 10
MEGABYTES = 2_000
CLIENTS, PACE = 6, 0.05
DRAIN_SECONDS = 120.0


@dataclass
class Totals:
    cuts: int = 0
    acknowledged: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    harmful: int = 0


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    if reason := missing():
        print(reason)
        return 2
    totals = Totals()
    while totals.cuts < options.cuts:
        with TemporaryDirectory(prefix="powercut-") as folder:
            _one_disk(Path(folder), f"{options.seed}-{totals.cuts}", options, totals)
    lost = totals.faults["lost"]
    print(
        f"\nsynchronous={options.synchronous.upper()}: {totals.cuts} cuts, {totals.acknowledged} mails acknowledged, "
        f"{lost} lost, {totals.faults['doubled']} doubled, {totals.faults['half']} half, "
        f"{totals.faults['wrong']} otherwise wrong; {totals.harmful} of {totals.cuts} cuts did harm"
    )
    if options.synchronous == "normal":
        print("some had to be lost, " + ("as they were" if lost else "and NONE WAS: this test sees nothing"))
        return int(not lost)
    return int(totals.faults.total() > 0)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="bin/bench powercut",
        description="Cut the power of the daemon's disk under load and look for mail that was answered for.",
        epilog="examples:\n"
        "  bin/bench powercut                              30 cuts, as root\n"
        "  bin/bench powercut --cuts 10 --synchronous normal\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--cuts", type=int, default=30)
    parser.add_argument(
        "--synchronous", choices=("full", "normal"), default="full", help="how SQLite waits for the disk"
    )
    parser.add_argument("--seed", type=int, default=1, help="of mails and moments")
    return parser.parse_args(arguments)


def _one_disk(folder: Path, seed: str, options: argparse.Namespace, totals: Totals) -> None:
    """Cut a new disk's power again and again, until it has served or did harm."""
    database = f"sqlite:///{folder / 'var' / 'counterfoil.db'}"
    program = FAULTY if options.synchronous == "full" else Path(careless.__file__)
    disk = Disk(folder, folder / "var", MEGABYTES)
    books, chance = Books(), random.Random(seed)
    with Sink() as sink:
        weather = Weather(sink, seed, REFUSED)
        victim = Victim(folder, sink.port, database, program=program)
        try:
            for number in range(min(CUTS_PER_DISK, options.cuts - totals.cuts)):
                before = len(books.acknowledged)
                _load_and_cut(victim, disk, weather, books, f"{seed}.{number}", chance)
                world = World(books.acknowledged, weather.notes.postmarks, REFUSED)
                faults = oracle.faults(state.read(database), world, oracle.UNDER_WAY)
                _tell(totals, faults, len(books.acknowledged) - before)
                if faults:
                    return
            victim.launch()
            victim.must_be_ready()
            until(lambda: not state.count(database, "outbox WHERE state = 'queued'"), DRAIN_SECONDS)
            victim.end()
            rules = [rule for rule in oracle.RULES if rule is not oracle.nothing_is_kept_that_nobody_sent]
            _tell(totals, oracle.faults(state.read(database), world, rules), 0, "outbox dry")
        finally:
            if victim.lives():
                victim.strike("group")
            victim.survivors()
            disk.unmount()


def _load_and_cut(victim: Victim, disk: Disk, weather: Weather, books: Books, seed: str, chance: random.Random) -> None:
    victim.launch()
    clients = [Client(victim, Writer(seed, str(n)), weather.notes, books, PACE) for n in range(CLIENTS)]
    for client in clients:
        client.start()
    victim.must_be_ready()
    time.sleep(chance.uniform(0.2, 4.0))
    disk.cut()  # clients and daemon go on meanwhile: whatever is acknowledged now must have been on the disk
    for client in clients:
        client.stop.set()
        client.give_up()
    victim.strike("group")
    for client in clients:
        client.join()
    until(lambda: not victim.survivors())
    disk.replace()


def _tell(totals: Totals, faults: list[Fault], acknowledged: int, what: str = "cut") -> None:
    totals.cuts += what == "cut"
    totals.acknowledged += acknowledged
    totals.harmful += bool(faults)
    totals.faults.update(fault.kind for fault in faults)
    found = Counter(fault.kind for fault in faults)
    said = ", ".join(f"{count} {kind}" for kind, count in found.items()) or "nothing lost"
    print(f"{what} {totals.cuts:>3}: {acknowledged:>4} mails acknowledged, {said}", flush=True)
    for fault in faults[:3]:
        print(f"  {fault.kind}: {fault.sentence}")
