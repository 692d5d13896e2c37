"""The clock's turns: tickets with which it has something to do, and all unfinished ones after the terms have changed.

Each turn is a few small transactions, so that mail is never kept waiting; what a turn did stands written down, so that
it does not matter when the daemon ends, nor how often it starts. A ticket with which a turn fails holds up no other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

import structlog

from daemon.desk.house import House
from daemon.desk.promising import look_at
from daemon.store import lives, terms
from daemon.store.writer import StoreUnavailable

log = structlog.get_logger()
AT_ONCE = 100
PUT_OFF = 3600
PAUSE = 5.0
LEAP = 600
GRACE = 300
"""Seconds after the start in which rules of automation do not act: other hosts are still delivering what they held."""


class Ticking:
    """What ``daemon.edge.ticker`` drives. ``caught_up``: whether each mailbox has been seen whole."""

    def __init__(
        self,
        house: House,
        caught_up: Callable[[], bool],
        grace: int = GRACE,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._house = house
        self._caught_up = caught_up
        self._grace = grace
        self._steady = steady
        self._last = (house.now(), steady())
        self._may_act_at = house.now() + grace

    async def turn(self) -> float | None:
        """Do what is due; seconds until there is more to do (0: at once), None if nothing is in sight."""
        try:
            return await self._turn()
        except StoreUnavailable as error:
            log.warning("clock_waits", because="store-unavailable", error=str(error))
            return PAUSE

    async def _turn(self) -> float | None:
        self._watch(self._house.now())
        if await self._bring_under_terms():
            return 0.0
        now = self._house.now()
        due, wakes = await asyncio.to_thread(
            self._house.store.read, lambda: (lives.due(now, AT_ONCE), lives.next_wake())
        )
        if due:
            await self._look_at(due, now)
            return 0.0
        return None if wakes is None else float(max(0, wakes - now))

    def _watch(self, now: int) -> None:
        """After a leap of the clock rules wait as after a start: mail may come, or the clock be set right again."""
        before, started = self._last
        passed = self._steady()
        self._last = (now, passed)
        if abs(now - before - (passed - started)) > LEAP:
            log.warning("clock_leapt", seconds=now - before - round(passed - started), rules_wait=self._grace)
            self._may_act_at = now + self._grace

    async def _look_at(self, numbers: Sequence[int], now: int) -> None:
        acting = now >= self._may_act_at and self._caught_up()

        def look() -> None:
            for number in numbers:
                look_at(self._house, number, now, acting=acting)

        try:
            await asyncio.wrap_future(self._house.store.write(look))
        except StoreUnavailable:
            raise
        except Exception as error:
            if len(numbers) > 1:
                for number in numbers:
                    await self._look_at([number], now)
                return
            log.exception("promises_failed", ticket=numbers[0], error=type(error).__name__)
            await asyncio.wrap_future(self._house.store.write(lambda: lives.postpone(numbers[0], now + PUT_OFF)))

    async def _bring_under_terms(self) -> bool:
        """Bring some more tickets under the terms in force; whether there may be more of them."""
        digest = self._house.agreement.digest
        in_force, beyond = await asyncio.to_thread(
            self._house.store.read, lambda: (terms.noted(terms.IN_FORCE), terms.noted(terms.BEYOND))
        )
        if in_force == digest:
            return False
        at = int(beyond.partition(" ")[2]) if beyond and beyond.startswith(f"{digest} ") else 0
        known = self._house.agreement.terms
        if in_force is None and not known.versions and not known.rules:
            numbers: list[int] = []
        else:
            numbers = await asyncio.to_thread(self._house.store.read, lambda: lives.unfinished(at, AT_ONCE))
        if numbers:
            await self._look_at(numbers, self._house.now())
        last = numbers[-1] if numbers else None

        def note() -> None:
            terms.note(terms.BEYOND, None if last is None else f"{digest} {last}")
            if last is None:
                terms.note(terms.IN_FORCE, digest)

        await asyncio.wrap_future(self._house.store.write(note))
        if not numbers:
            log.info("terms_in_force", policies=len(known.policies), rules=len(known.rules))
        return bool(numbers)
