"""A plain SMTP client on blocking sockets, in a process of its own, so that what it costs is not counted."""

from __future__ import annotations

import multiprocessing
import socket
import threading
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from bench.corpus import Sample

Letter = tuple[bytes, bytes, bytes]


def send(port: int, samples: Sequence[Sample], connections: int, around: Callable[[], Any]) -> tuple[float, Any, Any]:
    """Send all samples over so many connections; the seconds it took, and what ``around`` said before and after.

    Connections are open and greeted before the clock runs, and stay open: what is measured is mail.
    """
    letters = [(f"<{s.sender}>".encode(), f"<{s.recipient}>".encode(), stuffed(s.raw)) for s in samples]
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, port, letters, connections))
    process.start()
    theirs.close()
    try:
        _answer(ours)
        before = around()
        ours.send("go")
        elapsed = _answer(ours)
        return float(elapsed), before, around()
    finally:
        process.join()


def _answer(line: Connection) -> Any:
    try:
        answer = line.recv()
    except EOFError:
        raise SystemExit("the client ended early; see above") from None
    if isinstance(answer, str) and answer != "ready":
        raise SystemExit(answer)
    return answer


def stuffed(raw: bytes) -> bytes:
    return raw.replace(b"\r\n.", b"\r\n..") + b".\r\n"


def _serve(line: Connection, port: int, letters: Sequence[Letter], connections: int) -> None:
    lines = [_Line(port) for _ in range(connections)]
    faults: list[str] = []
    shares = [letters[i::connections] for i in range(connections)]
    threads = [
        threading.Thread(target=_carry, args=(one, share, faults)) for one, share in zip(lines, shares, strict=True)
    ]
    line.send("ready")
    line.recv()
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    line.send(faults[0] if faults else time.monotonic() - started)


def _carry(line: _Line, letters: Sequence[Letter], faults: list[str]) -> None:
    try:
        for sender, recipient, content in letters:
            line.say(b"MAIL FROM:" + sender, b"250")
            line.say(b"RCPT TO:" + recipient, b"250")
            line.say(b"DATA", b"354")
            line.say(content, b"250", end=b"")
    except (OSError, RuntimeError) as error:
        faults.append(f"a mail did not get through: {error}")


class _Line:
    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect(b"220")
        self.say(b"EHLO client.example.net", b"250")

    def say(self, words: bytes, wanted: bytes, end: bytes = b"\r\n") -> None:
        self._socket.sendall(words + end)
        self._expect(wanted)

    def _expect(self, wanted: bytes) -> None:
        answer = b""
        while not answer.endswith(b"\n") or answer[answer.rfind(b"\n", 0, -1) + 4 :][:1] == b"-":
            piece = self._socket.recv(65_536)
            if not piece:
                raise RuntimeError("the server hung up")
            answer += piece
        if not answer.startswith(wanted):
            raise RuntimeError(answer.decode("ascii", "replace").strip())
