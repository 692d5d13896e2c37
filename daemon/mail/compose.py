"""Letter → bytes: the one place where outgoing mail is written.

Rules:
- The bytes are 7-bit clean (but for a mailbox beyond ASCII, see ``fields``), with CRLF line ends, header lines folded
  at 78 columns and no line over 998; text goes as it stands, in quoted-printable or in base64, whichever is shortest
  and survives any relay.
- mixed ⊃ related ⊃ alternative ⊃ (plain, HTML); a level stands only where it holds something. Inline images lie in
  *related*, which Gmail, Outlook and Apple Mail all show; without HTML they are ordinary attachments.
- What a reader might run or open in place (HTML, SVG, XML, a mail within the mail) travels as an attachment of type
  ``application/octet-stream``; its name keeps the ending.
- Threads: Gmail and Apple Mail join by In-Reply-To and References (Gmail by the subject, too), Outlook by References
  and subject where there is no Thread-Index. So both headers are always set and the templates keep the subject.
- Automatic mail says so: ``Auto-Submitted`` (RFC 3834) for everyone; ``X-Auto-Response-Suppress`` for Exchange, which
  knows nothing else: ``All`` on an auto-reply, but without ``NDR`` on a generated mail, whose bounce we want; and
  ``Precedence: bulk`` on auto-replies alone, for the old answering machines behind customers. Notifications go without
  it, because filters file bulk mail where agents do not look.
- Before they are returned the bytes are parsed again and compared, header by header and part by part, with what was
  meant (invariant 14). Any difference raises ``Unsafe``. The base64 of an enclosure over 64 KB is compared by
  itself, and the parser sees the mail without it: it is slow by the line, and base64 can be nothing but content.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.utils import formatdate

from daemon.mail.fields import (
    Unsafe,
    clean,
    encoded_words,
    folded,
    parameter,
    written_address,
    written_message_id,
    written_references,
    written_text,
)
from daemon.mail.letter import AutomaticReply, Enclosure, Letter

__all__ = ["Unsafe", "compose"]

LONGEST_FILE_NAME = 180
BLOCK = 57 * 256
_DECODED: dict[str, Callable[[bytes], bytes]] = {
    "7bit": bytes,
    "quoted-printable": binascii.a2b_qp,
    "base64": binascii.a2b_base64,
}
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_CONTENT_ID = re.compile(r"[A-Za-z0-9._%+@$=-]{1,200}")
_HEADER_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,75}")
_OURS = frozenset(
    "message-id date from to cc bcc sender reply-to subject in-reply-to references auto-submitted mime-version "
    "x-auto-response-suppress precedence received return-path".split()
)
_ACTIVE = frozenset(("text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml"))
_SUPPRESS: dict[AutomaticReply, tuple[tuple[str, str], ...]] = {
    "auto-replied": (("X-Auto-Response-Suppress", "All"), ("Precedence", "bulk")),
    "auto-generated": (("X-Auto-Response-Suppress", "DR, RN, NRN, OOF, AutoReply"),),
}
_BODY_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_FROM = re.compile(rb"(?m)^From ")
_NOT_IN_NAMES = re.compile(r"[\"\\/:*?<>|;]")

Headers = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One body part, written: its headers (unfolded), its encoded body and the bytes a reader must get out of it."""

    headers: Headers
    encoding: str
    body: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class _Group:
    subtype: str
    parts: tuple[_Part, ...]


_Part = _Leaf | _Group


def compose(letter: Letter) -> bytes:
    """Write a letter as the bytes that leave, or raise ``Unsafe`` naming what must not."""
    headers = _headers(letter)
    tree = _tree(letter)
    written: list[bytes] = []
    leaves: dict[int, _Leaf] = {}
    expected: list[tuple[Headers, bool]] = []
    _write(tree, headers, 0, written, leaves, expected)
    _verify(b"".join(b"" if at in leaves else piece for at, piece in enumerate(written)), expected)
    for leaf in leaves.values():
        _verify_body(leaf)
    return b"".join(written)


def plain_text(raw: bytes) -> str:
    """The plain text of a mail that ``compose`` wrote."""
    return _first_part(raw, "text/plain")


def html_part(raw: bytes) -> str:
    """The HTML of a mail that ``compose`` wrote; '' if it has none."""
    return _first_part(raw, "text/html")


