"""What the API answers of tickets, for its document. Answers are not checked against it; tests do that."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from daemon.core.status import Priority, Status, Type

Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-11-28T09:30:00Z"])]


class Answer(BaseModel):
    """What is answered."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


class Brief(Answer):
    """Somebody, in short."""

    id: Annotated[str, Field(examples=["user_7"])]
    email: str | None
    name: str


class User(Brief):
    """Whose a ticket is."""

    phone: str
    organisation: str


class Promise(Answer):
    """A promise on the ticket."""

    metric: Literal["first_response", "next_response", "resolution"]
    cycle: int
    state: Literal["running", "paused", "kept", "broken", "cancelled"]
    due_at: Moment | None
    warned_at: Moment | None
    broken_at: Moment | None
    kept_at: Moment | None
    ended_at: Moment | None


class Resolved(Answer):
    """How it ended."""

    code: str | None
    text: str | None


class Ticket(Answer):
    """A ticket. What has a default here is for the desk alone: a requester's token does not see it."""

    id: Annotated[str, Field(examples=["ticket_1042"])]
    number: int
    subject: str
    description: Annotated[str, Field(description="The words that it began with.")]
    description_truncated: Annotated[bool, Field(description="A list cuts long descriptions.")]
    priority: Priority
    status: Status
    type: Type
    assigned_to: Annotated[str | None, Field(description="The agent's address.")]
    user: User
    desk: str
    created_at: Moment
    updated_at: Moment
    first_response_at: Moment | None
    resolved_at: Moment | None
    closed_at: Moment | None
    assignee: Brief | None = None
    team: str = ""
    tags: list[str] = []
    channel: str = ""
    resolution: Resolved | None = None
    escalation_level: int = 0
    snoozed_until: Moment | None = None
    merged_into: str | None = None
    undelivered: Annotated[bool, Field(description="The last answer is known not to have arrived.")] = False
    fields: Annotated[dict[str, str], Field(description="Of a requester: those that clients see.")] = {}
    promises: list[Promise] = []


class Tickets(Answer):
    """A page of tickets."""

    data: list[Ticket]
    next_cursor: Annotated[str | None, Field(description="Begins the next page; null on the last one.")]


class Attachment(Answer):
    """A file of a message."""

    id: Annotated[str, Field(examples=["attachment_12-2"])]
    message_id: str
    name: str
    content_type: Annotated[str, Field(description="What whoever sent it says that it is.")]
    size: int
    sha256: str
    inline: bool
    href: str


class Message(Answer):
    """Something that was said."""

    id: Annotated[str, Field(examples=["message_12"])]
    ticket_id: str
    kind: Literal["customer", "agent", "note", "automatic", "bounce"]
    state: Annotated[
        Literal["filed", "waiting", "held", "withdrawn"],
        Field(description="waiting: until its undo time is over; held: for its agent's word."),
    ]
    subject: str
    body: str
    language: str | None
    author: Brief | None
    created_at: Moment
    received_at: Moment
    attachments: list[Attachment]
    channel: str = ""
    because: str = ""
    evidence: str = ""


class Messages(Answer):
    """Messages, oldest first."""

    data: list[Message]
    next_after: Annotated[str | None, Field(description="There are more after this one.")]


class Files(Answer):
    """The files of a ticket."""

    data: list[Attachment]


class Upload(Answer):
    """A file that waits for its message."""

    id: Annotated[str, Field(examples=["upload_aaaabbbbccccddddeeeeffffgggghhhh"])]
    name: str
    content_type: str
    size: int
    expires_at: Moment


class Event(Answer):
    """Something that happened to a ticket: ids, never words."""

    id: Annotated[str, Field(examples=["event_99"])]
    ticket_id: str
    kind: Annotated[str, Field(examples=["status_changed"])]
    at: Moment
    recorded_at: Moment
    message_id: str | None
    data: dict[str, Any]
    actor: str | None = None
    because: str = ""


class Events(Answer):
    """Events, oldest first."""

    data: list[Event]
    next_after: str | None


def says(model: type[BaseModel], sentence: str) -> dict[str, Any]:
    """A response in the document."""
    return {"model": model, "description": sentence}


_VERSION = {"ETag": {"description": "The version of the ticket.", "schema": {"type": "string"}}}
TICKET = says(Ticket, "The ticket.") | {"headers": _VERSION}
TICKETS: dict[int | str, dict[str, Any]] = {200: says(Tickets, "A page of tickets.")}
MESSAGE = says(Message, "The message.")
MESSAGES: dict[int | str, dict[str, Any]] = {200: says(Messages, "Messages.")}
FILES: dict[int | str, dict[str, Any]] = {200: says(Files, "The files.")}
UPLOAD = says(Upload, "It waits an hour.")
_BYTES: dict[str, Any] = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "headers": {
        "ETag": {"description": "The bytes' own SHA-256.", "schema": {"type": "string"}},
        "Content-Disposition": {"description": "Its name, to be saved under.", "schema": {"type": "string"}},
    },
}
_PART = {"Content-Range": {"description": "Which bytes, and of how many.", "schema": {"type": "string"}}}
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file.", **_BYTES},
    206: {"description": "The part that was asked for.", **_BYTES, "headers": _BYTES["headers"] | _PART},
    304: {"description": "It is the file that If-None-Match names."},
    416: {"description": "It has no such part."},
}
