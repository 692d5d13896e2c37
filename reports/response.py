"""How long customers wait: for the first answer, for each next one, and for the solution.

A *turn* is the time from the oldest unanswered customer message to the next public reply; several mails are one turn.
It ends otherwise where its ticket is closed, merged or spam, and after a first answer also where it is resolved. What
ends otherwise is neither a wait of no length nor to be left out; what is still running is censored. A ticket that was
merged waits on in the one it went into.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd

from daemon.core.status import BACKLOG
from reports.dataset import MISSING, Desk, Whole, Words
from reports.figures import PERCENTILES, metric, times
from reports.periods import Period
from reports.rows import ClockName, Question, Rows
from reports.survival import DONE, OPEN, OTHER

ASKS, ANSWERS, RESOLVES, ENDS, NOTHING = range(5)
REASONS = ("open", "replied", "resolved", "closed", "merged", "spam")
BECAME = {"resolved": 2, "closed": 3, "merged": 4, "spam": 5}
FURTHEST = 16
"""Merges that are followed, one into the next."""


class Course:
    """What bears on waiting, of all tickets, in columns: ticket by ticket in the order of time."""

    def __init__(self, desk: Desk) -> None:
        desk.load("event", ("ticket_id", "kind", "at", "event_id", "actor_id", "was", "becomes", "by", "because"))
        kinds, was, becomes, by = (desk.word("event", name) for name in ("kind", "was", "becomes", "by"))
        moved = kinds.among({"status_changed"})
        asks = kinds.among({"customer_replied"}) & ~by.among({"history"})
        asks |= kinds.among({"ticket_opened"}) & by.among({"customer"})
        chosen = np.flatnonzero(asks | moved | kinds.among({"agent_replied"}))
        self.row = desk.place(desk.whole("event", "ticket_id")[chosen])
        self.at = desk.whole("event", "at")[chosen]
        self.event = desk.whole("event", "event_id")[chosen]
        self.actor = desk.whole("event", "actor_id")[chosen]
        self.first = np.ones(len(chosen), bool)
        self.first[1:] = self.row[1:] != self.row[:-1]
        asks, moved = asks[chosen], moved[chosen]
        to, left = becomes.take(chosen), was.take(chosen)
        reasons = np.array([BECAME.get(name, 0) for name in to.names] + [0], np.int32)
        self.reason = np.where(moved, reasons[to.codes], 0)
        customer = desk.word("event", "because").among({"customer-replied"})[chosen]
        self.reopens = moved & to.among(BACKLOG) & left.among({"resolved", "closed"})
        self.reopened_by_customer = self.reopens & customer
        self.lives = moved & to.among(BACKLOG)
        self.kind = np.where(asks, ASKS, np.where(moved, NOTHING, ANSWERS))
        self.kind[self.reason == BECAME["resolved"]] = RESOLVES
        self.kind[self.reason > BECAME["resolved"]] = ENDS
        mistaken = np.flatnonzero(moved & left.among({"spam"}) & to.among(BACKLOG))
        self._undo(mistaken)

    def _undo(self, mistaken: Whole) -> None:
        """A ticket that was taken for spam and is none: the mark before counts for nothing."""
        for i in mistaken.tolist():
            j = i - 1
            while j >= 0 and self.row[j] == self.row[i] and self.reason[j] != BECAME["spam"]:
                j -= 1
            if j >= 0 and self.row[j] == self.row[i]:
                self.kind[j], self.reason[j] = NOTHING, 0

    def next(self, wanted: Any) -> Whole:
        """For each row, the place of the next wanted row of its ticket (itself included); -1 if there is none."""
        n = len(self.row)
        places = np.where(wanted, np.arange(n), n)
        following = np.minimum.accumulate(places[::-1])[::-1] if n else places
        inside = following < n
        inside[inside] = self.row[following[inside]] == self.row[np.flatnonzero(inside)]
        return np.where(inside, following, -1)


def course(desk: Desk) -> Course:
    """The course of a desk, made once."""
    if "course" not in desk.__dict__:
        desk.__dict__["course"] = Course(desk)
    found: Course = desk.__dict__["course"]
    return found


def turns(desk: Desk) -> Rows:
    """Each turn of each ticket, the ``first`` of a ticket flagged; ``agent`` is who replied."""
    if "turns" not in desk.__dict__:
        desk.__dict__["turns"] = _turns(desk)
    found: Rows = desk.__dict__["turns"]
    return found


def _turns(desk: Desk) -> Rows:
    c = course(desk)
    answered = _before(c, c.kind == ANSWERS)
    ends = (c.kind == ANSWERS) | (c.kind == ENDS) | ((c.kind == RESOLVES) & answered)
    bears = np.flatnonzero(ends | (c.kind == ASKS))
    row, is_end = c.row[bears], ends[bears]
    begins = ~is_end
    begins[1:] &= is_end[:-1] | (row[1:] != row[:-1])
    start = bears[begins]
    end = c.next(ends)[start]
    over = end >= 0
    reason = np.where(over, np.where(c.kind[end] == ANSWERS, 1, c.reason[end]), 0)
    first = np.ones(len(start), bool)
    first[1:] = c.row[start][1:] != c.row[start][:-1]
    found = {
        "start": c.at[start],
        "end": np.where(over, c.at[end], desk.taken_at),
        "end_reason": reason,
        "agent": np.where(over & (reason == 1), c.actor[end], MISSING),
        "start_event_id": c.event[start],
        "end_event_id": np.where(over, c.event[end], MISSING),
        "first": first,
    }
    _wait_on(desk, c, c.row[start], found)
    found["end_reason"] = Words(found["end_reason"].astype(np.int32), REASONS)
    return Rows(desk, c.row[start], found["start"], found)


def _before(c: Course, wanted: Any) -> Any:
    """For each row, whether one before it in its ticket was wanted."""
    count = np.cumsum(wanted) - wanted
    base = np.maximum.accumulate(np.where(c.first, count, 0))
    return count > base


def _wait_on(desk: Desk, c: Course, row: Whole, found: dict[str, Any]) -> None:
    """Go on with a merged ticket's wait in the one it went into."""
    waiting = np.flatnonzero(found["end_reason"] == BECAME["merged"])
    if not len(waiting):
        return
    into = desk.whole("ticket", "merged_into_id")
    decides = np.flatnonzero((c.kind == ANSWERS) | (c.kind == ENDS))
    for i in waiting.tolist():
        ticket, at = int(row[i]), int(found["end"][i])
        for _ in range(FURTHEST):
            if into[ticket] == MISSING:
                break
            ticket = int(desk.place(into[ticket : ticket + 1])[0])
            low, high = np.searchsorted(c.row[decides], [ticket, ticket + 1])
            later = [j for j in decides[low:high].tolist() if c.at[j] >= at]
            if not later:
                found["end_reason"][i], found["end"][i] = 0, desk.taken_at
                found["end_event_id"][i] = MISSING
                break
            j = later[0]
            replied = c.kind[j] == ANSWERS
            found["end_reason"][i] = 1 if replied else c.reason[j]
            found["end"][i], found["end_event_id"][i] = c.at[j], c.event[j]
            found["agent"][i] = c.actor[j] if replied else MISSING
            if found["end_reason"][i] != BECAME["merged"]:
                break


