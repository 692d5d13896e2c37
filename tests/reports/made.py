"""Small desks made by hand: tickets and what happened to them, in a few words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from reports import Desk
from reports.arrow import RAW, stored
from reports.schema import TABLES
from reports.synth.script import OFFICE

BERLIN = ZoneInfo("Europe/Berlin")
DEFAULTS: dict[str, dict[str, Any]] = {
    "ticket": {
        "desk": "support", "status": "new", "priority": "medium", "type": "question", "team": "support",
        "requester_id": 100, "escalation_level": 0, "channel": "smtp", "opened_at": 0, "updated_at": 0,
    },
    "event": {"because": "a-person-wrote", "recorded_at": 0, "data": "{}"},
    "promise": {"cycle": 1, "policy": "p", "calendar": "", "budget": 3600, "state": "running", "spent": 0,
                "because": ""},
    "rating": {},
}  # fmt: skip
KINDS = {"status": "status_changed", "team": "team_changed", "assignee": "assigned", "priority": "priority_changed"}
Happened = tuple[int, int, str] | tuple[int, int, str, Any]
"""Ticket, instant, and what: opened, asks, answers (by whom), status (to what), team, assignee, priority."""


def berlin(text: str) -> int:
    """``2026-03-02 09:00`` on Berlin's clock."""
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def table(name: str, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows of a table in stored types, with what is not told filled in."""
    columns = {
        column: pa.array([row.get(column, DEFAULTS.get(name, {}).get(column)) for row in rows], RAW[told.type])
        for column, told in TABLES[name].published.items()
    }
    return stored(pa.table(columns), TABLES[name])


def desk(
    happened: Sequence[Happened],
    until: int,
    tickets: Mapping[int, Mapping[str, Any]] | None = None,
    promises: Sequence[Mapping[str, Any]] = (),
    ratings: Sequence[Mapping[str, Any]] = (),
    more: Mapping[str, pa.Table] | None = None,
) -> Desk:
    """A desk to which this happened, in this order."""
    now: dict[int, dict[str, Any]] = {}
    events = []
    for number, (ticket, at, what, *told) in enumerate(happened, 1):
        row: dict[str, Any] = {"event_id": number, "ticket_id": ticket, "at": at}
        if what == "opened":
            now[ticket] = {"ticket_id": ticket, "opened_at": at, "status": "new", **(tickets or {}).get(ticket, {})}
            now[ticket]["status"] = "new"
            row |= {"kind": "ticket_opened", "data": json.dumps({"by": told[0] if told else "customer"})}
        elif what == "asks":
            row |= {"kind": "customer_replied"}
        elif what == "answers":
            row |= {"kind": "agent_replied", "actor_id": told[0] if told else 1}
        else:
            column = "assignee_id" if what == "assignee" else what
            was = now[ticket].get(column, DEFAULTS["ticket"].get(column))
            row |= {"kind": KINDS[what], "data": json.dumps({"from": was, "to": told[0]}), "because": "operator"}
            if what == "status" and told[0] == "open" and was in ("resolved", "closed"):
                row["because"] = "customer-replied"
            now[ticket][column] = told[0]
        events.append(row)
    tables = {
        "ticket": table("ticket", [now[ticket] for ticket in sorted(now)]),
        "event": table("event", events),
        "promise": table("promise", promises),
        "rating": table("rating", ratings),
    }
    return Desk.of({**tables, **(more or {})}, until)


def office() -> dict[str, pa.Table]:
    """The tables of a desk with Berlin's office hours: open on working days from 9:00 to 17:30."""
    from dataclasses import asdict

    from daemon import almanac
    from daemon.almanac import Definition

    definition = Definition(OFFICE["zone"], tuple(OFFICE["hours"]), OFFICE["holidays"])
    laid = asdict(almanac.lay_out(definition, 2026))
    row = {
        "calendar": "v1",
        "calendar_name": "office",
        "definition": json.dumps(asdict(definition)),
        "made_at": 0,
        "year": 2026,
        "content": json.dumps(laid),
    }
    return {"calendar": table("calendar", [row])}
