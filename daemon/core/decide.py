"""One mail, at one desk: the whole of what follows from it.

    duplicate → our own → bounce → an agent's → a machine's → a customer's

The order is the policy. A mail that is kept already changes nothing; a mail of ours must never come round again; a
bounce belongs to the mail that bounced and never opens a ticket; what bears an agent's From is an agent's act or
nothing; and only what is left may open tickets or be answered.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from daemon.core import matching, routing
from daemon.core.plan import Event, Facts, Filing, Holding, Opening, Outgoing, Plan, Policy, TicketFacts, Who
from daemon.core.screening import Screened, screen
from daemon.core.status import after_agent_replied, after_customer_wrote
from daemon.core.values import Envelope, Evidence, Mail


class _Answered(TypedDict):
    events: tuple[Event, ...]
    outgoing: tuple[Outgoing, ...]


def receive(mail: Mail, envelope: Envelope, facts: Facts, evidence: Evidence, policy: Policy, now: int) -> Plan:
    """Decide about a mail that could be read.

    ``evidence`` speaks of the author alone; ``now`` is when we decide, ``envelope.received_at`` when the mail came.
    """
    if facts.duplicate:
        return Plan("ignored", "duplicate", ticket=facts.duplicate.ticket)
    if facts.own:
        return Plan("ignored", "own-mail")
    screened = screen(mail, envelope, facts, policy, now)
    kind = screened.automatic.kind if screened.automatic else None
    if kind == "bounce" and (mail.bounce or facts.sent or envelope.sender == ""):
        return _bounce(mail, envelope, facts)
    if facts.author is not None and facts.author.agent:
        return _from_agent(mail, envelope, facts, evidence, policy, now, screened)
    return _from_customer(mail, envelope, facts, evidence, policy, screened)


def _bounce(mail: Mail, envelope: Envelope, facts: Facts) -> Plan:
    """A delivery report counts only for the very mail it is bound to, by address or by unguessable Message-ID."""
    sent = facts.sent
    if sent is None:
        return Plan("ignored", "bounce-of-no-mail-of-ours")
    permanent = mail.bounce is None or not mail.bounce.recipients or any(r.permanent for r in mail.bounce.recipients)
    if not permanent:
        return Plan("ignored", "bounce-delayed-only", ticket=sent.ticket)
    if sent.ticket is None or sent.ticket not in facts.tickets:
        return Plan("ignored", "bounce-without-ticket", settles=(sent.outbox, "bounced"))
    if sent.state == "bounced":
        return Plan("ignored", "bounce-known-already", ticket=sent.ticket)
    ticket = facts.tickets[sent.ticket]
    status = next((r.status for r in mail.bounce.recipients if r.status), None) if mail.bounce else None
    event = Event("bounced", "bound-bounce", _at(ticket, envelope), data=(("outbox", sent.outbox), ("status", status)))
    letters = _tell_of_failure(sent.kind, sent.author, facts, ticket, "bounced")
    return Plan(
        "filed",
        "bounce-of-our-mail",
        ticket.id,
        filing=Filing("bounce", "filed", "bounce-of-our-mail", "none"),
        events=(event,),
        outgoing=letters,
        settles=(sent.outbox, "bounced"),
    )


def _from_customer(
    mail: Mail, envelope: Envelope, facts: Facts, evidence: Evidence, policy: Policy, screened: Screened
) -> Plan:
    match = matching.match(facts, evidence.because in PROVES_ADDRESS)
    own_token = match.because == "reply-token"
    ticket = match.ticket
    if screened.automatic is not None and screened.automatic.kind in ("auto-reply", "receipt", "feedback", "challenge"):
        sent_ticket = facts.tickets.get(facts.sent.ticket) if facts.sent and facts.sent.ticket else None
        if ticket is None and sent_ticket is None:
            if screened.because in ("auto-submitted", "null-sender"):
                return Plan("ignored", "automatic-reply-to-no-ticket")
        else:
            ticket = ticket or sent_ticket
            assert ticket is not None
            filing = Filing(
                "automatic", "filed", match.because if match.ticket else "answer-to-our-mail", evidence.because
            )
            event = Event("automatic_received", screened.because, _at(ticket, envelope), "author")
            return Plan("filed", "automatic-mail", ticket.id, filing=filing, events=(event,))
    if ticket is not None and _too_old(ticket, policy, envelope):
        return _open(
            mail, envelope, facts, evidence, policy, screened, match.because, ((ticket.id, "follow-up"),), own_token
        )
    if ticket is not None:
        return _join(envelope, facts, evidence, policy, screened, match.because, ticket, own_token)
    links = ((match.claimed, "mentioned"),) if match.claimed else ()
    return _open(mail, envelope, facts, evidence, policy, screened, match.because, links, False)


def _join(
    envelope: Envelope,
    facts: Facts,
    evidence: Evidence,
    policy: Policy,
    screened: Screened,
    because: str,
    ticket: TicketFacts,
    proves: bool,
) -> Plan:
    at = _at(ticket, envelope)
    if screened.automatic is not None:
        event = Event("automatic_received", screened.because, at, "author")
        return Plan(
            "filed", because, ticket.id, filing=Filing("automatic", "filed", because, evidence.because), events=(event,)
        )
    events = [Event("customer_replied", because, at, "author")]
    events += _move(ticket, after_customer_wrote(ticket.status), "customer-replied", at, "author")
    quiet = ticket.status == "spam"
    told = (
        ()
        if quiet
        else tuple(
            Outgoing("replied", person, "assignee" if person == ticket.assignee else "team")
            for person in routing.audience(facts, ticket.team, ticket)
        )
    )
    if screened.answerable and ticket.status in ("resolved", "closed"):
        told += _notices(ticket, "reopened", ("author",), policy)
    return Plan(
        "filed",
        because,
        ticket.id,
        filing=Filing("customer", "filed", because, evidence.because),
        events=tuple(events),
        outgoing=told,
        proves=proves,
    )


def _open(
    mail: Mail,
    envelope: Envelope,
    facts: Facts,
    evidence: Evidence,
    policy: Policy,
    screened: Screened,
    because: str,
    links: tuple[tuple[int, str], ...],
    proves: bool,
) -> Plan:
    at = envelope.received_at
    if facts.sibling is not None:
        links = (*links, (facts.sibling, "same-mail"))
    outgoing: list[Outgoing] = []
    if screened.answerable and facts.desk.acknowledge and policy.automatic_per_address > 0:
        outgoing.append(
            Outgoing("acknowledgement", "author", screened.because, proved=evidence.because in PROVES_ADDRESS or proves)
        )
    if not screened.quiet:
        outgoing += [Outgoing("opened", person, "team") for person in routing.audience(facts, facts.desk.team)]
    opened = Event("ticket_opened", because, at, "author", data=(("answered", screened.because),))
    return Plan(
        "filed",
        because,
        opening=Opening(matching.plain_subject(mail.subject), facts.desk.team, at),
        filing=Filing("automatic" if screened.automatic else "customer", "filed", because, evidence.because),
        events=(opened,),
        outgoing=tuple(outgoing),
        links=links,
        proves=proves,
    )


PROVES_ADDRESS = frozenset({"submission", "dkim", "spf"})
"""Evidence that ties this mail to the address in From; a trusted network says only that it is one of ours."""


def _from_agent(
    mail: Mail, envelope: Envelope, facts: Facts, evidence: Evidence, policy: Policy, now: int, screened: Screened
) -> Plan:
    """Invariant 11: From, the agent's own token and the listener's evidence; short of it, ask the agent."""
    assert facts.author is not None and facts.author.person is not None
    agent = facts.author.person
    if screened.automatic is not None:
        return Plan("ignored", "automatic-mail-from-agent")
    expires = now + policy.confirm_within
    if not evidence.proved:
        return _hold(facts, policy, agent, "agent-unproved", expires)
    match = matching.match(facts, evidence.proved)
    confirmed = evidence.because == "confirmed"
    if match.ticket is None:
        links = ((match.claimed, "mentioned"),) if match.claimed else ()
        if facts.referenced and not confirmed:
            return _hold(facts, policy, agent, "agent-without-token", expires)
        return _open(
            mail, envelope, facts, evidence, policy, replace(screened, answerable=False), match.because, links, False
        )
    if match.because != "reply-token" and not confirmed:
        return _hold(
            facts, policy, agent, "agent-without-token" if facts.token is None else "token-of-another", expires
        )
    ticket = match.ticket
    if ticket.seen_from_author:
        return Plan("ignored", "agent-message-id-seen", ticket=ticket.id)
    if facts.withheld is not None:
        held = Event("reply_held", facts.withheld, _at(ticket, envelope), agent)
        return Plan(
            "filed",
            match.because,
            ticket.id,
            filing=Filing("agent", "held", match.because, evidence.because),
            events=(held,),
            outgoing=_ask(facts, policy, agent, facts.withheld),
            holding=Holding(agent, facts.withheld, expires),
        )
    return Plan(
        "filed",
        match.because,
        ticket.id,
        filing=Filing("agent", "filed", match.because, evidence.because),
        **_answer(facts, ticket, agent, _at(ticket, envelope), match.because, policy),
    )


def release(facts: Facts, ticket: TicketFacts, agent: int, policy: Policy, now: int) -> Plan:
    """A held reply goes out after all: the response counts from now."""
    at = max(now, ticket.last_event_at)
    return Plan(
        "filed", "confirmed-by-agent", ticket.id, **_answer(facts, ticket, agent, at, "confirmed-by-agent", policy)
    )


def withdraw(ticket: TicketFacts, actor: int | None, because: str, now: int) -> Plan:
    """A held reply will not go out."""
    event = Event("reply_withdrawn", because, max(now, ticket.last_event_at), actor)
    return Plan("ignored", because, ticket.id, events=(event,))


def change(
    ticket: TicketFacts,
    values: dict[str, str | int | None],
    current: dict[str, str | int | None],
    actor: int | None,
    because: str,
    policy: Policy,
    now: int,
) -> Plan:
    """Set fields of a ticket by someone's word; what is as it should be already changes nothing."""
    at = max(now, ticket.last_event_at)
    events: list[Event] = []
    outgoing: list[Outgoing] = []
    for column, becomes in values.items():
        if current[column] == becomes:
            continue
        if column == "status":
            events += _move(ticket, str(becomes), because, at, actor)
            told = "reopened" if becomes == "open" and ticket.status in ("resolved", "closed") else str(becomes)
            outgoing += _notices(ticket, told, tuple(sorted(ticket.participants - {actor})), policy)
        else:
            events.append(Event(CHANGES[column], because, at, actor, column, current[column], becomes))
    return Plan("filed" if events else "ignored", because, ticket.id, events=tuple(events), outgoing=tuple(outgoing))


