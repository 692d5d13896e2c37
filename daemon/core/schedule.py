"""Times at which something is done again and again, as people write them: ``03:00`` (each day), ``mon 07:00``.

Wall time of a zone: where a clock change skips the time, it is done at the change; where it repeats it, once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from daemon.core.hours import WEEKDAYS
from daemon.core.values import Instant

_TIME = re.compile(r"(?:(mon|tue|wed|thu|fri|sat|sun) )?([01]\d|2[0-3]):([0-5]\d)")
DAYS_BACK = 8


@dataclass(frozen=True, slots=True)
class Schedule:
    """``weekday`` 0 is Monday; None: every day."""

    weekday: int | None
    hour: int
    minute: int

    def last(self, now: Instant, zone: tzinfo) -> Instant:
        """The latest time that is not after ``now``."""
        today = datetime.fromtimestamp(now, zone).date()
        return max(t for days in range(DAYS_BACK) if (t := self._on(today - timedelta(days), zone)) and t <= now)

    def next(self, now: Instant, zone: tzinfo) -> Instant:
        """The first time after ``now``."""
        today = datetime.fromtimestamp(now, zone).date()
        return min(t for days in range(DAYS_BACK + 1) if (t := self._on(today + timedelta(days), zone)) and t > now)

    def _on(self, day: date, zone: tzinfo) -> Instant | None:
        if self.weekday is not None and day.weekday() != self.weekday:
            return None
        return int(datetime(day.year, day.month, day.day, self.hour, self.minute, tzinfo=zone).timestamp())


def schedule(text: str) -> Schedule:
    """Read a time; ValueError is a sentence."""
    found = _TIME.fullmatch(text.strip().lower())
    if found is None:
        raise ValueError(f"{text!r} is no time to do something at; write one such as 03:00 (each day) or mon 07:00")
    weekday, hour, minute = found.groups()
    return Schedule(WEEKDAYS.index(weekday) if weekday else None, int(hour), int(minute))
