"""Letters to agents. Those of a ticket hang under one root, so that every mail program keeps them together."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from daemon.core import acts
from daemon.core.commands.declared import DECLARED
from daemon.core.values import Address
from daemon.desk import dossier, queues
from daemon.desk.drafting import Writing, enclosure
from daemon.desk.house import House
from daemon.mail import agents_letters, letters
from daemon.mail.cards import Action, Changed, File, TicketCard
from daemon.mail.contexts import Alarm, Help, Occasion, Receipt, Sheet
from daemon.mail.letter import Letter
from daemon.mail.letters import card
from daemon.mail.mailto import mailto
from daemon.store import dossier as rows
from daemon.store import facts, outbox, people
from daemon.store.dossier import Said
from daemon.store.facts import KnownPerson

OF_COLLEAGUES = frozenset({"noted", "mentioned", "answered", "crossed"})


def notification(w: Writing) -> Letter:
    kind = cast(Occasion, w.outgoing.kind)
    said = _said(w)
    files = w.mail.attachments if kind != "assigned" else ()
    enclosed = sum(a.size for a in files) <= w.house.config.limits.attached_to_notifications
    by = ""
    if kind in OF_COLLEAGUES:
        author, words = _colleague(w), _words_of_colleague(w)
    elif kind == "assigned":
        latest = next((one for one in said if one.kind == "customer"), None)
        author, words = (latest.author, latest.words) if latest else (Address("", ""), "")
        said = [one for one in said if one is not latest]
        by = _colleague(w).name
    else:
        told = w.forwarded
        author = told.sender if told else w.mail.sender or Address(w.mail.from_text, "")
        filed = w.plan.filing.words if w.plan.filing else None
        words = told.words if told else filed or w.mail.reply_text
        said = [*_remark(w), *said]
    ticket = card_of(w)
    return agents_letters.notification(
        w.house.templates,
        w.desk,
        post_of(w),
        kind,
        author,
        words,
        ticket,
        tuple(File(a.name, a.size, enclosed) for a in files),
        tuple(enclosure(w.arrival.raw, a) for a in files) if enclosed else (),
        dossier.history(w.house, said),
        _actions(w, ticket),
        by,
    )


def merge(w: Writing) -> Letter:
    """Another ticket was merged into one of the reader's, or is no longer: who reads their answers now."""
    told = dict(w.outgoing.data)
    number, other = cast(int, told["number"]), cast(int, told["other"])
    ticket = dossier.card(w.house, number, w.now)
    said = rows.said(number, limit=dossier.MOST_EARLIER)
    latest = next((one for one in said if one.kind == "customer"), None)
    desk, token = facts.desk_of(number), w.house.keyring.token(number, w.person.id)
    is_mine = facts.ticket_row(number).assignee_id == w.person.id
    address = w.house.book.reply_address(w.house.desk(desk).name, number, token)
    return agents_letters.notification(
        w.house.templates,
        w.desk,
        to_agent(w.house, desk, number, w.person, w.message_id, token, w.now),
        cast(Occasion, w.outgoing.kind),
        latest.author if latest else ticket.requester,
        latest.words if latest else "",
        ticket,
        history=dossier.history(w.house, [one for one in said if one is not latest]),
        actions=dossier.actions(address, number, ticket.subject, ticket.status, is_mine=is_mine),
        by=_colleague(w).name,
        other=other,
    )


def card_of(w: Writing) -> TicketCard:
    """The card of the ticket, the same for all who are told."""
    if w.shared.card is None:
        w.shared.card = dossier.card(w.house, w.ticket, w.now)
    return w.shared.card


def _said(w: Writing) -> list[Said]:
    """What was said before, newest first."""
    if w.shared.said is None:
        w.shared.said = rows.said(w.ticket, w.written.message, dossier.MOST_EARLIER)
    return w.shared.said


def _remark(w: Writing) -> list[Said]:
    """What the agent who forwarded the customer's mail said of it."""
    note = w.plan.note if w.forwarded else ""
    agent = w.house.config.agent_at(w.mail.sender.address) if w.mail.sender else None
    return [Said(0, "note", Address(agent.name, agent.address), w.now, note)] if note and agent else []


def _colleague(w: Writing) -> Address:
    """The agent whose act it is."""
    acted = next((e.actor for e in w.plan.events if isinstance(e.actor, int)), w.written.author)
    agent = w.house.agent(acted if acted is not None else w.plan.orders_of)
    return Address(agent.name, agent.address) if agent else w.mail.sender or Address("", "")


def _words_of_colleague(w: Writing) -> str:
    note = w.words.orders.note
    return note if note is not None and w.outgoing.kind in ("noted", "mentioned") else w.words.text


def _actions(w: Writing, ticket: TicketCard) -> tuple[Action, ...]:
    address = w.house.book.reply_address(w.desk.name, w.ticket, w.token)
    is_mine = facts.ticket_row(w.ticket).assignee_id == w.person.id
    return dossier.actions(address, w.ticket, ticket.subject, ticket.status, is_mine=is_mine)


