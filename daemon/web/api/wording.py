"""What pydantic finds wrong, in sentences of ours: what to write in its place, and nothing of what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from daemon.web.api.patterns import SENTENCES

UNFIT = "This does not fit; the API's document tells what does."
RAISED = ("value_error", "assertion_error")
PLAIN = {
    "missing": "This is required.",
    "string_type": "Write a text.",
    "int_type": "Write a whole number.",
    "int_parsing": "Write a whole number.",
    "bool_type": "Write true or false.",
    "list_type": "Write a list.",
    "dict_type": "Write an object.",
    "model_type": "Write an object.",
    "model_attributes_type": "Write an object.",
    "datetime_parsing": "There is no such instant.",
    "datetime_from_date_parsing": "There is no such instant.",
    "datetime_object_invalid": "There is no such instant.",
}
UNKNOWN = {"query": "There is no such parameter.", "body": "There is no such member here."}


def sentence(error: Mapping[str, Any], place: str = "body") -> str:
    """What one of pydantic's errors says; ``place``: where what is wrong was sent."""
    kind, told = error["type"], error.get("ctx", {})
    match kind:
        case "extra_forbidden":
            return UNKNOWN.get(place, UNFIT)
        case "string_pattern_mismatch":
            return SENTENCES.get(told["pattern"], UNFIT)
        case "string_too_short" | "too_short":
            least = told["min_length"]
            return "This may not be empty." if least == 1 else f"At least {least:,} {_things(kind)} are wanted."
        case "string_too_long" | "too_long":
            return f"At most {told['max_length']:,} {_things(kind)} are taken."
        case "greater_than_equal":
            return f"Write {told['ge']:,} or more."
        case "less_than_equal":
            return f"Write {told['le']:,} or less."
        case "literal_error" | "enum":
            return f"Write one of {_choices(told['expected'])}."
        case "union_tag_invalid":
            return f"Write one of {_choices(told['expected_tags'])} as {told['discriminator']}.".replace("'", "")
        case "union_tag_not_found":
            return f"This needs a member {told['discriminator']}.".replace("'", "")
        case _ if kind in RAISED:
            return _ended(str(told.get("error", UNFIT)))
    return PLAIN.get(kind, UNFIT)


def _things(kind: str) -> str:
    return "characters" if kind.startswith("string") else "of them"


def _choices(told: str) -> str:
    return told.replace("'", "").replace(" or ", ", ")


def _ended(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."
