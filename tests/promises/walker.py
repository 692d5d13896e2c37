"""The second opinion on open time: every minute of a window is asked whether it is open, and the open ones are counted.

Written from the definition alone (a minute is open when its local date is no holiday and its wall time lies in one of
that weekday's half-open spans; a special date has its own spans), with zones of its own; it knows nothing of the
product's calendar. Minutes suffice, since hours are written in minutes and zones shift by whole ones.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tests.promises import zones

Spans = tuple[tuple[int, int], ...]
"""Minutes of a local day, from and to (not included)."""
MINUTE = 60
MINUTES = 24 * 60


def at(hours: str) -> tuple[int, int]:
    """``09:00-17:30`` in minutes."""
    start, end = ([int(part) for part in time.split(":")] for time in hours.split("-"))
    return start[0] * 60 + start[1], end[0] * 60 + end[1]


@dataclass(frozen=True, eq=False)
class Walker:
    """A calendar between two years (both whole, UTC). ``week`` has seven entries, Monday first."""

    zone: str
    week: tuple[Spans, ...]
    first: int
    last: int
    closed: frozenset[date] = frozenset()
    special: dict[date, Spans] = field(default_factory=dict)

    @cached_property
    def since(self) -> int:
        return int(datetime(self.first, 1, 1, tzinfo=UTC).timestamp())

    @cached_property
    def until(self) -> int:
        return int(datetime(self.last + 1, 1, 1, tzinfo=UTC).timestamp())

    @cached_property
    def is_open(self) -> NDArray[np.bool_]:
        """For each minute of the window, whether it is open."""
        minutes = np.arange(self.since, self.until, MINUTE, dtype=np.int64)
        known = zones.transitions(self.zone, self.first - 1, self.last + 1)
        instants = np.array([instant for instant, _ in known], dtype=np.int64)
        offsets = np.array([offset for _, offset in known], dtype=np.int64)
        local = minutes + offsets[np.searchsorted(instants, minutes, side="right") - 1]
        days, minute_of_day = local // 86_400, local % 86_400 // 60
        assert not np.any(local % 60), "an offset of whole minutes is taken for granted"
        weekly = np.zeros((7, MINUTES), dtype=bool)
        for weekday, spans in enumerate(self.week):
            for start, end in spans:
                weekly[weekday, start:end] = True
        found = weekly[(days + 3) % 7, minute_of_day]  # 1 January 1970 was a Thursday
        for day in self.closed:
            found &= days != _number(day)
        for day, spans in self.special.items():
            own = np.zeros(MINUTES, dtype=bool)
            for start, end in spans:
                own[start:end] = True
            here = days == _number(day)
            found[here] = own[minute_of_day[here]]
        return found

    @cached_property
    def _open_before(self) -> NDArray[np.int64]:
        """The open seconds before each minute of the window, and before its end."""
        return np.concatenate([[0], np.cumsum(self.is_open, dtype=np.int64) * MINUTE])

    def open_before(self, t: int) -> int:
        """Open seconds from the window's start to ``t``."""
        minute, second = divmod(t - self.since, MINUTE)
        whole = int(self._open_before[minute])
        return whole + second if second and self.is_open[minute] else whole

    def elapsed(self, t0: int, t1: int) -> int:
        """Open seconds from ``t0`` to ``t1``."""
        return self.open_before(t1) - self.open_before(t0)

    def instant(self, t0: int, seconds: int) -> int:
        """The first instant by which so many open seconds have passed since ``t0``."""
        if seconds <= 0:
            return t0
        wanted = self.open_before(t0) + seconds
        minute = bisect_left(self._open_before, wanted) - 1
        assert minute + 1 < len(self._open_before), "the window is too small for this example"
        return self.since + minute * MINUTE + wanted - int(self._open_before[minute])


def _number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()
