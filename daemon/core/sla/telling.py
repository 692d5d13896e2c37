"""Who hears of what the clock did: agents of promises, customers of what a rule did to their ticket."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from daemon.core.plan import AgentFacts, Outgoing, Policy
from daemon.core.sla.follow import Alert
from daemon.core.sla.life import Life
from daemon.core.sla.terms import Audience, Rule
from daemon.core.sla.tick import BECOMES, REASONS

GRAVITY = ("warned", "broken", "escalated")


def of_alerts(alerts: Sequence[Alert], life: Life, agents: Sequence[AgentFacts]) -> tuple[Outgoing, ...]:
    """At most one letter to each agent: the gravest and latest of what is still owed."""
    owed = {(p.metric, p.cycle) for p in life.promises if p.is_owed}
    gravest: dict[int, Alert] = {}
    for alert in alerts:
        if (alert.promise.metric, alert.promise.cycle) not in owed:
            continue
        for person in audience(alert.notify, life.subject.team, life.assignee, agents):
            known = gravest.get(person)
            if known is None or GRAVITY.index(alert.because) >= GRAVITY.index(known.because):
                gravest[person] = alert
    return tuple(
        Outgoing(
            "alert",
            person,
            alert.because,
            (
                ("metric", alert.promise.metric),
                ("due", alert.promise.due_at),
                ("share", alert.share),
                ("level", alert.level),
            ),
        )
        for person, alert in sorted(gravest.items())
    )


def of_rules(
    rules: Iterable[Rule],
    life: Life,
    agents: Sequence[AgentFacts],
    customers: Sequence[int],
    automatic_lately: int,
    policy: Policy,
) -> tuple[Outgoing, ...]:
    """Customers hear of a rule that has a notice, if a customer ever wrote and within the limit for one ticket."""
    letters: list[Outgoing] = []
    for rule in rules:
        if rule.act == "follow-up":
            people = audience(("assignee",), life.subject.team, life.assignee, agents)
            letters += [Outgoing("alert", person, "follow-up", (("rule", rule.name),)) for person in people]
        elif rule.notice and life.turns and automatic_lately < policy.automatic_per_ticket:
            automatic_lately += 1
            if rule.act == "remind":
                letters += [Outgoing("reminder", person, REASONS[rule.act]) for person in customers]
            else:
                told = "reopened" if rule.act == "reopen" else BECOMES[rule.act]
                letters += [Outgoing("status", person, told) for person in customers]
    return tuple(letters)


def of_snooze(life: Life, agents: Sequence[AgentFacts]) -> tuple[Outgoing, ...]:
    """The assignee, else the team, hears that a ticket is back."""
    people = audience(("assignee",), life.subject.team, life.assignee, agents)
    return tuple(Outgoing("alert", person, "snooze-over") for person in people)


def audience(
    notify: Sequence[Audience], team: str, assignee: int | None, agents: Sequence[AgentFacts]
) -> tuple[int, ...]:
    """The people meant: the assignee (without one, the team), the team (without one, everyone), its leads (dito)."""
    members = [a.person for a in agents if team in a.teams] or [a.person for a in agents]
    meant: list[int] = []
    for one in notify:
        if one == "assignee":
            meant += [a.person for a in agents if a.person == assignee] or members
        elif one == "lead":
            meant += [a.person for a in agents if team in a.leads] or members
        else:
            meant += members
    return tuple(dict.fromkeys(meant))
