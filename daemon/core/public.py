"""Which network addresses are public: those that whoever writes a URL may have us call (invariant 24).

What is not plainly a public unicast address is none: private, shared, loopback, link-local and reserved networks, ways
of writing an IPv4 address into an IPv6 one (mapped, compatible, translated, tunnelled), multicast, and the addresses at
which clouds answer their own machines.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All of IPv6 that is given out for use on the internet; translation (64:ff9b::) and all else lies outside."""
NOT_PUBLIC = tuple(
    ipaddress.ip_network(written)
    for written in (
        "192.0.0.0/24",  # of protocols; a cloud's metadata at .192
        "192.88.99.0/24",  # relays to 6to4
        "168.63.129.16/32",  # a cloud's own servant on each of its machines
        "2001::/23",  # of protocols; Teredo carries an IPv4 address
        "2002::/16",  # 6to4 carries an IPv4 address
        "3fff::/20",  # documentation
        "5f00::/16",  # segment routing
    )
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def address(text: str) -> Address | None:
    """An address as it is written; None for anything else, such as an address with a scope or with leading zeros."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if getattr(found, "scope_id", None) else found


def is_public(found: Address) -> bool:
    """Whether this is an address on the internet, of one machine, and plainly so."""
    if found.version == 6 and found not in GLOBAL_UNICAST:
        return False
    reserved = any(found.version == network.version and found in network for network in NOT_PUBLIC)
    return found.is_global and not found.is_multicast and not found.is_reserved and not reserved


def is_among(found: Address, networks: Iterable[Network]) -> bool:
    """Whether it lies in one of these."""
    return any(found.version == network.version and found in network for network in networks)
