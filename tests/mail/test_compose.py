"""Outgoing bytes: what a letter says is what a reader gets, and nothing else."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.values import Address
from daemon.mail import compose as composing
from daemon.mail.compose import Unsafe, compose, file_name
from daemon.mail.fields import clean, folded
from daemon.mail.letter import MARK, Enclosure, Letter

LETTER = Letter(
    message_id="1042-abcdefghijklmnopqrstuvwxyz.nonce@example.com",
    date=1_795_468_886,
    sender=Address("Desk Agent (Support)", "support@example.com"),
    to=(Address("Customer", "customer@example.com"),),
    subject="Re: Invoice cannot be opened [#1042]",
    text="Hello,\n\nhere it is.\n\n-- \nDesk Agent\n",
    reply_to=Address("Support", "support+1042-abcdefghijklmnopqrstuvwxyz@example.com"),
    in_reply_to="first@example.com",
    references=("first@example.com",),
    headers=((MARK, "support/1042"),),
)
PICTURE = Enclosure("dot.png", "image/png", b"\x89PNG\r\n\x1a\n", "dot@example.com", inline=True)
PAPER = Enclosure("invoice.pdf", "application/pdf", bytes(range(256)) * 40)
HEADERS = [
    "Message-ID",
    "Date",
    "From",
    "To",
    "Reply-To",
    "Subject",
    "In-Reply-To",
    "References",
    MARK,
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
]

hostile = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                "\r\n",
                "\n",
                "\r",
                "\x00",
                "\x0b",
                "\x0c",
                "\x1c",
                "\x85",
                "\u2028",
                "\u202e",
                "\ud800",
                " ",
                "\t",
                '"',
                "\\",
                ",",
                ";",
                ":",
                "<",
                ">",
                "@",
                "(",
                ")",
                "=",
                "?",
                "=?",
                "?=",
                "=?utf-8?q?=0D=0AX-Evil:_1?=",
                "=?utf-8?b?DQpYOiB5?=",
                "Bcc: evil@example.org",
                "\r\n\r\nbody",
                "a" * 100,
                "ü" * 40,
                "日本",
                "🙂",
                ".",
                "From ",
                "--=_cf-",
            ]
        ),
        max_size=12,
    ).map("".join),
)


def parsed(letter: Letter) -> Message:
    return email.message_from_bytes(compose(letter))


def decoded(message: Message, name: str) -> str:
    return str(make_header(decode_header(str(message[name]).replace("\r\n", ""))))


def parts(message: Message) -> list[str]:
    return [part.get_content_type() for part in message.walk()]


@given(hostile, hostile, hostile, hostile, hostile)
def test_i14_no_value_of_others_ever_makes_another_header_or_body_line(
    subject: str, sender: str, to: str, file: str, value: str
) -> None:
    letter = replace(
        LETTER,
        subject=subject,
        sender=Address(sender, "support@example.com"),
        to=(Address(to, "customer@example.com"),),
        enclosures=(Enclosure(file, "text/plain", b"x"),),
        headers=((MARK, value),),
    )
    raw = compose(letter)
    message = email.message_from_bytes(raw)
    assert [name for name, _ in message.raw_items()] == HEADERS[:-1]
    assert parts(message) == ["multipart/mixed", "text/plain", "text/plain"]
    assert all(len(line) <= 998 and line.isascii() for line in raw.split(b"\r\n"))
    assert not re.search(rb"[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]|\r(?!\n)|(?<!\r)\n", raw)
    assert decoded(message, "Subject") == clean(subject)
    assert not any(ord(c) < 32 or c in "\x7f\x85\u2028\u2029" for name in HEADERS[:-3] for c in decoded(message, name))
    for name, meant in (("From", sender), ("To", to)):
        ((shown, _),) = getaddresses([str(message[name]).replace("\r\n", "")])
        assert str(make_header(decode_header(shown))) == clean(meant)[:200] or '"' in meant or "\\" in meant
    strict = email.message_from_bytes(raw, policy=email.policy.default)
    assert [a.addr_spec for a in strict["From"].addresses] == ["support@example.com"]
    assert [a.addr_spec for a in strict["To"].addresses] == ["customer@example.com"]
    assert not strict.get("X-Evil") and not strict.get("Bcc")


@given(hostile)
def test_i14_text_arrives_line_by_line_whatever_it_holds(text: str) -> None:
    (body,) = email.message_from_bytes(compose(replace(LETTER, text=text))).walk()
    got = body.get_payload(decode=True)
    assert isinstance(got, bytes)
    lines = re.sub(
        r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]",
        "",
        text.replace("\r\n", "\n").replace("\r", "\n"),
    )
    assert got.decode("utf-8") == lines.rstrip("\n").replace("\n", "\r\n") + "\r\n"


@given(st.text(min_size=1, max_size=60) | hostile.map("{}@example.com".format) | hostile.map("customer@{}".format))
def test_i14_an_address_is_written_as_it_is_or_not_at_all(address: str) -> None:
    try:
        message = parsed(replace(LETTER, to=(Address("", address),)))
    except Unsafe:
        return
    written = str(message["To"])
    assert "\n" not in written and (written == address or not address.isascii())


@pytest.mark.parametrize(
    "address",
    [
        "",
        "customer",
        "a@b\r\nBcc: c@d",
        "a b@example.com",
        "a@b, c@d",
        "<a@b>",
        "a@b>c",
        "=?utf-8?q?a?=@example.com",
        "a@exa mple.com",
        "a\x00@example.com",
        "@example.com",
    ],
)
def test_i14_what_is_no_address_does_not_leave(address: str) -> None:
    with pytest.raises(Unsafe, match="no mail address"):
        compose(replace(LETTER, to=(Address("", address),)))


@pytest.mark.parametrize("name", ["Subject", "BCC", "Content-Type", "X Y", "X:Y", "X\r\nY", "", "Ünï"])
def test_i14_a_letter_cannot_add_a_header_of_ours_or_a_broken_one(name: str) -> None:
    with pytest.raises(Unsafe, match="no header that a letter may add"):
        compose(replace(LETTER, headers=((name, "x"),)))


def test_i14_bytes_that_would_read_otherwise_do_not_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    def careless(name: str, value: str) -> str:
        return folded(name, value) + ("X-Evil: 1\r\n" if name == "Subject" else "")

    monkeypatch.setattr(composing, "folded", careless)
    with pytest.raises(Unsafe, match="a header would read otherwise"):
        compose(LETTER)


def test_a_plain_letter_is_one_readable_part() -> None:
    raw = compose(LETTER)
    assert raw.endswith(b"\r\n\r\nHello,\r\n\r\nhere it is.\r\n\r\n-- \r\nDesk Agent\r\n")
    message = email.message_from_bytes(raw)
    assert [name for name, _ in message.raw_items()] == HEADERS
    assert message["From"] == '"Desk Agent (Support)" <support@example.com>'
    assert message[MARK] == "support/1042"
    assert parsedate_to_datetime(message["Date"]).timestamp() == LETTER.date
    assert message["Date"].endswith("+0000")


def test_levels_stand_only_where_they_hold_something() -> None:
    html = replace(LETTER, html='<p>Hello <img src="cid:dot@example.com"></p>')
    plain, alternative = ["text/plain"], ["multipart/alternative", "text/plain", "text/html"]
    assert parts(parsed(LETTER)) == plain
    assert parts(parsed(html)) == alternative
    assert parts(parsed(replace(LETTER, enclosures=(PAPER,)))) == ["multipart/mixed", *plain, "application/pdf"]
    assert parts(parsed(replace(html, enclosures=(PICTURE,)))) == ["multipart/related", *alternative, "image/png"]
    assert parts(parsed(replace(html, enclosures=(PAPER, PICTURE)))) == [
        "multipart/mixed",
        "multipart/related",
        *alternative,
        "image/png",
        "application/pdf",
    ]
    assert parts(parsed(replace(LETTER, enclosures=(PICTURE,)))) == ["multipart/mixed", *plain, "image/png"]


def test_an_inline_picture_keeps_its_id_and_an_attachment_its_bytes() -> None:
    message = parsed(replace(LETTER, html="<p>x</p>", enclosures=(PAPER, PICTURE)))
    picture, paper = list(message.walk())[-2:]
    assert (picture["Content-ID"], picture.get_content_disposition()) == ("<dot@example.com>", "inline")
    assert (paper.get_filename(), paper.get_content_disposition()) == ("invoice.pdf", "attachment")
    assert (picture.get_payload(decode=True), paper.get_payload(decode=True)) == (PICTURE.content, PAPER.content)


@pytest.mark.parametrize(
    "kind",
    [
        "text/html",
        "image/svg+xml",
        "application/xhtml+xml",
        "message/rfc822",
        "TEXT/HTML",
        "multipart/mixed",
        "text/plain; charset=x",
        "image/png\r\nX: y",
        "",
        "nonsense",
    ],
)
def test_i16_what_a_reader_might_run_travels_as_a_download(kind: str) -> None:
    enclosure = Enclosure("name.html", kind, b"<script>", "x@y", inline=True)
    part = list(parsed(replace(LETTER, html="<p>x</p>", enclosures=(enclosure,))).walk())[-1]
    assert (part.get_content_type(), part.get_content_disposition()) == ("application/octet-stream", "attachment")
    assert part["Content-ID"] is None


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Rechnung März.pdf", "Rechnung März.pdf"),
        ("../../etc/passwd", "_.._etc_passwd"),
        ('a"b\r\nc.txt', "a_b c.txt"),
        (".htaccess", "htaccess"),
        ("", "attachment"),
        ("x" * 300 + ".pdf", "x" * 160 + ".pdf"),
        ("請求書" * 30 + ".pdf", "請求書" * 30 + ".pdf"),
    ],
)
def test_file_names_are_safe_and_arrive(name: str, written: str) -> None:
    assert file_name(name) == written
    raw = compose(replace(LETTER, enclosures=(Enclosure(name, "application/pdf", b"x"),)))
    part = list(email.message_from_bytes(raw).walk())[-1]
    assert str(make_header(decode_header(part.get_filename() or ""))) == written
    assert (
        list(email.message_from_bytes(raw, policy=email.policy.default).iter_attachments())[-1].get_filename()
        == written
    )
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_text_beyond_ascii_is_quoted_printable_or_base64_whichever_is_shorter() -> None:
    assert parsed(replace(LETTER, text="Grüße aus Köln\n"))["Content-Transfer-Encoding"] == "quoted-printable"
    assert parsed(replace(LETTER, text="こんにちは世界\n" * 20))["Content-Transfer-Encoding"] == "base64"
    assert parsed(replace(LETTER, text="a" * 2000))["Content-Transfer-Encoding"] == "quoted-printable"
    raw = compose(replace(LETTER, text="From here on\nFrom there\n.\n"))
    assert b"\nFrom " not in raw and b"\r\n.\r\n" not in raw


def test_long_headers_are_folded_at_78_columns() -> None:
    raw = compose(
        replace(
            LETTER,
            subject="Rückfrage zur Rechnung " * 12 + "[#1042]",
            to=tuple(Address(f"Customer {n}", f"customer{n}@example.com") for n in range(30)),
        )
    )
    head = raw.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert max(map(len, head)) <= 78
    message = email.message_from_bytes(raw)
    assert decoded(message, "Subject").endswith("Rechnung [#1042]")
    assert len(getaddresses([message["To"]])) == 30


def test_references_keep_the_beginning_and_the_end_of_a_thread() -> None:
    thread = tuple(f"{n:03}.{'x' * 40}@example.com" for n in range(100))
    message = parsed(replace(LETTER, references=(*thread, thread[-1])))
    ids = message["References"].replace("\r\n", "").split(" ")
    assert ids[0] == f"<{thread[0]}>" and ids[-1] == f"<{thread[-1]}>"
    assert ids[1:] == [f"<{one}>" for one in thread[-len(ids) + 1 :]]
    assert 800 < sum(map(len, ids)) + len(ids) - 1 <= 900


def test_message_ids_that_cannot_be_written_are_left_out() -> None:
    bad = ("a b@c", "x\r\nY: z@c", "no-at-sign", "<a@b>", "ü@c", "=?utf-8?q?=0A?=@c", "a" * 600 + "@c")
    message = parsed(replace(LETTER, in_reply_to=bad[0], references=(*bad, "good@example.com")))
    assert message["References"] == "<good@example.com>" and message["In-Reply-To"] is None
    with pytest.raises(Unsafe):
        compose(replace(LETTER, message_id=bad[1]))


def test_i09_automatic_mail_says_so_in_each_dialect() -> None:
    written_by_a_person = parsed(LETTER)
    reply, generated = (parsed(replace(LETTER, automatic=kind)) for kind in ("auto-replied", "auto-generated"))
    dialects = ("Auto-Submitted", "X-Auto-Response-Suppress", "Precedence")
    assert [written_by_a_person[name] for name in dialects] == [None, None, None]
    assert [reply[name] for name in dialects] == ["auto-replied", "All", "bulk"]
    assert [generated[name] for name in dialects] == ["auto-generated", "DR, RN, NRN, OOF, AutoReply", None]


def test_only_a_mailbox_beyond_ascii_makes_the_mail_need_smtputf8() -> None:
    domain = compose(replace(LETTER, to=(Address("Müller", "kunde@bücher.example"),)))
    assert domain.isascii() and b"kunde@xn--bcher-kva.example" in domain
    local = compose(replace(LETTER, to=(Address("", "müller@example.com"),)))
    assert not local.isascii() and "To: müller@example.com\r\n".encode() in local


def test_i14_a_large_enclosure_is_compared_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    large = replace(LETTER, enclosures=(replace(PAPER, content=PAPER.content * 20), PICTURE))
    paper = list(parsed(large).walk())[-2]
    assert paper.get_payload(decode=True) == PAPER.content * 20
    monkeypatch.setattr(composing, "_base64", lambda content: b"AAAA\r\n" * (len(content) // 3))
    with pytest.raises(Unsafe, match="a body would read otherwise"):
        compose(replace(large, enclosures=large.enclosures[:1]))


def test_the_same_letter_is_the_same_bytes() -> None:
    letter = replace(LETTER, html="<p>x</p>", enclosures=(PAPER, PICTURE))
    assert compose(letter) == compose(letter)
