"""The text of header fields: encoded words (RFC 2047), Message-IDs, dates. Whatever stands there, never an error.

Nothing that leaves this module holds a control character or a line break: an encoded one becomes a space.
"""

from __future__ import annotations

import binascii
import calendar
import re
from collections.abc import Iterator
from email.utils import parsedate_tz

from daemon.mail.charset import clean_line, codec, decode
from daemon.mail.transfer import base64_bytes

FOLD = re.compile(rb"\r?\n[ \t]*|\r")
ENCODED_WORD_HEAD = re.compile(r"=\?([A-Za-z0-9_.:+-]{1,40})(?:\*[A-Za-z0-9-]{0,20})?\?([bBqQ])\?")
ANGLED = re.compile(r"<([^<>]*)>")
WHITE = re.compile(r"\s+")
LAST_YEAR = 9999
READ_ELSEWHERE = frozenset(
    "from to cc reply-to subject date message-id in-reply-to references content-type content-transfer-encoding "
    "mime-version received received-spf dkim-signature domainkey-signature arc-seal arc-message-signature "
    "arc-authentication-results x-received x-google-dkim-signature x-gm-message-state".split()
)
"""Headers that have a field of their own in a Mail, and those that are seals and stamps of the way."""
MOST_HEADERS = 64
MOST_CHARACTERS = 16_384
LONGEST_VALUE = 1_000


def unfold(raw: bytes | None) -> bytes:
    """One line of a folded header."""
    return FOLD.sub(b" ", raw).strip() if raw else b""


def as_text(raw: bytes | None, charset: str = "") -> str:
    """An unfolded header before its encoded words are read. Raw 8-bit is UTF-8, or else in the charset of the body."""
    line = unfold(raw)
    if line.isascii():
        return line.decode("ascii")
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        name = codec(charset) or "cp1252"
        return line.decode(name if name != "utf-8" else "cp1252", "replace")


def decoded(raw: bytes | None, charset: str = "") -> str:
    """An unstructured header as a person reads it."""
    return clean_line(decode_words(as_text(raw, charset)))


def decode_words(text: str) -> str:
    """Replace the encoded words; neighbours in one charset are joined before they are decoded."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending: list[bytes] = []
    pending_charset = ""
    position = 0
    last_was_word = False
    no_close_after = len(text)
    while True:
        at = text.find("=?", position)
        head = ENCODED_WORD_HEAD.match(text, at) if 0 <= at < no_close_after else None
        close = text.find("?=", head.end()) if head else -1
        if head and close < 0:
            no_close_after = at
        if at < 0:
            break
        if head is None or close < 0:
            _flush(out, pending, pending_charset)
            out.append(text[position : at + 2])
            position, last_was_word = at + 2, False
            continue
        between = text[position:at]
        if between and not (last_was_word and between.isspace()):
            _flush(out, pending, pending_charset)
            out.append(between)
        charset = head[1].lower()
        if charset != pending_charset:
            _flush(out, pending, pending_charset)
            pending_charset = charset
        pending.append(_word_bytes(text[head.end() : close], head[2]))
        position, last_was_word = close + 2, True
    _flush(out, pending, pending_charset)
    out.append(text[position:])
    return "".join(out)


def _flush(out: list[str], pending: list[bytes], charset: str) -> None:
    if pending:
        out.append(decode(b"".join(pending), charset).text)
        pending.clear()


def _word_bytes(text: str, encoding: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return binascii.a2b_qp(data.replace(b" ", b"_"), header=True)
    return base64_bytes(data)


def message_ids(raw: bytes | None, limit: int, longest: int) -> tuple[str, ...]:
    """The identifiers of a header without their brackets, each once, in order; the last ``limit`` of them."""
    text = as_text(raw)
    if not text:
        return ()
    found = [WHITE.sub("", inner) for inner in ANGLED.findall(text)]
    if not found:
        found = [word.strip("<>,;") for word in text.split() if "@" in word] or text.split()[:1]
    kept = dict.fromkeys(clean_line(one) for one in found if one and len(one) <= longest)
    return tuple(one for one in kept if one)[-limit:]


def other_headers(headers: list[tuple[str, bytes]]) -> Iterator[tuple[str, str]]:
    """The first headers that are read nowhere else, decoded: 64 of them, of 1,000 characters each and 16 KB in all."""
    count = room = 0
    for name, raw in headers:
        if name in READ_ELSEWHERE:
            continue
        value = _quickly(raw[:LONGEST_VALUE])
        count, room = count + 1, room + len(name) + len(value)
        if count > MOST_HEADERS or room > MOST_CHARACTERS:
            return
        yield name, value


def _quickly(raw: bytes) -> str:
    """The same as ``decoded``; most headers are plain, and a mail may have a hundred."""
    if raw.isascii() and b"=?" not in raw:
        text = " ".join(raw.decode("ascii").split())
        if text.isprintable():
            return text
    return decoded(raw)


def instant(raw: bytes | None) -> int | None:
    """Seconds since 1970 of a Date header, or None where it cannot be meant."""
    text = as_text(raw)[:200]
    if not text:
        return None
    try:
        fields = parsedate_tz(text)
        if fields is None:
            return None
        year, month, day, hour, minute, second = fields[:6]
        offset = fields[9] or 0
        if not (1970 <= year <= LAST_YEAR and 1 <= month <= 12 and 1 <= day <= 31):
            return None
        if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 60 and abs(offset) < 86400):
            return None
        seconds = calendar.timegm((year, month, day, hour, minute, min(second, 59), 0, 0, 0)) - offset
    except (ValueError, TypeError, IndexError, OverflowError, AttributeError):
        return None
    return max(seconds, 0)
