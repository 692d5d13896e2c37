"""What comes in, what lies there and what goes out: volume, backlog, its entries and exits, and who was waited for."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from daemon.core.status import BACKLOG
from reports.dataset import Desk, Whole, Words
from reports.figures import cut_periods, group, metric, rows_of, tidy, totals
from reports.periods import Period, periods
from reports.rows import ClockName, Question, Rows

US, CUSTOMER, HOLD = {"new", "open"}, {"pending"}, {"on_hold"}
CAUSES = ("opened", "reopened", "moved in", "resolved", "closed", "merged", "spam", "moved out")
EXITS = ("resolved", "closed", "merged", "spam")
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


# waiting


@metric(
    "waiting",
    "Seconds of a ticket's life, to the end of the data, in which we were waited for (new, open), the customer "
    "(pending), someone else (on_hold), or nobody (over); they add up to its life exactly, on both clocks.",
    "s",
)
def _waiting(desk: Desk, question: Question) -> Rows:
    life = desk.life
    lasted = question.counts(desk).between(life.start, life.end).astype(np.float64)
    opened = desk.whole("ticket", "opened_at")
    of = {"us": US, "customer": CUSTOMER, "hold": HOLD, "over": {"resolved", "closed", "merged", "spam"}}
    columns = {
        name: np.bincount(life.row, weights=lasted * life.status.among(statuses), minlength=len(desk)).astype(np.int64)
        for name, statuses in of.items()
    }
    return Rows(desk, np.arange(len(desk)), opened, columns)


def waiting(
    desk: Desk,
    *,
    clock: ClockName = "business",
    by: Sequence[str] = (),
    period: Period | None = None,
    zone: str | None = None,
    calendar: str | None = None,
) -> pd.DataFrame:
    """Sums (seconds) of who was waited for, of the tickets opened in each period."""
    question = Question("waiting", clock, tuple(by), period, zone, calendar)
    names = ("us", "customer", "hold", "over")
    return totals(desk, question, {name: lambda rows, name=name: rows.columns[name] for name in names})


# backlog and its flow


def _lying(desk: Desk) -> Any:
    """The spells in which a ticket is open, and the instant up to which each lasts (past the end if it still does)."""
    life = desk.life
    chosen = np.flatnonzero(life.status.among(BACKLOG))
    until = np.where(life.last, np.iinfo(np.int64).max, life.end)[chosen]
    return chosen, until


def _spell_rows(desk: Desk, spell: Whole, at: Whole, **columns: Any) -> Rows:
    life = desk.life
    words = {name: getattr(life, name).take(spell) for name in ("status", "team", "priority", "type")}
    found = words | {"assignee": life.assignee[spell], "start": life.start[spell], "start_event_id": life.event[spell]}
    return Rows(desk, life.row[spell], at, found | columns, spam=True)


def _at_instant(desk: Desk, question: Question, figure: Any) -> Rows:
    """The tickets that lay there at the instant of a figure."""
    chosen, until = _lying(desk)
    at = int(figure["at"].timestamp())
    here = chosen[(desk.life.start[chosen] <= at) & (until > at)]
    return _spell_rows(desk, here, np.full(len(here), at))


@metric(
    "backlog",
    "Tickets in new, open, pending or on_hold at an instant, with the team, priority and assignee that they had then.",
    "tickets",
    members=_at_instant,
)
def _backlog(desk: Desk, question: Question) -> Rows:
    chosen, until = _lying(desk)
    return _spell_rows(desk, chosen, desk.life.start[chosen], until=until)


def backlog(
    desk: Desk,
    *,
    at: Sequence[int] | None = None,
    by: Sequence[str] = (),
    period: Period = "week",
    zone: str | None = None,
) -> pd.DataFrame:
    """The backlog at these instants (UTC seconds), else at the end of each period, and at the end of the data."""
    question = Question("backlog", "calendar", tuple(by), None, zone)
    rows = rows_of(desk, question)
    groups = group(desk, rows, question)
    instants = np.array(at, np.int64) if at is not None else _ends(desk, period, question)
    made: list[dict[str, Any]] = []
    start, until = rows.at, rows.columns["until"]
    for number, members in enumerate(groups.members()):
        came = np.searchsorted(np.sort(start[members]), instants, side="right")
        went = np.searchsorted(np.sort(until[members]), instants, side="right")
        for t, n in zip(instants.tolist(), (came - went).tolist(), strict=True):
            made.append(_count(number, n) | {"at": t, "statistic": "backlog"})
    frame = tidy(question, groups, made)
    frame.insert(0, "at", pd.to_datetime([one["at"] for one in made], unit="s", utc=True).as_unit("s"))
    return frame


def _ends(desk: Desk, period: Period, question: Question) -> Whole:
    opened = desk.whole("ticket", "opened_at")
    first = int(opened.min()) if len(opened) else desk.taken_at
    edges = periods(period, question.local(desk), first, desk.taken_at).edges
    return np.append(edges[(edges > first) & (edges < desk.taken_at)], desk.taken_at)


def _count(number: int, n: int) -> dict[str, Any]:
    return {"group": number, "n": n, "estimate": n, "low": n, "high": n, "method": "count", "note": ""}


@metric(
    "flow",
    "Tickets that entered the backlog (opened, reopened, moved in) and left it (resolved, closed, merged, spam, moved "
    "out): the backlog at the end of a period is that at its beginning, plus entries, minus exits.",
    "tickets",
)
def _flow(desk: Desk, question: Question) -> Rows:
    life = desk.life
    inside = life.status.among(BACKLOG)
    here = np.arange(len(life))
    before = np.where(life.first, -1, here - 1)
    was = np.where(life.first, False, inside[before])
    moved = np.zeros(len(life), bool)
    for name in question.by:
        if name != "cause":
            codes = life.assignee if name == "assignee" else getattr(life, name).codes
            moved |= ~life.first & (codes != codes[before])
    moved &= inside & was
    causes = {name: i for i, name in enumerate(CAUSES)}
    came = np.flatnonzero(inside & (~was | moved))
    entry = np.select([life.first[came], was[came]], [causes["opened"], causes["moved in"]], causes["reopened"])
    went = np.flatnonzero(was & (~inside | moved))
    named = np.array([causes.get(name, 0) for name in life.status.names] + [0])
    leaving = np.where(inside[went], causes["moved out"], named[life.status.codes[went]])
    spell = np.concatenate((came, before[went]))
    at = np.concatenate((life.start[came], life.start[went]))
    cause = np.concatenate((entry, leaving)).astype(np.int32)
    event = np.concatenate((life.event[came], life.event[went]))
    return _spell_rows(desk, spell, at, cause=Words(cause, CAUSES), end_event_id=event)


def flow(desk: Desk, *, by: Sequence[str] = (), period: Period = "week", zone: str | None = None) -> pd.DataFrame:
    """Entries to and exits from the backlog, by cause."""
    question = Question("flow", "calendar", (*by, "cause"), period, zone)
    return totals(desk, question, {"tickets": lambda rows: np.ones(len(rows))})


# volume


@metric(
    "volume",
    "Tickets opened, by the local day, hour or other period, and for each open hour of the calendar in it.",
    "tickets",
)
def _volume(desk: Desk, question: Question) -> Rows:
    opened = desk.whole("ticket", "opened_at")
    columns: dict[str, Any] = {}
    if {"weekday", "hour"} & set(question.by):
        zone = question.local(desk)
        hours = periods("hour", zone, int(opened.min()), int(opened.max())) if len(opened) else None
        local = hours.labels[hours.of(opened)] if hours is not None else opened.astype("M8[s]")
        day = (local.astype("M8[D]").astype(np.int64) + 3) % 7
        columns["weekday"] = Words(day.astype(np.int32), WEEKDAYS)
        columns["hour"] = Words(
            (local.astype("M8[h]").astype(np.int64) % 24).astype(np.int32), tuple(str(hour) for hour in range(24))
        )
    return Rows(desk, np.arange(len(desk)), opened, columns)


def volume(
    desk: Desk,
    *,
    by: Sequence[str] = (),
    period: Period | None = "day",
    zone: str | None = None,
    calendar: str | None = None,
) -> pd.DataFrame:
    """Tickets opened; ``by`` may name ``weekday`` and ``hour`` (local). ``per open hour`` where a calendar is known."""
    question = Question("volume", "business", tuple(by), period, zone, calendar)
    opened = totals(desk, question, {"opened": lambda rows: np.ones(len(rows))})
    if period is None or not len(opened) or not (calendar or desk.calendars.default):
        return opened
    cut = cut_periods(desk, rows_of(desk, question).at, question)
    clock = desk.calendars.clock(calendar)
    ends = np.minimum(cut.edges[1:], desk.taken_at)
    hours = dict(zip(cut.labels.tolist(), clock.between(np.minimum(cut.edges[:-1], ends), ends) / 3600, strict=True))
    each = opened.copy()
    each["statistic"] = "per open hour"
    per = [
        n / hours[at] if hours[at] else math.nan
        for n, at in zip(each["n"], each["period"].dt.to_pydatetime(), strict=True)
    ]
    each["estimate"] = each["low"] = each["high"] = per
    each["note"] = ["" if hours[at] else "closed" for at in each["period"].dt.to_pydatetime()]
    attrs = opened.attrs
    both = pd.concat([opened, each], ignore_index=True)
    both.attrs = attrs
    return both
