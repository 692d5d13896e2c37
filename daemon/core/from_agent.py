"""What follows from a mail with an agent's From: an answer to the customer, or a question to the agent (invariant 11).

From, the agent's own reply token and the evidence that the door trusts, all three; short of it nothing is done until
the agent has confirmed it. And what reads like our own words goes to no customer at all (invariant 28).
"""

from __future__ import annotations

from dataclasses import replace

from daemon.core import forwarding, matching, routing
from daemon.core.case import Case, move, notices
from daemon.core.from_customer import open_ticket
from daemon.core.plan import Event, Facts, Filing, Holding, Outgoing, Plan, Policy, TicketFacts
from daemon.core.status import after_agent_replied
from daemon.core.values import Instant

TOKEN_ROOM = 10


def from_agent(case: Case) -> Plan:
    """Carry out an agent's mail, or hold it and ask."""
    facts = case.facts
    assert facts.author is not None and facts.author.person is not None
    agent = facts.author.person
    if case.screened.automatic is not None:
        return Plan("ignored", "automatic-mail-from-agent")
    if not case.evidence.proved:
        return _hold(case, agent, "agent-unproved")
    match = matching.match(facts, proved=True)
    if _sent_again(case, match.ticket):
        return _hold(case, agent, "agent-message-id-elsewhere")
    if match.ticket is None:
        if facts.referenced and not case.confirmed:
            return _hold(case, agent, "agent-without-token")
        if (plan := forwarding.open_for_customer(case, lambda because: _hold(case, agent, because))) is not None:
            return plan
        links = ((match.claimed, "mentioned"),) if match.claimed else ()
        return open_ticket(
            replace(case, screened=replace(case.screened, answerable=False)), match.because, links, proves=False
        )
    if match.because != "reply-token" and not case.confirmed:
        return _hold(case, agent, "token-of-another" if facts.token else "agent-without-token")
    if match.ticket.seen_from_author:
        return Plan("ignored", "agent-message-id-seen", match.ticket.id)
    if not match.ticket.participants:
        return _hold(case, agent, "nobody-to-write-to")
    if facts.withheld is not None:
        return _withhold(case, match.ticket, agent, match.because, facts.withheld)
    filing = Filing("agent", "filed", match.because, case.evidence.because, case.evidence.detail)
    released = max(case.now, match.ticket.last_event_at)
    answered = _answer(facts, match.ticket, agent, released, match.because, case.policy)
    return replace(answered, filing=filing)


def _sent_again(case: Case, ticket: TicketFacts | None) -> bool:
    """Whether a mail that acted before comes to another place: a replay, or one mail for two tickets.

    One mail to two desks may open a ticket at each.
    """
    facts = case.facts
    if not facts.acted or case.confirmed:
        return False
    return facts.sibling is None if ticket is None else not ticket.seen_from_author


def release(facts: Facts, ticket: TicketFacts, agent: int, policy: Policy, now: Instant) -> Plan:
    """A held reply goes out after all: the response counts from now."""
    return _answer(facts, ticket, agent, max(now, ticket.last_event_at), "confirmed-by-agent", policy)


def withdraw(ticket: TicketFacts, actor: int | None, because: str, now: Instant) -> Plan:
    """A held reply will not go out."""
    event = Event("reply_withdrawn", because, max(now, ticket.last_event_at), actor)
    return Plan("ignored", because, ticket.id, events=(event,))


def _answer(facts: Facts, ticket: TicketFacts, agent: int, at: Instant, because: str, policy: Policy) -> Plan:
    becomes = after_agent_replied(ticket.status)
    people = routing.receivers(ticket, facts)
    letters = tuple(Outgoing("answer", person, because) for person in people)
    if becomes != ticket.status:
        letters += notices(ticket, becomes, people, policy)
    first = ticket.first_response_at is None
    replied = Event("agent_replied", because, at, agent, data=(("first", first),))
    moved = move(ticket, becomes, "agent-replied", at, agent)
    return Plan("filed", because, ticket.id, events=(replied, *moved), outgoing=letters)


def _withhold(case: Case, ticket: TicketFacts, agent: int, because: str, doubt: str) -> Plan:
    """File the reply as held: it is the agent's, but its words may not go out as they are."""
    return Plan(
        "filed",
        because,
        ticket.id,
        filing=Filing("agent", "held", because, case.evidence.because, case.evidence.detail),
        events=(Event("reply_held", doubt, case.at(ticket), agent),),
        outgoing=_ask(case, agent, doubt),
        holding=Holding(agent, doubt, case.now + case.policy.confirm_within),
    )


def _hold(case: Case, agent: int, because: str) -> Plan:
    """Do nothing until the agent has said that the mail is theirs."""
    holding = Holding(agent, because, case.now + case.policy.confirm_within)
    return Plan("quarantined", because, holding=holding, outgoing=_ask(case, agent, because), doubt=_doubt(case))


def _doubt(case: Case) -> str:
    """The reason and what was seen; where several ways were tried, what was seen names the reason of each itself."""
    because, detail = case.evidence.because, case.evidence.detail
    if not detail:
        return because
    return detail if detail.startswith(because) else f"{because}: {detail}"


def _ask(case: Case, agent: int, because: str) -> tuple[Outgoing, ...]:
    """Ask for confirmation, unless someone makes us ask the same agent over and over.

    Mail with the agent's own token has room beyond what forged mail without one can use up.
    """
    own_token = case.facts.token is not None and case.facts.token.person == agent
    most = max(case.policy.automatic_per_address, 1) * (TOKEN_ROOM if own_token else 1)
    if case.facts.automatic_lately >= most:
        return ()
    return (Outgoing("confirmation", agent, because),)
