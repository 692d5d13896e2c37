"""One mail at one desk: facts, decision, rows, letters; all of it in one transaction of the writer."""

from __future__ import annotations

import hashlib

from daemon.core import decide, matching
from daemon.core.plan import AuthorFacts, Facts, Plan, SentFacts, TicketFacts, TokenFacts
from daemon.core.values import NO_EVIDENCE, Envelope, Evidence, Mail, Outcome, Parsed, Unreadable
from daemon.desk import post
from daemon.desk.house import House
from daemon.desk.words import Said
from daemon.mail import answer
from daemon.mail.address import Recipient, read_message_id
from daemon.store import commit, facts
from daemon.store import raw as kept


def receive_at(
    house: House,
    raw: bytes,
    parsed: Parsed,
    envelope: Envelope,
    to: Recipient,
    words: Said | None,
    again: int | None = None,
    evidence: Evidence | None = None,
) -> Outcome:
    """One mail at one desk; runs in the writer's transaction."""
    now = house.now()
    if isinstance(parsed, Unreadable):
        return post.keep(house, raw, parsed, envelope, to.desk, "quarantined", parsed.because, parsed.detail, again)
    kept.keep(parsed.sha256, raw)
    known = gather(house, parsed, envelope, to, words, now, again)
    evidence = evidence or evidence_of(parsed, envelope)
    plan = decide.receive(parsed, envelope, known, evidence, house.policy, now)
    return perform(house, plan, raw, parsed, envelope, to.desk, now, again, words)


def perform(
    house: House,
    plan: Plan,
    raw: bytes,
    mail: Mail,
    envelope: Envelope,
    desk: str,
    now: int,
    again: int | None,
    words: Said | None,
) -> Outcome:
    """Write a plan, its ledger row and its letters."""
    written = commit.plan(plan, mail, desk, envelope, now)
    repeated = plan.because == "duplicate"
    if not repeated and not dated(mail):
        commit.let_go(claim(desk, mail))
    inbound = commit.ledger(
        mail,
        envelope,
        desk,
        house.recipient(envelope, desk),
        None if repeated else claim(desk, mail),
        plan.state,
        plan.because,
        written,
        now,
        again=again,
    )
    if plan.holding is not None:
        commit.hold(plan.holding, inbound, written.message, now)
    post.send(house, plan, written, mail, raw, desk, inbound, now, words)
    return Outcome("", plan.state, plan.because, inbound, written.ticket, written.message)


def claim(desk: str, parsed: Parsed) -> str:
    """What is unique to this mail at this desk (invariant 4), hexadecimal SHA-256."""
    return hashlib.sha256(f"{desk}\n{parsed.fingerprint}".encode()).hexdigest()


def dated(mail: Mail) -> bool:
    """Whether a mail is itself for ever; without Date and Message-ID, a later one like it is another (invariant 4)."""
    return mail.date is not None or bool(mail.message_id)


def evidence_of(mail: Mail, envelope: Envelope) -> Evidence:
    """What the door vouches for: From logged in there, or the connection came from a trusted network."""
    if mail.sender is not None and envelope.login is not None and mail.sender.key == envelope.login.casefold():
        return Evidence(True, "submission")
    if envelope.trusted_network:
        return Evidence(True, "network")
    return NO_EVIDENCE


def gather(
    house: House, mail: Mail, envelope: Envelope, to: Recipient, words: Said | None, now: int, again: int | None
) -> Facts:
    """Everything that the decision may know, from the rows as they stand."""
    author = facts.author(mail.sender.key, house.agents) if mail.sender else None
    referenced = facts.referenced((*mail.in_reply_to, *reversed(mail.references)))
    token = _token(house, to, mail, author)
    sent = _sent(house, to, mail)
    tagged = matching.tag_in(mail.subject)
    tickets: dict[int, TicketFacts] = {}
    wanted = [token.ticket if token else None, sent.ticket if sent else None, *referenced[:20], tagged]
    while wanted:
        number = wanted.pop()
        if number is None or number in tickets:
            continue
        ticket = facts.ticket(number, author.key if author else None, mail.message_id, now)
        if ticket is not None:
            tickets[number] = ticket
            wanted.append(ticket.merged_into)
    kinds = ("confirmation",) if author and author.agent else facts.AUTOMATIC_TO_CUSTOMERS
    return Facts(
        desk=house.desk_facts(to.desk),
        author=author,
        agents=house.agents,
        duplicate=facts.duplicate(
            claim(to.desk, mail),
            mail.fingerprint,
            envelope.source,
            dated(mail),
            now,
            again,
        ),
        token=token,
        sent=sent,
        tickets=tickets,
        referenced=referenced,
        tagged=tagged if tagged in tickets else None,
        reached=facts.persons_at(a.key for a in (*mail.to, *mail.cc)),
        own=facts.is_ours(mail.message_id) or bool(mail.sender and house.book.read(mail.sender.address)),
        sibling=facts.sibling(mail.fingerprint, to.desk),
        opened_lately=facts.opened_lately(author.person if author else None, now),
        automatic_lately=facts.automatic_lately(author.key, kinds, now) if author else 0,
        withheld=words.because if isinstance(words, answer.Withheld) else None,
    )


def _token(house: House, to: Recipient, mail: Mail, author: AuthorFacts | None) -> TokenFacts | None:
    """The reply token of the recipient's address, else the author's own one in a Message-ID that the mail answers.

    Message-IDs travel along with every forwarded copy: a token in one speaks for nobody but the person it was given to.
    """
    if to.kind == "reply":
        person = house.keyring.person_of(to.token, to.number, facts.token_holders(to.number, house.agents))
        if person is not None:
            return TokenFacts(to.number, person)
    if author is None or author.person is None:
        return None
    for claim in (*mail.in_reply_to, *reversed(mail.references))[:40]:
        found = read_message_id(claim)
        if found and house.keyring.person_of(found[1], found[0], (author.person,)) is not None:
            return TokenFacts(found[0], author.person)
    return None


def _sent(house: House, to: Recipient, mail: Mail) -> SentFacts | None:
    """The mail of ours to which this one is a machine's answer."""
    if to.kind == "bounce" and house.keyring.is_bounce_token(to.token, to.number):
        return facts.sent(to.number)
    if mail.bounce is not None and mail.bounce.message_id:
        return facts.sent_under(mail.bounce.message_id, lambda m: _genuine(house, m))
    return None


def _genuine(house: House, message_id: str) -> bool:
    found = read_message_id(message_id)
    if found is None:
        return False
    ticket, token = found
    return house.keyring.person_of(token, ticket, facts.token_holders(ticket, house.agents)) is not None
