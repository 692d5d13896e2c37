"""The messages, files and events of a ticket as other programs are shown them.

A requester sees what customers and agents said to each other, and never a note. Of tickets that were merged they see
the thread that they know: their own words and what was sent to them (as in ``facts.conversation``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import peewee as pw

from daemon.core.values import Attachment as Filed
from daemon.core.values import Instant
from daemon.store import clients, people, query
from daemon.store.clients import PART, visible
from daemon.store.display import Somebody, address_of
from daemon.store.tables import Attachment, Event, Message, Person, Ticket

WORDS = ("customer_replied", "agent_replied")


@dataclass(frozen=True, slots=True)
class File:
    """An attachment: of which message, which part of its mail."""

    message: int
    part: int
    name: str
    content_type: str
    size: int
    sha256: str
    inline: bool


@dataclass(frozen=True, slots=True)
class Said:
    """A message; ``at`` is when it counts, ``received_at`` when it came."""

    id: int
    ticket: int
    kind: str
    state: str
    channel: str
    subject: str
    words: str
    language: str | None
    at: Instant
    received_at: Instant
    because: str
    evidence: str
    author: Somebody | None
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True)
class Happened:
    """An event of a ticket."""

    id: int
    ticket: int
    kind: str
    at: Instant
    recorded_at: Instant
    actor: int | None
    because: str
    message: int | None
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Eyes:
    """Who looks: a requester (a person), else somebody of the desk, who may see ``notes`` or not."""

    person: int | None = None
    notes: bool = True


def messages(number: int, eyes: Eyes, after: int, limit: int) -> list[Said]:
    """The messages of a ticket after one of them, oldest first."""
    rows = query.rows(_messages(number, eyes).where(Message.id > after).order_by(Message.id).limit(limit))
    files = _files([row[0] for row in rows])
    return _as_sent([_said(row, files.get(row[0], ())) for row in rows], number, eyes)


def message(number: int, message: int, eyes: Eyes) -> Said | None:
    """One message of a ticket; None if there is none, or none that these eyes may see.

    The desk finds what was said under the number of a merged ticket, which is filed where that one went.
    """
    row = query.first(_messages(number, eyes).where(Message.id == message))
    if row is None and eyes.person is None and (into := merged_into(number)) is not None:
        row = query.first(_messages(into, eyes).where(Message.id == message))
    found = [_said(row, _files([message]).get(message, ()))] if row else []
    return next(iter(_as_sent(found, number, eyes)), None)


def _as_sent(messages: list[Said], number: int, eyes: Eyes) -> list[Said]:
    """Messages as these eyes have them: an answer went out under the ticket's subject, not that of its agent's mail."""
    if eyes.person is None:
        return messages
    subject = query.rows(Ticket.select(Ticket.subject).where(Ticket.id == number))[0][0]
    return [replace(one, subject=subject) if one.kind == "agent" else one for one in messages]


def _messages(number: int, eyes: Eyes) -> Any:
    chosen: Any = Message.select(
        Message.id,
        Message.ticket,
        Message.kind,
        Message.state,
        Message.channel,
        Message.subject,
        Message.words,
        Message.language,
        Message.at,
        Message.received_at,
        Message.because,
        Message.evidence,
        Message.author,
        Person.name,
        address_of(Person),
    ).join(Person, pw.JOIN.LEFT_OUTER)
    if eyes.person is not None:
        return chosen.where(Message.id.in_(visible(number, people.today(eyes.person))))
    chosen = chosen.where(Message.ticket == number)
    return chosen if eyes.notes else chosen.where(Message.kind != "note")


def merged_into(number: int) -> int | None:
    """The ticket that holds this one's conversation now, if it was merged."""
    found = None
    for _ in range(32):
        row = query.first(Ticket.select(Ticket.merged_into).where(Ticket.id == (found or number)))
        if row is None or row[0] is None:
            return found
        found = int(row[0])
    return found


def _said(row: Sequence[Any], files: tuple[File, ...]) -> Said:
    author, name, address = row[12:]
    somebody = Somebody(author, name or "", address or "") if author is not None else None
    return Said(*(*row[:12], somebody, files))


def _files(numbers: list[int]) -> dict[int, tuple[File, ...]]:
    found: dict[int, tuple[File, ...]] = {}
    rows = Attachment.select(
        Attachment.message,
        Attachment.part,
        Attachment.name,
        Attachment.content_type,
        Attachment.size,
        Attachment.sha256,
        Attachment.inline,
    ).where(Attachment.message.in_(numbers))
    found_rows: list[Sequence[Any]] = (
        [*query.rows(rows.order_by(Attachment.message, Attachment.part))] if numbers else []
    )
    for row in found_rows:
        found[row[0]] = (*found.get(row[0], ()), File(*(*row[:6], bool(row[6]))))
    return found


def files(number: int, eyes: Eyes) -> list[File]:
    """All files of a ticket's messages."""
    seen = query.column(_messages(number, eyes).order_by(Message.id))
    return [one for of_one in _files(seen).values() for one in of_one]


def file(number: int, message: int, part: int, eyes: Eyes) -> tuple[Filed, str] | None:
    """Where the bytes of a file are: the attachment, and the hash of the mail that it stands in."""
    if query.first(_messages(number, eyes).where(Message.id == message)) is None:
        return None
    row = query.first(
        Attachment.select(
            *PART,
            Message.raw_bytes,
        )
        .join(Message)
        .where(Attachment.message == message, Attachment.part == part)
    )
    return (Filed(*row[:10]), str(row[10])) if row else None


def events(number: int, eyes: Eyes, after: int, limit: int) -> list[Happened]:
    """What happened to a ticket after one of its events, oldest first.

    Somebody who is no agent sees the public ones, under the number of their own ticket: of what was said and of ratings
    those alone that they may read, or that are theirs.
    """
    chosen: Any = Event.select(
        Event.id,
        Event.ticket,
        Event.kind,
        Event.at,
        Event.recorded_at,
        Event.actor,
        Event.because,
        Event.message,
        Event.data,
    ).where(Event.id > after)
    seen: tuple[int, ...] = ()
    if eyes.person is None:
        chosen = chosen.where(Event.ticket == number)
    else:
        person = people.today(eyes.person)
        seen = visible(number, person)
        chosen = chosen.where(_known(number, person, seen))
    rows: list[Sequence[Any]] = [*query.rows(chosen.order_by(Event.id).limit(limit))]
    found = [Happened(*(*row[:8], json.loads(row[8]))) for row in rows]
    return (
        found if eyes.person is None else [one if one.message in seen else replace(one, message=None) for one in found]
    )


def _known(number: int, person: int, seen: tuple[int, ...]) -> Any:
    """The events that somebody knows of under the number of their ticket, also where it goes on under another, since
    they came; that it does is not for them to know."""
    known = Event.kind.in_(WORDS) & Event.message.in_(seen)
    known |= (Event.ticket == number) & (Event.kind == "rated") & Event.actor.in_(people.selves((person,)))
    for ticket in (number, merged_into(number)):
        since = clients.since(ticket, person) if ticket is not None else None
        if since is not None:
            kinds = ("ticket_opened", "status_changed") if ticket == number else ("status_changed",)
            merging = (Event.kind == "status_changed") & Event.data.contains('"merged"')
            known |= (Event.ticket == ticket) & Event.kind.in_(kinds) & (Event.at >= since) & ~merging
    return known
