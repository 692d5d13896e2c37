"""What a ticket's promises must be, worked out again from its events by the words of METRICS alone.

Nothing here knows how the product does it: no promise event is looked at, open time comes from the walker, and the
terms are told as plain values with the instants from which they held.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

BACKLOG = {"new", "open", "pending", "on_hold"}


class OpenTime(Protocol):
    def elapsed(self, t0: int, t1: int) -> int: ...

    def instant(self, t0: int, seconds: int) -> int: ...


@dataclass(frozen=True)
class Always:
    """Every second counts."""

    def elapsed(self, t0: int, t1: int) -> int:
        return t1 - t0

    def instant(self, t0: int, seconds: int) -> int:
        return t0 + seconds


@dataclass(frozen=True)
class Rule:
    """A policy: for which priorities and tags (none = any), seconds for each metric, its clock, where it stands."""

    name: str
    targets: Mapping[str, int]
    clock: OpenTime
    priorities: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    pauses: frozenset[str] = frozenset({"pending", "on_hold"})

    def meets(self, priority: str, tags: frozenset[str]) -> bool:
        return (not self.priorities or priority in self.priorities) and (not self.tags or bool(self.tags & tags))


@dataclass
class Verdict:
    """A row of the table of promises, as far as it can be argued about."""

    metric: str
    cycle: int
    state: str
    budget: int
    spent: int
    due_at: int | None
    broken_at: int | None
    kept_at: int | None
    ended_at: int | None


@dataclass
class _State:
    """The ticket between two instants; ``by_step``: a step of escalation made it so, after all else of that second."""

    status: str = "new"
    priority: str = "medium"
    tags: frozenset[str] = frozenset()
    by_step: bool = False


@dataclass
class _Cycle:
    metric: str
    start: int
    end: int | None = None
    how: str = ""
    states: list[tuple[int, _State]] = field(default_factory=list)


def judge(events: Sequence[Mapping[str, Any]], terms: Sequence[tuple[int, Sequence[Rule]]], now: int) -> list[Verdict]:
    """``events`` in their order with ``kind``, ``at`` and ``data``; ``terms`` as (from, rules in their order)."""
    states, cycles = _lives(events)
    changes = sorted({at for at, _ in states} | {at for at, _ in terms})
    numbers: dict[str, int] = {}
    verdicts = []
    for cycle in cycles:
        if _rule_at(states, terms, cycle.start, cycle.metric) is None:
            continue  # the examples change what is promised, never whether
        numbers[cycle.metric] = numbers.get(cycle.metric, 0) + 1
        verdicts.append(_verdict(cycle, numbers[cycle.metric], states, terms, changes, now))
    return verdicts


def _lives(events: Sequence[Mapping[str, Any]]) -> tuple[list[tuple[int, _State]], list[_Cycle]]:
    """What the ticket was from which instant on, and when what was owed."""
    states: list[tuple[int, _State]] = []
    cycles: list[_Cycle] = []
    owed: dict[str, _Cycle] = {}
    state = _State()
    waiting: int | None = None
    answered = gave_up = False

    def start(metric: str, at: int) -> None:
        if metric not in owed:
            owed[metric] = _Cycle(metric, at)
            cycles.append(owed[metric])

    def end(metric: str, at: int, how: str) -> None:
        if metric in owed:
            owed[metric].end, owed[metric].how = at, how
            del owed[metric]

    for i, event in enumerate(events):
        kind, at, data = event["kind"], event["at"], event["data"]
        if kind in ("ticket_opened", "customer_replied") and waiting is None:
            waiting = at
        elif kind == "agent_replied":
            end("first_response", at, "kept")
            end("next_response", at, "kept")
            waiting, answered = None, True
        elif kind == "status_changed":
            becomes = data["to"]
            if becomes == "resolved":
                end("resolution", at, "kept")
                end("next_response", at, "cancelled")
                waiting = None if answered else waiting
            elif becomes not in BACKLOG:
                gave_up |= becomes == "closed" and "first_response" in owed
                for metric in list(owed):
                    end(metric, at, "cancelled")
                waiting = None
            elif state.status == "spam" and not answered:
                waiting = at
            state = _State(becomes, state.priority, state.tags)
        elif kind == "priority_changed":
            state = _State(state.status, data["to"], state.tags)
        elif kind == "tagged":
            state = _State(state.status, state.priority, state.tags | {data["tag"]})
        elif kind == "untagged":
            state = _State(state.status, state.priority, state.tags - {data["tag"]})
        states.append((at, replace(state, by_step=event["because"] == "step-of-escalation")))
        if i + 1 < len(events) and events[i + 1]["at"] == at:
            continue  # what happens in one second is looked at when it is over
        if state.status in BACKLOG:
            start("resolution", at)
            if waiting is not None:
                start("next_response" if answered or gave_up else "first_response", at)
    return states, cycles


def _state_at(states: Sequence[tuple[int, _State]], t: int, *, before_steps: bool = False) -> _State:
    return [state for at, state in states if at < t or (at == t and not (before_steps and state.by_step))][-1]


def _rule_at(
    states: Sequence[tuple[int, _State]],
    terms: Sequence[tuple[int, Sequence[Rule]]],
    t: int,
    metric: str,
    *,
    before_steps: bool = False,
) -> Rule | None:
    state = _state_at(states, t, before_steps=before_steps)
    rules = [rules for since, rules in terms if since <= t][-1]
    rule = next((r for r in rules if r.meets(state.priority, state.tags)), None)
    return rule if rule is not None and metric in rule.targets else None


def _verdict(
    cycle: _Cycle,
    number: int,
    states: Sequence[tuple[int, _State]],
    terms: Sequence[tuple[int, Sequence[Rule]]],
    changes: Sequence[int],
    now: int,
) -> Verdict:
    end = cycle.end if cycle.end is not None else now
    cuts = [cycle.start, *(t for t in changes if cycle.start < t < end), end]
    spent, broken, due, budget = 0, None, None, 0
    rule: Rule | None = None
    runs = False
    for start, until in zip(cuts, cuts[1:] or [end], strict=False):
        for before_steps in (True, False):
            if broken is None:  # a broken promise stays under the terms that broke it
                rule = _rule_at(states, terms, start, cycle.metric, before_steps=before_steps)
                assert rule is not None
                if budget and rule.targets[cycle.metric] - spent <= 0 and budget != rule.targets[cycle.metric]:
                    broken = due = start
                budget = rule.targets[cycle.metric]
        assert rule is not None
        status = _state_at(states, start).status
        runs = status in BACKLOG and status not in rule.pauses
        if not runs:
            due = due if broken is not None else None
            continue
        if broken is None:
            due = rule.clock.instant(start, budget - spent) if budget > spent else start
            if due < until or (due == until and any(at == until and state.by_step for at, state in states)):
                broken = due
        spent += rule.clock.elapsed(start, until)
    state = "broken" if broken is not None else cycle.how or ("running" if _runs_now(states, rule) else "paused")
    if cycle.end is None and broken is None:
        # the last stretch is open: what the rows say was fixed when it began
        due = due if state == "running" else None
    if state == "kept" and due is None:
        assert rule is not None
        due = rule.clock.instant(end, budget - spent)
    if state == "cancelled" and not runs:
        due = None
    kept = end if state == "kept" else None
    return Verdict(cycle.metric, number, state, budget, spent, due, broken, kept, cycle.end)


def _runs_now(states: Sequence[tuple[int, _State]], rule: Rule | None) -> bool:
    assert rule is not None
    status = states[-1][1].status
    return status in BACKLOG and status not in rule.pauses


def verdict_of(row: Mapping[str, Any], clock: OpenTime, now: int) -> Verdict:
    """A row of the table as the judge says it: what was spent in all, by the walker's count."""
    spent = row["spent"]
    if row["running_since"] is not None:
        spent += clock.elapsed(row["running_since"], now)
    said = {name: row[name] for name in ("metric", "cycle", "state", "budget")}
    instants = {name: row[name] for name in ("due_at", "broken_at", "kept_at", "ended_at")}
    return Verdict(**said, spent=spent, **instants)


def in_order(verdicts: Sequence[Verdict]) -> list[Verdict]:
    return sorted(verdicts, key=lambda v: (v.metric, v.cycle))