def resolutions(desk: Desk, which: Literal["first", "last"] = "first") -> Rows:
    """Each ticket from its opening to its solution, and how often it was ``reopened``.

    ``last``: to the entry into resolved that was not undone since; one that was reopened is open.
    """
    c = course(desk)
    tickets = len(desk)
    opened = desk.whole("ticket", "opened_at")
    resolves = np.flatnonzero(c.kind == RESOLVES)
    place = np.full(tickets, -1)
    if which == "first":
        place[c.row[resolves][::-1]] = resolves[::-1]
    else:
        place[c.row[resolves]] = resolves
        alive = np.flatnonzero(c.lives)
        undone = np.full(tickets, -1)
        undone[c.row[alive]] = alive
        place[undone > place] = -1
    ended = np.full(tickets, -1)
    over = np.flatnonzero((c.kind == ENDS) | c.lives)
    ended[c.row[over]] = over
    gone = (place < 0) & (ended >= 0)
    gone[gone] = c.kind[ended[gone]] == ENDS
    end = np.where(place >= 0, place, np.where(gone, ended, -1))
    done = end >= 0
    origin = np.flatnonzero(desk.word("event", "kind").among({"ticket_opened"}))
    event = np.full(tickets, MISSING)
    event[desk.place(desk.whole("event", "ticket_id")[origin])] = desk.whole("event", "event_id")[origin]
    columns = {
        "start": opened,
        "end": np.where(done, c.at[end], desk.taken_at) if len(c.at) else np.full(tickets, desk.taken_at),
        "end_reason": Words(
            np.where(done, c.reason[end], 0).astype(np.int32) if len(c.at) else np.zeros(tickets, np.int32), REASONS
        ),
        "start_event_id": event,
        "end_event_id": np.where(done, c.event[end], MISSING) if len(c.at) else np.full(tickets, MISSING),
        "reopened": np.bincount(c.row[c.reopens], minlength=tickets),
    }
    return Rows(desk, np.arange(tickets), opened, columns)


