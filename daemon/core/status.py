"""The statuses of a ticket and the moves between them: the one place that knows which move follows from what."""

from __future__ import annotations

from typing import Literal, get_args

Status = Literal["new", "open", "pending", "on_hold", "resolved", "closed", "merged", "spam"]
Priority = Literal["low", "medium", "high", "urgent"]
Type = Literal["question", "incident", "problem", "task"]

STATUSES: tuple[Status, ...] = get_args(Status)
PRIORITIES: tuple[Priority, ...] = get_args(Priority)
TYPES: tuple[Type, ...] = get_args(Type)

FIRST_PRIORITY: Priority = "medium"
FIRST_TYPE: Type = "question"
"""What a ticket is before anyone says otherwise."""

BACKLOG: frozenset[str] = frozenset({"new", "open", "pending", "on_hold"})
ENDS: frozenset[str] = frozenset({"merged", "spam"})

_ALIVE: frozenset[Status] = frozenset({"open", "pending", "on_hold", "resolved", "closed"})
MOVES: dict[Status, frozenset[Status]] = {
    "new": _ALIVE | {"spam"},
    "open": (_ALIVE - {"open"}) | {"spam"},
    "pending": (_ALIVE - {"pending"}) | {"spam"},
    "on_hold": (_ALIVE - {"on_hold"}) | {"spam"},
    "resolved": frozenset({"open", "closed"}),
    "closed": frozenset({"open"}),
    "merged": frozenset(),
    "spam": frozenset({"open"}),
}
"""Where a ticket may go by hand. Into ``merged`` only a merge leads."""


def after_customer_wrote(status: str) -> str:
    """A customer's words put the ticket back into our hands; a new one stays new, an end stays an end."""
    return "open" if status in {"pending", "on_hold", "resolved", "closed"} else status


def after_agent_replied(status: str) -> str:
    """With an answer out, the ticket waits for the customer; one that is resolved or closed stays so."""
    return "pending" if status in {"new", "open", "on_hold"} else status
