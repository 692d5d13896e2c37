"""How often one peer may send forms: the same limit a minute as for mail from one address."""

from __future__ import annotations

import ipaddress
import time
from collections import Counter
from collections.abc import Callable

MINUTE = 60


class Flood:
    """Counts forms by peer within a minute; ``clock`` is a monotonic one in seconds."""

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._minute = 0
        self._counts: Counter[str] = Counter()

    def admits(self, peer: str) -> bool:
        """Count one more form of a peer; False if that is too many for this minute."""
        minute = int(self._clock() // MINUTE)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        who = _party(peer)
        self._counts[who] += 1
        return self._counts[who] <= self._most


def _party(peer: str) -> str:
    """Who a peer is: an address, by IPv6 the network that one customer has."""
    try:
        address = ipaddress.ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, ipaddress.IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)
