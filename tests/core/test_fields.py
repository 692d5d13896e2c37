"""Fields of the operator's own: each kind has one form, and what is none is refused in a sentence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.case import fill_in
from daemon.core.fields import Field, lacking, named, resolves, value

NUMBER, DATE, TEXT = (Field(kind, kind.capitalize(), kind) for kind in ("number", "date", "text"))
CHOICE = Field("product", "Product", "choice", ("VPN access", "Printer", "Größe L", "\u2713"))


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        (NUMBER, "12", "12"),
        (NUMBER, " 012.50 ", "12.5"),
        (NUMBER, "-0.00", "0"),
        (NUMBER, "-0.5", "-0.5"),
        (NUMBER, "+3", "3"),
        (DATE, "2026-12-01", "2026-12-01"),
        (DATE, "2026-2-3", "2026-02-03"),
        (DATE, "3.2.2026", "2026-02-03"),
        (CHOICE, "printer", "Printer"),
        (CHOICE, "vpn-access", "VPN access"),
        (CHOICE, "groesse l", "Größe L"),
        (CHOICE, "\u2713", "\u2713"),
        (TEXT, "  two\n lines ", "two lines"),
        *((field, blank, "") for field in (NUMBER, DATE, TEXT, CHOICE) for blank in ("", " \n\u200b")),
    ],
)
def test_a_value_has_one_form(field: Field, typed: str, kept: str) -> None:
    assert value(field, typed) == kept
    assert value(field, kept) == kept


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        (NUMBER, "1,5", "write one such as 12 or 12.5"),
        (NUMBER, "1e5", "is no number"),
        (NUMBER, "NaN", "is no number"),
        (NUMBER, "\u0661\u0662", "is no number"),
        (NUMBER, "9" * 19, "is no number"),
        (DATE, "2026-02-30", "is no day that there is"),
        (DATE, "tomorrow", "write one such as 2026-12-01"),
        (DATE, "0000-01-01", "is no day that there is"),
        (CHOICE, "scanner", "one of VPN access, Printer"),
        (CHOICE, "---", "is not offered"),
        (TEXT, "x" * 1001, "at most 1000"),
    ],
)
def test_what_is_none_is_refused_in_a_sentence(field: Field, typed: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        value(field, typed)


@given(st.sampled_from([NUMBER, DATE, TEXT, CHOICE]), st.text())
def test_a_value_that_is_taken_is_taken_again_as_it_is(field: Field, typed: str) -> None:
    try:
        kept = value(field, typed)
    except ValueError as error:
        assert len(str(error)) < 400
        return
    assert value(field, kept) == kept
    assert "\n" not in kept


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**9), max_value=10**9, places=4))
def test_numbers_keep_what_they_are_worth(number: Decimal) -> None:
    assert Decimal(value(NUMBER, f"{number:f}")) == number


@given(st.dates())
def test_dates_stay_the_day_that_they_are(day: date) -> None:
    assert value(DATE, day.isoformat()) == value(DATE, f"{day.day}.{day.month}.{day.year:04}") == day.isoformat()


def test_what_is_required_is_so_for_its_teams_and_on_the_way_to_an_end() -> None:
    field = Field("product", "Product", "text", teams=frozenset({"support"}), required_on_resolve=True)
    assert lacking([field], "support", {}) == (field,)
    assert lacking([field], "support", {"product": "x"}) == lacking([field], "billing", {}) == ()
    assert resolves("open", "resolved")
    assert resolves("open", "closed")
    assert not resolves("resolved", "closed")
    assert not resolves("open", "spam")


def test_a_field_is_found_in_any_spelling_of_its_name() -> None:
    field = Field("order-number", "Order", "text")
    for name in ("order-number", "Order_Number", "ORDERNUMBER"):
        assert named([field], name) is field
    assert named([field], "order") is None


def test_events_tell_from_what_to_what_but_for_words() -> None:
    assert dict(fill_in(CHOICE, "", "Printer", "changed-by-agent", 1, 7).data) == {
        "field": "product",
        "from": None,
        "to": "Printer",
    }
    assert dict(fill_in(TEXT, "secret", "words", "changed-by-agent", 1, 7).data) == {"field": "text"}
