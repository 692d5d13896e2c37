"""What a desk promises, and to whom: ordered policies with their targets, steps of escalation, rules of automation.

A version of a policy is its content. ``Terms`` are those in force, with every older version that an unfinished promise
still stands on; they are values, made from the configuration and from what is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from daemon.core.calendar import ALWAYS, Timeline

Metric = Literal["first_response", "next_response", "resolution"]
METRICS: tuple[Metric, ...] = get_args(Metric)
Audience = Literal["assignee", "team", "lead"]
Act = Literal["remind", "resolve", "close", "reopen", "follow-up"]

CALENDAR_TIME = ""
"""The name and the version of the calendar in which every second counts."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a ticket is, as far as policies look at it. ``requester`` is the key of the requester's address."""

    desk: str
    team: str
    priority: str
    type: str
    tags: frozenset[str]
    requester: str


@dataclass(frozen=True, slots=True)
class Condition:
    """Which tickets are meant; an empty set means any. ``requesters`` are addresses, or ``@domain``."""

    desks: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    requesters: frozenset[str] = frozenset()

    def holds(self, subject: Subject) -> bool:
        return (
            (not self.desks or subject.desk in self.desks)
            and (not self.teams or subject.team in self.teams)
            and (not self.priorities or subject.priority in self.priorities)
            and (not self.types or subject.type in self.types)
            and (not self.tags or not self.tags.isdisjoint(subject.tags))
            and (
                not self.requesters
                or subject.requester in self.requesters
                or "@" + subject.requester.rpartition("@")[2] in self.requesters
            )
        )

    def covers(self, other: Condition) -> bool:
        """Whether this holds wherever the other does."""
        pairs = (
            (self.desks, other.desks),
            (self.teams, other.teams),
            (self.priorities, other.priorities),
            (self.types, other.types),
            (self.tags, other.tags),
        )
        theirs = [r for r in other.requesters if not self.requesters & {r, "@" + r.rpartition("@")[2]}]
        return all(not mine or (its and its <= mine) for mine, its in pairs) and (
            not self.requesters or (bool(other.requesters) and not theirs)
        )


@dataclass(frozen=True, slots=True)
class Target:
    """So many seconds, of open time, or of calendar time."""

    seconds: int
    open: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step of escalation: when ``share`` per cent of the budget are spent and ``delay`` more seconds.

    ``metric`` None: of whichever promise. ``assignee`` is a person, ``priority`` is raised to, never lowered.
    """

    level: int
    metric: Metric | None
    share: int
    delay: int
    notify: tuple[Audience, ...]
    priority: str | None = None
    assignee: int | None = None
    team: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """The terms of one rule. ``digest`` (hex) is its version; ``warnings`` are shares of the budget in per cent.

    ``keep_old``: when it changes, promises made before stay as they were. ``quiet``: warnings and steps wait for the
    next open hour of its calendar.
    """

    name: str
    digest: str
    calendar: str
    targets: Mapping[Metric, Target]
    pauses: frozenset[str]
    warnings: tuple[int, ...] = ()
    steps: tuple[Step, ...] = ()
    keep_old: bool = False
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """An automation: what is done with a ticket that has lain in a status for so long.

    Its clock starts anew with each change of status and each word of customer or agent; it acts once in that time.
    """

    name: str
    when: Condition
    status: str
    after: Target
    calendar: str
    act: Act
    notice: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """What is in force. ``policies`` are looked through in their order; the first whose condition holds is the one.

    ``calendars``: name → version (hex) in force; ``timelines``: version → its open time. ``versions`` holds each
    policy by digest, those in force and those that unfinished promises stand on.
    """

    policies: tuple[tuple[Condition, SlaPolicy], ...] = ()
    rules: tuple[Rule, ...] = ()
    calendars: Mapping[str, str] = field(default_factory=dict)
    timelines: Mapping[str, Timeline] = field(default_factory=dict)
    versions: Mapping[str, SlaPolicy] = field(default_factory=dict)

    def policy(self, subject: Subject) -> SlaPolicy | None:
        return next((policy for condition, policy in self.policies if condition.holds(subject)), None)

    def timeline(self, version: str) -> Timeline:
        """The open time of a calendar's version; KeyError for one that is not loaded."""
        return ALWAYS if version == CALENDAR_TIME else self.timelines[version]

    def hours(self, policy: SlaPolicy) -> Timeline | None:
        """The opening hours that a policy names, as they are now; None where there are none of that name."""
        version = self.calendars.get(policy.calendar)
        return self.timelines[version] if version is not None else None

    def calendar(self, name: str, target: Target) -> str:
        """The version of the calendar in which a target is counted."""
        return self.calendars[name] if target.open else CALENDAR_TIME


def policy_of(version: str, kept: Mapping[str, Any], people: frozenset[int] | None = None) -> SlaPolicy:
    """Kept terms (``v1_policy.terms``) as a value; a step gives a ticket to nobody but ``people``, where they are
    told.
    """
    return SlaPolicy(
        kept["name"],
        version,
        kept["calendar"],
        {metric: Target(*target) for metric, target in kept["targets"].items()},
        frozenset(kept["pauses"]),
        tuple(kept["warnings"]),
        tuple(_step(step, people) for step in kept["steps"]),
        kept["keep_old"],
        kept["quiet"],
    )


def _step(kept: Mapping[str, Any], people: frozenset[int] | None) -> Step:
    assignee = kept["assignee"] if people is None or kept["assignee"] in people else None
    lists = {name: tuple(kept[name]) for name in ("notify", "tags")}
    return Step(**{**kept, **lists, "assignee": assignee})
