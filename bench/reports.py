"""Reports on large desks: snapshot, opening, spells, every metric, what-if; beside bare reads and how users write it.

    bin/bench reports [--tickets N] [--rounds N]

A desk of so many tickets with some 7 events each lies in a SQLite file (made once, in var/bench). Each step runs in a
process of its own, whose time and largest resident memory are told; figures are medians over the rounds. Peers are
measured on as many tickets as they can bear. The same steps on fewer tickets show how cost grows.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench.history import database
from bench.rounds import verdict

FOLDER = Path("var/bench")
BORNE = 10_000
"""Tickets that CustomBusinessHour can bear: 2 ms each."""
STEPS = ("snapshot", "open", "spells", "metrics", "what-if")
BOUNDS: dict[str, tuple[float, float | None]] = {
    "snapshot": (60, 40),
    "spells": (3, None),
    "metrics": (20, 10),
    "what-if": (5, None),
}
MEMORY_GB = {"snapshot": 1.5, "metrics": 4.0}
GB = 1024**2  # of kilobytes, as getrusage tells them


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    sizes = sorted({10_000, 100_000, options.tickets} & set(range(options.tickets + 1)))
    for size in sizes:
        print(f"desk       {size:,} tickets", flush=True)
        _make(size)
    print(f"rounds     {options.rounds}; medians; each step in a process of its own\n")
    told = {size: _size(size, options.rounds if size == sizes[-1] else 1) for size in sizes}
    _growth(told)
    _peer(options.rounds)
    return 0


def _make(size: int) -> None:
    """Make the database in a process of its own: how large this one ever was, is told of the steps that it starts."""
    making = multiprocessing.get_context("spawn").Process(target=database, args=(FOLDER, size))
    making.start()
    making.join()
    if making.exitcode:
        raise SystemExit(f"the desk of {size:,} tickets could not be made; see above")


def _size(size: int, rounds: int) -> dict[str, float]:
    """Measure each step on a desk of this size, and print it."""
    path = database(FOLDER, size)
    folder = FOLDER / f"snapshot-{size}"
    print(f"--- {size:,} tickets, {path.stat().st_size / 1e6:,.0f} MB of SQLite")
    seconds = {}
    for step in STEPS:
        results = [_run(step, str(path), str(folder)) for _ in range(rounds)]
        seconds[step] = median(one["seconds"] for one in results)
        most = max(one["rss"] for one in results) / GB
        said = f"{step:<10}{seconds[step]:8.2f} s   {most:5.2f} GB"
        if step == "open":
            ratio = median(one["seconds"] / one["bare"] for one in results)
            said += f"   {ratio:.2f} x a bare pyarrow read of the same columns, {verdict(ratio, 2)}"
        if size >= 1_000_000:
            if step in BOUNDS:
                said += f"   {verdict(seconds[step], *BOUNDS[step])}"
            if step in MEMORY_GB:
                said += f"; memory {verdict(most, MEMORY_GB[step])}"
        print(said + (f"   ({results[0]['said']})" if results[0].get("said") else ""), flush=True)
    print()
    return seconds


def _growth(told: dict[int, dict[str, float]]) -> None:
    print("--- microseconds a ticket, by size")
    print(f"{'':<10}" + "".join(f"{size:>12,}" for size in told))
    for step in STEPS:
        print(f"{step:<10}" + "".join(f"{told[size][step] / size * 1e6:>12.1f}" for size in told))
    print()


def _peer(rounds: int) -> None:
    """First response by team and month, on both clocks: as users write it, and ours."""
    path = database(FOLDER, BORNE)
    print(f"--- first response by team and month, {BORNE:,} tickets")
    theirs, ours = (
        median(_run(name, str(path), "")["seconds"] for _ in range(min(rounds, 3))) for name in ("peer", "ours")
    )
    print(f"pandas.read_sql and CustomBusinessHour   {theirs:8.2f} s")
    print(f"reports, from the same database          {ours:8.2f} s")
    print(f"theirs ÷ ours                            {theirs / ours:8.1f}\n")


def _run(step: str, *arguments: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "bench.reports", "--step", step, *arguments], stdout=subprocess.PIPE, check=True
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _step(name: str, arguments: list[str]) -> int:
    import resource

    from bench import studied

    result = dict(_steps(studied)[name](*arguments))
    result["rss"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(json.dumps(result))
    return 0


def _steps(studied: Any) -> dict[str, Callable[..., dict[str, Any]]]:
    return {name: getattr(studied, name.replace("-", "_")) for name in (*STEPS, "peer", "ours")}


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench reports", description=__doc__.partition("\n")[0])
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(_step(sys.argv[2], sys.argv[3:]))
