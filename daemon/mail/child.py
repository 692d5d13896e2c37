"""The inside of a parser process: one mail in, one value out, until the parent closes the line.

A frame is 9 bytes (kind, length) and a body. A large mail comes as an open file, so that the parent
never holds it twice. Before each mail the CPU limit is set anew: a timer that ends the process to the millisecond, and
behind it the system's own, in whole seconds, that no mail can put off. After a large one the memory goes back.
A mail is parsed, unless a question went before it: then its signatures are verified, or it is read for a page.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import pickle
import resource
import signal
import socket
import struct
from typing import TYPE_CHECKING

from daemon.core.values import Evidence, Parsed

if TYPE_CHECKING:
    from daemon.mail.dkim_signatures import Inquiry

FRAME = struct.Struct("!BQ")
BYTES, FILE, DONE, QUESTION = 0, 1, 2, 3
VIEW = "view"
"""The question how a page shows a mail."""
LARGE = 1024 * 1024
MEGABYTE = 1024 * 1024


def run(line: socket.socket, memory_mb: int, cpu_seconds: float) -> None:
    """Serve ``line``; ends with the parent."""
    from daemon.mail.parse import parse  # not in the parent: it is heavy, and hostile bytes are its trade

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * MEGABYTE, memory_mb * MEGABYTE))
    line.setblocking(True)
    with contextlib.suppress(ConnectionError):
        while (frame := receive(line)) is not None:
            kind, raw = frame
            inquiry = None
            if kind == QUESTION:
                inquiry = pickle.loads(raw)  # noqa: S301 - our parent asks
                if (frame := receive(line)) is None:
                    return
                raw = frame[1]
            del frame
            large = len(raw) > LARGE
            _limit_cpu(cpu_seconds + len(raw) / (10 * MEGABYTE))
            value = parse(raw) if inquiry is None else _view(raw) if inquiry == VIEW else _verdict(raw, inquiry)
            answer = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
            signal.setitimer(signal.ITIMER_PROF, 0)
            del raw, value
            line.sendall(FRAME.pack(DONE, len(answer)))
            line.sendall(answer)
            del answer
            if large:
                _give_memory_back()


def _view(raw: bytes) -> Parsed:
    from daemon.mail.viewing import view  # as above

    return view(raw)


def _verdict(raw: bytes, inquiry: Inquiry) -> Evidence:
    from daemon.mail.dkim_check import check  # as above; and few desks need it

    try:
        return check(raw, inquiry)
    except Exception as error:  # noqa: BLE001 - total: what cannot be verified proves nothing
        return Evidence(False, "dkim-unchecked", detail=type(error).__name__)


def receive(line: socket.socket) -> tuple[int, bytes] | None:
    """The next frame's kind and body, or None when the parent has gone."""
    head, descriptors, _, _ = socket.recv_fds(line, FRAME.size, 1)
    if not head:
        return None
    while len(head) < FRAME.size:
        more = line.recv(FRAME.size - len(head))
        if not more:
            return None
        head += more
    kind, length = FRAME.unpack(head)
    if kind == FILE:
        with os.fdopen(descriptors[0], "rb") as file:
            file.seek(0)
            return kind, file.read()
    body = bytearray(length)
    view = memoryview(body)
    while view:
        count = line.recv_into(view)
        if not count:
            return None
        view = view[count:]
    return kind, bytes(body)


def _limit_cpu(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    last = math.ceil(used.ru_utime + used.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (last, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)


def _give_memory_back() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def in_a_file(raw: bytes) -> int:
    """A descriptor of a file without a name that holds ``raw``."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("mail")
    else:
        import tempfile

        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    view = memoryview(raw)
    while view:
        view = view[os.write(descriptor, view) :]
    return descriptor
