"""Should a public answer wait for its agent's word, because it may not be for the eyes or the moment it would meet?

Invariant 28 comes first and cannot be switched off (``Facts.withheld``); the other rules can:

- *quotes-note*: its words hold those of an internal note of the ticket.
- *ticket-ended*: the ticket was merged, closed or marked as spam after what the agent had before their eyes; or
  another was merged into it, whose people would read the answer as well.
- *crossing*: a customer wrote, or a colleague answered, after what the agent had before their eyes.

What an agent had before their eyes is the newest letter of ours that their mail answers. Where it answers none (an
action of one tap, a mail of its own), only what happened moments ago can cross.
"""

from __future__ import annotations

from daemon.core.acts import Spoken
from daemon.core.plan import Facts, Policy, TicketFacts
from daemon.core.values import Instant


def doubt(facts: Facts, ticket: TicketFacts, agent: int, policy: Policy, now: Instant) -> str | None:
    """The first reason to ask, or None."""
    if facts.withheld is not None:
        return facts.withheld
    if "quotes-note" in policy.guards and facts.quotes_note:
        return "quotes-note"
    if "ticket-ended" in policy.guards and (reason := ended(facts, ticket)):
        return reason
    if "ticket-ended" in policy.guards and facts.joined:
        return "people-joined-meanwhile"
    if "crossing" in policy.guards and (crossed := crossing(facts, agent, policy, now)):
        return "crosses-customer" if crossed.customer else "crosses-colleague"
    return None


def ended(facts: Facts, ticket: TicketFacts) -> str | None:
    """Whether the ticket ended behind the agent's back."""
    if facts.token is not None and facts.token.ticket not in (0, ticket.id):
        return "ticket-merged-meanwhile"
    if ticket.status == "spam":
        return "ticket-closed-meanwhile"
    shown = facts.shown.at if facts.shown else None
    if ticket.status == "closed" and ticket.closed_at is not None and shown is not None and ticket.closed_at > shown:
        return "ticket-closed-meanwhile"
    return None


def crossing(facts: Facts, agent: int, policy: Policy, now: Instant) -> Spoken | None:
    """The newest words of someone else that the agent cannot have seen; a customer's before a colleague's."""
    lately = now - policy.crossing_within
    crossed = [
        one
        for one in facts.spoken
        if one.author != agent and (one.at >= lately or (one.customer and facts.shown is not None))
    ]
    return next((one for one in reversed(crossed) if one.customer), crossed[-1] if crossed else None)
