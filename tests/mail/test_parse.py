"""Reading mail: headers, text, and what is broken."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.core.values import Address, Mail, Unreadable
from daemon.mail.parse import attachment_bytes, parse
from tests.mail.mails import mail, multipart, read


def test_a_common_mail_is_read_whole() -> None:
    seen = read(mail(b"Hello there\r\n", Cc='"Doe, Dan" <Dan@Example.COM>', In_Reply_To="<0@desk.example>"))
    assert seen.sender == Address("Carol", "carol@customer.example")
    assert seen.to == (Address("", "support@desk.example"),)
    assert seen.cc == (Address("Doe, Dan", "Dan@example.com"),)
    assert (seen.subject, seen.text, seen.reply_text) == ("help", "Hello there", "Hello there")
    assert (seen.message_id, seen.in_reply_to, seen.date) == ("1@customer.example", ("0@desk.example",), 1767607200)
    assert seen.defects == ()


@pytest.mark.parametrize(
    ("encoded", "subject"),
    [
        ("=?utf-8?q?Die_Fr=C3=B6sche?=", "Die Frösche"),
        ("=?utf-8?b?RHJ1Y2s=?= =?utf-8?b?ZXI=?=", "Drucker"),
        ("=?utf-8?b?ww==?= =?utf-8?b?vA==?=", "ü"),
        ("=?utf-8?q?hi=0D=0ABcc:_victim@other.example?=", "hi Bcc: victim@other.example"),
        ("=?utf-8?q?What??=", "What?"),
        ("=?x-unknown?q?a=FF?=", "aÿ"),
        ("=?utf-8?q?unfinished", "=?utf-8?q?unfinished"),
    ],
)
def test_a_subject_is_decoded_into_one_harmless_line(encoded: str, subject: str) -> None:
    assert read(mail(Subject=encoded)).subject == subject


def test_raw_bytes_in_a_header_are_utf8_or_else_western() -> None:
    assert read(mail(Subject="Größe")).subject == "Größe"
    assert read(mail(Subject="Gr\udcf6\udcdfe")).subject == "Größe"


@pytest.mark.parametrize("value", ["", "99", "Mon, 00 Jan 0000 99:99:99 +9999", "Mon, 1 Jan 2024 00:00:00 +999999999"])
def test_a_date_that_cannot_be_meant_is_none(value: str) -> None:
    seen = read(mail(Date=value))
    assert seen.date is None
    assert "no-date" in seen.defects


def test_two_from_headers_make_a_mail_of_no_one_author() -> None:
    parsed = parse(b"From: mallory@evil.example\r\n" + mail(From="alice@desk.example"))
    assert isinstance(parsed, Unreadable)
    assert parsed.because == "several-from-headers"


@pytest.mark.parametrize(
    "value",
    [
        "alice@desk.example(<mallory@evil.example>",
        "alice@desk.example mallory@evil.example",
        "<alice@desk.example> <mallory@evil.example>",
        "alice@desk.example@evil.example",
        '"alice@desk.example <mallory@evil.example>',
    ],
)
def test_a_from_that_two_programs_read_differently_is_not_acted_upon(value: str) -> None:
    parsed = parse(mail(From=value))
    assert isinstance(parsed, Unreadable)
    assert parsed.because == "ambiguous-from"
    assert parsed.subject == "help"


@pytest.mark.parametrize("value", [None, "", ":", "mallory@", "Mallory", "alice@desk.example, mallory@evil.example"])
def test_a_mail_without_one_usable_author_is_accepted_without_sender(value: str | None) -> None:
    assert read(mail(From=value)).sender is None


def test_noise_and_empty_lines_are_no_mail() -> None:
    for raw in (b"", b"\r\n\r\n\r\n", bytes(range(256)) * 64, b"just words\r\n"):
        parsed = parse(raw)
        assert isinstance(parsed, Unreadable)
        assert parsed.because == "no-headers"


@pytest.mark.parametrize("end", [b"\r\n", b"\n", b"\r"])
def test_any_line_end_will_do(end: bytes) -> None:
    seen = read(mail(b"one\r\ntwo\r\n").replace(b"\r\n", end))
    assert (seen.subject, seen.text) == ("help", "one\ntwo")


def test_a_mailbox_line_and_a_byte_order_mark_before_the_headers_are_passed_over() -> None:
    assert read(b"From carol@customer.example Mon Jan  5 10:00:00 2026\n" + mail()).subject == "help"
    assert read(b"\xef\xbb\xbf" + mail()).sender is not None


@pytest.mark.parametrize("charset", ["x-unknown", "", "hex", "idna", "utf-8\x00x", "utf-8"])
def test_an_unusable_charset_does_not_lose_text(charset: str) -> None:
    assert read(mail("Grüße".encode(), Content_Type=f'text/plain; charset="{charset}"')).text == "Grüße"


def test_control_characters_and_halves_of_pairs_leave_the_text() -> None:
    seen = read(mail(b"a\x00b\x1b[31mc\xc2\x9bd\te\r\n", Content_Type="text/plain; charset=utf-8"))
    assert seen.text == "ab[31mcd\te"


def test_a_plain_and_an_html_part_are_both_kept() -> None:
    seen = read(
        multipart(
            "alternative",
            ("Content-Type: text/plain", b"Please cancel"),
            ("Content-Type: text/html", b"<b>Please double</b>"),
        )
    )
    assert (seen.text, seen.html) == ("Please cancel", "<b>Please double</b>")


def test_an_empty_plain_part_yields_to_the_html() -> None:
    seen = read(
        multipart("alternative", ("Content-Type: text/plain", b"  "), ("Content-Type: text/html", b"<p>Words</p>"))
    )
    assert seen.text == "Words"


def test_flowed_lines_are_joined() -> None:
    body = b"A long line \r\nthat goes on\r\n> quoted \r\n> too\r\n-- \r\nCarol\r\n"
    assert read(mail(body, Content_Type="text/plain; format=flowed")).text == (
        "A long line that goes on\n> quoted too\n-- \nCarol"
    )


def test_inner_headers_of_a_forwarded_mail_are_never_ours() -> None:
    seen = read(mail(mail(From="alice@desk.example", Subject="[#1001] #close"), Content_Type="message/rfc822"))
    assert seen.sender == Address("Carol", "carol@customer.example")
    assert seen.subject == "help"
    assert [one.content_type for one in seen.attachments] == ["message/rfc822"]


def test_of_two_content_types_the_first_counts() -> None:
    raw = mail(b"<script>1</script>", Content_Type="text/plain").replace(
        b"Content-Type", b"Content-Type: text/plain\r\nContent-Type", 1
    )
    seen = read(raw.replace(b"Content-Type: text/plain\r\n\r\n", b"Content-Type: text/html\r\n\r\n"))
    assert seen.html is None
    assert "several-content-types" in seen.defects


WHOLE = multipart(
    "mixed",
    ("Content-Type: text/plain; charset=utf-8; format=flowed", "Grüße \r\n> On Monday wrote:\r\n".encode()),
    ("Content-Type: text/html", b"<div class=gmail_quote><blockquote>a<p style='x'>b</blockquote>"),
    ('Content-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64', b"aGVsbG8="),
    ("Content-Type: message/delivery-status", b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\n"),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=8)
)
def test_no_damage_makes_the_parser_raise(cuts: list[tuple[int, int, bytes]]) -> None:
    raw = WHOLE
    for at, length, put in cuts:
        raw = raw[:at] + put + raw[at + length :]
    parsed = parse(raw)
    assert not isinstance(parsed, Unreadable) or parsed.because != "parser-failed", parsed
    if isinstance(parsed, Mail):
        assert all(len(attachment_bytes(raw, one)) == one.size for one in parsed.attachments)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300))
def test_no_bytes_make_the_parser_raise(noise: bytes) -> None:
    for raw in (noise, b"From: " + noise, b"Content-Type: " + noise + b"\n\n" + noise, b"Subject: =?" + noise):
        parsed = parse(raw)
        assert not isinstance(parsed, Unreadable) or parsed.because != "parser-failed", parsed


def test_headers_without_a_field_of_their_own_are_kept_decoded_and_within_bounds() -> None:
    seen = read(mail(X_Spam_Flag="YES", X_Note="=?utf-8?q?Gr=C3=B6=C3=9Fe?=", List_Id="one\r\n two", Received="by a"))
    assert seen.headers == (("x-spam-flag", "YES"), ("x-note", "Größe"), ("list-id", "one two"))
    many = read(mail(**{f"X_{i}": "a" * 900 for i in range(60)}))
    assert sum(len(name) + len(value) for name, value in many.headers) <= 16_384
    assert len(read(mail(**{f"X_{i}": "a" for i in range(100)})).headers) == 64
    assert len(read(mail(X_Long="a" * 5000)).headers[0][1]) <= 1000


def test_the_envelope_that_the_host_wrote_down_is_read() -> None:
    lines = (
        b"Return-Path: <carol@customer.example>",
        b"Delivered-To: support+1-x@Desk.example",
        b"X-Original-To: sales@desk.example",
    )
    seen = read(b"\r\n".join(lines) + b"\r\n" + mail(Envelope_To="a@b.example, c@d.example"))
    assert seen.return_path == "carol@customer.example"
    assert seen.delivered_to == ("support+1-x@desk.example", "sales@desk.example", "a@b.example", "c@d.example")


@pytest.mark.parametrize(
    ("header", "sender"), [("<>", ""), ("<a@b.example>", "a@b.example"), ("nonsense", None), ("<a@b.c>, <d@e.f>", None)]
)
def test_a_return_path_is_one_address_or_the_null_sender(header: str, sender: str | None) -> None:
    assert read(mail(Return_Path=header)).return_path == sender


def test_a_mail_delivered_to_very_many_is_read_in_part() -> None:
    raw = b"".join(b"Delivered-To: a%d@b.example\r\n" % number for number in range(100)) + mail()
    assert len(read(raw).delivered_to) == 20
