"""Who is served next: a lane of workers, fair among sources, and a memory of the sources that killed workers.

A lane hands its workers out one by one to the source that waited longest since its last turn, so that one source with a
thousand mails delays another source's mail by one mail. Small mail goes before large, twenty to one. Nothing here
knows what a worker is.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from typing import Generic, TypeAlias, TypeVar

W = TypeVar("W")

Queue: TypeAlias = "OrderedDict[str, deque[asyncio.Future[W | None]]]"

LIGHT_IN_A_ROW = 20
STRIKES = 2
FORGET_AFTER_SECONDS = 600
MOST_SUSPECTS = 10_000


class Full(Exception):
    """So many wait in this lane that one more is refused."""


class Lane(Generic[W]):
    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.idle: deque[W] = deque()
        self.waiting = 0
        self._light: Queue[W] = OrderedDict()
        self._heavy: Queue[W] = OrderedDict()
        self._light_in_a_row = 0

    async def take(self, source: str, heavy: bool) -> W | None:
        """A worker, once it is this source's turn; None when the source was sent away meanwhile."""
        if self.idle and not self.waiting:
            return self.idle.popleft()
        if self.waiting >= self.capacity:
            raise Full
        future: asyncio.Future[W | None] = asyncio.get_running_loop().create_future()
        (self._heavy if heavy else self._light).setdefault(source, deque()).append(future)
        self.waiting += 1
        try:
            return await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and (worker := future.result()) is not None:
                self.give(worker)
            raise

    def give(self, worker: W) -> None:
        """Hand a worker back: to the next source in turn, or to the idle ones."""
        while self.waiting:
            future = self._next()
            if not future.done():
                future.set_result(worker)
                return
        self.idle.append(worker)

    def _next(self) -> asyncio.Future[W | None]:
        light = bool(self._light) and (not self._heavy or self._light_in_a_row < LIGHT_IN_A_ROW)
        self._light_in_a_row = self._light_in_a_row + 1 if light else 0
        queue = self._light if light else self._heavy
        source, futures = queue.popitem(last=False)
        future = futures.popleft()
        if futures:
            queue[source] = futures
        self.waiting -= 1
        return future

    def send_away(self, source: str) -> None:
        """All that wait for this source go elsewhere."""
        for queue in (self._light, self._heavy):
            for future in queue.pop(source, ()):
                self.waiting -= 1
                if not future.done():
                    future.set_result(None)


class Suspects:
    """The sources whose mail killed workers, for ten minutes."""

    def __init__(self) -> None:
        self._strikes: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __contains__(self, source: str) -> bool:
        count, at = self._strikes.get(source, (0, 0.0))
        return count >= STRIKES and time.monotonic() - at < FORGET_AFTER_SECONDS

    def strike(self, source: str) -> None:
        count, at = self._strikes.pop(source, (0, 0.0))
        now = time.monotonic()
        self._strikes[source] = (count + 1 if now - at < FORGET_AFTER_SECONDS else 1, now)
        while len(self._strikes) > MOST_SUSPECTS:
            self._strikes.popitem(last=False)
