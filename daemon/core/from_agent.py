"""What follows from a mail with an agent's From: an answer, a note, changes; or a question to the agent (invariant 11).

From, the agent's own reply token and the evidence that the door trusts, all three; short of it nothing is done until
the agent has confirmed it. What reads like our own words goes to no customer at all (invariant 28), and what may be for
other eyes, or crosses with other words, waits for its agent's word (``guarding``). Commands are done all or none.
"""

from __future__ import annotations

from dataclasses import replace

from daemon.core import forwarding, guarding, matching, routing, undoing
from daemon.core.acts import Fault, Wait
from daemon.core.carrying_out import CarryingOut, released
from daemon.core.case import Case
from daemon.core.commands.declared import waits_with_answer
from daemon.core.commands.reading import Command, Orders, Strange
from daemon.core.from_customer import open_ticket
from daemon.core.plan import Event, Facts, Filing, Holding, Outgoing, Plan, Policy, TicketFacts
from daemon.core.status import after_agent_replied
from daemon.core.values import Instant

TOKEN_ROOM = 10
MAY_BE_WORDS = ("unknown-command", "command-in-disguise", "command-at-the-end")


def from_agent(case: Case) -> Plan:
    """Carry out an agent's mail, or hold it and ask."""
    facts = case.facts
    assert facts.author is not None and facts.author.person is not None
    agent = facts.author.person
    orders = facts.orders if facts.orders is not None else Orders(words=case.mail.reply_text)
    if case.screened.automatic is not None:
        return Plan("ignored", "automatic-mail-from-agent")
    if not case.evidence.proved:
        return _hold(case, agent, "agent-unproved")
    match = matching.match(facts, proved=True)
    if match.ticket is None and facts.acted and orders.commands and not case.confirmed:
        return Plan("ignored", "agent-message-id-seen")
    if _sent_again(case, match.ticket):
        return _hold(case, agent, "agent-message-id-elsewhere")
    if match.ticket is None:
        personal = facts.token is not None and facts.token.ticket == 0 and facts.token.person == agent
        if (facts.referenced or orders.commands) and not personal and not case.confirmed:
            return _hold(case, agent, "agent-without-token")
        if orders.commands or (orders.strange and not case.confirmed):
            return _seen_to(case, None, agent, orders, "commands-of-agent")
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
    return _seen_to(case, match.ticket, agent, orders, match.because)


def _seen_to(case: Case, ticket: TicketFacts | None, agent: int, orders: Orders, because: str) -> Plan:
    """Do what the mail says, all of it or nothing."""
    facts, policy = case.facts, case.policy
    if orders.strange and not case.confirmed:
        faults = tuple(map(_fault, orders.strange))
        return _unclear(case, ticket, agent, faults, releasable=_only_words(orders))
    acting = CarryingOut(facts, policy, agent, ticket, case.now, because)
    work = acting.work(orders)
    if work.faults:
        return _unclear(case, ticket, agent, tuple(work.faults), releasable=False)
    if work.undoes:
        last = facts.office.last_act
        done_on = facts.tickets.get(last.ticket, ticket) if last is not None and last.ticket is not None else ticket
        return undoing.undo(last, facts, done_on, agent, case.now, policy.fields)
    if ticket is None:
        return acting.without_ticket(work)
    public = acting.public(work, orders)
    if facts.withheld is not None or (public and not work.dry):
        if not ticket.participants:
            return _hold(case, agent, "nobody-to-write-to")
        if work.merges:
            return _unclear(case, ticket, agent, (Fault("#merge", "merge-stands-alone"),), releasable=False)
        doubt = guarding.doubt(facts, ticket, agent, policy, case.now)
        if doubt is not None and (doubt == facts.withheld or not case.confirmed):
            return _withhold(case, ticket, agent, because, doubt, public if orders.commands else None)
    filing = Filing("agent", "filed", because, case.evidence.because, case.evidence.detail)
    return acting.carried_out(work, orders, filing, 0 if case.confirmed else policy.undo_seconds)


def _fault(strange: Strange) -> Fault:
    """What to say of a strange line; of what is a command, which other one may be meant is no question."""
    nearest = strange.nearest if strange.because == "unknown-command" else ()
    return Fault(strange.line, strange.because, f"#{strange.word}", tuple(f"#{word}" for word in nearest))


def _only_words(orders: Orders) -> bool:
    """Whether a mail can be sent as it stands: its only fault is what looks like a command and may be none."""
    return all(s.because in MAY_BE_WORDS for s in orders.strange)


def _sent_again(case: Case, ticket: TicketFacts | None) -> bool:
    """Whether a mail that acted before comes to another place: a replay, or one mail for two tickets.

    One mail to two desks may open a ticket at each.
    """
    facts = case.facts
    if not facts.acted or case.confirmed:
        return False
    return facts.sibling is None if ticket is None else not ticket.seen_from_author


