"""Header fields of outgoing mail: cleaned text, encoded words, addresses, folding.

Rules:
- No value holds a control character, a line break of any alphabet or a bidirectional override; text that looks like
  an encoded word is broken up, so that no reader decodes it into a second header (invariant 14).
- What is written is ASCII, folded at 78 columns, each encoded word at most 75. One exception: a mailbox whose
  local part is beyond ASCII has no ASCII form; its header is raw UTF-8 (RFC 6532), and the mail needs SMTPUTF8, which
  the delivery sees by ``not raw.isascii()``. Domains always have an ASCII form and are written in it.
- A Message-ID that could not be written as it stands is left out of References: it threads nothing anyway.
"""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import quote

from daemon.core.values import Address

WIDTH = 78
LONGEST_REFERENCES = 900
_LONGEST_WORD = 75
_UNWANTED = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_ENCODED_WORD = re.compile(r"=\?(?=[^?]*\?[^?]*\?)")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_DOT_ATOM = r"[^\s\x00-\x20\x7f-\xa0()<>\[\]:;,@\\\"\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+"
_QUOTED_STRING = r"\"(?:[ !#-\[\]-~]|\\[ -~])*\""
_LOCAL_PART = re.compile(f"{_DOT_ATOM}|{_QUOTED_STRING}")
_DOMAIN = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.IPv]+\]")
_MESSAGE_ID = re.compile(r"(?!.*=\?)[!-;=?-~]{1,500}")
_Q_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")


class Unsafe(Exception):
    """A letter that must not leave, and the header or part that is the cause."""


def clean(value: str) -> str:
    """One line of text without control characters and without anything that a reader would decode once more."""
    value = _UNWANTED.sub(" ", value).strip()
    return _ENCODED_WORD.sub("= ?", value) if "=?" in value else value


def written_text(name: str, value: str) -> str:
    """The value of an unstructured header, cleaned, unfolded: ASCII as it stands, else encoded words."""
    value = clean(value)
    room = WIDTH - len(name) - 2
    plain = value.isascii() and "=?" not in value and all(len(word) <= room for word in value.split(" "))
    return value if plain else encoded_words(value, len(name) + 2)


def encoded_words(value: str, column: int = 0) -> str:
    """RFC 2047 words of at most 75 columns, split between characters; the first one leaves ``column`` free."""
    data = value.encode("utf-8")
    base64 = sum(byte in _Q_PLAIN or byte == 32 for byte in data) < len(data) * 0.6
    words, chunk, room = [], "", min(_LONGEST_WORD, WIDTH - column - 1) - len("=?utf-8?q??=")
    size = 0
    for character in value:
        encoded = character.encode("utf-8")
        cost = len(encoded) if base64 else sum(1 if b in _Q_PLAIN or b == 32 else 3 for b in encoded)
        if chunk and (-(-(size + cost) // 3) * 4 if base64 else size + cost) > room:
            words.append(chunk)
            chunk, size, room = "", 0, _LONGEST_WORD - len("=?utf-8?q??=")
        chunk, size = chunk + character, size + cost
    words.append(chunk)
    return " ".join(_encoded_word(word, base64) for word in words)


def _encoded_word(text: str, base64: bool) -> str:
    data = text.encode("utf-8")
    if base64:
        return f"=?utf-8?b?{b64encode(data).decode('ascii')}?="
    q = "".join(chr(b) if b in _Q_PLAIN else "_" if b == 32 else f"={b:02X}" for b in data)
    return f"=?utf-8?q?{q}?="


def written_address(address: Address) -> str:
    """A mailbox as a header says it; raises Unsafe where it is none."""
    local, _, domain = address.address.rpartition("@")
    if not domain.isascii():
        try:
            domain = domain.encode("idna").decode("ascii")
        except UnicodeError:
            domain = ""
    well_formed = _LOCAL_PART.fullmatch(local) and _DOMAIN.fullmatch(domain) and "=?" not in local
    if not well_formed or len(local) + len(domain) > 320:
        raise Unsafe(f"{address.address[:80]!r} is no mail address")
    name, spec = clean(address.name)[:200], f"{local}@{domain}"
    if not name:
        return spec
    if not name.isascii() or "=?" in name or max(map(len, name.split(" "))) > 60:
        return f"{encoded_words(name, 12)} <{spec}>"
    if _ATOMS.fullmatch(name):
        return f"{name} <{spec}>"
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted}" <{spec}>'


def written_message_id(message_id: str) -> str | None:
    """A Message-ID in its angle brackets; None where it cannot be written as it stands."""
    return f"<{message_id}>" if _MESSAGE_ID.fullmatch(message_id) and "@" in message_id else None


def written_references(references: tuple[str, ...]) -> str:
    """The thread, cut to its beginning and its end: the first id, then as many of the latest as 900 bytes hold."""
    ids = list(dict.fromkeys(filter(None, map(written_message_id, references))))
    if not ids:
        return ""
    first, kept, size = ids[0], [], len(ids[0])
    for one in reversed(ids[1:]):
        size += len(one) + 1
        if size > LONGEST_REFERENCES:
            break
        kept.append(one)
    return " ".join([first, *reversed(kept)])


def folded(name: str, value: str) -> str:
    """One header with its line end, broken at spaces so that lines keep to 78 columns where words allow it."""
    if len(name) + 2 + len(value) <= WIDTH:
        return f"{name}: {value}\r\n"
    lines, line = [], f"{name}:"
    for number, word in enumerate(value.split(" ")):
        if number and len(line) + 1 + len(word) > WIDTH and line.strip():
            lines.append(line)
            line = ""
        line += f" {word}"
    lines.append(line)
    return "\r\n".join(lines) + "\r\n"


def parameter(name: str, value: str) -> str:
    """A MIME parameter (RFC 2231): quoted where it is short ASCII, else percent-encoded in numbered pieces."""
    if value.isascii() and len(value) <= 60 and "=?" not in value:
        return f'{name}="{value}"'
    units = [quote(character, safe="") for character in value]
    pieces, piece = [], "utf-8''"
    for unit in units:
        if len(piece) + len(unit) > 60:
            pieces.append(piece)
            piece = ""
        piece += unit
    pieces.append(piece)
    if len(pieces) == 1:
        return f"{name}*={pieces[0]}"
    return "; ".join(f"{name}*{number}*={piece}" for number, piece in enumerate(pieces))
