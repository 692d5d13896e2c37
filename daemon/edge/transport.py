"""What may become of a mail on its way out, and what carries it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

from daemon.core.values import Parcel

LONGEST_RESPONSE = 500
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Delivered:
    """The next system has taken responsibility."""

    response: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """This mail did not get through this time; ``code`` is that of the answer, 0 where there was none."""

    code: int
    response: str


@dataclass(frozen=True, slots=True)
class Refused:
    """This mail will never get through."""

    code: int
    response: str


@dataclass(frozen=True, slots=True)
class Away:
    """No mail gets through at present: one sentence with cause and cure."""

    reason: str


Result = Delivered | Deferred | Refused | Away


class Transport(Protocol):
    """Carries one parcel; says what became of it, and raises nothing."""

    async def send(self, parcel: Parcel, content: bytes) -> Result: ...

    async def close(self) -> None: ...


def spoken(text: str) -> str:
    """A peer's words, fit for a log and a page: one line without control characters, at most 500 characters."""
    return _CONTROL.sub(" ", text).strip()[:LONGEST_RESPONSE]
