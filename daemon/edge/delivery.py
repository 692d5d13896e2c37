"""Takes parcels from the outbox to the transport: invariant 8's talking side.

Rules: at least once; never two parcels of one (ticket, recipient) at the same time, in the order that the outbox
offers them; 5xx is final; all else is tried again after a pause that doubles, until the mail is too old and is
given up with the last answer. While no mail gets through at all, one parcel at a time is tried at growing intervals
and the reason is logged once; everything flows again after the first success (invariant 26). What was sent is written
down before anything else happens to that parcel, however long the outbox is away.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from itertools import chain, repeat
from typing import Protocol

import structlog

from daemon.config import Relay
from daemon.core.values import Instant, Parcel
from daemon.edge.age import Ages
from daemon.edge.transport import Away, Deferred, Delivered, Refused, Result, Transport, spoken

log = structlog.get_logger()

POLL_SECONDS = 5.0
RECORD_PAUSES = (0.2, 1.0, 2.0, 5.0)
FIRST_PROBE = 5
LONGEST_PROBE = 300
EXPIRED_AT_ONCE = 100
AHEAD = 4  # parcels fetched at once, per connection


class Outbox(Protocol):
    """The parcels that wait. ``due`` offers, of each (ticket, recipient), only the first undelivered one."""

    async def due(self, now: Instant, limit: int, exclude: Collection[int]) -> Sequence[Parcel]: ...

    async def content(self, parcel: int) -> bytes: ...

    async def delivered(self, parcel: int, now: Instant, response: str) -> None: ...

    async def deferred(self, parcel: int, now: Instant, until: Instant, response: str) -> None: ...

    async def refused(self, parcel: int, now: Instant, code: int, response: str) -> None: ...


class Circuit:
    """Whether mail gets through at all; while it does not, when to try again (monotonic seconds)."""

    def __init__(self, relay: Relay, clock: Callable[[], float]) -> None:
        self._first = min(FIRST_PROBE, relay.retry_first)
        self._longest = min(LONGEST_PROBE, relay.retry_longest)
        self._clock = clock
        self._failures = 0
        self._probe_at = 0.0
        self.reason: str | None = None

    @property
    def pause(self) -> int:
        """Seconds between the last try and the next one."""
        return min(self._longest, self._first << min(max(self._failures - 1, 0), 16))

    @property
    def wait(self) -> float:
        """Seconds until the next try; 0 = now."""
        return 0.0 if self.reason is None else max(self._probe_at - self._clock(), 0.0)

    def broken(self, reason: str) -> None:
        if self.reason is not None and self.wait > 0:
            return  # another of the tries that were under way together
        if reason != self.reason:
            log.error("mail_does_not_leave", because=reason)
        self.reason = reason
        self._failures += 1
        self._probe_at = self._clock() + self.pause

    def closed(self) -> None:
        if self.reason is not None:
            log.info("mail_leaves_again")
        self.reason = None
        self._failures = 0


class Delivery:
    """The loop. ``jitter(seconds)`` gives a random share of so many seconds, ``clock`` is monotonic."""

    def __init__(
        self,
        outbox: Outbox,
        transport: Transport,
        relay: Relay,
        now: Callable[[], Instant],
        jitter: Callable[[int], int],
        clock: Callable[[], float] = time.monotonic,
        poll: float = POLL_SECONDS,
    ) -> None:
        self._outbox = outbox
        self._transport = transport
        self._relay = relay
        self._now = now
        self._jitter = jitter
        self._poll = poll
        self._circuit = Circuit(relay, clock)
        self._ages = Ages(now, clock)
        self._flights: dict[int, tuple[tuple[int | None, str], asyncio.Task[None]]] = {}
        self._waiting: deque[Parcel] = deque()
        self._news = asyncio.Event()
        self._has_old = False
        self._closing = False
        self._outbox_trouble = False

    @property
    def trouble(self) -> str | None:
        """Why no mail leaves at present, or None."""
        return self._circuit.reason

    def wake(self) -> None:
        """Look into the outbox now; from another thread by ``loop.call_soon_threadsafe``."""
        self._news.set()

    async def run(self) -> None:
        """Deliver until ``close``."""
        while not self._closing:
            self._news.clear()
            self._ages.watch()
            if wait := self._circuit.wait:
                await self._give_up_the_old()
            else:
                await self._depart()
            await self._pause(wait or self._poll)

    async def close(self, grace: float = 5.0) -> None:
        """Stop; mails under way have ``grace`` seconds to arrive, and are tried again after the next start if not."""
        self._closing = True
        self._news.set()
        tasks = [task for _, task in self._flights.values()]
        if tasks:
            await asyncio.wait(tasks, timeout=grace)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._transport.close()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), seconds)

    async def _depart(self) -> None:
        """Send off what is due, as far as there is room."""
        room = (1 if self._circuit.reason else self._relay.connections) - len(self._flights)
        if room > len(self._waiting):
            self._waiting.extend(await self._due(self._relay.connections * AHEAD))
        busy = {lane for lane, _ in self._flights.values()}
        for _ in range(min(room, len(self._waiting))):
            parcel = self._waiting.popleft()
            lane = (parcel.ticket, parcel.recipient.casefold())
            if lane not in busy and not self._closing:
                busy.add(lane)
                task = asyncio.get_running_loop().create_task(self._deliver(parcel))
                self._flights[parcel.id] = (lane, task)

    async def _due(self, limit: int) -> Sequence[Parcel]:
        known = (*self._flights, *(parcel.id for parcel in self._waiting))
        try:
            parcels = await self._outbox.due(self._now(), limit, known)
        except Exception as error:  # noqa: BLE001  however the database fails, the loop goes on
            self._outbox_failed(error)
            return ()
        self._outbox_works()
        return [parcel for parcel in parcels if parcel.id not in known]

    async def _deliver(self, parcel: Parcel) -> None:
        try:
            try:
                content = await self._outbox.content(parcel.id)
            except Exception as error:  # noqa: BLE001  the same
                self._outbox_failed(error)
                await asyncio.sleep(self._poll)  # still under way until then, so that it is not offered at once
                return
            await self._record(parcel, await self._send(parcel, content))
        finally:
            del self._flights[parcel.id]
            self._news.set()

    async def _send(self, parcel: Parcel, content: bytes) -> Result:
        try:
            result = await self._transport.send(parcel, content)
        except Exception as error:
            log.error("delivery_failed", parcel=parcel.id, error=type(error).__name__, exc_info=error)
            return Deferred(0, "internal trouble; the log tells more")
        if isinstance(result, Away):
            self._circuit.broken(result.reason)
            self._waiting.clear()
            self._has_old = True
        else:
            self._circuit.closed()
        return result

    # -- what became of it

    async def _record(self, parcel: Parcel, result: Result) -> None:
        """Write the result down, until the outbox takes it."""
        for pause in chain(RECORD_PAUSES, repeat(RECORD_PAUSES[-1])):
            if await self._written_down(parcel, result):
                break
            await asyncio.sleep(pause)

    async def _written_down(self, parcel: Parcel, result: Result) -> bool:
        try:
            await self._write_down(parcel, result)
        except Exception as error:  # noqa: BLE001  the same
            self._outbox_failed(error)
            return False
        self._outbox_works()
        return True

    async def _write_down(self, parcel: Parcel, result: Result) -> None:
        now = self._now()
        known = {"parcel": parcel.id, "ticket": parcel.ticket, "attempt": parcel.attempts + 1}
        if isinstance(result, Delivered):
            await self._outbox.delivered(parcel.id, now, result.response)
            log.info("mail_delivered", **known, response=result.response)
        elif isinstance(result, Refused):
            await self._outbox.refused(parcel.id, now, result.code, result.response)
            log.warning("mail_refused", **known, response=result.response)
        else:
            code, response = (0, spoken(result.reason)) if isinstance(result, Away) else (result.code, result.response)
            if self._expired(parcel):
                await self._outbox.refused(parcel.id, now, code, response)
                log.warning("mail_given_up", **known, response=response)
            else:
                until = self._next_try(parcel, result, now)
                await self._outbox.deferred(parcel.id, now, until, response)
                log.info("mail_deferred", **known, until=until, response=response)

    def _expired(self, parcel: Parcel) -> bool:
        return self._ages.of(parcel.created_at) >= self._relay.give_up_after

    def _next_try(self, parcel: Parcel, result: Result, now: Instant) -> Instant:
        """When to try again: at the next probe if no mail gets through, else after a pause that doubles each time."""
        if isinstance(result, Away):
            return now + self._circuit.pause
        pause = min(self._relay.retry_longest, self._relay.retry_first << min(parcel.attempts, 24))
        left = self._relay.give_up_after - self._ages.of(parcel.created_at)
        return now + max(min(pause + self._jitter(pause // 4), left), 1)

    async def _give_up_the_old(self) -> None:
        """While no mail gets through, end those that are too old, once after each probe."""
        if self._has_old and self._circuit.reason is not None:
            self._has_old = False
            for parcel in await self._due(EXPIRED_AT_ONCE):
                if self._expired(parcel):
                    await self._written_down(parcel, Away(self._circuit.reason))

    # -- the outbox itself

    def _outbox_failed(self, error: Exception) -> None:
        if not self._outbox_trouble:
            log.error("outbox_away", error=type(error).__name__, exc_info=error)
        self._outbox_trouble = True

    def _outbox_works(self) -> None:
        if self._outbox_trouble:
            log.info("outbox_back")
        self._outbox_trouble = False
