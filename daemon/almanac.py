"""Zones and public holidays, as the libraries know them, and a calendar's years laid out by them.

A definition is text; a year of it is UTC seconds. Zones come from the machine's own database (else from ``tzdata``),
holidays from ``holidays``; both change with their versions, so what was laid out is kept (``daemon.store.terms``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from daemon.core import hours
from daemon.core.calendar import DAY, Span, Timeline, build, offsets, timeline
from daemon.core.values import Instant


@dataclass(frozen=True, slots=True)
class Definition:
    """A calendar as it is written: zone, opening hours, region of its public holidays, closed days, special days."""

    zone: str
    hours: tuple[str, ...]
    holidays: str = ""
    closed: tuple[str, ...] = ()
    open: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Year:
    """A year (UTC) of a calendar. ``closed``: holidays (ISO date, name); ``shifts``: (instant, seconds forward)."""

    opens: tuple[Instant, ...]
    closes: tuple[Instant, ...]
    closed: tuple[tuple[str, str], ...]
    shifts: tuple[tuple[Instant, int], ...]


def zone(name: str) -> tzinfo:
    """A time zone; ValueError is a sentence."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        near = [known for known in sorted(available_timezones()) if name.lower() in known.lower()][:3]
        such = " or ".join(near) or "Europe/Berlin"
        raise ValueError(f"{name!r} is no time zone; write one such as {such}") from None


def region(text: str) -> tuple[str, str | None]:
    """Country and region of public holidays, such as ``DE`` or ``DE-BE``; ValueError is a sentence."""
    countries = _countries()
    country, dash, part = text.partition("-")
    if country not in countries:
        raise ValueError(f"{text!r}: there is no country {country!r}; write its two letters, such as DE or US-CA")
    if dash and part not in countries[country]:
        known = ", ".join(countries[country]) or "none"
        raise ValueError(f"{text!r}: {country} has no region {part!r}; it has {known}")
    return country, part or None


@cache
def _countries() -> dict[str, list[str]]:
    from holidays import list_supported_countries

    return list_supported_countries(include_aliases=False)


def public_holidays(text: str, years: Iterable[int]) -> dict[date, str]:
    """The holidays of a region (none for '') in these years, with their names."""
    if not text:
        return {}
    from holidays import country_holidays

    country, part = region(text)
    return dict(country_holidays(country, subdiv=part, years=list(years)))


def bounds(year: int) -> Span:
    """The first second of a year, and that of the next (UTC)."""
    return _new_year(year), _new_year(year + 1)


def year_of(instant: Instant) -> int:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=instant)).year


def local(instant: Instant, name: str) -> str:
    """An instant as people in a zone read it: ``2026-03-30 09:00 (Europe/Berlin)``."""
    return f"{there(instant, name):%Y-%m-%d %H:%M} ({name})"


def there(instant: Instant, name: str) -> datetime:
    """An instant in a zone."""
    return datetime.fromtimestamp(instant, zone(name))


def next_day(instant: Instant, name: str) -> Instant:
    """The first second of the local day after that of an instant, whichever the clock skips or repeats."""
    today, low, high = there(instant, name).date(), instant, instant + 2 * DAY
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if there(middle, name).date() <= today else (low, middle)
    return high


def lay_out(definition: Definition, year: int) -> Year:
    """A year of a calendar; ValueError is a sentence."""
    since, until = bounds(year)
    where = zone(definition.zone)
    closures = [hours.closure(text) for text in definition.closed]
    about = range(year - 1, year + 2)  # a local date of this year may be one of another in UTC
    named = public_holidays(definition.holidays, about)
    for one in about:
        named |= {day: named.get(day, "closed") for day in hours.closed_days(closures, one)}
    laid = build(hours.week(definition.hours), where, named, since, until, hours.special(definition.open))
    shifts = [(at, after - before) for (_, before), (at, after) in pairwise(offsets(where, since, until))]
    closed = sorted((day.isoformat(), name) for day, name in named.items() if day.year == year)
    return Year(laid.opens, laid.closes, tuple(closed), tuple(shifts))


def join(first: int, years: Sequence[Year]) -> Timeline:
    """The timeline of consecutive years, the first of which is given."""
    spans = [span for year in years for span in zip(year.opens, year.closes, strict=True)]
    return timeline(spans, _new_year(first), _new_year(first + len(years)))


def _new_year(year: int) -> Instant:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())
