"""Attachments: found again in the raw bytes, with names for people."""

from __future__ import annotations

import hashlib

import pytest

from daemon.core.values import Mail
from daemon.mail.attachments import attachment_bytes
from daemon.mail.parse import parse
from tests.mail.mails import multipart, read
from tests.shared import corpus


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="report.pdf"', "report.pdf"),
        ("attachment; filename*=utf-8''Gr%C3%B6%C3%9Fe.pdf", "Größe.pdf"),
        ('attachment; filename*0="long-"; filename*1="name.pdf"', "long-name.pdf"),
        ("attachment; filename*0*=utf-8''%C3%A4; filename*1*=%C3%B6.pdf", "äö.pdf"),
        ('attachment; filename="=?utf-8?q?Gr=C3=B6=C3=9Fe.pdf?="', "Größe.pdf"),
        ('attachment; filename="../../etc/cron.d/x"', "x"),
        ('attachment; filename="C:\\\\temp\\\\a.pdf"', "a.pdf"),
        ('attachment; filename=".."', "attachment-2.pdf"),
        ('attachment; filename="///"', "attachment-2.pdf"),
        ('attachment; filename=""', "attachment-2.pdf"),
        ("attachment", "attachment-2.pdf"),
        ('attachment; filename="invoice\u202efdp.exe"', "invoicefdp.exe"),
        ("attachment; filename*=bogus''x%FF.pdf", "xÿ.pdf"),
        ('attachment; filename="a%0D%0AX: y.pdf"', "a%0D%0AX: y.pdf"),
    ],
)
def test_a_name_has_no_path_and_no_trick_and_is_never_empty(header: str, name: str) -> None:
    raw = multipart("mixed", ("", b"see"), (f"Content-Type: application/pdf\r\nContent-Disposition: {header}", b"%PDF"))
    assert [one.name for one in read(raw).attachments] == [name]


def test_a_name_of_five_thousand_bytes_keeps_its_ending() -> None:
    head = f'Content-Type: application/pdf\r\nContent-Disposition: attachment; filename="{"ä" * 2500}.pdf"'
    (one,) = read(multipart("mixed", ("", b"see"), (head, b"%PDF"))).attachments
    assert len(one.name.encode()) <= 255
    assert one.name.endswith(".pdf")


@pytest.mark.parametrize(
    ("encoding", "body", "content"),
    [
        ("base64", b"aGVsbG8gd29ybGQ=\r\n", b"hello world"),
        ("base64", b"aGVsbG8gd29ybGQ\r\n", b"hello world"),
        ("BASE64", b"aGVs\r\nbG8=d29ybGQ=", b"helloworld"),
        ("quoted-printable", b"a=3Db=\r\nc\r\n", b"a=bc"),
        ("x-uuencode", b"begin 644 a.txt\r\n%:&5L;&\\\r\n`\r\nend\r\n", b"hello"),
        ("8bit", b"\xff\x00raw", b"\xff\x00raw"),
        ("x-none", b"left as it is", b"left as it is"),
    ],
)
def test_an_attachment_is_read_again_out_of_the_raw_bytes(encoding: str, body: bytes, content: bytes) -> None:
    head = f"Content-Type: application/octet-stream; name=a\r\nContent-Transfer-Encoding: {encoding}"
    raw = multipart("mixed", ("", b"see"), (head, body))
    (one,) = read(raw).attachments
    assert attachment_bytes(raw, one).rstrip(b"\r\n") == content
    assert (one.size, one.sha256) == (
        len(attachment_bytes(raw, one)),
        hashlib.sha256(attachment_bytes(raw, one)).hexdigest(),
    )


def test_an_inline_picture_is_an_attachment_with_its_content_id() -> None:
    (one,) = read(
        multipart(
            "related",
            ("Content-Type: text/html", b'<img src="cid:pic@x">'),
            ("Content-Type: image/png\r\nContent-ID: <pic@x>", b"png"),
        )
    ).attachments
    assert (one.content_id, one.inline, one.name) == ("pic@x", True, "attachment-2.png")


def test_every_attachment_of_the_shared_mails_is_found_again() -> None:
    count = 0
    for path in sorted(corpus().rglob("*")):
        if not path.is_file() or path.suffix not in (".eml", ".txt", ".raw"):
            continue
        raw = path.read_bytes()
        parsed = parse(raw)
        if isinstance(parsed, Mail):
            for one in parsed.attachments:
                count += 1
                assert hashlib.sha256(attachment_bytes(raw, one)).hexdigest() == one.sha256, path
    assert count > 500
