"""A name server on loopback, UDP and TCP, that can be told to misbehave."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from types import TracebackType
from typing import Literal, Self

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Mood = Literal["well", "silent", "servfail", "slow", "truncated", "garbage"]


def _pair() -> tuple[socket.socket, socket.socket]:
    """Sockets for UDP and TCP on one free port; what is free to the one may be taken for the other."""
    while True:
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
        except OSError:
            udp.close()
            tcp.close()
        else:
            return udp, tcp


class NameServer:
    """Answers from ``records``: (name, type) to texts as in a zone file. What is not there does not exist.

    ``moods`` is a mood for one name, ``mood`` for all others. ``asked`` are the questions in their order.
    """

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.mood: Mood = "well"
        self.moods: dict[str, Mood] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.slowness = 0.3
        self.ttl = 300
        self._udp, self._tcp = _pair()
        self.port = int(self._udp.getsockname()[1])
        self._ended = False
        self._threads = [threading.Thread(target=serve, daemon=True) for serve in (self._serve_udp, self._serve_tcp)]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def text(self, name: str, *texts: str) -> None:
        """Publish TXT records under a name, each cut into strings of 255 characters; none at all = take it away."""
        if texts:
            self.records[name, "TXT"] = [" ".join(f'"{t[i : i + 255]}"' for i in range(0, len(t), 255)) for t in texts]
        else:
            self.records.pop((name, "TXT"), None)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended = True
        with contextlib.suppress(OSError):
            self._udp.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._tcp.shutdown(socket.SHUT_RDWR)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bell:
            bell.sendto(b"", ("127.0.0.1", self.port))
        for thread in self._threads:
            thread.join()
        self._udp.close()
        self._tcp.close()

    def _serve_udp(self) -> None:
        while not self._ended:
            with contextlib.suppress(OSError):
                question, peer = self._udp.recvfrom(4096)
                if question and (answer := self._answer(question, "udp")):
                    self._udp.sendto(answer, peer)

    def _serve_tcp(self) -> None:
        while not self._ended:
            with contextlib.suppress(OSError, struct.error):
                line, _ = self._tcp.accept()
                with line:
                    line.settimeout(2)
                    (length,) = struct.unpack("!H", line.recv(2, socket.MSG_WAITALL))
                    answer = self._answer(line.recv(length, socket.MSG_WAITALL), "tcp")
                    if answer:
                        line.sendall(struct.pack("!H", len(answer)) + answer)

    def _answer(self, wire: bytes, way: str) -> bytes | None:
        question = dns.message.from_wire(wire)
        asked = question.question[0]
        name, kind = asked.name.to_text(True).lower(), dns.rdatatype.to_text(asked.rdtype)
        self.asked.append((name, kind, way))
        mood = self.moods.get(name, self.mood)
        if mood == "silent":
            return None
        if mood == "slow":
            time.sleep(self.slowness)
        if mood == "garbage":
            return wire[:2] + b"\xff" * 20
        answer = dns.message.make_response(question)
        if mood == "servfail":
            answer.set_rcode(dns.rcode.SERVFAIL)
            return answer.to_wire()
        if mood == "truncated" and way == "udp":
            answer.flags |= dns.flags.TC
            return answer.to_wire()
        answer.flags |= dns.flags.RA
        self._fill(answer, asked, kind)
        return answer.to_wire()

    def _fill(self, answer: dns.message.Message, asked: dns.rrset.RRset, kind: str) -> None:
        name = asked.name.to_text(True).lower()
        alias = self.records.get((name, "CNAME"))
        if alias:
            answer.answer.append(dns.rrset.from_text(asked.name, self.ttl, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".").lower()
        texts = self.records.get((name, kind))
        if texts:
            answer.answer.append(dns.rrset.from_text(dns.name.from_text(name), self.ttl, "IN", kind, *texts))
        elif not alias and not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
