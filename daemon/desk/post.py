"""Outgoing mail: from what a Plan wants told, and to whom, to bytes in the outbox.

Runs in the writer's transaction: Message-ID and bytes are fixed with the decision that they follow from, and a repeat
of the delivery is recognisable.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import cast

from daemon.core.plan import Outgoing, Plan
from daemon.core.values import Address, Attachment, Envelope, Mail, Outcome, Parsed
from daemon.desk.house import House
from daemon.desk.words import SECRET_INSIDE, Said
from daemon.mail import letters
from daemon.mail.address import message_id
from daemon.mail.answer import Words, may_leave
from daemon.mail.attachments import attachment_bytes
from daemon.mail.compose import compose
from daemon.mail.contexts import Change, File, Occasion, Report, TicketCard
from daemon.mail.letter import Enclosure, Letter
from daemon.store import commit, facts, outbox
from daemon.store import raw as kept
from daemon.store.commit import Written

REPORTS_PER_HOUR = 20
HOUR = 3_600


def keep(
    house: House,
    raw: bytes,
    parsed: Parsed,
    envelope: Envelope,
    desk: str,
    state: str,
    because: str,
    detail: str,
    again: int | None = None,
) -> Outcome:
    """Keep a mail that cannot be acted upon, and tell the operator; the bytes may be tried again."""
    now = house.now()
    kept.keep(parsed.sha256, raw)
    claim = hashlib.sha256(f"{desk}\n{parsed.fingerprint}".encode()).hexdigest()
    repeated = facts.duplicate(claim, parsed.fingerprint, envelope.source, True, now, again)
    if repeated is not None:
        state, because, detail = "ignored", "duplicate", ""
    inbound = commit.ledger(
        parsed,
        envelope,
        desk,
        house.recipient(envelope, desk),
        None if repeated else claim,
        state,
        because,
        None,
        now,
        error=detail or None,
        again=again,
    )
    if repeated is None and again is None:
        what = Report(
            "failed" if state == "failed" else "quarantined",
            inbound,
            because,
            detail,
            parsed.subject,
            parsed.from_text,
            parsed.size,
            f"counterfoil inbound show {inbound}",
        )
        report(house, desk, what, now)
    return Outcome("", "failed" if state == "failed" else "ignored" if repeated else "quarantined", because, inbound)


def report(house: House, desk: str, what: Report, now: int) -> None:
    """Tell the operator, if there is one and they are not being flooded."""
    operator = house.config.operator
    if not operator or facts.automatic_lately(operator.casefold(), ("report",), now) >= REPORTS_PER_HOUR:
        return
    mid = message_id(0, house.keyring.token(0, 0), house.nonce(), _domain(house, desk))
    letter = letters.report(
        house.templates, _stationery(house, desk), letters.Post(mid, now, (Address("", operator),)), what
    )
    _queue(house, letter, desk, None, None, None, "report", now)


@dataclass(frozen=True, slots=True)
class _Occasion:
    """What the letters of one Plan have in common."""

    house: House
    plan: Plan
    written: Written
    mail: Mail
    raw: bytes
    desk: str
    inbound: int
    now: int
    words: Words | None


def send(
    house: House,
    plan: Plan,
    written: Written,
    mail: Mail,
    raw: bytes,
    desk: str,
    inbound: int,
    now: int,
    words: Said | None,
) -> None:
    """Compose and queue every letter of a Plan. All copies of an answer bear one Message-ID (invariant 29)."""
    occasion = _Occasion(
        house, plan, written, mail, raw, desk, inbound, now, words if isinstance(words, Words) else None
    )
    shared: str | None = None
    for outgoing in plan.outgoing:
        number = commit.who(outgoing.to, written.author)
        person = facts.person(number) if number is not None else None
        if person is None:
            continue
        token = house.keyring.token(written.ticket or 0, person.id)
        mid = message_id(written.ticket or 0, token, house.nonce(), _domain(house, desk))
        if outgoing.kind == "answer":
            shared = mid = shared or mid
        letter = _write(occasion, outgoing, person, mid, token)
        _queue(house, letter, desk, written.ticket, written.message, person.id, _kind(outgoing), now)


def failures(
    house: House, plan: Plan, written: Written, row: outbox.Waiting, response: str, gave_up: bool, now: int
) -> None:
    """Tell the agents of an answer that the relay would not take."""
    for outgoing in plan.outgoing:
        person = facts.person(cast(int, outgoing.to))
        if person is None or written.ticket is None:
            continue
        token = house.keyring.token(written.ticket, person.id)
        mid = message_id(written.ticket, token, house.nonce(), _domain(house, row.desk))
        letter = letters.failure(
            house.templates,
            _stationery(house, row.desk),
            _to_agent(house, row.desk, written.ticket, person, mid, token, now),
            written.ticket,
            facts.ticket_row(written.ticket).subject,
            Address("", row.recipient),
            response,
            gave_up=gave_up,
        )
        _queue(house, letter, row.desk, written.ticket, written.message, person.id, "failure", now)


def _write(o: _Occasion, outgoing: Outgoing, person: facts.KnownPerson, mid: str, token: str) -> Letter:
    house, ticket = o.house, o.written.ticket
    desk = _stationery(house, o.desk)
    proved = outgoing.proved or person.proved
    if outgoing.kind == "confirmation":
        return _question(o, outgoing, person, mid)
    assert ticket is not None
    row = facts.ticket_row(ticket)
    if outgoing.kind == "failure":
        return _bounced(o, person, mid, token, row.subject)
    if outgoing.kind in ("opened", "replied"):
        return _notification(o, outgoing, person, mid, token)
    reply_to = house.book.reply_address(desk.name, ticket, token)
    seen = facts.conversation(ticket)
    if outgoing.kind == "acknowledgement":
        seen = (*o.mail.references, *((o.mail.message_id,) if o.mail.message_id else ()))
    to: tuple[Address, ...] = (Address(person.name, person.address),)
    post = letters.Post(mid, o.now, to, reply_to=reply_to, in_reply_to=seen[-1] if seen else None, references=seen)
    if outgoing.kind == "acknowledgement":
        return letters.acknowledgement(house.templates, desk, post, ticket, o.mail.subject, proved=proved)
    if outgoing.kind == "status":
        return letters.status(
            house.templates, desk, post, cast(Change, outgoing.because), ticket, row.subject, proved=proved
        )
    author = o.plan.events[0].actor
    agent = house.agent(author if isinstance(author, int) else o.written.author)
    words = o.words or Words(o.mail.reply_text)
    files = tuple(_enclosure(o.raw, a) for a in o.mail.attachments)
    return letters.answer(
        house.templates,
        desk,
        post,
        ticket,
        row.subject,
        agent.name if agent else desk.title,
        words,
        agent.signature if agent else "",
        files,
    )


def _notification(o: _Occasion, outgoing: Outgoing, person: facts.KnownPerson, mid: str, token: str) -> Letter:
    house, ticket, mail = o.house, o.written.ticket, o.mail
    assert ticket is not None
    row = facts.ticket_row(ticket)
    requester = facts.person(row.requester_id)
    card = TicketCard(
        ticket,
        row.subject,
        row.status,
        row.priority,
        row.team,
        facts.name_of(row.assignee_id),
        Address(requester.name, requester.address) if requester else Address(facts.name_of(row.requester_id), ""),
    )
    enclosed = sum(a.size for a in mail.attachments) <= house.config.limits.attached_to_notifications
    return letters.notification(
        house.templates,
        _stationery(house, o.desk),
        _to_agent(house, o.desk, ticket, person, mid, token, o.now),
        cast(Occasion, outgoing.kind),
        mail.sender or Address(mail.from_text, ""),
        mail.reply_text,
        card,
        tuple(File(a.name, a.size, enclosed) for a in mail.attachments),
        tuple(_enclosure(o.raw, a) for a in mail.attachments) if enclosed else (),
    )


def _question(o: _Occasion, outgoing: Outgoing, person: facts.KnownPerson, mid: str) -> Letter:
    house = o.house
    token = house.keyring.confirm_token(o.inbound)
    post = letters.Post(
        mid,
        o.now,
        (Address(person.name, person.address),),
        reply_to=house.book.confirm_address(house.desk(o.desk).name, o.inbound, token),
    )
    shown = o.words.text if o.words else o.mail.reply_text
    can = outgoing.because != SECRET_INSIDE and (o.written.message is None or may_leave(shown, o.mail))
    return letters.confirmation(
        house.templates,
        _stationery(house, o.desk),
        post,
        o.written.ticket,
        o.mail.subject,
        outgoing.because,
        shown if can else "",
        confirm_link(house, o.inbound, token) if can else None,
        house.policy.confirm_within // HOUR,
    )


def confirm_link(house: House, inbound: int, token: str) -> str:
    return f"{house.config.http.url}/confirm/{inbound}-{token}"


def _bounced(o: _Occasion, person: facts.KnownPerson, mid: str, token: str, subject: str) -> Letter:
    ticket = o.written.ticket
    assert ticket is not None and o.plan.settles is not None
    row = outbox.find(o.plan.settles[0])
    told = o.mail.bounce.recipients if o.mail.bounce else ()
    response = next((text for r in told if (text := r.reason or r.status or r.smtp_code)), "")
    return letters.failure(
        o.house.templates,
        _stationery(o.house, o.desk),
        _to_agent(o.house, o.desk, ticket, person, mid, token, o.now),
        ticket,
        subject,
        Address("", row.recipient),
        response,
        gave_up=False,
    )


def _to_agent(
    house: House, desk: str, ticket: int, person: facts.KnownPerson, mid: str, token: str, now: int
) -> letters.Post:
    """Letters to an agent hang under one root for each ticket, so that every mail program keeps them together."""
    root = f"{ticket}.thread@{_domain(house, desk)}"
    return letters.Post(
        mid,
        now,
        (Address(person.name, person.address),),
        reply_to=house.book.reply_address(house.desk(desk).name, ticket, token),
        in_reply_to=root,
        references=(root,),
    )


def _kind(outgoing: Outgoing) -> str:
    return "notification" if outgoing.kind in ("opened", "replied") else outgoing.kind


def _stationery(house: House, name: str) -> letters.Desk:
    desk = house.desk(name)
    return letters.Desk(desk.name, desk.title, desk.address, desk.language, desk.signature)


def _domain(house: House, desk: str) -> str:
    return house.desk(desk).address.rpartition("@")[2]


def _enclosure(raw: bytes, attachment: Attachment) -> Enclosure:
    return Enclosure(
        attachment.name,
        attachment.content_type,
        attachment_bytes(raw, attachment),
        attachment.content_id,
        attachment.inline,
    )


def _queue(
    house: House,
    letter: Letter,
    desk: str,
    ticket: int | None,
    message: int | None,
    person: int | None,
    kind: str,
    now: int,
) -> None:
    content = compose(letter)
    digest = hashlib.sha256(content).hexdigest()
    kept.keep(digest, content)
    commit.queue(
        desk=desk,
        ticket=ticket,
        message=message,
        person=person,
        kind=kind,
        recipient=letter.to[0].address,
        automatic=letter.automatic is not None and kind != "notification",
        message_id=letter.message_id,
        sha256=digest,
        now=now,
    )
    house.has_queued = True
