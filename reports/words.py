"""Durations, shares and counts as people say them."""

from __future__ import annotations

import math


def duration(seconds: float) -> str:
    """Seconds as people say them: ``45 s``, ``38 min``, ``4 h 12 min``, ``9 d 3 h``; a day is 24 hours."""
    if math.isnan(seconds):
        return "–"
    if math.isinf(seconds):
        return "∞"
    if seconds < 60:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 72:
        return f"{hours} h {minutes:02} min" if minutes else f"{hours} h"
    days, hours = divmod(round(seconds / 3600), 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def share(value: float) -> str:
    """A share as per cent."""
    return "–" if math.isnan(value) else f"{value * 100:.1f} %"


def number(value: float) -> str:
    """A count, or a mean with one digit."""
    if math.isnan(value):
        return "–"
    return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
