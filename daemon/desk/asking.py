"""What other programs and clients ask for: on whose behalf, what to say, what to change; and why it is not done."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from daemon.core.values import Instant
from daemon.mail.letter import Enclosure

Kind = Literal["unknown", "invalid", "conflict", "forbidden", "too-large", "overloaded"]


class Refused(Exception):
    """It is not done, and nothing of it: in which way (``kind``), why, and of which ``field`` of what was sent; where
    several are at fault, ``faults`` are all, each with a sentence. ``fields.x`` is the operator's own field x."""

    def __init__(
        self,
        kind: Kind,
        because: str,
        sentence: str,
        field: str = "",
        moves: tuple[str, ...] | None = None,
        faults: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(sentence)
        self.kind = kind
        self.because = because
        self.field = field
        self.moves = moves
        self.faults = faults


@dataclass(frozen=True, slots=True)
class By:
    """Who does it: an agent, a requester (persons), or neither: a program, or a client who has not signed in."""

    source: Literal["api", "portal"]
    agent: int | None = None
    requester: int | None = None
    may_spam: bool = False

    @property
    def actor(self) -> int | None:
        return self.agent if self.agent is not None else self.requester

    @property
    def because(self) -> str:
        """Why something changed."""
        if self.agent is not None:
            return "changed-by-agent"
        return "changed-by-customer" if self.requester is not None else "changed-by-program"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be said, and the files that go along.

    What is asked twice under one ``nonce`` at one instant makes the very same mail, which is filed once.
    """

    words: str
    subject: str = ""
    enclosures: tuple[Enclosure, ...] = ()
    nonce: str = ""
    at: Instant | None = None


@dataclass(frozen=True, slots=True)
class Changes:
    """What a ticket is to be: columns with their values (``assignee`` an address), all its tags, ``snooze`` an instant
    as text ('' = it is not put aside any longer), ``fields`` the operator's own ('' = nothing)."""

    values: dict[str, str | None] = field(default_factory=dict)
    tags: frozenset[str] | None = None
    snooze: str | None = None
    fields: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.values or self.fields) or self.tags is not None or self.snooze is not None


NO_CHANGES = Changes()
