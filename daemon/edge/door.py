"""What the conversations of one listener share, and where their mail goes."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from daemon.config import Limits, Listener
from daemon.core.values import Envelope, Instant, Outcome
from daemon.edge.gate import Gate, Network, within
from daemon.edge.tls import CountedTls


class Intake(Protocol):
    """Where mail goes: which recipients are ours, and what became of a mail."""

    def known(self, recipient: str) -> bool:
        """Whether this is a desk's or a reply address; fast, asked for each RCPT."""

    async def receive(self, raw: bytes, envelope: Envelope) -> tuple[Outcome, ...]:
        """Keep a mail; one outcome for each of ``envelope.recipients``, in their order."""


class Guest(Protocol):
    """A conversation, as the listener ends it."""

    @property
    def ended(self) -> asyncio.Task[Any] | None:
        """What is over when it is; None before it began."""

    def farewell(self) -> None:
        """Say good-bye, once what is under way is done."""

    def abort(self) -> None:
        """Cut it off."""


@dataclass
class Door:
    """What the conversations of one listener share."""

    listener: Listener
    limits: Limits
    intake: Intake
    credentials: Mapping[str, str]
    now: Callable[[], Instant]
    gate: Gate
    hostname: str
    context: ssl.SSLContext | None
    trusted: tuple[Network, ...]
    conversations: set[Guest] = field(default_factory=set)
    encrypted: set[CountedTls] = field(default_factory=set)
    receiving: set[asyncio.Task[tuple[Outcome, ...]]] = field(default_factory=set)
    closing: bool = False

    @property
    def lmtp(self) -> bool:
        return self.listener.protocol == "lmtp"

    @property
    def implicit(self) -> bool:
        return self.listener.tls == "implicit"

    def opens_to(self, peer: str) -> str | None:
        return self.gate.enter(peer, within(peer, self.trusted))
