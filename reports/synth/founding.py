"""What the demo desk promises, as the decisions take it: from the policies that a desk on its settings has kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from daemon.core import hours
from daemon.core.calendar import Timeline
from daemon.core.sla.terms import Condition, Rule, SlaPolicy, Target, Terms
from reports.synth import script as scripts


@dataclass(frozen=True)
class Founding:
    """What the desk promised, and from when on: (since, terms), the first from the beginning."""

    terms: tuple[tuple[int, Terms], ...]


def promised(versions: Mapping[str, SlaPolicy], calendars: Mapping[str, Timeline]) -> Founding:
    """The terms of the year, from the policies and the calendar that a desk founded on its settings has kept."""
    (calendar,) = calendars
    names = {str(scripts.OFFICE["name"]): calendar}
    rules = tuple(_rule(rule, str(scripts.OFFICE["name"])) for rule in scripts.AUTOMATION)
    known = {(p.name, p.targets["first_response"].seconds): p for p in versions.values()}

    def terms(policies: Iterable[Mapping[str, Any]]) -> Terms:
        chosen = tuple(
            (
                Condition(teams=frozenset(p.get("teams", ())), priorities=frozenset(p.get("priorities", ()))),
                known[p["name"], hours.duration(str(p["first_response"]))],
            )
            for p in policies
        )
        return Terms(chosen, rules, names, dict(calendars), dict(versions))

    return Founding(((scripts.START - 1, terms(scripts.POLICIES)), (scripts.STRICTER_FROM, terms(scripts.STRICTER))))


def _rule(rule: Mapping[str, Any], calendar: str) -> Rule:
    seconds = hours.duration(str(rule["after"]).removesuffix(" calendar"))
    return Rule(
        rule["name"],
        Condition(),
        rule["status"],
        Target(seconds, False),
        calendar,
        rule["do"],
        rule.get("notice", True),
    )
