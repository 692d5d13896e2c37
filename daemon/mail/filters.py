"""What a template may do with a value, beside Jinja's own filters: ``docs/templates.md`` lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jinja2.utils import urlize
from markupsafe import Markup, escape

from daemon.core.values import Address

MINUTE, HOUR, DAY = 60, 3_600, 86_400
DEEPEST = 8
"""Blanks before a line that stand before each of its parts as well."""
_ADDRESS = re.compile(r"\bhttps?://\S+", re.IGNORECASE)
_DECEIVING = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_Unit = tuple[int, str]
_UNITS: tuple[tuple[_Unit, _Unit | None], ...] = (
    ((DAY, "d"), (HOUR, "h")),
    ((HOUR, "h"), (MINUTE, "min")),
    ((MINUTE, "min"), None),
)


def readable_size(size: int, point: str = ".") -> str:
    """Bytes for people: 812 B, 48 KB, 6.2 MB; ``point`` is the decimal sign of the language."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{round(size / 1000)} KB"
    return f"{size / 1_000_000:.1f} MB".replace(".", point)


def span(seconds: int) -> str:
    """A length of time for people, of two units at the most, rounded down: 45 s, 12 min, 2 h 10 min, 3 d 4 h.

    A day has 24 hours; the sign is left out, since what is late says so. The units are the same in every language.
    """
    left = abs(seconds)
    if left < MINUTE:
        return f"{left} s"
    great, small = next(pair for pair in _UNITS if left >= pair[0][0])
    whole, rest = divmod(left, great[0])
    part = rest // small[0] if small else 0
    return f"{whole} {great[1]} {part} {small[1]}" if small and part else f"{whole} {great[1]}"


def quoted(text: str) -> str:
    """Text as a quote, each line behind ``>``, so that no program takes it for words of the reader."""
    return wrapped("\n".join(f"> {line}".rstrip() for line in text.splitlines()))


def paragraphs(text: str, *, links: bool = False) -> Markup:
    """Text as HTML paragraphs: escaped, line breaks kept, indents kept; ``links``: addresses in it lead there."""
    blocks = re.split(r"\n[ \t]*\n+", text.strip("\n").expandtabs(4))
    safe = (
        urlize(_ADDRESS.sub(_as_links_are, block), rel="noopener noreferrer nofollow") if links else str(escape(block))
        for block in blocks
    )
    escaped = (re.sub(r" {2,}", _firm, block).replace("\n", "<br>\n") for block in safe)
    return Markup("\n".join(f"<p>{block}</p>" for block in escaped))  # noqa: S704 - every block is escaped above


def _as_links_are(found: re.Match[str]) -> str:
    """An address in a text without signs that turn or hide what follows, its scheme as ``urlize`` knows it."""
    scheme, colon, rest = _DECEIVING.sub("", found[0]).partition(":")
    return f"{scheme.lower()}{colon}{rest}"


def lines(text: str) -> Markup:
    """Text as HTML within one paragraph: escaped, line breaks kept."""
    return Markup("<br>\n".join(str(escape(line)) for line in text.strip("\n").split("\n")))  # noqa: S704 - escaped


def wrapped(text: str, width: int = 72) -> str:
    """Break long lines, so that no mail program has to: a line that one breaks while quoting loses its ``>``."""
    return "\n".join(
        part for line in text.splitlines() for part in ((line,) if len(line) <= width else _broken(line, width))
    )


def _broken(line: str, width: int) -> Iterator[str]:
    """The parts of a line, cut at white space, each behind its marks of quoting; a longer word stands alone."""
    line = line.expandtabs()
    mark = re.match(r"(?:> ?){0,8}", line)
    marks = mark[0] if mark else ""
    words = line[len(marks) :].lstrip()
    indent = line[len(marks) : len(line) - len(words)]
    room = max(width - len(marks) - len(indent), 1)
    for part in re.finditer(rf"\S.{{0,{room - 1}}}(?=\s|$)|\S+", words):
        yield marks + indent + part[0].rstrip()
        indent = indent if len(indent) <= DEEPEST else ""


def person(someone: Address) -> str:
    """Name and address on one line; the address alone where there is no name."""
    return f"{someone.name} <{someone.address}>" if someone.name else someone.address


def _firm(spaces: re.Match[str]) -> str:
    return "&nbsp;" * (len(spaces[0]) - 1) + " "


FILTERS: dict[str, Callable[..., Any]] = {
    "size": readable_size,
    "span": span,
    "quoted": quoted,
    "paragraphs": paragraphs,
    "lines": lines,
    "wrapped": wrapped,
    "person": person,
}
