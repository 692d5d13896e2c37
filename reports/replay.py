"""The arithmetic of promises in columns: what was spent, when it is due and whether it was kept, for any terms.

A *cycle* is one thing that is owed, from an instant until it comes, cannot come any more, or the data end. It is cut
into *pieces* wherever the ticket's spell or the terms change; a piece runs the clock or does not. METRICS: spent is the
sum of open seconds over the pieces that run; due is the first instant at which, since it runs, as many have passed as
are left; exactly on time is kept; left ≤ 0 under new terms breaks at the change; broken is final.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from reports.calendars import Counts
from reports.dataset import MISSING, Whole, Words
from reports.spells import Spells

STATES = ("running", "paused", "kept", "broken", "cancelled", "none")
RUNNING, PAUSED, KEPT, BROKEN, CANCELLED, NONE = range(6)
WIDTH = 2**34
"""More than any instant: ticket and instant make one sortable number."""


@dataclass(frozen=True)
class Cycles:
    """What is owed: of which ticket (its row), since when, until when (the end of the data if it still is), whether
    it is over, and whether what was owed came."""

    row: Whole
    start: Whole
    end: Whole
    over: Any
    came: Any

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class Pieces:
    """Cut cycles: of which cycle, from when to when, in which spell; in the order of cycles and time."""

    cycle: Whole
    start: Whole
    end: Whole
    spell: Whole


@dataclass(frozen=True)
class Verdicts:
    """For each cycle: its state (a place in STATES), seconds spent in all, when it was or is due, and was broken.

    ``before``: for each piece, the seconds spent up to its start.
    """

    state: Whole
    spent: Whole
    due: Whole
    broken: Whole
    before: Whole

    def words(self) -> Words:
        return Words(self.state.astype(np.int32), STATES)


def cut(life: Spells, cycles: Cycles, at: Whole | None = None, of: Whole | None = None) -> Pieces:
    """Cut cycles where spells change, and at further instants ``at`` of the cycles ``of``. Each has a piece at
    least.
    """
    keys = life.row * WIDTH + life.start
    low = np.searchsorted(keys, cycles.row * WIDTH + cycles.start, side="right") - 1
    high = np.maximum(np.searchsorted(keys, cycles.row * WIDTH + cycles.end, side="left") - 1, low)
    many = high - low + 1
    cycle = np.repeat(np.arange(len(cycles)), many)
    spell = np.arange(len(cycle)) - np.repeat(np.cumsum(many) - many - low, many)
    start = np.maximum(life.start[spell], cycles.start[cycle])
    if at is not None and of is not None and len(at):
        inside = (at > cycles.start[of]) & (at < cycles.end[of])
        cycle = np.concatenate((cycle, of[inside]))
        start = np.concatenate((start, at[inside]))
        order = np.unique(cycle * WIDTH + start)
        cycle, start = order // WIDTH, order % WIDTH
        spell = np.searchsorted(keys, cycles.row[cycle] * WIDTH + start, side="right") - 1
    end = cycles.end[cycle].copy()
    same = cycle[1:] == cycle[:-1]
    end[:-1][same] = start[1:][same]
    return Pieces(cycle, start, np.maximum(end, start), spell)


def judge(cycles: Cycles, pieces: Pieces, runs: Any, budget: Whole, clock: Whole, clocks: Sequence[Counts]) -> Verdicts:
    """The verdict on each cycle; for each piece ``runs``, its ``budget`` (-1: nothing is promised) and its clock."""
    promised = budget >= 0
    runs = runs & promised
    counted = np.zeros(len(pieces.start), np.int64)
    for i, one in enumerate(clocks):
        mine = np.flatnonzero(runs & (clock == i))
        counted[mine] = one.between(pieces.start[mine], pieces.end[mine])
    first = np.ones(len(pieces.cycle), bool)
    first[1:] = pieces.cycle[1:] != pieces.cycle[:-1]
    through = np.cumsum(counted)
    heads = np.flatnonzero(first)
    base = (through - counted)[heads]
    before = through - counted - base[pieces.cycle]
    left = budget - before
    changed = np.zeros(len(first), bool)
    changed[1:] = (~first[1:]) & (budget[1:] != budget[:-1]) & promised[:-1]
    at_once = changed & promised & (left <= 0)
    due = np.full(len(first), MISSING)
    tails = np.append(heads[1:], len(first)) - 1 if len(heads) else heads
    last = np.zeros(len(first), bool)
    last[tails] = True
    wanted = runs & (last | (counted >= left))
    for i, one in enumerate(clocks):
        mine = np.flatnonzero(wanted & (clock == i))
        due[mine] = one.after(pieces.start[mine], np.maximum(left[mine], 0))
    breaks = at_once | (runs & (due != MISSING) & (due < pieces.end))
    broken = np.full(len(cycles), MISSING)
    where = np.flatnonzero(breaks)[::-1]
    broken[pieces.cycle[where]] = np.where(at_once[where], pieces.start[where], due[where])
    return _verdicts(cycles, pieces, tails, runs, promised, budget, clock, clocks, before, counted, due, broken)


def _verdicts(
    cycles: Cycles,
    pieces: Pieces,
    tails: Whole,
    runs: Any,
    promised: Any,
    budget: Whole,
    clock: Whole,
    clocks: Sequence[Counts],
    before: Whole,
    counted: Whole,
    due: Whole,
    broken: Whole,
) -> Verdicts:
    total = (before + counted)[tails]
    ran = runs[tails]
    state = np.where(
        broken != MISSING,
        BROKEN,
        np.where(cycles.came, KEPT, np.where(cycles.over, CANCELLED, np.where(ran, RUNNING, PAUSED))),
    )
    ever = np.zeros(len(cycles), bool)
    ever[pieces.cycle[promised]] = True
    state[(state != BROKEN) & ~promised[tails]] = CANCELLED
    state[~ever] = NONE
    when = np.where(ran, due[tails], MISSING)
    for i, one in enumerate(clocks):
        late = np.flatnonzero((state == KEPT) & ~ran & (clock[tails] == i))
        when[late] = one.after(cycles.end[late], np.maximum(budget[tails][late] - total[late], 0))
    return Verdicts(state, total, np.where(broken != MISSING, broken, when), broken, before)


def of_backlog(life: Spells, taken_at: int) -> tuple[Cycles, Words]:
    """What is owed as *resolution*: from each entry into the backlog to the way out of it; and where that led."""
    from daemon.core.status import BACKLOG

    inside = life.status.among(BACKLOG)
    was = np.zeros(len(inside), bool)
    was[1:] = inside[:-1]
    was &= ~life.first
    starts = np.flatnonzero(inside & ~was)
    leaves = np.full(len(inside) + 1, len(inside))
    stops = np.flatnonzero(~inside | life.first)
    leaves[stops] = stops
    following = np.minimum.accumulate(leaves[::-1])[::-1]
    stop = following[starts + 1] if len(starts) else starts
    over = stop < len(inside)
    over[over] = life.row[stop[over]] == life.row[starts[over]]
    status = np.where(over, life.status.codes[np.minimum(stop, max(len(inside) - 1, 0))], -1) if len(starts) else starts
    end = np.where(over, life.start[np.minimum(stop, max(len(inside) - 1, 0))], taken_at) if len(starts) else starts
    became = Words(status.astype(np.int32), life.status.names)
    return Cycles(life.row[starts], life.start[starts], end, over, became.among({"resolved"})), became
