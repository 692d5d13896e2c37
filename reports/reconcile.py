"""Reconcile: every promise recomputed from what happened to its ticket, and held against the daemon's own row.

From a promise's events come only the terms: which policy and calendar it was made under, and which it was brought under
later. When its clock ran, what was spent, when it was due, whether it was kept and when it ended follow from the
ticket's other events, by the arithmetic of columns (``replay``), of which the daemon uses no line.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from daemon.core.status import BACKLOG
from reports.calendars import Counts
from reports.dataset import MISSING, Desk, Whole, instants
from reports.replay import BROKEN, KEPT, STATES, WIDTH, Cycles, Pieces, Verdicts, cut, judge
from reports.response import BECAME
from reports.sla import counted, policies

TERMS = ("promise_made", "promise_changed")
NO_POLICY = "no-policy"
INSTANTS = ("due_at", "broken_at", "kept_at", "ended_at")
NOTHING = pd.DataFrame(
    {name: [] for name in ("promise_id", "ticket_id", "metric", "cycle", "what", "row", "recomputed")}
)


@dataclass(frozen=True)
class _Terms:
    """Terms of promises as their events tell: of which promise (its row), from which event and instant on."""

    promise: Whole
    event: Whole
    at: Whole
    policy: Any
    calendar: Any
    budget: Whole


def reconcile(desk: Desk) -> pd.DataFrame:
    """Every difference between a promise's row and what its ticket's events make of it; empty where there is none.

    One row for each: which promise, ``what`` differs, what the ``row`` says, and what was ``recomputed``. Frames carry
    ``attrs["checked"]``, the number of promises looked at.
    """
    terms = _terms(desk)
    promises = len(desk.whole("promise", "promise_id"))
    differences = [_unknown(desk, terms, promises)]
    if len(terms.promise):
        differences += _recomputed(desk, terms)
    found = [one for one in differences if len(one)]
    result = pd.concat(found, ignore_index=True) if found else NOTHING.copy()
    result.attrs["checked"] = promises
    return result


def _unknown(desk: Desk, terms: _Terms, promises: int) -> pd.DataFrame:
    """Rows of which no event tells that they were made."""
    missing = np.setdiff1d(np.arange(promises), terms.promise)
    return _differences(desk, missing, "event promise_made", ["is there"] * len(missing), ["none"] * len(missing))


def _terms(desk: Desk) -> _Terms:
    desk.load("event", ("ticket_id", "kind", "at", "event_id", "data"))
    desk.load("promise", ("ticket_id", "metric", "cycle"))
    chosen = np.flatnonzero(desk.word("event", "kind").among(TERMS))
    said = _told(desk.text("event", "data").take(pa.array(chosen)))
    metrics = desk.word("promise", "metric")
    codes = np.array([metrics.code(str(name)) for name in said["metric"]], np.int64)
    rows = desk.place(desk.whole("event", "ticket_id")[chosen])
    wanted = (rows * 8 + codes) * 2**20 + np.array(said["cycle"], np.int64)
    have = (desk.place(desk.whole("promise", "ticket_id")) * 8 + metrics.codes) * 2**20 + desk.whole("promise", "cycle")
    order = np.argsort(have, kind="stable")
    place = np.searchsorted(have[order], wanted)
    found = place < len(have)
    found[found] = have[order][place[found]] == wanted[found]
    if not len(have):
        found[:] = False
    here = np.flatnonzero(found)
    promise = order[place[here]] if len(have) else here
    sort = np.lexsort((here, promise))
    here, promise = here[sort], promise[sort]
    return _Terms(
        promise,
        desk.whole("event", "event_id")[chosen][here],
        desk.whole("event", "at")[chosen][here],
        np.array(said["policy"], object)[here],
        np.array(said["calendar"], object)[here],
        np.array(said["budget"], np.int64)[here],
    )


def _told(data: pa.ChunkedArray) -> dict[str, list[Any]]:
    """What promises' events say of terms; what varies from row to row (spent, due) is cut off, and the rest read
    once.
    """
    names = ("metric", "cycle", "policy", "calendar", "budget")
    if not len(data):
        return {name: [] for name in names}
    heads = pc.list_element(pc.split_pattern(data, ',"spent"', max_splits=1), 0)
    encoded = pc.dictionary_encode(heads)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.unify_dictionaries().combine_chunks()
    read = [json.loads(one + "}") for one in encoded.dictionary.to_pylist()]
    places = encoded.indices.to_pylist()
    return {name: [read[i][name] for i in places] for name in names}


@dataclass(frozen=True)
class Retold:
    """Promises as their tickets' events tell them: ``promise`` are their rows, ``differing`` the terms that are not
    kept.

    For each piece of their cycles: whether its clock ran, its budget, and which of ``clocks`` counted it.
    """

    promise: Whole
    cycles: Cycles
    pieces: Pieces
    runs: Any
    budget: Whole
    clock: Whole
    clocks: list[Counts]
    verdicts: Verdicts
    differing: pd.DataFrame


def retell(desk: Desk, terms: _Terms | None = None) -> Retold:
    """Every promise of which there is an event, recomputed."""
    terms = terms or _terms(desk)
    known = np.unique(terms.promise)
    first = np.searchsorted(terms.promise, known)
    started, made = terms.at[first], terms.event[first]
    row = desk.place(desk.whole("promise", "ticket_id")[known])
    end, over, came = _ends(desk, known, row, started, made)
    cycles = Cycles(row, started, end, over, came)
    of = np.searchsorted(known, terms.promise)
    pieces = cut(desk.life, cycles, terms.at, of)
    order = of * WIDTH + terms.at
    which = np.searchsorted(order, pieces.cycle * WIDTH + pieces.start, side="right") - 1
    runs, budget, differing = _under(desk, terms, known, pieces, which)
    versions = sorted(set(terms.calendar.tolist()))
    clocks: list[Counts] = [desk.calendars.of_version(version) for version in versions]
    clock = np.array([versions.index(version) for version in terms.calendar.tolist()], np.int64)[which]
    verdicts = judge(cycles, pieces, runs, budget, clock, clocks)
    return Retold(known, cycles, pieces, runs, budget, clock, clocks, verdicts, differing)


def _recomputed(desk: Desk, terms: _Terms) -> list[pd.DataFrame]:
    told = retell(desk, terms)
    state, end = told.verdicts.state, told.cycles.end
    mine = {
        "due_at": told.verdicts.due,
        "broken_at": told.verdicts.broken,
        "kept_at": np.where(state == KEPT, end, MISSING),
        "ended_at": np.where(told.cycles.over, end, MISSING),
    }
    return [told.differing, *_compared(desk, told.promise, state, told.verdicts.spent, told.cycles.start, mine)]


def _under(desk: Desk, terms: _Terms, known: Whole, pieces: Pieces, which: Whole) -> tuple[Any, Whole, pd.DataFrame]:
    """For each piece whether its clock runs and its budget, by the policies as they are kept."""
    kept = policies(desk)
    metrics = desk.word("promise", "metric")
    names = sorted({version for version in terms.policy.tolist() if version in kept})
    place = np.array([names.index(v) if v in kept else -1 for v in terms.policy.tolist()], np.int64)
    statuses = desk.life.status
    running = np.zeros((len(names) + 1, len(statuses.names) + 1), bool)
    budgets = np.full((len(names) + 1, len(metrics.names) + 1), -1)
    for i, name in enumerate(names):
        for j, status in enumerate(statuses.names):
            running[i, j] = status in BACKLOG and status not in kept[name]["pauses"]
        for j, promised in enumerate(metrics.names):
            budgets[i, j] = kept[name]["targets"].get(promised, [-1])[0]
    budget = budgets[place[which], metrics.codes[known][pieces.cycle]]
    said = budgets[place, metrics.codes[terms.promise]]
    differing = np.flatnonzero(said != terms.budget)
    wrong = _differences(
        desk, terms.promise[differing], "budget", terms.budget[differing].tolist(), said[differing].tolist()
    )
    return running[place[which], statuses.codes[pieces.spell]], budget, wrong


def _ends(desk: Desk, known: Whole, row: Whole, started: Whole, made: Whole) -> tuple[Whole, Any, Any]:
    """When each promise was owed no longer, by the ticket's own events; whether it is over, and whether it came."""
    kinds, becomes = desk.word("event", "kind"), desk.word("event", "becomes")
    moved = kinds.among({"status_changed"})
    answers, resolves = kinds.among({"agent_replied"}), moved & becomes.among({"resolved"})
    gone = moved & becomes.among(set(BECAME) - {"resolved"})
    cancelled = kinds.among({"promise_cancelled"}) & desk.word("event", "because").among({NO_POLICY})
    ticket = desk.place(desk.whole("event", "ticket_id"))
    numbers = desk.whole("event", "event_id")
    metrics = desk.word("promise", "metric").take(known)
    end, over, came = np.full(len(known), desk.taken_at), np.zeros(len(known), bool), np.zeros(len(known), bool)
    for metric, fulfils, stops in (
        ("first_response", answers, gone),
        ("next_response", answers, gone | resolves),
        ("resolution", resolves, gone),
    ):
        mine = np.flatnonzero(metrics.among({metric}))
        bears = np.flatnonzero(fulfils | stops | cancelled)
        if metric != "first_response" or cancelled.any():
            bears = bears[~cancelled[bears] | _of_metric(desk, bears, metric, cancelled)]
        place = np.searchsorted(ticket[bears] * 2**40 + numbers[bears], row[mine] * 2**40 + made[mine], side="right")
        inside = place < len(bears)
        inside[inside] = ticket[bears[place[inside]]] == row[mine[inside]]
        ending, here = bears[place[inside]], mine[inside]
        end[here], over[here], came[here] = desk.whole("event", "at")[ending], True, fulfils[ending]
    return np.maximum(end, started), over, came


