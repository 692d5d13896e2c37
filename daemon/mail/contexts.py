"""What each template of a mail may say: one frozen value for each, its fields the template's variables.

``docs/templates.md`` lists them for operators; a test holds list and code equal. ``language`` is a variable of every
template. Text that nobody has vouched for does not stand in a context at all where it must not be repeated: an
acknowledgement to an unproved address gets no subject, whatever its template says (invariant 10).
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from daemon.core.values import Address


def says(sentence: str) -> Any:
    return field(metadata={"says": sentence})


@dataclass(frozen=True, slots=True)
class DeskCard:
    title: str = says("Name of the desk, such as Support.")
    address: str = says("Address that customers write to.")


@dataclass(frozen=True, slots=True)
class TicketCard:
    number: int = says("Number of the ticket.")
    subject: str = says("Subject without Re: and number; may be empty.")
    status: str = says("new, open, pending, on_hold, resolved or closed.")
    priority: str = says("low, medium, high or urgent.")
    team: str = says("Name of the team; may be empty.")
    assignee: str = says("Name of the agent who has it; empty = nobody.")
    requester: Address = says("The customer: requester.name (may be empty) and requester.address.")


@dataclass(frozen=True, slots=True)
class File:
    name: str = says("Name of the file.")
    size: int = says("Size in bytes; the filter size makes it readable.")
    enclosed: bool = says("False: too large to travel along, kept with the ticket.")


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    desk: DeskCard = says("The desk: desk.title, desk.address.")
    number: int = says("Number of the new ticket.")
    subject: str | None = says("Its subject without Re:; none for an address that has not proved itself.")
    signature: str = says("The desk's signature; may be empty.")


@dataclass(frozen=True, slots=True)
class Notification:
    kind: Literal["opened", "replied"] = says("opened: the mail opened the ticket; replied: it joined it.")
    desk: DeskCard = says("The desk: desk.title, desk.address.")
    author: Address = says("Who wrote: author.name (may be empty), author.address.")
    words: str = says("The new words; may be empty. In text wrapped at 72 columns.")
    files: tuple[File, ...] = says("Attachments, each with name, size, enclosed.")
    ticket: TicketCard = says("The ticket: number, subject, status, priority, team, assignee, requester.")


@dataclass(frozen=True, slots=True)
class Answer:
    desk: DeskCard = says("The desk: desk.title, desk.address.")
    number: int = says("Number of the ticket.")
    subject: str = says("Its subject without Re: and number; may be empty.")
    agent: str = says("Name of the agent.")
    words: str = says("What the agent wrote, as text.")
    words_html: str | None = says("The same as sanitised HTML; none where the agent wrote plain text.")
    signature: str = says("The agent's signature, else the desk's; may be empty.")


@dataclass(frozen=True, slots=True)
class Status:
    kind: Literal["pending", "resolved", "closed", "reopened"] = says("What became of the ticket.")
    desk: DeskCard = says("The desk: desk.title, desk.address.")
    number: int = says("Number of the ticket.")
    subject: str | None = says("Its subject without Re:; none for an address that has not proved itself.")
    signature: str = says("The desk's signature; may be empty.")


@dataclass(frozen=True, slots=True)
class Confirmation:
    desk: DeskCard = says("The desk: desk.title, desk.address.")
    number: int | None = says("Number of the ticket; none where the mail belongs to no ticket.")
    subject: str = says("Subject of the held mail; may be empty.")
    because: str = says("Why it is held, in kebab-case, such as no-evidence or marker-missing.")
    words: str = says("The words that would leave; may be empty.")
    link: str | None = says("Page on which a click releases the mail; none where nothing can be released.")
    hours: int = says("Hours until the held mail lapses.")


@dataclass(frozen=True, slots=True)
class Failure:
    desk: DeskCard = says("The desk: desk.title, desk.address.")
    number: int = says("Number of the ticket.")
    subject: str = says("Its subject without Re: and number; may be empty.")
    recipient: Address = says("Whom the answer did not reach: recipient.name (may be empty), recipient.address.")
    response: str = says("What the other mail server said; may be empty.")
    gave_up: bool = says("True: tried until the time was up; false: refused for good.")


@dataclass(frozen=True, slots=True)
class Report:
    state: Literal["quarantined", "failed"] = says("What became of the mail.")
    inbound: int = says("Its number in the ledger.")
    because: str = says("Why, in kebab-case.")
    detail: str = says("More about it; may be empty.")
    subject: str = says("Its subject as far as it could be read; may be empty.")
    from_text: str = says("Its From as far as it could be read; may be empty.")
    size: int = says("Size in bytes.")
    command: str = says("Command that shows it.")


Context = Acknowledgement | Notification | Answer | Status | Confirmation | Failure | Report

CONTEXTS: dict[str, type[Context]] = {
    "acknowledgement": Acknowledgement,
    "notification": Notification,
    "answer": Answer,
    "status": Status,
    "confirmation": Confirmation,
    "failure": Failure,
    "report": Report,
}


def variables(context: type[Any]) -> dict[str, str]:
    """Name and meaning of each variable."""
    return {one.name: str(one.metadata["says"]) for one in fields(context)}


def values(context: Context) -> dict[str, Any]:
    """The variables as a template gets them."""
    return {one.name: getattr(context, one.name) for one in fields(context)}
