"""The terms in force: from the configuration and what is stored, with calendars laid out as far as they are needed.

Runs in the writer's transaction: each version of a calendar or policy is kept before anything is promised under it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from daemon import almanac
from daemon.almanac import Definition, Year
from daemon.config import Config, ConfigurationError
from daemon.config import Policy as PolicyOptions
from daemon.core.calendar import BeyondHorizon, Timeline
from daemon.core.plan import AgentFacts
from daemon.core.sla.terms import CALENDAR_TIME, Condition, Rule, Terms, policy_of
from daemon.core.values import Instant
from daemon.store import lives
from daemon.store import terms as kept

YEARS_BEFORE, YEARS_AHEAD = 1, 2
FURTHEST = 30
"""Years around the present for which a calendar is laid out at most: a target beyond them is no target."""


@dataclass(slots=True)
class Layout:
    """A calendar's version with the years that are laid out, the first of which is ``first``."""

    name: str
    definition: Definition
    first: int
    years: list[Year]
    timeline: Timeline = field(init=False)

    def __post_init__(self) -> None:
        self._join()

    def reach(self, year: int) -> dict[int, Year]:
        """Lay it out as far as a year; what is new."""
        last = self.first + len(self.years) - 1
        new = {y: almanac.lay_out(self.definition, y) for y in (*range(year, self.first), *range(last + 1, year + 1))}
        self.first = min(self.first, year)
        self.years = [laid for y, laid in sorted([*enumerate(self.years, last - len(self.years) + 1), *new.items()])]
        self._join()
        return new

    def closed(self, start: Instant, end: Instant) -> list[tuple[date, str]]:
        """Its holidays within these instants, on the days of its zone."""
        first, last = (almanac.there(t, self.definition.zone).date() for t in (start, end - 1))
        named = ((date.fromisoformat(day), name) for year in self.years for day, name in year.closed)
        return [(day, name) for day, name in named if first <= day <= last]

    def shifts(self, start: Instant, end: Instant) -> list[tuple[Instant, int]]:
        """The shifts of its clock within these instants."""
        return [(at, seconds) for year in self.years for at, seconds in year.shifts if start <= at < end]

    def midnight(self, t: Instant) -> Instant:
        """The end of the local day on which an instant lies."""
        return almanac.next_day(t, self.definition.zone)

    def _join(self) -> None:
        self.timeline = almanac.join(self.first, self.years)


@dataclass(slots=True)
class Agreement:
    """Terms with the layouts that their timelines come from.

    ``digest`` is that of all that is in force; ``people`` are the agents, to whom alone a step may give a ticket.
    """

    terms: Terms = field(default_factory=Terms)
    layouts: dict[str, Layout] = field(default_factory=dict)
    digest: str = ""
    people: frozenset[int] = frozenset()

    def extend(self, beyond: BeyondHorizon, now: Instant, write: Callable[[Callable[[], None]], object]) -> None:
        """Lay out another year for each calendar that ends (or begins) there; BeyondHorizon again where none may be.

        ``write`` has the new years kept in a transaction of their own: they stand, whatever becomes of the one at hand.
        """
        ends = {v: x for v, x in self.layouts.items() if beyond.instant in (x.timeline.since, x.timeline.until)}
        present = almanac.year_of(now)
        for version, layout in ends.items():
            ahead = beyond.instant == layout.timeline.until
            year = layout.first + len(layout.years) if ahead else layout.first - 1
            if abs(year - present) > FURTHEST:
                raise beyond
            write(partial(kept.add_years, version, layout.reach(year)))
        if not ends:
            raise beyond
        self.terms = replace(self.terms, timelines={v: x.timeline for v, x in self.layouts.items()})

    def include(self, policy: str, calendar: str) -> None:
        """Take in versions that another process made: a command that ran on a newer configuration than ours."""
        if policy not in self.terms.versions:
            known = {
                version: policy_of(version, terms, self.people) for version, terms in kept.policies([policy]).items()
            }
            self.terms = replace(self.terms, versions={**self.terms.versions, **known})
        if calendar != CALENDAR_TIME and calendar not in self.layouts:
            self.layouts[calendar] = load(calendar)
            self.terms = replace(self.terms, timelines={v: x.timeline for v, x in self.layouts.items()})


