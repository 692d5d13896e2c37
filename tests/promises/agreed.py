"""Terms of two kinds, each said twice: as the configuration says them, and as the judge does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tests.databases import look
from tests.promises.calendars import NIGHT_SHIFTS, OFFICE_WITH_A_BREAK
from tests.promises.desk import SimulatedDesk
from tests.promises.judge import Always, OpenTime, Rule, in_order, judge, verdict_of

HOT = frozenset({"high", "urgent"})
EXAMPLES = {"office": OFFICE_WITH_A_BREAK, "nights": NIGHT_SHIFTS}
CALENDARS = [
    {"name": name, "zone": e.definition.zone, "hours": e.definition.hours, "closed": e.definition.closed}
    for name, e in EXAMPLES.items()
]
ALIKE = [
    {
        "name": "vips",
        "tags": ["vip"],
        "calendar": "nights",
        "first_response": "2h",
        "next_response": "3h",
        "resolution": "30h",
    },
    {
        "name": "hot",
        "priorities": ["high", "urgent"],
        "first_response": "1h calendar",
        "next_response": "2h calendar",
        "resolution": "20h calendar",
        "pause": ["pending"],
    },
]
BEFORE = {"name": "standard", "first_response": "4h", "next_response": "6h 30m", "resolution": "16h"}
AFTER = BEFORE | {"first_response": "1h 15m", "resolution": "9h", "pause": ["pending"], "calendar": "nights"}
ESCALATION = {"policy": "standard", "metric": "first_response", "at": "100%", "notify": ["team"], "priority": "high"}
AUTOMATION = [
    {"name": "give-up", "status": "pending", "after": "60h", "do": "resolve"},
    {"name": "close", "status": "resolved", "after": "20h", "do": "close"},
]


def settings(standard: dict[str, Any]) -> dict[str, Any]:
    return {
        "calendar": CALENDARS,
        "policy": [*ALIKE, standard],
        "escalation": [ESCALATION],
        "automation": AUTOMATION,
        "limits": {"tickets_per_address": 1000},
    }


HOUR = 3600
VIPS = Rule(
    "vips",
    {"first_response": 2 * HOUR, "next_response": 3 * HOUR, "resolution": 30 * HOUR},
    NIGHT_SHIFTS.walker,
    tags=frozenset({"vip"}),
)
HOT_RULE = Rule(
    "hot",
    {"first_response": HOUR, "next_response": 2 * HOUR, "resolution": 20 * HOUR},
    Always(),
    priorities=HOT,
    pauses=frozenset({"pending"}),
)
JUDGED_BEFORE = Rule(
    "standard",
    {"first_response": 4 * HOUR, "next_response": 23_400, "resolution": 16 * HOUR},
    OFFICE_WITH_A_BREAK.walker,
)
JUDGED_AFTER = Rule(
    "standard",
    {"first_response": 4500, "next_response": 23_400, "resolution": 9 * HOUR},
    NIGHT_SHIFTS.walker,
    pauses=frozenset({"pending"}),
)
RULES_BEFORE = [VIPS, HOT_RULE, JUDGED_BEFORE]
RULES_AFTER = [VIPS, HOT_RULE, JUDGED_AFTER]


def agrees_with_the_judge(desk: SimulatedDesk, terms: Sequence[tuple[int, Sequence[Rule]]], now: int) -> int:
    """Hold each promise of each ticket against what the judge makes of its events; the number of promises."""
    events = look(desk.url, "SELECT * FROM event WHERE kind NOT LIKE 'promise_%' ORDER BY id")
    rows = look(desk.url, "SELECT * FROM promise ORDER BY id")
    versions = desk.house.agreement.terms.calendars
    clocks: dict[str, OpenTime] = {versions[name]: e.walker for name, e in EXAMPLES.items()} | {"": Always()}
    for ticket in {e["ticket_id"] for e in events}:
        own = [e | {"data": json.loads(e["data"])} for e in events if e["ticket_id"] == ticket]
        ours = [verdict_of(p, clocks[p["calendar"]], now) for p in rows if p["ticket_id"] == ticket]
        assert in_order(ours) == in_order(judge(own, terms, now)), ticket
    return len(rows)
