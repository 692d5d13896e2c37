"""What promises cost: their arithmetic, beside what others take for it, and what a desk has of them.

    bin/bench promises [--only scalar | columns | opening | tickets] [--rounds N] [--pairs N]

Everything of a part is measured in turn within each round, so that whatever else the machine does falls on all alike;
figures are medians over the rounds, beside their bounds. Other programs are extras (requirements-bench.lock); for
those that take long it is extrapolated from a sample, which is another one in each round.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable
from statistics import median

from bench import columns, promised
from bench.office import by_day
from bench.rounds import Work, interleaved, verdict
from daemon import logs

INSTANTS = 50_000
MICROSECONDS = 2.0


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    logs.configure("error")
    for name in options.only or PARTS:
        print(f"--- {name}")
        PARTS[name](options)
        print()
    return 0


def scalar(options: argparse.Namespace) -> None:
    """Print microseconds for one instant, the loop that asks included."""
    line, draw = by_day().timeline, random.Random(1042)
    instants = [draw.randint(line.since, line.until) for _ in range(INSTANTS)]
    seconds = [draw.randint(0, line.through[-1]) for _ in range(INSTANTS)]
    works: dict[str, Work] = {
        "elapsed": lambda _: lambda: [line.elapsed(t) for t in instants],
        "instant": lambda _: lambda: [line.instant(one) for one in seconds],
    }
    taken: dict[str, list[float]] = {name: [] for name in works}
    for name, _, took, _ in interleaved(options.rounds, works):
        taken[name].append(took / INSTANTS * 1e6)
    print(f"instants   {INSTANTS:,}, in no order, on a calendar of {len(line.opens):,} spans over three years")
    print(f"rounds     {options.rounds} after one to warm up; medians\n")
    for name in works:
        print(f"{name}: {median(taken[name]):.2f} µs, {verdict(median(taken[name]), MICROSECONDS)}")


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "scalar": scalar,
    "columns": columns.measure,
    "opening": promised.opening,
    "tickets": promised.turns,
}


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench promises", description="Measure the arithmetic of promises.")
    parser.add_argument("--only", action="append", choices=PARTS, help="this part alone; may be given again")
    parser.add_argument("--rounds", type=int, default=7, help="rounds that count, after one to warm up")
    parser.add_argument("--tickets", type=int, default=100_000, help="open tickets that the clock looks after")
    parser.add_argument("--pairs", type=int, default=1_000_000, help="pairs that are asked in columns")
    return parser.parse_args(arguments)
