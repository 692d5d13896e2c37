"""How often a token may ask: a bucket for each, in memory, filled evenly, and the headers that tell of it.

The headers are those of draft-ietf-httpapi-ratelimit-headers: ``RateLimit-Policy`` says what is allowed, ``RateLimit``
what is left and in how many seconds all of it is there again.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MINUTE = 60


@dataclass(frozen=True, slots=True)
class Standing:
    """What a token has left: of ``quota`` requests a minute so many, all again after ``full`` seconds.

    ``wait``: seconds until the next request is taken; 0 = this one was.
    """

    quota: int
    left: int
    full: int
    wait: int = 0

    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"token";q={self.quota};w={MINUTE}',
            "RateLimit": f'"token";r={self.left};t={self.full}',
        }


class Rates:
    """The buckets of all tokens; ``per_minute`` 0 = as often as they like."""

    def __init__(self, per_minute: int) -> None:
        self._quota = per_minute
        self._buckets: dict[int, tuple[float, float]] = {}

    def take(self, token: int, now: float) -> Standing | None:
        """Count one request at an instant (monotonic seconds); None where nothing is limited."""
        if not self._quota:
            return None
        each = MINUTE / self._quota
        held, since = self._buckets.get(token, (float(self._quota), now))
        held = min(float(self._quota), held + max(0.0, now - since) / each)
        wait = 0 if held >= 1 else max(1, math.ceil((1 - held) * each))
        held -= 0 if wait else 1
        self._buckets[token] = (held, now)
        return Standing(self._quota, math.floor(held), math.ceil((self._quota - held) * each), wait)
