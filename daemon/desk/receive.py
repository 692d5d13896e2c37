"""One mail at one desk: facts, decision, rows, letters; all of it in one transaction of the writer."""

from __future__ import annotations

from dataclasses import replace

from daemon.core import decide, matching
from daemon.core.commands.reading import Orders
from daemon.core.plan import AuthorFacts, DuplicateFacts, Facts, Plan, SentFacts, TicketFacts, TokenFacts
from daemon.core.values import NO_EVIDENCE, Envelope, Evidence, Mail, Outcome, Unreadable
from daemon.desk import foreseeing, forwards, keeping, office, post, promising, routing
from daemon.desk.arrival import Arrival
from daemon.desk.house import House
from daemon.mail import answer
from daemon.mail.address import Recipient, read_message_id
from daemon.mail.leaks import leaks, sentences
from daemon.store import acts, commit, facts, ledger, people, staffing
from daemon.store import raw as kept


def receive_at(house: House, arrival: Arrival) -> Outcome:
    """One mail at one desk; runs in the writer's transaction."""
    now, mail = house.now(), arrival.parsed
    if isinstance(mail, Unreadable):
        return keeping.keep(house, arrival, "quarantined", mail.because, mail.detail)
    evidence = arrival.evidence or evidence_of(mail, arrival.envelope)
    known = gather(house, arrival, now, evidence)
    evidence = _at_this_recipient(house, arrival, known, evidence)
    plan = decide.receive(mail, arrival.envelope, known, evidence, house.policy, now)
    if plan.holding is not None:
        held = plan.ticket if plan.filing is not None else None
        told = foreseeing.foreseen(house, arrival, gather, held, plan.holding.agent, None, now)
        plan = replace(plan, receipt=told)
    return perform(house, plan, arrival, now)


def perform(house: House, plan: Plan, arrival: Arrival, now: int) -> Outcome:
    """Write a plan, the mail's bytes, its ledger row and the letters that follow."""
    mail, desk = arrival.mail, arrival.to.desk
    kept.keep(mail.sha256, arrival.raw)
    plan, written = promising.carry_out(house, plan, mail, desk, arrival.envelope, now)
    repeated = plan.because == "duplicate"
    if not repeated and not arrival.dated:
        ledger.let_go(arrival.claim)
    inbound = ledger.enter(
        mail,
        arrival.envelope,
        desk,
        house.recipient(arrival.envelope, desk),
        None if repeated else arrival.claim,
        plan.state,
        plan.because,
        written,
        now,
        error=plan.doubt or None,
        again=arrival.again,
    )
    if plan.holding is not None:
        commit.hold(plan.holding, inbound, written.message, now)
        if not plan.outgoing:
            keeping.tell_operator(house, arrival, "quarantined", inbound, plan.holding.because, now)
    post.send(house, plan, written, arrival, inbound, now)
    house.has_waiting |= plan.wait is not None or plan.notice is not None
    return Outcome("", plan.state, plan.because, inbound, written.ticket, written.message)


def evidence_of(mail: Mail, envelope: Envelope) -> Evidence:
    """What the door vouches for: From logged in there, or the connection came from a trusted network."""
    if mail.sender is not None and envelope.login is not None and mail.sender.key == envelope.login.casefold():
        return Evidence(True, "submission", "submission")
    if envelope.trusted_network:
        return Evidence(True, "network")
    return NO_EVIDENCE


def _at_this_recipient(house: House, arrival: Arrival, known: Facts, evidence: Evidence) -> Evidence:
    """The evidence, if it speaks of the address that the mail came to: the envelope is anybody's to write.

    A signed mail of an agent's that is sent to another address than the agent wrote proves nothing there, though what
    it says is theirs. A token that stands in a vouched-for In-Reply-To binds the mail to its ticket just as well.
    """
    if known.author is None or not known.author.agent or not evidence.proved or evidence.signed is None:
        return evidence
    if arrival.to.kind == "desk" and known.token is not None:
        return evidence
    if any(house.book.read(one) == arrival.to for one in evidence.signed):
        return evidence
    came_to = house.recipient(arrival.envelope, arrival.to.desk)
    return replace(evidence, proved=False, because="recipient-not-named", detail=f"{came_to}; {evidence.detail}")