def receipt(w: Writing) -> Letter:
    """What a mail of this agent's did, and how to take it back."""
    told = w.plan.receipt
    assert told is not None
    undo = by_mail = None
    act = w.written.act if told.kind == "done" and w.plan.did not in ((), acts.NOTHING) else told.before
    if act is not None:
        token = w.house.keyring.undo_token(act)
        undo = f"{w.house.config.http.url}/undo/{act}-{token}"
        by_mail = mailto(w.house.book.undo_address(w.desk.name, act, token), "Undo", "#undo")
    what = Receipt(
        told.kind,
        card(w.desk),
        card_of(w) if w.written.ticket else None,
        told.understood,
        changed(w.house, told.changes),
        addressed(told.recipients),
        told.words,
        told.internal,
        told.waits,
        told.skipped,
        undo,
        by_mail,
        readers=addressed(told.readers),
        told=addressed(told.told),
    )
    return agents_letters.receipt(w.house.templates, w.desk, post_of(w), what)


def addressed(people: Iterable[int | Address]) -> tuple[Address, ...]:
    """People as a receipt names them, without those who have no address."""
    known = [who if isinstance(who, Address) else facts.person(who) for who in people]
    return tuple(Address(one.name, one.address) for one in known if one is not None)


def changed(house: House, changes: Iterable[acts.Changed]) -> tuple[Changed, ...]:
    """Changes as a receipt tells them, with times of this house."""
    return tuple(Changed(c.field, c.was, _shown(house, c.field, c.becomes)) for c in changes)


def _shown(house: House, name: str, value: str) -> str:
    return house.local_time(int(value)) if name in ("snooze", "away") and value.isdigit() else value


def queue(w: Writing) -> Letter:
    asked = str(dict(w.outgoing.data)["asked"])
    what = queues.queue(w.house, asked, w.person.id, card(w.desk), w.now)
    return agents_letters.queue(w.house.templates, w.desk, _personal(w), what)


def sheet(w: Writing) -> Letter:
    number = dict(w.outgoing.data)["number"]
    assert isinstance(number, int)
    ticket = dossier.card(w.house, number, w.now)
    desk = facts.desk_of(number)
    address = dossier.reply_address(w.house, desk, number, w.person.id)
    is_mine = facts.ticket_row(number).assignee_id == w.person.id
    taps = dossier.actions(address, number, ticket.subject, ticket.status, is_mine=is_mine)
    said = dossier.history(w.house, rows.said(number)[::-1])
    token = w.house.keyring.token(number, w.person.id)
    post = to_agent(w.house, desk, number, w.person, w.message_id, token, w.now)
    return agents_letters.sheet(w.house.templates, w.desk, post, Sheet(card(w.desk), ticket, said, taps))


def commands(w: Writing) -> Letter:
    language = w.desk.language.partition("-")[0]
    listed = tuple((one.written(language), one.does(language), one.example) for one in DECLARED)
    macros = tuple((macro.name, macro.title) for macro in w.house.config.macro)
    address = dossier.reply_address(w.house, w.desk.name, 0, w.person.id)
    what = Help(card(w.desk), listed, address, macros)
    return agents_letters.commands(w.house.templates, w.desk, _personal(w), what)


def alert(w: Writing) -> Letter:
    told = dict(w.outgoing.data)
    due = told.get("due")
    return agents_letters.alert(
        w.house.templates,
        w.desk,
        post_of(w),
        cast(Alarm, w.outgoing.because),
        card_of(w),
        str(told.get("metric") or ""),
        w.house.local_time(due) if isinstance(due, int) else "",
        cast(int, told.get("share", 0)),
        cast(int, told.get("level", 0)),
    )


def bounced(w: Writing) -> Letter:
    """An answer came back."""
    assert w.plan.settles is not None
    row = outbox.find(w.plan.settles[0])
    told = w.mail.bounce.recipients if w.mail.bounce else ()
    response = next((text for r in told if (text := " ".join(filter(None, (r.smtp_code, r.status, r.reason))))), "")
    return failure(w.house, w.desk, post_of(w), w.ticket, row, response, w.now, gave_up=False)


def failure(
    house: House,
    desk: letters.Desk,
    post: letters.Post,
    ticket: int,
    row: outbox.Waiting,
    response: str,
    now: int,
    *,
    gave_up: bool,
) -> Letter:
    """An answer did not arrive; the customer's other address is named, where one is known."""
    return agents_letters.failure(
        house.templates,
        desk,
        post,
        ticket,
        facts.ticket_row(ticket).subject,
        Address("", row.recipient),
        response,
        gave_up=gave_up,
        other=next((Address("", one) for one in _others(row.recipient)), None),
        ticket=dossier.card(house, ticket, now),
    )


def _others(address: str) -> tuple[str, ...]:
    """The other addresses of whoever has this one."""
    person = people.at(address)
    return people.other_addresses(person, address) if person is not None else ()


def post_of(w: Writing) -> letters.Post:
    if w.written.ticket is None:
        return _personal(w)
    return to_agent(w.house, w.arrival.to.desk, w.written.ticket, w.person, w.message_id, w.token, w.now)


def _personal(w: Writing) -> letters.Post:
    """An answer to such a letter belongs to no ticket."""
    token = w.house.keyring.token(0, w.person.id)
    reply_to = w.house.book.reply_address(w.desk.name, 0, token)
    return letters.Post(w.message_id, w.now, w.to, reply_to=reply_to, in_reply_to=w.mail.message_id)


def to_agent(
    house: House, desk: str, ticket: int, person: KnownPerson, message_id: str, token: str, now: int
) -> letters.Post:
    """The place of a letter in the thread of its ticket."""
    root = f"{ticket}.thread@{house.domain(desk)}"
    reply_to = house.book.reply_address(house.desk(desk).name, ticket, token)
    to = (Address(person.name, person.address),)
    return letters.Post(message_id, now, to, reply_to=reply_to, in_reply_to=root, references=(root,))
