"""Opening hours that are measured: Berlin, three years, one span on each weekday, as other programs can say it too."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from holidays import country_holidays

from daemon.core.calendar import DAY, Span, Timeline, build

ZONE = "Europe/Berlin"
FIRST, LAST = 2023, 2025


@dataclass(frozen=True)
class Office:
    """Monday to Friday from ``opens`` to ``closes``, which is on the next day if it is earlier."""

    opens: time
    closes: time
    holidays: frozenset[date]
    timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        start, end = (at.hour * 3600 + at.minute * 60 for at in (self.opens, self.closes))
        overnight = end <= start
        evening: Span = (start, DAY if overnight else end)
        morning: Span = (0, end if overnight else 0)
        week = [(evening,), *[(morning, evening)] * 4, (morning,), ()]
        since, until = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (FIRST, LAST + 1))
        object.__setattr__(self, "timeline", build(week, ZoneInfo(ZONE), self.holidays, since, until))


def by_day() -> Office:
    """All times are half hours; the holidays are Berlin's, and two days more that the desk takes off."""
    # Some peers look for the next holiday beyond the last instant, and fail if there is none.
    years = range(FIRST - 1, LAST + 7)
    days = set(country_holidays("DE", subdiv="BE", years=years))
    days |= {date(year, 12, day) for year in years for day in (24, 31)}
    return Office(time(9), time(17, 30), frozenset(days))


def by_minutes() -> Office:
    """One minute later, so that the table has an entry for every minute."""
    return Office(time(9, 1), time(17, 30), by_day().holidays)


def by_night() -> Office:
    """No holidays: whether one ends the shift before it at midnight is a matter of taste; daylight saving is not."""
    return Office(time(22), time(6), frozenset())
