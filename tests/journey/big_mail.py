"""The hostile mails that are too large to keep: written when they are needed, under their names in the corpus.

The archives differ from the corpus in nothing but their packing; all others are the same to the last byte.
"""

from __future__ import annotations

import gzip
import io
import zipfile
from base64 import encodebytes
from collections.abc import Callable

MEGABYTE = 1_000_000
BODY = "\r\nHello, please help.\r\n"


def _mail(number: int, extra: str = "", body: str = BODY, **changed: str) -> bytes:
    headers = {
        "From": "Mallory <mallory@evil.example>",
        "To": "support@desk.example",
        "Subject": "help",
        "Date": "Mon, 05 Jan 2026 10:00:00 +0000",
        "Message-ID": f"<evil.{number:04}@evil.example>",
        "MIME-Version": "1.0",
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    return ("".join(f"{name}: {value}\r\n" for name, value in headers.items()) + extra + body).encode()


def _typed(number: int, content_type: str, body: str) -> bytes:
    return _mail(number, f"Content-Type: {content_type}\r\n", "\r\n" + body)


def _attached(number: int, content_type: str, name: str, content: bytes) -> bytes:
    encoded = encodebytes(content).decode().replace("\n", "\r\n")
    body = (
        "--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nsee attachment\r\n"
        f'--x\r\nContent-Type: {content_type}; name="{name}"\r\n'
        f'Content-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{encoded}--x--\r\n"
    )
    return _typed(number, "multipart/mixed; boundary=x", body)


def _zip_of_zeros() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(4):
            archive.writestr(zipfile.ZipInfo(f"zeros{number}.bin"), bytes(50 * MEGABYTE), zipfile.ZIP_DEFLATED)
    return file.getvalue()


def _links() -> str:
    return "".join(f"<a href='http://e{n}.example/'>x</a>" for n in range(20_000))


BIG: dict[str, Callable[[], bytes]] = {
    "slow-ct-params.eml": lambda: _mail(61, f"Content-Type: text/plain; {'a=b;' * 16_384}\r\n", "\r\nHello body\r\n"),
    "slow-ct-rfc2231.eml": lambda: _mail(
        62, f"Content-Type: text/plain; {';'.join(f'name*{n}=x' for n in range(5_957))}\r\n", "\r\nHello body\r\n"
    ),
    "slow-to-commas.eml": lambda: _mail(64, To="," * 65_536),
    "slow-to-addrs.eml": lambda: _mail(65, To="a@b.c," * 10_922),
    "slow-to-dots.eml": lambda: _mail(67, To="a." * 32_768),
    "slow-from-nested-comments.eml": lambda: _mail(69, From="(" * 65_536),
    "slow-cc-groups.eml": lambda: _mail(70, f"Cc: {'a:;' * 21_845}\r\n"),
    "slow-subj-ew.eml": lambda: _mail(72, Subject="=?utf-8?q?a?= " * 4_681),
    "slow-subj-words.eml": lambda: _mail(73, Subject="a " * 32_768),
    "slow-msgid-dots.eml": lambda: _mail(0, Message_ID=f"<{'a.' * 32_768}@b>"),
    "slow-reply-redos-on-wrote.eml": lambda: _typed(79, "text/plain", "On Mon, Jan 5, 2026 " * 40_000),
    "slow-reply-redos-spaces.eml": lambda: _typed(80, "text/plain", " " * 500_000 + "x\r\n" + "\n" * 200_000 + "x"),
    "slow-html-open-comments.eml": lambda: _typed(82, "text/html", "<!--" * 100_000),
    "slow-html-lt.eml": lambda: _typed(83, "text/html", "<a " * 100_000),
    "slow-html-deep.eml": lambda: _typed(84, "text/html", "<div>" * 100_000 + "hi"),
    "slow-html-5000-links.eml": lambda: _typed(85, "text/html", _links()),
    "bomb-parts-100k.eml": lambda: _typed(86, "multipart/mixed; boundary=x", "--x\r\n\r\n\r\n" * 100_000 + "--x--\r\n"),
    "bomb-headers-50k.eml": lambda: "".join(f"X-{n}: y\r\n" for n in range(50_000)).encode() + _mail(88),
    "bomb-zip-200mb.eml": lambda: _attached(91, "application/zip", "logs.zip", _zip_of_zeros()),
    "bomb-gzip-100mb.eml": lambda: _attached(
        92, "application/gzip", "dump.sql.gz", gzip.compress(bytes(100 * MEGABYTE), mtime=0)
    ),
}
