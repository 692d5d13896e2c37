"""What the API takes: bodies, each with its limits and an example. Names are in camelCase, unknown ones are refused."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, RootModel
from pydantic import Tag as Form
from pydantic.alias_generators import to_camel

from daemon.core.status import Priority, Status, Type
from daemon.desk.house import House
from daemon.web.api.patterns import BASE64, CONTENT_TYPE, EMAIL, LANGUAGE, NO_NUL, TICKET_ID, UPLOAD_ID, WORD

LONGEST_WORDS = 80_000
MOST_TAGS = 50
LARGEST_NUMBER = 10**18 - 1
MOST_FILES = 20

Words = Annotated[str, Field(min_length=1, max_length=LONGEST_WORDS)]
Line = Annotated[str, Field(min_length=1, max_length=250)]
Email = Annotated[str, Field(max_length=254, pattern=EMAIL, examples=["customer@example.net"])]
Name = Annotated[str, Field(max_length=200)]
Tag = Annotated[str, Field(pattern=WORD)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS, json_schema_extra={"uniqueItems": True})]
Assignee = Annotated[
    str,
    Field(min_length=1, max_length=254, description="An agent: an address, or an id.", examples=["agent@example.com"]),
]
TicketId = Annotated[str, Field(pattern=TICKET_ID, examples=["ticket_1042"])]


def _plain(value: object) -> object:
    """What a field may hold, told in one sentence where it is something else."""
    if isinstance(value, bool | list | dict):
        raise ValueError("write a text, a number or null")
    return value


Fields = Annotated[
    dict[str, Annotated[str | int | float | None, BeforeValidator(_plain)]],
    Field(max_length=100, description="Fields that the operator declared; null takes a value away."),
]


RFC3339 = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:]{8}(\.[0-9]{1,30})?([Zz]|[+-][0-9:]{5})", re.ASCII)


def _written(value: object) -> object:
    """An instant as RFC 3339 writes it, and nothing else that could be taken for one."""
    found = RFC3339.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError("write an instant as RFC 3339 does, such as 2026-11-28T09:30:00Z")
    fraction = found[1] or ""
    return found[0].replace(fraction, fraction[:7], 1) if fraction else value


Instant = Annotated[AwareDatetime, BeforeValidator(_written), Field(strict=False)]


class Body(BaseModel):
    """What somebody sends."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", strict=True)


class Contact(Body):
    """Whose ticket it is."""

    email: Email
    name: Name = ""


class Uploaded(Body):
    """A file that was uploaded before."""

    upload: Annotated[str, Field(pattern=UPLOAD_ID)]


class Enclosed(Body):
    """A file, as it is."""

    name: Annotated[str, Field(min_length=1, max_length=180, examples=["printer.txt"])]
    content: Annotated[
        str, Field(pattern=BASE64, description="Its bytes in base64.", json_schema_extra={"contentEncoding": "base64"})
    ]
    content_type: Annotated[
        str,
        Field(max_length=100, pattern=CONTENT_TYPE, examples=["text/plain"]),
    ] = "application/octet-stream"

    def data(self) -> bytes:
        """Its bytes; ValueError if it is no base64."""
        try:
            return base64.b64decode(self.content, validate=True)
        except binascii.Error as error:
            raise ValueError(str(error)) from None


def _form(value: object) -> str:
    """Which of the two forms of a file is meant, so that the faults of one are told, and not those of both."""
    return "upload" if isinstance(value, Uploaded) or (isinstance(value, dict) and "upload" in value) else "file"


OneFile = Annotated[Annotated[Uploaded, Form("upload")] | Annotated[Enclosed, Form("file")], Discriminator(_form)]
Files = Annotated[list[OneFile], Field(max_length=MOST_FILES)]


class NewTicket(Body):
    """A ticket to be opened. ``user`` is whose it is; a requester's token says that itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "subject": "Printer on fire",
                "description": "The printer on the second floor is on fire.",
                "user": {"email": "customer@example.net", "name": "A customer"},
                "priority": "high",
            }
        }
    )
    subject: Line
    description: Words
    user: Contact | None = None
    desk: Annotated[str, Field(max_length=40, description="A desk's name; else the first one.")] | None = None
    priority: Priority | None = None
    type: Type | None = None
    team: Annotated[str, Field(max_length=40)] | None = None
    assigned_to: Assignee | None = None
    tags: Tags = []
    fields: Fields = {}
    attachments: Files = []


class Resolution(Body):
    """How it ended: a code of the desk's own, and words."""

    code: Annotated[str, Field(pattern=WORD, examples=["fixed"])] | None = None
    text: Annotated[str, Field(max_length=2_000)] | None = None


