"""The value of a structured MIME header and its parameters, RFC 2045 and RFC 2231, broken ones included.

One pass over the bytes; the first of two parameters with one name counts. Charsets and percent signs of RFC 2231 are
resolved here, encoded words (which do not belong here and are everywhere) by whoever shows the value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from daemon.mail.charset import decode
from daemon.mail.limits import Limits, TooMuch

TOKEN = re.compile(r"[^\s;=\"()]+")
SECTION = re.compile(r"([^*]+)(?:\*(\d{1,4}))?(\*)?")


@dataclass(slots=True)
class Value:
    """``value`` is in lower case, names of parameters too."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)


def parse_value(raw: bytes, limits: Limits) -> Value:
    """Read ``text/plain; charset="utf-8"``; raise ``TooMuch`` at too many parameters."""
    if not raw:
        return Value("")
    text = raw.decode("utf-8", "surrogateescape").replace("\r", "").replace("\n", "")
    head, _, rest = text.partition(";")
    value = _without_comments(head).strip().strip('"').lower()
    if "=" in value:  # the semicolon is missing, or the value
        kind, _, parameter = head.strip().partition(" " if " " in head.strip() else "\t")
        value, rest = (kind.strip().lower(), f"{parameter};{rest}") if "=" not in kind else ("", f"{head};{rest}")
    value = (value.split() or [""])[0]
    value = "".join(character for character in value if "!" <= character <= "~")
    found = _split(rest, limits) if rest else []
    return Value(value[:127], _joined(found))


def _without_comments(text: str) -> str:
    if "(" not in text:
        return text
    kept: list[str] = []
    depth = 0
    for character in text:
        if character == "(":
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(character)
    return "".join(kept)


def _split(text: str, limits: Limits) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    position, length = 0, len(text)
    while position < length:
        equals = text.find("=", position)
        if equals < 0:
            break
        name = text[position:equals].rpartition(";")[2]
        name = _without_comments(name).strip().lower()
        position = equals + 1
        while position < length and text[position] in " \t\r\n":
            position += 1
        if position < length and text[position] == '"':
            value, position = _quoted(text, position + 1)
        else:
            stop = text.find(";", position)
            stop = length if stop < 0 else stop
            value = _without_comments(text[position:stop]).strip()
            position = stop
        if name:
            found.append((name, value))
            if len(found) > limits.parameters:
                raise TooMuch("too-many-parameters")
        semicolon = text.find(";", position)
        if semicolon < 0:
            break
        between = text[position:semicolon]
        position = position if "=" in between else semicolon + 1
    return found


def _quoted(text: str, position: int) -> tuple[str, int]:
    """The string from just after its opening quote, and where it ended; without a closing one, up to the end."""
    kept: list[str] = []
    while True:
        match = re.compile(r'[^"\\\r\n]*').match(text, position)
        assert match is not None
        kept.append(match[0])
        position = match.end()
        if position >= len(text):
            return "".join(kept), position
        character = text[position]
        if character == '"':
            return "".join(kept), position + 1
        if character == "\\" and position + 1 < len(text):
            following = text[position + 1]
            kept.append(following if following in '"\\' else "\\" + following)
            position += 2
        else:
            position += 1


def _joined(found: list[tuple[str, str]]) -> dict[str, str]:
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, value in found:
        match = SECTION.fullmatch(name) if "*" in name else None
        if match is None:
            plain.setdefault(name, value)
        else:
            number = int(match[2]) if match[2] else 0
            sections.setdefault(match[1], {}).setdefault(number, (value, bool(match[3])))
    for name, numbered in sections.items():
        plain[name] = _resolve(numbered)
    return plain


def _resolve(numbered: dict[int, tuple[str, bool]]) -> str:
    charset = ""
    data = bytearray()
    for number, (value, extended) in sorted(numbered.items()):
        if extended:
            if number == min(numbered) and value.count("'") >= 2:
                charset, _, value = value.split("'", 2)
            data += unquote_to_bytes(value)
        else:
            data += value.encode("utf-8", "surrogateescape")
    return decode(bytes(data), charset or "utf-8").text
