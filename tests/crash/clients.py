"""Clients of a crash run: each hands over mail by SMTP or LMTP and sends it again until it hears 250."""

from __future__ import annotations

import contextlib
import smtplib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from tests.crash.mails import Sent, Writer
from tests.crash.relay import Notes
from tests.crash.victim import Victim
from tests.journey.running import Door

EARLIER = 50


@dataclass
class Books:
    """What the clients know, whatever becomes of the daemon. Lists grow by single appends, which threads may do."""

    acknowledged: list[Sent] = field(default_factory=list)
    refused: list[tuple[Sent, str]] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    deferred: list[str] = field(default_factory=list)
    appended: list[str] = field(default_factory=list)


class Client(threading.Thread):
    """One client with a connection of its own to each door; ends with the mail in hand once ``stop`` is set."""

    def __init__(self, victim: Victim, writer: Writer, notes: Notes, books: Books, pace: float) -> None:
        super().__init__(name="client")
        self._victim = victim
        self._writer = writer
        self._notes = notes
        self._books = books
        self._pace = pace
        self._lines: dict[Door, tuple[int, smtplib.SMTP]] = {}
        self._given_up = False
        self.last = ""
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            earlier: Sequence[Sent] = self._books.acknowledged[-EARLIER:]
            sent = self._writer.next(list(self._notes.recent), earlier)
            self._carry(replace(sent, door="outside") if sent.door == "mailbox" else sent)
            self.stop.wait(self._writer.chance.uniform(0, 2 * self._pace))
        for _, line in self._lines.values():
            line.close()

    def give_up(self) -> None:
        """Let the mail in hand be: the run has failed."""
        self._given_up = True

    def _carry(self, sent: Sent) -> None:
        """Send one mail until it is answered for."""
        while not self._given_up:
            try:
                code, text = self._send(sent)
            except (OSError, smtplib.SMTPException, EOFError) as error:
                code, text = 0, repr(error)
            self.last = f"{sent.marker} ({sent.intent}): {code} {text}"
            if code == 250:
                self._books.acknowledged.append(sent)
                return
            if 500 <= code < 600:
                self._books.refused.append((sent, f"{code} {text}"))
                return
            self._hang_up(sent.door)
            self._books.again.append(sent.marker)
            if code:
                self._books.deferred.append(f"{code} {text}")
            self._victim.is_ready(0.2)
            threading.Event().wait(0.03)

    def _send(self, sent: Sent) -> tuple[int, str]:
        smtp = self._line(sent.door)
        answer = smtp.mail(sent.sender)
        for recipient in sent.recipients:
            if answer[0] == 250:
                answer = smtp.rcpt(recipient)
        if answer[0] != 250:
            return answer[0], answer[1].decode()
        if smtp.docmd("DATA")[0] != 354:
            return 0, "no 354"
        smtp.send(sent.raw.replace(b"\r\n.", b"\r\n..") + b".\r\n")
        if self._writer.chance.random() < 0.03:
            return 0, "gone"  # it goes away before it hears the answer
        answers = [smtp.getreply() for _ in (sent.recipients if sent.door == "lmtp" else sent.recipients[:1])]
        code, text = max(answers, key=lambda one: one[0])
        return code, text.decode()

    def _line(self, door: Door) -> smtplib.SMTP:
        generation, port = self._victim.generation, self._victim.ports.get(door)
        kept = self._lines.get(door)
        if kept is not None and kept[0] == generation and self._writer.chance.random() > 0.1:
            return kept[1]
        self._hang_up(door)
        if port is None:
            raise ConnectionRefusedError
        kind: Callable[..., smtplib.SMTP] = smtplib.LMTP if door == "lmtp" else smtplib.SMTP
        line = kind("127.0.0.1", port, timeout=30)
        if self._victim.generation != generation or not self._victim.ports:
            line.close()  # the port may be someone else's by now
            raise ConnectionRefusedError
        line.ehlo_or_helo_if_needed()
        self._lines[door] = (generation, line)
        return line

    def _hang_up(self, door: Door) -> None:
        kept = self._lines.pop(door, None)
        if kept is not None:
            with contextlib.suppress(OSError):
                kept[1].close()
