"""A quarter in the life of a desk, through the real decisions and commits, judged by the walker from events alone.

Two calendars with days on which clocks shift, a change of policy, steps of escalation, rules of automation, and a day
on which the daemon was down while mail went on coming in.
"""

from __future__ import annotations

import random
from pathlib import Path

from tests.databases import look
from tests.promises.agreed import AFTER, BEFORE, RULES_AFTER, RULES_BEFORE, agrees_with_the_judge, settings
from tests.promises.desk import SimulatedDesk, simulated, utc

START, END = utc("2026-02-16 08:00"), utc("2026-05-18 08:00")
CHANGE = utc("2026-03-31 10:30")
DOWN, UP = utc("2026-04-14 09:00"), utc("2026-04-15 09:00")
DAY = 86_400


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
            quarter(desk, seed=11, tickets=16)
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
        terms = [(START, RULES_BEFORE), (CHANGE, RULES_AFTER)]
        assert agrees_with_the_judge(desk, terms, END) > 250
        events = look(desk.url, "SELECT because FROM event")
        rows = look(desk.url, "SELECT state FROM promise")
        states = {r["state"] for r in rows}
        assert states == {"running", "paused", "kept", "broken", "cancelled"}
        assert {e["because"] for e in events} >= {"auto-resolve", "auto-close", "step-of-escalation"}