CHANGES = {
    "status": "status_changed",
    "priority": "priority_changed",
    "type": "type_changed",
    "team": "team_changed",
    "assignee": "assigned",
    "subject": "subject_changed",
    "resolution_text": "resolution_set",
}
"""The event that a change of each column is."""


def failed(facts: Facts, ticket: TicketFacts, kind: str, author: int | None, outbox: int, code: str, now: int) -> Plan:
    """The relay refused a mail for good, or it grew too old."""
    event = Event(
        "mail_failed",
        "refused" if code.startswith("5") else "too-old",
        max(now, ticket.last_event_at),
        data=(("outbox", outbox), ("code", code)),
    )
    return Plan(
        "filed",
        "mail-failed",
        ticket.id,
        events=(event,),
        outgoing=_tell_of_failure(kind, author, facts, ticket, "refused"),
    )


def _tell_of_failure(
    kind: str, author: int | None, facts: Facts, ticket: TicketFacts, because: str
) -> tuple[Outgoing, ...]:
    """An answer that did not arrive: its agent, else the assignee, else the team. Of other mail the event is enough."""
    if kind != "answer":
        return ()
    known = {a.person for a in facts.agents}
    whom = (
        [p for p in (author, ticket.assignee) if p in known][:1]
        or [a.person for a in facts.agents if ticket.team in a.teams]
        or sorted(known)
    )
    return tuple(Outgoing("failure", p, because) for p in whom if p is not None)


