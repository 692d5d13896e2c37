"""How much mail comes in a second, beside what bounds it: bare aiosmtpd, parsing alone, durable commits alone.

    bin/bench ingest [--rounds N] [--mails N] [--tickets N] [--database postgresql | postgresql://USER@HOST/NAME]

Everything is measured in turn within each round, so that whatever else the machine does falls on all alike; figures
are medians over the rounds. A share is that of bare aiosmtpd's rate in the same round with as many connections.
Where mail is sent out, the clock stops only when the last one has been delivered to the sink and written down as
delivered. CPU is that of the daemon with all its processes, the sending out included, and neither client nor sink.
``--tickets`` measures a database that holds so many tickets beside the empty one, ``--database`` PostgreSQL beside
SQLite: new databases on that server, or on one that is started for it.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from statistics import median

from bench import client, corpus, limits, preload, servers

CONNECTIONS = (1, 8)
WARM_UP = 120
QUIET, LOUD = "nothing sent out", "acknowledged, agent told, both delivered"
FLOORS = {QUIET: (0.40, 0.60, 6.0, 4.0), LOUD: (0.12, 0.25, 20.0, 10.0)}
"""Of eight connections: share of bare aiosmtpd's rate (floor, aim), and milliseconds of CPU a mail (floor, aim)."""
FULL_SHARE = 0.85

Figures = dict[tuple[str, int], list[float]]


class Measured:
    """Every figure of every round, by what was measured and over how many connections."""

    def __init__(self) -> None:
        self.rates: Figures = defaultdict(list)
        self.cpu: Figures = defaultdict(list)

    def rate(self, name: str, connections: int) -> float:
        return median(self.rates[name, connections])

    def share(self, name: str, of: str, connections: int) -> float:
        """The median of the rounds' shares."""
        pairs = zip(self.rates[name, connections], self.rates[of, connections], strict=True)
        return median(one / other for one, other in pairs)


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        bare = stack.enter_context(servers.aiosmtpd())
        sink = stack.enter_context(servers.aiosmtpd())
        daemons: dict[str, servers.Daemon] = {}
        for name, sends in ((QUIET, False), (LOUD, True)):
            daemons[name] = stack.enter_context(servers.daemon(folder / name.split()[0], sink, sends=sends))
        for name, sends in ((QUIET, False), (LOUD, True)) if options.tickets else ():
            full = folder / f"full-{name.split()[0]}"
            preload.tickets(full, options.tickets)
            daemons[_full(name)] = stack.enter_context(servers.daemon(full, sink, sends=sends))
        urls = stack.enter_context(servers.databases(options.database, 3)) if options.database else []
        for (name, sends), url in zip(((QUIET, False), (LOUD, True)), urls, strict=False):
            there = folder / f"postgresql-{name.split()[0]}"
            daemons[_postgresql(name)] = stack.enter_context(servers.daemon(there, sink, sends=sends, database=url))
        _header(options, daemons)
        measured = Measured()
        for number in range(options.rounds + 1):
            _round(number, options.mails if number else WARM_UP, bare, daemons, measured, folder, urls[2:])
            if not number:
                measured = Measured()
        _table(measured, options, daemons)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench ingest", description="Measure how much mail comes in a second.")
    parser.add_argument("--rounds", type=int, default=5, help="rounds that count, after one to warm up")
    parser.add_argument("--mails", type=int, default=400, help="mails for each measurement of a round")
    parser.add_argument("--tickets", type=int, default=0, help="measure a database with so many tickets as well")
    parser.add_argument("--database", default="", help="measure PostgreSQL as well: a server's URL, or postgresql")
    return parser.parse_args(arguments)


def _full(name: str) -> str:
    return f"full: {name}"


def _postgresql(name: str) -> str:
    return f"PostgreSQL: {name}"


def _header(options: argparse.Namespace, daemons: dict[str, servers.Daemon]) -> None:
    sample = corpus.batch("header", options.mails, [corpus.Known(corpus.customer(1), 1, corpus.DESK, "1@example.net")])
    mix = ", ".join(f"{share:.0%} of {low} to {high} KB" for share, low, high in corpus.SIZES)
    print("database   SQLite, WAL, synchronous=FULL, group commit; empty at first" + _beside(options))
    print(f"mail       {corpus.described(sample)}")
    print(f"sizes      {mix}")
    print(f"rounds     {options.rounds} after one to warm up; medians")


