"""May this peer send mail of that envelope sender? (SPF, RFC 7208, by pyspf)

pyspf asks DNS as it goes and waits for each answer, so it runs in threads of its own, few of them; its look-ups are
those of our resolver and share the mail's time limit. Only a pass is of interest: SPF refuses nothing here. The null
sender is not asked about: such mail is never answered, so nothing depends on who sent it.
"""

from __future__ import annotations

import asyncio
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any, cast

from daemon.edge.dns import Kind, Resolver
from daemon.edge.gate import address_of
from daemon.mail.alignment import plain_name

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # its patterns hold escapes that newer Pythons warn of
    import spf

THREADS = 4
MOST_WAITING = 64
MOST_LOOKUPS = 30
KINDS = ("TXT", "A", "AAAA", "MX", "PTR")
LONGEST_SENDER = 320


class Spf:
    """Checks senders in threads; belongs to one event loop."""

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="spf")
        self._waiting = 0

    async def passes(self, peer: str, sender: str, seconds: float) -> str:
        """pass, or another result of RFC 7208 (none, neutral, fail, softfail, temperror, permerror)."""
        address = address_of(peer)
        if address is None or not _sound(sender):
            return "none"
        if self._waiting >= MOST_WAITING:
            return "temperror"
        loop = asyncio.get_running_loop()
        end = time.monotonic() + seconds
        self._waiting += 1
        try:
            return await loop.run_in_executor(self._threads, _check, str(address), sender, self._resolver, loop, end)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _sound(sender: str) -> bool:
    local, at, domain = sender.rpartition("@")
    plain = plain_name(domain)
    return bool(at and local and plain and "." in plain and sender.isascii() and len(sender) <= LONGEST_SENDER)


def _check(peer: str, sender: str, resolver: Resolver, loop: asyncio.AbstractEventLoop, end: float) -> str:
    try:
        return str(_Query(peer, sender, resolver, loop, end).check()[0])
    except Exception:  # noqa: BLE001 - a record is as hostile as a mail, and pyspf raises anything
        return "permerror"


class _Query(spf.query):  # type: ignore[misc]
    """One evaluation, whose look-ups are ours."""

    def __init__(self, peer: str, sender: str, resolver: Resolver, loop: asyncio.AbstractEventLoop, end: float) -> None:
        super().__init__(i=peer, s=sender, h="", strict=True)
        self._resolver, self._loop, self._end = resolver, loop, end
        self._asked = 0

    def dns(self, name: object, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:
        """As pyspf wants the records of a name; a look-up without any is counted, and too many end it all."""
        self._asked += 1
        left = self._end - time.monotonic()
        if self._asked > MOST_LOOKUPS:
            raise spf.PermError("too many look-ups")
        if left <= 0:
            raise spf.TempError("out of time")
        if qtype not in KINDS or not plain_name(str(name)):
            return []
        looked = asyncio.run_coroutine_threadsafe(
            self._resolver.look_up(str(name), cast(Kind, qtype), left), self._loop
        )
        try:
            answer = looked.result(left + 0.5)
        except Late:
            raise spf.TempError("out of time") from None
        if answer.found == "unavailable":
            raise spf.TempError(f"no answer for {name}")
        if not answer.records and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many look-ups without an answer")
        return [_as_pyspf(record, qtype) for record in answer.records]


def _as_pyspf(record: bytes, kind: str) -> Any:
    if kind == "TXT":
        return (record,)
    text = record.decode("ascii")
    if kind == "MX":
        preference, _, host = text.partition(" ")
        return int(preference), host.rstrip(".")
    return text.rstrip(".")
