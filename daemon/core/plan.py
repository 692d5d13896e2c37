"""What a decision reads (``Facts``) and what it returns (``Plan``).

A Plan is complete: ``store.commit`` writes it as it stands and the desk composes its outgoing mail, and neither
decides anything further. ``"author"`` stands for the sender of the mail at hand, who may not have an id yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from daemon.core.acts import Deed, Did, Fault, News, Notice, Office, Receipt, Shown, Spoken, Wait
from daemon.core.assigning import UNSTAFFED, Staffing
from daemon.core.commands.reading import Orders
from daemon.core.fields import Field
from daemon.core.routing_rules import UNROUTED, Routed
from daemon.core.values import Address, Forwarded, Instant

Who = int | Literal["author"]

LetterKind = Literal[
    "acknowledgement",
    "opened",
    "replied",
    "assigned",
    "noted",
    "mentioned",
    "answered",
    "crossed",
    "merged",
    "unmerged",
    "answer",
    "status",
    "confirmation",
    "unclear",
    "receipt",
    "queue",
    "sheet",
    "help",
    "failure",
    "alert",
    "reminder",
]
How = Literal["now", "digest", "never"]
Guard = Literal["quotes-note", "ticket-ended", "crossing"]
Receipts = Literal["always", "commands", "never"]


@dataclass(frozen=True, slots=True)
class Policy:
    """The operator's numbers that a decision depends on, seconds and counts, and the operator's own fields."""

    follow_up_after: int
    acknowledge_within: int
    confirm_within: int
    notify_customer: frozenset[str]
    automatic_per_address: int
    automatic_per_ticket: int
    tickets_per_address: int
    undo_seconds: int = 0
    receipts: Receipts = "commands"
    guards: frozenset[Guard] = frozenset()
    crossing_within: int = 0
    leads_only: frozenset[str] = frozenset()
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskFacts:
    name: str
    address: str
    team: str
    acknowledge: bool
    cc_joins: bool = False


@dataclass(frozen=True, slots=True)
class AgentFacts:
    """``leads`` are the teams of which the agent is a lead; ``hears`` says of what, and how (``core.hearing``)."""

    person: int
    address: str
    teams: frozenset[str]
    leads: frozenset[str] = frozenset()
    name: str = ""
    hears: Mapping[str, How] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuthorFacts:
    """Who From names. ``person`` is None for someone never seen; ``agent`` if the configuration knows them as one."""

    key: str
    person: int | None
    agent: bool


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """A ticket that the mail may belong to. ``named`` tells whether the author was in To or Cc of a filed message,
    ``wake_at`` when the clock has something to do with it, ``unheard`` that customers are still to be told of its
    status: the undo time of the act that set it runs."""

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
    watchers: frozenset[int] = frozenset()
    undelivered: Instant | None = None
    unheard: bool = False


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
    agent's words cannot be told from ours (invariant 28), or None. Of an agent's mail: ``orders`` are its commands and
    what is left of its words, ``office`` what they may name, ``shown`` what it answers, ``spoken`` what was said since,
    ``joined`` who came since by a colleague's merge, ``quotes_note``: its public words hold those of a note. ``absent``
    are the agents who are away, ``copied`` people in Cc who are neither agents nor ours. ``routed`` and ``staffing``
    speak of the ticket that the mail may open: what the rules give it, and the team that it would go to.
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
    orders: Orders | None = None
    office: Office = field(default_factory=Office)
    shown: Shown | None = None
    spoken: tuple[Spoken, ...] = ()
    joined: frozenset[int] = frozenset()
    quotes_note: bool = False
    absent: frozenset[int] = frozenset()
    copied: tuple[Address, ...] = ()
    routed: Routed = UNROUTED
    staffing: Staffing = UNSTAFFED
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
    """A message to be filed on the ticket. ``state`` is filed, waiting or held; ``because`` the rule that joined it.

    ``evidence`` is what stands behind its author, and ``seen`` what was seen of that. ``words``: where they are not all
    new words of the mail. Of a ``forwarded`` mail the words and the author are filed, and the bytes of the mail that
    brought it. ``anonymous``: nobody is the author; a program noted it.
    """

    kind: Literal["customer", "agent", "note", "automatic", "bounce"]
    state: Literal["filed", "waiting", "held"]
    because: str
    evidence: str
    seen: str = ""
    words: str | None = None
    forwarded: Forwarded | None = None
    anonymous: bool = False


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
    """A letter to one person, by the address of someone whom this very plan brings in.

    ``data`` is what an alert tells of a promise, an acknowledgement's own template, or which ticket it shows.
    """

    kind: LetterKind
    to: Who | Address
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
    deeds: tuple[Deed, ...] = ()
    did: tuple[Did, ...] = ()
    orders_of: int | None = None
    words: str | None = None
    wait: Wait | None = None
    notice: Notice | None = None
    receipt: Receipt | None = None
    faults: tuple[Fault, ...] = ()
    news: tuple[News, ...] = ()
    undoes: int | None = None
    withdraws: int | None = None
    note: str = ""
