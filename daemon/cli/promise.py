"""How ``counterfoil ticket why --promise`` tells a promise: one table by which a dispute is settled."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from daemon import almanac
from daemon.cli.terms import as_json, say, table
from daemon.core.reasons import sentence
from daemon.core.sla.explain import Explanation, Stretch
from daemon.desk.explaining import Told


def tell(told: Told, number: int, metric: str, *, json: bool) -> None:
    """Print each cycle of a promise."""
    for cycle in told.cycles:
        if json:
            as_json(_plain(cycle, number, told.zone))
        else:
            _cycle(cycle, told.zone)
    if not told.cycles and not json:
        say(f"No {metric} was promised on ticket {number}.")


def _plain(cycle: Explanation, number: int, zone: str) -> dict[str, Any]:
    return {"ticket": number, "zone": zone, "sentence": sentence(cycle.because)} | asdict(cycle)


def _cycle(cycle: Explanation, zone: str) -> None:
    state = cycle.state if cycle.broken_at is None else f"broken at {_time(cycle.broken_at, zone)}"
    if cycle.broken_at is not None and cycle.noticed_at is not None and cycle.noticed_at > cycle.broken_at:
        state += f" (noticed {length(cycle.noticed_at - cycle.broken_at)} later)"
    say(f"{cycle.metric}, cycle {cycle.cycle}: {state}")
    due = _time(cycle.due_at, zone) if cycle.due_at is not None else "not while the clock stands"
    say(f"  budget {length(cycle.budget)} · promised {_time(cycle.started_at, zone)} · due {due}")
    if cycle.ended_at is not None:
        say(f"  ended {_time(cycle.ended_at, zone)}: {cycle.because}: {sentence(cycle.because)}")
    say(f"  times are those of {zone}")
    say()
    table(
        ("from", "to", "status", "clock", "policy", "calendar", "counted", "left", "notes"),
        [
            (
                _time(x.start, zone),
                _time(x.end, zone),
                x.status,
                "runs" if x.runs else "stands",
                x.policy,
                x.calendar,
                length(x.counted),
                length(x.left),
                _notes(x, zone),
            )
            for x in cycle.stretches
        ],
    )
    say()


def _notes(stretch: Stretch, zone: str) -> str:
    notes = [f"closed {day} {name}" for day, name in stretch.closed]
    for at, seconds in stretch.shifts:
        notes.append(f"clock {'+' if seconds > 0 else '-'}{length(abs(seconds))} at {_time(at, zone)}")
    return ", ".join(notes)


def length(seconds: int) -> str:
    """Hours, minutes and seconds; a minus where more was spent than there was."""
    hours, rest = divmod(abs(seconds), 3600)
    return f"{'-' if seconds < 0 else ''}{hours}:{rest // 60:02}:{rest % 60:02}"


def _time(instant: int, zone: str) -> str:
    there = almanac.there(instant, zone)
    return f"{there:%a} {there.isoformat(' ')}"
