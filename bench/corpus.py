"""Mail for measurements, the same bytes for the same seed on every machine.

A batch has a fixed mix of sizes, charsets and shapes in an order of its own: text alone, text with HTML as Outlook
writes it, attachments, and, in replies, the quoted mail. Replies go to tickets that exist: half of them to the
signed reply address, half to the desk's own address with References that name an earlier mail.
"""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Sequence
from dataclasses import dataclass

DESK = "support@example.com"
CUSTOMERS = 200
REPLIES = 0.4
SIZES = ((0.55, 1, 8), (0.25, 8, 40), (0.15, 40, 200), (0.05, 200, 500))
"""Share of the mails, and their sizes in KB, spread evenly from one to the other."""
KB = 1024
DATE = "Mon, 01 Jun 2026 08:00:00 +0000"
_CHARSETS = {
    "utf-8": "Größe, naïveté, 配送状況 and the usual words about an order that has not arrived yet",
    "iso-8859-1": "Guten Tag, die Bestellung ist bisher nicht angekommen, können Sie bitte nachsehen",
    "windows-1251": "Здравствуйте, заказ до сих пор не пришёл, проверьте пожалуйста где он находится",
    "iso-2022-jp": "お世話になっております 注文した商品がまだ届いていません ご確認をお願いします",
}


@dataclass(frozen=True, slots=True)
class Known:
    """A ticket that a customer can answer: its reply address, and the Message-ID of their mail that opened it."""

    customer: str
    ticket: int
    reply_address: str
    message_id: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One mail with its envelope; ``raw`` has CRLF line ends."""

    sender: str
    recipient: str
    raw: bytes
    is_reply: bool


def customer(number: int) -> str:
    return f"customer{number:05}@example.net"


def batch(seed: str, count: int, known: Sequence[Known]) -> list[Sample]:
    """``count`` mails, 40 % of them replies to tickets out of ``known`` (all new if that is empty)."""
    chance = random.Random(seed)
    sizes = [_size((i + 0.5) / count) for i in range(count)]
    replies = [bool(known) and i < round(count * REPLIES) for i in range(count)]
    chance.shuffle(sizes)
    chance.shuffle(replies)
    return [
        _mail(chance, f"{seed}-{i}", size, chance.choice(known) if reply else None)
        for i, (size, reply) in enumerate(zip(sizes, replies, strict=True))
    ]


def described(samples: Sequence[Sample]) -> str:
    """What a batch consists of, in one line."""
    sizes = sorted(len(s.raw) / KB for s in samples)
    replies = sum(s.is_reply for s in samples) / len(samples)
    return (
        f"{len(samples)} mails, {1 - replies:.0%} new, {replies:.0%} replies, "
        f"{sizes[0]:.1f} to {sizes[-1]:.0f} KB, mean {sum(sizes) / len(sizes):.1f} KB, "
        f"median {sizes[len(sizes) // 2]:.1f} KB, "
        f"{len(_CHARSETS)} charsets, {CUSTOMERS} customers"
    )


def _size(quantile: float) -> int:
    """The size in bytes below which this share of all mails lies."""
    below = 0.0
    for share, low, high in SIZES:
        if quantile < below + share:
            return int(KB * (low + (high - low) * (quantile - below) / share))
        below += share
    return SIZES[-1][2] * KB


def _mail(chance: random.Random, name: str, size: int, known: Known | None) -> Sample:
    charset = chance.choice(list(_CHARSETS))
    sender = known.customer if known else customer(chance.randrange(CUSTOMERS))
    to = known.reply_address if known and chance.random() < 0.5 else DESK
    subject = f"Re: [#{known.ticket}] Order {known.ticket}" if known else f"Order {chance.randrange(10**6)}"
    headers = [
        f"Received: from client.example.net by mx.example.net; {DATE}",
        f"Date: {DATE}",
        f"From: Customer <{sender}>",
        f"To: {to}",
        f"Subject: {subject}",
        f"Message-ID: <{name}@client.example.net>",
        "MIME-Version: 1.0",
    ]
    if known:
        headers += [f"In-Reply-To: <{known.message_id}>", f"References: <{known.message_id}>"]
    paragraph = _CHARSETS[charset]
    words = size // 3 if size > 3 * KB else (size - 450) // (2 if known else 1)
    count = max(1, min(words, 4 * KB) // (len(paragraph.encode(charset)) + 12))
    lines = [f"{paragraph} {chance.randrange(10**6)}." for _ in range(count)]
    if known:
        lines += ["", f"On {DATE}, Support wrote:", *(f"> {line}" for line in lines[: max(count // 2, 1)])]
    text = _text("plain", "\r\n".join(lines) + "\r\n", charset)
    head = "\r\n".join(headers).encode("ascii") + b"\r\n"
    room = size - len(head) - len(text)
    if room < KB:
        return Sample(sender, to, head + text, known is not None)
    html = _text("html", _html(chance, lines, min(room // 2, 24 * KB), known is not None), charset)
    parts = _multipart("alternative", [text, html], f"a-{name}")
    room = size - len(head) - len(parts)
    if room > 4 * KB:
        parts = _multipart("mixed", [parts, _attachment(chance, room)], f"m-{name}")
    return Sample(sender, to, head + parts, known is not None)


def _text(subtype: str, text: str, charset: str) -> bytes:
    """A part: utf-8 in base64, the 8-bit charsets in quoted-printable, ISO-2022-JP as it is."""
    content = text.encode(charset, "replace")
    if charset == "utf-8":
        encoding, body = "base64", _base64(content)
    elif charset == "iso-2022-jp":
        encoding, body = "7bit", content
    else:
        encoding, body = (
            "quoted-printable",
            quopri.encodestring(content).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"),
        )
    head = f"Content-Type: text/{subtype}; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    return head.encode("ascii") + body


def _html(chance: random.Random, lines: Sequence[str], size: int, quoted: bool) -> str:
    """The lines as a mail program writes them, with rows of a table until it is large enough."""
    body = [
        f'<p class="MsoNormal" style="margin:0;font-family:Calibri"><span lang="EN">{line}</span></p>' for line in lines
    ]
    if quoted:
        body = [
            *body,
            '<div class="gmail_quote"><blockquote type="cite">',
            *body[: len(body) // 2],
            "</blockquote></div>",
        ]
    rows: list[str] = []
    while sum(map(len, body)) + len(rows) * 130 < size:
        rows.append(
            f'<tr><td style="padding:2px 4px">Article {chance.randrange(10**6)}</td>'
            '<td align="right"><b>1</b></td></tr>'
        )
    return "\r\n".join(
        ["<html><head><style>p{margin:0}</style></head><body>", *body, "<table>", *rows, "</table></body></html>"]
    )


def _attachment(chance: random.Random, size: int) -> bytes:
    content = chance.randbytes(size * 73 // 100 - 300)
    kind, name = chance.choice((("application/pdf", "invoice.pdf"), ("image/jpeg", "picture.jpg")))
    head = (
        f'Content-Type: {kind}; name="{name}"\r\nContent-Transfer-Encoding: base64\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n\r\n'
    )
    return head.encode("ascii") + _base64(content)


def _base64(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")


def _multipart(subtype: str, parts: Sequence[bytes], boundary: str) -> bytes:
    line = f"--{boundary}".encode("ascii")
    head = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n\r\n'.encode("ascii")
    return head + b"".join(line + b"\r\n" + part + b"\r\n" for part in parts) + line + b"--\r\n"
