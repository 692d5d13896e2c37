"""Looks names up, for DKIM, SPF and DMARC (``[dns]``).

Rules: a name from a mail goes onto the wire only if it is one; the look-ups of one mail share one time limit; what is
certain (found, or certainly not there) is told apart from what may be different in an hour. Answers are kept as long as
their time to live says, an hour at most. When name servers have been silent again and again, the next mails wait half a
second for them, not the whole time, until one answers: dead name servers must not hold up the desk.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import dns.asyncresolver
import dns.exception
import dns.nameserver
import dns.resolver

from daemon.mail.alignment import plain_name
from daemon.mail.dkim_signatures import Answer

Kind = Literal["TXT", "A", "AAAA", "MX", "PTR"]

PORT = 53
LONGEST_KEPT, SHORTEST_KEPT, UNANSWERED_KEPT = 3600.0, 5.0, 5.0
NOT_THERE_KEPT = 60.0
MOST_KEPT = 2000
MOST_RECORDS, LONGEST_RECORDS = 100, 16 * 1024
MOST_AT_ONCE = 200
SILENCES, SHORT_PATIENCE, SHORT_FOR = 5, 0.5, 30.0


def servers(written: Sequence[str]) -> list[tuple[str, int]]:
    """Address and port of each configured server: ``IP``, ``IP:PORT`` or ``[IP]:PORT``."""
    found = []
    for one in written:
        host, colon, port = one.rpartition(":")
        if colon and port.isdecimal() and (host.startswith("[") or ":" not in host):
            found.append((host.strip("[]"), int(port)))
        else:
            found.append((one.strip("[]"), PORT))
    return found


class Resolver:
    """Asks the configured name servers, else this machine's; belongs to one event loop."""

    def __init__(self, written: Sequence[str] = (), clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, Answer]] = OrderedDict()
        self._silences = 0
        self._short_until = 0.0
        self._asking = asyncio.Semaphore(MOST_AT_ONCE)
        self._resolver: dns.asyncresolver.Resolver | None = None
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=not written)
        except dns.resolver.NoResolverConfiguration:
            return
        if written:
            self._resolver.nameservers = [dns.nameserver.Do53Nameserver(host, port) for host, port in servers(written)]

    async def texts(self, names: Iterable[str], seconds: float) -> dict[str, Answer]:
        """The TXT records of several names, all within ``seconds``."""
        wanted = list(dict.fromkeys(names))
        answers = await asyncio.gather(*(self.look_up(name, "TXT", seconds) for name in wanted))
        return dict(zip(wanted, answers, strict=True))

    async def look_up(self, name: str, kind: Kind, seconds: float) -> Answer:
        """The records of one name: of TXT the joined strings, of MX ``b"10 host"``, else their text."""
        plain = plain_name(name)
        if not plain or self._resolver is None or seconds <= 0:
            return Answer("none" if not plain else "unavailable")
        known = self._kept.get((plain, kind))
        if known is not None and known[0] > self._clock():
            return known[1]
        answer, keep = await self._ask(self._resolver, plain, kind, seconds)
        self._kept[plain, kind] = self._clock() + keep, answer
        self._kept.move_to_end((plain, kind))
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return answer

    async def _ask(
        self, resolver: dns.asyncresolver.Resolver, name: str, kind: Kind, seconds: float
    ) -> tuple[Answer, float]:
        """The answer, and for how many seconds it holds."""
        if self._clock() < self._short_until:
            seconds = min(seconds, SHORT_PATIENCE)
        try:
            end = time.monotonic() + seconds
            async with asyncio.timeout(seconds):
                await self._asking.acquire()
            try:  # not within the limit above: a question that is cancelled leaves its socket open
                left = max(end - time.monotonic(), 0.001)
                found = await resolver.resolve(f"{name}.", kind, lifetime=left, search=False, raise_on_no_answer=False)
            finally:
                self._asking.release()
        except dns.resolver.NXDOMAIN:
            self._silences = 0
            return Answer("none"), NOT_THERE_KEPT
        except (TimeoutError, dns.exception.Timeout):
            self._silences += 1
            if self._silences >= SILENCES:
                self._short_until = self._clock() + SHORT_FOR
            return Answer("unavailable"), UNANSWERED_KEPT
        except (dns.exception.DNSException, OSError, ValueError):
            return Answer("unavailable"), UNANSWERED_KEPT
        self._silences, self._short_until = 0, 0.0
        records = _records(found.rrset or (), kind)
        if not records:
            return Answer("none"), NOT_THERE_KEPT
        ttl = float(found.rrset.ttl) if found.rrset is not None else 0.0
        return Answer("found", records), min(max(ttl, SHORTEST_KEPT), LONGEST_KEPT)


class NoResolver(Resolver):
    """Asks nobody: for looking at a mail without a word to the outside."""

    def __init__(self) -> None:
        super().__init__(["127.0.0.1"])

    async def look_up(self, name: str, kind: Kind, seconds: float) -> Answer:
        return Answer("unavailable")


def _records(found: Iterable[Any], kind: Kind) -> tuple[bytes, ...]:
    records: list[bytes] = []
    for one in found:
        record = b"".join(one.strings) if kind == "TXT" else one.to_text().encode("ascii", "replace")
        if len(records) == MOST_RECORDS or sum(map(len, records)) + len(record) > LONGEST_RECORDS:
            break
        records.append(record)
    return tuple(records)
