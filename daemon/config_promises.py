"""The options of promises: calendars, policies, steps of escalation, rules of automation; and faults between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from daemon import almanac
from daemon.almanac import Definition
from daemon.config_options import Name, PerhapsName, Section, option
from daemon.core import hours
from daemon.core.sla.terms import METRICS, Act, Audience, Condition, Metric, Target
from daemon.core.sla.tick import BECOMES
from daemon.core.status import MOVES, Priority, Type

CALENDAR_TIME = "calendar"


def _checked(parse: Callable[[str], object], *, or_none: bool = False) -> AfterValidator:
    """A text that must be readable, or (``or_none``) empty; the reader's own sentence says what is wrong."""

    def check(value: str) -> str:
        if value or not or_none:
            parse(value)
        return value

    return AfterValidator(check)


def target(text: str) -> Target:
    """``4h`` of open time, ``4h calendar`` of calendar time; ValueError is a sentence."""
    length = text.removesuffix(f" {CALENDAR_TIME}")
    counts_open = length == text
    try:
        seconds = hours.duration(length)
    except ValueError:
        raise ValueError(f"{text!r} is no target; write one such as 4h, 1h 30m or 2d calendar") from None
    if counts_open and "d" in length:
        raise ValueError(f"{text!r}: a day of open time has no fixed length; write hours, or {length} calendar")
    if seconds <= 0:
        raise ValueError(f"{text!r} is no time at all; write one such as 4h")
    return Target(seconds, counts_open)


def _requester(value: str) -> str:
    _, at, domain = value.partition("@")
    if not at or not domain or any(c.isspace() for c in value):
        raise ValueError(f"{value!r} is no address and no domain; write customer@example.net or @example.net")
    return value.casefold()


def _share(text: str) -> tuple[int, int]:
    """``80%`` or ``100% + 2h``: share of the budget and seconds beyond it."""
    share, plus, delay = (part.strip() for part in text.partition("+"))
    if not share.endswith("%") or not share[:-1].isdigit() or not 1 <= int(share[:-1]) <= 1000:
        raise ValueError(f"{text!r} is no point in a promise; write one such as 80% or 100% + 2h")
    return int(share[:-1]), hours.duration(delay) if plus else 0


Zone = Annotated[str, _checked(almanac.zone)]
Region = Annotated[str, _checked(almanac.region, or_none=True)]
Hours = Annotated[str, _checked(lambda line: hours.week([line]))]
Closed = Annotated[str, _checked(hours.closure)]
Special = Annotated[str, _checked(lambda line: hours.special([line]))]
Within = Annotated[str, _checked(target)]
PerhapsWithin = Annotated[str, _checked(target, or_none=True)]
Requester = Annotated[str, AfterValidator(_requester)]
Share = Annotated[str, _checked(_share)]


class Calendar(Section):
    """Opening hours in which time is counted. The first calendar is the one of policies that name none."""

    name: Name = option(..., "Short name of the calendar.", example="office")
    zone: Zone = option(..., "Time zone in which its hours are meant.", example="Europe/Berlin")
    hours: tuple[Hours, ...] = option(
        ...,
        "Open hours: weekdays, then any number of times. Overnight ends with +1; the whole week is daily 00:00-24:00.",
        example=["mon-thu 09:00-12:30 13:30-18:00", "fri 22:00-06:00+1"],
    )
    holidays: Region = option("", "Country, or country and region, whose public holidays are closed.", example="DE-BE")
    closed: tuple[Closed, ...] = option(
        (), "Further closed days: dates, ranges of them, or days of every year.", example=["2026-05-15", "12-24/12-26"]
    )
    open: tuple[Special, ...] = option(
        (), "Dates with hours of their own, even on a holiday.", example=["2026-12-05 10:00-14:00"]
    )

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if not self.hours and not self.open:
            yield ("hours", "open"), "never opens; write at least one line such as mon-fri 09:00-17:30"

    @property
    def definition(self) -> Definition:
        return Definition(self.zone, self.hours, self.holidays, self.closed, self.open)


