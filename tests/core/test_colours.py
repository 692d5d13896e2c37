"""Contrast as WCAG counts it, and a colour for the night."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.colours import ENOUGH, WHITE, contrast, is_colour, lightened

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == pytest.approx(ratio, abs=0.01)


@given(COLOURS, COLOURS)
def test_contrast_has_no_order(one: str, other: str) -> None:
    assert 1 <= contrast(one, other) == contrast(other, one) <= 21.01


@given(COLOURS)
def test_every_colour_can_be_read_by_night(colour: str) -> None:
    grounds = ("#1b212b", "#11151c")
    light = lightened(colour, grounds)
    assert is_colour(light) and all(contrast(light, ground) >= ENOUGH for ground in grounds)
    assert lightened(WHITE, grounds) == WHITE
