"""The tests' own idea of time zones: TZif files as RFC 8536 describes them, read here; no other program's arithmetic.

Instants are UTC seconds, offsets seconds east. What comes after the last transition of a file is told by its footer, a
POSIX TZ rule; ``transitions`` writes that rule out for a span of years.
"""

from __future__ import annotations

import re
import struct
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path

SYSTEM = Path("/usr/share/zoneinfo")
_NAME = r"<[^>]+>|[A-Za-z]{3,}"
_OFFSET = r"[-+]?\d{1,3}(?::\d\d){0,2}"
_FOOTER = re.compile(rf"({_NAME})({_OFFSET})(?:({_NAME})({_OFFSET})?(?:,([^,]+),([^,]+))?)?")


def _content(name: str) -> bytes:
    if (SYSTEM / name).is_file():
        return (SYSTEM / name).read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


@cache
def transitions(name: str, first: int, last: int) -> tuple[tuple[int, int], ...]:
    """(instant, offset from then on), the first one before all else, up to the end of the year ``last``."""
    data = _content(name)
    _, start = _block(data, 0, 4)
    (times, offsets, before), end = _block(data, start, 8)
    found = [(-(2**62), before), *zip(times, offsets, strict=True)]
    footer = data[end:].strip(b"\n").decode("ascii")
    newest = found[-1][0]
    if footer:
        found += [(at, offset) for at, offset in _by_rule(footer, first, last) if at > newest]
    return tuple(found)


def _block(data: bytes, at: int, width: int) -> tuple[tuple[list[int], list[int], int], int]:
    """One header with its data: instants, offsets from them on, the offset before all; and where it ends."""
    assert data[at : at + 4] == b"TZif"
    isut, isstd, leaps, count, types, letters = struct.unpack_from(">6l", data, at + 20)
    at += 44
    times = list(struct.unpack_from(f">{count}{'q' if width == 8 else 'l'}", data, at))
    at += count * width
    kinds = data[at : at + count]
    at += count
    offsets = [struct.unpack_from(">lbb", data, at + 6 * i)[0] for i in range(types)]
    at += 6 * types + letters + leaps * (width + 4) + isstd + isut
    return (times, [offsets[kind] for kind in kinds], offsets[0]), at


def _by_rule(footer: str, first: int, last: int) -> list[tuple[int, int]]:
    found = _FOOTER.fullmatch(footer)
    assert found is not None, footer
    standard = -_seconds(found[2])
    if found[3] is None:
        return []
    summer = -_seconds(found[4]) if found[4] else standard + 3600
    assert found[5] and found[6], footer
    out = []
    for year in range(first - 1, last + 1):
        out += [(_local(found[5], year) - standard, summer), (_local(found[6], year) - summer, standard)]
    return sorted(out)


def _local(rule: str, year: int) -> int:
    """The instant of a rule such as M3.5.0/2 as if its wall clock were UTC."""
    day, _, time = rule.partition("/")
    if day.startswith("M"):
        month, week, weekday = (int(part) for part in day[1:].split("."))
        first = date(year, month, 1)
        ahead = (weekday - (first.weekday() + 1)) % 7
        when = first + timedelta(days=ahead + 7 * (week - 1))
        while when.month != month:
            when -= timedelta(days=7)
    elif day.startswith("J"):  # 29 February is never counted
        number = int(day[1:])
        leap = date(year, 12, 31).timetuple().tm_yday == 366
        when = date(year, 1, 1) + timedelta(days=number - 1 + (leap and number >= 60))
    else:
        when = date(year, 1, 1) + timedelta(days=int(day))
    midnight = int(datetime(when.year, when.month, when.day, tzinfo=UTC).timestamp())
    return midnight + (_seconds(time) if time else 7200)


def _seconds(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, seconds = ([int(part) for part in text.lstrip("+-").split(":")] + [0, 0])[:3]
    return sign * (hours * 3600 + minutes * 60 + seconds)
