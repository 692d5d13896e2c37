"""The connection to an IMAP server: imaplib's, with reading of our own.

imaplib reads through a buffer that nobody can look into, so that a line which came together with another is not seen
while one waits for news; it takes a line in pieces for a broken one, believes any length that a server announces, and
cannot be woken. Here every wait for the server ends at once when the ``Wake`` is rung, lines and literals have limits,
and what was said before encryption does not count after it.
"""

from __future__ import annotations

import contextlib
import imaplib
import select
import socket
import ssl
from collections.abc import Callable
from typing import Self

from imapclient import IMAPClient

LONGEST_LINE = 64 * 1024 * 1024  # a search may find millions of mails
PIECE = 256 * 1024


class Stopped(Exception):
    """The daemon stops, or this mailbox is to be left alone: end the conversation."""


class Wake:
    """Lets another thread end every wait of this one; once rung it stays so."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self.rung = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def ring(self) -> None:
        self.rung = True
        with contextlib.suppress(OSError):
            self._theirs.send(b"!")

    def wait(self, seconds: float) -> bool:
        """Wait so long; True as soon as it is rung."""
        self._poll(None, seconds)
        return self.rung

    def readable(self, sock: socket.socket, seconds: float) -> bool:
        """Wait until there is something to read, at most so long; raise ``Stopped`` when rung."""
        ready = self._poll(sock, seconds)
        if self.rung:
            raise Stopped
        return ready

    def _poll(self, sock: socket.socket | None, seconds: float) -> bool:
        poll = select.poll()
        poll.register(self._ours, select.POLLIN)
        if sock is not None:
            poll.register(sock, select.POLLIN)
        ready = {number for number, _ in poll.poll(seconds * 1000)}
        return sock is not None and sock.fileno() in ready

    def close(self) -> None:
        self._ours.close()
        self._theirs.close()


class Wire(imaplib.IMAP4):
    """``largest`` is the longest literal that is believed, ``timeout`` the seconds that the server has for one word."""

    def __init__(
        self, host: str, port: int, context: ssl.SSLContext | None, timeout: float, largest: int, wake: Wake
    ) -> None:
        self._context = context
        self._seconds = timeout
        self._largest = largest
        self._wake = wake
        self._held = bytearray()
        super().__init__(host, port, timeout)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        sock = socket.create_connection((self.host, self.port), self._seconds)
        if self._context is None:
            return sock
        try:
            return self._context.wrap_socket(sock, server_hostname=self.host)
        except BaseException:
            sock.close()
            raise

    def readline(self) -> bytes:
        searched = 0
        while (end := self._held.find(b"\n", searched)) < 0:
            searched = len(self._held)
            if searched > LONGEST_LINE:
                raise self.abort("the server says a line without end")
            if not self._receive(PIECE):
                return b""
        line = bytes(self._held[: end + 1])
        del self._held[: end + 1]
        return line

    def read(self, size: int) -> bytes:
        if size > self._largest:
            raise self.abort(f"the server announces {size} bytes, more than were asked for")
        while len(self._held) < size:
            if not self._receive(min(max(size - len(self._held), 4096), 4 * PIECE)):
                raise self.abort("the server closes the connection within a mail")
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def starttls(self, ssl_context: ssl.SSLContext | None = None) -> tuple[str, list[bytes]]:  # type: ignore[override]
        """Encrypt; what the server said ahead of it, someone else may have said."""
        assert ssl_context is not None
        kind, data = self._simple_command("STARTTLS")
        if kind != "OK":
            raise self.error(f"STARTTLS is refused: {data}")
        if self._held:
            raise self.abort("there is talk between STARTTLS and encryption")
        self.sock = ssl_context.wrap_socket(self.sock, server_hostname=self.host)
        self.untagged_responses = {}
        self._get_capabilities()
        return kind, data

    def news_within(self, seconds: float) -> bool:
        """Wait for the server to say something, at most so long."""
        return bool(self._held) or self._pending() or self._wake.readable(self.sock, seconds)

    def hurry(self, seconds: float) -> None:
        """From now on the server has so long for one word."""
        self._seconds = seconds
        self.sock.settimeout(seconds)

    def has_news(self) -> bool:
        """Whether new mail was announced since ``forget_news``, beside the answer to whatever was asked."""
        return bool(self.untagged_responses.get("EXISTS") or self.untagged_responses.get("RECENT"))

    def forget_news(self) -> None:
        self.untagged_responses = {}

    def idle(self, seconds: float) -> None:
        """IDLE (RFC 2177) until the server says something, at most so long.

        News may come ahead of the answer to IDLE, and a line may come in pieces; what is said ends the waiting and is
        not looked at, for the look that follows asks for itself. Raises ``abort`` for a server that hangs up.
        """
        tag = self._command("IDLE")
        while self._get_response() is not None:
            if self.tagged_commands[tag] is not None:
                raise self.error("IDLE is offered and then refused")
            self._check_bye()
        if not self.has_news():
            self.news_within(seconds)
        self.send(b"DONE\r\n")
        self._command_complete("IDLE", tag)

    def _receive(self, most: int) -> int:
        """Read what there is, at least a byte; 0 at the end of the connection."""
        if not self._pending() and not self._wake.readable(self.sock, self._seconds):
            raise TimeoutError(f"the server does not answer in {self._seconds:g} s")
        piece = self.sock.recv(most)
        self._held += piece
        return len(piece)

    def _pending(self) -> bool:
        return isinstance(self.sock, ssl.SSLSocket) and self.sock.pending() > 0


class Client(IMAPClient):  # type: ignore[misc]
    """imapclient over a ``Wire``."""

    def __init__(self, make: Callable[[], Wire], host: str, port: int, timeout: float, encrypted: bool) -> None:
        self._make = make
        super().__init__(host, port, ssl=encrypted, timeout=timeout)
        self.wire.debug = 0

    def _create_IMAP4(self) -> Wire:  # noqa: N802 - imapclient's name
        return self._make()

    @property
    def wire(self) -> Wire:
        wire: Wire = self._imap
        return wire
