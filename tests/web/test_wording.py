"""What is wrong with a request is told in our own words, and says what to write instead."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import TypeAdapter, ValidationError
from pydantic_core.core_schema import ErrorType

from daemon.web.api.models import CardChange, NewMessage, NewTicket, TicketChange
from daemon.web.api.patterns import SENTENCES
from daemon.web.api.wording import sentence

GOOD = {"subject": "x", "description": "y"}
FILE = {"name": "a", "content": "aGk="}


def faults(model: Any, data: object) -> list[str]:
    """The sentences for data that a model refuses."""
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(model).validate_python(data)
    return [sentence(error) for error in refused.value.errors()]


@pytest.mark.parametrize(
    ("model", "data", "says"),
    [
        (NewTicket, [], "Write an object."),
        (NewTicket, {"description": "y"}, "This is required."),
        (NewTicket, GOOD | {"subject": 7}, "Write a text."),
        (NewTicket, GOOD | {"subject": ""}, "This may not be empty."),
        (NewTicket, GOOD | {"subject": "x" * 251}, "At most 250 characters are taken."),
        (NewTicket, GOOD | {"colour": "red"}, "There is no such member here."),
        (NewTicket, GOOD | {"priority": "hot"}, "Write one of low, medium, high, urgent."),
        (NewTicket, GOOD | {"user": "a@b.example"}, "Write an object."),
        (NewTicket, GOOD | {"user": {"email": "a@b"}}, "Write an address such as customer@example.net."),
        (NewTicket, GOOD | {"tags": "vip"}, "Write a list."),
        (NewTicket, GOOD | {"tags": ["Vip!"]}, "Write up to 40 lower-case letters, digits and hyphens."),
        (NewTicket, GOOD | {"tags": ["a"] * 51}, "At most 50 of them are taken."),
        (NewTicket, GOOD | {"fields": {"x": []}}, "Write a text, a number or null."),
        (NewTicket, GOOD | {"attachments": [FILE | {"content": "%"}]}, "Write its bytes in base64."),
        (NewTicket, GOOD | {"attachments": [FILE | {"contentType": "text"}]}, "Write a type such as text/plain."),
        (NewTicket, GOOD | {"attachments": [{"upload": "x"}]}, "Write the id that the upload was answered with."),
        (TicketChange, {"resolution": "fixed"}, "Write an object."),
        (TicketChange, {"snoozedUntil": "2026-13-01T00:00:00Z"}, "There is no such instant."),
        (TicketChange, {"snoozedUntil": "soon"}, "Write an instant as RFC 3339 does, such as 2026-11-28T09:30:00Z."),
        (CardChange, {"language": "German"}, "Write a language such as de or pt-BR."),
        (NewMessage, {"body": "x"}, "This needs a member kind."),
        (NewMessage, {"kind": "shout", "body": "x"}, "Write one of reply, note as kind."),
    ],
)
def test_a_fault_says_what_to_write_instead(model: Any, data: object, says: str) -> None:
    assert faults(model, data) == [says]


@pytest.mark.parametrize("kind", get_args(ErrorType))
def test_no_fault_is_told_in_the_words_of_a_library(kind: str) -> None:
    words = dict.fromkeys(("pattern", "expected", "expected_tags", "discriminator", "error"), "it is so")
    numbers = dict.fromkeys(("ge", "le", "min_length", "max_length"), 7)
    told = sentence({"type": kind, "msg": "Input should be something else", "ctx": words | numbers})
    assert told.endswith(".")
    assert "nput should" not in told


def test_every_pattern_has_its_sentence() -> None:
    assert all(says[0].isupper() and says.endswith(".") for says in SENTENCES.values())
