"""Random lives of tickets: what is promised is what METRICS says, however often the clock is looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daemon import almanac
from daemon.core.plan import Event
from daemon.core.sla.explain import Happened, explain
from daemon.core.sla.follow import follow, pass_time
from daemon.core.sla.life import Life, Promise
from daemon.core.sla.terms import METRICS, Condition, Metric, SlaPolicy, Step, Subject, Target, Terms
from daemon.core.sla.tick import tick
from daemon.core.status import MOVES, after_agent_replied, after_customer_wrote
from daemon.desk.explaining import CalendarTime
from tests.promises.calendars import NIGHT_SHIFTS, OFFICE_WITH_A_BREAK
from tests.promises.desk import utc
from tests.promises.judge import Always, OpenTime, Rule, Verdict, in_order, judge, verdict_of

START = utc("2026-03-20 10:00")
HOUR = 3600
EXAMPLES = {"office": OFFICE_WITH_A_BREAK, "nights": NIGHT_SHIFTS}
TIMELINES = {
    name: almanac.join(2025, [almanac.lay_out(example.definition, year) for year in (2025, 2026, 2027)])
    for name, example in EXAMPLES.items()
}
CLOCKS: dict[str, OpenTime] = {name: example.walker for name, example in EXAMPLES.items()} | {"": Always()}
STEPS = (
    Step(1, None, 100, 0, ("team",), priority="high"),
    Step(2, "resolution", 100, 2 * HOUR, ("lead",), priority="urgent", tags=("late",)),
)


@dataclass(frozen=True)
class Spec:
    """A policy, said once for the product and for the judge."""

    name: str
    calendar: str
    hours: tuple[float, float, float]
    priorities: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    pauses: frozenset[str] = frozenset({"pending", "on_hold"})
    steps: tuple[Step, ...] = ()

    @property
    def seconds(self) -> dict[Metric, int]:
        return {metric: int(hours * HOUR) for metric, hours in zip(METRICS, self.hours, strict=True)}

    @property
    def policy(self) -> SlaPolicy:
        targets = {metric: Target(seconds, bool(self.calendar)) for metric, seconds in self.seconds.items()}
        return SlaPolicy(self.name, repr(self), self.calendar, targets, self.pauses, (50, 80), self.steps)

    @property
    def rule(self) -> Rule:
        return Rule(self.name, self.seconds, CLOCKS[self.calendar], self.priorities, self.tags, self.pauses)


VIPS = Spec("vips", "nights", (2, 3, 30), tags=frozenset({"vip"}))
URGENT = Spec("urgent", "", (1, 2, 20), priorities=frozenset({"urgent"}), pauses=frozenset({"pending"}))
STANDARD = Spec("standard", "office", (4, 6.5, 16))
STRICTER = replace(STANDARD, hours=(1.25, 2, 9), pauses=frozenset({"pending"}))
MILDER = replace(STANDARD, calendar="nights", hours=(8, 12, 40))
STEPPED = replace(STANDARD, steps=STEPS)
AGREEMENTS = ((VIPS, URGENT, STANDARD), (VIPS, URGENT, STRICTER), (URGENT, MILDER), (VIPS, URGENT, STEPPED))


def terms_of(specs: Sequence[Spec]) -> Terms:
    return Terms(
        tuple((Condition(priorities=s.priorities, tags=s.tags), s.policy) for s in specs),
        (),
        {name: name for name in TIMELINES},
        TIMELINES,
        {s.policy.digest: s.policy for every in AGREEMENTS for s in every},
    )


Act = tuple[int, str, Any]
ACTS: st.SearchStrategy[tuple[str, Any]] = st.one_of(
    st.just(("customer", None)),
    st.just(("agent", None)),
    st.tuples(st.just("status"), st.sampled_from(["open", "pending", "on_hold", "resolved", "closed", "spam"])),
    st.tuples(st.just("priority"), st.sampled_from(["low", "medium", "urgent"])),
    st.tuples(st.just("tag"), st.booleans()),
    st.tuples(st.just("agree"), st.integers(0, len(AGREEMENTS) - 1)),
    st.just(("tick", None)),
)
PAUSES = st.one_of(st.integers(1, 300), st.integers(1, 12 * HOUR), st.integers(1, 5 * 24 * HOUR))
LIVES = st.lists(st.tuples(PAUSES, ACTS), max_size=14)


@dataclass
class Played:
    """A life with all that happened to it."""

    life: Life
    events: list[Event]
    agreements: list[tuple[int, Sequence[Spec]]]
    now: int

    @property
    def own_events(self) -> list[dict[str, Any]]:
        """What happened, but for what it did to promises."""
        return [as_row(e) for e in self.events if not e.kind.startswith("promise_")]


def as_row(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "because": event.because,
        "at": event.at,
        "data": dict(event.data) | {"from": event.was, "to": event.becomes},
    }


def play(acts: Sequence[tuple[int, tuple[str, Any]]], first: int = 0, *, ticking: bool = True) -> Played:
    """Let a customer's ticket live through these acts, each so many seconds after the one before."""
    agreed = AGREEMENTS[first]
    life = Life(Subject("support", "support", "medium", "question", frozenset(), "a@b"), "new", START, START)
    played = Played(life, [], [(START, agreed)], START)

    def happen(*events: Event) -> None:
        course = follow(played.life, events, terms_of(agreed))
        played.life = course.life
        played.events += course.events

    def pass_until(now: int, terms: Terms) -> None:
        course = pass_time(played.life, now, terms)
        played.life, played.events = course.life, [*played.events, *course.events]

    happen(Event("ticket_opened", "x", START, data=(("by", "customer"),)))
    for pause, (act, value) in acts:
        now = played.now = played.now + pause
        if act in ("priority", "tag"):  # whoever changes a ticket sees it as it is by then
            pass_until(now, terms_of(agreed))
        status = played.life.status
        if act == "agree":
            agreed = AGREEMENTS[value]
            played.agreements.append((now, agreed))
        if act == "agree" or (act == "tick" and ticking):
            if act == "agree":  # what was due before, was due under the old terms
                pass_until(now, terms_of(played.agreements[-2][1]))
            course, _ = tick(played.life, terms_of(agreed), now)
            played.life, played.events = course.life, [*played.events, *course.events]
        elif act == "customer":
            happen(Event("customer_replied", "x", now), *moved(status, after_customer_wrote(status), now))
        elif act == "agent" and status != "spam":
            happen(Event("agent_replied", "x", now), *moved(status, after_agent_replied(status), now))
        elif act == "status" and value in MOVES[status]:  # type: ignore[index]
            happen(*moved(status, value, now))
        elif act == "priority" and value != played.life.subject.priority:
            happen(Event("priority_changed", "x", now, None, "priority", played.life.subject.priority, value))
        elif act == "tag" and value != ("vip" in played.life.subject.tags):
            happen(Event("tagged" if value else "untagged", "x", now, data=(("tag", "vip"),)))
    played.now += 30 * 24 * HOUR
    course, _ = tick(played.life, terms_of(agreed), played.now)
    played.life, played.events = course.life, [*played.events, *course.events]
    return played


