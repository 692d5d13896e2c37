"""Tickets as they are read by people: lists, one with its conversation, and the reasons."""

from __future__ import annotations

import json
from typing import Any

import peewee as pw

from daemon.store.tables import Attachment, Event, MailAddress, Message, Outbox, Person, Ticket, TicketLink

Requester = Person.alias()
Assignee = Person.alias()


def rows(status: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest tickets, newest last."""
    query = _tickets().order_by(Ticket.id.desc()).limit(limit)
    if status:
        query = query.where(Ticket.status == status)
    return list(reversed(list(query.dicts())))


def one(number: int) -> dict[str, Any] | None:
    """A ticket with its messages, links, outgoing mail and events; None if there is none."""
    ticket = next(iter(_tickets().where(Ticket.id == number).dicts()), None)
    if ticket is None:
        return None
    attachments: dict[int, list[dict[str, Any]]] = {}
    for row in (
        Attachment.select(Attachment.message, Attachment.name, Attachment.size, Attachment.content_type)
        .join(Message)
        .where(Message.ticket == number)
        .order_by(Attachment.part)
        .dicts()
    ):
        attachments.setdefault(row.pop("message"), []).append(row)
    messages = list(
        Message.select(
            Message.id,
            Message.kind,
            Message.state,
            Message.at,
            Message.received_at,
            Message.subject,
            Message.words,
            Message.because,
            Message.evidence,
            Message.automatic,
            Message.rfc_message_id,
            Person.name.alias("author"),
            MailAddress.address.alias("address"),
        )
        .join(Person, pw.JOIN.LEFT_OUTER)
        .join(MailAddress, pw.JOIN.LEFT_OUTER, on=(MailAddress.person == Person.id))
        .where(Message.ticket == number)
        .group_by(Message.id)
        .order_by(Message.id)
        .dicts()
    )
    for message in messages:
        message["attachments"] = attachments.get(message["id"], [])
    events = [
        e | {"data": json.loads(e["data"])}
        for e in Event.select().where(Event.ticket == number).order_by(Event.id).dicts()
    ]
    links = list(TicketLink.select().where((TicketLink.ticket == number) | (TicketLink.other == number)).dicts())
    letters = list(
        Outbox.select(
            Outbox.id,
            Outbox.kind,
            Outbox.recipient,
            Outbox.state,
            Outbox.attempts,
            Outbox.created_at,
            Outbox.settled_at,
            Outbox.response,
            Outbox.message,
        )
        .where(Outbox.ticket == number)
        .order_by(Outbox.id)
        .dicts()
    )
    return ticket | {"messages": messages, "events": events, "links": links, "letters": letters}


def _tickets() -> pw.ModelSelect:
    return (
        Ticket.select(
            Ticket,
            Requester.name.alias("requester_name"),
            MailAddress.address.alias("requester_address"),
            Assignee.name.alias("assignee_name"),
        )
        .join(Requester, on=(Ticket.requester == Requester.id))
        .join(MailAddress, pw.JOIN.LEFT_OUTER, on=(MailAddress.person == Requester.id))
        .switch(Ticket)
        .join(Assignee, pw.JOIN.LEFT_OUTER, on=(Ticket.assignee == Assignee.id))
        .group_by(Ticket.id)
    )
