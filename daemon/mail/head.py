"""The headers of a mail where every sound program must read the same ones.

Our parser forgives a lot; so do others, each in its own way, and what two programs read differently is where forgers
live. Evidence that rests on a signature is weighed on a ``Head`` alone: each line is a field with its colon right
behind its name, or the continuation of one, and what stands here is what our parser read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.core.values import Address
from daemon.mail.headers import as_text, message_ids
from daemon.mail.limits import DEFAULT, TooMuch
from daemon.mail.mailboxes import read_mailboxes
from daemon.mail.structure import read_headers, with_line_feeds

FIELD = re.compile(rb"([!-9;-~]{1,256}):")
LINE_END = re.compile(rb"\r?\n")
AT_MOST_ONCE = (
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "reply-to",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
)

Field = tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Head:
    """``fields`` are names as written and values with their line ends (CRLF); ``body`` is where the body begins."""

    fields: tuple[Field, ...]
    body: int

    def every(self, name: str) -> list[bytes]:
        """The values of the headers called ``name`` (lower case), from the top."""
        wanted = name.encode("ascii")
        return [value for key, value in self.fields if key.lower() == wanted]

    def doubled(self) -> tuple[str, ...]:
        """Headers that may stand once and stand more often: which of them counts is anybody's guess."""
        return tuple(name for name in AT_MOST_ONCE if len(self.every(name)) > 1)

    def named(self, headers: frozenset[str]) -> frozenset[str]:
        """What these headers name: keys of addresses in To and Cc, Message-IDs in angle brackets."""
        found = {one.key for name in ("to", "cc") if name in headers for one in self._addresses(name)}
        for name in ("in-reply-to", "references"):
            for value in self.every(name) if name in headers else ():
                ids = message_ids(value, DEFAULT.references, DEFAULT.message_id_characters)
                found |= {f"<{one}>" for one in ids}
        return frozenset(found)

    def _addresses(self, name: str) -> list[Address]:
        return [one for value in self.every(name) for one in read_mailboxes(as_text(value), DEFAULT).addresses]


def read_head(raw: bytes) -> Head | None:
    """The head of a mail; None where two programs may read two different ones."""
    data, defects = with_line_feeds(raw), list[str]()
    try:
        headers, body = read_headers(data, 0, len(data), DEFAULT, defects)
    except TooMuch:
        return None
    if data is not raw or defects or not headers:
        return None
    fields = _fields(raw[:body])
    if fields is None:
        return None
    ours = [(name, LINE_END.sub(b"\r\n", value)) for name, value in headers]
    same = [(name.decode("ascii").lower(), value[:-2]) for name, value in fields] == ours
    return Head(tuple(fields), body) if same else None


def _fields(head: bytes) -> list[Field] | None:
    fields: list[Field] = []
    for line in head.split(b"\n"):
        text = line.removesuffix(b"\r")
        if not text:
            break
        if b"\r" in text or b"\0" in text:
            return None
        if text[0] in b" \t":
            if not fields or not text.strip():
                return None
            fields[-1] = fields[-1][0], fields[-1][1] + text + b"\r\n"
        elif match := FIELD.match(text):
            fields.append((match[1], text[match.end() :] + b"\r\n"))
        else:
            return None
    return fields