def _beside(options: argparse.Namespace) -> str:
    beside = f", and beside it one of {options.tickets:,} tickets" if options.tickets else ""
    return beside + (", and beside it PostgreSQL, synchronous_commit=on" if options.database else "")


def _round(
    number: int,
    mails: int,
    bare: int,
    daemons: dict[str, servers.Daemon],
    measured: Measured,
    folder: Path,
    spare: list[str],
) -> None:
    for connections in CONNECTIONS:
        for name, one in daemons.items():
            samples = corpus.batch(f"{number}-{connections}-{name}", mails, one.known(1_000))
            if name == QUIET:
                elapsed, _, _ = client.send(bare, samples, connections, lambda: None)
                measured.rates["aiosmtpd", connections].append(mails / elapsed)
            _measure(name, one, samples, connections, measured)
    samples = corpus.batch(f"{number}-limits", mails, [])
    alone: dict[str, Callable[[], float]] = {
        "compat32 parsing alone, one thread": lambda: limits.parsing(samples),
        "SQLite FULL, one small row a commit": lambda: limits.commits(samples, folder / "limit.db", bytes_too=False),
        "SQLite FULL, one raw mail a commit": lambda: limits.commits(samples, folder / "limit.db", bytes_too=True),
    }
    if spare:
        inserts = partial(limits.inserts, samples, spare[0])
        alone["PostgreSQL alone, one small INSERT a commit"] = lambda: inserts(bytes_too=False)
        alone["PostgreSQL alone, one raw mail a commit"] = lambda: inserts(bytes_too=True)
    for name, limit in alone.items():
        measured.rates[name, 1].append(limit())


def _measure(
    name: str, one: servers.Daemon, samples: list[corpus.Sample], connections: int, measured: Measured
) -> None:
    filed, delivered = one.counts()
    elapsed, before, _ = client.send(one.port, samples, connections, one.cpu)
    waited = one.drain()
    cpu = one.cpu() - before
    filed_after, delivered_after = one.counts()
    if filed_after - filed != len(samples):
        raise SystemExit(f"{name}: {filed_after - filed} of {len(samples)} mails were filed; see {one.folder / 'log'}")
    measured.rates[name, connections].append(len(samples) / (elapsed + waited))
    measured.cpu[name, connections].append(cpu / len(samples) * 1000)
    measured.rates[f"{name}: out", connections].append((delivered_after - delivered) / len(samples))


def _table(measured: Measured, options: argparse.Namespace, daemons: dict[str, servers.Daemon]) -> None:
    print(f"\n{'mails a second':<52}{'1 connection':>14}{'8 connections':>15}{'share':>8}{'ms CPU':>8}{'sent out':>10}")
    print(
        f"{'aiosmtpd that does nothing':<52}{measured.rate('aiosmtpd', 1):>14.0f}{measured.rate('aiosmtpd', 8):>15.0f}"
    )
    for name in daemons:
        print(
            f"{name:<52}{measured.rate(name, 1):>14.0f}{measured.rate(name, 8):>15.0f}"
            f"{measured.share(name, 'aiosmtpd', 8):>8.2f}{median(measured.cpu[name, 8]):>8.1f}"
            f"{median(measured.rates[f'{name}: out', 8]):>10.2f}"
        )
    for name in (name for name, _ in measured.rates if " alone" in name or name.startswith("SQLite")):
        print(f"{name:<52}{measured.rate(name, 1):>14.0f}")
    print()
    for name, (share_floor, share_aim, cpu_floor, cpu_aim) in FLOORS.items():
        share, cpu = measured.share(name, "aiosmtpd", 8), median(measured.cpu[name, 8])
        print(f"{name}: share {share:.2f}, {_verdict(share, share_floor, share_aim)}")
        print(f"{name}: {cpu:.1f} ms CPU a mail, {_verdict(-cpu, -cpu_floor, -cpu_aim)}")
        if options.database:
            print(f"{name}: PostgreSQL ÷ SQLite {measured.share(_postgresql(name), name, 8):.2f}")
        if options.tickets:
            ratio = measured.share(_full(name), name, 8)
            print(f"{name}: {options.tickets:,} tickets ÷ empty {ratio:.2f}, {_verdict(ratio, FULL_SHARE, 1.0)}")


def _verdict(value: float, floor: float, aim: float) -> str:
    reached = "reaches the aim" if value >= aim else "keeps the floor" if value >= floor else "MISSES the floor"
    return f"{reached} (floor {abs(floor):g}, aim {abs(aim):g})"
