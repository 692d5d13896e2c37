"""A relay that notes when each mail is there: an SMTP server in a thread of its own."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from aiosmtpd.smtp import SMTP


@dataclass(frozen=True, slots=True)
class Arrival:
    """A mail at the relay; ``at`` by the machine's steady clock."""

    recipient: str
    at: float
    content: bytes


Arrivals = queue.SimpleQueue[Arrival]


def arrived(arrivals: Arrivals, recipient: str, words: bytes = b"", seconds: float = 30) -> Arrival:
    """The next mail for this address that holds these words; others are passed over."""
    until = time.monotonic() + seconds
    while True:
        found = arrivals.get(timeout=max(0.0, until - time.monotonic()))
        if found.recipient == recipient and words in found.content:
            return found


class _Clocked:
    def __init__(self, arrivals: Arrivals) -> None:
        self._arrivals = arrivals

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        self._arrivals.put(Arrival(envelope.rcpt_tos[0], time.monotonic(), envelope.content))
        return "250 OK"


@contextmanager
def relay(arrivals: Arrivals) -> Iterator[int]:
    """The port of one that is there until the end of the block."""
    loop, ports = asyncio.new_event_loop(), queue.SimpleQueue[int]()

    async def serve() -> None:
        server = await loop.create_server(lambda: SMTP(_Clocked(arrivals)), "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])

    def run() -> None:
        loop.run_until_complete(serve())
        loop.run_forever()

    threading.Thread(target=run, daemon=True).start()
    yield ports.get()
    loop.call_soon_threadsafe(loop.stop)
