"""What rules and assignment make of a ticket as it opens: changes of its first values, each with its reason.

A ticket opens with its desk's team and the values that every ticket has at first; what follows happens at that same
instant, so that promises begin with what the ticket then is. History is sorted by the rules as well, and given to
nobody; nor is what is part of a flood.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.assigning import Assigned, assign
from daemon.core.case import Case, fill_in
from daemon.core.plan import Event
from daemon.core.routing_rules import Given
from daemon.core.status import FIRST_PRIORITY, FIRST_TYPE

BY_RULE = "routing-rule"


@dataclass(frozen=True, slots=True)
class Placed:
    """``events`` follow the opening; ``template`` and ``unassigned`` are data: the acknowledgement's own template, and
    why an assignment that was to be made found nobody. Of ``spam`` nobody hears."""

    team: str
    assignee: int | None
    spam: bool
    events: tuple[Event, ...]
    template: tuple[tuple[str, str], ...] = ()
    unassigned: tuple[tuple[str, str], ...] = ()


def place(case: Case) -> Placed:
    """Carry out what the rules gave, and assign."""
    routed, desk, at = case.facts.routed, case.facts.desk, case.envelope.received_at
    events = [
        Event(kind, BY_RULE, at, None, column, was, given.value, _rule(given))
        for kind, column, was, given in (
            ("team_changed", "team", desk.team, routed.team),
            ("priority_changed", "priority", FIRST_PRIORITY, routed.priority),
            ("type_changed", "type", FIRST_TYPE, routed.type),
        )
        if given is not None and given.value != was
    ]
    events += [Event("tagged", BY_RULE, at, data=(("tag", tag.value), *_rule(tag))) for tag in routed.tags]
    team = str(routed.team.value) if routed.team else desk.team
    events += _filled_in(case, team)
    if routed.spam:
        events.append(Event("status_changed", BY_RULE, at, None, "status", "new", "spam", _rule(routed.spam)))
        return Placed(team, None, True, tuple(events))
    assigned = _assigned(case)
    if assigned.person is not None:
        rule = _rule(routed.assignee) if routed.assignee and assigned.because == BY_RULE else ()
        events.append(Event("assigned", assigned.because, at, None, "assignee", None, assigned.person, rule))
    return Placed(
        team,
        assigned.person,
        False,
        tuple(events),
        (("template", str(routed.template.value)),) if routed.template else (),
        (("unassigned", assigned.because),) if assigned.person is None and assigned.because else (),
    )


def _filled_in(case: Case, team: str) -> list[Event]:
    """The fields of the operator's own that rules fill in, as far as a ticket of this team has them."""
    known = {one.name: one for one in case.policy.fields if one.belongs_to(team)}
    return [
        fill_in(known[one.name], "", str(one.value), BY_RULE, case.envelope.received_at, None, *_rule(one))
        for one in case.facts.routed.fields
        if one.name in known
    ]


def _assigned(case: Case) -> Assigned:
    """A rule's word comes first, unless whom it names is absent."""
    routed, staffing = case.facts.routed, case.facts.staffing
    if case.envelope.silent or case.screened.quiet:
        return Assigned(None, "")
    named = routed.assignee.value if routed.assignee else None
    if isinstance(named, int) and named not in staffing.absent:
        return Assigned(named, BY_RULE)
    tags = [str(tag.value) for tag in routed.tags]
    assigned = assign(staffing.strategy, staffing.candidates, tags, staffing.sticky_to, by_skill=staffing.by_skill)
    return assigned if named is None or assigned.because else Assigned(None, "nobody-present")


def _rule(given: Given) -> tuple[tuple[str, str], ...]:
    return (("rule", given.rule),)
