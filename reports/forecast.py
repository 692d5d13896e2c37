"""How likely each open promise is to break: conditional survival, and how well that told the past.

The life of a promise falls into *stretches* in which its clock runs or stands; with each, the wait begins anew: an
answer makes the customer's turn, their reply makes ours. Of all stretches of a kind that began before, it is known
how much more was spent from there until the promise was over (or up to now, censored). With S the share of which more
than so many seconds were spent (Kaplan–Meier; what cannot come any more is over too), a promise that has spent r
seconds in its present stretch and has l left breaks with a chance of S(r + l) ÷ S(r).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from reports import survival
from reports.dataset import Desk, Whole, Words
from reports.figures import LEAST
from reports.reconcile import Retold, retell
from reports.replay import BROKEN
from reports.rows import Rows, shown_as
from reports.sla import promised

BINS = 10
WEEK = 7 * 86_400
STANDS, RUNS_FIRST, RUNS_AGAIN = range(3)


class Learnt:
    """All promises, retold, and cut into stretches. ``group`` keeps apart what should be learnt apart."""

    def __init__(self, told: Retold, group: Whole) -> None:
        self._told = told
        pieces, runs = told.pieces, told.runs
        head = np.ones(len(pieces.cycle), bool)
        head[1:] = (pieces.cycle[1:] != pieces.cycle[:-1]) | (runs[1:] != runs[:-1])
        first = np.ones(len(pieces.cycle), bool)
        first[1:] = pieces.cycle[1:] != pieces.cycle[:-1]
        self.stretch_of = np.cumsum(head) - 1
        heads = np.flatnonzero(head)
        self.cycle = pieces.cycle[heads]
        self.began = pieces.start[heads]
        self.before = told.verdicts.before[heads]
        kind = np.where(~runs[heads], STANDS, np.where(first[heads], RUNS_FIRST, RUNS_AGAIN))
        self.kind = group[self.cycle] * 3 + kind
        self.last_piece = np.append(np.flatnonzero(first)[1:], len(first)) - 1 if len(first) else heads

    def spent_at(self, at: int) -> tuple[Whole, Whole]:
        """What each promise had spent at an instant, and the piece in which it lay then (its last if it was over)."""
        told, pieces = self._told, self._told.pieces
        width = 2**34
        keys = pieces.cycle * width + pieces.start
        count = len(told.cycles)
        piece = np.maximum(np.searchsorted(keys, np.arange(count) * width + at, side="right") - 1, 0)
        piece = np.minimum(piece, self.last_piece)
        spent = told.verdicts.before[piece].copy()
        end = np.minimum(pieces.end[piece], max(at, 0))
        runs = told.runs[piece] & (end > pieces.start[piece])
        for i, clock in enumerate(told.clocks):
            mine = np.flatnonzero(runs & (told.clock[piece] == i))
            spent[mine] += clock.between(pieces.start[piece[mine]], end[mine])
        return spent, piece

    def chances(self, at: int) -> dict[str, Any]:
        """The promises that were open and not broken at an instant (``asked``), with the ``chance`` of each, from how
        many that were over it was ``learnt``, what each had ``spent`` and had ``left``, and whether its clock
        ``runs``."""
        told = self._told
        spent, piece = self.spent_at(at)
        begun = told.cycles.start < at
        over = told.cycles.over & (told.cycles.end <= at)
        budget = told.budget[piece]
        asked = np.flatnonzero(begun & ~over & (budget >= 0) & ~_broken(told, at))
        known = np.flatnonzero((self.began < at) & begun[self.cycle])
        more = np.maximum(spent[self.cycle[known]] - self.before[known], 0)
        ended = over[self.cycle[known]]
        stretch = self.stretch_of[piece[asked]]
        within = np.maximum(spent[asked] - self.before[stretch], 0)
        left = np.maximum(budget[asked] - spent[asked], 0)
        chance, learnt = np.full(len(asked), np.nan), np.zeros(len(asked), np.int64)
        for kind in np.unique(self.kind[stretch]):
            mine, like = self.kind[stretch] == kind, self.kind[known] == kind
            learnt[mine] = int(ended[like].sum())
            chance[mine] = conditional(more[like], ended[like], within[mine], within[mine] + left[mine])
        runs = told.runs[piece[asked]]
        return {"asked": asked, "chance": chance, "n": learnt, "spent": spent[asked], "left": left, "runs": runs}


def conditional(lasted: Whole, over: Any, passed: Whole, beyond: Whole) -> Any:
    """S(beyond) ÷ S(passed) for each pair; NaN where fewer than LEAST are over, or none lasted so long."""
    if int(np.asarray(over).sum()) < LEAST:
        return np.full(len(passed), np.nan)
    times, alive = survival.survival(lasted, over)
    steps = np.concatenate(([1.0], alive))
    still = steps[np.searchsorted(times, passed, side="right")]
    later = steps[np.searchsorted(times, beyond, side="right")]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(still > 1e-12, np.minimum(later / still, 1.0), np.nan)


def _broken(told: Retold, at: int) -> Any:
    return (told.verdicts.state == BROKEN) & (told.verdicts.broken < at)


def _grouped(rows: Rows, by: Sequence[str]) -> Whole:
    group = np.zeros(len(rows), np.int64)
    for name in ("promise", *(one for one in by if one != "promise")):
        words = rows.words(name)
        group = group * (len(words.names) + 1) + words.codes
    return np.unique(group, return_inverse=True)[1].astype(np.int64)


def forecast(desk: Desk, *, by: Sequence[str] = ()) -> pd.DataFrame:
    """Each open promise that is not broken, with the ``chance`` that it will be, the likeliest first.

    ``by``: what is learnt apart (team, priority) beside the metric. ``n``: how many like it are over; of fewer than
    LEAST nothing is claimed.
    """
    told = retell(desk)
    rows = promised(desk).take(told.promise)
    found = Learnt(told, _grouped(rows, by)).chances(desk.taken_at)
    order = np.lexsort((found["asked"], -np.nan_to_num(found["chance"], nan=-1.0)))
    found = {name: column[order] for name, column in found.items()}
    some = rows.take(found["asked"])
    return pd.DataFrame(
        {
            "ticket_id": desk.whole("ticket", "ticket_id")[some.row],
            "promise_id": some.columns["promise_id"],
            "promise": some.columns["promise"].series(),
            "team": some.words("team").series(),
            "priority": some.words("priority").series(),
            "state": Words(found["runs"].astype(np.int32), ("paused", "running")).series(),
            "spent": found["spent"],
            "left": found["left"],
            "due_at": shown_as("due_at", some.columns["due_at"]),
            "chance": found["chance"],
            "n": found["n"],
        }
    )


def calibration(desk: Desk, *, promise: str = "", by: Sequence[str] = (), every: int = WEEK) -> pd.DataFrame:
    """The forecast held against the past: what would have been said at many instants, and what came of it.

    At each, ``every`` so many seconds, only what was known then is used. In each of ten bins of the chance that was
    told: ``n`` promises, the mean ``told``, and the share that ``broke`` with Wilson's interval. ``attrs["brier"]``
    is the Brier score, ``attrs["base"]`` that of telling the mean each time.
    """
    told = retell(desk)
    rows = promised(desk).take(told.promise)
    wanted = rows.words("promise").among({promise}) if promise else np.ones(len(rows), bool)
    learnt = Learnt(told, _grouped(rows, by))
    broke = told.verdicts.state == BROKEN
    settled = (broke | told.cycles.over) & wanted
    said, came = [np.zeros(0)], [np.zeros(0, bool)]
    opened = desk.whole("ticket", "opened_at")
    if len(opened):
        for at in range(int(np.quantile(opened, 0.2)), desk.taken_at - every, every):
            found = learnt.chances(at)
            usable = settled[found["asked"]] & ~np.isnan(found["chance"])
            said.append(found["chance"][usable])
            came.append(broke[found["asked"][usable]])
    return _binned(np.concatenate(said), np.concatenate(came))


def _binned(told: Any, came: Any) -> pd.DataFrame:
    place = np.minimum((told * BINS).astype(np.int64), BINS - 1)
    rows = []
    for i in range(BINS):
        mine = place == i
        n = int(mine.sum())
        share = survival.wilson(int(came[mine].sum()), n)
        enough = n >= LEAST
        rows.append(
            {
                "from": i / BINS,
                "to": (i + 1) / BINS,
                "n": n,
                "told": float(told[mine].mean()) if n else np.nan,
                "broke": share.value if enough else np.nan,
                "low": share.low if enough else np.nan,
                "high": share.high if enough else np.nan,
            }
        )
    frame = pd.DataFrame(rows)
    frame.attrs["brier"] = float(((told - came) ** 2).mean()) if len(told) else float("nan")
    frame.attrs["base"] = float(came.mean() * (1 - came.mean())) if len(told) else float("nan")
    return frame
