"""The values that stand in the context of a mail: a desk, a ticket, a promise, a row of a list.

``docs/templates.md`` lists their fields; a test holds list and code equal. Times are written out, in the zone of the
desk; URLs are ours and complete, a ``mailto:`` with subject and body already encoded (``daemon.mail.mailto``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from daemon.core.values import Address

ActionName = Literal["take", "resolve", "note", "snooze", "priority", "close", "reopen"]
PromiseState = Literal["running", "paused", "broken"]
Voice = Literal["customer", "agent", "note", "automatic"]
List = Literal["mine", "unassigned", "team", "watched"]


@dataclass(frozen=True, slots=True)
class DeskCard:
    title: Annotated[str, "Name of the desk, such as Support."]
    address: Annotated[str, "Address that customers write to."]


@dataclass(frozen=True, slots=True)
class PromiseCard:
    metric: Annotated[str, "first_response, next_response or resolution."]
    state: Annotated[PromiseState, "running, paused or broken."]
    due: Annotated[str, "When it is due, in the desk's zone; may be empty."]
    left: Annotated[int | None, "Seconds that are left, below 0 = late; the filter span makes them readable."]


@dataclass(frozen=True, slots=True)
class TicketCard:
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str, "Subject without Re: and number; may be empty."]
    status: Annotated[str, "new, open, pending, on_hold, resolved, closed, merged or spam."]
    priority: Annotated[str, "low, medium, high or urgent."]
    team: Annotated[str, "Name of the team; may be empty."]
    assignee: Annotated[str, "Name of the agent who has it; empty = nobody."]
    requester: Annotated[Address, "The customer: requester.name (may be empty) and requester.address."]
    type: Annotated[str, "question, incident, problem or task; may be empty."] = ""
    tags: Annotated[tuple[str, ...], "Its tags."] = ()
    participants: Annotated[tuple[Address, ...], "To whom an answer goes, each with name and address."] = ()
    promises: Annotated[tuple[PromiseCard, ...], "What was promised and is still to come, the nearest first."] = ()
    earlier: Annotated[int, "How many earlier tickets the requester has."] = 0
    open_others: Annotated[tuple[tuple[int, str], ...], "Other open tickets of the requester: number, subject."] = ()
    since: Annotated[str, "The day since which the requester is known; may be empty."] = ""
    undelivered: Annotated[Address | None, "Whom an answer did not reach, as long as that is not settled."] = None
    snoozed_until: Annotated[str, "Until when the ticket is put aside; may be empty."] = ""
    organisation: Annotated[str, "The requester's organisation; may be empty."] = ""
    phone: Annotated[str, "The requester's phone number; may be empty."] = ""
    remark: Annotated[str, "What agents noted of the requester; may be empty."] = ""
    merged_into: Annotated[int | None, "Number of the ticket in which it goes on, if it was merged."] = None


@dataclass(frozen=True, slots=True)
class File:
    name: Annotated[str, "Name of the file."]
    size: Annotated[int, "Size in bytes; the filter size makes it readable."]
    enclosed: Annotated[bool, "False: too large to travel along, kept with the ticket."]


@dataclass(frozen=True, slots=True)
class Action:
    name: Annotated[ActionName, "take, resolve, note, snooze, priority, close or reopen."]
    url: Annotated[str, "mailto: URL of a mail that does it."]


@dataclass(frozen=True, slots=True)
class Earlier:
    kind: Annotated[Voice, "customer, agent, note (internal) or automatic."]
    author: Annotated[Address, "Who wrote: author.name (may be empty), author.address."]
    when: Annotated[str, "When it was written, in the desk's zone."]
    words: Annotated[str, "What was written; may be empty."]
    shortened: Annotated[bool, "True: there was more of it."]
    waits: Annotated[bool, "True: an answer that has not left yet."] = False


@dataclass(frozen=True, slots=True)
class Changed:
    field: Annotated[str, "What changed, such as status, assignee, tag, snooze, merge or note."]
    was: Annotated[str, "What it was; may be empty."]
    becomes: Annotated[str, "What it becomes; may be empty."]


@dataclass(frozen=True, slots=True)
class Fault:
    line: Annotated[str, "The line as it was written."]
    because: Annotated[str, "What is wrong with it, in kebab-case, such as unknown-command."]
    argument: Annotated[str, "The part that is wrong; empty = the line as a whole."]
    nearest: Annotated[tuple[str, ...], "What may have been meant, as it would be written, the nearest first."]


@dataclass(frozen=True, slots=True)
class QueueRow:
    ticket: Annotated[TicketCard, "The ticket; its fields stand above."]
    since: Annotated[str, "Since when its last word waits, in the desk's zone; may be empty."]
    reply: Annotated[str, "mailto: URL of the reader's own reply address on this ticket, or where it goes on."]
    actions: Annotated[tuple[Action, ...], "What one tap does, each with name and url."]


@dataclass(frozen=True, slots=True)
class Section:
    kind: Annotated[List, "mine, unassigned, team or watched."]
    team: Annotated[str, "Name of the team; empty for the other kinds."]
    rows: Annotated[tuple[QueueRow, ...], "The tickets, in order, each with ticket, since, reply, actions."]
    more: Annotated[int, "How many tickets there are beyond these."]


@dataclass(frozen=True, slots=True)
class News:
    number: Annotated[int, "Number of the ticket."]
    subject: Annotated[str, "Its subject without Re: and number; may be empty."]
    kind: Annotated[str, "What happened: opened, replied, assigned, noted, mentioned, answered and the like."]
    who: Annotated[str, "Name of who did it; may be empty."]
    when: Annotated[str, "When it was, in the desk's zone."]
    words: Annotated[str, "The beginning of what was written; may be empty."]
    merged_into: Annotated[int | None, "Number of the ticket in which it goes on, if it was merged."] = None
