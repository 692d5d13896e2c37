"""Spells: the time a ticket spent in each status. They tile its life, so that their sums are exact on every clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from daemon.core.values import Instant


@dataclass(frozen=True, slots=True)
class Spell:
    """From ``start`` to ``end`` (not included) in one status."""

    start: Instant
    end: Instant
    status: str


def spells(opened: Instant, moves: Iterable[tuple[Instant, str]], until: Instant) -> tuple[Spell, ...]:
    """The life of a ticket from ``opened`` to ``until``, tiled.

    ``moves`` are (instant, status that it took), in their order; the first one tells the status that it had from
    ``opened`` on. An instant before the one that came earlier counts as that one, one after ``until`` as ``until``.
    Neighbours in one status are one spell, and a status that lasted no second is none.
    """
    tiled: list[Spell] = []
    start, status = opened, None
    for at, becomes in [*moves, (until, "")]:
        end = min(max(at, start), until)
        if status is not None and end > start:
            if tiled and tiled[-1].status == status:
                tiled[-1] = Spell(tiled[-1].start, end, status)
            else:
                tiled.append(Spell(start, end, status))
        if status is not None:
            start = end
        status = becomes
    return tuple(tiled)
