"""Subjects: what is left of them, and the number in them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.matching import plain_subject, tag_in


@pytest.mark.parametrize(
    ("subject", "plain"),
    [
        ("Re: [#1042] Printer", "Printer"),
        ("AW: Re: Fwd: Printer", "Printer"),
        ("Re[2]: Printer", "Printer"),
        ("回复：Printer", "Printer"),
        ("Result: fine", "Result: fine"),
        ("Re:", ""),
        ("  two   spaces ", "two spaces"),
    ],
)
def test_a_subject_loses_its_prefixes_and_our_tag(subject: str, plain: str) -> None:
    assert plain_subject(subject) == plain


def test_thousands_of_prefixes_are_one() -> None:
    assert plain_subject("Re: " * 8000 + "Printer") == "Printer"


@given(st.text(max_size=400))
def test_a_plain_subject_is_short_on_one_line_and_stays_so(subject: str) -> None:
    plain = plain_subject(subject)
    assert len(plain) <= 250
    assert plain == " ".join(plain.split())


@given(st.integers(1, 10**12 - 1), st.text(max_size=50))
def test_the_last_tag_is_the_ticket(number: int, before: str) -> None:
    assert tag_in(f"{before} [#7] [#{number}]") == number


@pytest.mark.parametrize("subject", ["#1042", "[1042]", "[#0]", "[#01]", "[#1234567890123]", "[#१]"])
def test_what_only_looks_like_a_tag_is_none(subject: str) -> None:
    assert tag_in(subject) is None
