"""A quarter in the life of a desk, through the real decisions and commits, judged by the walker from events alone.

Two calendars with days on which clocks shift, a change of policy, steps of escalation, rules of automation, and a day
on which the daemon was down while mail went on coming in.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from tests.databases import look
from tests.promises.calendars import NIGHT_SHIFTS, OFFICE_WITH_A_BREAK
from tests.promises.desk import SimulatedDesk, simulated, utc
from tests.promises.judge import Always, OpenTime, Rule, in_order, judge, verdict_of

START, END = utc("2026-02-16 08:00"), utc("2026-05-18 08:00")
CHANGE = utc("2026-03-31 10:30")
DOWN, UP = utc("2026-04-14 09:00"), utc("2026-04-15 09:00")
DAY = 86_400
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
TERMS = [(START, [VIPS, HOT_RULE, JUDGED_BEFORE]), (CHANGE, [VIPS, HOT_RULE, JUDGED_AFTER])]


def quarter(desk: SimulatedDesk, seed: int, tickets: int) -> None:
    """Let it happen: each ticket is opened at some instant, and something happens to it now and then."""
    chance = random.Random(seed)
    acts = [(CHANGE, -1, "change"), (DOWN, -1, "down"), (UP, -1, "up")]
    kinds = ("agent", "agent", "customer", "on_hold", "resolved", "closed", "open", "urgent", "low", "vip", "spam")
    for i in range(tickets):
        at = chance.randrange(START, END - DAY)
        acts.append((at, i, "open"))
        for _ in range(chance.randrange(9)):
            at += chance.choice((chance.randrange(60, 3600), chance.randrange(60, DAY), chance.randrange(60, 6 * DAY)))
            acts.append((at, i, chance.choice(kinds)))
    numbers: dict[int, int] = {}
    waiting: list[tuple[int, int, str]] | None = None
    for at, i, act in sorted(act for act in acts if act[0] < END):
        if act == "up":
            desk.now = UP
            desk.restart(settings(AFTER))
            desk.tick()
            for one in waiting or ():
                do(desk, numbers, *one)
            waiting = None
        elif waiting is not None:
            waiting += [(at, i, act)] if act in ("open", "customer") else []  # nobody can do more than write to it
        else:
            desk.live_until(at)
            if act == "change":
                desk.restart(settings(AFTER))
                desk.tick()
            elif act == "down":
                waiting = []
            else:
                do(desk, numbers, at, i, act)
            if desk.restart_every and i % desk.restart_every == 0:
                desk.restart(settings(AFTER if at >= CHANGE else BEFORE))
                desk.tick()
    desk.live_until(END)


def do(desk: SimulatedDesk, numbers: dict[int, int], at: int, i: int, act: str) -> None:
    """Something happens to the ticket, if it can; mail that waited was received when it came."""
    customer = f"customer{i}@example.net"
    if act == "open":
        numbers[i] = desk.open(customer, received_at=at)
        return
    if (number := numbers.get(i)) is None:
        return
    status = desk.status(number)
    if act == "customer":
        if status != "closed":  # a reply long after would open a follow-up
            desk.customer_replies(number, customer, received_at=at)
    elif act == "agent":
        if status != "spam":
            desk.agent_replies(number)
    elif act == "vip":
        desk.tag(number, "vip")
    elif act in ("urgent", "low"):
        desk.set(number, priority=act)
    elif act in MOVES_BY_HAND.get(status, ()):
        desk.set(number, status=act)


MOVES_BY_HAND = {
    "new": ("on_hold", "resolved", "closed", "spam"),
    "open": ("on_hold", "resolved", "closed", "spam"),
    "pending": ("open", "on_hold", "resolved", "closed"),
    "on_hold": ("open", "resolved", "closed"),
    "resolved": ("open", "closed"),
    "closed": ("open",),
    "spam": ("open",),
}


def test_when_and_how_often_the_daemon_starts_changes_nothing(tmp_path: Path) -> None:
    told = []
    for name, every in (("quiet", 0), ("restless", 8)):
        folder = tmp_path / name
        folder.mkdir()
        with simulated(folder, settings(BEFORE), START) as desk:
            desk.restart_every = every
            quarter(desk, seed=11, tickets=24)
            columns = "ticket_id, kind, at, because, CASE WHEN kind LIKE 'promise%' THEN data ELSE '' END"
            told.append(
                (
                    look(desk.url, "SELECT * FROM promise ORDER BY id"),
                    look(desk.url, f"SELECT {columns} FROM event ORDER BY id"),
                    desk.letters("alert"),
                )
            )
    assert told[0] == told[1]


def test_each_promise_of_a_quarter_is_what_the_walker_says(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(BEFORE), START) as desk:
        quarter(desk, seed=4, tickets=120)
        events = look(desk.url, "SELECT * FROM event WHERE kind NOT LIKE 'promise_%' ORDER BY id")
        rows = look(desk.url, "SELECT * FROM promise ORDER BY id")
        versions = desk.house.agreement.terms.calendars
        clocks: dict[str, OpenTime] = {versions[name]: e.walker for name, e in EXAMPLES.items()} | {"": Always()}
        judged = 0
        for ticket in {e["ticket_id"] for e in events}:
            own = [e | {"data": json.loads(e["data"])} for e in events if e["ticket_id"] == ticket]
            promises = [r for r in rows if r["ticket_id"] == ticket]
            ours = [verdict_of(p, clocks[p["calendar"]], END) for p in promises]
            assert in_order(ours) == in_order(judge(own, TERMS, END)), ticket
            judged += len(promises)
        states = {r["state"] for r in rows}
        assert judged == len(rows) > 250
        assert states == {"running", "paused", "kept", "broken", "cancelled"}
        assert {e["because"] for e in events} >= {"auto-resolve", "auto-close", "step-of-escalation"}
