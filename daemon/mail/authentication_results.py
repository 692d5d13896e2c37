"""Authentication-Results headers as values (RFC 8601), in the forms that hosts really write.

Total: whatever stands in a header, it is read or it is None. A host that writes no authserv-id (Microsoft 365) begins
with the first result; ARC-Authentication-Results (RFC 8617) begin with their instance.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.mail.headers import unfold

LONGEST = 16 * 1024
MOST_RESULTS = 100

_PIECE = re.compile(r'[^()"\\;]+|"(?:[^"\\]|\\.)*+"|\\.|[();]', re.S)
_VALUE = r'(?:"(?:[^"\\]|\\.)*+"|[^\s";])++'
_PAIR = re.compile(rf"\s*([A-Za-z][A-Za-z0-9_.-]*+)(?:\s*/\s*[0-9]+)?\s*=\s*({_VALUE})", re.S)
_SERVER = re.compile(rf"\s*({_VALUE})(?:\s+[0-9]+)?\s*", re.S)
_NONE = re.compile(r"\s*none\s*", re.I)
_ESCAPED = re.compile(r"\\(.)", re.S)


@dataclass(frozen=True, slots=True)
class Result:
    """What one method found; ``properties`` are (``ptype.property``, value) in lower case, reasons among them."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...] = ()

    def named(self, name: str) -> str:
        """The value of the first property called so; ''."""
        return next((value for key, value in self.properties if key == name), "")


@dataclass(frozen=True, slots=True)
class Results:
    """One header: who signs for it ('' = nobody), and what they found."""

    server: str
    results: tuple[Result, ...]


def read_results(value: bytes, *, arc: bool = False) -> Results | None:
    """Read one header; None where it is not in order, for then others may read it differently."""
    line = unfold(value)
    if len(line) > LONGEST or not line.isascii():
        return None
    segments = _segments(line.decode("ascii"))
    if segments is None:
        return None
    if arc:
        instance = _PAIR.fullmatch(segments[0].rstrip())
        if instance is None or instance[1].lower() != "i" or len(segments) == 1:
            return None
        segments = segments[1:]
    server = ""
    if "=" not in _without_quoted(segments[0]):
        named = _SERVER.fullmatch(segments[0])
        if named is None:
            return None
        server, segments = _plain(named[1]), segments[1:]
    results: list[Result] = []
    for segment in segments:
        if not segment.strip() or _NONE.fullmatch(segment):
            continue
        one = _result(segment)
        if one is None or len(results) == MOST_RESULTS:
            return None
        results.append(one)
    return Results(server, tuple(results))


def _segments(text: str) -> list[str] | None:
    """The text between semicolons, each comment a space; None where a comment or a quotation has no end."""
    segments: list[list[str]] = [[]]
    position = depth = 0
    while position < len(text):
        piece = _PIECE.match(text, position)
        if piece is None:
            if depth and text[position] == '"':
                position += 1
                continue
            return None
        word = piece[0]
        position = piece.end()
        if depth:
            if word[0] == '"':
                position = piece.start() + 1
            depth += {"(": 1, ")": -1}.get(word, 0)
        elif word == "(":
            depth = 1
            segments[-1].append(" ")
        elif word == ")" or word[0] == "\\":
            return None
        elif word == ";":
            segments.append([])
        else:
            segments[-1].append(word)
    return None if depth else ["".join(one) for one in segments]


def _result(segment: str) -> Result | None:
    pairs: list[tuple[str, str]] = []
    position, end = 0, len(segment.rstrip())
    while position < end:
        pair = _PAIR.match(segment, position)
        if pair is None or (pairs and not segment[position].isspace()):
            return None
        pairs.append((pair[1].lower(), _plain(pair[2])))
        position = pair.end()
    (method, result), *properties = pairs
    return Result(method, result, tuple(properties)) if "." not in method else None


def _plain(value: str) -> str:
    """A value without its quotation marks, in lower case: nothing that we compare has a case that matters."""
    pieces = re.split(r'("(?:[^"\\]|\\.)*+")', value)
    return "".join(_ESCAPED.sub(r"\1", one[1:-1]) if one.startswith('"') else one for one in pieces).lower()


def _without_quoted(segment: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*+"', "", segment)
