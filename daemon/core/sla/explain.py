"""Why a promise was kept or broken: every second of it, told from the events alone.

A promise's life is cut into stretches at each event that bears on it: its own, and each change of the ticket's status.
A stretch says in which status it lay, whether the clock ran, on which calendar and under which policy, how many seconds
were counted, and how many were left at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from daemon.core.calendar import Timeline
from daemon.core.sla.terms import Metric
from daemon.core.values import Instant

OWN = frozenset(
    {
        "promise_made",
        "promise_paused",
        "promise_resumed",
        "promise_changed",
        "promise_kept",
        "promise_fulfilled",
        "promise_broken",
        "promise_cancelled",
    }
)
ENDS = {"promise_kept": "kept", "promise_fulfilled": "fulfilled late", "promise_cancelled": "cancelled"}


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as it stands written down: ``at`` is when it became true, ``recorded_at`` when that was noticed."""

    kind: str
    because: str
    at: Instant
    recorded_at: Instant
    data: Mapping[str, Any]


class Laid(Protocol):
    """A calendar's version as it was laid out."""

    @property
    def name(self) -> str: ...

    @property
    def timeline(self) -> Timeline: ...

    def closed(self, start: Instant, end: Instant) -> Sequence[tuple[date, str]]:
        """Its holidays within these instants."""

    def shifts(self, start: Instant, end: Instant) -> Sequence[tuple[Instant, int]]:
        """The shifts of its clock within them, in seconds forward."""

    def midnight(self, t: Instant) -> Instant:
        """The end of the local day on which this instant lies."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """``counted``: open seconds from ``start`` to ``end`` if the clock ran, else 0; ``left`` at its end, of the budget.

    ``closed`` and ``shifts`` are those of the calendar in it, where the clock ran.
    """

    start: Instant
    end: Instant
    status: str
    runs: bool
    policy: str
    calendar: str
    counted: int
    left: int
    closed: tuple[tuple[str, str], ...] = ()
    shifts: tuple[tuple[Instant, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """One cycle of a promise. ``due_at`` is the last that was fixed; ``noticed_at`` when a break was written down."""

    metric: str
    cycle: int
    state: str
    because: str
    budget: int
    started_at: Instant
    due_at: Instant | None
    broken_at: Instant | None
    noticed_at: Instant | None
    ended_at: Instant | None
    stretches: tuple[Stretch, ...]


def explain(
    events: Iterable[Happened],
    metric: Metric,
    calendars: Mapping[str, Laid],
    policies: Mapping[str, str],
    now: Instant,
    *,
    by_day: bool = False,
) -> tuple[Explanation, ...]:
    """Each cycle of a ticket's promise, in order. ``policies`` are the names of their versions.

    ``by_day`` cuts stretches at local midnights too, so that each can be checked by hand.
    """
    told: dict[int, _Telling] = {}
    status = "new"
    for event in events:
        if event.kind == "status_changed":
            for telling in told.values():
                telling.cut(event.at, status)
            status = str(event.data["to"])
        elif event.kind in OWN and event.data.get("metric") == metric:
            cycle = int(event.data["cycle"])
            telling = told.setdefault(cycle, _Telling(cycle, calendars, policies, by_day))
            telling.take(event, status)
    for telling in told.values():
        telling.cut(now, status)
    return tuple(telling.told(metric) for telling in told.values())


class _Telling:
    """One promise, as its events come by."""

    def __init__(self, cycle: int, calendars: Mapping[str, Laid], policies: Mapping[str, str], by_day: bool) -> None:
        self._cycle = cycle
        self._calendars = calendars
        self._policies = policies
        self._by_day = by_day
        self._last: Happened | None = None
        self._started = self._since = 0
        self._runs = False
        self._spent = 0
        self._due: Instant | None = None
        self._state, self._because = "", ""
        self._broken_at: Instant | None = None
        self._noticed_at: Instant | None = None
        self._ended_at: Instant | None = None
        self._stretches: list[Stretch] = []

    def take(self, event: Happened, status: str) -> None:
        if self._last is None:
            self._started = self._since = event.at
        self.cut(event.at, status)
        self._last = event
        data = event.data
        self._due = data["due"] if data["due"] is not None else self._due
        match event.kind:
            case "promise_made":
                self._runs = data["due"] is not None
            case "promise_paused":
                self._runs = False
            case "promise_resumed":
                self._runs = True
            case "promise_broken":
                self._broken_at, self._noticed_at = event.at, event.recorded_at
        if event.kind in ENDS:
            self._ended_at, self._runs = event.at, False
        self._because = event.because
        self._state = ENDS.get(event.kind) or ("running" if self._runs else "paused")

    def cut(self, at: Instant, status: str) -> None:
        """End the stretch at hand, if there is one."""
        if self._last is None or self._ended_at is not None or at <= self._since:
            return
        data = self._last.data
        laid = self._calendars[data["calendar"]]
        start = self._since
        while start < at:
            end = min(at, laid.midnight(start)) if self._by_day else at
            counted = laid.timeline.between(start, end) if self._runs else 0
            self._spent += counted
            self._stretches.append(
                Stretch(
                    start,
                    end,
                    status,
                    self._runs,
                    self._policies.get(data["policy"], data["policy"]),
                    laid.name,
                    counted,
                    int(data["budget"]) - self._spent,
                    tuple((day.isoformat(), name) for day, name in laid.closed(start, end)) if self._runs else (),
                    tuple(laid.shifts(start, end)) if self._runs else (),
                )
            )
            start = end
        self._since = at

    def told(self, metric: Metric) -> Explanation:
        assert self._last is not None
        state = "broken" if self._broken_at is not None else self._state
        return Explanation(
            metric,
            self._cycle,
            state,
            self._because,
            int(self._last.data["budget"]),
            self._started,
            self._due,
            self._broken_at,
            self._noticed_at,
            self._ended_at,
            tuple(self._stretches),
        )
