"""What templates do with values, and URLs that open a mail."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.mail.filters import quoted, span, wrapped
from daemon.mail.mailto import LONGEST_SUBJECT, mailto

UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
ADDRESS = "support+1042-abcdefghijklmnopqrstuvwxyz@example.com"


def length(text: str) -> int:
    words = text.split(" ")
    return sum(int(number) * UNITS[unit] for number, unit in zip(words[::2], words[1::2], strict=True))


@pytest.mark.parametrize(
    ("seconds", "read"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_599, "59 min"),
        (3_600, "1 h"),
        (7_800, "2 h 10 min"),
        (-11_700, "3 h 15 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d"),
        (273_600, "3 d 4 h"),
    ],
)
def test_a_length_of_time_is_for_people(seconds: int, read: str) -> None:
    assert span(seconds) == read


@given(st.integers(-(10**9), 10**9))
def test_a_length_of_time_is_short_of_the_truth_by_less_than_its_smaller_unit(seconds: int) -> None:
    read = span(seconds)
    rest = abs(seconds) - length(read)
    step = 1 if abs(seconds) < 60 else 60 if abs(seconds) < 86_400 else 3_600
    assert 0 <= rest < step and len(read.split(" ")) in (2, 4)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_a_longer_time_never_reads_as_a_shorter_one(one: int, other: int) -> None:
    assert (length(span(one)) <= length(span(other))) == (one <= other) or length(span(one)) == length(span(other))


def test_a_quote_keeps_its_marks_when_its_lines_are_broken() -> None:
    read = quoted("word " * 30 + "\n\n" + "x" * 90 + " y\n> quoted before")
    lines = read.split("\n")
    assert all(line.startswith(">") for line in lines) and lines[-1] == "> > quoted before"
    assert all(len(line) <= 72 or " " not in line.removeprefix("> ") for line in lines)


@given(st.text(alphabet=st.sampled_from("> ab\n\t"), max_size=300))
def test_breaking_lines_loses_no_letter_and_no_mark_of_quoting(text: str) -> None:
    broken = wrapped(text, 20)
    assert broken.replace(">", "").split() == text.replace(">", "").split()
    for line in quoted(text).split("\n"):
        assert not line or line.startswith(">")


@given(st.text(max_size=300), st.text(max_size=300))
def test_a_url_opens_the_mail_that_was_meant(subject: str, body: str) -> None:
    subject = subject.encode("utf-8", "ignore").decode()
    body = body.encode("utf-8", "ignore").decode()
    url = mailto(ADDRESS, subject, body)
    address, _, query = url.partition("?")
    fields = parse_qs(query, keep_blank_values=True)
    assert unquote(address) == f"mailto:{ADDRESS}" and url.isascii() and not set(url) & set(" <>\"'\r\n")
    assert fields.get("body", [""])[0].replace("\r\n", "\n") == body.replace("\r\n", "\n")
    assert len(fields.get("subject", [""])[0]) <= LONGEST_SUBJECT


def test_a_token_in_a_url_can_be_found() -> None:
    assert mailto(ADDRESS, "Re: [#1042]", "#note ") == f"mailto:{ADDRESS}?subject=Re%3A%20%5B%231042%5D&body=%23note%20"


def test_a_line_that_is_set_in_stays_so_when_it_is_broken() -> None:
    assert wrapped("  one two three", 10) == "  one two\n  three"
    assert wrapped("> " + " " * 30 + "one two", 10) == "> " + " " * 30 + "one\n> two"
