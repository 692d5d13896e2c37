"""Works that are measured in turn within each round, so that whatever else the machine does falls on all alike.

Each round has an order of its own: one that gives much memory back leaves the next to fetch its pages from the machine
anew, which can take longer than what is measured.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Work = Callable[[int], Callable[[], Any]]
"""Makes ready for a round, of which it is told the number; what it returns is run and timed."""


def interleaved(rounds: int, works: Mapping[str, Work]) -> Iterator[tuple[str, int, float, Any]]:
    """Name, number of the round, seconds and result of each work; round 0 warms up and is not told of."""
    for number in range(rounds + 1):
        for name in random.Random(number).sample(list(works), len(works)):
            run = works[name](number)
            began = time.perf_counter()
            result = run()
            took = time.perf_counter() - began
            if number:
                yield name, number, took, result


def verdict(value: float, bound: float, aim: float | None = None) -> str:
    """Whether a value that should be low is at most its bound and its aim."""
    if value > bound:
        said = "MISSES the bound"
    elif aim is None or value > aim:
        said = "keeps the bound"
    else:
        said = "reaches the aim"
    return f"{said} (bound {bound:g}{'' if aim is None else f', aim {aim:g}'})"
