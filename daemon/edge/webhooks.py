"""Tells endpoints of events: a loop for each, so that one that is slow or dead holds up no other.

Rules: one message at a time to each endpoint, in the order of the events; what it does not take is tried again after a
pause that doubles, until it has taken nothing for as long as was stated: then it is paused and the operator told. That
it took a message is written down before the next is sent, however long the store is away. A message that was taken
when we died is sent again under the same id. Time that a clock leapt over counts for nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from daemon.core import webhooks
from daemon.core.values import Instant
from daemon.core.webhooks import Accepted, Answer, Happening
from daemon.desk.webhooks import Webhooks as Journal
from daemon.edge.age import Ages
from daemon.edge.webhook_call import Caller
from daemon.store.webhooks import Endpoint

log = structlog.get_logger()

POLL_SECONDS = 5.0
GATHER_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Rest:
    """How long a loop has nothing to do, and whether a new event ends that."""

    seconds: float
    until_news: bool = False


AT_ONCE = Rest(0)


class Webhooks:
    """``run`` until ``close``; ``wake`` (in the loop) when something was committed."""

    def __init__(
        self,
        journal: Journal,
        callers: Sequence[Caller],
        now: Callable[[], Instant],
        jitter: Callable[[int], int],
        clock: Callable[[], float] = time.monotonic,
        poll: float = POLL_SECONDS,
    ) -> None:
        ages = Ages(now, clock)
        self._lines = [_Line(journal, caller, ages, now, jitter, poll) for caller in callers]
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = asyncio.Event()

    async def run(self) -> None:
        """Tell every endpoint what it wants to hear."""
        self._tasks = [asyncio.create_task(line.run(), name=f"webhook {line.name}") for line in self._lines]
        await asyncio.gather(self._closing.wait(), *self._tasks)

    def wake(self) -> None:
        """There may be something to tell."""
        for line in self._lines:
            line.news.set()

    async def close(self, grace: float = 3.0) -> None:
        """Stop; messages under way have ``grace`` seconds, and are sent again after the next start if not taken."""
        self._closing.set()
        for line in self._lines:
            line.closing.set()
            line.news.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for line in self._lines:
            await line.caller.close()


class _Line:
    """The loop of one endpoint."""

    def __init__(
        self,
        journal: Journal,
        caller: Caller,
        ages: Ages,
        now: Callable[[], Instant],
        jitter: Callable[[int], int],
        poll: float,
    ) -> None:
        self.caller = caller
        self.news, self.closing = asyncio.Event(), asyncio.Event()
        self._journal, self._webhook = journal, caller.webhook
        self._ages, self._now, self._jitter, self._poll = ages, now, jitter, poll
        self._store_trouble = False

    @property
    def name(self) -> str:
        return self._webhook.name

    async def run(self) -> None:
        while not self.closing.is_set():
            self.news.clear()
            try:
                rest = await self._turn()
                self._store_works()
            except Exception as error:  # noqa: BLE001  however the database fails, the loop goes on
                self._store_failed(error)
                rest = Rest(self._poll)
            await self._rest(rest)

    async def _rest(self, rest: Rest) -> None:
        if rest.seconds <= 0:
            return
        event = self.news if rest.until_news else self.closing
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), rest.seconds)
            await asyncio.sleep(0 if self.closing.is_set() else GATHER_SECONDS)

    async def _turn(self) -> Rest:
        """Tell the next event, if there is one and its time has come."""
        turn = await self._journal.look(self._webhook)
        standing = turn.standing
        if standing is None or standing.paused_at is not None:
            return Rest(self._poll)
        if left := webhooks.wait(standing.due_at, self._now(), self._webhook.retry_longest):
            self._ages.watch()
            return Rest(min(left, self._poll))
        if turn.event is None:
            if not turn.more:
                return Rest(self._poll, until_news=True)
            await self._journal.passed_over(standing, turn)
            return AT_ONCE
        answer = await self.caller.call(webhooks.told(turn.event))
        await self._record(standing, turn.event, answer)
        return AT_ONCE

    async def _record(self, standing: Endpoint, event: Happening, answer: Answer) -> None:
        """Write down what became of it, until the store takes it."""
        write = self._what_follows(standing, event, answer)
        while not await self._written(write) and not self.closing.is_set():
            await self._rest(Rest(self._poll))

    async def _written(self, write: Callable[[], Awaitable[None]]) -> bool:
        try:
            await write()
        except Exception as error:  # noqa: BLE001  the same
            self._store_failed(error)
            return False
        self._store_works()
        return True

    def _what_follows(self, standing: Endpoint, event: Happening, answer: Answer) -> Callable[[], Awaitable[None]]:
        known = {"webhook": self.name, "id": event.id, "attempt": standing.attempts + 1}
        if isinstance(answer, Accepted):
            log.debug("webhook_told", **known, status=answer.status)
            return lambda: self._journal.accepted(standing, event, answer)
        now, webhook = self._now(), self._webhook
        since = standing.failing_since if standing.failing_since is not None else now
        if answer.gone or self._ages.of(since) >= webhook.give_up_after:
            log.warning("webhook_paused", **known, because=answer.reason)
            return lambda: self._journal.given_up(webhook, standing, answer, since)
        pause = webhooks.pause(standing.attempts + 1, webhook.retry_first, webhook.retry_longest, answer.wait)
        due_at = now + pause + self._jitter(pause // 4)
        log.info("webhook_declined", **known, because=answer.reason, until=due_at)
        return lambda: self._journal.declined(standing, answer, since, due_at)

    def _store_failed(self, error: Exception) -> None:
        if not self._store_trouble:
            log.error("webhook_waits", webhook=self.name, error=type(error).__name__, exc_info=error)
        self._store_trouble = True

    def _store_works(self) -> None:
        if self._store_trouble:
            log.info("webhook_goes_on", webhook=self.name)
        self._store_trouble = False
