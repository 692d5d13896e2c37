"""Parsing mail, and verifying its signatures, in processes that may be killed (invariant 5): whatever a mail does, the
daemon lives and other mail moves.

* Two fast workers and one slow one, each with limits on memory and processor time. What counts is processor time, for
  on a busy machine an innocent mail may wait for it; a wall clock, set longer, ends a worker that stands still.
* In the fast lane a mail has the whole wall time while nobody waits, and a tenth to a quarter of a second while
  somebody does (the more wait, the less); then its worker is killed and it tries once more in the slow lane, where
  it has it all.
* A source that killed two workers (had a mail run into a limit) is served by the slow lane for ten minutes.
* When the slow lane is full: ``Overloaded``.

Why not pebble: a call costs the daemon as much (0.2 ms of CPU), but its one queue knows no sources and no second try,
it pickles a large mail through a pipe, and its workers load the daemon's main module. Ours come from the ``nursery``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import io
import os
import pickle
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from daemon.core.values import Evidence, Parsed, Unreadable
from daemon.mail import child
from daemon.mail.fingerprint import of_bytes
from daemon.mail.lanes import Full, Lane, Suspects
from daemon.mail.nursery import Nursery

if TYPE_CHECKING:
    from daemon.mail.dkim_signatures import Inquiry

FAST_WAITING = 500
SLOW_WAITING = 16
MOST_PATIENCE, LEAST_PATIENCE, CROWD_PATIENCE = 0.25, 0.1, 3.0
HEAVY = 256 * 1024
SECONDS_PER_BYTE = 1 / (10 * 1024 * 1024)
STANDSTILL = 5
"""How much longer than its processor time a mail may take by the clock."""
LONGEST_ANSWER = 256 * 1024 * 1024
VALUES = "daemon.core.values"
OUT_OF_TIME = (-signal.SIGPROF, -signal.SIGXCPU)


class Overloaded(Exception):
    """Too much slow mail waits already; the sender is asked to come back (451)."""


class Killed(Exception):
    """The worker ended before it had answered; ``because`` as in ``Unreadable``."""

    def __init__(self, because: str) -> None:
        super().__init__(because)
        self.because = because


class Impatience(Exception):
    """Others wait, and this mail has had its share of the fast lane."""


@dataclass(slots=True, eq=False)
class Worker:
    pid: int
    line: socket.socket


class _ValuesOnly(pickle.Unpickler):
    """The answers of a worker hold values of ours and nothing else, even if hostile mail took it over."""

    def find_class(self, module: str, name: str) -> Any:
        if module != VALUES:
            raise pickle.UnpicklingError(f"{module}.{name} is no value")
        return super().find_class(module, name)


class ParserPool:
    """Parse mails in worker processes. Belongs to one event loop, or (``parse_now``) to no loop at all."""

    def __init__(
        self,
        workers: int = 2,
        cpu_seconds: float = 1.0,
        wall_seconds: float | None = None,
        memory_mb: int = 1024,
        verifies: bool = False,
    ) -> None:
        self._wall = STANDSTILL * cpu_seconds if wall_seconds is None else wall_seconds
        self._memory = memory_mb
        self._cpu = cpu_seconds
        self._nursery = Nursery(verifies)
        self._suspects = Suspects()
        self._fast: Lane[Worker] = Lane(FAST_WAITING)
        self._slow: Lane[Worker] = Lane(SLOW_WAITING)
        self._workers: set[Worker] = set()
        self._runner: asyncio.Runner | None = None
        self._closed = False
        for _ in range(workers):
            self._fast.give(self._start())
        self._slow.give(self._start())

    async def parse(self, raw: bytes, source: str) -> Parsed:
        """Parse a mail that came from ``source``; raise ``Overloaded`` when even the slow lane is full."""
        try:
            answer = await self._work(raw, b"", source)
        except Killed as killed:
            return _unread(raw, killed.because)
        if isinstance(answer, Evidence):
            raise TypeError("the worker answered another question")
        return answer

    async def view(self, raw: bytes, source: str) -> Parsed:
        """Read a mail of ``source`` for a page (``viewing``); raise ``Overloaded`` as above."""
        try:
            answer = await self._work(raw, pickle.dumps(child.VIEW), source)
        except Killed as killed:
            return _unread(raw, killed.because)
        if isinstance(answer, Evidence):
            raise TypeError("the worker answered another question")
        return answer

    async def check(self, raw: bytes, inquiry: Inquiry, source: str) -> Evidence:
        """Verify the signatures of a mail that came from ``source``; what takes too much proves nothing."""
        try:
            answer = await self._work(raw, pickle.dumps(inquiry), source)
        except Killed as killed:
            return Evidence(False, "dkim-unchecked", detail=killed.because)
        except Overloaded:
            return Evidence(False, "dkim-unchecked", detail="parser-overloaded")
        return answer if isinstance(answer, Evidence) else Evidence(False, "dkim-unchecked", detail="worker-died")

    async def _work(self, raw: bytes, question: bytes, source: str) -> Parsed | Evidence:
        """Have a worker of the one lane or the other parse, or answer a question; ``Killed``, ``Overloaded``."""
        answer = None
        if source not in self._suspects:
            answer = await self._work_in(self._fast, raw, question, source, hurried=True)
        if answer is None:
            answer = await self._work_in(self._slow, raw, question, source, hurried=False)
        if answer is None:
            raise Killed("worker-time-out")
        return answer

    async def _work_in(
        self, lane: Lane[Worker], raw: bytes, question: bytes, source: str, hurried: bool
    ) -> Parsed | Evidence | None:
        """Have a worker of ``lane`` do it; None when the mail has to try another lane."""
        try:
            worker = await lane.take(source, len(raw) > HEAVY)
        except Full:
            raise Overloaded("too much mail waits to be read") from None
        if worker is None:
            return None
        try:
            answer = await self._answer(lane, worker, raw, question, hurried)
        except Impatience:
            self._replace(lane, worker)
            return None
        except Killed as killed:
            ended = self._replace(lane, worker)
            self._suspects.strike(source)
            if source in self._suspects:
                self._fast.send_away(source)
            raise Killed("worker-time-out" if ended in OUT_OF_TIME else killed.because) from None
        except BaseException:
            self._replace(lane, worker)
            raise
        lane.give(worker)
        return answer

    async def _answer(
        self, lane: Lane[Worker], worker: Worker, raw: bytes, question: bytes, hurried: bool
    ) -> Parsed | Evidence:
        wall = self._wall + len(raw) * SECONDS_PER_BYTE
        patience = max(LEAST_PATIENCE, min(MOST_PATIENCE, CROWD_PATIENCE / (lane.waiting + 1)))
        step = min(wall, patience + len(raw) * SECONDS_PER_BYTE) if hurried else wall
        spent = 0.0
        task = asyncio.get_running_loop().create_task(_exchange(worker.line, raw, question))
        try:
            while True:
                done, _ = await asyncio.wait((task,), timeout=step)
                spent += step
                if done:
                    return task.result()
                if spent >= wall:
                    raise Killed("worker-time-out")
                if hurried and lane.waiting:
                    raise Impatience
                step = min(step, wall - spent)
        except (ConnectionError, EOFError):
            raise Killed("worker-died") from None
        except (pickle.UnpicklingError, AttributeError, TypeError, ValueError, IndexError):
            raise Killed("worker-died") from None
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError, EOFError):
                    await task

    def parse_now(self, raw: bytes, source: str) -> Parsed:
        """The same where no event loop runs."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        return self._runner.run(self.parse(raw, source))

    def close(self) -> None:
        """End all workers. Mails that are being parsed end with ``worker-died``."""
        self._closed = True
        for worker in self._workers:
            worker.line.close()
            self._nursery.end(worker.pid)
        self._workers.clear()
        self._nursery.close()
        if self._runner is not None:
            self._runner.close()

    def pids(self) -> list[int]:
        """The process numbers of the workers."""
        return [worker.pid for worker in self._workers]

    def _start(self) -> Worker:
        ours, theirs = socket.socketpair()
        with theirs:
            pid = self._nursery.start(theirs, self._memory, self._cpu)
        ours.setblocking(False)
        worker = Worker(pid, ours)
        self._workers.add(worker)
        return worker

    def _replace(self, lane: Lane[Worker], worker: Worker) -> int:
        """End a worker, put another one into its lane, and return how the first one ended."""
        self._workers.discard(worker)
        worker.line.close()
        status = self._nursery.end(worker.pid)
        if not self._closed:
            lane.give(self._start())
        return status