class SomeTickets(Section):
    """Which tickets are meant."""

    desks: tuple[Name, ...] = option((), "Only tickets of these desks; none = any.", example=["support"])
    teams: tuple[Name, ...] = option((), "Only tickets of these teams; none = any.", example=["support"])
    priorities: tuple[Priority, ...] = option((), "Only tickets of these priorities; none = all.")
    types: tuple[Type, ...] = option((), "Only tickets of these types; none = all.")
    tags: tuple[Name, ...] = option((), "Only tickets with one of these tags; none = any.", example=["contract"])
    requesters: tuple[Requester, ...] = option(
        (), "Only tickets of these addresses or domains; none = any.", example=["@example.net"]
    )

    @property
    def condition(self) -> Condition:
        return Condition(
            frozenset(self.desks),
            frozenset(self.teams),
            frozenset(self.priorities),
            frozenset(self.types),
            frozenset(self.tags),
            frozenset(self.requesters),
        )


class Policy(SomeTickets):
    """What is promised to whom. The first policy that a ticket meets is its own; one without conditions meets all."""

    name: Name = option(..., "Short name of the policy.", example="standard")
    calendar: PerhapsName = option("", "Calendar in which its time is counted; empty = the first.")
    first_response: PerhapsWithin = option(
        "", "Time until the first answer to the customer: open time, or with calendar every second.", example="4h"
    )
    next_response: PerhapsWithin = option("", "Time until the answer to each later turn of the customer.", example="8h")
    resolution: PerhapsWithin = option("", "Time until the ticket is resolved.", example="5d calendar")
    pause: tuple[Literal["new", "open", "pending", "on_hold"], ...] = option(
        ("pending", "on_hold"), "Statuses in which its clocks stand."
    )
    warn: tuple[int, ...] = option((75,), "Shares of a budget at which the assignee is warned.", "per cent")
    quiet: bool = option(False, "Warnings and escalations wait for the calendar's next open hour.")
    applies: Literal["all", "new"] = option(
        "all", "What a change of this policy reaches: all unfinished promises, or new ones alone."
    )

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        if not self.targets:
            yield METRICS, "nothing is promised; write first_response, next_response or resolution"
        if any(not 1 <= share <= 99 for share in self.warn):
            yield ("warn",), "a warning comes before the end; write shares from 1 to 99"

    @property
    def targets(self) -> dict[Metric, Target]:
        written: dict[Metric, str] = {
            "first_response": self.first_response,
            "next_response": self.next_response,
            "resolution": self.resolution,
        }
        return {metric: target(text) for metric, text in written.items() if text}


class Escalation(Section):
    """A step of escalation, taken once for each promise. The steps of a policy are its levels, in their order."""

    policy: Name = option(..., "Policy whose promises it belongs to.", example="standard")
    metric: Literal["", "first_response", "next_response", "resolution"] = option(
        "", "Promise that it belongs to; empty = each."
    )
    at: Share = option("100%", "When: share of the budget, and time beyond it.", example="100% + 2h")
    notify: tuple[Audience, ...] = option(("assignee",), "Whom to tell.")
    priority: Literal["", "low", "medium", "high", "urgent"] = option(
        "", "Raise the ticket's priority to this; empty = leave it."
    )
    assign: str = option("", "Address of the agent who gets the ticket; empty = leave it.", example="lead@example.com")
    team: PerhapsName = option("", "Team that gets the ticket; empty = leave it.")
    tags: tuple[Name, ...] = option((), "Tags that the ticket gets.", example=["escalated"])

    @property
    def point(self) -> tuple[int, int]:
        """Share of the budget in per cent, and seconds beyond it."""
        return _share(self.at)


class Automation(SomeTickets):
    """What happens by itself to a ticket that has lain in a status for so long without a word of customer or agent."""

    name: Name = option(..., "Short name of the rule; the log gives it as the reason.", example="close-resolved")
    status: Literal["new", "open", "pending", "on_hold", "resolved", "closed"] = option(
        ..., "Status in which the ticket lies.", example="resolved"
    )
    after: Within = option(..., "For how long: open time, or with calendar every second.", example="40h")
    calendar: PerhapsName = option("", "Calendar in which open time is counted; empty = the first.")
    do: Act = option(
        ...,
        "What is done: remind the customer, resolve, close or reopen the ticket, or follow-up = remind its agent.",
        example="close",
    )
    notice: bool = option(True, "Tell the customer of it.")

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        becomes = BECOMES.get(self.do)
        if self.status and becomes and becomes not in MOVES[self.status]:
            moves = " or ".join(act for act, status in BECOMES.items() if status in MOVES[self.status])
            yield ("do", "status"), f"a ticket that is {self.status} cannot become {becomes}; from there: {moves}"
        if self.do == "remind" and self.status in ("resolved", "closed"):
            yield ("do", "status"), f"nobody is waited for in {self.status}; remind is for new, open, pending, on_hold"
        if self.do == "remind" and not self.notice:
            yield ("notice", "do"), "is false, and a reminder is nothing but a notice; leave the rule out"

    @property
    def target(self) -> Target:
        return target(self.after)