class TicketChange(Body):
    """What a ticket is to be. Only what is given is changed; null takes a value away where there can be none.

    What only the desk says (id, user, createdAt …) may stand there and is not looked at.
    """

    model_config = ConfigDict(json_schema_extra={"example": {"status": "resolved", "tags": ["printer"]}})
    subject: Line = ""
    status: Status = "open"
    priority: Priority = "medium"
    type: Type = "question"
    team: Annotated[str, Field(max_length=40)] = ""
    assigned_to: Assignee | None = None
    tags: Tags = []
    resolution: Resolution | None = None
    snoozed_until: Annotated[Instant | None, Field(description="Until then the ticket is put aside (on_hold).")] = None
    fields: Fields = {}


READ_ONLY = frozenset(
    "id number description user assignee createdAt updatedAt resolvedAt closedAt firstResponseAt desk channel "
    "escalationLevel promises mergedInto undelivered descriptionTruncated".split()
)
"""Members of a ticket that only the desk says."""


class NewReply(Body):
    """What is to be said to everyone who takes part. ``author``: of a program, the customer whose words these are;
    ``status``: of an agent, what the reply makes of the ticket."""

    model_config = ConfigDict(json_schema_extra={"example": {"kind": "reply", "body": "We are on our way."}})
    kind: Literal["reply"]
    body: Words
    author: Email | None = None
    status: Status | None = None
    attachments: Files = []


class NewNote(Body):
    """What is to be said to colleagues alone."""

    model_config = ConfigDict(json_schema_extra={"example": {"kind": "note", "body": "They called twice."}})
    kind: Literal["note"]
    body: Words
    attachments: Files = []


class NewMessage(RootModel[Annotated[NewReply | NewNote, Field(discriminator="kind")]]):
    """A reply or a note."""


class Merge(Body):
    """Into which ticket."""

    model_config = ConfigDict(json_schema_extra={"example": {"into": "ticket_7"}})
    into: TicketId


class NewRating(Body):
    """How somebody was served; a requester's token says who, else it is the ticket's requester."""

    model_config = ConfigDict(json_schema_extra={"example": {"positive": True}})
    positive: bool


class CardChange(Body):
    """What stands on somebody's card; only what is given is changed."""

    model_config = ConfigDict(json_schema_extra={"example": {"organisation": "Example Ltd"}})
    name: Name = ""
    phone: Annotated[str, Field(max_length=60)] = ""
    organisation: Annotated[str, Field(max_length=200)] = ""
    remark: Annotated[str, Field(max_length=4_000)] = ""
    language: Annotated[str, Field(pattern=LANGUAGE, examples=["de"])] | None = None


def asks(model: type[BaseModel], *types: str, house: House | None = None) -> dict[str, Any]:
    """The part of an operation's document that tells of its body, with what the configuration of a house knows."""
    schema = model.model_json_schema()
    known = schema.pop("$defs", {})
    told = _whole(schema, known)
    if house is not None:
        properties = told["properties"]
        properties |= {name: each for name, each in configured(house).items() if name in properties}
    content = {kind: {"schema": told} for kind in types or ("application/json",)}
    return {"requestBody": {"required": True, "content": content}}


def configured(house: House, *, whole: bool = True) -> dict[str, Any]:
    """Members whose values the operator declared; not ``whole``: with those names alone that customers know."""
    kinds: dict[str, dict[str, Any]] = {
        "text": {"type": ["string", "null"], "maxLength": 1_000, "pattern": NO_NUL},
        "number": {
            "type": ["integer", "string", "null"],
            "minimum": -LARGEST_NUMBER,
            "maximum": LARGEST_NUMBER,
            "pattern": r"^[+-]?[0-9]{1,18}(\.[0-9]{1,9})?$",
            "examples": [12, "12.5"],
        },
        "date": {"type": ["string", "null"], "format": "date"},
    }
    fields = {
        one.name: {
            "title": one.title,
            **(kinds[one.kind] if one.kind != "choice" else {"enum": [*one.choices, None]}),
        }
        for one in house.policy.fields
        if whole or one.portal
    }
    teams = {"enum": sorted(house.config.teams)} if whole else {"pattern": NO_NUL}
    return {
        "team": {"type": "string", **teams},
        "desk": {"type": "string", "enum": [desk.name for desk in house.config.desk if whole or desk.portal]},
        "fields": {"type": "object", "properties": fields, "additionalProperties": not whole},
    }


def _whole(schema: Any, known: dict[str, Any]) -> Any:
    """A schema with what it refers to in its place, without NUL (``bodies`` refuses it), and without defaults that
    stand for "not given"."""
    if isinstance(schema, list):
        return [_whole(one, known) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _whole(known[schema["$ref"].rpartition("/")[2]], known)
    if schema.get("type") == "string" and not {"pattern", "enum", "const", "format"} & set(schema):
        schema = schema | {"pattern": NO_NUL}
    return {name: _whole(value, known) for name, value in schema.items() if name not in ("default", "discriminator")}
