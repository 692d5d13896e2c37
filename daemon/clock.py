"""The only reader of the wall clock and of randomness. Everything else is given what it needs as an argument."""

from __future__ import annotations

import secrets
import time


def now() -> int:
    """This instant, in whole seconds since 1970-01-01 UTC."""
    return int(time.time())


def nonce() -> str:
    """80 random bits as 16 characters of lower-case base32: unique, and safe in a Message-ID or a file name."""
    alphabet = "abcdefghijklmnopqrstuvwxyz234567"
    value = secrets.randbits(80)
    return "".join(alphabet[(value >> shift) & 31] for shift in range(0, 80, 5))


def key() -> str:
    """A new signing key: 256 random bits in hexadecimal."""
    return secrets.token_hex(32)


def token() -> str:
    """256 random bits as 43 characters of base64url: a secret for a caller."""
    return secrets.token_urlsafe(32)


def jitter(seconds: int) -> int:
    """A random share of so many seconds, from 0 to all of them: keeps retries from marching in step."""
    return secrets.randbelow(seconds + 1)
