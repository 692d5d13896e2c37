"""Text of others, before it stands in a mail to an agent.

Rules:
- No text sets a mark (``marks``).
- What is one line stays one, without control characters and of at most 2,000 characters; words alone keep their lines.
- A name is no place for an address.
"""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from daemon.core.values import Address
from daemon.mail.cards import News, TicketCard
from daemon.mail.fields import clean
from daemon.mail.marks import defused

LONGEST_SUBJECT = 200
LONGEST_NAME = 100
LONGEST_LINE = 2_000
LONGEST_WORDS = 100_000
WORDS = ("words", "shown", "remark")

_REPLY_WORDS = "re|aw|antw|antwort|sv|vs|ref|rif|r|odp|ynt|回复|答复|返信"
_REPLY_PREFIX = re.compile(rf"(?:{_REPLY_WORDS})(?:\[\d{{1,3}}\])?\s?[:：]\s*", re.IGNORECASE)

Value = TypeVar("Value")


def base_subject(subject: str, number: int | None = None) -> str:
    """A subject without its Re: and without the tag of this ticket, on one line, of at most 200 characters."""
    subject = clean(subject)
    if number:
        subject = clean(subject.replace(f"[#{number}]", " "))
    while match := _REPLY_PREFIX.match(subject):
        subject = subject[match.end() :]
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1].rstrip() + "…"


def harmless(value: Value) -> Value:
    """The same value with each text in it made harmless, however deep it stands."""
    return cast(Value, _harmless(value))


def beginning(words: str, most: int) -> str:
    """The first ``most`` characters of words, without a mark; what is left out is told."""
    words = defused(words).strip()
    return words if len(words) <= most else words[:most].rstrip() + " […]"


def _harmless(value: Any) -> Any:
    if isinstance(value, str):
        return defused(clean(value))[:LONGEST_LINE]
    if isinstance(value, tuple):
        return tuple(map(_harmless, value))
    if isinstance(value, Address):
        name = defused(clean(value.name))[:LONGEST_NAME]
        return Address("" if "@" in name else name, defused(clean(value.address)))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    told = {one.name: getattr(value, one.name) for one in fields(value)}
    changed = {
        name: beginning(text, LONGEST_WORDS) if name in WORDS else _harmless(text) for name, text in told.items()
    }
    if isinstance(value, TicketCard | News):
        changed["subject"] = defused(base_subject(value.subject, value.number))
    return replace(value, **changed)
