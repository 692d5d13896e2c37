"""What a template may do with a value, beside Jinja's own filters: ``docs/templates.md`` lists them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from markupsafe import Markup, escape

from daemon.core.values import Address


def readable_size(size: int, point: str = ".") -> str:
    """Bytes for people: 812 B, 48 KB, 6.2 MB; ``point`` is the decimal sign of the language."""
    if size < 1000:
        return f"{size} B"
    if size < 1_000_000:
        return f"{round(size / 1000)} KB"
    return f"{size / 1_000_000:.1f} MB".replace(".", point)


def paragraphs(text: str) -> Markup:
    """Text as HTML paragraphs: escaped, line breaks kept, indents kept."""
    blocks = re.split(r"\n[ \t]*\n+", text.strip("\n").expandtabs(4))
    escaped = (re.sub(r" {2,}", _firm, str(escape(block))).replace("\n", "<br>\n") for block in blocks)
    return Markup("\n".join(f"<p>{block}</p>" for block in escaped))  # noqa: S704 - every block is escaped above


def lines(text: str) -> Markup:
    """Text as HTML within one paragraph: escaped, line breaks kept."""
    return Markup("<br>\n".join(str(escape(line)) for line in text.strip("\n").split("\n")))  # noqa: S704 - escaped


def wrapped(text: str, width: int = 72) -> str:
    """Break long lines, so that no mail program has to: a line that one breaks while quoting loses its ``>``."""
    return "\n".join(
        part for line in text.splitlines() for part in ((line,) if len(line) <= width else _broken(line, width))
    )


def _broken(line: str, width: int) -> Iterator[str]:
    """The parts of a line, cut at white space; a word that is longer than a line stands alone."""
    line = line.expandtabs()
    indent = line[: len(line) - len(line.lstrip())]
    room = max(width - len(indent), 1)
    for part in re.finditer(rf"\S.{{0,{room - 1}}}(?=\s|$)|\S+", line):
        yield indent + part[0].rstrip()
        indent = ""


def person(someone: Address) -> str:
    """Name and address on one line; the address alone where there is no name."""
    return f"{someone.name} <{someone.address}>" if someone.name else someone.address


def _firm(spaces: re.Match[str]) -> str:
    return "&nbsp;" * (len(spaces[0]) - 1) + " "


FILTERS: dict[str, Callable[..., Any]] = {
    "size": readable_size,
    "paragraphs": paragraphs,
    "lines": lines,
    "wrapped": wrapped,
    "person": person,
}
