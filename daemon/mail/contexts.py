"""What each template of a mail may say: one frozen value for each, its fields the template's variables.

``docs/templates.md`` lists them for operators; a test holds list and code equal. ``language`` is a variable of every
template. Text that nobody has vouched for does not stand in a context at all where it must not be repeated: an
acknowledgement to an unproved address gets no subject, whatever its template says (invariant 10).

The values that a context holds stand in ``cards``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, get_type_hints

from daemon.core.values import Address
from daemon.mail.cards import (
    Action,
    Changed,
    DeskCard,
    Earlier,
    Fault,
    File,
    News,
    PromiseCard,
    QueueRow,
    Section,
    TicketCard,
)

Occasion = Literal["opened", "replied", "assigned", "noted", "mentioned", "answered", "crossed", "merged", "unmerged"]
Change = Literal["pending", "resolved", "closed", "reopened"]
Alarm = Literal["warned", "broken", "escalated", "follow-up", "snooze-over"]
Outcome = Literal["done", "dry", "undone", "nothing"]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the new ticket."]
    subject: Annotated[str | None, "Its subject without Re:; none for an address that has not proved itself."]
    signature: Annotated[str, "The desk's signature; may be empty."]
    page: Annotated[str | None, "Page on which the customer reads and answers; none without the portal."] = None


@dataclass(frozen=True, slots=True)
class Notification:
    kind: Annotated[Occasion, "opened, replied, assigned, noted, mentioned, answered, crossed, merged or unmerged."]
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    author: Annotated[Address, "Who wrote: author.name (may be empty), author.address."]
    words: Annotated[str, "The new words; may be empty. The text part is wrapped at 72 columns."]
    files: Annotated[tuple[File, ...], "Attachments, each with name, size, enclosed."]
    ticket: Annotated[TicketCard, "The ticket; its fields stand below."]
    history: Annotated[tuple[Earlier, ...], "What was said before; the oldest comes last."] = ()
    actions: Annotated[tuple[Action, ...], "What one tap does, each with name and url."] = ()
    by: Annotated[str, "Name of the colleague who gave the ticket to the reader; may be empty."] = ""
    other: Annotated[int | None, "Number of the ticket that was merged into this one or parted again; else none."] = (
        None
    )


@dataclass(frozen=True, slots=True)
class Answer:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str | None, "Its subject without Re:; none for an address that has not proved itself."]
    agent: Annotated[str, "Name of the agent."]
    words: Annotated[str, "What the agent wrote, as text."]
    words_html: Annotated[str | None, "The same as sanitised HTML; none where the agent wrote plain text."]
    signature: Annotated[str, "The agent's signature, else the desk's; may be empty."]
    page: Annotated[str | None, "Page on which the customer reads and answers; none without the portal."] = None


@dataclass(frozen=True, slots=True)
class Status:
    kind: Annotated[Change, "What became of the ticket."]
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str | None, "Its subject without Re:; none for an address that has not proved itself."]
    signature: Annotated[str, "The desk's signature; may be empty."]
    rate: Annotated[str | None, "Page on which the customer says how they were served; none where it is not asked."] = (
        None
    )
    page: Annotated[str | None, "Page on which the customer reads and answers; none without the portal."] = None


@dataclass(frozen=True, slots=True)
class Confirmation:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int | None, "Number of the ticket; none where the mail belongs to no ticket."]
    subject: Annotated[str, "Subject of the held mail; may be empty."]
    because: Annotated[str, "Why it is held, in kebab-case, such as agent-unproved or marker-missing."]
    words: Annotated[str, "The words that would leave; may be empty."]
    link: Annotated[str | None, "Page on which a click releases the mail; none where nothing can be released."]
    hours: Annotated[int, "Hours until the held mail lapses."]
    recipients: Annotated[tuple[Address, ...], "Who would receive it."] = ()
    by_mail: Annotated[str | None, "mailto: URL that confirms; may be none."] = None
    discard_by_mail: Annotated[str | None, "mailto: URL that discards; may be none."] = None
    shown: Annotated[str, "Newer words that its author had not seen; may be empty."] = ""
    understood: Annotated[tuple[str, ...], "The command lines that would be carried out."] = ()
    changes: Annotated[tuple[Changed, ...], "What would change, each with field, was, becomes."] = ()
    internal: Annotated[bool, "True: the words are a note."] = False


@dataclass(frozen=True, slots=True)
class Failure:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str, "Its subject without Re: and number; may be empty."]
    recipient: Annotated[Address, "Whom the answer did not reach: recipient.name (may be empty), recipient.address."]
    response: Annotated[str, "What the other mail server said; may be empty."]
    gave_up: Annotated[bool, "True: tried until the time was up; false: refused for good."]
    other: Annotated[Address | None, "Another address of the same customer that is known; may be none."] = None
    ticket: Annotated[TicketCard | None, "The ticket; its fields stand below. May be none."] = None


@dataclass(frozen=True, slots=True)
class Alert:
    kind: Annotated[Alarm, "What the clock did: warned, broken, escalated, follow-up or snooze-over."]
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    ticket: Annotated[TicketCard, "The ticket; its fields stand below."]
    metric: Annotated[str, "first_response, next_response or resolution; empty where it is about no promise."]
    due: Annotated[str, "When that was or is due, in the calendar's zone; may be empty."]
    share: Annotated[int, "Share of its time that is spent, per cent."]
    level: Annotated[int, "Level of the escalation; 0 where there is none."]


@dataclass(frozen=True, slots=True)
class Receipt:
    kind: Annotated[Outcome, "done, dry (a rehearsal), undone or nothing (all was so already)."]
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    ticket: Annotated[TicketCard | None, "The ticket; its fields stand below. None for mail without one."]
    understood: Annotated[tuple[str, ...], "The command lines as they were understood."] = ()
    changes: Annotated[tuple[Changed, ...], "What changed, each with field, was, becomes; of nothing: before it."] = ()
    recipients: Annotated[tuple[Address, ...], "Who receives the public words."] = ()
    words: Annotated[str, "The beginning of the answer or of the note; may be empty."] = ""
    internal: Annotated[bool, "True: the words are a note."] = False
    waits: Annotated[int, "Seconds until the answer leaves; 0 = it has left at once."] = 0
    skipped: Annotated[tuple[tuple[str, str], ...], "What undo did not restore: field, and why in kebab-case."] = ()
    undo: Annotated[str | None, "Page on which a click takes it back; may be none."] = None
    undo_by_mail: Annotated[str | None, "mailto: URL that takes it back; may be none."] = None
    readers: Annotated[tuple[Address, ...], "Those to whom answers go from now on, after a merge."] = ()
    told: Annotated[tuple[Address, ...], "Customers who are told of the new status."] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    ticket: Annotated[TicketCard | None, "The ticket; its fields stand below. None for mail without one."]
    faults: Annotated[tuple[Fault, ...], "Lines that were not understood: line, because, argument, nearest."]
    words: Annotated[str, "The words that would leave; may be empty."]
    link: Annotated[str | None, "Page on which a click sends it as it stands; none where that makes no sense."]
    discard: Annotated[str | None, "Page on which a click discards it; may be none."]
    hours: Annotated[int, "Hours until the held mail lapses."]


@dataclass(frozen=True, slots=True)
class Queue:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    asked: Annotated[str, "mine, team, unassigned, late, or the words that were sought."]
    rows: Annotated[tuple[QueueRow, ...], "The tickets, in order, each with ticket, since, reply, actions."]
    more: Annotated[int, "How many tickets there are beyond these."]


@dataclass(frozen=True, slots=True)
class Sheet:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    ticket: Annotated[TicketCard, "The ticket; its fields stand below."]
    messages: Annotated[tuple[Earlier, ...], "All that was said; the oldest comes first."]
    actions: Annotated[tuple[Action, ...], "What one tap does, each with name and url."]


@dataclass(frozen=True, slots=True)
class Help:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    commands: Annotated[tuple[tuple[str, str, str], ...], "Of each: how it is written, what it does, an example."]
    personal: Annotated[str, "The agent's own address, for mail that belongs to no ticket."]
    macros: Annotated[tuple[tuple[str, str], ...], "Of each macro: its name, and what it is for."]


@dataclass(frozen=True, slots=True)
class Digest:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    day: Annotated[str, "The day, such as 2026-03-30."]
    sections: Annotated[tuple[Section, ...], "Tickets, each section with kind, team, rows, more."]
    news: Annotated[tuple[News, ...], "What happened that the agent hears in the digest alone."]
    late: Annotated[int, "How many tickets are late."]
    open: Annotated[int, "How many tickets are open."]


@dataclass(frozen=True, slots=True)
class Reminder:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str | None, "Its subject without Re:; none for an address that has not proved itself."]
    signature: Annotated[str, "The desk's signature; may be empty."]
    page: Annotated[str | None, "Page on which the customer reads and answers; none without the portal."] = None


@dataclass(frozen=True, slots=True)
class SignIn:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    link: Annotated[str, "Page on which a click signs in."]
    minutes: Annotated[int, "Minutes until the link lapses."]
    signature: Annotated[str, "The desk's signature; may be empty."]


@dataclass(frozen=True, slots=True)
class Report:
    state: Annotated[Literal["quarantined", "failed"], "What became of the mail."]
    inbound: Annotated[int, "Its number in the ledger."]
    because: Annotated[str, "Why, in kebab-case."]
    detail: Annotated[str, "More about it; may be empty."]
    subject: Annotated[str, "Its subject as far as it could be read; may be empty."]
    from_text: Annotated[str, "Its From as far as it could be read; may be empty."]
    size: Annotated[int, "Size in bytes."]
    command: Annotated[str, "Command that shows it."]


@dataclass(frozen=True, slots=True)
class Paused:
    webhook: Annotated[str, "Name of the webhook in the configuration."]
    host: Annotated[str, "Host that it calls."]
    gone: Annotated[bool, "True: it asked never to be called again; false: it took nothing for too long."]
    reason: Annotated[str, "What its last answer was."]
    since: Annotated[str, "When it first failed, in the calendar's zone."]
    waiting: Annotated[int, "How many events wait for it."]
    command: Annotated[str, "Command that has it go on."]


@dataclass(frozen=True, slots=True)
class Figures:
    title: Annotated[str, "Title of the report."]
    day: Annotated[str, "The day on which it was made, such as 2026-03-30."]
    sentences: Annotated[tuple[str, ...], "What matters first."]
    charts: Annotated[tuple[tuple[str, str], ...], "Of each chart: its Content-ID, and what it shows."]


Context = (
    Acknowledgement
    | Notification
    | Answer
    | Status
    | Confirmation
    | Failure
    | Alert
    | Receipt
    | Unclear
    | Queue
    | Sheet
    | Help
    | Digest
    | Reminder
    | SignIn
    | Report
    | Paused
    | Figures
)

CONTEXTS: dict[str, type[Context]] = {
    "acknowledgement": Acknowledgement,
    "notification": Notification,
    "answer": Answer,
    "status": Status,
    "confirmation": Confirmation,
    "failure": Failure,
    "alert": Alert,
    "receipt": Receipt,
    "unclear": Unclear,
    "queue": Queue,
    "sheet": Sheet,
    "help": Help,
    "digest": Digest,
    "reminder": Reminder,
    "sign-in": SignIn,
    "report": Report,
    "paused": Paused,
    "figures": Figures,
}

CARDS: dict[str, type[Any]] = {
    "ticket": TicketCard,
    "promise": PromiseCard,
    "action": Action,
    "earlier": Earlier,
    "changed": Changed,
    "fault": Fault,
    "row": QueueRow,
    "section": Section,
    "news": News,
}


def variables(context: type[Any]) -> dict[str, str]:
    """Name and meaning of each variable of a context, or of each field of a card."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(context, include_extras=True).items()}


def values(context: Context) -> dict[str, Any]:
    """The variables as a template gets them."""
    return {one.name: getattr(context, one.name) for one in fields(context)}
