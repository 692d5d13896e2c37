"""The arithmetic of one promise: made, paused, resumed, changed, kept, cancelled; seconds spent and the instant due.

    spent = the sum of open seconds over the spells that run the clock
    due   = the first instant at which, since it runs, as many open seconds have passed as are left

Each act returns the promise after it and the event that tells of it; in its data stand the versions of policy and
calendar, the budget, what was spent, and when it is due, so that events alone say how every second was counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from daemon.core.plan import Event
from daemon.core.sla.life import Life, Promise
from daemon.core.sla.terms import Metric, SlaPolicy, Target, Terms
from daemon.core.status import BACKLOG
from daemon.core.values import Instant

Acted = tuple[Promise, Event]


def event(kind: str, because: str, at: Instant, promise: Promise, **more: str | int | None) -> Event:
    return Event(
        kind,
        because,
        at,
        data=(
            ("metric", promise.metric),
            ("cycle", promise.cycle),
            ("policy", promise.policy),
            ("calendar", promise.calendar),
            ("budget", promise.budget),
            ("spent", promise.spent),
            ("due", promise.due_at),
            *more.items(),
        ),
    )


def put(life: Life, before: Promise, after: Promise) -> Life:
    """The life with one promise in place of another."""
    return replace(life, promises=tuple(after if p is before else p for p in life.promises))


def runs(policy: SlaPolicy, status: str) -> bool:
    """Whether a status runs the clock: the one place that says so."""
    return status in BACKLOG and status not in policy.pauses


def make(life: Life, metric: Metric, policy: SlaPolicy, at: Instant, terms: Terms) -> Acted:
    target = policy.targets[metric]
    made = Promise(
        metric,
        life.cycles(metric) + 1,
        policy.digest,
        terms.calendar(policy.calendar, target),
        target.seconds,
        at,
        "paused",
    )
    if runs(policy, life.status):
        made = _started(made, at, terms)
    return made, event("promise_made", "policy-applies", at, made)


def spent_at(promise: Promise, at: Instant, terms: Terms) -> int:
    """Seconds counted up to an instant."""
    if promise.running_since is None:
        return promise.spent
    return promise.spent + terms.timeline(promise.calendar).between(promise.running_since, at)


def resume(promise: Promise, at: Instant, terms: Terms) -> Acted:
    after = _started(promise, at, terms)
    return after, event("promise_resumed", "status-runs-the-clock", at, after)


def pause(promise: Promise, status: str, at: Instant, terms: Terms) -> Acted:
    """Stop the clock. A broken promise stays broken, and due when it was."""
    after = _stopped(promise, at, terms)
    if after.state == "running":
        after = replace(after, state="paused", due_at=None)
    return after, event("promise_paused", "status-stops-the-clock", at, after, status=status)


def change(
    promise: Promise, policy: SlaPolicy, target: Target, calendar: str, at: Instant, terms: Terms
) -> Iterator[Acted]:
    """Other terms: what was spent carries over as it was counted; with nothing left the promise breaks now."""
    running = promise.running_since is not None
    after = replace(
        _stopped(promise, at, terms), policy=policy.digest, calendar=calendar, budget=target.seconds, due_at=None
    )
    if running:
        after = _started(after, at, terms)
    left = after.budget - after.spent
    if left <= 0:
        after = replace(after, due_at=at)
    yield after, event("promise_changed", "other-terms", at, after)
    if left <= 0:
        after = replace(after, state="broken", broken_at=at)
        yield after, event("promise_broken", "nothing-left-under-new-terms", at, after)


def fulfil(promise: Promise, at: Instant, terms: Terms) -> Acted:
    """What was promised has come: kept, or late. One kept while paused was due when it would have been running on."""
    after = replace(_stopped(promise, at, terms), ended_at=at)
    if promise.state == "broken":
        after = replace(after, because="fulfilled-late")
        return after, event("promise_fulfilled", "fulfilled-late", at, after)
    if after.due_at is None:
        left = after.budget - after.spent
        after = replace(after, due_at=terms.timeline(after.calendar).after(at, left))
    after = replace(after, state="kept", kept_at=at, because="fulfilled-in-time")
    return after, event("promise_kept", "fulfilled-in-time", at, after)


def cancel(because: str) -> Callable[[Promise, Instant, Terms], Acted]:
    """What was promised will not come, or is owed no longer. One that is broken stays so."""

    def cancelled(promise: Promise, at: Instant, terms: Terms) -> Acted:
        after = replace(_stopped(promise, at, terms), ended_at=at, because=because)
        if after.state != "broken":
            after = replace(after, state="cancelled")
        return after, event("promise_cancelled", because, at, after)

    return cancelled


def _started(promise: Promise, at: Instant, terms: Terms) -> Promise:
    if promise.state == "broken":
        return replace(promise, running_since=at)
    due = terms.timeline(promise.calendar).after(at, promise.budget - promise.spent)
    return replace(promise, state="running", running_since=at, due_at=due)


def _stopped(promise: Promise, at: Instant, terms: Terms) -> Promise:
    return replace(promise, spent=spent_at(promise, at, terms), running_since=None)
