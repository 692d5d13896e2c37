"""Where a mail that opens a ticket goes: rules looked through in their order, each a list of conditions and of effects.

All conditions of a rule must hold; of a condition that lists several things one is enough. A later rule overrides what
an earlier one set, tags add up, and a rule that stops is the last one. Words are found as they stand, after case and
diacritics are folded: no pattern of an operator's can take longer over a hostile mail than over another.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from daemon.core.calendar import Week

ANYTHING = "*"
LONGEST_BODY = 50_000
"""Characters of the new words that rules look at, from their beginning."""

Field = Literal["team", "assignee", "priority", "type", "tag", "field", "template", "spam"]
Writer = Literal["any", "person", "machine"]


@dataclass(frozen=True, slots=True)
class Given:
    """One thing that a rule gives to a ticket; ``name`` is that of a field of the operator's own."""

    field: Field
    value: str | int
    rule: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """A mail as rules see it. Texts are folded (``fold``); ``sender`` is the author's key, '' if there is none.

    ``headers`` are (name in lower case, folded value), ``attachments`` (folded name, type). The mail was received on
    ``weekday`` (0 is Monday), ``second`` seconds after midnight, local time. ``size`` is in bytes.
    """

    desk: str
    sender: str = ""
    subject: str = ""
    body: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    language: str = ""
    size: int = 0
    attachments: tuple[tuple[str, str], ...] = ()
    weekday: int = 0
    second: int = 0
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Conditions (none = any mail), what the rule gives, and whether later rules apply.

    ``senders`` are keys of addresses, or ``@domain``; ``headers`` (name, words; '' = any); ``attachments`` endings such
    as ``.pdf``, types such as ``image/*``, or ``*``. ``hours`` are those of a week, and ``outside`` means all others.
    """

    name: str
    desks: frozenset[str] = frozenset()
    senders: frozenset[str] = frozenset()
    subject: tuple[str, ...] = ()
    body: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    languages: tuple[str, ...] = ()
    larger_than: int | None = None
    smaller_than: int | None = None
    attachments: tuple[str, ...] = ()
    hours: Week | None = None
    outside: bool = False
    writer: Writer = "any"
    gives: tuple[Given, ...] = ()
    stop: bool = False


@dataclass(frozen=True, slots=True)
class Routed:
    """What the rules give to a ticket: of each field the last word. ``because`` are the rules that fit, in order."""

    given: tuple[Given, ...] = ()
    because: tuple[str, ...] = ()

    @property
    def team(self) -> Given | None:
        return self._last("team")

    @property
    def assignee(self) -> Given | None:
        """The person to whom the ticket goes."""
        return self._last("assignee")

    @property
    def priority(self) -> Given | None:
        return self._last("priority")

    @property
    def type(self) -> Given | None:
        return self._last("type")

    @property
    def template(self) -> Given | None:
        """The template of the acknowledgement."""
        return self._last("template")

    @property
    def spam(self) -> Given | None:
        return self._last("spam")

    @property
    def tags(self) -> tuple[Given, ...]:
        """Each tag once, by the first rule that gave it."""
        tags: dict[str | int, Given] = {}
        for one in self.given:
            if one.field == "tag":
                tags.setdefault(one.value, one)
        return tuple(tags.values())

    @property
    def fields(self) -> tuple[Given, ...]:
        """Each field of the operator's own once, as the last rule filled it in."""
        return tuple({one.name: one for one in self.given if one.field == "field"}.values())

    def _last(self, field: Field) -> Given | None:
        return next((one for one in reversed(self.given) if one.field == field), None)


UNROUTED = Routed()


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule that was looked at: the options that do not hold, or the rule that stopped before it."""

    rule: Rule
    misfits: tuple[str, ...] = ()
    stopped_by: str = ""

    @property
    def fits(self) -> bool:
        return not self.misfits and not self.stopped_by


def route(rules: Sequence[Rule], seen: Seen) -> Routed:
    """What the rules give to the ticket that a mail opens."""
    given: list[Given] = []
    because: list[str] = []
    for rule in rules:
        if next(_misfits(rule, seen), None) is None:
            given += rule.gives
            because.append(rule.name)
            if rule.stop:
                break
    return Routed(tuple(given), tuple(because))


def explain(rules: Sequence[Rule], seen: Seen) -> tuple[Tried, ...]:
    """Each rule, with why it does not fit or was not reached."""
    tried: list[Tried] = []
    stopped_by = ""
    for rule in rules:
        if stopped_by:
            tried.append(Tried(rule, stopped_by=stopped_by))
            continue
        tried.append(Tried(rule, tuple(_misfits(rule, seen))))
        if tried[-1].fits and rule.stop:
            stopped_by = rule.name
    return tuple(tried)


def fold(text: str) -> str:
    """A text as rules compare it: without case, without diacritics, one space between words."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return " ".join(text.casefold().split())


def _misfits(rule: Rule, seen: Seen) -> Iterator[str]:
    """The options of a rule that do not hold, those that cost least first."""
    return (name for name, holds in CONDITIONS.items() if not holds(rule, seen))


def _size(rule: Rule, seen: Seen, *, larger: bool) -> bool:
    bound = rule.larger_than if larger else rule.smaller_than
    return bound is None or (seen.size > bound if larger else seen.size < bound)


def _sent_by(rule: Rule, seen: Seen) -> bool:
    return not rule.senders or not rule.senders.isdisjoint({seen.sender, "@" + seen.sender.rpartition("@")[2]})


def _language(rule: Rule, seen: Seen) -> bool:
    """``de`` means de-AT as well."""
    return not rule.languages or any(
        seen.language == wanted or seen.language.startswith(f"{wanted}-") for wanted in rule.languages
    )


def _hours(rule: Rule, seen: Seen) -> bool:
    if rule.hours is None:
        return True
    within = any(start <= seen.second < end for start, end in rule.hours[seen.weekday])
    return within != rule.outside


def _has_header(rule: Rule, seen: Seen) -> bool:
    return not rule.headers or any(
        name == wanted and words in value for wanted, words in rule.headers for name, value in seen.headers
    )


def _attached(rule: Rule, seen: Seen) -> bool:
    return not rule.attachments or any(
        _is_meant(wanted, name, kind) for wanted in rule.attachments for name, kind in seen.attachments
    )


def _is_meant(wanted: str, name: str, kind: str) -> bool:
    if wanted.startswith("."):
        return name.endswith(wanted)
    return wanted in (ANYTHING, kind) or (wanted.endswith("/*") and kind.startswith(wanted[:-1]))


def _contains(words: tuple[str, ...], text: str) -> bool:
    return not words or any(one in text for one in words)


CONDITIONS: Mapping[str, Callable[[Rule, Seen], bool]] = {
    "desks": lambda rule, seen: not rule.desks or seen.desk in rule.desks,
    "writer": lambda rule, seen: rule.writer == "any" or seen.automatic == (rule.writer == "machine"),
    "senders": _sent_by,
    "languages": _language,
    "larger_than": lambda rule, seen: _size(rule, seen, larger=True),
    "smaller_than": lambda rule, seen: _size(rule, seen, larger=False),
    "hours": _hours,
    "attachments": _attached,
    "subject": lambda rule, seen: _contains(rule.subject, seen.subject),
    "headers": _has_header,
    "body": lambda rule, seen: _contains(rule.body, seen.body),
}
"""The conditions under the names of their options."""
