"""What an agent's mail does and asks, as values: what its commands may name, what they change, what an undo needs.

``core.commands`` reads them, ``core.acting`` says what they come to; the rest of a decision stands in ``core.plan``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import Literal

from daemon.core.commands.reading import Command
from daemon.core.values import Address, Instant


@dataclass(frozen=True, slots=True)
class Shown:
    """What an agent had before their eyes: the newest letter of ours that their mail answers, its message and kind."""

    at: Instant
    message: int | None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The newest words on a ticket that were not shown to the agent: whose they are, and whether a customer's."""

    author: int | None
    customer: bool
    at: Instant
    words: str = ""


@dataclass(frozen=True, slots=True)
class Did:
    """One thing that an agent's mail changed, as an undo needs to know it: of what kind, which one, from what to what.

    ``what``: column, field, snooze, tag, watch, participant, requester, link, merge, away, note, reply, notice.
    """

    what: str
    key: str = ""
    was: str | int | None = None
    becomes: str | int | None = None


NOTHING = (Did("nothing"),)
"""What a mail did whose commands found all as they wanted it: its agent may take it for their last act."""


@dataclass(frozen=True, slots=True)
class ActFacts:
    """What an agent's mail did; ``reply`` is the state of the message that it filed, if it filed one.

    ``tells``: customers are still to be told of the new status; ``before`` is the one before an act that did nothing.
    """

    id: int
    agent: int
    ticket: int | None
    message: int | None
    reply: str | None
    did: tuple[Did, ...]
    undone: bool = False
    tells: bool = False
    before: ActFacts | None = None


@dataclass(frozen=True, slots=True)
class Macro:
    """What a macro says to this customer, and the commands that it stands for."""

    words: str
    commands: tuple[Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Office:
    """What an agent's commands may name, and the ticket's values as they stand.

    ``values`` by column; ``macros`` are rendered for this ticket and agent; ``people`` who has each address that the
    commands name, by its key; ``ours`` those that are a desk's; ``contacts`` the addresses of the ticket's participants
    by key; ``links`` the related tickets; ``last_act`` what an undo would take back; ``zone`` that in which times are
    read; ``fields`` the values of the operator's own fields.
    """

    values: Mapping[str, str | int | None] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    teams: frozenset[str] = frozenset()
    macros: Mapping[str, Macro] = field(default_factory=dict)
    people: Mapping[str, int] = field(default_factory=dict)
    names: Mapping[int, str] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    contacts: Mapping[str, int] = field(default_factory=dict)
    links: frozenset[int] = frozenset()
    last_act: ActFacts | None = None
    zone: tzinfo = UTC
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """A public reply is released at an instant unless its agent undoes it; its ticket then becomes this, until then.

    ``people`` are those to whom it was written: who comes to the ticket later, does not receive it.
    """

    agent: int
    release_at: Instant
    becomes: str | None = None
    until: Instant | None = None
    people: tuple[int | Address, ...] = ()


@dataclass(frozen=True, slots=True)
class Notice:
    """These people are told at an instant what became of the ticket, unless its agent takes it back before.

    ``status`` is what it then has to be still, ``told`` what they hear.
    """

    release_at: Instant
    status: str
    told: str
    people: tuple[int | Address, ...]


@dataclass(frozen=True, slots=True)
class Joining:
    """Someone takes part in the ticket from now on, or no longer (``joins`` False)."""

    who: Address | int
    joins: bool
    because: str
    at: Instant
    actor: int | None


@dataclass(frozen=True, slots=True)
class Requesting:
    """The ticket is someone else's from now on, who takes part then, unless an undo makes it theirs again."""

    who: Address | int
    because: str
    at: Instant
    actor: int | None
    joins: bool = True


@dataclass(frozen=True, slots=True)
class Watching:
    """An agent watches the ticket, or no longer."""

    person: int
    on: bool


@dataclass(frozen=True, slots=True)
class Away:
    """An agent is away from an instant on, until another (None: until they say otherwise); ``since`` None: is back."""

    person: int
    since: Instant | None
    until: Instant | None = None


@dataclass(frozen=True, slots=True)
class Unlinking:
    """A link to another ticket is taken back."""

    other: int


@dataclass(frozen=True, slots=True)
class Merging:
    """The people of this ticket take part in another from now on; ``on`` False: no longer, as far as they came so."""

    into: int
    on: bool
    because: str
    at: Instant
    actor: int | None


Deed = Joining | Requesting | Watching | Away | Unlinking | Merging


@dataclass(frozen=True, slots=True)
class Changed:
    """A change as a receipt tells it."""

    field: str
    was: str = ""
    becomes: str = ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A line of an agent's mail that cannot be carried out: why, what it names, and what may have been meant."""

    line: str
    because: str
    argument: str = ""
    nearest: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an agent hears back: what was understood, what changed, who receives what.

    ``readers`` are those to whom answers go from now on, after a merge; ``told`` those who hear of the new status.
    ``before`` is the act whose ``changes`` it names, where the last one did nothing that could be undone.
    """

    kind: Literal["done", "dry", "undone", "nothing"]
    understood: tuple[str, ...] = ()
    changes: tuple[Changed, ...] = ()
    recipients: tuple[int | Address, ...] = ()
    words: str = ""
    internal: bool = False
    waits: int = 0
    skipped: tuple[tuple[str, str], ...] = ()
    readers: tuple[int, ...] = ()
    told: tuple[int | Address, ...] = ()
    before: int | None = None


@dataclass(frozen=True, slots=True)
class News:
    """Something that an agent hears of in the next digest."""

    person: int
    kind: str
