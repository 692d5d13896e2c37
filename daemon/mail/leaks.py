"""The second lock of invariant 28: what only agents may see does not leave in a mail to anyone else.

Rules:
- A letter is searched before it is encoded: headers, text, HTML with and without its tags, enclosures, mails in them.
- Letter case, line breaks, runs of blanks, quote marks and invisible characters hide nothing.
- A note is sought whole and by each of its paragraphs. A secret shorter than 16 characters must be a whole line, since
  "thanks" stands in many a note and in many an answer.
- Archives and other packed files are not opened; in a file that is no text, what is legible is searched.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from email import message_from_bytes
from html import unescape

from daemon.mail.letter import Letter

SHORTEST = 16
QUOTABLE = 30
MOST_BOUNDARIES = 100

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n")
_TAGS = re.compile(r"<[^<>]*>")
_WRITING = re.compile(rb"[\t -~]{16,}")
_INVISIBLE = re.compile(r"=\r?\n|[\u00ad\u200b-\u200d\u2060\ufeff]")
_QUOTE_MARKS = re.compile(r"(?m)^[>\s]+")


def sentences(notes: Iterable[str]) -> tuple[str, ...]:
    """Notes, and each sentence of theirs that is long enough to be known again: who quotes one quotes the note."""
    found: list[str] = []
    for note in notes:
        found.append(note)
        found += (part for part in _SENTENCE_END.split(note) if len(_folded(part)) >= QUOTABLE)
    return tuple(dict.fromkeys(found))


def leaks(data: bytes | str | Letter, secrets: Iterable[str]) -> str | None:
    """The first of ``secrets`` (agent tokens, action links, notes) that a reader of ``data`` could find, or None."""
    wanted = [(secret, piece) for secret in secrets for piece in _pieces(secret)]
    short = [(secret, piece) for secret, piece in wanted if len(piece) < SHORTEST]
    for text in _texts(data) if wanted else ():
        folded = _folded(text)
        for secret, piece in wanted:
            if len(piece) >= SHORTEST and piece in folded:
                return secret
        if short:
            lines = {_folded(line) for line in text.split("\n")}
            for secret, piece in short:
                if piece in lines:
                    return secret
    return None


def _pieces(secret: str) -> Iterator[str]:
    whole = _folded(secret)
    if whole:
        yield whole
    for paragraph in map(_folded, re.split(r"\n\s*\n", secret)):
        if len(paragraph) >= SHORTEST and paragraph != whole:
            yield paragraph


def _folded(text: str) -> str:
    """Text without anything that a way through mail adds."""
    return " ".join(_QUOTE_MARKS.sub("", _INVISIBLE.sub("", text)).split()).casefold()


def _texts(data: bytes | str | Letter) -> Iterator[str]:
    if isinstance(data, str):
        yield data
    elif isinstance(data, bytes):
        yield from _texts_of_bytes(data)
    else:
        yield from _headers(data)
        yield data.text
        if data.html:
            yield from _texts_of_html(data.html)
        for enclosure in data.enclosures:
            yield enclosure.name
            yield from _texts_of_bytes(enclosure.content)


def _headers(letter: Letter) -> Iterator[str]:
    yield from (letter.subject, letter.message_id, letter.in_reply_to or "", *letter.references)
    for person in (letter.sender, *letter.to, *letter.cc, *([letter.reply_to] if letter.reply_to else [])):
        yield f"{person.name} {person.address}"
    for _, value in letter.headers:
        yield value


def _texts_of_html(html: str) -> Iterator[str]:
    yield unescape(html)
    yield unescape(_TAGS.sub("", html))


def _texts_of_bytes(data: bytes) -> Iterator[str]:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = b"\n".join(_WRITING.findall(data)).decode("ascii")
    yield text
    if "<" in text[:100_000]:
        yield from _texts_of_html(text)
    if b"content-transfer-encoding:" in data[:100_000].lower() and data.count(b"boundary=") <= MOST_BOUNDARIES:
        for part in message_from_bytes(data).walk():
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and content != data:
                decoded = content.decode("utf-8", "replace")
                yield decoded
                yield from _texts_of_html(decoded)
