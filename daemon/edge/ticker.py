"""The loop that lives by the wall clock: it sleeps until the next instant at which something is due.

It never sleeps for longer than half a minute, so that a clock that was set, or a machine that slept, is noticed; what
was due meanwhile is caught up, dated at its own instant.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Protocol

import structlog

log = structlog.get_logger()
LONGEST = 30.0


class Turns(Protocol):
    async def turn(self) -> float | None:
        """Do what is due; seconds until there is more to do, None if nothing is in sight."""


class Ticker:
    """``run`` until ``close``; ``wake`` (from any thread) when something is due at an instant."""

    def __init__(self, turns: Turns, now: Callable[[], int]) -> None:
        self._turns = turns
        self._now = now
        self._news = asyncio.Event()
        self._closing = False
        self._sleeps_until: int | None = None

    async def run(self) -> None:
        """A turn that fails never ends it."""
        while not self._closing:
            try:
                wait = await self._turns.turn()
            except Exception as error:
                log.exception("clock_failed", error=type(error).__name__)
                wait = LONGEST
            await self._sleep(min(LONGEST, LONGEST if wait is None else wait))

    async def _sleep(self, seconds: float) -> None:
        self._sleeps_until = self._now() + int(seconds)
        if seconds > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), seconds)
        self._news.clear()
        self._sleeps_until = None

    def wake(self, at: int | None = None) -> None:
        """There is something to do at this instant (None: now). Called in the loop."""
        if at is None or self._sleeps_until is None or at < self._sleeps_until:
            self._news.set()

    def close(self) -> None:
        """End after the turn at hand."""
        self._closing = True
        self._news.set()