def promise_faults(
    calendar: Sequence[Mapping[str, Any]],
    policy: Sequence[Mapping[str, Any]],
    escalation: Sequence[Mapping[str, Any]],
    automation: Sequence[Mapping[str, Any]],
) -> Iterator[str]:
    """Names of calendars and policies that are not there, in sections as they were written."""
    known = {row.get("name") for row in calendar}
    needs = [(f"policy[{i}]", row, _counts_open(row, *METRICS)) for i, row in enumerate(policy)]
    needs += [(f"automation[{i}]", row, _counts_open(row, "after")) for i, row in enumerate(automation)]
    for path, row, needed in needs:
        named = row.get("calendar") or None
        if named is not None and named not in known:
            yield f"{path}.calendar: there is no calendar {named!r}; write the name of one"
        elif named is None and needed and not calendar:
            yield f"{path}.calendar: open time needs a [[calendar]]; write one, or count in calendar time: 4h calendar"
    for i, row in enumerate(policy):
        if row.get("quiet") is True and not calendar:
            yield f"policy[{i}].quiet: open hours need a [[calendar]]; write one, or leave quiet out"
    names = {row.get("name") for row in policy}
    for i, row in enumerate(escalation):
        if row.get("policy") and row["policy"] not in names:
            yield f"escalation[{i}].policy: there is no policy {row['policy']!r}; write the name of one"


def _counts_open(row: Mapping[str, Any], *options: str) -> bool:
    return any(isinstance(row.get(o), str) and row[o] and not row[o].endswith(CALENDAR_TIME) for o in options)


def rule_faults(
    policies: Sequence[Policy],
    escalations: Sequence[Escalation],
    automations: Sequence[Automation],
    desks: frozenset[str],
    teams: frozenset[str],
    agents: frozenset[str],
) -> Iterator[str]:
    """Rules that can never match, or that tie, or that name what is not there; each fault a sentence with its path."""
    for i, policy in enumerate(policies):
        yield from _unknown(f"policy[{i}]", policy, desks, teams)
        for j, earlier in enumerate(policies[:i]):
            if earlier.condition == policy.condition:
                yield f"policy[{i}]: meets the same tickets as policy[{j}] ({earlier.name}); change one or remove it"
                break
            if earlier.condition.covers(policy.condition):
                yield (
                    f"policy[{i}]: can never match, because policy[{j}] ({earlier.name}) comes first and meets all its "
                    "tickets; write it above"
                )
                break
    for i, step in enumerate(escalations):
        if step.team and step.team not in teams:
            yield f"escalation[{i}].team: there is no team {step.team!r}; teams: {', '.join(sorted(teams))}"
        if step.assign and step.assign.casefold() not in agents:
            yield f"escalation[{i}].assign: {step.assign!r} is no agent; write the address of one"
        for j, earlier_step in enumerate(escalations[:i]):
            if earlier_step.policy != step.policy or not _meet(earlier_step, step):
                continue
            if earlier_step.point == step.point:
                yield f"escalation[{i}].at: {step.at} is that of escalation[{j}] too; make one of the two"
            elif earlier_step.point > step.point:
                yield f"escalation[{i}].at: {step.at} comes before escalation[{j}], a lower level; write it above"
    for i, rule in enumerate(automations):
        yield from _unknown(f"automation[{i}]", rule, desks, teams)
        for j, earlier_rule in enumerate(automations[:i]):
            same = (rule.status, rule.target, rule.condition) == (
                earlier_rule.status,
                earlier_rule.target,
                earlier_rule.condition,
            )
            if same and rule.calendar == earlier_rule.calendar:
                yield f"automation[{i}]: always ties with automation[{j}] ({earlier_rule.name}); change or remove one"


def _meet(one: Escalation, other: Escalation) -> bool:
    """Whether there is a promise to which both steps belong."""
    return not (one.metric and other.metric) or one.metric == other.metric


def _unknown(path: str, rule: SomeTickets, desks: frozenset[str], teams: frozenset[str]) -> Iterator[str]:
    for what, named, known in (("desk", rule.desks, desks), ("team", rule.teams, teams)):
        for name in named:
            if name not in known:
                yield (
                    f"{path}.{what}s: can never match, because there is no {what} {name!r}; "
                    f"{what}s: {', '.join(sorted(known))}"
                )
