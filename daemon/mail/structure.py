"""Bytes to parts: where in the raw bytes each header and each body of a mail stands.

One walk from front to back that decodes nothing. Offsets count in the raw bytes, so that an attachment can be read
out of them years later. A mail with CR alone as its line end is read with each CR as a LF, which keeps the offsets.
Rules where mail is broken: an outer boundary ends every part within it; a multipart that lacks its boundary, or never
uses it, is read as text; of two headers that may stand once the first counts; a line that is no header ends them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from daemon.mail.limits import Limits, TooMuch
from daemon.mail.parameters import Value, parse_value

Header = tuple[str, bytes]

HEADER_LINE = re.compile(rb"([\x21-\x39\x3b-\x7e]{1,256})[ \t]{0,64}:")
LINE_END = re.compile(rb"\r\n|\r|\n")
MOST_LEADING_LINES = 64
MBOX_LINE = re.compile(rb"(?:>?From |X-Unix-From )")


@dataclass(slots=True)
class Part:
    """A part that holds no other parts; ``within`` is the subtype of the multipart around it ('' at the top)."""

    number: int
    headers: list[Header]
    type: Value
    disposition: Value
    encoding: str
    start: int
    end: int
    within: str = ""

    def header(self, name: str) -> bytes | None:
        return first(self.headers, name)


@dataclass(slots=True)
class Multipart:
    """A part that holds parts."""

    headers: list[Header]
    type: Value
    children: list[Part | Multipart] = field(default_factory=list)


@dataclass(slots=True)
class Structure:
    headers: list[Header]
    root: Part | Multipart
    leaves: list[Part]
    defects: list[str]


def first(headers: list[Header], name: str) -> bytes | None:
    """The value of the first header called ``name`` (lower case), still folded and encoded."""
    for key, value in headers:
        if key == name:
            return value
    return None


def every(headers: list[Header], name: str) -> list[bytes]:
    return [value for key, value in headers if key == name]


def with_line_feeds(raw: bytes) -> bytes:
    """``raw``, unless it has CR alone as its line end (SMTP adds one CRLF): then as long, with LF in their place."""
    end = len(raw) - 2 if raw.endswith(b"\r\n") else len(raw)
    if 0 <= raw.find(b"\n") < end or b"\r" not in raw[:4096]:
        return raw
    return raw.replace(b"\r", b"\n")


def read_headers(data: bytes, start: int, end: int, limits: Limits, defects: list[str]) -> tuple[list[Header], int]:
    """Return the headers that begin at ``start`` and where the body begins."""
    headers: list[Header] = []
    name = ""
    value_start = value_end = 0
    position = start
    while True:
        if position >= end:
            body = end
            break
        newline = data.find(b"\n", position, min(end, start + limits.headers + 2))
        if newline < 0:
            if end - start > limits.headers:
                raise TooMuch("headers-too-long")
            newline = end
        next_line = min(newline + 1, end)
        line_end = newline - 1 if newline > position and data[newline - 1] == 13 else newline
        if line_end == position:
            body = next_line
            break
        lead = data[position]
        match = HEADER_LINE.match(data, position, line_end)
        if lead in (32, 9) or (match is None and data[value_end - 1 : value_end] == b";" and name):
            if name:
                value_end = line_end
            elif data[position:line_end].strip() == b"":
                body = next_line
                break
            position = next_line
            continue
        if name:
            _keep(headers, name, data[value_start:value_end], limits)
            name = ""
        if match:
            name = match[1].decode("ascii").lower()
            value_start, value_end = match.end(), line_end
        elif lead == 58:
            defects.append("header-without-name")
        elif MBOX_LINE.match(data, position, line_end) and position == start:
            pass
        else:
            defects.append("line-among-headers")
            body = position
            break
        position = next_line
    if name:
        _keep(headers, name, data[value_start:value_end], limits)
    if body - start > limits.headers + 2:
        raise TooMuch("headers-too-long")
    return headers, body


def _keep(headers: list[Header], name: str, value: bytes, limits: Limits) -> None:
    if len(value) > limits.header and name != "subject":
        raise TooMuch("header-too-long", name)
    if len(headers) >= limits.header_count:
        raise TooMuch("too-many-headers")
    headers.append((name, value))


def boundaries(data: bytes, start: int, end: int, boundary: bytes) -> tuple[list[tuple[int, int]], bool]:
    """The ranges of the parts between the boundary lines, and whether the closing line was there."""
    ranges: list[tuple[int, int]] = []
    mark = b"--" + boundary
    part_start = -1
    position = start
    while True:
        at = data.find(mark, position, end)
        if at < 0:
            break
        position = at + len(mark)
        if at > start and data[at - 1] not in (10, 13):
            continue
        newline = data.find(b"\n", position, end)
        if newline < 0:
            newline = end
        tail = data[position : min(newline, position + 200)].strip(b" \t\r")
        closing = tail.startswith(b"--")
        if tail and not closing:
            continue
        if part_start >= 0:
            ranges.append((part_start, _before_line_end(data, part_start, at)))
        if closing:
            return ranges, True
        part_start = position = min(newline + 1, end)
    if part_start >= 0:
        ranges.append((part_start, end))
    return ranges, False


def _before_line_end(data: bytes, start: int, at: int) -> int:
    if at > start and data[at - 1] == 10:
        at -= 1
    if at > start and data[at - 1] == 13:
        at -= 1
    return at


class _Walk:
    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data = data
        self.limits = limits
        self.leaves: list[Part] = []
        self.parts = 0
        self.defects: list[str] = []

    def part(self, headers: list[Header], start: int, end: int, within: str, depth: int) -> Part | Multipart:
        if depth > self.limits.depth:
            raise TooMuch("parts-too-deep")
        default = "message/rfc822" if within == "digest" else "text/plain"
        kind = parse_value(first(headers, "content-type") or b"", self.limits)
        if "/" not in kind.value or kind.value.startswith("/") or kind.value.endswith("/"):
            if kind.value:
                self.defects.append("content-type-unreadable")
            kind = Value(default, kind.parameters)
        if len(every(headers, "content-type")) > 1:
            self.defects.append("several-content-types")
        if kind.value.startswith("multipart/"):
            multipart = self.multipart(headers, kind, start, end, depth)
            if multipart is not None:
                return multipart
            self.defects.append("multipart-without-parts")
            kind = Value("text/plain", {})
        self.parts += 1
        if self.parts > self.limits.parts:
            raise TooMuch("too-many-parts")
        encoding = parse_value(first(headers, "content-transfer-encoding") or b"", self.limits).value
        disposition = parse_value(first(headers, "content-disposition") or b"", self.limits)
        leaf = Part(self.parts, headers, kind, disposition, encoding, start, end, within)
        self.leaves.append(leaf)
        return leaf

    def multipart(self, headers: list[Header], kind: Value, start: int, end: int, depth: int) -> Multipart | None:
        boundary = kind.parameters.get("boundary", "").rstrip()
        if not boundary:
            return None
        ranges, closed = boundaries(self.data, start, end, boundary.encode("utf-8", "surrogateescape"))
        if not ranges:
            return None
        if not closed:
            self.defects.append("multipart-not-closed")
        if self.parts + len(ranges) > self.limits.parts:
            raise TooMuch("too-many-parts")
        whole = Multipart(headers, kind)
        subtype = kind.value.partition("/")[2]
        for part_start, part_end in ranges:
            inner, body = read_headers(self.data, part_start, part_end, self.limits, self.defects)
            whole.children.append(self.part(inner, body, part_end, subtype, depth + 1))
        return whole


def _first_line(data: bytes) -> int:
    """Where the mail begins, behind a byte order mark and lines of white space."""
    start = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    for _ in range(MOST_LEADING_LINES):
        end = data.find(b"\n", start, start + 4096)
        if end < 0 or data[start:end].strip():
            break
        start = end + 1
    return start


def read_structure(data: bytes, limits: Limits) -> Structure:
    """Walk the whole mail; raise ``TooMuch`` past a cap. ``data`` comes from ``with_line_feeds``."""
    walk = _Walk(data, limits)
    start = _first_line(data)
    headers, body = read_headers(data, start, len(data), limits, walk.defects)
    root = walk.part(headers, body, len(data), "", 1)
    return Structure(headers, root, walk.leaves, list(dict.fromkeys(walk.defects)))
