"""What customers say of how they were served, and whether what was resolved stayed so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from reports import survival
from reports.dataset import MISSING, Desk
from reports.figures import group, metric, rows_of, shares, tidy, told
from reports.periods import Period
from reports.response import RESOLVES, course, resolutions
from reports.rows import Question, Rows

DAY = 86_400
WITHIN = 7


def _last_ratings(desk: Desk) -> tuple[Any, Any, Any]:
    """For each ticket that was rated: its row, when it last was, and whether that was positive."""
    row = desk.place(desk.whole("rating", "ticket_id"))
    last = np.ones(len(row), bool)
    last[:-1] = row[1:] != row[:-1]
    positive = desk.text("rating", "positive").to_numpy(zero_copy_only=False).astype(bool)
    return row[last], desk.whole("rating", "at")[last], (positive[last], desk.whole("rating", "rating_id")[last])


@metric(
    "satisfaction",
    "Positive ÷ rated tickets, by a customer's last word on a ticket: in the period in which it was rated, or in which "
    "the ticket was resolved; then the response rate, rated ÷ resolved, is told as well.",
    "share",
)
def _satisfaction(desk: Desk, question: Question) -> Rows:
    row, at, (positive, event) = _last_ratings(desk)
    if dict(question.more).get("when") != "resolved":
        columns = {"positive": positive, "counts": np.ones(len(row), bool), "start_event_id": event}
        return Rows(desk, row, at, columns)
    solved = resolutions(desk, "last")
    solved = solved.take(solved.columns["end_reason"].among({"resolved"}))
    liked, rated, events = np.zeros(len(desk), bool), np.zeros(len(desk), bool), np.full(len(desk), MISSING)
    liked[row], rated[row], events[row] = positive, True, event
    columns = {"positive": liked[solved.row], "counts": rated[solved.row], "start_event_id": events[solved.row]}
    return Rows(desk, solved.row, solved.columns["end"], columns)


def satisfaction(
    desk: Desk,
    *,
    when: Literal["rated", "resolved"] = "rated",
    by: Sequence[str] = (),
    period: Period | None = None,
    zone: str | None = None,
) -> pd.DataFrame:
    """The share of positive ratings, with Wilson's interval."""
    question = Question("satisfaction", "calendar", tuple(by), period, zone, None, (("when", when),))
    found = shares(desk, question)
    if when == "rated":
        return found
    rows = rows_of(desk, question)
    groups = group(desk, rows, question)
    made = []
    for number, members in enumerate(groups.members()):
        rate = survival.wilson(int(rows.columns["counts"][members].sum()), len(members))
        made.append({"group": number, "statistic": "response rate", "n": len(members), **told(rate, len(members))})
    both = pd.concat([found, tidy(question, groups, made)], ignore_index=True)
    both.attrs = {"question": question}
    return both


@metric(
    "reopening",
    "Resolutions undone by the customer within so many days ÷ those that are at least so many days old, in the period "
    "of the resolution; younger ones are listed apart.",
    "share",
)
def _reopening(desk: Desk, question: Question) -> Rows:
    within = int(dict(question.more).get("within", WITHIN)) * DAY
    c = course(desk)
    resolved = np.flatnonzero(c.kind == RESOLVES)
    back = c.next(c.reopened_by_customer)[resolved]
    undone = (back >= 0) & (c.at[back] - c.at[resolved] <= within) if len(resolved) else np.zeros(0, bool)
    old = c.at[resolved] <= desk.taken_at - within
    columns = {
        "positive": undone & old,
        "counts": old,
        "n_young": (~old).astype(np.int64),
        "start": c.at[resolved],
        "start_event_id": c.event[resolved],
        "end_event_id": np.where(undone, c.event[back], MISSING) if len(resolved) else resolved,
    }
    return Rows(desk, c.row[resolved], c.at[resolved], columns)


def reopening(
    desk: Desk,
    *,
    within: int = WITHIN,
    by: Sequence[str] = (),
    period: Period | None = None,
    zone: str | None = None,
) -> pd.DataFrame:
    """The share of resolutions that the customer undid ``within`` so many days."""
    return shares(desk, Question("reopening", "calendar", tuple(by), period, zone, None, (("within", within),)))
