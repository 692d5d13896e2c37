"""What a decision reads (``Facts``) and what it returns (``Plan``).

A Plan is complete: ``store.commit`` writes it as it stands and the desk composes its outgoing mail, and neither
decides anything further. ``"author"`` stands for the sender of the mail at hand, who may not have an id yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from daemon.core.values import Address, Forwarded, Instant

Who = int | Literal["author"]

LetterKind = Literal[
    "acknowledgement", "opened", "replied", "answer", "status", "confirmation", "failure", "alert", "reminder"
]


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's numbers that a decision depends on; seconds and counts."""

    follow_up_after: int
    acknowledge_within: int
    confirm_within: int
    notify_customer: frozenset[str]
    automatic_per_address: int
    automatic_per_ticket: int
    tickets_per_address: int


@dataclass(frozen=True, slots=True)
class DeskFacts:
    name: str
    address: str
    team: str
    acknowledge: bool


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """``leads`` are the teams of which the agent is a lead."""

    person: int
    address: str
    teams: frozenset[str]
    leads: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class AuthorFacts:
    """Who From names. ``person`` is None for someone never seen; ``agent`` if the configuration knows them as one."""

    key: str
    person: int | None
    agent: bool


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket that the mail may belong to. ``named`` tells whether the author was in To or Cc of a filed message,
    ``wake_at`` when the clock has something to do with it."""

    id: int
    desk: str
    subject: str
    status: str
    team: str
    requester: int
    assignee: int | None
    participants: frozenset[int]
    named: bool
    merged_into: int | None
    closed_at: Instant | None
    first_response_at: Instant | None
    last_event_at: Instant
    automatic_lately: int
    seen_from_author: bool
    wake_at: Instant | None = None


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A reply token that verified: the ticket it is for and the person it was given to."""

    ticket: int
    person: int


@dataclass(frozen=True, slots=True)
class SentFacts:
    """One of our own mails, to which something came back. ``author``: the agent whose words it carried, if any."""

    outbox: int
    ticket: int | None
    kind: str
    author: int | None
    state: str


@dataclass(frozen=True, slots=True)
class DuplicateFacts:
    """The ledger row that stands for this very mail already."""

    inbound: int
    ticket: int | None
    message: int | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a decision about one mail at one desk may know, read in the transaction that writes its Plan.

    ``referenced`` are the tickets found under the mail's In-Reply-To and References, nearest first; ``tagged`` the
    number in its subject; ``acted``: the author, an agent, sent a mail under this Message-ID before, to whichever
    ticket; ``reached`` the persons in its To or Cc; ``sibling`` the ticket that the same mail made at
    another desk; ``ours``: which of the authors of the mails that it forwards are the desk or an agent (keys);
    ``own``: the mail is one of ours, ``probe``: one that we sent to ourselves. ``withheld``: why an
    agent's words cannot be told from ours (invariant 28), or None.
    """

    desk: DeskFacts
    author: AuthorFacts | None
    agents: tuple[AgentFacts, ...]
    duplicate: DuplicateFacts | None = None
    token: TokenFacts | None = None
    sent: SentFacts | None = None
    tickets: Mapping[int, TicketFacts] = field(default_factory=dict)
    referenced: tuple[int, ...] = ()
    tagged: int | None = None
    reached: frozenset[int] = frozenset()
    sibling: int | None = None
    own: bool = False
    probe: bool = False
    opened_lately: int = 0
    automatic_lately: int = 0
    withheld: str | None = None
    acted: bool = False
    ours: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket to be opened, for the author of the mail or for another ``requester``."""

    subject: str
    team: str
    at: Instant
    requester: Address | None = None


@dataclass(frozen=True, slots=True)
class Filing:
    """A message to be filed on the ticket. ``state`` is filed or held; ``because`` the rule that joined it.

    ``evidence`` is what stands behind its author, and ``seen`` what was seen of that. Of a ``forwarded`` mail the words
    and the author are filed, and the bytes of the mail that brought it.
    """

    kind: Literal["customer", "agent", "automatic", "bounce"]
    state: Literal["filed", "held"]
    because: str
    evidence: str
    seen: str = ""
    forwarded: Forwarded | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that became true at ``at``. With ``column``, a change of the ticket from ``was`` to ``becomes``."""

    kind: str
    because: str
    at: Instant
    actor: Who | None = None
    column: str | None = None
    was: str | int | None = None
    becomes: str | int | None = None
    data: tuple[tuple[str, str | int | bool | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A letter to one person; ``data`` is what an alert tells of a promise."""

    kind: LetterKind
    to: Who
    because: str
    data: tuple[tuple[str, str | int | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Holding:
    """Wait for this agent's word until ``expires_at``."""

    agent: int
    because: str
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole consequence of one mail, or of one act.

    ``ticket`` is the one it concerns, unless ``opening`` makes a new one. ``links`` are (other ticket, kind);
    ``proves`` says that the author's address is theirs; ``settles`` is (outbox id, its new state). ``doubt`` says to
    people why the author is not believed. ``note`` is what the author says to colleagues alone.
    """

    state: Literal["filed", "ignored", "quarantined"]
    because: str
    ticket: int | None = None
    opening: Opening | None = None
    filing: Filing | None = None
    events: tuple[Event, ...] = ()
    outgoing: tuple[Outgoing, ...] = ()
    links: tuple[tuple[int, str], ...] = ()
    proves: bool = False
    holding: Holding | None = None
    settles: tuple[int, str] | None = None
    doubt: str = ""
    note: str = ""
