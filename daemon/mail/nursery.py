"""Where parser processes come from: a process that has loaded the parser and nothing else, and forks when asked.

It is started once (``python -m daemon.mail.nursery DESCRIPTOR [verifies]``), so that a worker costs two milliseconds
instead of a start of Python, and so that no worker ever holds what the daemon holds. (``multiprocessing`` has such a
server too, but its children load the daemon's main module again.) It ends its workers on request, being their parent,
and ends with the daemon.

Requests are 13 bytes: START (with the worker's line as a descriptor; memory in MB, CPU in seconds) answers with a
process number; END (a process number) kills that worker and answers with its exit status as
``os.waitstatus_to_exitcode`` gives it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

from daemon.mail import child

REQUEST = struct.Struct("!BId")
ANSWER = struct.Struct("!i")
START, END = 1, 2
ANSWER_SECONDS = 10.0
VERIFIES = "verifies"


class Nursery:
    """The daemon's end: ``start`` and ``end`` block for a few milliseconds."""

    def __init__(self, verifies: bool = False) -> None:
        self._verifies = verifies
        self._line: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, line: socket.socket, memory_mb: int, cpu_seconds: float) -> int:
        """Fork a worker that serves ``line``; return its process number. A nursery that was lost is replaced."""
        try:
            return self._ask(REQUEST.pack(START, memory_mb, cpu_seconds), [line.fileno()])
        except OSError:
            self.close()
            return self._ask(REQUEST.pack(START, memory_mb, cpu_seconds), [line.fileno()])

    def end(self, pid: int) -> int:
        """Kill a worker; return how it ended (a signal is negative), 0 where that cannot be known."""
        try:
            return self._ask(REQUEST.pack(END, pid, 0.0), []) if self._line else 0
        except OSError:
            self.close()
            return 0

    def close(self) -> None:
        """End the nursery; its workers end when their lines are closed."""
        if self._line is not None:
            self._line.close()
            self._line = None
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _ask(self, request: bytes, descriptors: list[int]) -> int:
        line = self._line or self._open()
        socket.send_fds(line, [request], descriptors)
        answer = line.recv(ANSWER.size, socket.MSG_WAITALL)
        if len(answer) < ANSWER.size:
            raise ConnectionError("the nursery is gone")
        value: int = ANSWER.unpack(answer)[0]
        return value

    def _open(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(dict.fromkeys([root, *(one for one in sys.path if one)]))
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
                [
                    *(sys.executable, "-P", "-m", "daemon.mail.nursery", str(theirs.fileno())),
                    *([VERIFIES] if self._verifies else []),
                ],
                pass_fds=[theirs.fileno()],
                env={**os.environ, "PYTHONPATH": path},
                stdin=subprocess.DEVNULL,
            )
        ours.settimeout(ANSWER_SECONDS)
        self._line = ours
        return ours


def serve(line: socket.socket, verifies: bool) -> None:
    """The nursery's own loop. What it loads, every worker has; one that also ``verifies`` needs twice as much."""
    from daemon.mail import parse  # noqa: F401

    if verifies:
        from daemon.mail import dkim_check  # noqa: F401

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    gc.collect()
    gc.freeze()
    with contextlib.suppress(ConnectionError):
        while True:
            request, descriptors, _, _ = socket.recv_fds(line, REQUEST.size, 1)
            if len(request) < REQUEST.size:
                return
            what, number, seconds = REQUEST.unpack(request)
            answer = _fork(line, descriptors[0], number, seconds) if what == START else _end(number)
            line.sendall(ANSWER.pack(answer))


def _fork(control: socket.socket, descriptor: int, memory_mb: int, cpu_seconds: float) -> int:
    pid = os.fork()
    if pid:
        os.close(descriptor)
        return pid
    code = 1
    try:
        control.close()
        with socket.socket(fileno=descriptor) as line:
            child.run(line, memory_mb, cpu_seconds)
        code = 0
    finally:
        os._exit(code)


def _end(pid: int) -> int:
    try:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done != pid:
            os.kill(pid, signal.SIGKILL)
            _, status = os.waitpid(pid, 0)
    except (ChildProcessError, ProcessLookupError):
        return 0
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as control_line:
        serve(control_line, verifies=sys.argv[2:] == [VERIFIES])
