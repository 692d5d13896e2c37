"""An HTTP server on loopback to which webhooks are posted, and whose every answer can be spoilt."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

WELL = b"HTTP/1.1 204 No Content\r\n\r\n"


def status(code: int, *headers: str) -> bytes:
    """An answer with this status."""
    return "\r\n".join([f"HTTP/1.1 {code} Whatever", *headers, "Content-Length: 0", "", ""]).encode()


@dataclass(frozen=True)
class Received:
    """A message as it came: the request line, its headers (lower case), its body."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def said(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Endpoint:
    """``answers`` are used up one by one, after which it is well: bytes to say, or what to do with the line.

    ``received`` are the messages in their order, ``together`` how many were under way at once at most, ``connections``
    how many it took.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.answers: list[bytes | Callable[[socket.socket], None]] = []
        self.received: list[Received] = []
        self.together = self.connections = 0
        self.names: list[str | None] = []
        self._busy = 0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._context = context
        if context is not None:
            context.sni_callback = lambda _, name, __: self.names.append(name)
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._lines: list[socket.socket] = []

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}/hook?of=desk"

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.received]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        for line in (self._server, *self._lines):
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, serve: Callable[..., None], *given: socket.socket) -> None:
        thread = threading.Thread(target=serve, args=given, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError):
                line, _ = self._server.accept()
                self.connections += 1
                self._lines.append(line)
                self._start(self._serve, line)

    def _serve(self, plain: socket.socket) -> None:
        with (
            contextlib.suppress(OSError, ssl.SSLError),
            plain,
            self._context.wrap_socket(plain, server_side=True) if self._context else plain as line,
        ):
            while (message := self._read(line)) is not None and self._answered(line, message):
                pass

    def _answered(self, line: socket.socket, message: Received) -> bool:
        """Keep a message and answer it; whether the line stays open."""
        with self._lock:
            self._busy += 1
            self.together = max(self.together, self._busy)
            self.received.append(message)
            answer = self.answers.pop(0) if self.answers else WELL
        if isinstance(answer, bytes):
            self._done()  # before the caller knows, who may come again at once
            line.sendall(answer)
            return True
        try:
            answer(line)
            return False
        finally:
            self._done()

    def _done(self) -> None:
        with self._lock:
            self._busy -= 1

    @staticmethod
    def _read(line: socket.socket) -> Received | None:
        head = b""
        while b"\r\n\r\n" not in head:
            if not (part := line.recv(65_536)):
                return None
            head += part
        head, _, body = head.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (one.partition(": ") for one in lines)}
        while len(body) < int(headers["content-length"]):
            body += line.recv(65_536)
        return Received(first, headers, body)

    # -- ways to misbehave

    def hang(self, line: socket.socket) -> None:
        """Say nothing, and stay."""
        self._ended.wait(30)

    def drip(self, line: socket.socket) -> None:
        """A header that never ends, one byte after another."""
        line.sendall(b"HTTP/1.1 200 OK\r\nX-Long: ")
        self._drop_by_drop(line)

    def drip_body(self, line: socket.socket) -> None:
        """Success, and a body that never ends."""
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        self._drop_by_drop(line)

    def flood(self, line: socket.socket) -> None:
        """Success, and a body without an end, as fast as it goes."""
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not self._ended.is_set():
            line.sendall(b"x" * 65_536)

    def flood_headers(self, line: socket.socket) -> None:
        """Headers without an end."""
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        while not self._ended.is_set():
            line.sendall(b"X-More: " + b"x" * 1000 + b"\r\n")

    def lie_short(self, line: socket.socket) -> None:
        """Success, with a body shorter than was said."""
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")

    def lie_long(self, line: socket.socket) -> None:
        """Success, with more behind it than was said: an answer that nobody asked for."""
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 500 Sorry\r\nContent-Length: 0\r\n\r\n")
        self._ended.wait(0.3)

    def die(self, line: socket.socket) -> None:
        """Hang up in the middle of the status."""
        line.sendall(b"HTTP/1.1 2")

    def garbage(self, line: socket.socket) -> None:
        line.sendall(b"\0\xff\x15\x03 what is this\r\n\r\n")

    def _drop_by_drop(self, line: socket.socket) -> None:
        while not self._ended.is_set():
            line.sendall(b"x")
            time.sleep(0.05)
