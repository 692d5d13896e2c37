"""Open seconds: how many lie between two instants, and when so many will have passed.

A calendar is a set of open instants: t is open when its local date is no holiday and its wall time lies in one of that
weekday's half-open intervals. It is laid out once, as UTC seconds, and from then on zones and dates play no part: the
hour that a clock skips is never open, the one that it repeats is open twice. ``Timeline.elapsed`` counts the open
seconds before an instant, ``Timeline.instant`` is its inverse; ``reports.clock`` does the same for columns.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise

from daemon.core.values import Instant

DAY = 86_400
HOUR = 3_600
EPOCH = date(1970, 1, 1).toordinal()

Span = tuple[int, int]
"""From and to, the latter not included: seconds of a local day, or UTC seconds."""
Week = Sequence[Sequence[Span]]
"""For each weekday, Monday first, its open spans in seconds since local midnight, each within the day."""


class BeyondHorizon(ValueError):
    """The timeline was not laid out for the instant that was asked about; ``instant`` is where it ends (or begins)."""

    def __init__(self, instant: Instant) -> None:
        super().__init__(f"the calendar is not laid out beyond {datetime.fromtimestamp(instant, UTC):%Y-%m-%d}")
        self.instant = instant


@dataclass(frozen=True, slots=True)
class Timeline:
    """The open spans of a calendar between two instants: sorted, apart from each other, in UTC seconds.

    ``before[i]`` is the number of open seconds from ``since`` to ``opens[i]``, ``through[i]`` that to ``closes[i]``.
    """

    since: Instant
    until: Instant
    opens: tuple[Instant, ...]
    closes: tuple[Instant, ...]
    before: tuple[int, ...] = field(init=False)
    through: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        before, through, total = [], [], 0
        for opened, closed in zip(self.opens, self.closes, strict=True):
            before.append(total)
            total += closed - opened
            through.append(total)
        object.__setattr__(self, "before", tuple(before))
        object.__setattr__(self, "through", tuple(through))

    def elapsed(self, t: Instant) -> int:
        """Open seconds from ``since`` to ``t``; BeyondHorizon outside."""
        if not self.since <= t <= self.until:
            raise BeyondHorizon(self.since if t < self.since else self.until)
        i = bisect_right(self.opens, t) - 1
        return self.before[i] + min(t, self.closes[i]) - self.opens[i] if i >= 0 else 0

    def instant(self, seconds: int) -> Instant:
        """The first instant before which so many seconds were open; BeyondHorizon if there are not so many."""
        if seconds <= 0:
            return self.since
        i = bisect_left(self.through, seconds)
        if i == len(self.through):
            raise BeyondHorizon(self.until)
        return self.opens[i] + seconds - self.before[i]

    def between(self, start: Instant, end: Instant) -> int:
        """Open seconds from ``start`` to ``end``."""
        return self.elapsed(end) - self.elapsed(start)

    def after(self, start: Instant, seconds: int) -> Instant:
        """The first instant at which so many open seconds have passed since ``start``; that itself for none."""
        return self.instant(self.elapsed(start) + seconds) if seconds > 0 else start

    def next_open(self, t: Instant) -> Instant:
        """The first open instant from ``t`` on; BeyondHorizon if there is none."""
        return self.instant(self.elapsed(t) + 1) - 1


ALWAYS = Timeline(-(2**40), 2**40, (-(2**40),), (2**40,))
"""Calendar time: each second counts, and no horizon is in sight."""


def build(
    week: Week,
    zone: tzinfo,
    closed: Collection[date],
    since: Instant,
    until: Instant,
    special: Mapping[date, Sequence[Span]] | None = None,
) -> Timeline:
    """Lay a calendar out from ``since`` to ``until``.

    ``closed`` are its holidays. A date in ``special`` has exactly the spans given there, whatever its weekday and
    even if it is a holiday.
    """
    special = special or {}

    def of_day(day: int) -> Sequence[Span]:
        local = date.fromordinal(day + EPOCH)
        if local in special:
            return special[local]
        return () if local in closed else week[local.weekday()]

    regimes = [*offsets(zone, since, until), (until, 0)]
    spans: list[Span] = []
    for (start, offset), (end, _) in pairwise(regimes):
        for day in range((start + offset) // DAY, (end - 1 + offset) // DAY + 1):
            midnight = day * DAY - offset
            spans += ((max(midnight + a, start), min(midnight + b, end)) for a, b in of_day(day))
    return timeline(spans, since, until)


def timeline(spans: Iterable[Span], since: Instant, until: Instant) -> Timeline:
    """A timeline of these spans, in any order, which may touch, overlap or be empty."""
    merged: list[list[int]] = []
    for a, b in sorted(spans):
        if a >= b:
            continue
        if merged and a <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], b)
        else:
            merged.append([a, b])
    return Timeline(since, until, tuple(a for a, _ in merged), tuple(b for _, b in merged))


def offsets(zone: tzinfo, since: Instant, until: Instant) -> Iterator[tuple[Instant, int]]:
    """From ``since`` on: each instant at which the zone's offset from UTC becomes another, and that offset, seconds.

    The zone is asked every hour, and in between where two answers differ.
    """

    def offset(t: Instant) -> int:
        local = datetime.fromtimestamp(t, zone).utcoffset()
        return int(local / timedelta(seconds=1)) if local is not None else 0

    known, last = offset(since), since
    yield since, known
    for t in (*range(since + HOUR, until, HOUR), until - 1):
        now = offset(t)
        if now != known:
            low, high = last, t
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset(middle) == known else (low, middle)
            yield high, now
            known = now
        last = t