def _of_metric(desk: Desk, bears: Whole, metric: str, cancelled: Any) -> Any:
    """Which of these events cancel a promise of this metric for want of a policy."""
    mine = np.zeros(len(bears), bool)
    data = desk.text("event", "data")
    for i in np.flatnonzero(cancelled[bears]).tolist():
        mine[i] = json.loads(data[int(bears[i])].as_py())["metric"] == metric
    return mine


def _compared(
    desk: Desk, known: Whole, state: Whole, spent: Whole, started: Whole, mine: dict[str, Whole]
) -> list[pd.DataFrame]:
    theirs = {name: desk.whole("promise", name)[known] for name in (*INSTANTS, "started_at")}
    states = desk.word("promise", "state").take(known)
    said = np.array([STATES.index(name) if name in STATES else -1 for name in states.names] + [-1])[states.codes]
    overdue = (said == STATES.index("running")) & (theirs["due_at"] != MISSING) & (theirs["due_at"] < desk.taken_at)
    said = np.where(overdue, BROKEN, said)  # a clock that has not come round to it yet: the row will say so
    theirs["broken_at"] = np.where(overdue, theirs["due_at"], theirs["broken_at"])
    found = []
    differing = np.flatnonzero(said != state)
    words = ([STATES[i] for i in which[differing]] for which in (said, state))
    found.append(_differences(desk, known[differing], "state", *words))
    theirs_spent = counted(desk)[known]
    differing = np.flatnonzero(theirs_spent != spent)
    found.append(
        _differences(desk, known[differing], "spent", theirs_spent[differing].tolist(), spent[differing].tolist())
    )
    for name, values in (*mine.items(), ("started_at", started)):
        differing = np.flatnonzero(theirs[name] != values)
        found.append(
            _differences(desk, known[differing], name, _times(theirs[name][differing]), _times(values[differing]))
        )
    return found


def _times(values: Whole) -> list[str]:
    return [str(one) for one in instants(values)]


def _differences(desk: Desk, promises: Whole, what: str, row: list[Any], recomputed: list[Any]) -> pd.DataFrame:
    if not len(promises):
        return NOTHING
    metrics = desk.word("promise", "metric")
    return pd.DataFrame(
        {
            "promise_id": desk.whole("promise", "promise_id")[promises],
            "ticket_id": desk.whole("promise", "ticket_id")[promises],
            "metric": metrics.take(promises).series().astype("str"),
            "cycle": desk.whole("promise", "cycle")[promises],
            "what": what,
            "row": [str(one) for one in row],
            "recomputed": [str(one) for one in recomputed],
        }
    )
