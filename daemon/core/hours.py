"""Opening hours as people write them: ``mon-fri 09:00-12:00 13:00-17:30``, ``fri 22:00-06:00+1``, ``2026-12-24``.

Each function takes text and returns values; ValueError is a sentence that names cause and cure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, timedelta

from daemon.core.calendar import DAY, Span

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TIMES = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)(\+1)?")
_DATE = re.compile(r"(?:(\d{4})-)?(\d\d)-(\d\d)")
_DURATION = re.compile(" ?".join(rf"(?:(\d{{1,9}}) ?{unit})?" for unit in "dhms"))

Closure = tuple[date | tuple[int, int], date | tuple[int, int]]
"""First and last day that is closed: dates, or (month, day) of every year."""


def week(lines: Iterable[str]) -> tuple[tuple[Span, ...], ...]:
    """The spans of each weekday, Monday first; what lasts beyond midnight is the next day's."""
    days: list[list[Span]] = [[] for _ in WEEKDAYS]
    for line in lines:
        named, *times = line.split()
        if not times:
            raise ValueError(f"{line!r} says no times; write it such as mon-fri 09:00-17:30")
        for day in _weekdays(named, line):
            for start, end in (_times(text, overnight=True) for text in times):
                days[day].append((start, min(end, DAY)))
                if end > DAY:
                    days[(day + 1) % 7].append((0, end - DAY))
    return tuple(tuple(sorted(spans)) for spans in days)


def special(lines: Iterable[str]) -> dict[date, tuple[Span, ...]]:
    """The hours of single dates, in place of their weekday's."""
    days: dict[date, tuple[Span, ...]] = {}
    for line in lines:
        named, *times = line.split()
        if not times:
            raise ValueError(f"{line!r} says no times; write it such as 2026-12-05 10:00-14:00")
        day = _date(named, line)
        if not isinstance(day, date):
            raise ValueError(f"{line!r} has no year; write it such as 2026-12-05 10:00-14:00")
        days[day] = (*days.get(day, ()), *(_times(text, overnight=False) for text in times))
    return days


def closure(text: str) -> Closure:
    """A closed day or a range of them (``2026-12-24/2026-12-31``); without a year it is closed every year."""
    first, slash, last = text.partition("/")
    start = _date(first, text)
    end = _date(last, text) if slash else start
    if isinstance(start, date) != isinstance(end, date):
        raise ValueError(f"{text!r} has a year at one end only; write both or none")
    if isinstance(start, date) and isinstance(end, date) and end < start:
        raise ValueError(f"{text!r} ends before it begins; write the earlier date first")
    return start, end


def closed_days(closures: Iterable[Closure], year: int) -> set[date]:
    """The days of a year that these close."""
    days: set[date] = set()
    for start, end in closures:
        if isinstance(start, date) and isinstance(end, date):
            days |= _days(max(start, date(year, 1, 1)), min(end, date(year, 12, 31)))
        elif isinstance(start, tuple) and isinstance(end, tuple):
            turns = end < start
            ranges = [(start, (12, 31)), ((1, 1), end)] if turns else [(start, end)]
            for first, last in ranges:
                days |= _days(_in_year(year, first), _in_year(year, last))
    return days


def duration(text: str) -> int:
    """Seconds of ``90m``, ``4h``, ``1h 30m`` or ``2d``; a day is 24 hours."""
    found = _DURATION.fullmatch(text.strip())
    if not text.strip() or found is None:
        raise ValueError(f"{text!r} is no length of time; write one such as 30m, 4h, 1h 30m or 2d")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _weekdays(named: str, line: str) -> Iterable[int]:
    if named == "daily":
        return range(7)
    days: list[int] = []
    for part in named.lower().split(","):
        first, dash, last = part.partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise ValueError(
                f"{line!r}: {part!r} is no weekday; write {', '.join(WEEKDAYS)}, a range of them, or daily"
            )
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
        days += [day % 7 for day in range(start, (end if end >= start else end + 7) + 1)]
    return days


def _times(text: str, *, overnight: bool) -> Span:
    found = _TIMES.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no pair of times; write it such as 09:00-17:30")
    start, end = (int(found[i]) * 3600 + int(found[i + 1]) * 60 for i in (1, 3))
    if start >= DAY or end > DAY:
        raise ValueError(f"{text!r}: a day ends at 24:00; write it such as 09:00-24:00")
    if found[5]:
        if not overnight:
            raise ValueError(
                f"{text!r}: a single date ends at 24:00; write the hours after midnight under the next date"
            )
        if end > start:
            raise ValueError(f"{text!r} is longer than a day; write one line for each day")
        return start, end + DAY
    if end == start:
        raise ValueError(f"{text!r} has no length; the whole day is written 00:00-24:00")
    if end < start:
        cure = f"overnight is written {text}+1" if overnight else "write the hours after midnight under the next date"
        raise ValueError(f"{text!r} ends before it begins; {cure}")
    return start, end


def _date(text: str, whole: str) -> date | tuple[int, int]:
    found = _DATE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        month, day = int(found[2]), int(found[3])
        if found[1]:
            return date(int(found[1]), month, day)
        date(2000, month, day)
    except ValueError:
        raise ValueError(f"{whole!r}: {text!r} is no date; write one such as 2026-12-24") from None
    return month, day


def _in_year(year: int, day: tuple[int, int]) -> date:
    """29 February is the day before 1 March."""
    try:
        return date(year, *day)
    except ValueError:
        return date(year, 3, 1) - timedelta(days=1)


def _days(first: date, last: date) -> set[date]:
    return {first + timedelta(days=i) for i in range((last - first).days + 1)}
