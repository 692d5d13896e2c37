"""One mail, at one desk: the whole of what follows from it.

    duplicate → a probe → our own → bounce → an agent's → a machine's → a customer's

The order is the policy. A mail that is kept already changes nothing; a mail of ours must never come round again; a
bounce belongs to the mail that bounced and never opens a ticket; what bears an agent's From is an agent's act or
nothing; and only what is left may open tickets or be answered. A silent mail is history: it is filed and nobody hears
of it, and an agent's act is not carried out years after it was meant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from daemon.core import hearing
from daemon.core.acts import Merging
from daemon.core.case import Case, fill_in, move, notices, told_of
from daemon.core.fields import Field
from daemon.core.from_agent import from_agent
from daemon.core.from_customer import from_customer
from daemon.core.plan import Event, Facts, Filing, Outgoing, Plan, Policy, TicketFacts
from daemon.core.screening import screen
from daemon.core.values import Envelope, Evidence, Mail

ANSWERED_AT_ONCE = frozenset({"api", "portal"})
"""Sources that answer whoever asks: they need no receipt by mail."""


def receive(mail: Mail, envelope: Envelope, facts: Facts, evidence: Evidence, policy: Policy, now: int) -> Plan:
    """Decide about a mail that could be read.

    ``evidence`` speaks of the author alone; ``now`` is when we decide, ``envelope.received_at`` when the mail came.
    """
    if facts.duplicate:
        return Plan("ignored", "duplicate", ticket=facts.duplicate.ticket)
    if facts.probe:
        return Plan("ignored", "probe")
    if facts.own:
        return Plan("ignored", "own-mail")
    plan = _decided(mail, envelope, facts, evidence, policy, now)
    if envelope.source in ANSWERED_AT_ONCE:
        plan = replace(plan, outgoing=tuple(letter for letter in plan.outgoing if letter.kind != "receipt"))
    return replace(plan, outgoing=()) if envelope.silent else plan


def _decided(mail: Mail, envelope: Envelope, facts: Facts, evidence: Evidence, policy: Policy, now: int) -> Plan:
    case = Case(mail, envelope, facts, evidence, policy, screen(mail, envelope, facts, policy, now), now)
    automatic = case.screened.automatic
    if automatic and automatic.kind == "bounce" and (mail.bounce or facts.sent or envelope.sender == ""):
        return _bounce(case)
    if facts.author is not None and facts.author.agent:
        return Plan("ignored", "agents-mail-in-history") if envelope.silent else from_agent(case)
    return from_customer(case)


def _bounce(case: Case) -> Plan:
    """A delivery report counts only for the very mail it is bound to, by address or by unguessable Message-ID."""
    mail, facts, sent = case.mail, case.facts, case.facts.sent
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
    event = Event("bounced", "bound-bounce", case.at(ticket), data=(("outbox", sent.outbox), ("status", status)))
    letters = _tell_of_failure(sent.kind, sent.author, facts, ticket, "bounced")
    if sent.kind == "answer":
        event = replace(event, column="undelivered", was=ticket.undelivered, becomes=case.at(ticket))
    return Plan(
        "filed",
        "bounce-of-our-mail",
        ticket.id,
        filing=Filing("bounce", "filed", "bounce-of-our-mail", "none"),
        events=(event,),
        outgoing=letters,
        settles=(sent.outbox, "bounced"),
    )


def change(
    ticket: TicketFacts,
    values: dict[str, str | int | None],
    current: dict[str, str | int | None],
    actor: int | None,
    because: str,
    policy: Policy,
    now: int,
    tagging: Mapping[str, bool] | None = None,
    snoozed_until: int | None = None,
    filled: Iterable[tuple[Field, str, str]] = (),
) -> Plan:
    """Set fields of a ticket by someone's word; what is as it should be already changes nothing.

    ``tagging`` are tags to give (True) or to take; ``snoozed_until`` puts it aside until then;
    ``filled`` are fields of the operator's own: which one, from what, to what.
    """
    at = max(now, ticket.last_event_at)
    events: list[Event] = []
    outgoing: list[Outgoing] = []
    for column, becomes in values.items():
        if current[column] == becomes:
            continue
        if column == "status":
            events += move(ticket, str(becomes), because, at, actor)
            people = tuple(sorted(ticket.participants - {actor}))
            outgoing += notices(ticket, told_of(ticket, str(becomes)), people, policy)
        else:
            events.append(Event(CHANGES[column], because, at, actor, column, current[column], becomes))
    events += [fill_in(field, was, becomes, because, at, actor) for field, was, becomes in filled]
    for tag, given in (tagging or {}).items():
        events.append(Event("tagged" if given else "untagged", because, at, actor, data=(("tag", tag),)))
    if snoozed_until is not None:
        events.append(Event("snoozed", because, at, actor, data=(("until", snoozed_until),)))
    return Plan("filed" if events else "ignored", because, ticket.id, events=tuple(events), outgoing=tuple(outgoing))


def merge(ticket: TicketFacts, into: int, actor: int | None, because: str, now: int) -> Plan:
    """A ticket goes into another: its people take part there, and what comes for it is filed there."""
    at = max(now, ticket.last_event_at)
    return Plan(
        "filed",
        because,
        ticket.id,
        events=(
            Event("merged", because, at, actor, "merged_into", None, into),
            Event("status_changed", because, at, actor, "status", ticket.status, "merged"),
        ),
        deeds=(Merging(into, True, because, at, actor),),
    )


def rate(ticket: TicketFacts, person: int, positive: bool, because: str, now: int) -> Plan:
    """Someone says how they were served. The last word of a person on a ticket is the one that counts."""
    event = Event("rated", because, max(now, ticket.last_event_at), person, data=(("positive", positive),))
    return Plan("filed", because, ticket.id, events=(event,))


CHANGES = {
    "status": "status_changed",
    "priority": "priority_changed",
    "type": "type_changed",
    "team": "team_changed",
    "assignee": "assigned",
    "subject": "subject_changed",
    "resolution_text": "resolution_set",
    "resolution_code": "resolution_set",
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
    if kind == "answer":
        event = replace(event, column="undelivered", was=ticket.undelivered, becomes=event.at)
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
    known = {a.person for a in hearing.present(facts.agents, facts.absent)}
    whom = (
        [p for p in (author, ticket.assignee) if p in known][:1]
        or [a.person for a in facts.agents if ticket.team in a.teams and a.person in known]
        or sorted(known)
    )
    return tuple(Outgoing("failure", p, because) for p in whom if p is not None)
