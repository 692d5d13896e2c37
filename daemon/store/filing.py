"""Filing a mail on its ticket: the message, its attachments, and what later mails are known by."""

from __future__ import annotations

from collections.abc import Sequence

from daemon.core.plan import Event as PlannedEvent
from daemon.core.plan import Filing
from daemon.core.values import Envelope, Instant, Mail
from daemon.store import indexing, people
from daemon.store.prepared import Insertion
from daemon.store.tables import Attachment, Message, NamedAddress, ThreadKey

NEW_MESSAGE = Insertion(Message)
NEW_ATTACHMENT = Insertion(Attachment)
NEW_THREAD_KEY = Insertion(ThreadKey)
NEW_NAMED_ADDRESS = Insertion(NamedAddress, ignore=True)


def file(
    filing: Filing, ticket: int, author: int | None, mail: Mail, envelope: Envelope, events: Sequence[PlannedEvent]
) -> int:
    """Write a message; its number."""
    at = events[0].at if events else envelope.received_at
    said = filing.forwarded
    language = said.language if said else mail.language
    subject = (said or mail).subject[:998]
    words = filing.words if filing.words is not None else said.words if said else mail.reply_text
    message = NEW_MESSAGE.new(
        ticket=ticket,
        kind=filing.kind,
        state=filing.state,
        author=author,
        channel=envelope.source.partition(":")[0],
        subject=subject,
        words=words,
        automatic=mail.automatic.kind if mail.automatic else None,
        language=language,
        rfc_message_id=(said or mail).message_id,
        raw_bytes=mail.sha256,
        because=filing.because,
        evidence=filing.evidence,
        evidence_detail=filing.seen,
        at=at,
        received_at=envelope.received_at,
        released_at=at if filing.state == "filed" and filing.kind == "agent" else None,
    )
    for a in mail.attachments:
        NEW_ATTACHMENT.add(
            message=message,
            part=a.part,
            name=a.name,
            content_type=a.content_type,
            size=a.size,
            sha256=a.sha256,
            content_id=a.content_id,
            inline=a.inline,
            encoding=a.encoding,
            offset=a.offset,
            length=a.length,
        )
    names = [a.name for a in mail.attachments]
    indexing.add_message(message, ticket, filing.kind, filing.state, subject, words, names)
    if filing.kind == "customer" and author is not None:
        people.hear(author, language)
    for message_id in dict.fromkeys((mail.message_id, said.message_id if said else None)):
        if message_id:
            thread_key(message_id, ticket)
    if filing.kind != "bounce":
        keys = {a.key for a in (*mail.to, *mail.cc)} - set(envelope.recipients)
        for key in sorted(keys)[:500]:
            NEW_NAMED_ADDRESS.add(ticket=ticket, key=key)
    return message


def note(words: str, ticket: int, author: int | None, mail: Mail, envelope: Envelope, at: Instant) -> int:
    """What an agent wrote above a mail that they passed on: a note of the ticket, with the same bytes behind it."""
    number = NEW_MESSAGE.new(
        ticket=ticket,
        kind="note",
        state="filed",
        author=author,
        channel=envelope.source.partition(":")[0],
        subject=mail.subject[:998],
        words=words,
        language=mail.language,
        raw_bytes=mail.sha256,
        because="forwarded-by-agent",
        evidence="forwarded",
        at=at,
        received_at=envelope.received_at,
    )
    indexing.add_message(number, ticket, "note", "filed", mail.subject[:998], words)
    return number


def thread_key(message_id: str, ticket: int) -> None:
    NEW_THREAD_KEY.add(rfc_message_id=message_id, ticket=ticket)
