"""To whom of a team a new ticket goes, and why. Whoever is absent gets none.

The one who knows the customer comes first, where the team is sticky; then those whose skills cover most of the ticket's
tags, where it goes by skill; then those whose own calendar is open; and among these the team's strategy chooses.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from daemon.core.values import Instant

Strategy = Literal["none", "round-robin", "least-open"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """An agent of the team. ``open_load`` counts their tickets in new and open; pending and on hold wait for others.

    ``last_assigned`` is the higher the later they were given a ticket, None for never; an instant would not do, since
    many are given within a second. ``away_until`` is None for an absence without an end; ``on_duty``: the agent's own
    calendar is open.
    """

    person: int
    open_load: int = 0
    last_assigned: int | None = None
    skills: frozenset[str] = frozenset()
    absent: bool = False
    away_until: Instant | None = None
    on_duty: bool = True


@dataclass(frozen=True, slots=True)
class Staffing:
    """A team at the moment of an assignment: its members in the order of the configuration, and how it assigns.

    ``absent`` are the agents, of whichever team, who are absent.
    """

    strategy: Strategy = "none"
    by_skill: bool = False
    candidates: tuple[Candidate, ...] = ()
    sticky_to: int | None = None
    absent: frozenset[int] = frozenset()


UNSTAFFED = Staffing()


@dataclass(frozen=True, slots=True)
class Assigned:
    """Whose the ticket is, and why; None: nobody's, because nobody is present, or ('') nobody is to be chosen."""

    person: int | None
    because: str


def assign(
    strategy: Strategy,
    candidates: Sequence[Candidate],
    tags: Collection[str] = (),
    sticky_to: int | None = None,
    *,
    by_skill: bool = False,
) -> Assigned:
    """Choose among the candidates; ``sticky_to`` is the agent who answered this requester last."""
    present = [c for c in candidates if not c.absent]
    if any(c.person == sticky_to for c in present):
        return Assigned(sticky_to, "sticky-to-last-agent")
    if strategy == "none" or not candidates:
        return Assigned(None, "")
    if not present:
        return Assigned(None, "nobody-present")
    able = _most_skilled(present, frozenset(tags)) if by_skill else present
    on_duty = [c for c in able if c.on_duty] or able
    chosen = min(on_duty, key=_least_open if strategy == "least-open" else _longest_ago)
    return Assigned(chosen.person, "best-skill" if len(able) < len(present) else strategy)


def _most_skilled(candidates: list[Candidate], tags: frozenset[str]) -> list[Candidate]:
    most = max(len(c.skills & tags) for c in candidates)
    return [c for c in candidates if len(c.skills & tags) == most]


def _longest_ago(candidate: Candidate) -> tuple[bool, int]:
    """Never assigned first; ties fall to the order of the configuration."""
    return candidate.last_assigned is not None, candidate.last_assigned or 0


def _least_open(candidate: Candidate) -> tuple[int, tuple[bool, int]]:
    return candidate.open_load, _longest_ago(candidate)
