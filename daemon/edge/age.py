"""How long a mail has been waiting, on a machine whose clock may leap.

A clock that is set forward, or a machine that slept, makes mail look old that nobody has had the time to deliver: time
that leapt does not count. A clock that is set back makes it look younger, and it waits the longer.
"""

from __future__ import annotations

from collections.abc import Callable

from daemon.core.values import Instant

LEAP_SECONDS = 600


class Ages:
    """Watches the wall clock beside a monotonic one; ``watch`` from time to time."""

    def __init__(self, now: Callable[[], Instant], clock: Callable[[], float]) -> None:
        self._now = now
        self._clock = clock
        self._last = (now(), clock())
        self._leaps: list[tuple[Instant, int]] = []

    def watch(self) -> None:
        """Note whether the wall clock has leapt since it was looked at last."""
        before, started = self._last
        self._last = now, passed = self._now(), self._clock()
        leap = now - before - round(passed - started)
        if leap > LEAP_SECONDS:
            self._leaps.append((before, leap))

    def of(self, created_at: Instant) -> int:
        """The seconds since then that really passed, as far as was seen."""
        self.watch()
        leapt = sum(leap for before, leap in self._leaps if _precedes(created_at, before, leap))
        return self._now() - created_at - leapt


def _precedes(created_at: Instant, before: Instant, leap: int) -> bool:
    """Whether it is of the time before this leap: between ``before`` and the leap there was time to create mail too."""
    return created_at < before + leap - LEAP_SECONDS // 2
