"""What the commands of one mail come to, as far as they have been looked at."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field

from daemon.core.acts import Changed, Deed, Did, Fault
from daemon.core.commands.reading import Command
from daemon.core.plan import AgentFacts, Event, Facts, Outgoing, Policy, TicketFacts
from daemon.core.recounting import FIELDS
from daemon.core.values import Instant

BECAUSE = "changed-by-agent"
EVENTS = {
    "priority": "priority_changed",
    "type": "type_changed",
    "team": "team_changed",
    "assignee": "assigned",
    "subject": "subject_changed",
    "resolution_text": "resolution_set",
    "merged_into": "merged",
}
MOST_FAULTS = 20


@dataclass(slots=True)
class Work:
    """What the commands of one mail come to, as far as they have been looked at.

    ``becomes`` is the status that is asked for; ``asks`` are the letters that answer a question; ``words`` what a
    macro says; ``moved_by`` the line that asks for the status. ``values``, ``tags``, ``contacts``, ``watchers`` and
    ``fields`` are as the commands so far leave them.
    """

    facts: Facts
    agent: AgentFacts
    ticket: TicketFacts | None
    policy: Policy
    at: Instant
    now: Instant
    events: list[Event] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    did: list[Did] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asks: list[Outgoing] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    becomes: str | None = None
    until: Instant | None = None
    assigned: int | None = None
    team: str | None = None
    dry: bool = False
    undoes: bool = False
    merges: bool = False
    values: dict[str, str | int | None] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)
    contacts: set[str] = field(default_factory=set)
    watchers: set[int] = field(default_factory=set)
    fields: dict[str, str] = field(default_factory=dict)
    moved_by: str = ""

    def fault(self, command: Command, because: str, among: Iterable[str] = ()) -> None:
        """A line that names nothing."""
        near = difflib.get_close_matches(command.argument.casefold(), list(among), 3, 0.4) or sorted(among)[:3]
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(command.line[:200], because, command.argument[:200], tuple(near)))

    def name(self, person: int | None) -> str:
        return self.facts.office.names.get(person, "") if person is not None else ""

    def put(self, column: str, becomes: str | int | None, told: str = "", was: str = "") -> None:
        """Set a column of the ticket, unless it is so already."""
        before = self.values.get(column)
        if before == becomes:
            return
        self.values[column] = becomes
        self.events.append(Event(EVENTS[column], BECAUSE, self.at, self.agent.person, column, before, becomes))
        self.did.append(Did("column", column, before, becomes))
        self.changes.append(Changed(FIELDS.get(column, column), was or str(before or ""), told or str(becomes or "")))
