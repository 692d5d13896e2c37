"""The same mail is known again, another one is not taken for it (invariant 4)."""

from __future__ import annotations

from tests.mail.mails import mail, multipart, read


def test_i04_another_way_through_the_net_makes_no_other_mail() -> None:
    one = mail(b"Hello\r\nthere\r\n")
    other = b"Received: from a by b; Mon, 05 Jan 2026 10:00:00 +0000\r\nX-Spam: no\r\n" + one.replace(b"\r\n", b"\n")
    assert read(one).fingerprint == read(other).fingerprint
    assert read(one).sha256 != read(other).sha256


def test_i04_another_encoding_of_the_same_part_makes_no_other_mail() -> None:
    plain = mail(b"Hello=\r\n", Content_Transfer_Encoding="8bit")
    quoted = mail(b"Hello=3D\r\n", Content_Transfer_Encoding="quoted-printable")
    assert read(plain).fingerprint == read(quoted).fingerprint


def test_i04_a_used_message_id_with_other_words_is_another_mail() -> None:
    assert read(mail(b"Hello")).fingerprint != read(mail(b"Goodbye")).fingerprint
    assert read(mail(Subject="a")).fingerprint != read(mail(Subject="b")).fingerprint


def test_i04_the_border_between_two_parts_counts() -> None:
    one = multipart("mixed", ("", b"ab"), ("", b"c"))
    other = multipart("mixed", ("", b"a"), ("", b"bc"))
    assert read(one).fingerprint != read(other).fingerprint
