"""Changing a ticket by someone's word: the same four steps as a mail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import cast

from daemon import almanac
from daemon.config_options import NAME
from daemon.core import decide, fields, hearing, hours
from daemon.core.fields import Field
from daemon.core.plan import Event, Plan, TicketFacts
from daemon.core.status import MOVES, PRIORITIES, TYPES, Status
from daemon.core.typed import one_spaced
from daemon.desk import fields as own_fields
from daemon.desk import post, promising
from daemon.desk.arrival import without_mail
from daemon.desk.house import House
from daemon.store import facts, lives, staffing

RESOLUTION = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST = {"subject": 250, "resolution_text": 2_000}

NOTHING: Mapping[str, str] = MappingProxyType({})


class Unchangeable(Exception):
    """The change is not possible; one sentence says what would be. ``field``: of what, ``moves``: the statuses that
    are allowed, where the one that is wanted is not; ``faults`` of the operator's own fields (name, sentence)."""

    def __init__(
        self,
        sentence: str,
        field: str = "",
        moves: tuple[str, ...] | None = None,
        faults: tuple[tuple[str, str], ...] = (),
    ) -> None:
        super().__init__(sentence)
        self.field = field
        self.moves = moves
        self.faults = faults


class Unfilled(Unchangeable):
    """The ticket cannot be resolved yet: ``fields`` are the names of those that have to be filled in first."""

    def __init__(self, number: int, lacking: Iterable[Field]) -> None:
        self.fields = tuple(one.name for one in lacking)
        titles = ", ".join(one.title for one in lacking)
        super().__init__(f"ticket {number} cannot be resolved without {titles}; fill it in first")


def change(
    house: House,
    number: int,
    wanted: Mapping[str, str | None],
    actor: int | None,
    because: str,
    tags: Iterable[str] = (),
    untags: Iterable[str] = (),
    snooze: str | None = None,
    filled: Mapping[str, str] = NOTHING,
    *,
    telling: bool = False,
) -> tuple[Event, ...]:
    """Set fields of a ticket (``assignee`` by address or ``none``), give or take tags, put it aside until ``snooze``;
    ``filled`` are values of the operator's own fields.

    With ``telling`` those hear of it to whom it is given. The events that came of it.

    Runs in the writer's transaction. Unchangeable for what the table of moves or the configuration does not know.
    """
    now = house.now()
    if lives.is_due(number, now):  # a step of escalation may change what is to be changed
        promising.look_at(house, number, now, acting=False)
    ticket = facts.ticket(number, None, None, now)
    if ticket is None:
        raise Unchangeable(f"there is no ticket {number}; see: counterfoil ticket list")
    values: dict[str, str | int | None] = {key: _value(house, key, value) for key, value in wanted.items()}
    row = facts.ticket_row(number)
    current = {key: row.assignee_id if key == "assignee" else getattr(row, key) for key in values}
    until = _until(house, snooze, now) if snooze is not None else None
    if until is not None:
        values["status"] = "on_hold"
        current["status"] = row.status
    status, team = values.get("status"), str(values.get("team") or ticket.team)
    if status is not None:
        check_move(ticket, str(status))
    tagging = _tagging(number, tags, untags)
    fielding = _fielding(house, number, team, filled)
    if status is not None:
        check_filled(house, ticket, str(status), actor, team, fielding)
    plan = decide.change(ticket, values, current, actor, because, house.policy, now, tagging, until, fielding)
    if telling:
        plan = _told(house, plan, ticket, actor, now)
    plan, written = promising.carry_out(house, plan, None, ticket.desk, None, now)
    post.send(house, plan, written, without_mail(ticket.desk), 0, now)
    return plan.events


def check_move(ticket: TicketFacts, becomes: str) -> None:
    """Unchangeable where the table of moves leads from a ticket's status to no such other one."""
    allowed = MOVES[cast(Status, ticket.status)]
    if becomes != ticket.status and becomes not in allowed:
        moves = ", ".join(sorted(allowed)) or "nothing else"
        sentence = f"ticket {ticket.id} is {ticket.status}; from there it may become {moves}"
        raise Unchangeable(sentence, "status", tuple(sorted(allowed)))


def check_filled(
    house: House,
    ticket: TicketFacts,
    becomes: str,
    actor: int | None,
    team: str,
    filled: Sequence[tuple[Field, str, str]] = (),
) -> None:
    """Unfilled where a ticket of this team is resolved before what it needs for that is filled in."""
    if fields.resolves(ticket.status, becomes) and _answers_for_it(house, actor):
        lacking = own_fields.lacking(house, ticket.id, team, filled)
        if lacking:
            raise Unfilled(ticket.id, lacking)


