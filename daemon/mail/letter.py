"""A letter: an outgoing mail as a value, before it is written as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daemon.core.values import Address, Instant

AutomaticReply = Literal["auto-replied", "auto-generated"]

MARK = "X-Counterfoil"
"""The header by which we know our own mail again; its value is ``desk/ticket`` (``desk/0`` where there is none)."""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that travels along. ``content_id`` (no angle brackets) lets HTML show an inline image as ``cid:…``."""

    name: str
    content_type: str
    content: bytes
    content_id: str | None = None
    inline: bool = False


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything that one mail says. Message-IDs are without angle brackets; ``text`` and ``html`` have ``\\n`` ends.

    ``automatic`` is None for what a person wrote, ``auto-replied`` for the answer of a machine to one mail,
    ``auto-generated`` for what a machine says of its own accord (RFC 3834).
    """

    message_id: str
    date: Instant
    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    html: str | None = None
    cc: tuple[Address, ...] = ()
    reply_to: Address | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    automatic: AutomaticReply | None = None
    headers: tuple[tuple[str, str], ...] = ()
    enclosures: tuple[Enclosure, ...] = ()
