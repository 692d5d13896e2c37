"""What a mail teaches of its author."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.people import languages

LANGUAGE = st.sampled_from([None, "en", "de", "pl"])


def after(*mails: str | None) -> str | None:
    known: tuple[str | None, str | None] = (None, None)
    for written in mails:
        known = languages(*known, written)
    return known[0]


@pytest.mark.parametrize(
    ("mails", "language"),
    [
        ((), None),
        ((None,), None),
        (("de",), "de"),
        (("de", "en"), "de"),
        (("de", "en", "en"), "en"),
        (("de", "en", None, "en"), "en"),
        (("de", "en", "de", "en"), "de"),
        (("de", "en", "pl", "pl"), "pl"),
    ],
)
def test_the_first_language_holds_until_two_mails_in_a_row_say_otherwise(
    mails: tuple[str | None, ...], language: str | None
) -> None:
    assert after(*mails) == language


@given(st.lists(LANGUAGE))
def test_a_language_once_known_is_one_that_was_written_in(mails: list[str | None]) -> None:
    known = after(*mails)
    assert (known is None) == (not any(mails))
    assert known is None or known in mails