def confirmed(
    facts: Facts, ticket: TicketFacts, agent: int, policy: Policy, message: int, now: Instant, *, acted: bool = False
) -> Plan:
    """A held mail of this agent's is carried out after all, with its commands: the response counts from now.

    ``acted``: it was held at its release, so that all is done but what waited with its words.
    """
    orders = facts.orders or Orders()
    if acted:
        facts, orders = _what_waits(facts, orders)
    acting = CarryingOut(facts, policy, agent, ticket, now, "confirmed-by-agent")
    work = acting.work(orders)
    if work.faults:
        letters = (Outgoing("unclear", agent, "command-unclear"),)
        withdrawn = withdraw(ticket, agent, "command-unclear", now, message)
        return replace(withdrawn, outgoing=letters, faults=tuple(work.faults))
    return replace(acting.carried_out(work, orders, Filing("agent", "filed", "", ""), 0), filing=None)


def _what_waits(facts: Facts, orders: Orders) -> tuple[Facts, Orders]:
    """Of commands, and of those of macros, the ones that wait with an answer; a macro has words that do."""
    macros = {name: replace(one, commands=_waiting(one.commands)) for name, one in facts.office.macros.items()}
    known = replace(facts, office=replace(facts.office, macros=macros))
    return known, replace(orders, commands=_waiting(orders.commands))


def _waiting(commands: tuple[Command, ...]) -> tuple[Command, ...]:
    return tuple(one for one in commands if one.word == "macro" or waits_with_answer(one.word))


def release(facts: Facts, ticket: TicketFacts, agent: int, policy: Policy, wait: Wait, now: Instant) -> Plan:
    """A reply's undo time is over: it goes to those for whom it was written, as far as they still take part.

    If it may not go any more, its agent is asked.
    """
    people = tuple(person for person in routing.receivers(ticket, facts) if person in wait.people)
    merged = "ticket-merged-meanwhile" if ticket.merged_into is not None else None
    nobody = "nobody-to-write-to" if wait.people and not people else None
    doubt = merged or nobody or guarding.doubt(facts, ticket, agent, policy, now)
    if doubt is not None:
        return Plan(
            "filed",
            doubt,
            ticket.id,
            events=(Event("reply_held", doubt, max(now, ticket.last_event_at), agent),),
            outgoing=(Outgoing("confirmation", agent, doubt),),
            holding=Holding(agent, doubt, now + policy.confirm_within),
        )
    becomes = wait.becomes if wait.becomes is not None else after_agent_replied(ticket.status)
    at = max(now, ticket.last_event_at)
    return released(facts, ticket, agent, policy, at, "undo-time-over", people, becomes, wait.until)


def withdraw(ticket: TicketFacts, actor: int | None, because: str, now: Instant, message: int | None = None) -> Plan:
    """A held or waiting reply will not go out."""
    event = Event("reply_withdrawn", because, max(now, ticket.last_event_at), actor)
    return Plan("ignored", because, ticket.id, events=(event,), withdraws=message)


def _withhold(case: Case, ticket: TicketFacts, agent: int, because: str, doubt: str, words: str | None) -> Plan:
    """File the reply as held: it is the agent's, but its words may not go out as they are."""
    crossed = guarding.crossing(case.facts, agent, case.policy, case.now) if doubt == "crosses-colleague" else None
    letters = _ask(case, agent, doubt)
    if crossed is not None and crossed.author is not None:
        letters += (Outgoing("crossed", crossed.author, doubt),)
    return Plan(
        "filed",
        because,
        ticket.id,
        filing=Filing("agent", "held", because, case.evidence.because, case.evidence.detail, words),
        events=(Event("reply_held", doubt, case.at(ticket), agent),),
        outgoing=letters,
        holding=Holding(agent, doubt, case.now + case.policy.confirm_within),
    )


def _unclear(
    case: Case, ticket: TicketFacts | None, agent: int, faults: tuple[Fault, ...], *, releasable: bool
) -> Plan:
    """Nothing of the mail is done; the agent hears which line is why."""
    because = "command-unknown" if releasable else "command-unclear"
    holding = Holding(agent, because, case.now + case.policy.confirm_within)
    letters = (Outgoing("unclear", agent, because),) if _ask(case, agent, because) else ()
    return Plan("quarantined", because, ticket.id if ticket else None, holding=holding, outgoing=letters, faults=faults)


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

    Who wrote a mail that is proved to be the agent's is always asked. Among the others, those with the agent's own
    token have room beyond what forged mail without one can use up.
    """
    own_token = case.facts.token is not None and case.facts.token.person == agent
    most = max(case.policy.automatic_per_address, 1) * (TOKEN_ROOM if own_token else 1)
    if not case.evidence.proved and case.facts.automatic_lately >= most:
        return ()
    return (Outgoing("confirmation", agent, because),)
