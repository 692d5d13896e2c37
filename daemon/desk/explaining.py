"""Why a promise was kept or broken, from a ticket's events and the calendars as they were laid out. Reads rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from daemon import almanac
from daemon.core.calendar import ALWAYS, BeyondHorizon, Timeline
from daemon.core.sla.explain import Explanation, Happened, Laid, explain
from daemon.core.sla.terms import CALENDAR_TIME, Metric
from daemon.core.values import Instant
from daemon.desk import terms
from daemon.desk.terms import Layout
from daemon.store import lives
from daemon.store import terms as kept

UTC = "UTC"


@dataclass(frozen=True, slots=True)
class CalendarTime:
    """The calendar in which every second counts; its days are those of UTC."""

    name: str = "calendar time"
    timeline: Timeline = ALWAYS

    def closed(self, start: Instant, end: Instant) -> Sequence[tuple[date, str]]:
        return ()

    def shifts(self, start: Instant, end: Instant) -> Sequence[tuple[Instant, int]]:
        return ()

    def midnight(self, t: Instant) -> Instant:
        return almanac.next_day(t, UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """The cycles of a promise, and the zone in which its instants are read."""

    cycles: tuple[Explanation, ...]
    zone: str


def explain_promise(number: int, metric: Metric, now: Instant, *, by_day: bool = False) -> Told:
    """Each cycle of a ticket's promise."""
    happened = [Happened(*row) for row in lives.events(number)]
    own = [e.data for e in happened if e.data.get("metric") == metric and "calendar" in e.data]
    layouts = {version: terms.load(version) for version in {str(d["calendar"]) for d in own} - {CALENDAR_TIME}}
    calendars: dict[str, Laid] = {CALENDAR_TIME: CalendarTime(), **layouts}
    names = {version: str(known["name"]) for version, known in kept.policies({str(d["policy"]) for d in own}).items()}
    while True:
        try:
            cycles = explain(happened, metric, calendars, names, now, by_day=by_day)
        except BeyondHorizon as beyond:
            _reach(layouts.values(), beyond)
        else:
            return Told(cycles, next((x.definition.zone for x in layouts.values()), UTC))


def _reach(layouts: Iterable[Layout], beyond: BeyondHorizon) -> None:
    """Lay out another year where one is missing: of a promise that is still running, the present."""
    for layout in layouts:
        if beyond.instant == layout.timeline.until:
            layout.reach(layout.first + len(layout.years))
        elif beyond.instant == layout.timeline.since:
            layout.reach(layout.first - 1)