def gather(house: House, arrival: Arrival, now: int, evidence: Evidence = NO_EVIDENCE) -> Facts:
    """Everything that the decision may know, from the rows as they stand."""
    mail, to, words = arrival.mail, arrival.to, arrival.words
    author = facts.author(mail.sender.key, house.agents) if mail.sender else None
    referenced = facts.referenced((*mail.in_reply_to, *reversed(mail.references)))
    token = _token(house, to, mail, author, evidence)
    sent = _sent(house, to, mail)
    tagged = matching.tag_in(mail.subject)
    tickets: dict[int, TicketFacts] = {}
    orders = words.orders if author and author.agent and isinstance(words, answer.Words) else None
    named = office.numbers_in(orders) if orders else ()
    wanted = [token.ticket if token else None, sent.ticket if sent else None, *referenced[:20], tagged, *named]
    while wanted:
        number = wanted.pop()
        if number is None or number in tickets:
            continue
        ticket = facts.ticket(number, author.key if author else None, mail.message_id, now)
        if ticket is not None:
            tickets[number] = ticket
            wanted.append(ticket.merged_into)
    kinds = ("confirmation",) if author and author.agent else facts.AUTOMATIC_TO_CUSTOMERS
    known = Facts(
        desk=house.desk_facts(to.desk),
        author=author,
        agents=house.agents,
        duplicate=duplicate(arrival, now),
        token=token,
        sent=sent,
        tickets=tickets,
        referenced=referenced,
        tagged=tagged if tagged in tickets else None,
        reached=facts.persons_at(a.key for a in (*mail.to, *mail.cc)),
        probe=_is_probe(house, mail),
        own=facts.is_ours(mail.message_id) or bool(mail.sender and house.book.read(mail.sender.address)),
        sibling=facts.sibling([arrival.claim_at(d.name) for d in house.config.desk if d.name != to.desk]),
        opened_lately=facts.opened_lately(author.person if author else None, now),
        automatic_lately=facts.automatic_lately(author.key, kinds, now) if author else 0,
        withheld=words.because if isinstance(words, answer.Withheld) else None,
        ours=forwards.ours(house, mail),
        acted=author is not None
        and author.agent
        and author.person is not None
        and facts.acted(author.person, mail.message_id),
        absent=frozenset(staffing.away(now)),
        copied=tuple(a for a in mail.cc if house.config.agent_at(a.address) is None and not house.book.read(a.address)),
    )
    if author and author.agent and author.person:
        known = _of_agent(house, arrival, known, orders, now)
    return routing.prepare(house, mail, arrival.envelope, known, now)


def _of_agent(house: House, arrival: Arrival, known: Facts, orders: Orders | None, now: int) -> Facts:
    """What a decision about an agent's mail may know beside: its commands, and what it crosses with."""
    assert known.author is not None and known.author.person is not None
    agent, mail, words = known.author.person, arrival.mail, arrival.words
    ticket = matching.match(known, proved=True).ticket
    known = replace(known, orders=orders, office=office.office_of(house, orders or Orders(), ticket, agent))
    if ticket is None:
        return known
    last = known.office.last_act
    if last is not None and last.ticket != ticket.id:  # it was done on a ticket that was merged into this one
        there = facts.ticket(last.ticket or 0, None, None, now)
        assert there is not None
        undoable = office.office_of(house, Orders(), there, agent, last)
        known = replace(known, office=undoable, tickets={**known.tickets, there.id: there})
    lately = now - house.policy.crossing_within
    shown = acts.shown(ticket.id, (*mail.in_reply_to, *mail.references))
    public = f"{words.text}\n{words.html or ''}" if isinstance(words, answer.Words) else ""
    return replace(
        known,
        shown=shown,
        spoken=acts.spoken(ticket.id, shown, lately),
        joined=ticket.participants & acts.joined(ticket.id, agent, shown, lately),
        quotes_note=bool(public.strip() and leaks(public, sentences(acts.notes(ticket.id)))),
    )


def duplicate(arrival: Arrival, now: int) -> DuplicateFacts | None:
    """The ledger row that stands for this mail already."""
    envelope = arrival.envelope
    return facts.duplicate(arrival.claim, envelope.source, arrival.dated, envelope.received_at, now, arrival.again)


def _token(
    house: House, to: Recipient, mail: Mail, author: AuthorFacts | None, evidence: Evidence
) -> TokenFacts | None:
    """The reply token of the recipient's address, else the author's own one in a Message-ID that the mail answers.

    Message-IDs travel along with every forwarded copy: a token in one speaks for nobody but the person it was given to.
    An agent's counts only if whatever proves the agent vouches for that header too.
    """
    if to.kind == "reply":
        person = house.keyring.person_of(to.token, to.number, facts.token_holders(to.number, house.agents))
        if person is not None:
            return TokenFacts(to.number, people.today(person))
    if author is None or author.person is None:
        return None
    vouched = evidence.signed if author.agent and evidence.proved else None
    own = people.selves((author.person,))
    for claim in (*mail.in_reply_to, *reversed(mail.references))[:40]:
        if vouched is not None and f"<{claim}>" not in vouched:
            continue
        found = read_message_id(claim)
        if found and house.keyring.person_of(found[1], found[0], own) is not None:
            return TokenFacts(found[0], author.person)
    return None


def _sent(house: House, to: Recipient, mail: Mail) -> SentFacts | None:
    """The mail of ours to which this one is a machine's answer."""
    if to.kind == "bounce" and house.keyring.is_bounce_token(to.token, to.number):
        return facts.sent(to.number)
    if mail.bounce is not None and mail.bounce.message_id:
        return facts.sent_under(mail.bounce.message_id, lambda m: _genuine(house, m))
    return None


def _is_probe(house: House, mail: Mail) -> bool:
    """Whether ``counterfoil check`` sent it: its Message-ID is signed for that, whatever its recipient became."""
    found = read_message_id(mail.message_id or "")
    return found is not None and house.keyring.is_probe_token(found[1], found[0])


def _genuine(house: House, message_id: str) -> bool:
    found = read_message_id(message_id)
    if found is None:
        return False
    ticket, token = found
    return house.keyring.person_of(token, ticket, facts.token_holders(ticket, house.agents)) is not None
