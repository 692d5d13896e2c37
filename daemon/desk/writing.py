"""From what a Plan wants told to one person, to the letter that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from daemon.core.plan import Outgoing, Plan
from daemon.core.values import Address, Attachment, Forwarded, Mail
from daemon.desk import forwards
from daemon.desk.arrival import Arrival
from daemon.desk.house import House
from daemon.desk.words import SECRET_INSIDE
from daemon.mail import letters
from daemon.mail.answer import Words, may_leave
from daemon.mail.attachments import attachment_bytes
from daemon.mail.contexts import Alarm, Change, File, Occasion, TicketCard
from daemon.mail.letter import Enclosure, Letter
from daemon.store import facts, outbox
from daemon.store.commit import Written
from daemon.store.facts import KnownPerson

HOUR = 3_600


@dataclass(frozen=True, slots=True)
class Writing:
    """One letter to be written: of which plan, about which mail, to whom, under which Message-ID and reply token."""

    house: House
    plan: Plan
    written: Written
    arrival: Arrival
    inbound: int
    now: int
    outgoing: Outgoing
    person: KnownPerson
    message_id: str
    token: str

    @property
    def mail(self) -> Mail:
        return self.arrival.mail

    @property
    def desk(self) -> letters.Desk:
        return self.house.stationery(self.arrival.to.desk)

    @property
    def forwarded(self) -> Forwarded | None:
        """The customer's mail that the one at hand brought, which is what is told of."""
        return self.plan.filing.forwarded if self.plan.filing else None

    @property
    def customers_desk(self) -> letters.Desk:
        """The desk in the language of the customer who is written to."""
        return self.house.stationery(self.arrival.to.desk, self.person.language)

    @property
    def ticket(self) -> int:
        assert self.written.ticket is not None
        return self.written.ticket

    @property
    def words(self) -> Words:
        """What the agent wrote, as far as it can be told from ours."""
        said = self.arrival.words
        return said if isinstance(said, Words) else Words(self.mail.reply_text)

    @property
    def to(self) -> tuple[Address, ...]:
        return (Address(self.person.name, self.person.address),)


def write(w: Writing) -> Letter:
    """The letter of its kind."""
    match w.outgoing.kind:
        case "acknowledgement":
            return _acknowledgement(w)
        case "opened" | "replied":
            return _notification(w)
        case "answer":
            return _answer(w)
        case "status":
            return _status(w)
        case "confirmation":
            return _question(w)
        case "failure":
            return _bounced(w)
        case "alert":
            return _alert(w)
        case "reminder":
            return _reminder(w)


def _acknowledgement(w: Writing) -> Letter:
    thread = (*w.mail.references, *((w.mail.message_id,) if w.mail.message_id else ()))
    return letters.acknowledgement(
        w.house.templates, w.customers_desk, _to_customer(w, thread), w.ticket, w.mail.subject, proved=_proved(w)
    )


def _status(w: Writing) -> Letter:
    subject = facts.ticket_row(w.ticket).subject
    post = _to_customer(w, facts.conversation(w.ticket))
    change = cast(Change, w.outgoing.because)
    return letters.status(w.house.templates, w.customers_desk, post, change, w.ticket, subject, proved=_proved(w))


def _answer(w: Writing) -> Letter:
    author = w.plan.events[0].actor
    agent = w.house.agent(author if isinstance(author, int) else w.written.author)
    return letters.answer(
        w.house.templates,
        w.customers_desk,
        _to_customer(w, facts.conversation(w.ticket)),
        w.ticket,
        facts.ticket_row(w.ticket).subject,
        agent.name if agent else w.desk.title,
        w.words,
        agent.signature if agent else "",
        tuple(_enclosure(w.arrival.raw, a) for a in w.mail.attachments),
        proved=_proved(w),
    )


def _proved(w: Writing) -> bool:
    return facts.in_proved_thread(w.ticket, w.person.id)


def _to_customer(w: Writing, thread: tuple[str, ...]) -> letters.Post:
    reply_to = w.house.book.reply_address(w.desk.name, w.ticket, w.token)
    nearest = thread[-1] if thread else None
    return letters.Post(w.message_id, w.now, w.to, reply_to=reply_to, in_reply_to=nearest, references=thread)


