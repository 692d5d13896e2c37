"""Open seconds between the two ends of many pairs: reports.clock beside what bounds it and what others use for it."""

from __future__ import annotations

import argparse
import os
from statistics import median

import numpy as np

from bench.office import FIRST, LAST, ZONE, Office, by_day, by_minutes, by_night
from bench.peers import PEERS, Answer, Peer
from bench.rounds import Work, interleaved, verdict
from reports.clock import Clock, Column

TABLE, MINUTES, SEARCH = "by table", "by table of minutes", "by search"
BARE = "numpy.searchsorted alone, both ends"
BOUND, AIM = 20.0, 10.0
"""Nanoseconds a pair by table."""
OF_SEARCHSORTED = 1.5
MEDIAN_DAYS, SPREAD = 2.0, 2.0
"""Of a pair's length, which is lognormal, as that of tickets."""
CHECKED = 20_000


def measure(options: argparse.Namespace) -> None:
    """Print nanoseconds a pair, and the share of pairs on which others agree."""
    day, minutes = by_day(), by_minutes()
    start, end = _pairs(options.pairs, day)
    clocks = {
        TABLE: (Clock(day.timeline, "table"), day),
        MINUTES: (Clock(minutes.timeline, "table"), minutes),
        SEARCH: (Clock(day.timeline, "search"), day),
    }
    for name, (clock, office) in clocks.items():
        _hold(name, clock, office, start, end)
    _header(options, day, start, end)

    peers = {peer.name: peer for peer in PEERS if peer.installed}
    works: dict[str, Work] = {name: _ours(clock, start, end) for name, (clock, _) in clocks.items()}
    works |= _limits(day, start, end)
    works |= {name: _theirs(peer, day, start, end) for name, peer in peers.items()}
    want = clocks[TABLE][0].between(start, end)
    taken: dict[str, list[float]] = {name: [] for name in works}
    right: dict[str, list[float]] = {name: [] for name in peers}
    for name, number, seconds, result in interleaved(options.rounds, works):
        asked = _sample(peers[name], number, len(want)) if name in peers else slice(len(want))
        taken[name].append(seconds / len(want[asked]) * 1e9)
        if name in peers:
            right[name].append(_share(peers[name], result, want[asked]))
    _print(taken, right)


def _print(taken: dict[str, list[float]], right: dict[str, list[float]]) -> None:
    table, minutes, night = median(taken[TABLE]), median(taken[MINUTES]), by_night()
    print(f"\n{'ns a pair':<42}{'median':>12}{'÷ table':>10}{'right by day':>15}{'by night':>10}")
    for name, rounds in taken.items():
        if name not in right:
            print(f"{name:<42}{median(rounds):>12,.1f}{median(rounds) / table:>10,.1f}")
    for peer in PEERS:
        if peer.installed:
            print(
                f"{peer.name:<42}{median(taken[peer.name]):>12,.0f}{median(taken[peer.name]) / table:>10,.0f}"
                f"{median(right[peer.name]):>15.1%}{_by_night(peer, night):>10.1%}"
            )
        else:
            print(f"{peer.name:<42}not installed; bin/bench promises installs it from requirements-bench.lock")
    ratio = median(ours / bare for ours, bare in zip(taken[SEARCH], taken[BARE], strict=True))
    print(f"\n{TABLE}: {table:.1f} ns a pair, {verdict(table, BOUND, AIM)}")
    print(f"{MINUTES}: {minutes:.1f} ns a pair, {verdict(minutes, BOUND, AIM)}")
    print(f"{SEARCH} ÷ numpy.searchsorted: {ratio:.2f}, {verdict(ratio, OF_SEARCHSORTED)}")


def _pairs(many: int, office: Office) -> tuple[Column, Column]:
    """Starts in no order over all the years, and the ends of lives as tickets have them, none past the last year."""
    draw, line = np.random.default_rng(1042), office.timeline
    start = draw.integers(line.since, line.until, many)
    lasting = draw.lognormal(np.log(MEDIAN_DAYS * 86_400), SPREAD, many).astype(np.int64)
    return start, np.minimum(start + lasting, line.until)


def _hold(name: str, clock: Clock, office: Office, start: Column, end: Column) -> None:
    """What is quick and wrong is not worth measuring."""
    pairs = zip(start[:CHECKED].tolist(), end[:CHECKED].tolist(), strict=True)
    one_by_one = np.array([office.timeline.between(*pair) for pair in pairs])
    if not np.array_equal(clock.between(start[:CHECKED], end[:CHECKED]), one_by_one):
        raise SystemExit(f"{name}: the columns do not say what the timeline says")


def _header(options: argparse.Namespace, office: Office, start: Column, end: Column) -> None:
    days = (end - start) / 86_400
    closed = sum(FIRST <= day.year <= LAST for day in office.holidays)
    samples = ", ".join(f"{peer.most:,} of {peer.name}" for peer in PEERS if peer.most < len(start))
    print(f"pairs      {len(start):,}, unsorted; length {np.median(days):.1f} days (median), {days.mean():.1f} (mean)")
    print(f"samples    {samples}; other pairs in each round")
    print(f"by day     mon-fri {_hours(office)} {ZONE}, {FIRST} to {LAST}, {closed} holidays; all times half hours")
    print(f"           table of minutes: mon-fri {_hours(by_minutes())}")
    print(f"by night   mon-fri {_hours(by_night())}+1, no holidays; it is not timed")
    print("right      the share of pairs that have our number of seconds; of whole hours where no less is counted")
    print(f"threads    1; DuckDB {os.cpu_count()}")
    print(f"rounds     {options.rounds} after one to warm up; medians")


def _hours(office: Office) -> str:
    return f"{office.opens:%H:%M}-{office.closes:%H:%M}"


def _ours(clock: Clock, start: Column, end: Column) -> Work:
    return lambda _: lambda: clock.between(start, end)


def _limits(office: Office, start: Column, end: Column) -> dict[str, Work]:
    opens = np.array(office.timeline.opens)
    first, last = (ends.astype("M8[s]").astype("M8[D]") for ends in (start, end))
    weekdays = np.busdaycalendar(holidays=np.array(sorted(office.holidays), "M8[D]"))
    return {
        BARE: lambda _: lambda: (np.searchsorted(opens, start, "right"), np.searchsorted(opens, end, "right")),
        "numpy.busday_count, whole days": lambda _: lambda: np.busday_count(first, last, busdaycal=weekdays),
        "end - start: reading and writing alone": lambda _: lambda: end - start,
    }


def _theirs(peer: Peer, office: Office, start: Column, end: Column) -> Work:
    def ready(number: int) -> Answer:
        sample = _sample(peer, number, len(start))
        return peer.prepare(office, start[sample], end[sample])

    return ready


def _sample(peer: Peer, number: int, many: int) -> slice:
    """Other pairs in each round."""
    most = min(peer.most, many)
    low = number * most % (many - most + 1)
    return slice(low, low + most)


def _share(peer: Peer, answered: Column, want: Column) -> float:
    return float((answered // peer.unit == want // peer.unit).mean())


def _by_night(peer: Peer, night: Office) -> float:
    start, end = _pairs(min(peer.most, CHECKED), night)
    return _share(peer, peer.prepare(night, start, end)(), Clock(night.timeline).between(start, end))