def _first_part(raw: bytes, kind: str) -> str:
    for part in message_from_bytes(raw).walk():
        content = part.get_payload(decode=True) if part.get_content_type() == kind else None
        if isinstance(content, bytes):
            return content.decode("utf-8", "replace").replace("\r\n", "\n")
    return ""


def _headers(letter: Letter) -> Headers:
    message_id = written_message_id(letter.message_id)
    if message_id is None:
        raise Unsafe("the Message-ID is none")
    if not letter.to:
        raise Unsafe("there is no recipient in To")
    headers = [
        ("Message-ID", message_id),
        ("Date", formatdate(letter.date).replace("-0000", "+0000")),
        ("From", written_address(letter.sender)),
        ("To", ", ".join(map(written_address, letter.to))),
    ]
    if letter.cc:
        headers.append(("Cc", ", ".join(map(written_address, letter.cc))))
    if letter.reply_to:
        headers.append(("Reply-To", written_address(letter.reply_to)))
    headers.append(("Subject", written_text("Subject", letter.subject)))
    if letter.in_reply_to and (in_reply_to := written_message_id(letter.in_reply_to)):
        headers.append(("In-Reply-To", in_reply_to))
    if references := written_references(letter.references):
        headers.append(("References", references))
    if letter.automatic:
        headers += [("Auto-Submitted", letter.automatic), *_SUPPRESS[letter.automatic]]
    for name, value in letter.headers:
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS or name.lower().startswith("content-"):
            raise Unsafe(f"{name[:40]!r} is no header that a letter may add")
        headers.append((name, written_text(name, value)))
    return [*headers, ("MIME-Version", "1.0")]


def _tree(letter: Letter) -> _Part:
    body: _Part = _text("plain", letter.text)
    attached: list[_Part] = []
    shown: list[_Part] = []
    for enclosure in letter.enclosures:
        inline = letter.html is not None and enclosure.inline and _shown_in_place(enclosure)
        (shown if inline else attached).append(_enclosure(enclosure, inline))
    if letter.html is not None:
        body = _Group("alternative", (body, _text("html", letter.html)))
    if shown:
        body = _Group("related", (body, *shown))
    return _Group("mixed", (body, *attached)) if attached else body


def _text(subtype: str, text: str) -> _Leaf:
    text = _BODY_CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n") + "\n"
    content = text.encode("utf-8").replace(b"\n", b"\r\n")
    encoding, body = _encoded_text(content)
    headers = [("Content-Type", f'text/{subtype}; charset="utf-8"'), ("Content-Transfer-Encoding", encoding)]
    return _Leaf(headers, encoding, body, content)


def _encoded_text(content: bytes) -> tuple[str, bytes]:
    if content.isascii() and b"=_" not in content and not _FROM.search(content):
        lines = content.split(b"\r\n")
        if max(map(len, lines)) <= 78 and not any(line.endswith((b" ", b"\t")) and line != b"-- " for line in lines):
            return "7bit", content
    quoted = binascii.b2a_qp(content, istext=True)
    if len(quoted) > len(content) * 4 // 3 + 100:
        return "base64", _base64(content)
    return "quoted-printable", _FROM.sub(b"=46rom ", quoted)


def _base64(content: bytes) -> bytes:
    """Lines of 76 characters, made block by block: as single lines a large enclosure would take its size twice more."""
    blocks = []
    for start in range(0, len(content), BLOCK):
        data = binascii.b2a_base64(content[start : start + BLOCK], newline=False)
        blocks.append(b"\r\n".join([data[at : at + 76] for at in range(0, len(data), 76)]))
    return b"\r\n".join([*blocks, b""])


def _shown_in_place(enclosure: Enclosure) -> bool:
    return bool(
        enclosure.content_id
        and _CONTENT_ID.fullmatch(enclosure.content_id)
        and enclosure.content_type.lower().startswith("image/")
        and _safe_type(enclosure.content_type) != "application/octet-stream"
    )


def _safe_type(content_type: str) -> str:
    content_type = content_type.lower()
    composite = content_type.startswith(("message/", "multipart/"))
    if composite or content_type in _ACTIVE or not _CONTENT_TYPE.fullmatch(content_type):
        return "application/octet-stream"
    return content_type


