"""What follows for a ticket's promises from what happened to it, and from time that passed.

Promises are a fold over events: the same events make the same promises, whenever and however often the clock was looked
at, and before each event time is let pass up to it. What becomes true at an instant is written down with that instant:
a promise breaks at the second at which it was due, not when somebody noticed. Exactly on time is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, cast

from daemon.core.plan import Event
from daemon.core.sla import spending
from daemon.core.sla.life import Life, Promise
from daemon.core.sla.spending import event
from daemon.core.sla.terms import METRICS, Audience, Metric, SlaPolicy, Step, Terms
from daemon.core.status import BACKLOG, PRIORITIES, Priority
from daemon.core.values import Instant

WARNED: tuple[Audience, ...] = ("assignee",)
ENDS = {"closed": "ticket-closed", "merged": "ticket-merged", "spam": "ticket-spam"}


@dataclass(frozen=True, slots=True)
class Alert:
    """Agents are to hear of a promise: it was warned of, broken, or escalated to a level."""

    because: str
    promise: Promise
    notify: tuple[Audience, ...]
    share: int = 100
    level: int = 0


@dataclass(frozen=True, slots=True)
class Course:
    """A life after what happened, and all that happened, in order."""

    life: Life
    events: tuple[Event, ...] = ()
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Mark:
    """What comes next of a promise: a warning (its share), the break, or a step of escalation."""

    at: Instant
    order: int
    promise: Promise
    share: int = 0
    step: Step | None = None


def follow(life: Life, events: Sequence[Event], terms: Terms) -> Course:
    """Let these events happen; each comes with what it does to promises behind it, and after what came before it."""
    happened: list[Event] = []
    alerts: list[Alert] = []
    for at, together in groupby(events, lambda e: e.at):
        passed = pass_time(life, at, terms)
        life = passed.life
        happened += passed.events
        alerts += passed.alerts
        for one in together:
            life, ended = apply(life, one, terms)
            happened += (one, *ended)
        life, settled = settle(life, at, terms)
        happened += settled
    return Course(life, tuple(happened), tuple(alerts))


def pass_time(life: Life, until: Instant, terms: Terms) -> Course:
    """Let time pass up to ``until``, not included: warnings, breaks and steps, each at its instant."""
    happened: list[Event] = []
    alerts: list[Alert] = []
    while (mark := next_mark(life, terms)) is not None and mark.at < until:
        life, events, alert = _reach(life, mark, terms)
        happened += events
        alerts.append(alert)
    return Course(life, tuple(happened), tuple(alerts))


def next_mark(life: Life, terms: Terms) -> Mark | None:
    """What the clock will do to this ticket's promises next; None if nothing."""
    return min(
        (mark for p in life.promises if p.is_owed and p.running_since is not None for mark in _marks(p, terms)),
        key=lambda m: (m.at, m.order),
        default=None,
    )


