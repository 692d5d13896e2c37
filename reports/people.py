"""Agents: how much lies with each, and who answers. What a reply is worth goes to whom it was written by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from daemon.core.status import BACKLOG
from reports.dataset import Desk, Whole
from reports.figures import group, metric, rows_of, tidy, totals
from reports.periods import Period, Periods, periods
from reports.rows import Question, Rows

NOT_OPEN = "closed"


def _in_period(desk: Desk, question: Question, figure: Any) -> Rows:
    """The spells that a load is made of."""
    rows = rows_of(desk, question)
    if "period" not in figure:
        return rows
    cut = _cut(desk, question)
    number = int(np.flatnonzero(cut.labels == np.datetime64(figure["period"], "s"))[0])
    low, high = cut.edges[number], cut.edges[number + 1]
    return rows.take((rows.columns["start"] < high) & (rows.columns["end"] > low))


@metric(
    "load",
    "Tickets in new, open, pending or on_hold that were assigned to an agent, weighted by open time: the sum of open "
    "seconds that they lay there ÷ the open seconds of the period.",
    "tickets",
    members=_in_period,
)
def _load(desk: Desk, question: Question) -> Rows:
    life = desk.life
    spell = np.flatnonzero(life.status.among(BACKLOG) & (life.assignee >= 0))
    columns = {
        "assignee": life.assignee[spell],
        "team": life.team.take(spell),
        "priority": life.priority.take(spell),
        "start": life.start[spell],
        "end": life.end[spell],
        "start_event_id": life.event[spell],
    }
    return Rows(desk, life.row[spell], life.start[spell], columns, spam=True)


def load(
    desk: Desk,
    *,
    by: Sequence[str] = ("assignee",),
    period: Period | None = "month",
    zone: str | None = None,
    calendar: str | None = None,
) -> pd.DataFrame:
    """The mean number of open tickets that lay with each agent; ``n`` is the number of tickets."""
    question = Question("load", "business", tuple(by), period, zone, calendar)
    rows = rows_of(desk, question)
    clock = question.counts(desk)
    cut = _cut(desk, question)
    ungrouped = Question("load", "business", tuple(by), None, zone, calendar)
    groups = group(desk, rows, ungrouped)
    start, end = rows.columns["start"], rows.columns["end"]
    made: list[dict[str, Any]] = []
    places: list[Any] = []
    for low, high, label in zip(cut.edges[:-1], cut.edges[1:], cut.labels, strict=True):
        until = min(int(high), desk.taken_at)
        here = np.flatnonzero((start < until) & (end > low))
        open_seconds = int(clock.between(int(low), until)) if until > low else 0
        lay = clock.between(np.maximum(start[here], low), np.minimum(end[here], until))
        sums = np.bincount(groups.of[here], weights=lay, minlength=len(groups))
        for number in range(len(groups)):
            n = _tickets(rows.row[here[groups.of[here] == number]])
            if n:
                value = sums[number] / open_seconds if open_seconds else math.nan
                note = "" if open_seconds else NOT_OPEN
                made.append(
                    {"group": number, "statistic": "open tickets", "n": n, "estimate": value, "low": value,
                     "high": value, "method": "mean over open time", "note": note}
                )  # fmt: skip
                places.append(label)
    frame = tidy(question, groups, made)
    if period is not None:
        frame.insert(0, "period", np.array(places, "M8[s]"))
    return frame


def _cut(desk: Desk, question: Question) -> Periods:
    opened = desk.whole("ticket", "opened_at")
    first = int(opened.min()) if len(opened) else desk.taken_at
    if question.period is not None:
        return periods(question.period, question.local(desk), first, max(desk.taken_at - 1, first))
    return Periods(np.array([first, desk.taken_at]), np.array([first], "M8[s]"))


def _tickets(row: Whole) -> int:
    return len(np.unique(row))


@metric(
    "replies", "Public replies, credited to the agent who wrote them, whoever the ticket was assigned to.", "replies"
)
def _replies(desk: Desk, question: Question) -> Rows:
    chosen = np.flatnonzero(desk.word("event", "kind").among({"agent_replied"}))
    at = desk.whole("event", "at")[chosen]
    columns = {
        "agent": desk.whole("event", "actor_id")[chosen],
        "start": at,
        "start_event_id": desk.whole("event", "event_id")[chosen],
    }
    return Rows(desk, desk.place(desk.whole("event", "ticket_id")[chosen]), at, columns, spam=True)


def replies(
    desk: Desk, *, by: Sequence[str] = ("agent",), period: Period | None = "month", zone: str | None = None
) -> pd.DataFrame:
    """Public replies by who wrote them."""
    question = Question("replies", "calendar", tuple(by), period, zone)
    return totals(desk, question, {"replies": lambda rows: np.ones(len(rows))})