def _enclosure(enclosure: Enclosure, inline: bool) -> _Leaf:
    name = file_name(enclosure.name)
    typed = f'; name="{name if name.isascii() else encoded_words(name)}"' if len(name) <= 60 else ""
    headers = [
        ("Content-Type", _safe_type(enclosure.content_type) + typed),
        ("Content-Transfer-Encoding", "base64"),
        ("Content-Disposition", f"{'inline' if inline else 'attachment'}; {parameter('filename', name)}"),
    ]
    if inline:
        headers.append(("Content-ID", f"<{enclosure.content_id}>"))
    return _Leaf(headers, "base64", _base64(enclosure.content), enclosure.content)


def file_name(name: str) -> str:
    """A name under which any system can save a file: no path, no quotes, not hidden, not endless."""
    name = _NOT_IN_NAMES.sub("_", clean(name)).lstrip(". ") or "attachment"
    if len(name) > LONGEST_FILE_NAME:
        stem, dot, ending = name.rpartition(".")
        name = stem[: LONGEST_FILE_NAME - 20] + dot + ending if dot and len(ending) < 20 else name[:LONGEST_FILE_NAME]
    return name


def _write(
    part: _Part,
    headers: Headers,
    level: int,
    written: list[bytes],
    leaves: dict[int, _Leaf],
    expected: list[tuple[Headers, bool]],
) -> None:
    """Append a part's bytes, and what a reader must find there: its headers, and whether it has parts.

    The boundary of a level is the same in every mail, which lets a reader compile its pattern once. No body can hold it
    (``=_`` stands in no encoding, and text with it is encoded), and none is the beginning of another (RFC 2046, 5.1.1).
    ``leaves`` tells which pieces of ``written`` are bodies.
    """
    if isinstance(part, _Leaf):
        headers = headers + part.headers
        written += (_lines(headers), b"\r\n", part.body)
        leaves[len(written) - 1] = part
        expected.append((headers, False))
        return
    boundary = f"=_{level}-counterfoil"
    headers = [*headers, ("Content-Type", f'multipart/{part.subtype}; boundary="{boundary}"')]
    expected.append((headers, True))
    written += (_lines(headers), b"\r\n")
    delimiter = f"--{boundary}".encode("ascii")
    for number, child in enumerate(part.parts):
        written.append(b"%s%s\r\n" % (b"\r\n" if number else b"", delimiter))
        _write(child, [], level + 1, written, leaves, expected)
    written.append(b"\r\n%s--\r\n" % delimiter)


def _lines(headers: Headers) -> bytes:
    return "".join(folded(name, value) for name, value in headers).encode("utf-8")


def _verify(raw: bytes, expected: list[tuple[Headers, bool]]) -> None:
    """Read the mail without its bodies, which are looked at one by one: the parser reads line by line, at length."""
    parts = list(message_from_bytes(raw).walk())
    if len(parts) != len(expected):
        raise Unsafe("the mail would fall into other parts than were meant")
    for part, (headers, has_parts) in zip(parts, expected, strict=True):
        if _read_headers(part) != headers:
            raise Unsafe("a header would read otherwise than was meant")
        if part.defects or part.is_multipart() != has_parts or not (has_parts or part.get_payload() == ""):
            raise Unsafe("a part would read otherwise than was meant")


def _verify_body(leaf: _Leaf) -> None:
    """Read one body: it decodes to what was meant, all its line ends are CRLF, and no line passes for a boundary."""
    body = leaf.body
    line_ends = body.count(b"\r\n")
    boundary = body.startswith(b"--=_") or b"\n--=_" in body
    if boundary or body.count(b"\r") != line_ends or body.count(b"\n") != line_ends:
        raise Unsafe("a body would end elsewhere than was meant")
    if _DECODED[leaf.encoding](body) != leaf.content:
        raise Unsafe("a body would read otherwise than was meant")


def _read_headers(part: Message) -> Headers:
    """The headers as they stand, unfolded, bytes beyond ASCII read as UTF-8."""
    return [
        (name, value.encode("ascii", "surrogateescape").decode("utf-8", "replace").replace("\r\n", "").lstrip(" "))
        for name, value in part.raw_items()
    ]
