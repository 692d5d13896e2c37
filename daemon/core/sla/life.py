"""A ticket as its promises see it: what it is, in whose hands, since when, and what is promised.

The clock's part in a ticket is told by this value alone: ``follow`` makes the next one of it and of what happened.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from daemon.core.sla.terms import Metric, Subject
from daemon.core.values import Instant

State = Literal["running", "paused", "kept", "broken", "cancelled"]


@dataclass(frozen=True, slots=True)
class Promise:
    """One target on a ticket. Kept and broken are final; a broken one is owed until it is fulfilled all the same.

    ``policy`` and ``calendar`` are versions. ``spent`` are the seconds counted up to ``running_since``, or in all where
    the clock stands (``running_since`` None). ``due_at`` is None while it stands. ``done`` names the warnings and steps
    that were taken: ``80%``, ``step 1``.
    """

    metric: Metric
    cycle: int
    policy: str
    calendar: str
    budget: int
    started_at: Instant
    state: State = "running"
    running_since: Instant | None = None
    spent: int = 0
    due_at: Instant | None = None
    warned_at: Instant | None = None
    broken_at: Instant | None = None
    kept_at: Instant | None = None
    ended_at: Instant | None = None
    because: str = ""
    done: frozenset[str] = frozenset()

    @property
    def is_owed(self) -> bool:
        return self.ended_at is None


@dataclass(frozen=True, slots=True)
class Life:
    """``turn_since``: the oldest customer message that is unanswered; ``turns`` counts them. ``idle_since``: the last
    change of status or word of customer or agent; ``acted`` the rules that acted since. ``dormant``: history of which
    nobody has heard, to whom nothing is promised until something happens. ``promises``: by metric and cycle.
    """

    subject: Subject
    status: str
    opened_at: Instant
    idle_since: Instant
    assignee: int | None = None
    level: int = 0
    answered: bool = False
    turn_since: Instant | None = None
    turns: int = 0
    acted: frozenset[str] = frozenset()
    snoozed_until: Instant | None = None
    dormant: bool = False
    promises: tuple[Promise, ...] = field(default=())

    def owed(self, metric: Metric) -> Promise | None:
        return next((p for p in self.promises if p.metric == metric and p.is_owed), None)

    def cycles(self, metric: Metric) -> int:
        return sum(p.metric == metric for p in self.promises)
