"""A question put to a desk, and the rows that answer it: what figures are made of."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from reports.calendars import CalendarTime, Counts
from reports.dataset import Desk, Whole, Words, instants
from reports.periods import Period, known_zone
from reports.problems import QuestionError

ClockName = Literal["business", "calendar"]
TICKET_WORDS = ("team", "desk", "priority", "type", "channel", "status")
EVENTS = ("start_event_id", "end_event_id")


@dataclass(frozen=True)
class Question:
    """What is asked: the metric, on which clock, by what, in which periods of which zone, of which ``more``."""

    metric: str
    clock: ClockName = "business"
    by: tuple[str, ...] = ()
    period: Period | None = None
    zone: str | None = None
    calendar: str | None = None
    more: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.clock not in get_args(ClockName):
            raise QuestionError(f"{self.clock!r} is no clock; one of {', '.join(get_args(ClockName))}")

    def counts(self, desk: Desk) -> Counts:
        """The clock on which durations are counted."""
        return CalendarTime() if self.clock == "calendar" else desk.calendars.clock(self.calendar)

    def local(self, desk: Desk) -> str:
        return known_zone(self.zone or desk.calendars.zone)


@dataclass
class Rows:
    """What figures are made of, in columns: the row of its ticket, and the instant that says in which period it is."""

    desk: Desk
    row: Whole
    at: Whole
    columns: dict[str, Any] = field(default_factory=dict)
    spam: bool = False
    """Whether tickets that turned out to be spam stay in."""

    def __len__(self) -> int:
        return len(self.row)

    def take(self, chosen: Any) -> Rows:
        """Some of the rows."""
        columns = {
            name: column.take(chosen) if isinstance(column, Words) else column[chosen]
            for name, column in self.columns.items()
        }
        return replace(self, row=self.row[chosen], at=self.at[chosen], columns=columns)

    def words(self, name: str) -> Words:
        """A column to group by: one of these rows, of their tickets, or a field of the operator's own."""
        column = self.columns.get(name)
        if isinstance(column, Words):
            return column
        if column is not None and name in ("agent", "assignee"):
            return _people(column)
        if name in TICKET_WORDS:
            return self.desk.word("ticket", name).take(self.row)
        if name == "assignee":
            return _people(self.desk.whole("ticket", "assignee_id")[self.row])
        if name == "requester":
            return _people(self.desk.whole("ticket", "requester_id")[self.row])
        fields = self.desk.word("field", "field").names
        if name in fields:
            return self.desk.field(name).take(self.row)
        own = (column for column, values in self.columns.items() if isinstance(values, Words))
        known = sorted({*TICKET_WORDS, "assignee", "requester", *own, *fields})
        raise QuestionError(f"{name!r} is nothing to group by; one of {', '.join(known)}")

    def frame(self) -> pd.DataFrame:
        """The rows as analysts see them."""
        shown: dict[str, Any] = {"ticket_id": self.desk.whole("ticket", "ticket_id")[self.row]}
        for name, column in self.columns.items():
            shown[name] = shown_as(name, column)
        return pd.DataFrame(shown)


def shown_as(name: str, column: Any) -> Any:
    """A column of numpy as a frame shows it."""
    if isinstance(column, Words):
        return column.series()
    if name in EVENTS or name in ("agent", "assignee"):
        return pd.arrays.IntegerArray(np.where(column < 0, 0, column), column < 0)
    if name in ("start", "end") or name.endswith("_at"):
        return pd.DatetimeIndex(instants(column)).tz_localize("UTC")
    return column


def _people(numbers: Whole) -> Words:
    people, codes = np.unique(numbers, return_inverse=True)
    nobody = people < 0
    codes = (codes - int(nobody.sum())).astype(np.int32)
    return Words(np.maximum(codes, -1), tuple(str(person) for person in people[~nobody]))
