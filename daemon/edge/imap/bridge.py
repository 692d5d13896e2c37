"""Between a thread that talks IMAP and the daemon's loop, in which the house lives: what is asked, and how.

A thread waits for the house's answer and for nothing else meanwhile, but for the word to stop.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
from collections.abc import Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from daemon.config import Mailbox
from daemon.core.mailbox import Fetched, Folder
from daemon.core.values import Outcome
from daemon.edge.imap.wire import Stopped, Wake
from daemon.store.writer import StoreUnavailable

T = TypeVar("T")


class Register(Protocol):
    """The house, as the threads that talk IMAP see it; all of it runs in the daemon's loop."""

    async def folder(self, box: Mailbox, name: str) -> Folder | None: ...

    async def remember(self, box: Mailbox, name: str, seen: Folder) -> None: ...

    async def entered(self, box: Mailbox, name: str, uidvalidity: int, uids: Sequence[int]) -> dict[int, str]: ...

    async def take(self, box: Mailbox, name: str, seen: Folder, mail: Fetched) -> Outcome: ...


class HeldBack(Exception):
    """The house cannot keep mail at present; what lies in the mailbox lies well there."""


class Bridge:
    """Runs coroutines in the daemon's loop on behalf of a thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, wake: Wake) -> None:
        self._loop = loop
        self._wake = wake

    def start(self, job: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        try:
            return asyncio.run_coroutine_threadsafe(job, self._loop)
        except RuntimeError:
            job.close()
            raise Stopped from None

    def wait(self, future: concurrent.futures.Future[T]) -> T:
        while not self._wake.rung:
            try:
                return future.result(timeout=0.5)
            except concurrent.futures.TimeoutError:
                if future.done():
                    raise
        raise Stopped

    def ask(self, job: Coroutine[Any, Any, T]) -> T:
        """The answer; ``HeldBack`` while the database is away."""
        try:
            return self.wait(self.start(job))
        except StoreUnavailable:
            raise HeldBack from None
