"""Whether promises were kept: of those that were due in a period, never of those that happen to be over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from reports.dataset import MISSING, Desk, Whole, Words
from reports.figures import PERCENTILES, metric, shares, times
from reports.periods import Period
from reports.rows import ClockName, Question, Rows
from reports.survival import DONE, OPEN, OTHER

FULFILLED_LATE = "fulfilled-late"
COLUMNS = ("ticket_id", "promise_id", "metric", "policy", "calendar", "budget", "state", "started_at", "running_since",
           "spent", "due_at", "ended_at", "because")  # fmt: skip


def policies(desk: Desk) -> dict[str, dict[str, Any]]:
    """The terms of each version of a policy that is kept, by version."""
    versions, terms = (desk.text("policy", name).to_pylist() for name in ("policy", "terms"))
    return {version: json.loads(text) for version, text in zip(versions, terms, strict=True)}


def _policy_names(desk: Desk) -> Words:
    versions = desk.word("promise", "policy")
    kept = policies(desk)
    names = [str(kept[v]["name"]) if v in kept else v[:12] for v in versions.names]
    known = tuple(dict.fromkeys(names))
    places = np.array([known.index(name) for name in names] + [-1], np.int32)
    return Words(places[versions.codes], known)


def promised(desk: Desk) -> Rows:
    desk.load("promise", COLUMNS)
    row = desk.place(desk.whole("promise", "ticket_id"))
    state = desk.word("promise", "state")
    due, ended = desk.whole("promise", "due_at"), desk.whole("promise", "ended_at")
    owed = ended == MISSING
    overdue = owed & (due != MISSING) & (due < desk.taken_at) & state.among({"running"})
    kept, cancelled = state.among({"kept"}), state.among({"cancelled"})
    broken = state.among({"broken"}) | overdue
    paused = owed & ~broken & (due == MISSING)
    not_due = owed & ~broken & ~paused
    at = np.where(due != MISSING, due, np.where(owed, desk.taken_at, ended))
    fulfilled = kept | (~owed & desk.word("promise", "because").among({FULFILLED_LATE}))
    columns = {
        "promise_id": desk.whole("promise", "promise_id"),
        "promise": desk.word("promise", "metric"),
        "policy": _policy_names(desk),
        "budget": desk.whole("promise", "budget"),
        "due_at": due,
        "positive": kept,
        "counts": kept | broken,
        "n_overdue": (broken & owed).astype(np.int64),
        "n_not_due": not_due.astype(np.int64),
        "n_paused": paused.astype(np.int64),
        "n_cancelled": (cancelled & ~broken).astype(np.int64),
        "cause": np.where(fulfilled, DONE, np.where(owed, OPEN, OTHER)),
    }
    return Rows(desk, row, at, columns)


def counted(desk: Desk) -> Whole:
    """Seconds that each promise's own clock counted in all: up to when it runs, and from then to the end of the
    data.
    """
    spent, since = desk.whole("promise", "spent").copy(), desk.whole("promise", "running_since")
    calendars = desk.word("promise", "calendar")
    for code, version in enumerate(calendars.names):
        runs = np.flatnonzero((calendars.codes == code) & (since != MISSING) & (since < desk.taken_at))
        if len(runs):
            spent[runs] += desk.calendars.of_version(version).between(since[runs], desk.taken_at)
    return spent


@metric(
    "kept",
    "Promises kept ÷ promises due in the period; an open one that is overdue is broken. Those not due yet, paused, and "
    "cancelled are listed apart and count neither way.",
    "share",
)
def _kept(desk: Desk, question: Question) -> Rows:
    return _of(promised(desk), question)


@metric(
    "promise_spent",
    "Seconds that a promise's own clock counted until it was fulfilled (calendar: seconds since it was made), in the "
    "period in which it was due; one that was cancelled ended otherwise.",
    "s",
)
def _spent(desk: Desk, question: Question) -> Rows:
    rows = promised(desk)
    spent = counted(desk)
    if question.clock == "calendar":
        ended = desk.whole("promise", "ended_at")
        spent = np.where(ended == MISSING, desk.taken_at, ended) - desk.whole("promise", "started_at")
    rows.columns["seconds"] = spent
    return _of(rows, question)


def _of(rows: Rows, question: Question) -> Rows:
    """Those of one metric, where one is asked for."""
    wanted = dict(question.more).get("promise")
    return rows.take(rows.words("promise").among({wanted})) if wanted else rows


def kept(
    desk: Desk,
    *,
    promise: str | None = None,
    by: Sequence[str] = ("promise",),
    period: Period | None = None,
    zone: str | None = None,
) -> pd.DataFrame:
    """The share of promises kept of those due, with Wilson's interval; ``promise``: of one metric alone."""
    return shares(desk, Question("kept", "business", tuple(by), period, zone, None, (("promise", promise),)))


def promise_spent(
    desk: Desk,
    *,
    promise: str | None = None,
    clock: ClockName = "business",
    by: Sequence[str] = ("promise",),
    period: Period | None = None,
    zone: str | None = None,
    percentiles: Sequence[float] = PERCENTILES,
) -> pd.DataFrame:
    """Percentiles of what promises took of their budgets (seconds)."""
    question = Question("promise_spent", clock, tuple(by), period, zone, None, (("promise", promise),))
    return times(desk, question, percentiles)
