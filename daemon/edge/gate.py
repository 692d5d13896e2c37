"""Who may connect and how often (invariant 19): one gate in front of all listeners.

An address is counted as people get them: one IPv4 address, or the /64 of an IPv6 address. Addresses in a listener's
``trusted_networks`` count towards the total alone. Rates are counted in fixed windows, which are forgotten whole, so
that memory stays small whoever knocks.
"""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from collections.abc import Callable, Sequence

from daemon.config import Limits

FAILED_LOGINS = 20
FAILED_LOGIN_SECONDS = 600
MINUTE = 60

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


def within(peer: str, trusted: Sequence[Network]) -> bool:
    """Whether an address lies in one of the networks; an IPv4 address seen through IPv6 is the IPv4 address."""
    address = address_of(peer)
    return address is not None and any(address in network for network in trusted)


def party(peer: str) -> str:
    """What is counted as one peer."""
    address = address_of(peer)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address or peer)


def address_of(peer: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address of a peer; None where it has none."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


class _Rate:
    """Counts per key within windows of so many seconds."""

    def __init__(self, seconds: int, clock: Callable[[], float]) -> None:
        self._seconds = seconds
        self._clock = clock
        self._window = 0
        self._counts: Counter[str] = Counter()

    def count(self, key: str, more: int = 0) -> int:
        window = int(self._clock() // self._seconds)
        if window != self._window:
            self._window = window
            self._counts.clear()
        if more:
            self._counts[key] += more
        return self._counts[key]


class Gate:
    """Counts connections, mails and failed logins; ``clock`` is a monotonic one in seconds."""

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._connections: Counter[str] = Counter()
        self._total = 0
        self._mails = _Rate(MINUTE, clock)
        self._failures = _Rate(FAILED_LOGIN_SECONDS, clock)

    def enter(self, peer: str, trusted: bool) -> str | None:
        """Count a new connection and let it in (None), or say why not; either way it must ``leave``."""
        who = party(peer)
        self._total += 1
        self._connections[who] += 1
        if self._total > self._limits.connections:
            return "421 4.3.2 Too many connections, please try again later"
        if not trusted and self._connections[who] > self._limits.connections_per_address:
            return "421 4.7.0 Too many connections from your address, please try again later"
        return None

    def leave(self, peer: str) -> None:
        who = party(peer)
        self._total -= 1
        self._connections[who] -= 1
        if self._connections[who] <= 0:
            del self._connections[who]

    def admits_mail(self, peer: str, trusted: bool) -> bool:
        """Count one more mail; False if that is too many for this minute."""
        return trusted or self._mails.count(party(peer), 1) <= self._limits.mails_per_minute

    def admits_login(self, peer: str) -> bool:
        return self._failures.count(party(peer)) < FAILED_LOGINS

    def login_failed(self, peer: str) -> None:
        self._failures.count(party(peer), 1)
