"""The relay that takes what the desk sends: a real SMTP server in a thread of its own, with switches to misbehave."""

from __future__ import annotations

import asyncio
import threading
from typing import Self

from tests.fakes import Arrived, FakeRelay

START_SECONDS = 10


class Sink:
    """A ``FakeRelay`` that runs beside the test; ``relay.answers`` and the like may be set at any time."""

    def __init__(self) -> None:
        self.relay = FakeRelay()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(START_SECONDS)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    @property
    def port(self) -> int:
        return self.relay.port

    @property
    def arrived(self) -> list[Arrived]:
        """All that was taken, oldest first."""
        return list(self.relay.arrived)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        async with self.relay:
            self._ready.set()
            await self._stop.wait()
        for _ in range(3):
            await asyncio.sleep(0)  # the transports that were aborted close their sockets
