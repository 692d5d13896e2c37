"""Local periods: days, weeks, months, quarters and years as a zone's wall clock cuts them, on any side of a clock
change.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal, get_args

import numpy as np

from daemon import almanac
from reports.dataset import Whole
from reports.problems import QuestionError

Period = Literal["hour", "day", "week", "month", "quarter", "year"]


@dataclass(frozen=True)
class Periods:
    """Consecutive periods: ``edges`` are their beginnings and the end of the last (UTC seconds), ``labels`` their first
    moments on the wall clock."""

    edges: Whole
    labels: np.ndarray[tuple[int], np.dtype[np.datetime64]]

    def of(self, at: Whole) -> Whole:
        """For each instant, the number of its period."""
        return np.searchsorted(self.edges, at, side="right") - 1

    def __len__(self) -> int:
        return len(self.labels)


def known_zone(name: str) -> str:
    """The name of a zone that exists; QuestionError for one that does not."""
    try:
        almanac.zone(name)
    except ValueError as error:
        raise QuestionError(str(error)) from None
    return name


def periods(kind: Period, zone: str, since: int, until: int) -> Periods:
    """The periods of this kind that cover the instants from ``since`` to ``until``, both included."""
    if kind not in get_args(Period):
        raise QuestionError(f"{kind!r} is no period; one of {', '.join(get_args(Period))}")
    where = almanac.zone(known_zone(zone))
    if kind == "hour":
        first, last = since // 3600 * 3600, until // 3600 * 3600 + 3600
        edges = np.arange(first, last + 1, 3600)
        local = [np.datetime64(almanac.there(int(t), zone).replace(tzinfo=None), "s") for t in edges[:-1]]
        return Periods(edges, np.array(local, "M8[s]"))
    day = _first(kind, almanac.there(since, zone).date())
    days = [day]
    while _instant(days[-1], where) <= until:
        days.append(_next(kind, days[-1]))
    edges = np.array([_instant(one, where) for one in days], np.int64)
    return Periods(edges, np.array(days[:-1], "M8[D]").astype("M8[s]"))


def _instant(day: date, where: object) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=where).timestamp())  # type: ignore[arg-type]


def _first(kind: Period, day: date) -> date:
    match kind:
        case "week":
            return day - timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
        case "year":
            return date(day.year, 1, 1)
        case _:
            return day


def _next(kind: Period, day: date) -> date:
    match kind:
        case "day":
            return day + timedelta(days=1)
        case "week":
            return day + timedelta(days=7)
        case "year":
            return date(day.year + 1, 1, 1)
        case _:
            months = day.month - 1 + (3 if kind == "quarter" else 1)
            return date(day.year + months // 12, months % 12 + 1, 1)