def _hold(facts: Facts, policy: Policy, agent: int, because: str, expires: int) -> Plan:
    return Plan(
        "quarantined", because, holding=Holding(agent, because, expires), outgoing=_ask(facts, policy, agent, because)
    )


def _ask(facts: Facts, policy: Policy, agent: int, because: str) -> tuple[Outgoing, ...]:
    """Ask for confirmation, unless someone makes us ask the same agent over and over."""
    if facts.automatic_lately >= max(policy.automatic_per_address, 1):
        return ()
    return (Outgoing("confirmation", agent, because),)


def _answer(facts: Facts, ticket: TicketFacts, agent: int, at: int, because: str, policy: Policy) -> _Answered:
    first = ticket.first_response_at is None
    becomes = after_agent_replied(ticket.status)
    people = routing.receivers(ticket, facts)
    letters = tuple(Outgoing("answer", p, because, proved=True) for p in people)
    if becomes != ticket.status:
        letters += _notices(ticket, becomes, people, policy)
    replied = Event("agent_replied", because, at, agent, data=(("first", first),))
    return {"events": (replied, *_move(ticket, becomes, "agent-replied", at, agent)), "outgoing": letters}


def _notices(ticket: TicketFacts, becomes: str, people: tuple[Who, ...], policy: Policy) -> tuple[Outgoing, ...]:
    """Tell customers of a new status, where the operator wants that and within the limit for one ticket."""
    if becomes not in policy.notify_customer or ticket.automatic_lately >= policy.automatic_per_ticket:
        return ()
    return tuple(Outgoing("status", p, becomes) for p in people)


def _move(ticket: TicketFacts, becomes: str, because: str, at: int, actor: Who | None) -> list[Event]:
    if becomes == ticket.status:
        return []
    return [Event("status_changed", because, at, actor, "status", ticket.status, becomes)]


def _at(ticket: TicketFacts, envelope: Envelope) -> int:
    """When the mail counts: at its receipt, but never before what happened last (METRICS)."""
    return max(envelope.received_at, ticket.last_event_at)


def _too_old(ticket: TicketFacts, policy: Policy, envelope: Envelope) -> bool:
    return (
        ticket.status == "closed"
        and ticket.closed_at is not None
        and envelope.received_at - ticket.closed_at > policy.follow_up_after
    )
