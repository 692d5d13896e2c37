"""Fields of the operator's own: what may stand in one, and how it stands there.

Each kind has one form, however it was typed: a text on one line, a number without needless zeros, a date as
``2026-12-01``, a choice as it was declared. Nothing (``''``) is always allowed, and takes the value away.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from daemon.core.status import Status
from daemon.core.typed import key, one_spaced

Kind = Literal["text", "number", "date", "choice"]

LONGEST = 1_000
RESOLVED: frozenset[Status] = frozenset({"resolved", "closed"})
_NUMBER = re.compile(r"([+-]?)([0-9]{1,18})(?:\.([0-9]{1,9}))?")
_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")


@dataclass(frozen=True, slots=True)
class Field:
    """A field that tickets of these teams have (none = all); ``portal``: clients see it and fill it in."""

    name: str
    title: str
    kind: Kind
    choices: tuple[str, ...] = ()
    teams: frozenset[str] = frozenset()
    required_on_resolve: bool = False
    portal: bool = False

    def belongs_to(self, team: str) -> bool:
        return not self.teams or team in self.teams


def value(field: Field, text: str) -> str:
    """The value in its one form; ValueError with a sentence for what is none."""
    plain = one_spaced(text)
    if not plain:
        return ""
    match field.kind:
        case "text":
            if len(plain) > LONGEST:
                raise ValueError(f"{field.title} has at most {LONGEST} characters; shorten it")
            return plain
        case "number":
            return _number(field, plain)
        case "date":
            return _date(field, plain)
        case "choice":
            found = next((one for one in field.choices if key(one) == key(plain) and key(plain)), None)
            found = found or next((one for one in field.choices if one == plain), None)
            if found is None:
                raise ValueError(f"{_shown(plain)} is not offered for {field.title}; one of {', '.join(field.choices)}")
            return found


def named(fields: Iterable[Field], name: str) -> Field | None:
    """The field of this name, in any spelling of it."""
    wanted = key(name)
    return next((field for field in fields if key(field.name) == wanted), None)


def lacking(fields: Iterable[Field], team: str, values: Mapping[str, str]) -> tuple[Field, ...]:
    """The fields without which a ticket of this team may not be resolved."""
    return tuple(f for f in fields if f.required_on_resolve and f.belongs_to(team) and not values.get(f.name))


def resolves(was: str, becomes: str | None) -> bool:
    """Whether this change of status needs the fields that are required on resolving."""
    return becomes in RESOLVED and was not in RESOLVED


def _number(field: Field, plain: str) -> str:
    found = _NUMBER.fullmatch(plain)
    if found is None:
        raise ValueError(f"{_shown(plain)} is no number for {field.title}; write one such as 12 or 12.5")
    whole, part = found[2].lstrip("0") or "0", (found[3] or "").rstrip("0")
    bare = f"{whole}.{part}" if part else whole
    return f"-{bare}" if found[1] == "-" and bare != "0" else bare


def _date(field: Field, plain: str) -> str:
    if found := _DATE.fullmatch(plain):
        year, month, day = map(int, found.groups())
    elif found := _DOTTED.fullmatch(plain):
        day, month, year = map(int, found.groups())
    else:
        raise ValueError(f"{_shown(plain)} is no date for {field.title}; write one such as 2026-12-01")
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        raise ValueError(f"{_shown(plain)} is no day that there is; write one such as 2026-12-01") from None


def _shown(plain: str) -> str:
    return repr(plain if len(plain) <= 60 else plain[:60] + "...")
