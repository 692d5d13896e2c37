"""Raw bytes to a ``Mail``, or to an ``Unreadable`` that says why not. Pure and total: no bytes make it raise.

The order matters: caps first (``limits``), then the author, for a mail of no one author is not looked at further,
then the rest, in which everything broken is a defect and nothing is an error. Only the outermost headers say who
wrote a mail.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from html import escape

from daemon.core.values import Address, Attachment, Automatic, Bounce, Forwarded, Mail, Parsed, Unreadable
from daemon.mail.attachments import attachment_bytes, describe
from daemon.mail.automatic import is_automatic
from daemon.mail.body import choose
from daemon.mail.bounce import find_bounce
from daemon.mail.charset import clean, decode
from daemon.mail.fingerprint import Fingerprint, of_bytes
from daemon.mail.flowed import unflow
from daemon.mail.forwarded import find_forwarded
from daemon.mail.headers import as_text, decoded, instant, message_ids, other_headers
from daemon.mail.language import detect
from daemon.mail.limits import DEFAULT, Limits, TooMuch
from daemon.mail.mailboxes import Mailboxes, read_mailboxes
from daemon.mail.markup import Lines, to_lines
from daemon.mail.sanitise import sanitise
from daemon.mail.structure import Header, Part, Structure, every, first, read_structure, with_line_feeds
from daemon.mail.text import Reply, split_reply
from daemon.mail.transfer import decode_body

__all__ = ["attachment_bytes", "parse", "unread"]

DELIVERED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
MOST_DELIVERED_TO = 20
MOST_ATTACHED = 5

Harmless = Callable[[str, Limits], tuple[str | None, str | None]]


def parse(raw: bytes, limits: Limits = DEFAULT, harmless: Harmless = sanitise) -> Parsed:
    """Read a mail; ``harmless`` makes its HTML so. Of time and memory takes care who calls (``worker``)."""
    return _read(raw, limits, within=False, harmless=harmless)


def _read(raw: bytes, limits: Limits, *, within: bool, harmless: Harmless = sanitise) -> Parsed:
    sha256 = hashlib.sha256(raw).hexdigest()
    data = with_line_feeds(raw)
    try:
        return _Reading(data, len(raw), sha256, limits, within=within, harmless=harmless).mail()
    except TooMuch as error:
        return _unreadable(data, sha256, error.because, error.detail)
    except MemoryError:
        return _unreadable(data, sha256, "out-of-memory", "")
    except Exception as error:  # noqa: BLE001 - total: a fault of ours must not lose a mail
        return _unreadable(data, sha256, "parser-failed", f"{type(error).__name__}: {error}"[:200])


def unread(raw: bytes, because: str, detail: str) -> Unreadable:
    """A mail that is not to be parsed at all, with what its first headers tell at little cost."""
    return _unreadable(raw, hashlib.sha256(raw).hexdigest(), because, detail)


def _unreadable(data: bytes, sha256: str, because: str, detail: str) -> Unreadable:
    """What can be told about a mail at little cost."""
    try:
        subject, from_text, message_id = _glance(data[:8192])
    except Exception:  # noqa: BLE001 - total, as above; the operator has the bytes
        subject = from_text = message_id = ""
    return Unreadable(
        because=because,
        size=len(data),
        sha256=sha256,
        fingerprint=of_bytes(sha256),
        subject=subject,
        from_text=from_text,
        message_id=message_id or None,
        detail=detail,
    )


def _glance(head: bytes) -> tuple[str, str, str]:
    """Subject, From and Message-ID where they stand unfolded among the first headers."""
    subject = from_text = message_id = ""
    for line in head.replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n"):
        name, _, value = line.partition(b":")
        match name.lower().strip():
            case b"subject":
                subject = subject or decoded(value)[:200]
            case b"from":
                from_text = from_text or decoded(value)[:200]
            case b"message-id":
                message_id = message_id or "".join(message_ids(value[:998], 1, 998))
    return subject, from_text, message_id


class _Reading:
    """One mail being read; one ``within`` another is not searched for mails that it passes on itself."""

    def __init__(
        self, data: bytes, size: int, sha256: str, limits: Limits, *, within: bool, harmless: Harmless
    ) -> None:
        self.data = data
        self.size = size
        self.sha256 = sha256
        self.limits = limits
        self.within = within
        self.harmless = harmless
        self.defects: list[str] = []

    def mail(self) -> Parsed:
        structure = read_structure(self.data, self.limits)
        self.defects += structure.defects
        if not (headers := structure.headers):
            raise TooMuch("no-headers")
        charset = next((value for leaf in structure.leaves[:1] if (value := leaf.type.parameters.get("charset"))), "")
        sender = self._author(headers, charset)
        to = self._mailboxes(headers, "to", charset)
        cc = self._mailboxes(headers, "cc", charset)
        reply_to = self._mailboxes(headers, "reply-to", charset)
        if to.count + cc.count + reply_to.count > self.limits.recipients:
            raise TooMuch("too-many-recipients")
        subject = decoded(first(headers, "subject"), charset)
        if len(subject) > self.limits.subject_characters:
            subject = subject[: self.limits.subject_characters].rstrip()
            self.defects.append("subject-cut")
        bodies = _Bodies(self, structure)
        bounce = find_bounce(self.data, structure, sender, subject, bodies.lines.text, self.limits)
        return self._assembled(headers, structure, bodies, sender, subject, (to, cc, reply_to), bounce, charset)

    def _assembled(
        self,
        headers: list[Header],
        structure: Structure,
        bodies: _Bodies,
        sender: Address | None,
        subject: str,
        boxes: tuple[Mailboxes, Mailboxes, Mailboxes],
        bounce: Bounce | None,
        charset: str,
    ) -> Mail:
        limits = self.limits
        automatic: Automatic | None = is_automatic(headers, sender, subject, structure.leaves, bounce)
        if not (ids := message_ids(first(headers, "message-id"), 1, limits.message_id_characters)):
            self.defects.append("no-message-id")
        if (date := instant(first(headers, "date"))) is None:
            self.defects.append("no-date")
        if (reply := bodies.reply).nothing_new:
            self.defects.append("no-new-words")
        to, cc, reply_to = (tuple(box.addresses) for box in boxes)
        return Mail(
            size=self.size,
            sha256=self.sha256,
            fingerprint=bodies.fingerprint.hexdigest(),
            subject=subject,
            sender=sender,
            from_text=decoded(first(headers, "from"), charset)[: limits.subject_characters],
            to=to,
            cc=cc,
            reply_to=reply_to,
            date=date,
            message_id=ids[0] if ids else None,
            in_reply_to=message_ids(first(headers, "in-reply-to"), limits.references, limits.message_id_characters),
            references=message_ids(first(headers, "references"), limits.references, limits.message_id_characters),
            text=bodies.lines.text,
            html=bodies.html,
            reply_text=reply.new,
            quoted_text=reply.quoted,
            signature_text=reply.signature,
            attachments=tuple(bodies.attachments),
            automatic=automatic,
            bounce=bounce,
            language=detect(reply.new),
            defects=tuple(dict.fromkeys(self.defects)),
            delivered_to=self._delivered_to(headers),
            return_path=self._return_path(headers),
            headers=tuple(other_headers(headers)),
            forwarded=None if automatic or self.within else self._forwarded(structure, subject, bodies.lines.text),
        )

    def _forwarded(self, structure: Structure, subject: str, text: str) -> Forwarded | None:
        """The mail that this one passes on; each of its bytes is read once more at the most."""
        leaves = [leaf for leaf in structure.leaves if leaf.type.value == "message/rfc822"]
        contents = (decode_body(self.data[leaf.start : leaf.end], leaf.encoding)[0] for leaf in leaves[:MOST_ATTACHED])
        attached = [mail for raw in contents if isinstance(mail := _read(raw, self.limits, within=True), Mail)]
        return find_forwarded(subject, text, attached, is_one=len(leaves) == 1)

    def _author(self, headers: list[Header], charset: str) -> Address | None:
        """The one usable author, or None; raise where there may be two."""
        values = every(headers, "from")
        if len(values) > 1:
            raise TooMuch("several-from-headers")
        found = read_mailboxes(as_text(values[0], charset) if values else "", self.limits)
        if found.ambiguous:
            raise TooMuch("ambiguous-from")
        authors = dict.fromkeys(address.key for address in found.addresses)
        if len(authors) > 1 or (found.unusable and authors):
            self.defects.append("several-authors")
            return None
        if not authors:
            self.defects.append("no-author")
            return None
        return found.addresses[0]

    def _delivered_to(self, headers: list[Header]) -> tuple[str, ...]:
        """The envelope recipients that the mail servers on the way wrote down."""
        values = [value for name in DELIVERED_TO for value in every(headers, name)][:MOST_DELIVERED_TO]
        found = [read_mailboxes(as_text(value), self.limits).addresses for value in values]
        return tuple(dict.fromkeys(one.address for addresses in found for one in addresses))

    def _return_path(self, headers: list[Header]) -> str | None:
        """The envelope sender that the last mail server wrote down, topmost; None if none did."""
        value = as_text(first(headers, "return-path"))
        if value == "<>":
            return ""
        addresses = read_mailboxes(value, self.limits).addresses
        return addresses[0].address if len(addresses) == 1 else None

    def _mailboxes(self, headers: list[Header], name: str, charset: str) -> Mailboxes:
        found = Mailboxes()
        for value in every(headers, name):
            one = read_mailboxes(as_text(value, charset), self.limits)
            found.addresses += one.addresses
            found.count += one.count
            found.unusable |= one.unusable
        if found.unusable:
            self.defects.append(f"{name}-unusable")
        return found


class _Bodies:
    """The text, the HTML, the attachments and the fingerprint: one pass over the parts, each decoded once."""

    def __init__(self, reading: _Reading, structure: Structure) -> None:
        self.reading = reading
        self.limits = reading.limits
        self.fingerprint = Fingerprint(structure.headers)
        self.attachments: list[Attachment] = []
        body = choose(structure.root)
        kept = {part.number for part in (*body.plain, *body.html)}
        self.decoded: dict[int, str] = {}
        for leaf in structure.leaves:
            content, defect = decode_body(reading.data[leaf.start : leaf.end], leaf.encoding)
            if defect:
                reading.defects.append(defect)
            self.fingerprint.add(content)
            if leaf.number in kept:
                self.decoded[leaf.number] = self._text(leaf, content)
            else:
                self.attachments.append(describe(leaf, content, self.limits))
        self.html = self._html(body.html)
        self.lines = self._lines(body.plain)
        if not self.lines.text.strip() and self.html:
            self.lines = self._lines([part for part in body.html if part.type.value == "text/html"])
        self.reply: Reply = split_reply(self.lines.text, self.lines.marks)

    def _text(self, part: Part, content: bytes) -> str:
        result = decode(content, part.type.parameters.get("charset", ""))
        if result.defect:
            self.reading.defects.append(result.defect)
        text = clean(result.text)
        if len(text) > self.limits.text_characters:
            self.reading.defects.append("text-cut")
            text = text[: self.limits.text_characters]
        if part.type.value == "text/plain" and part.type.parameters.get("format", "").strip().lower() == "flowed":
            text = unflow(text, part.type.parameters.get("delsp", "").strip().lower() == "yes")
        return text

    def _lines(self, parts: list[Part]) -> Lines:
        whole = Lines()
        for part in parts:
            text = self.decoded[part.number]
            if part.type.value == "text/html":
                lines = to_lines(text)
            else:
                split = text.rstrip("\n").split("\n") if text.strip("\n") else []
                lines = Lines(split, [""] * len(split))
            if whole.lines and lines.lines:
                whole.lines.append("")
                whole.marks.append("")
            whole.lines += lines.lines
            whole.marks += lines.marks
        return whole

    def _html(self, parts: list[Part]) -> str | None:
        if not any(part.type.value == "text/html" for part in parts):
            return None
        pieces: list[str] = []
        for part in parts:
            text = self.decoded[part.number]
            if part.type.value != "text/html":
                pieces.append(f'<div style="white-space:pre-wrap">{escape(text, quote=False)}</div>')
                continue
            harmless, defect = self.reading.harmless(text, self.limits)
            if harmless is None:
                self.reading.defects.append(defect or "")
                return None
            pieces.append(harmless)
        return "\n".join(pieces)
