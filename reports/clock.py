"""The arithmetic of a Timeline in columns: open seconds between instants, and the instant when so many have passed.

``Clock`` says of whole columns what ``daemon.core.calendar.Timeline`` says of single values, to the second. Columns are
whatever numpy takes for whole numbers: of one shape, or a single value that holds for every row. What comes back is
int64. There are two ways inside. *By table*: what F, the open seconds before an instant, does from each multiple of a
step on; no instant at which the calendar opens or closes lies between two multiples, so the table is exact. *By
search*: the last opening before the instant is looked for among all. The table is about ten times as fast, and is taken
where it is not too large: three years take 50,000 entries if all times are half hours and 1.6 million if they are
minutes; if they are odd seconds, they are searched.
"""

from __future__ import annotations

from collections.abc import Callable
from math import gcd
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from daemon.core.calendar import BeyondHorizon, Timeline

Column = npt.NDArray[np.int64]
Whole = npt.NDArray[np.signedinteger[Any]]
Way = Literal["table", "search"]

LARGEST = 4_000_000
"""Entries of a table at most: 16 MB, 32 MB where the timeline is longer than 34 years."""
CHUNK = 16_000
"""Rows worked on at a time: what is made on the way stays in the cache, and under the 128 KB that malloc maps anew."""


class Clock:
    """A timeline for columns. ``by`` is the way that it goes: unless told, the table where that is not too large."""

    def __init__(self, timeline: Timeline, by: Way | None = None) -> None:
        self.since, self.until = timeline.since, timeline.until
        self.total = timeline.through[-1] if timeline.through else 0
        self.step = _step(timeline)
        self.by: Way = by or ("table" if (self.until - self.since) // self.step < LARGEST else "search")
        self._way: _Way = _Table(timeline, self.step) if self.by == "table" else _Search(timeline)

    def elapsed(self, instants: npt.ArrayLike) -> Column:
        """Open seconds from the timeline's beginning to each instant; BeyondHorizon if any lies outside."""
        return _in_chunks(self._elapsed, instants)

    def between(self, start: npt.ArrayLike, end: npt.ArrayLike) -> Column:
        """Open seconds from each start to its end; BeyondHorizon if any of them lies outside."""
        return _in_chunks(lambda start, end: self._elapsed(end) - self._elapsed(start), start, end)

    def instant(self, seconds: npt.ArrayLike) -> Column:
        """The first instants before which so many seconds were open; BeyondHorizon if there are not so many."""
        return _in_chunks(self._instant, seconds)

    def after(self, start: npt.ArrayLike, seconds: npt.ArrayLike) -> Column:
        """The first instants at which so many open seconds have passed since each start; that itself for none."""
        return _in_chunks(self._after, start, seconds)

    def _elapsed(self, t: Column) -> Whole:
        if t.min() < self.since:
            raise BeyondHorizon(self.since)
        if t.max() > self.until:
            raise BeyondHorizon(self.until)
        return self._way.elapsed(t)

    def _instant(self, seconds: Column) -> Column:
        if seconds.max() > self.total:
            raise BeyondHorizon(self.until)
        return self._way.instant(np.maximum(seconds, 0))

    def _after(self, start: Column, seconds: Column) -> Column:
        due, runs = start.copy(), seconds > 0
        if runs.any():
            spent, more = self._elapsed(start[runs]), seconds[runs]
            if (more > self.total - spent).any():
                raise BeyondHorizon(self.until)
            due[runs] = self._way.instant(spent + more)
        return due


class _Way(Protocol):
    def elapsed(self, t: Column) -> Whole:
        """Open seconds before instants that lie within the timeline."""

    def instant(self, seconds: Column) -> Column:
        """The inverse, for seconds from 0 to all that there are."""


class _Table:
    """An entry for each step of the timeline, and for each open step of it one that leads back.

    Within an open step F runs along with time, within a closed one it stands still; an entry of ``forward`` is twice
    what F is ahead of the one or the other, and 1 more if it is open. All stays in 32 bits where the timeline allows.
    """

    def __init__(self, timeline: Timeline, step: int) -> None:
        since, total, length = timeline.since, sum(timeline.through[-1:]), timeline.until - timeline.since
        self.since, self.step = since, step
        self.kind: np.dtype[Any] = np.dtype(np.int32 if length < 2**30 else np.int64)
        opens, closes, before = (_whole(one) for one in (timeline.opens, timeline.closes, timeline.before))
        shut = opens - before
        turns = np.column_stack((opens, closes)).ravel() - since
        lasting = np.diff(turns // step, prepend=0, append=length // step + 1)
        ahead = np.append(np.column_stack((2 * before, 2 * (since - shut) + 1)).ravel(), 2 * total)
        self.forward: Whole = np.repeat(ahead.astype(self.kind), lasting)
        self.backward = np.append(since, np.repeat(shut, (closes - opens) // step))

    def elapsed(self, t: Column) -> Whole:
        passed: Whole = (t - self.since).astype(self.kind)
        # All indices lie within the table; "wrap" is merely the way to look up that takes the least time.
        entry: Whole = self.forward.take(passed // self.step, mode="wrap")
        return (entry >> 1) + passed * (entry & 1)

    def instant(self, seconds: Column) -> Column:
        return self.backward.take((seconds + (self.step - 1)) // self.step, mode="wrap") + seconds


class _Search:
    """The openings, with a span of no length before them: the last one of what comes before the first."""

    def __init__(self, timeline: Timeline) -> None:
        self.opens = _whole(timeline.opens)
        self.closes = _whole((timeline.since, *timeline.closes))
        self.through = _whole((0, *timeline.through))
        self.shut = _whole((timeline.since, *timeline.opens)) - _whole((0, *timeline.before))

    def elapsed(self, t: Column) -> Whole:
        i = np.searchsorted(self.opens, t, side="right")
        open_until: Column = np.minimum(t, self.closes[i])
        return open_until - self.shut[i]

    def instant(self, seconds: Column) -> Column:
        return seconds + self.shut[np.searchsorted(self.through, seconds)]


def _step(timeline: Timeline) -> int:
    """The longest step from the beginning on of which every instant that opens or closes is a multiple."""
    step = gcd(*(t - timeline.since for ends in (timeline.opens, timeline.closes) for t in ends))
    return step or max(timeline.until - timeline.since, 1)


def _whole(values: npt.ArrayLike) -> Column:
    column = np.asarray(values)
    if not column.size:
        return np.zeros(column.shape, np.int64)
    if not np.can_cast(column.dtype, np.int64):
        raise TypeError(f"instants and seconds are whole numbers, not {column.dtype}; make times UTC seconds first")
    return column.astype(np.int64, copy=False)


def _in_chunks(work: Callable[..., Whole], *values: npt.ArrayLike) -> Column:
    """What ``work`` makes of columns, chunk by chunk, in the shape that they have together."""
    columns = np.broadcast_arrays(*(_whole(one) for one in values))
    rows = [column.reshape(-1) for column in columns]
    made = np.empty(len(rows[0]), np.int64)
    for low in range(0, len(made), CHUNK):
        made[low : low + CHUNK] = work(*(column[low : low + CHUNK] for column in rows))
    return made.reshape(columns[0].shape)
