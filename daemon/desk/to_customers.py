"""Letters to customers, each in the thread and under the number that the customer knows."""

from __future__ import annotations

from typing import cast

from daemon.desk import links
from daemon.desk.drafting import Writing, enclosure
from daemon.mail import letters
from daemon.mail.contexts import Change
from daemon.mail.letter import Letter
from daemon.store import facts


def acknowledgement(w: Writing) -> Letter:
    thread = (*w.mail.references, *((w.mail.message_id,) if w.mail.message_id else ()))
    own = str(dict(w.outgoing.data).get("template", ""))
    name = own if w.house.templates.has(w.desk.language, own) else letters.ORDINARY
    return letters.acknowledgement(
        w.house.templates,
        w.desk,
        _post(w, w.ticket, thread),
        w.ticket,
        w.mail.subject,
        proved=_proved(w),
        name=name,
        page=_page(w, w.ticket),
    )


def status(w: Writing) -> Letter:
    number, subject, post = _thread(w)
    change = cast(Change, w.outgoing.because)
    rate = links.rate(w.house, number, w.person.id) if change in ("resolved", "closed") else None
    page = _page(w, number)
    return letters.status(
        w.house.templates, w.desk, post, change, number, subject, proved=_proved(w), rate=rate, page=page
    )


def reminder(w: Writing) -> Letter:
    number, subject, post = _thread(w)
    page = _page(w, number)
    return letters.reminder(w.house.templates, w.desk, post, number, subject, proved=_proved(w), page=page)


def answer(w: Writing) -> Letter:
    number, subject, post = _thread(w)
    author = w.plan.events[0].actor
    agent = w.house.agent(author if isinstance(author, int) else w.written.author)
    return letters.answer(
        w.house.templates,
        w.desk,
        post,
        number,
        subject,
        agent.name if agent else w.desk.title,
        w.words,
        (agent.signatures.get(w.arrival.to.desk) or agent.signature) if agent else "",
        tuple(enclosure(w.arrival.raw, a) for a in w.mail.attachments),
        proved=_proved(w),
        page=_page(w, number),
    )


def _thread(w: Writing) -> tuple[int, str, letters.Post]:
    """Number and subject of the ticket as this person knows it, and the place of the next letter in its thread."""
    number = facts.thread_of(w.ticket, w.person.id)
    seen = facts.conversation(w.ticket, w.person.id)
    post = _post(w, number, tuple(one for one in seen if one != w.message_id))  # the other copy of this very answer
    return number, facts.ticket_row(number).subject, post


def _page(w: Writing, number: int) -> str | None:
    return links.conversation(w.house, w.desk.name, number, w.person.id)


def _proved(w: Writing) -> bool:
    return facts.in_proved_thread(w.ticket, w.person.id)


def _post(w: Writing, number: int, thread: tuple[str, ...]) -> letters.Post:
    token = w.token if number == w.ticket else w.house.keyring.token(number, w.person.id)
    reply_to = w.house.book.reply_address(w.desk.name, number, token)
    nearest = thread[-1] if thread else None
    return letters.Post(w.message_id, w.now, w.to, reply_to=reply_to, in_reply_to=nearest, references=thread)
