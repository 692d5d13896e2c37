"""Colours as pages need them: contrast as WCAG 2.2 counts it, and a colour made light enough for a dark page."""

from __future__ import annotations

import re

ENOUGH = 4.5
"""The contrast that text of any size needs (WCAG 2.2, 1.4.3)."""
WHITE = "#ffffff"
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
STEPS = 20

RGB = tuple[int, int, int]


def is_colour(text: str) -> bool:
    """Whether this is written as ``#1f5fbf``."""
    return _HEX.fullmatch(text) is not None


def contrast(one: str, other: str) -> float:
    """From 1 (the same) to 21 (black on white)."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def lightened(colour: str, grounds: tuple[str, ...]) -> str:
    """The colour mixed with as little white as makes it readable on all of these grounds."""
    for step in range(STEPS + 1):
        mixed = _mixed(colour, step / STEPS)
        if all(contrast(mixed, ground) >= ENOUGH for ground in grounds):
            return mixed
    return WHITE


def _rgb(colour: str) -> RGB:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _mixed(colour: str, white: float) -> str:
    return "#" + "".join(f"{round(value + (255 - value) * white):02x}" for value in _rgb(colour))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(value / 255) for value in _rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)