def moved(status: str, becomes: str, now: int) -> list[Event]:
    return [Event("status_changed", "x", now, None, "status", status, becomes)] if status != becomes else []


def judged(promise: Promise, now: int) -> Verdict:
    return verdict_of(asdict(promise), CLOCKS[promise.calendar], now)


@given(LIVES, st.integers(0, len(AGREEMENTS) - 1))
def test_promises_are_what_the_walker_recomputes_from_the_events_alone(acts: Any, first: int) -> None:
    played = play(acts, first)
    rules = [(since, [spec.rule for spec in specs]) for since, specs in played.agreements]
    ours = [judged(p, played.now) for p in played.life.promises]
    assert in_order(ours) == in_order(judge(played.own_events, rules, played.now))


@given(LIVES, st.integers(0, len(AGREEMENTS) - 1))
def test_how_often_the_clock_is_looked_at_changes_nothing(acts: Any, first: int) -> None:
    looked, slept = play(acts, first), play(acts, first, ticking=False)
    assert looked.life == slept.life
    assert looked.events == slept.events


@given(LIVES, st.integers(0, len(AGREEMENTS) - 1))
def test_lives_never_run_backwards_and_kept_and_broken_are_final(acts: Any, first: int) -> None:
    played = play(acts, first)
    assert [e.at for e in played.events] == sorted(e.at for e in played.events)
    verdicts: dict[tuple[object, object], list[str]] = {}
    for event in played.events:
        if event.kind in ("promise_kept", "promise_broken", "promise_cancelled"):
            data = dict(event.data)
            verdicts.setdefault((data["metric"], data["cycle"]), []).append(event.kind)
    for told in verdicts.values():
        assert told in (
            ["promise_kept"],
            ["promise_broken"],
            ["promise_cancelled"],
            ["promise_broken", "promise_cancelled"],
        )


@given(LIVES, st.integers(0, len(AGREEMENTS) - 1))
def test_warnings_and_steps_are_taken_once(acts: Any, first: int) -> None:
    told = [
        (
            e.kind,
            *(dict(e.data)[key] for key in ("metric", "cycle")),
            dict(e.data).get("share"),
            dict(e.data).get("level"),
        )
        for e in play(acts, first).events
        if e.kind in ("promise_warned", "escalated")
    ]
    assert len(told) == len(set(told))


@given(LIVES, st.integers(0, len(AGREEMENTS) - 1), st.booleans())
def test_the_explanation_accounts_for_every_second(acts: Any, first: int, by_day: bool) -> None:
    played = play(acts, first)
    happened = [Happened(e.kind, e.because, e.at, e.at, as_row(e)["data"]) for e in played.events]
    laid = {name: Calendar(name) for name in TIMELINES} | {"": CalendarTime()}
    for metric in METRICS:
        told = explain(happened, metric, laid, {}, played.now, by_day=by_day)
        promises = [p for p in played.life.promises if p.metric == metric]
        named = {"fulfilled late": "broken"}
        assert [(x.cycle, named.get(x.state, x.state), x.budget) for x in told] == [
            (p.cycle, p.state, p.budget) for p in promises
        ]
        for cycle, promise in zip(told, promises, strict=True):
            stretches = cycle.stretches
            assert [s.start for s in stretches[1:]] == [s.end for s in stretches[:-1]]
            if stretches:
                assert (stretches[0].start, stretches[-1].end) == (promise.started_at, promise.ended_at or played.now)
            spent = judged(promise, played.now).spent
            assert sum(s.counted for s in stretches) == spent
            assert not stretches or stretches[-1].left == promise.budget - spent
            assert all(s.counted == 0 for s in stretches if not s.runs)


class Calendar(CalendarTime):
    """A calendar of these tests, as an explanation sees it."""

    def __init__(self, name: str) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "timeline", TIMELINES[name])