def _timed(desk: Desk, rows: Rows, question: Question, done: str) -> Rows:
    """With the seconds that each lasted on the clock that is asked for, and why it ended."""
    reason = rows.columns["end_reason"]
    cause = np.array([DONE if name == done else OPEN if name == "open" else OTHER for name in REASONS])[reason.codes]
    start, end = rows.columns["start"], np.maximum(rows.columns["end"], rows.columns["start"])
    seconds = question.counts(desk).between(start, end)
    return Rows(desk, rows.row, rows.at, rows.columns | {"seconds": seconds, "cause": cause, "observed": cause != OPEN})


@metric(
    "first_response",
    "From the first customer message to the first later public reply of an agent, once for each ticket, in the "
    "period in which the customer wrote; a ticket closed or merged without a reply ended otherwise.",
    "s",
)
def _first(desk: Desk, question: Question) -> Rows:
    every = turns(desk)
    return _timed(desk, every.take(every.columns["first"]), question, "replied")


@metric(
    "next_response",
    "From the oldest customer message that is unanswered since the last public reply to the next one, once for each "
    "such turn after the first; a turn whose ticket was resolved, closed or merged unanswered ended otherwise.",
    "s",
)
def _next(desk: Desk, question: Question) -> Rows:
    every = turns(desk)
    return _timed(desk, every.take(~every.columns["first"]), question, "replied")


@metric(
    "resolution",
    "From the opening of a ticket to its first (or last) entry into the status resolved, in the period in which it "
    "was opened; one closed or merged without ever being resolved ended otherwise. Resolved is not closed.",
    "s",
)
def _resolution(desk: Desk, question: Question) -> Rows:
    which = dict(question.more).get("which", "first")
    return _timed(desk, resolutions(desk, which), question, "resolved")


def first_response(
    desk: Desk,
    *,
    clock: ClockName = "business",
    by: Sequence[str] = (),
    period: Period | None = None,
    zone: str | None = None,
    calendar: str | None = None,
    percentiles: Sequence[float] = PERCENTILES,
) -> pd.DataFrame:
    """Percentiles of the time to the first response (seconds), see ``reports.figures``."""
    return times(desk, Question("first_response", clock, tuple(by), period, zone, calendar), percentiles)


def next_response(
    desk: Desk,
    *,
    clock: ClockName = "business",
    by: Sequence[str] = (),
    period: Period | None = None,
    zone: str | None = None,
    calendar: str | None = None,
    percentiles: Sequence[float] = PERCENTILES,
) -> pd.DataFrame:
    """Percentiles of the time to each next response (seconds), by turns."""
    return times(desk, Question("next_response", clock, tuple(by), period, zone, calendar), percentiles)


def resolution(
    desk: Desk,
    *,
    which: Literal["first", "last"] = "first",
    clock: ClockName = "business",
    by: Sequence[str] = (),
    period: Period | None = None,
    zone: str | None = None,
    calendar: str | None = None,
    percentiles: Sequence[float] = PERCENTILES,
) -> pd.DataFrame:
    """Percentiles of the time to the first or the last resolution (seconds)."""
    more = (("which", which),)
    return times(desk, Question("resolution", clock, tuple(by), period, zone, calendar, more), percentiles)
