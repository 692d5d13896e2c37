"""To whom an agent's answer goes (invariant 29): nobody twice, nobody who has the mail already."""

from __future__ import annotations

from daemon.core.plan import Facts, TicketFacts


def receivers(ticket: TicketFacts, facts: Facts) -> tuple[int, ...]:
    """Those to whom an agent's answer goes: the participants, less those whom it has reached already."""
    author = facts.author.person if facts.author else None
    return tuple(p for p in sorted(ticket.participants) if p != author and p not in facts.reached)