async def _exchange(line: socket.socket, raw: bytes, question: bytes) -> Parsed | Evidence:
    """Send a mail, behind a question if there is one, and receive what the worker says."""
    loop = asyncio.get_running_loop()
    if question:
        await loop.sock_sendall(line, child.FRAME.pack(child.QUESTION, len(question)) + question)
    if len(raw) > child.LARGE:
        descriptor = child.in_a_file(raw)
        try:
            socket.send_fds(line, [child.FRAME.pack(child.FILE, len(raw))], [descriptor])
        finally:
            os.close(descriptor)
    else:
        await loop.sock_sendall(line, child.FRAME.pack(child.BYTES, len(raw)) + raw)
    _, length = child.FRAME.unpack(await _received(line, child.FRAME.size))
    if length > LONGEST_ANSWER:
        raise pickle.UnpicklingError("too long")
    answer: Parsed | Evidence = _ValuesOnly(io.BytesIO(await _received(line, length))).load()
    return answer


async def _received(line: socket.socket, count: int) -> bytearray:
    loop = asyncio.get_running_loop()
    data = bytearray(count)
    view = memoryview(data)
    while view:
        got = await loop.sock_recv_into(line, view)
        if not got:
            raise EOFError
        view = view[got:]
    return data


def _unread(raw: bytes, because: str) -> Unreadable:
    sha256 = hashlib.sha256(raw).hexdigest()
    return Unreadable(because=because, size=len(raw), sha256=sha256, fingerprint=of_bytes(sha256))
