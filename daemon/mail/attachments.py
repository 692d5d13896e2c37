"""Attachments: parts that are not the mail's text, known by their number and by where they stand in the raw bytes.

A name is for people: it has no path, no control character, at most 255 bytes, and is never empty.
"""

from __future__ import annotations

import hashlib
import re

from daemon.core.values import Attachment
from daemon.mail.charset import clean_line
from daemon.mail.headers import as_text, decode_words
from daemon.mail.limits import Limits
from daemon.mail.structure import Part, with_line_feeds
from daemon.mail.transfer import decode_body

SUFFIXES = {
    "application/gzip": "gz",
    "application/json": "json",
    "application/ms-tnef": "dat",
    "application/msword": "doc",
    "application/pdf": "pdf",
    "application/pgp-signature": "asc",
    "application/pkcs7-signature": "p7s",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/zip": "zip",
    "audio/mpeg": "mp3",
    "image/gif": "gif",
    "image/heic": "heic",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/svg+xml": "svg",
    "image/tiff": "tiff",
    "image/webp": "webp",
    "message/delivery-status": "txt",
    "message/rfc822": "eml",
    "text/calendar": "ics",
    "text/csv": "csv",
    "text/html": "html",
    "text/plain": "txt",
    "text/rfc822-headers": "txt",
    "text/vcard": "vcf",
    "text/x-vcard": "vcf",
    "video/mp4": "mp4",
}
CONTENT_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,63}/[a-z0-9!#$&^_.+-]{1,63}")
DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def attachment_bytes(raw: bytes, attachment: Attachment) -> bytes:
    """The decoded bytes of an attachment of the mail ``raw``."""
    data = with_line_feeds(raw)
    return decode_body(data[attachment.offset : attachment.offset + attachment.length], attachment.encoding)[0]


def describe(part: Part, decoded: bytes, limits: Limits) -> Attachment:
    """The attachment that ``part`` is, given its decoded bytes."""
    content_type = part.type.value if CONTENT_TYPE.fullmatch(part.type.value) else "application/octet-stream"
    content_id = clean_line(as_text(part.header("content-id")))[: limits.message_id_characters].strip("<> ") or None
    return Attachment(
        part=part.number,
        name=file_name(declared_name(part), content_type, part.number, limits.attachment_name),
        content_type=content_type,
        size=len(decoded),
        sha256=hashlib.sha256(decoded).hexdigest(),
        content_id=content_id,
        inline=part.disposition.value != "attachment"
        and (part.disposition.value == "inline" or (content_id is not None and part.within == "related")),
        encoding=part.encoding,
        offset=part.start,
        length=part.end - part.start,
    )


def declared_name(part: Part) -> str:
    """The file name as the mail gives it, decoded, or ''."""
    for value in (part.disposition.parameters.get("filename"), part.type.parameters.get("name")):
        if value and value.strip():
            return decode_words(as_text(value.encode("utf-8", "surrogateescape")))
    return ""


def file_name(name: str, content_type: str, number: int, longest: int) -> str:
    """A file name without path, control or direction characters, of at most ``longest`` bytes."""
    name = clean_line(DIRECTION.sub("", name)).replace("\\", "/").rpartition("/")[2].strip(" \"'")
    if not name.strip(". "):
        suffix = SUFFIXES.get(content_type, "bin")
        return f"attachment-{number}.{suffix}"
    if len(name.encode("utf-8")) <= longest:
        return name
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix.encode("utf-8")) > 16:
        stem, suffix = name, ""
    tail = f".{suffix}" if suffix else ""
    return stem.encode("utf-8")[: longest - len(tail.encode("utf-8"))].decode("utf-8", "ignore") + tail