def agree(config: Config, agents: Sequence[AgentFacts], now: Instant, *, anew: bool) -> Agreement:
    """Keep the configured terms, and load what unfinished promises stand on; ConfigurationError with every fault.

    ``anew``: lay out known calendars once more, to see whether zones or holidays have become others.
    """
    present = almanac.year_of(now)
    calendars: dict[str, str] = {}
    layouts: dict[str, Layout] = {}
    faults: list[str] = []
    for i, option in enumerate(config.calendar):
        version, layout = _version(option.name, option.definition, present, now, anew)
        kept.add_years(version, layout.reach(present + YEARS_AHEAD))
        calendars[option.name], layouts[version] = version, layout
        faults += _never_opens(f"calendar[{i}]", layout, present)
    policies = []
    for i, policy in enumerate(config.policy):
        terms = _terms(policy, config, agents)
        if policy.targets and not faults:
            faults += _out_of_reach(f"policy[{i}]", policy, layouts.get(calendars.get(terms["calendar"], "")), present)
        policies.append((policy.condition, terms))
    if faults:
        raise ConfigurationError(faults)
    people = frozenset(agent.person for agent in agents)
    in_force = [(condition, policy_of(kept.add_policy(terms, now), terms, people)) for condition, terms in policies]
    rules = tuple(
        Rule(r.name, r.condition, r.status, r.target, r.calendar or _first(config), r.do, r.notice)
        for r in config.automation
    )
    known_policies, known_calendars = lives.versions_in_use()
    versions = {version: policy_of(version, terms, people) for version, terms in kept.policies(known_policies).items()}
    for version in known_calendars - set(layouts):
        layouts[version] = load(version)
    digest = kept.digest(
        [
            [[_plain(condition), policy.digest] for condition, policy in in_force],
            [[_plain(r.when), r.name, r.status, asdict(r.after), r.calendar, r.act, r.notice] for r in rules],
            sorted(calendars.items()),
        ]
    )
    in_terms = Terms(
        tuple(in_force),
        rules,
        calendars,
        {version: layout.timeline for version, layout in layouts.items()},
        versions | {policy.digest: policy for _, policy in in_force},
    )
    return Agreement(in_terms, layouts, digest, people)


def _plain(condition: Condition) -> list[list[str]]:
    return [sorted(names) for names in asdict(condition).values()]


def load(version: str) -> Layout:
    """A calendar's version as it was laid out; KeyError for one that is not kept."""
    years = kept.years(version)
    return Layout(*kept.definition(version), min(years), list(years.values()))


def _version(name: str, definition: Definition, present: int, now: Instant, anew: bool) -> tuple[str, Layout]:
    """The kept version that zones and holidays of today lay out in the same way, else a new one."""
    for version in kept.calendars(definition):
        years = kept.years(version)
        if not anew or all(almanac.lay_out(definition, year) == laid for year, laid in years.items()):
            return version, Layout(name, definition, min(years), list(years.values()))
    made = {year: almanac.lay_out(definition, year) for year in range(present - YEARS_BEFORE, present + 1)}
    return kept.add_calendar(definition, name, made, now), Layout(name, definition, min(made), list(made.values()))


def _never_opens(path: str, layout: Layout, present: int) -> list[str]:
    for year in range(present, present + YEARS_AHEAD + 1):
        if not layout.years[year - layout.first].opens:
            return [f"{path}: is never open in {year}; write hours such as mon-fri 09:00-17:30, or fewer closed days"]
    return []


def _out_of_reach(path: str, policy: PolicyOptions, layout: Layout | None, present: int) -> list[str]:
    """Targets that the calendar would take too many years for."""
    faults = []
    for metric, target in policy.targets.items():
        year = 366 * 86_400
        if target.open and layout is not None:
            since = almanac.bounds(present + 1)[0]
            year = layout.timeline.between(since, almanac.bounds(present + 1)[1])
        if target.seconds > year * FURTHEST / 3:
            name = f"the calendar opens for {year // 3600} hours a year" if target.open else "a year has 8766 hours"
            faults.append(f"{path}.{metric}: is past the horizon of {FURTHEST // 3} years; {name}; write less")
    return faults


def _first(config: Config) -> str:
    return config.calendar[0].name if config.calendar else CALENDAR_TIME


def _terms(policy: PolicyOptions, config: Config, agents: Sequence[AgentFacts]) -> dict[str, Any]:
    """A policy as it is kept: plain values, of which its version is the digest."""
    persons = {agent.address: agent.person for agent in agents}
    steps = [step for step in config.escalation if step.policy == policy.name]
    return {
        "name": policy.name,
        "calendar": policy.calendar or _first(config),
        "targets": {metric: [target.seconds, target.open] for metric, target in policy.targets.items()},
        "pauses": sorted(policy.pause),
        "warnings": sorted(set(policy.warn)),
        "steps": [
            {
                "level": level,
                "metric": step.metric or None,
                "share": step.point[0],
                "delay": step.point[1],
                "notify": list(step.notify),
                "priority": step.priority or None,
                "assignee": persons.get(step.assign.casefold()),
                "team": step.team or None,
                "tags": list(step.tags),
            }
            for level, step in enumerate(steps, 1)
        ],
        "keep_old": policy.applies == "new",
        "quiet": policy.quiet,
    }
