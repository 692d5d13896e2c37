"""Whom to tell (invariant 29): nobody of their own act, nobody twice, nobody who has the mail already."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.core.plan import Facts, TicketFacts


def audience(facts: Facts, team: str, assignee: int | None) -> tuple[int, ...]:
    """The agents who hear of a customer's mail: the assignee, else the team, else everyone; less those who have it."""
    chosen = [a.person for a in facts.agents if a.person == assignee]
    chosen = chosen or [a.person for a in facts.agents if team in a.teams] or [a.person for a in facts.agents]
    return _others(chosen, facts)


def receivers(ticket: TicketFacts, facts: Facts) -> tuple[int, ...]:
    """Those to whom an agent's answer goes: the participants, less those whom it has reached already."""
    return _others(sorted(ticket.participants), facts)


def _others(people: Iterable[int], facts: Facts) -> tuple[int, ...]:
    author = facts.author.person if facts.author else None
    return tuple(p for p in people if p != author and p not in facts.reached)
