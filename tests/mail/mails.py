"""Small mails to read."""

from __future__ import annotations

from daemon.core.values import Mail
from daemon.mail.parse import parse

HEAD = {
    "From": "Carol <carol@customer.example>",
    "To": "support@desk.example",
    "Subject": "help",
    "Date": "Mon, 05 Jan 2026 10:00:00 +0000",
    "Message-ID": "<1@customer.example>",
}


def mail(body: bytes = b"Hello\r\n", **headers: str | None) -> bytes:
    """A mail with these headers beside the usual ones; ``_`` stands for ``-``, None leaves a header out."""
    fields: dict[str, str | None] = {**HEAD, **{name.replace("_", "-"): value for name, value in headers.items()}}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return "\r\n".join(lines).encode("utf-8", "surrogateescape") + b"\r\n\r\n" + body


def read(raw: bytes) -> Mail:
    parsed = parse(raw)
    assert isinstance(parsed, Mail), parsed
    return parsed


def multipart(subtype: str, *parts: tuple[str, bytes]) -> bytes:
    """A mail of several parts, each with its headers and its body."""
    body = b"".join(b"--xyz\r\n" + head.encode() + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    return mail(body + b"--xyz--\r\n", MIME_Version="1.0", Content_Type=f'multipart/{subtype}; boundary="xyz"')
