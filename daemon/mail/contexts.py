"""What each template of a mail may say: one frozen value for each, its fields the template's variables.

``docs/templates.md`` lists them for operators; a test holds list and code equal. ``language`` is a variable of every
template. Text that nobody has vouched for does not stand in a context at all where it must not be repeated: an
acknowledgement to an unproved address gets no subject, whatever its template says (invariant 10).
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal, get_type_hints

from daemon.core.values import Address

Occasion = Literal["opened", "replied"]
Change = Literal["pending", "resolved", "closed", "reopened"]
Alarm = Literal["warned", "broken", "escalated", "follow-up", "snooze-over"]


@dataclass(frozen=True, slots=True)
class DeskCard:
    title: Annotated[str, "Name of the desk, such as Support."]
    address: Annotated[str, "Address that customers write to."]


@dataclass(frozen=True, slots=True)
class TicketCard:
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str, "Subject without Re: and number; may be empty."]
    status: Annotated[str, "new, open, pending, on_hold, resolved or closed."]
    priority: Annotated[str, "low, medium, high or urgent."]
    team: Annotated[str, "Name of the team; may be empty."]
    assignee: Annotated[str, "Name of the agent who has it; empty = nobody."]
    requester: Annotated[Address, "The customer: requester.name (may be empty) and requester.address."]


@dataclass(frozen=True, slots=True)
class File:
    name: Annotated[str, "Name of the file."]
    size: Annotated[int, "Size in bytes; the filter size makes it readable."]
    enclosed: Annotated[bool, "False: too large to travel along, kept with the ticket."]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the new ticket."]
    subject: Annotated[str | None, "Its subject without Re:; none for an address that has not proved itself."]
    signature: Annotated[str, "The desk's signature; may be empty."]


@dataclass(frozen=True, slots=True)
class Notification:
    kind: Annotated[Occasion, "opened: the mail opened the ticket; replied: it joined it."]
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    author: Annotated[Address, "Who wrote: author.name (may be empty), author.address."]
    words: Annotated[str, "The new words; may be empty. The text part is wrapped at 72 columns."]
    files: Annotated[tuple[File, ...], "Attachments, each with name, size, enclosed."]
    ticket: Annotated[TicketCard, "The ticket: number, subject, status, priority, team, assignee, requester."]


@dataclass(frozen=True, slots=True)
class Answer:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str | None, "Its subject without Re:; none for an address that has not proved itself."]
    agent: Annotated[str, "Name of the agent."]
    words: Annotated[str, "What the agent wrote, as text."]
    words_html: Annotated[str | None, "The same as sanitised HTML; none where the agent wrote plain text."]
    signature: Annotated[str, "The agent's signature, else the desk's; may be empty."]


@dataclass(frozen=True, slots=True)
class Status:
    kind: Annotated[Change, "What became of the ticket."]
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str | None, "Its subject without Re:; none for an address that has not proved itself."]
    signature: Annotated[str, "The desk's signature; may be empty."]


@dataclass(frozen=True, slots=True)
class Confirmation:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int | None, "Number of the ticket; none where the mail belongs to no ticket."]
    subject: Annotated[str, "Subject of the held mail; may be empty."]
    because: Annotated[str, "Why it is held, in kebab-case, such as agent-unproved or marker-missing."]
    words: Annotated[str, "The words that would leave; may be empty."]
    link: Annotated[str | None, "Page on which a click releases the mail; none where nothing can be released."]
    hours: Annotated[int, "Hours until the held mail lapses."]


@dataclass(frozen=True, slots=True)
class Failure:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str, "Its subject without Re: and number; may be empty."]
    recipient: Annotated[Address, "Whom the answer did not reach: recipient.name (may be empty), recipient.address."]
    response: Annotated[str, "What the other mail server said; may be empty."]
    gave_up: Annotated[bool, "True: tried until the time was up; false: refused for good."]


@dataclass(frozen=True, slots=True)
class Alert:
    kind: Annotated[Alarm, "What the clock did: warned, broken, escalated, follow-up or snooze-over."]
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    ticket: Annotated[TicketCard, "The ticket: number, subject, status, priority, team, assignee, requester."]
    metric: Annotated[str, "first_response, next_response or resolution; empty where it is about no promise."]
    due: Annotated[str, "When that was or is due, in the calendar's zone; may be empty."]
    share: Annotated[int, "Share of its time that is spent, per cent."]
    level: Annotated[int, "Level of the escalation; 0 where there is none."]


@dataclass(frozen=True, slots=True)
class Reminder:
    desk: Annotated[DeskCard, "The desk: desk.title, desk.address."]
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str | None, "Its subject without Re:; none for an address that has not proved itself."]
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
class Figures:
    title: Annotated[str, "Title of the report."]
    day: Annotated[str, "The day on which it was made, such as 2026-03-30."]
    sentences: Annotated[tuple[str, ...], "What matters first."]
    charts: Annotated[tuple[tuple[str, str], ...], "Of each chart: its Content-ID, and what it shows."]


Context = (
    Acknowledgement | Notification | Answer | Status | Confirmation | Failure | Alert | Reminder | Report | Figures
)

CONTEXTS: dict[str, type[Context]] = {
    "acknowledgement": Acknowledgement,
    "notification": Notification,
    "answer": Answer,
    "status": Status,
    "confirmation": Confirmation,
    "failure": Failure,
    "alert": Alert,
    "reminder": Reminder,
    "report": Report,
    "figures": Figures,
}


def variables(context: type[Context]) -> dict[str, str]:
    """Name and meaning of each variable."""
    return {name: hint.__metadata__[0] for name, hint in get_type_hints(context, include_extras=True).items()}


def values(context: Context) -> dict[str, Any]:
    """The variables as a template gets them."""
    return {one.name: getattr(context, one.name) for one in fields(context)}
