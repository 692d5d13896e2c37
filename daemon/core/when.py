"""Times as agents write them: ``2d``, ``1h 30m``, ``monday 9:00``, ``tomorrow``, ``1.12.``, ``2026-12-01 09:00``.

A length counts from now, a day 24 hours, a week 7 days. All else is wall time of the agent's zone: where a clock change
skips it, it is the instant of the change; where it repeats it, the first. A day without a time begins at the hour of
work for ``when`` and ends at midnight for ``until``. A weekday, a time of day and a date without a year are the next
one; next week is its Monday; a weekday never is today where one asks when, unless a later time of today is told.
English and German; words such as until, next, at do not count. ValueError is a sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo

from daemon.core.calendar import DAY, offsets
from daemon.core.hours import duration
from daemon.core.typed import folded, plain, unquoted
from daemon.core.values import Instant

LONGEST = 80
FURTHEST = 731
"""Days; what is further than two years is a slip of the finger."""

_WEEKDAYS = (
    "mon monday mo montag",
    "tue tues tuesday di dienstag",
    "wed wednesday mi mittwoch",
    "thu thur thurs thursday do donnerstag",
    "fri friday fr freitag",
    "sat saturday sa samstag sonnabend",
    "sun sunday so sonntag",
)
_MONTHS = (
    "jan january januar jaenner",
    "feb february februar",
    "mar march maer maerz mrz",
    "apr april",
    "may mai",
    "jun june juni",
    "jul july juli",
    "aug august",
    "sep sept september",
    "oct october okt oktober",
    "nov november",
    "dec december dez dezember",
)
_DAYS = {
    "today": 0, "heute": 0, "tomorrow": 1, "morgen": 1,
    "day after tomorrow": 2, "uebermorgen": 2,
}  # fmt: skip
_NEXT_WEEK = frozenset({"next week", "naechste woche"})
_PARTS = {
    "morning": 9, "frueh": 9, "vormittag": 9, "noon": 12, "mittag": 12,
    "afternoon": 14, "nachmittag": 14, "evening": 18, "abend": 18,
}  # fmt: skip
_WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}
_MONTH = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}

_UNITS = {
    "w": "w weeks week wochen woche",
    "d": "d days day tagen tage tag",
    "h": "h hours hour hrs hr std stunden stunde",
    "m": "m minutes minute mins min minuten",
}
_UNIT = {name: unit for unit, names in _UNITS.items() for name in names.split()}

_FILLER = re.compile(r"(?:until|till|til|bis|on|am|by|for|fuer|in|the|den|der|zum)(?:: ?| )")
_LENGTH = re.compile(
    r"(?:([0-9]{1,9}) ?|(?:an?|one|eine[mnr]?|ein) )"
    rf"({'|'.join(sorted(_UNIT, key=len, reverse=True))})(?![^\W\d_])\.?"
)
_AND = frozenset({"and", "und"})
_TIMES = tuple(
    re.compile(rf"(?:^|(?<= )){way}$")
    for way in (
        r"(?:at |um )?([0-9]{1,2}):([0-5][0-9])(?: ?([ap])\.?m| uhr)?",
        r"(?:at |um )?([0-9]{1,2})()()(?: ?uhr)",
        r"(?:at |um )?([0-9]{1,2})\.([0-5][0-9])()(?: ?uhr)",
        r"(?:at |um )?([0-9]{1,2})() ?([ap])\.?m",
        r"(?:at|um) ([0-9]{1,2})()()",
    )
)
_NEXT = re.compile(r"(?:(next|coming|naechste[nrs]?|kommende[nrs]?)|this|diese[nrs]?) ")
_ISO = re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})")
_DOTTED = re.compile(r"(?P<day>[0-9]{1,2})\. ?(?P<month>[0-9]{1,2})(?:\. ?(?P<year>[0-9]{4}|[0-9]{2})?)?")
_NAMED = re.compile(r"(?P<day>[0-9]{1,2})(?:\.|st|nd|rd|th)? (?P<month>[^\W\d_]{3,9})\.?(?: (?P<year>[0-9]{4}))?")
_NAMED_FIRST = re.compile(r"(?P<month>[^\W\d_]{3,9})\.? (?P<day>[0-9]{1,2})(?:\.|st|nd|rd|th)?(?: (?P<year>[0-9]{4}))?")


def when(text: str, now: Instant, zone: tzinfo, hour: int = 9) -> Instant:
    """The instant that is meant; a day without a time means that hour of it."""
    return _future(text, now, zone, timedelta(hours=hour), today_counts=False)


def until(text: str, now: Instant, zone: tzinfo) -> Instant:
    """The end of what is meant: a day without a time goes on to its midnight."""
    return _future(text, now, zone, timedelta(days=1), today_counts=True)


def _future(text: str, now: Instant, zone: tzinfo, untold: timedelta, *, today_counts: bool) -> Instant:
    """The first instant after now that the words may mean; ``untold`` is the time of a day that tells none."""
    words = _words(text)
    seconds = _length(words)
    if seconds is not None:
        instants = [now + seconds]
    else:
        named, time = _time_of_day(words)
        today = datetime.fromtimestamp(now, zone).date()
        days: Iterable[date] = ()
        if named in _NEXT_WEEK:
            days = (today + timedelta(days=7 - today.weekday() - (today_counts and time is None)),)
        elif named or time is not None:
            days = _days(named, today, today_counts=today_counts or time is not None)
        instants = [_instant(day, untold if time is None else time, zone) for day in days]
    if not instants:
        raise ValueError(f"{_short(text)} is no time; write one such as 2d, monday 9:00, tomorrow or 2026-12-01 09:00")
    found = next((at for at in instants if at > now), None)
    if found is None:
        raise ValueError(f"{_short(text)} is past; write a time that is to come")
    if found > now + FURTHEST * DAY:
        raise ValueError(f"{_short(text)} is more than two years away; write an earlier time")
    return found


def _short(text: str) -> str:
    return repr(plain(text[: 2 * LONGEST])[:LONGEST])


def _words(text: str) -> str:
    """Lower-case words with single blanks, without quotes, commas, punctuation behind and words that do not count."""
    if len(text) > LONGEST:
        return ""
    words = " ".join(unquoted(folded(text)).replace(",", " ").split()).rstrip(" .;!?")
    while filler := _FILLER.match(words):
        words = words[filler.end() :]
    return words.removesuffix(" from now")


def _length(words: str) -> int | None:
    """Seconds of ``1h 30m``, ``2 days`` or ``eine Woche``; None for what is no length of time."""
    parts = _LENGTH.findall(words)
    if not parts or set(_LENGTH.sub(" ", words).split()) - _AND:
        return None
    counted = [(int(number or 1), _UNIT[name]) for number, name in parts]
    return sum(7 * number * DAY if unit == "w" else duration(f"{number}{unit}") for number, unit in counted)


def _time_of_day(words: str) -> tuple[str, timedelta | None]:
    """What names the day, and the time if one stands behind it."""
    for way in _TIMES:
        if found := way.search(words):
            hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
            if hour < 24 and not (half and not 1 <= hour <= 12):
                hour = hour % 12 + (12 if half == "p" else 0) if half else hour
                return words[: found.start()].rstrip(), timedelta(hours=hour, minutes=minute)
    before, _, part = words.rpartition(" ")
    if part in _PARTS:
        return before.removesuffix("this"), timedelta(hours=_PARTS[part])
    return words, None


def _days(named: str, today: date, *, today_counts: bool) -> Iterable[date]:
    """The days that these words may mean, in the order in which they are tried; none if they mean none."""
    if not named:
        return today, today + timedelta(days=1)
    if named in _DAYS:
        return (today + timedelta(days=_DAYS[named]),)
    following = _NEXT.match(named)
    weekday = _WEEKDAY.get(named[following.end() if following else 0 :].rstrip("."))
    if weekday is not None:
        ahead = (weekday - today.weekday()) % 7
        is_another = ahead == 0 and (not today_counts or (following is not None and following[1] is not None))
        return tuple(today + timedelta(days=ahead + 7 * weeks) for weeks in ((1, 2) if is_another else (0, 1)))
    return _dates(named, today)


def _dates(named: str, today: date) -> Iterable[date]:
    """The date that is written; where it has no year, those of the next years."""
    found = next((f for way in (_ISO, _DOTTED, _NAMED, _NAMED_FIRST) if (f := way.fullmatch(named))), None)
    month = (_MONTH.get(found["month"]) or _number(found["month"])) if found else 0
    if found is None or not month:
        return ()
    year = _number(found["year"] or "")
    years = (year if year > 99 else 2000 + year,) if found["year"] else range(today.year, today.year + 9)
    days = (_date(year, month, int(found["day"])) for year in years)
    # Beyond these a day is past or too far away, whichever it is.
    first, last = today - timedelta(days=2), today + timedelta(days=FURTHEST + 2)
    return tuple(min(max(day, first), last) for day in days if day is not None)


def _number(digits: str) -> int:
    return int(digits) if digits.isdigit() else 0


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _instant(day: date, time: timedelta, zone: tzinfo) -> Instant:
    """Wall time of a zone in UTC seconds."""
    wall = datetime(day.year, day.month, day.day, tzinfo=zone) + time
    before, after = (int(wall.replace(fold=fold).timestamp()) for fold in (0, 1))
    if before <= after:
        return before
    return [change for change, _ in offsets(zone, after, before + 1)][1]
