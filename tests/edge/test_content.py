"""The end of DATA and the dots, however the bytes are cut."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.edge.content import Content
from tests.edge.conftest import FALSE_ENDS


def collected(*pieces: bytes, limit: int = 1_000_000) -> tuple[bytes, bytes | None]:
    content = Content(limit)
    behind = None
    for i, piece in enumerate(pieces):
        behind = content.feed(piece)
        if behind is not None:
            behind += b"".join(pieces[i + 1 :])
            break
    return content.value(), behind


def stuffed(mail: bytes) -> bytes:
    """A mail as a client sends it: RFC 5321, 4.5.2, spelt out."""
    lines = mail.split(b"\r\n")
    return b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)


def test_the_end_is_not_part_of_the_mail_and_what_follows_is_handed_back() -> None:
    assert collected(b"a\r\nb\r\n.\r\nQUIT\r\n") == (b"a\r\nb\r\n", b"QUIT\r\n")


def test_an_empty_mail_ends_at_once() -> None:
    assert collected(b".\r\nQUIT\r\n") == (b"", b"QUIT\r\n")


def test_a_mail_of_one_empty_line_is_kept() -> None:
    assert collected(b"\r\n.\r\n") == (b"\r\n", b"")


def test_one_dot_is_taken_from_the_head_of_each_line() -> None:
    assert collected(b"..a\r\n...\r\n.b\r\n.\r\n") == (b".a\r\n..\r\nb\r\n", b"")


@pytest.mark.parametrize("fake", FALSE_ENDS)
def test_nothing_else_ends_a_mail(fake: bytes) -> None:
    mail, behind = collected(b"a" + fake + b"b\r\n.\r\n")
    assert behind == b""
    assert mail == b"a" + fake.replace(b"\r\n.", b"\r\n") + b"b\r\n"


LINES = st.text("ab.\r\n\x00", max_size=40).map(str.encode)


@given(LINES, st.lists(st.integers(0, 60), max_size=6))
def test_the_cuts_between_pieces_make_no_difference(mail: bytes, cuts: list[int]) -> None:
    wire = stuffed(mail) + b"\r\n.\r\nNEXT"
    marks = sorted({min(c, len(wire)) for c in cuts} | {0, len(wire)})
    pieces = [wire[a:b] for a, b in pairwise(marks)]
    kept, behind = collected(*pieces)
    assert behind == b"NEXT"
    assert kept == mail + b"\r\n"


@given(LINES)
def test_one_byte_at_a_time_is_the_same_as_all_at_once(wire: bytes) -> None:
    wire += b"\r\n.\r\n"
    assert collected(*(wire[i : i + 1] for i in range(len(wire)))) == collected(wire)


@pytest.mark.parametrize(("length", "too_large"), [(98, False), (99, True)])
def test_a_mail_may_be_as_large_as_the_limit_and_not_a_byte_larger(length: int, too_large: bool) -> None:
    content = Content(100)
    assert content.feed(b"x" * length + b"\r\n.\r\n") == b""
    assert content.too_large is too_large


def test_dots_that_are_taken_away_do_not_count() -> None:
    content = Content(100)
    content.feed(b".." + b"x" * 97 + b"\r\n.\r\n")
    assert not content.too_large


def test_past_the_limit_nothing_is_kept_and_the_end_is_still_found() -> None:
    content = Content(1000)
    for _ in range(1000):
        assert content.feed(b"x" * 1000) is None
    assert content.feed(b"\r\n.\r\nQUIT") == b"QUIT"
    assert content.too_large
    assert content.value() == b""


def test_a_line_of_many_megabytes_costs_no_more_than_short_ones() -> None:
    content = Content(1 << 25)
    for _ in range(300):
        content.feed(b"x" * 65_536)
    assert len(content._pending) < 10
    assert content.feed(b"\r\n.\r\n") == b""
    assert re.fullmatch(rb"x+\r\n", content.value())
