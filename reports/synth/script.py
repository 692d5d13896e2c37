"""A seeded year of a believable desk, as a script: who writes, answers and changes what, and when.

Two teams; seasons, week days and nights; holidays; an outage in September that brings a flood; stricter terms from July
on; an agent who is away in August; customers who write twice, come back after the end, or are never answered. What the
desk makes of it (statuses, promises, escalations) stands nowhere here: that is for decide and commit, or ``fold``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from daemon import almanac
from daemon.core.status import PRIORITIES, STATUSES, TYPES
from reports.clock import Clock

ZONE = "Europe/Berlin"
START = int(datetime(2024, 12, 31, 23, tzinfo=UTC).timestamp())  # a year of Berlin
END = int(datetime(2025, 12, 31, 23, tzinfo=UTC).timestamp())
STRICTER_FROM = int(datetime(2025, 6, 30, 22, tzinfo=UTC).timestamp())
OUTAGE = tuple(int(datetime(2025, 9, 17, hour, tzinfo=UTC).timestamp()) for hour in (8, 14))
AWAY = tuple(int(datetime(2025, 8, day, tzinfo=UTC).timestamp()) for day in (4, 24))
HOUR, DAY = 3_600, 86_400

OFFICE: dict[str, Any] = {"name": "office", "zone": ZONE, "hours": ["mon-fri 09:00-17:30"], "holidays": "DE-BE"}
TEAMS = ("support", "billing")
AGENTS = tuple(f"agent{i}@desk.example" for i in range(1, 6))
TEAM_OF = (0, 0, 0, 1, 1)
AWAY_IN_AUGUST = 1
POLICIES: list[dict[str, Any]] = [
    {"name": "urgent", "priorities": ["urgent"], "first_response": "1h", "next_response": "2h", "resolution": "8h"},
    {"name": "billing", "teams": ["billing"], "first_response": "8h", "next_response": "8h", "resolution": "40h"},
    {"name": "standard", "first_response": "4h", "next_response": "6h", "resolution": "24h"},
]
STRICTER = [*POLICIES[:2], POLICIES[2] | {"first_response": "2h 30m", "resolution": "20h"}]
AUTOMATION: list[dict[str, Any]] = [
    {"name": "give-up", "status": "pending", "after": "7d calendar", "do": "resolve", "notice": False},
    {"name": "close", "status": "resolved", "after": "5d calendar", "do": "close"},
]
ROUNDS = 5
Whole = npt.NDArray[np.int64]
WRITE, REPLY, SET, RATE = range(4)
NONE = -1


def settings(policies: list[dict[str, Any]]) -> dict[str, Any]:
    """The configuration of the desk, as plain values; storage is for the caller to add."""
    return {
        "desk": [{"name": team, "address": f"{team}@desk.example", "team": team} for team in TEAMS],
        "agent": [
            {"name": f"Agent {i}", "address": address, "teams": [TEAMS[team]]}
            for i, (address, team) in enumerate(zip(AGENTS, TEAM_OF, strict=True), 1)
        ],
        "calendar": [OFFICE],
        "policy": policies,
        "automation": AUTOMATION,
        "limits": {"tickets_per_address": 10**9, "automatic_per_address": 10**9, "automatic_per_ticket": 10**6},
        "log": {"level": "error"},
    }


@dataclass(frozen=True)
class Script:
    """Acts in columns, in the order of time; NONE where an act says nothing of a field. Tickets count from 1."""

    tickets: int
    desk: Whole
    customer: Whole
    columns: dict[str, Whole] = field(repr=False)

    def __len__(self) -> int:
        return len(self.columns["at"])

    def act(self, i: int) -> dict[str, Any]:
        """One act as ``counterfoil play`` reads it."""
        c = self.columns
        ticket, do, agent = int(c["ticket"][i]), int(c["do"][i]), int(c["agent"][i])
        act: dict[str, Any] = {"at": int(c["at"][i]), "do": ("write", "reply", "set", "rate")[do], "ticket": ticket}
        if do == WRITE:
            return act | {"from": self.customer_of(ticket), "desk": TEAMS[self.desk[ticket - 1]]}
        if do == RATE:
            return act | {"positive": bool(c["positive"][i])}
        act["agent"] = AGENTS[agent]
        if do == SET:
            names = {"team": TEAMS, "assignee": AGENTS, "priority": PRIORITIES, "type": TYPES, "status": STATUSES}
            act |= {name: known[c[name][i]] for name, known in names.items() if c[name][i] != NONE}
        return act

    def customer_of(self, ticket: int) -> str:
        return f"customer{self.customer[ticket - 1]}@example.net"

    def lines(self, until: int = END) -> Iterator[str]:
        """The script for ``counterfoil play``, with the change of terms and the end."""
        changed = False
        for i, at in enumerate(self.columns["at"].tolist()):
            if not changed and at >= STRICTER_FROM:
                changed = True
                yield json.dumps({"at": STRICTER_FROM, "do": "configure", "config": "stricter.toml"})
            yield json.dumps(self.act(i))
        if not changed:
            yield json.dumps({"at": STRICTER_FROM, "do": "configure", "config": "stricter.toml"})
        yield json.dumps({"at": until, "do": "end"})


def write(tickets: int, seed: int = 1, *, brief: bool = False) -> Script:
    """A year of so many tickets; ``brief``: of one round each, which nobody assigns."""
    return _Author(tickets, seed, brief).script()


class _Author:
    def __init__(self, tickets: int, seed: int, brief: bool) -> None:
        self.n = tickets
        self.brief = brief
        self.rounds = 1 if brief else ROUNDS
        self.draw = np.random.default_rng([seed, tickets])
        definition = almanac.Definition(ZONE, tuple(OFFICE["hours"]), str(OFFICE["holidays"]))
        years = [almanac.lay_out(definition, year) for year in range(2023, 2029)]
        self.office = Clock(almanac.join(2023, years))
        self.acts: list[dict[str, Whole]] = []

    def script(self) -> Script:
        opened = self._arrivals()
        outage = (opened >= OUTAGE[0]) & (opened < OUTAGE[1])
        team = (self.draw.random(self.n) < 0.35).astype(np.int64)
        team[outage] = 0
        customer = (self.draw.pareto(1.2, self.n) * self.n / 40).astype(np.int64) % max(self.n // 2, 1) + 1
        agent = np.where(team == 0, self.draw.integers(0, 3, self.n), self.draw.integers(3, 5, self.n))
        fate = self.draw.random(self.n)
        spam, abandoned, given_up = fate < 0.02, (fate >= 0.02) & (fate < 0.035), (fate >= 0.035) & (fate < 0.05)
        lives = ~(spam | abandoned | given_up)
        self._put(WRITE, opened)
        twice = self._when(opened, 1.5, 0.9, lives & (self.draw.random(self.n) < 0.1), calendar=True)
        self._put(WRITE, twice, twice > 0)
        self._put(SET, self._when(opened, 0.4, 0.8, spam), spam, agent=agent, status=STATUSES.index("spam"))
        self._put(SET, self._when(opened, 90, 0.5, given_up), given_up, agent=agent, status=STATUSES.index("closed"))
        if not self.brief:
            self._triage(opened, outage, team, agent, lives)
        self._talk(opened, outage, team, agent, lives)
        return self._in_order(team, customer)

    def _arrivals(self) -> Whole:
        """Instants at which tickets come in: by season, day of the week and hour, and the outage's flood."""
        hours = np.arange(START, END, HOUR)
        local = np.array([almanac.there(int(t), ZONE).timetuple()[6:8] for t in hours[::24]])  # weekday, day of year
        weekday = np.repeat(local[:, 0], 24)[: len(hours)]
        day = np.repeat(local[:, 1], 24)[: len(hours)]
        hour = (hours // HOUR + 1) % 24
        by_hour = np.array([1, 1, 1, 1, 1, 2, 4, 8, 14, 18, 19, 17, 13, 15, 16, 15, 12, 9, 6, 5, 4, 3, 2, 1.5])
        by_weekday = np.array([1.25, 1.1, 1.0, 1.0, 0.85, 0.2, 0.15])
        season = 1 + 0.25 * np.cos(2 * np.pi * (day - 330) / 365)
        open_share = self.office.between((hours + HOUR) // DAY * DAY, (hours + HOUR) // DAY * DAY + DAY) > 0
        weight = by_hour[hour] * by_weekday[weekday] * season * np.where(open_share, 1.0, 0.35)
        weight[(hours >= OUTAGE[0]) & (hours < OUTAGE[1])] *= 25
        chosen = self.draw.choice(len(hours), self.n, p=weight / weight.sum())
        return np.sort(hours[chosen] + self.draw.integers(0, HOUR, self.n)).astype(np.int64)

    def _triage(self, opened: Whole, outage: Any, team: Whole, agent: Whole, lives: Any) -> None:
        """An agent takes the ticket, says what it is, and how urgent."""
        drawn = self.draw.random(self.n)
        priority = np.select([drawn < 0.06, drawn < 0.2, drawn < 0.3], [3, 2, 0], NONE)
        priority[outage] = 3
        kind = self.draw.choice([NONE, 1, 2, 3], self.n, p=[0.55, 0.3, 0.05, 0.1])
        kind[outage] = 1
        taken = self._when(opened, 0.25, 0.8, lives)
        self._put(SET, taken, lives, agent=agent, assignee=agent, priority=priority, type=kind)
        moved = lives & (self.draw.random(self.n) < 0.04)
        self._put(SET, taken + 60, moved, agent=agent, team=1 - team)

    def _talk(self, opened: Whole, outage: Any, team: Whole, agent: Whole, lives: Any) -> None:
        """Answers and answers to them, round by round, and how it ends."""
        n, draw = self.n, self.draw
        talking, asked = lives.copy(), self._when(opened, 0.3, 0.5, lives)
        comeback = np.zeros(n, bool)
        for turn in range(self.rounds):
            median = np.where(team == 0, 1.1, 2.4) * (1.0 if turn == 0 else 1.3) * np.where(outage, 3.0, 1.0)
            replied = self._when(asked, median, 1.1, talking)
            replier = np.where(draw.random(n) < 0.12, self._colleague(agent), agent)
            away = (replier == AWAY_IN_AUGUST) & (replied >= AWAY[0]) & (replied < AWAY[1])
            stands_in = away & (draw.random(n) < 0.6)
            replier = np.where(stands_in, self._colleague(agent), replier)
            late = away & ~stands_in
            replied = np.where(late, self._when(np.full(n, AWAY[1]), 3.0, 0.7, late), replied)
            self._put(REPLY, replied, talking, agent=replier)
            holds = talking & ~comeback & (draw.random(n) < 0.06)
            self._put(SET, replied + 120, holds, agent=replier, status=STATUSES.index("on_hold"))
            said = draw.random(n)
            resolves = talking & (said < (0.38 if turn == 0 else 0.6)) & ~holds
            resolved = self._when(replied, 1.5, 1.0, resolves)
            self._put(SET, resolved, resolves, agent=replier, status=STATUSES.index("resolved"))
            happy = (resolved - opened < 3 * DAY) * 0.15 + 0.72
            rated = resolves & (draw.random(n) < 0.2)
            self._put(RATE, resolved + draw.integers(HOUR, 3 * DAY, n), rated, positive=(draw.random(n) < happy) * 1)
            back = resolves & (draw.random(n) < 0.08)
            writes = talking & ~resolves & ((said < 0.85) | holds)
            came = np.where(back, resolved, replied)
            pause = np.where(back, 30.0, np.where(holds, 60.0, 6.0))
            goes_on = (writes | back) if turn < self.rounds - 1 else np.zeros(n, bool)
            asked = self._when(came, pause, 1.0, goes_on, calendar=True, most=6 * DAY)
            self._put(WRITE, asked, goes_on)
            talking, comeback = goes_on, back

    def _colleague(self, agent: Whole) -> Whole:
        return np.where(agent < 3, (agent + 1) % 3, 7 - agent)

    def _when(
        self, since: Whole, median_hours: Any, spread: float, wanted: Any, *, calendar: bool = False, most: int = 0
    ) -> Whole:
        """Some time later: lognormal, in office hours unless by the calendar; 0 where it is not wanted."""
        drawn = np.exp(self.draw.normal(np.log(np.broadcast_to(median_hours, self.n) * HOUR), spread))
        seconds = np.clip(drawn, 30, most or 40 * 9 * HOUR).astype(np.int64)
        start = np.where(wanted, np.minimum(since, END + DAY), START)
        later = start + seconds if calendar else self.office.after(start, seconds)
        return np.where(wanted, later, 0)

    def _put(self, do: int, at: Whole, wanted: Any = None, **fields: Any) -> None:
        here = np.flatnonzero((at < END) & (np.ones(self.n, bool) if wanted is None else wanted))
        names = ("agent", "team", "assignee", "priority", "type", "status", "positive")
        columns = {name: np.broadcast_to(np.asarray(fields.get(name, NONE), np.int64), self.n)[here] for name in names}
        self.acts.append({"at": at[here], "ticket": here + 1, "do": np.full(len(here), do), **columns})

    def _in_order(self, desk: Whole, customer: Whole) -> Script:
        columns = {name: np.concatenate([act[name] for act in self.acts]) for name in self.acts[0]}
        order = np.lexsort((np.arange(len(columns["at"])), columns["ticket"], columns["at"]))
        return Script(self.n, desk, customer, {name: column[order] for name, column in columns.items()})