def _notification(w: Writing) -> Letter:
    files, forwarded = w.mail.attachments, w.forwarded
    enclosed = sum(a.size for a in files) <= w.house.config.limits.attached_to_notifications
    return letters.notification(
        w.house.templates,
        w.desk,
        to_agent(w.house, w.arrival.to.desk, w.ticket, w.person, w.message_id, w.token, w.now),
        cast(Occasion, w.outgoing.kind),
        forwarded.sender if forwarded else w.mail.sender or Address(w.mail.from_text, ""),
        forwarded.words if forwarded else w.mail.reply_text,
        _ticket_card(w),
        tuple(File(a.name, a.size, enclosed) for a in files),
        tuple(_enclosure(w.arrival.raw, a) for a in files) if enclosed else (),
    )


def _ticket_card(w: Writing) -> TicketCard:
    row = facts.ticket_row(w.ticket)
    requester = facts.person(row.requester_id)
    return TicketCard(
        w.ticket,
        row.subject,
        row.status,
        row.priority,
        row.team,
        facts.name_of(row.assignee_id),
        Address(requester.name, requester.address) if requester else Address(facts.name_of(row.requester_id), ""),
    )


def _alert(w: Writing) -> Letter:
    told = dict(w.outgoing.data)
    due = told.get("due")
    return letters.alert(
        w.house.templates,
        w.desk,
        to_agent(w.house, w.arrival.to.desk, w.ticket, w.person, w.message_id, w.token, w.now),
        cast(Alarm, w.outgoing.because),
        _ticket_card(w),
        str(told.get("metric") or ""),
        w.house.local_time(due) if isinstance(due, int) else "",
        cast(int, told.get("share", 0)),
        cast(int, told.get("level", 0)),
    )


def _reminder(w: Writing) -> Letter:
    subject = facts.ticket_row(w.ticket).subject
    post = _to_customer(w, facts.conversation(w.ticket))
    return letters.reminder(w.house.templates, w.customers_desk, post, w.ticket, subject, proved=_proved(w))


def _question(w: Writing) -> Letter:
    token = w.house.keyring.confirm_token(w.inbound)
    reply_to = w.house.book.confirm_address(w.desk.name, w.inbound, token)
    can = w.outgoing.because != SECRET_INSIDE and (w.written.message is None or may_leave(w.words.text, w.mail))
    return letters.confirmation(
        w.house.templates,
        w.desk,
        letters.Post(w.message_id, w.now, w.to, reply_to=reply_to),
        w.written.ticket or (w.arrival.to.number if w.arrival.to.kind == "reply" else None),
        w.mail.subject,
        w.outgoing.because,
        _what_waits(w) if can else "",
        f"{w.house.config.http.url}/confirm/{w.inbound}-{token}" if can else None,
        w.house.policy.confirm_within // HOUR,
    )


def _what_waits(w: Writing) -> str:
    """The words that an agent is asked about; of a forwarded mail, whose ticket it would open, and with which words."""
    return forwards.told(w.house, w.mail, w.arrival.to) or w.words.text


def _bounced(w: Writing) -> Letter:
    assert w.plan.settles is not None
    row = outbox.find(w.plan.settles[0])
    told = w.mail.bounce.recipients if w.mail.bounce else ()
    response = next((text for r in told if (text := " ".join(filter(None, (r.smtp_code, r.status, r.reason))))), "")
    to = to_agent(w.house, w.arrival.to.desk, w.ticket, w.person, w.message_id, w.token, w.now)
    subject = facts.ticket_row(w.ticket).subject
    recipient = Address("", row.recipient)
    return letters.failure(w.house.templates, w.desk, to, w.ticket, subject, recipient, response, gave_up=False)


def to_agent(
    house: House, desk: str, ticket: int, person: KnownPerson, message_id: str, token: str, now: int
) -> letters.Post:
    """Letters to an agent hang under one root for each ticket, so that every mail program keeps them together."""
    root = f"{ticket}.thread@{house.domain(desk)}"
    reply_to = house.book.reply_address(house.desk(desk).name, ticket, token)
    to = (Address(person.name, person.address),)
    return letters.Post(message_id, now, to, reply_to=reply_to, in_reply_to=root, references=(root,))


def _enclosure(raw: bytes, attachment: Attachment) -> Enclosure:
    content = attachment_bytes(raw, attachment)
    return Enclosure(attachment.name, attachment.content_type, content, attachment.content_id, attachment.inline)
