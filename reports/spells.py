"""Spells: the stretches of a ticket's life in which its status, team, assignee, priority and type stayed the same.

They tile it: each begins where the one before ended, the first at the opening, the last at the instant up to which is
reported. So sums over them are exact on every clock (METRICS: waiting on us, on the customer, on hold; backlog; load).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reports.dataset import MISSING, Desk, Whole, Words, instants

FIELDS = {
    "status": "status_changed",
    "team": "team_changed",
    "priority": "priority_changed",
    "type": "type_changed",
    "assignee": "assigned",
}
FIRST_STATUS = "new"
NOBODY = -1


@dataclass(frozen=True)
class Spells:
    """Columns of one length, ticket by ticket in the order of time; ``end`` is not included.

    ``row``: of its ticket in the table of tickets. ``first`` and ``last`` of its ticket. The last one is still running
    at the instant up to which is reported: ``end`` says that instant. ``event``: the one that began it.
    """

    desk: Desk
    row: Whole
    start: Whole
    end: Whole
    first: Any
    last: Any
    event: Whole
    status: Words
    team: Words
    priority: Words
    type: Words
    assignee: Whole

    def __len__(self) -> int:
        return len(self.start)

    @property
    def ticket(self) -> Whole:
        return self.desk.whole("ticket", "ticket_id")[self.row]

    def frame(self) -> pd.DataFrame:
        """The spells as analysts see them."""
        assignee = self.assignee
        return pd.DataFrame(
            {
                "ticket_id": self.ticket,
                "start": pd.DatetimeIndex(instants(self.start)).tz_localize("UTC"),
                "end": pd.DatetimeIndex(instants(self.end)).tz_localize("UTC"),
                "status": self.status.series(),
                "team": self.team.series(),
                "priority": self.priority.series(),
                "type": self.type.series(),
                "assignee_id": pd.arrays.IntegerArray(np.where(assignee < 0, 0, assignee), assignee < 0),
                "seconds": self.end - self.start,
                "observed": ~self.last,
                "event_id": self.event,
            }
        )


def spells(desk: Desk) -> Spells:
    """The spells of all tickets."""
    desk.load("event", ("ticket_id", "kind", "at", "was", "becomes", "event_id"))
    kinds = desk.word("event", "kind")
    chosen = np.flatnonzero(kinds.among({"ticket_opened", *FIELDS.values()}))
    row = desk.place(desk.whole("event", "ticket_id")[chosen])
    kind = kinds.codes[chosen]
    first = np.ones(len(row), bool)
    first[1:] = row[1:] != row[:-1]
    at = desk.whole("event", "at")[chosen]
    columns = {name: _field(desk, name, kinds.code(event), chosen, row, kind, first) for name, event in FIELDS.items()}
    keys = [codes for codes, _ in columns.values()]
    keep = _lasting(row, at, desk.taken_at)
    keep[keep] = _differing(row[keep], [key[keep] for key in keys])
    row, at = row[keep], at[keep]
    last = np.ones(len(row), bool)
    last[:-1] = row[1:] != row[:-1]
    first = np.roll(last, 1) if len(last) else last
    end = np.full(len(row), desk.taken_at)
    end[:-1][~last[:-1]] = at[1:][~last[:-1]]
    event = desk.whole("event", "event_id")[chosen][keep]
    words = {name: Words(codes[keep], names) for name, (codes, names) in columns.items() if name != "assignee"}
    codes, names = columns["assignee"]
    people = np.array([int(name) for name in names] + [NOBODY], np.int64)
    return Spells(desk, row, at, end, first, last, event, **words, assignee=people[codes[keep]])


def _field(
    desk: Desk, name: str, changed: int, chosen: Whole, row: Whole, kind: Any, first: Any
) -> tuple[Any, tuple[str, ...]]:
    """What a field was after each event: codes and their words. What it was at first is told by what first changed."""
    became, was = (desk.word("event", column) for column in ("becomes", "was"))
    changes = kind == changed
    now, initial = _present(desk, name)
    told = [(words, np.unique(words.codes[chosen[changes]])) for words in (became, was)]
    named = [words.names[code] for words, codes in told for code in codes if code >= 0]
    names = tuple(dict.fromkeys((*initial, *named, *((FIRST_STATUS,) if name == "status" else ()))))
    places = {word: i for i, word in enumerate(names)}
    to, before = (np.array([places.get(w, -1) for w in words.names] + [-1], np.int32) for words in (became, was))
    values = np.full(len(row), -1, np.int32)
    values[changes] = to[became.codes[chosen[changes]]]
    start = now.copy()
    earliest = np.flatnonzero(changes)[::-1]  # written last, the first change stands
    start[row[earliest]] = before[was.codes[chosen[earliest]]]
    if name == "status":
        start[:] = places[FIRST_STATUS]
    opens = first & ~changes
    values[opens] = start[row[opens]]
    latest = np.maximum.accumulate(np.where(changes | first, np.arange(len(row)), 0))
    return values[latest], names


def _present(desk: Desk, name: str) -> tuple[Any, tuple[str, ...]]:
    """A field of each ticket as it is now."""
    if name != "assignee":
        words = desk.word("ticket", name)
        return words.codes.copy(), words.names
    assignee = desk.whole("ticket", "assignee_id")
    people, codes = np.unique(assignee, return_inverse=True)
    known = people != MISSING
    codes = (codes - int((~known).sum())).astype(np.int32)
    return codes, tuple(str(person) for person in people[known])


def _lasting(row: Whole, at: Whole, until: int) -> Any:
    """Of what happened to a ticket in one second the last stands; what happened after the end did not happen."""
    keep = at < until
    keep[:-1] &= (row[1:] != row[:-1]) | (at[1:] != at[:-1])
    return keep


def _differing(row: Whole, keys: list[Any]) -> Any:
    """Rows that differ from the one before in anything."""
    differs = np.ones(len(row), bool)
    if len(row):
        differs[1:] = row[1:] != row[:-1]
        for key in keys:
            differs[1:] |= key[1:] != key[:-1]
    return differs