def _marks(promise: Promise, terms: Terms) -> Iterator[Mark]:
    policy = terms.versions[promise.policy]
    since, spent = cast(Instant, promise.running_since), promise.spent
    timeline = terms.timeline(promise.calendar)
    hours = terms.hours(policy) if policy.quiet else None

    def at(threshold: int) -> Instant:
        return timeline.after(since, threshold - spent)

    def when_open(t: Instant) -> Instant:
        return hours.next_open(t) if hours is not None else t

    if promise.state == "running":
        if promise.due_at is not None:
            yield Mark(promise.due_at, 1, promise)
        for share in policy.warnings:
            if f"{share}%" not in promise.done:
                yield Mark(when_open(at(promise.budget * share // 100)), 0, promise, share)
                break
    for step in policy.steps:
        if step.metric in (None, promise.metric) and f"step {step.level}" not in promise.done:
            yield Mark(when_open(at(promise.budget * step.share // 100 + step.delay)), 1 + step.level, promise, 0, step)
            break


def _reach(life: Life, mark: Mark, terms: Terms) -> tuple[Life, list[Event], Alert]:
    promise = mark.promise
    if mark.step is not None:
        return _escalate(life, mark, mark.step, terms)
    if mark.order == 0:
        after = replace(promise, warned_at=promise.warned_at or mark.at, done=promise.done | {f"{mark.share}%"})
        told = event("promise_warned", "budget-nearly-spent", mark.at, after, share=mark.share)
        return spending.put(life, promise, after), [told], Alert("warned", after, WARNED, mark.share)
    after = replace(promise, state="broken", broken_at=mark.at)
    told = event("promise_broken", "budget-spent", mark.at, after)
    return spending.put(life, promise, after), [told], Alert("broken", after, WARNED)


def _escalate(life: Life, mark: Mark, step: Step, terms: Terms) -> tuple[Life, list[Event], Alert]:
    at, promise = mark.at, replace(mark.promise, done=mark.promise.done | {f"step {step.level}"})
    life = spending.put(life, mark.promise, promise)
    events = [
        replace(
            event("escalated", "step-of-escalation", at, promise, level=step.level),
            column="escalation_level",
            was=life.level,
            becomes=max(life.level, step.level),
        )
    ]
    changes: list[tuple[str, str, str | int | None, str | int | None]] = [
        ("team_changed", "team", life.subject.team, step.team),
        ("assigned", "assignee", life.assignee, step.assignee),
    ]
    if step.priority and _rank(step.priority) > _rank(life.subject.priority):
        changes.append(("priority_changed", "priority", life.subject.priority, step.priority))
    events += [
        Event(kind, "step-of-escalation", at, None, column, was, becomes)
        for kind, column, was, becomes in changes
        if becomes is not None and was != becomes
    ]
    for tag in step.tags:
        if tag not in life.subject.tags:
            events.append(Event("tagged", "step-of-escalation", at, data=(("tag", tag),)))
    for one in events:
        life, _ = apply(life, one, terms)
    life, settled = settle(life, at, terms)
    return life, [*events, *settled], Alert("escalated", promise, step.notify, step.share, step.level)


def _rank(priority: str) -> int:
    return PRIORITIES.index(cast(Priority, priority))


def apply(life: Life, happened: Event, terms: Terms) -> tuple[Life, list[Event]]:
    """One event's own effect, and the ends of promises that it brings."""
    data = dict(happened.data)
    at = happened.at
    match happened.kind:
        case "ticket_opened":
            if data.get("by") == "history":
                return replace(life, dormant=True), []
            return (
                (replace(life, turn_since=at, turns=1), []) if data.get("by", "customer") == "customer" else (life, [])
            )
        case "customer_replied" if data.get("by") != "history":
            if life.turn_since is None:
                life = replace(life, turn_since=at, turns=life.turns + 1)
            return replace(life, idle_since=at, acted=frozenset(), dormant=False), []
        case "agent_replied":
            life = replace(life, idle_since=at, acted=frozenset(), dormant=False, answered=True, turn_since=None)
            return _end(life, ("first_response", "next_response"), at, terms, spending.fulfil)
        case "status_changed":
            return _moved(life, str(happened.becomes), at, terms)
        case "priority_changed" | "type_changed" | "team_changed":
            becomes: dict[str, Any] = {str(happened.column): happened.becomes}
            return replace(life, subject=replace(life.subject, **becomes)), []
        case "assigned":
            return replace(life, assignee=cast("int | None", happened.becomes)), []
        case "tagged" | "untagged":
            tag = {str(data["tag"])}
            tags = life.subject.tags | tag if happened.kind == "tagged" else life.subject.tags - tag
            return replace(life, subject=replace(life.subject, tags=tags)), []
        case "escalated":
            return replace(life, level=cast(int, happened.becomes)), []
        case "snoozed":
            return replace(life, snoozed_until=cast("int | None", data["until"])), []
        case "reminded" | "follow_up":
            return replace(life, acted=life.acted | {str(data["rule"])}), []
        case _:
            return life, []


def _moved(life: Life, becomes: str, at: Instant, terms: Terms) -> tuple[Life, list[Event]]:
    """A new status: resolved fulfils the resolution; an end without an answer is an end, never an answer."""
    before = life.status
    life = replace(life, status=becomes, idle_since=at, acted=frozenset(), dormant=False, snoozed_until=None)
    ended: list[Event] = []
    if becomes == "resolved":
        life, ended = _end(life, ("resolution",), at, terms, spending.fulfil)
        life, cancelled = _end(life, ("next_response",), at, terms, spending.cancel("resolved-unanswered"))
        ended += cancelled
        if life.answered:
            life = replace(life, turn_since=None)
    elif becomes not in BACKLOG:
        life, ended = _end(life, METRICS, at, terms, spending.cancel(ENDS[becomes]))
        life = replace(life, turn_since=None)
    elif before == "spam" and not life.answered and life.turns:
        life = replace(life, turn_since=at, turns=life.turns + 1)
    return life, ended


def _end(
    life: Life,
    metrics: Sequence[Metric],
    at: Instant,
    terms: Terms,
    how: Callable[[Promise, Instant, Terms], tuple[Promise, Event]],
) -> tuple[Life, list[Event]]:
    ended = []
    for metric in metrics:
        if (promise := life.owed(metric)) is not None:
            after, told = how(promise, at, terms)
            life = spending.put(life, promise, after)
            ended.append(told)
    return life, ended


def settle(life: Life, at: Instant, terms: Terms) -> tuple[Life, list[Event]]:
    """Make, stop, start and change promises until they are what the terms say of the ticket as it now is."""
    if life.dormant:
        return life, []
    policy = terms.policy(life.subject)
    happened: list[Event] = []
    for metric in METRICS:
        promise = life.owed(metric)
        if promise is None:
            if policy is not None and metric in policy.targets and _is_owing(life, metric):
                made, told = spending.make(life, metric, policy, at, terms)
                life = replace(life, promises=(*life.promises, made))
                happened.append(told)
            continue
        for after, told in _adapted(promise, life.status, policy, at, terms):
            life = spending.put(life, promise, after)
            promise = after
            happened.append(told)
    return life, happened


def _is_owing(life: Life, metric: Metric) -> bool:
    """Whether this is still to come: first response before any other, until it came or its ticket was closed."""
    if metric == "resolution":
        return life.status in BACKLOG
    if life.turn_since is None or life.status not in BACKLOG:
        return False
    first = not life.answered and life.cycles("next_response") == 0 and _never_closed(life)
    return first == (metric == "first_response")


def _never_closed(life: Life) -> bool:
    """Whether no first response was given up with its ticket; one that was marked as spam by mistake begins again."""
    return not any(p.metric == "first_response" and p.because == "ticket-closed" for p in life.promises)


def _adapted(
    promise: Promise, status: str, policy: SlaPolicy | None, at: Instant, terms: Terms
) -> Iterator[tuple[Promise, Event]]:
    stands_on = terms.versions[promise.policy]
    if promise.state in ("running", "paused") and not (
        policy is not None and policy.keep_old and policy.name == stands_on.name
    ):
        target = policy.targets.get(promise.metric) if policy is not None else None
        if policy is None or target is None:
            yield spending.cancel("no-policy")(promise, at, terms)
            return
        version = terms.calendar(policy.calendar, target)
        if (policy.digest, version) != (promise.policy, promise.calendar):
            for changed, told in spending.change(promise, policy, target, version, at, terms):
                yield changed, told
                promise = changed
            stands_on = policy
    runs = spending.runs(stands_on, status)
    if runs and promise.running_since is None:
        yield spending.resume(promise, at, terms)
    elif not runs and promise.running_since is not None:
        yield spending.pause(promise, status, at, terms)
