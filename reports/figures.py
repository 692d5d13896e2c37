"""A question put to a desk, the rows that answer it, and the tidy frame of figures that they become.

Each metric is a function of a desk that returns a frame with one row for each group, period and statistic: ``n`` (the
cohort), ``n_open`` (of these, still running), ``n_other`` (ended otherwise), ``estimate`` with its 95 % interval
``low`` and ``high``, ``unit``, ``method`` and ``note``. Below ``LEAST`` nothing is claimed. ``drill`` tells which
tickets and events a figure is made of.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from reports import survival
from reports.dataset import Desk, Whole
from reports.periods import Periods, periods
from reports.problems import QuestionError
from reports.rows import Question, Rows
from reports.survival import DONE, OPEN, OTHER, Estimate

LEAST = 10
"""The smallest cohort of which a percentile, a mean or a share is told."""
FEW, NEVER, NOTHING = f"fewer than {LEAST}", "not reached", "nobody"
PERCENTILES = (50, 90)


@dataclass(frozen=True)
class Groups:
    """Rows in groups: ``of`` is the group of each row, ``labels`` a frame with one row for each group."""

    of: Whole
    labels: pd.DataFrame

    def __len__(self) -> int:
        return len(self.labels)

    def members(self) -> Iterable[Whole]:
        """The rows of each group."""
        order = np.argsort(self.of, kind="stable")
        return np.split(order, np.cumsum(np.bincount(self.of, minlength=len(self)))[:-1]) if len(self) else []


def group(desk: Desk, rows: Rows, question: Question) -> Groups:
    """Put rows into their groups and periods, in the order of labels."""
    keys: list[tuple[str, Any, Any]] = []
    if question.period is not None:
        cut = cut_periods(desk, rows.at, question)
        keys.append(("period", cut.of(rows.at), cut.labels))
    for name in question.by:
        words = rows.words(name)
        ranked = [i for i, _ in sorted(enumerate(words.names), key=lambda pair: _sortable(pair[1]))]
        place = np.full(len(words.names) + 1, len(words.names))
        place[ranked] = np.arange(len(ranked))
        keys.append((name, place[words.codes], np.array([*(words.names[i] for i in ranked), None], object)))
    if not keys:
        return Groups(np.zeros(len(rows), np.int64), pd.DataFrame(index=range(1)))
    combined = np.zeros(len(rows), np.int64)
    for _, codes, labels in keys:
        combined = combined * len(labels) + codes
    known, of = np.unique(combined, return_inverse=True)
    columns: dict[str, Any] = {}
    left = known.copy()
    for name, _, labels in reversed(keys):
        codes, left = left % len(labels), left // len(labels)
        columns[name] = labels[codes] if name == "period" else pd.array(labels[codes], dtype="str")
    return Groups(of, pd.DataFrame({name: columns[name] for name, _, _ in keys}))


def _sortable(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdigit() else (10**12, name)


def cut_periods(desk: Desk, at: Whole, question: Question) -> Periods:
    """The periods that a question means, over these instants."""
    assert question.period is not None
    since, until = (int(at.min()), int(at.max())) if len(at) else (desk.taken_at, desk.taken_at)
    return periods(question.period, question.local(desk), since, until)


RowsOf = Callable[[Desk, Question], Rows]


@dataclass(frozen=True)
class Metric:
    """``says`` is the sentence of the data dictionary, ``rows`` what its figures are made of."""

    name: str
    says: str
    unit: str
    rows: RowsOf
    members: Callable[[Desk, Question, Any], Rows] | None = None
    """For figures that are no sums over rows: what one of them is made of."""


METRICS: dict[str, Metric] = {}


def metric(
    name: str, says: str, unit: str, members: Callable[[Desk, Question, Any], Rows] | None = None
) -> Callable[[RowsOf], RowsOf]:
    """Declare a metric by the function that finds its rows."""

    def declared(rows: RowsOf) -> RowsOf:
        METRICS[name] = Metric(name, says, unit, rows, members)
        return rows

    return declared


def rows_of(desk: Desk, question: Question) -> Rows:
    """The rows of a question; tickets that turned out to be spam have left their cohorts."""
    rows = METRICS[question.metric].rows(desk, question)
    if rows.spam:
        return rows
    spam = desk.word("ticket", "status").among({"spam"})
    return rows.take(~spam[rows.row]) if spam.any() else rows


def drill(desk: Desk, figures: pd.DataFrame, which: int) -> pd.DataFrame:
    """The rows that a figure is made of, by its place in the frame, with the numbers of tickets and events."""
    question: Question = figures.attrs["question"]
    figure = figures.iloc[which]
    members = METRICS[question.metric].members
    if members is not None:
        rows = members(desk, question, figure)
        question = replace(question, period=None)
    else:
        rows = rows_of(desk, question)
    groups = group(desk, rows, question)
    chosen = np.ones(len(groups), bool)
    for name in groups.labels.columns:
        label = groups.labels[name]
        chosen &= (label.isna() if pd.isna(figure[name]) else label == figure[name]).to_numpy(bool)
    return rows.take(chosen[groups.of]).frame()


def times(desk: Desk, question: Question, percentiles: Sequence[float] = PERCENTILES) -> pd.DataFrame:
    """Percentiles and the mean of durations: rows bring ``seconds`` and ``cause``."""
    if not all(0 < p < 100 for p in percentiles):
        raise QuestionError("percentiles lie between 0 and 100, such as 50 and 90")
    rows = rows_of(desk, question)
    groups = group(desk, rows, question)
    seconds, cause = rows.columns["seconds"], rows.columns["cause"]
    made: list[dict[str, Any]] = []
    for number, members in enumerate(groups.members()):
        lasted, why = seconds[members], cause[members]
        counts = {"n": len(members), "n_open": int((why == OPEN).sum()), "n_other": int((why == OTHER).sum())}
        found = survival.quantiles(lasted, why, tuple(p / 100 for p in percentiles))
        done = lasted[why == DONE]
        for p, estimate in zip(percentiles, found, strict=True):
            made.append({"group": number, "statistic": f"p{p:g}", **counts, **told(estimate, len(members))})
        made.append({"group": number, "statistic": "mean of done", **counts, **told(_mean(done), len(done))})
    return tidy(question, groups, made)


def shares(desk: Desk, question: Question) -> pd.DataFrame:
    """The share of ``positive`` among those that count: rows bring ``positive`` and ``counts``."""
    rows = rows_of(desk, question)
    groups = group(desk, rows, question)
    positive, counts = rows.columns["positive"], rows.columns["counts"]
    made = []
    for number, members in enumerate(groups.members()):
        n = int(counts[members].sum())
        estimate = survival.wilson(int((positive[members] & counts[members]).sum()), n)
        others = {name: int(rows.columns[name][members].sum()) for name in rows.columns if name.startswith("n_")}
        made.append({"group": number, "statistic": "share", "n": n, **others, **told(estimate, n)})
    return tidy(question, groups, made)


def totals(desk: Desk, question: Question, statistics: Mapping[str, Any]) -> pd.DataFrame:
    """Sums over groups, exact: for each statistic a column of numbers, one for each row."""
    rows = rows_of(desk, question)
    groups = group(desk, rows, question)
    n = np.bincount(groups.of, minlength=len(groups))
    made = []
    for name, values in statistics.items():
        sums = np.bincount(groups.of, weights=values(rows), minlength=len(groups))
        made += [
            {"group": i, "statistic": name, "n": int(n[i]), **told(Estimate(s, s, s, "count"), LEAST)}
            for i, s in enumerate(sums.tolist())
        ]
    return tidy(question, groups, sorted(made, key=lambda m: m["group"]))


def tidy(question: Question, groups: Groups, made: list[dict[str, Any]]) -> pd.DataFrame:
    """The frame of figures."""
    columns = ("statistic", "n", "n_open", "n_other", "estimate", "low", "high", "method", "note")
    frame = pd.DataFrame(made, columns=["group", *columns])
    extra = sorted({name for one in made for name in one if name.startswith("n_")} - set(columns))
    for name in extra:
        frame[name] = [one.get(name, 0) for one in made]
    labels = groups.labels.iloc[frame["group"]].reset_index(drop=True)
    frame = frame.drop(columns="group")
    for name in ("n", "n_open", "n_other", *extra):
        frame[name] = frame[name].fillna(0).astype("int64")
    for name in ("statistic", "method", "note"):
        frame[name] = frame[name].fillna("").astype("str")
    for name in ("estimate", "low", "high"):
        frame[name] = frame[name].astype("float64")
    frame.insert(0, "metric", pd.Categorical([question.metric] * len(frame)))
    frame.insert(1, "clock", pd.Categorical([question.clock] * len(frame)))
    result = pd.concat([labels, frame], axis=1)
    result["unit"] = pd.Categorical([METRICS[question.metric].unit] * len(result))
    result.attrs["question"] = question
    return result


def told(estimate: Estimate, n: int) -> dict[str, Any]:
    """An estimate as figures say it: none of too few, and honest where the curve does not get there."""
    if n == 0:
        return {"estimate": math.nan, "low": math.nan, "high": math.nan, "method": estimate.method, "note": NOTHING}
    if n < LEAST:
        return {"estimate": math.nan, "low": math.nan, "high": math.nan, "method": estimate.method, "note": FEW}
    note = NEVER if math.isnan(estimate.value) else ""
    return {
        "estimate": estimate.value, "low": estimate.low, "high": estimate.high, "method": estimate.method, "note": note,
    }  # fmt: skip


def _mean(done: Any) -> Estimate:
    if not len(done):
        return Estimate(math.nan, math.nan, math.nan, "mean")
    mean = float(done.mean())
    half = survival.Z * float(done.std(ddof=1)) / math.sqrt(len(done)) if len(done) > 1 else math.inf
    return Estimate(mean, mean - half, mean + half, "mean")
