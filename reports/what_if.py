"""What if: any policies and any calendar, replayed over all of a desk's history, beside what was promised then.

reports.what_if(desk, [Policy("standard", first_response="3h", resolution="20h")])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from daemon import almanac
from daemon.almanac import Definition
from daemon.core import hours
from daemon.core.sla.terms import METRICS as PROMISED
from daemon.core.status import BACKLOG, PRIORITIES, TYPES
from reports.calendars import CalendarTime, Counts
from reports.dataset import Desk, Words
from reports.figures import metric, shares
from reports.periods import Period
from reports.problems import QuestionError
from reports.replay import BROKEN, CANCELLED, KEPT, NONE, PAUSED, RUNNING, Cycles, Verdicts, cut, judge, of_backlog
from reports.response import turns
from reports.rows import Question, Rows
from reports.sla import kept

CALENDAR = " calendar"


@dataclass(frozen=True)
class Policy:
    """Terms as they would be written in the configuration; the first whose conditions hold is the one that applies."""

    name: str
    first_response: str = ""
    next_response: str = ""
    resolution: str = ""
    priorities: Sequence[str] = ()
    teams: Sequence[str] = ()
    types: Sequence[str] = ()
    desks: Sequence[str] = ()
    pause: Sequence[str] = ("pending", "on_hold")
    calendar: str | Definition | None = None

    def target(self, promise: str) -> tuple[int, bool] | None:
        """Seconds, and whether they are counted in calendar time; None where nothing is promised."""
        text = str(getattr(self, promise))
        if not text:
            return None
        try:
            return hours.duration(text.removesuffix(CALENDAR)), text.endswith(CALENDAR)
        except ValueError as error:
            raise QuestionError(f"policy {self.name!r}, {promise}: {error}") from None

    def check(self) -> None:
        """QuestionError for words that mean nothing."""
        for name, words, known in (
            ("priorities", self.priorities, PRIORITIES),
            ("types", self.types, TYPES),
            ("pause", self.pause, sorted(BACKLOG)),
        ):
            for word in words:
                if word not in known:
                    raise QuestionError(f"policy {self.name!r}, {name}: {word!r} is none of {', '.join(known)}")
        if isinstance(self.calendar, Definition):
            try:
                almanac.zone(self.calendar.zone)
                hours.week(self.calendar.hours)
                if self.calendar.holidays:
                    almanac.region(self.calendar.holidays)
            except ValueError as error:
                raise QuestionError(f"policy {self.name!r}, calendar: {error}") from None


@dataclass
class Terms:
    """Policies as tables over the pieces of cycles."""

    desk: Desk
    policies: Sequence[Policy]
    clocks: list[Counts] = field(default_factory=lambda: [CalendarTime()])

    def __post_init__(self) -> None:
        known: dict[Any, int] = {}
        self.clock_of: list[int] = []
        for policy in self.policies:
            policy.check()
            if policy.calendar not in known:
                named = policy.calendar
                known[named] = len(self.clocks)
                calendars = self.desk.calendars
                made = calendars.lay_out(named) if isinstance(named, Definition) else calendars.clock(named)
                self.clocks.append(made)
            self.clock_of.append(known[policy.calendar])

    def of_spells(self) -> Any:
        """For each spell, the policy that applies in it; -1 for none."""
        life, chosen = self.desk.life, np.full(len(self.desk.life), -1)
        desks = self.desk.word("ticket", "desk")
        for i in reversed(range(len(self.policies))):
            policy, holds = self.policies[i], np.ones(len(life), bool)
            if policy.priorities:
                holds &= life.priority.among(tuple(policy.priorities))
            if policy.teams:
                holds &= life.team.among(tuple(policy.teams))
            if policy.types:
                holds &= life.type.among(tuple(policy.types))
            if policy.desks:
                holds &= desks.among(tuple(policy.desks))[life.row]
            chosen[holds] = i
        return chosen

    def judge(self, promise: str, cycles: Cycles, policy_of: Any) -> tuple[Verdicts, Any]:
        """Verdicts, and the policy that stood at the end of each cycle."""
        life = self.desk.life
        pieces = cut(life, cycles)
        policy = policy_of[pieces.spell]
        targets = [p.target(promise) for p in self.policies]
        budgets = np.array([*(t[0] if t else -1 for t in targets), -1])
        clock_of = np.array([*(0 if t and t[1] else c for t, c in zip(targets, self.clock_of, strict=True)), 0])
        running = np.zeros((len(self.policies) + 1, len(life.status.names) + 1), bool)
        for i, one in enumerate(self.policies):
            for j, status in enumerate(life.status.names):
                running[i, j] = status in BACKLOG and status not in one.pause
        runs = running[policy, life.status.codes[pieces.spell]]
        verdicts = judge(cycles, pieces, runs, budgets[policy], clock_of[policy], self.clocks)
        last = np.full(len(cycles), -1)
        last[pieces.cycle] = policy
        return verdicts, last


def cycles_of(desk: Desk, promise: str) -> Cycles:
    """What was owed of a metric, whoever promised it: turns of customers, and stretches of the backlog."""
    if promise == "resolution":
        return of_backlog(desk.life, desk.taken_at)[0]
    every = turns(desk)
    mine = every.take(every.columns["first"] == (promise == "first_response"))
    reason = mine.columns["end_reason"]
    end = np.maximum(mine.columns["end"], mine.columns["start"])
    over = ~reason.among({"open"})
    return Cycles(mine.row, mine.columns["start"], end, over, reason.among({"replied"}))


def replayed(desk: Desk, policies: Sequence[Policy]) -> Rows:
    """Each cycle of each metric as these policies judge it."""
    terms = Terms(desk, policies)
    policy_of = terms.of_spells()
    found = []
    for code, promise in enumerate(PROMISED):
        cycles = cycles_of(desk, promise)
        verdicts, last = terms.judge(promise, cycles, policy_of)
        some = np.flatnonzero(verdicts.state != NONE)
        due = np.where(verdicts.due > 0, verdicts.due, cycles.end)
        made = (cycles.row, verdicts.state, due, verdicts.spent, last, cycles.over, np.full(len(cycles), code))
        found.append([column[some] for column in made])
    row, state, due, spent, policy, over, metric_of = (np.concatenate(columns) for columns in zip(*found, strict=True))
    columns = {
        "promise": Words(metric_of.astype(np.int32), PROMISED),
        "policy": Words(policy.astype(np.int32), tuple(p.name for p in policies)),
        "spent": spent,
        "due_at": due,
        "positive": state == KEPT,
        "counts": (state == KEPT) | (state == BROKEN),
        "n_overdue": ((state == BROKEN) & ~over).astype(np.int64),
        "n_not_due": (state == RUNNING).astype(np.int64),
        "n_paused": (state == PAUSED).astype(np.int64),
        "n_cancelled": (state == CANCELLED).astype(np.int64),
    }
    return Rows(desk, row, due, columns)


@metric(
    "kept_if",
    "Promises that would have been kept ÷ those that would have been due in the period, had other policies or another "
    "calendar been in force all the time; statuses and replies as they were.",
    "share",
)
def _kept_if(desk: Desk, question: Question) -> Rows:
    return replayed(desk, dict(question.more)["policies"])


def what_if(
    desk: Desk,
    policies: Sequence[Policy],
    *,
    by: Sequence[str] = ("promise",),
    period: Period | None = None,
    zone: str | None = None,
) -> pd.DataFrame:
    """The share of promises kept ``then`` (under the terms of the time) and ``so`` (under these), side by side."""
    if not policies:
        raise QuestionError('give a policy, such as Policy("standard", first_response="4h")')
    then = kept(desk, by=by, period=period, zone=zone)
    question = Question("kept_if", "business", tuple(by), period, zone, None, (("policies", tuple(policies)),))
    so = shares(desk, question)
    keys = [*(("period",) if period else ()), *by]
    columns = ["n", "estimate", "low", "high", "n_overdue", "n_not_due", "n_paused", "n_cancelled", "note"]
    both = then[[*keys, *columns]].merge(so[[*keys, *columns]], on=keys, how="outer", suffixes=("_then", "_so"))
    counts = [name for name in both if name.startswith("n_")]
    both[counts] = both[counts].fillna(0).astype("int64")
    both["difference"] = both["estimate_so"] - both["estimate_then"]
    both.attrs = {"question": question}
    return both


def policies_of(desk: Desk, conditions: Mapping[str, Mapping[str, Sequence[str]]] | None = None) -> list[Policy]:
    """The newest terms of each policy that the desk has kept, ready to be varied.

    The views tell what policies promise, not to whom: ``conditions`` (policy → priorities, teams, types, desks) say
    that.
    """
    from reports.sla import policies

    newest: dict[str, tuple[int, dict[str, Any]]] = {}
    made = desk.whole("policy", "made_at").tolist()
    for at, terms in zip(made, policies(desk).values(), strict=True):
        if terms["name"] not in newest or at >= newest[terms["name"]][0]:
            newest[terms["name"]] = (at, terms)
    made_of = []
    for name, (_, terms) in newest.items():
        targets = {m: f"{t[0]}s" + ("" if t[1] else CALENDAR) for m, t in terms["targets"].items()}
        to_whom = {key: tuple(value) for key, value in (conditions or {}).get(name, {}).items()}
        options: dict[str, Any] = {**targets, **to_whom, "pause": tuple(terms["pauses"])}
        made_of.append(Policy(name, calendar=terms["calendar"] or None, **options))
    return made_of