def _told(house: House, plan: Plan, ticket: TicketFacts, actor: int | None, now: int) -> Plan:
    """The plan, and letters to whom the ticket is given: the assignee, else those of the team that are there."""
    given = {e.column: e.becomes for e in plan.events if e.kind in ("assigned", "team_changed")}
    person = given.get("assignee", ticket.assignee)
    people: list[int] = []
    if person is not None and "assignee" in given:
        people = [int(person)]
    elif person is None and "team" in given:
        people = [a.person for a in house.agents if given["team"] in a.teams]
    letters, news = hearing.choose(
        "assigned",
        [one for one in people if one != actor],
        house.agents,
        frozenset(staffing.away(now)),
        plan.because,
        away_too="assignee" in given,
    )
    return replace(plan, outgoing=plan.outgoing + letters, news=plan.news + news)


def rate(house: House, number: int, positive: bool, because: str, person: int | None = None) -> None:
    """Note how a person, else the requester of a ticket, says that they were served.

    Unchangeable where there is no such ticket.

    Runs in the writer's transaction.
    """
    now = house.now()
    ticket = facts.ticket(number, None, None, now)
    if ticket is None:
        raise Unchangeable(f"there is no ticket {number}; see: counterfoil ticket list")
    plan = decide.rate(ticket, ticket.requester if person is None else person, positive, because, now)
    promising.carry_out(house, plan, None, ticket.desk, None, now)


def _until(house: House, text: str, now: int) -> int:
    """An instant: so long from now, or a time in the zone of the first calendar."""
    try:
        until = now + hours.duration(text)
    except ValueError:
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            sentence = f"{text!r} is no time; write one such as 3d, 4h or 2026-12-01 09:00"
            raise Unchangeable(sentence, "snooze") from None
        zone = almanac.zone(house.config.calendar[0].zone if house.config.calendar else "UTC")
        until = int((local if local.tzinfo else local.replace(tzinfo=zone)).timestamp())
    if until <= now:
        raise Unchangeable(f"{text!r} is past; write a time that is still to come", "snooze")
    return until


def _tagging(number: int, tags: Iterable[str], untags: Iterable[str]) -> dict[str, bool]:
    """Which tags are to be given (True) or taken, of those that are not so already."""
    has = facts.tags(number)
    for tag in (*tags, *untags):
        if not NAME.fullmatch(tag):
            raise Unchangeable(f"{tag!r} is no tag; use up to 40 lower-case letters, digits and hyphens", "tags")
    return {tag: True for tag in tags if tag not in has} | {tag: False for tag in untags if tag in has}


def _fielding(house: House, number: int, team: str, filled: Mapping[str, str]) -> list[tuple[Field, str, str]]:
    try:
        return own_fields.changes(house, number, team, filled)
    except own_fields.Unsuitable as error:
        raise Unchangeable(str(error), "fields", faults=error.faults) from error


def _answers_for_it(house: House, actor: int | None) -> bool:
    """Whether it is the desk's own word: a customer who is content need not fill anything in."""
    return actor is None or any(agent.person == actor for agent in house.agents)


def _value(house: House, key: str, value: str | None) -> str | int | None:
    if key == "assignee":
        if value is None or value == "none":
            return None
        person = next((a.person for a in house.agents if a.address == value.casefold()), None)
        if person is None:
            raise Unchangeable(f"{value} is no agent; agents: {', '.join(a.address for a in house.agents)}", key)
        return person
    if key == "resolution_code" and value is not None and not RESOLUTION.fullmatch(value):
        raise Unchangeable(f"{value!r} is no code; use up to 40 lower-case letters, digits and hyphens", key)
    if key in LONGEST and value is not None:
        value = one_spaced(value) if key == "subject" else value.strip()
        if len(value) > LONGEST[key]:
            raise Unchangeable(f"it has {len(value)} characters; write at most {LONGEST[key]}", key)
        return value
    known = {"priority": PRIORITIES, "type": TYPES}.get(key)
    if known is not None and value not in known:
        raise Unchangeable(f"{value} is no {key}; one of {', '.join(known)}", key)
    if key == "team" and value not in house.config.teams:
        raise Unchangeable(f"{value} is no team; teams: {', '.join(sorted(house.config.teams))}", key)
    return value
