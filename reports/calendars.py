"""The calendars of a desk as they were: a business clock that keeps last year's hours when the hours change.

Each version of a calendar holds from the instant on which it was first used until the next one of its name; the first
one holds for all before it. Years that the daemon never laid out are laid out here, by the same almanac.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from daemon import almanac
from daemon.almanac import Definition, Year
from daemon.core.calendar import Span, Timeline, timeline
from reports.clock import Clock
from reports.dataset import MISSING, Desk, Whole
from reports.problems import QuestionError

AHEAD = 400 * 86_400
"""Seconds past the end for which calendars are laid out: promises that still run are due then."""


class Counts(Protocol):
    """A clock for columns."""

    def between(self, start: npt.ArrayLike, end: npt.ArrayLike) -> Whole: ...

    def after(self, start: npt.ArrayLike, seconds: npt.ArrayLike) -> Whole: ...


class CalendarTime:
    """The clock on which every second counts."""

    def between(self, start: npt.ArrayLike, end: npt.ArrayLike) -> Whole:
        return np.asarray(end, np.int64) - np.asarray(start, np.int64)

    def after(self, start: npt.ArrayLike, seconds: npt.ArrayLike) -> Whole:
        return np.asarray(start, np.int64) + np.maximum(np.asarray(seconds, np.int64), 0)


@dataclass(frozen=True)
class Version:
    """A calendar's version as it is kept."""

    version: str
    name: str
    definition: Definition
    made_at: int
    years: dict[int, Year]

    def spans(self, since: int, until: int) -> Iterator[Span]:
        """Its open spans between two instants, with years laid out that were not."""
        for year in range(almanac.year_of(since), almanac.year_of(max(until - 1, since)) + 1):
            if year not in self.years:
                self.years[year] = almanac.lay_out(self.definition, year)
            laid = self.years[year]
            for a, b in zip(laid.opens, laid.closes, strict=True):
                if b > since and a < until:
                    yield max(a, since), min(b, until)


class Calendars:
    """The calendars of a desk; ``default`` is the name of the one in which most is promised ('' if there is none)."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._versions = {v.version: v for v in _versions(desk)}
        self._clocks: dict[str, Clock] = {}
        opened = desk.whole("ticket", "opened_at")
        first = int(opened.min()) if len(opened) else desk.taken_at
        self.since = almanac.bounds(almanac.year_of(first) - 1)[0]
        self.until = almanac.bounds(almanac.year_of(desk.taken_at + AHEAD))[1]
        self.default = self._most_used()

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(v.name for v in self._versions.values()))

    @property
    def zone(self) -> str:
        """The zone in which reports are read, unless told: that of the default calendar."""
        return self._named(self.default)[-1].definition.zone if self.default else "UTC"

    def clock(self, name: str | None = None) -> Clock:
        """The business clock of a calendar by its name; QuestionError if there is no such."""
        name = name or self.default
        if not name:
            raise QuestionError("this desk has no calendar; ask with clock='calendar', or give a calendar")
        if name not in self._clocks:
            self._clocks[name] = Clock(self.timeline(name))
        return self._clocks[name]

    def timeline(self, name: str) -> Timeline:
        """The open time of a calendar by its name, each version in its time."""
        versions = self._named(name)
        if not versions:
            raise QuestionError(f"there is no calendar {name!r}; this desk has {', '.join(self.names) or 'none'}")
        starts = [self.since, *(max(v.made_at, self.since) for v in versions[1:])]
        ends = [*starts[1:], self.until]
        spans = [span for v, a, b in zip(versions, starts, ends, strict=True) if a < b for span in v.spans(a, b)]
        return timeline(spans, self.since, self.until)

    def of_version(self, version: str) -> Counts:
        """The clock of one version alone, '' = calendar time; QuestionError if it is not kept."""
        if not version:
            return CalendarTime()
        if version not in self._clocks:
            if version not in self._versions:
                raise QuestionError(f"there is no version {version[:12]} of a calendar in {self._desk.name}")
            spans = list(self._versions[version].spans(self.since, self.until))
            self._clocks[version] = Clock(timeline(spans, self.since, self.until))
        return self._clocks[version]

    def lay_out(self, definition: Definition) -> Clock:
        """Any calendar, over all of the desk's history."""
        made = Version("", "", definition, 0, {})
        return Clock(timeline(made.spans(self.since, self.until), self.since, self.until))

    def definition(self, name: str) -> Definition:
        return self._named(name)[-1].definition

    def _named(self, name: str) -> list[Version]:
        return sorted((v for v in self._versions.values() if v.name == name), key=lambda v: (v.made_at, v.version))

    def _most_used(self) -> str:
        used = self._desk.word("promise", "calendar")
        counts = np.bincount(used.codes[used.codes >= 0], minlength=len(used.names))
        known = [(int(n), v) for v, n in zip(used.names, counts, strict=True) if v in self._versions]
        if known:
            return self._versions[max(known)[1]].name
        return min(self._versions.values(), key=lambda v: v.made_at).name if self._versions else ""


def _versions(desk: Desk) -> Iterator[Version]:
    rows: dict[str, dict[str, Any]] = {}
    columns = ("calendar", "calendar_name", "definition", "content")
    texts = {name: desk.text("calendar", name).to_pylist() for name in columns}
    years, made = desk.whole("calendar", "year"), desk.whole("calendar", "made_at")
    for i, version in enumerate(texts["calendar"]):
        kept: dict[str, Any] = json.loads(texts["definition"][i])
        kept = {key: tuple(value) if isinstance(value, list) else value for key, value in kept.items()}
        row = rows.setdefault(
            version,
            {
                "name": texts["calendar_name"][i],
                "definition": Definition(**kept),
                "made_at": int(made[i]) if made[i] != MISSING else 0,
                "years": {},
            },
        )
        content = json.loads(texts["content"][i])
        row["years"][int(years[i])] = Year(
            tuple(content["opens"]),
            tuple(content["closes"]),
            tuple((day, name) for day, name in content["closed"]),
            tuple((at, seconds) for at, seconds in content["shifts"]),
        )
    for version, row in rows.items():
        yield Version(version, **row)
