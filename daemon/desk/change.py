"""Changing a ticket by someone's word: the same four steps as a mail."""

from __future__ import annotations

from typing import cast

from daemon.core import decide
from daemon.core.plan import Event
from daemon.core.status import MOVES, PRIORITIES, TYPES, Status
from daemon.core.values import Envelope, Mail
from daemon.desk import post
from daemon.desk.arrival import Arrival
from daemon.desk.house import House
from daemon.mail.address import Recipient
from daemon.store import commit, facts


class Unchangeable(Exception):
    """The change is not possible; one sentence says what would be."""


def change(house: House, number: int, wanted: dict[str, str], actor: int | None, because: str) -> tuple[Event, ...]:
    """Set fields of a ticket (``assignee`` by address or ``none``); the events that came of it.

    Runs in the writer's transaction. Unchangeable for what the table of moves or the configuration does not know.
    """
    now = house.now()
    ticket = facts.ticket(number, None, None, now)
    if ticket is None:
        raise Unchangeable(f"there is no ticket {number}; see: counterfoil ticket list")
    values: dict[str, str | int | None] = {key: _value(house, key, value) for key, value in wanted.items()}
    row = facts.ticket_row(number)
    current = {key: row.assignee_id if key == "assignee" else getattr(row, key) for key in values}
    status = values.get("status")
    allowed = MOVES[cast(Status, ticket.status)]
    if status is not None and status != ticket.status and status not in allowed:
        moves = ", ".join(sorted(allowed)) or "nothing else"
        raise Unchangeable(f"ticket {number} is {ticket.status}; from there it may become {moves}")
    plan = decide.change(ticket, values, current, actor, because, house.policy, now)
    written = commit.plan(plan, None, ticket.desk, None, now)
    post.send(house, plan, written, Arrival(b"", NO_MAIL, NO_ENVELOPE, Recipient(ticket.desk, "desk")), 0, now)
    return plan.events


def _value(house: House, key: str, value: str) -> str | int | None:
    if key == "assignee":
        if value == "none":
            return None
        person = next((a.person for a in house.agents if a.address == value.casefold()), None)
        if person is None:
            raise Unchangeable(f"{value} is no agent; agents: {', '.join(a.address for a in house.agents)}")
        return person
    known = {"priority": PRIORITIES, "type": TYPES}.get(key)
    if known is not None and value not in known:
        raise Unchangeable(f"{value} is no {key}; one of {', '.join(known)}")
    teams = {d.team for d in house.config.desk} | {t for a in house.config.agent for t in a.teams}
    if key == "team" and value not in teams:
        raise Unchangeable(f"{value} is no team; teams: {', '.join(sorted(teams))}")
    return value


NO_ENVELOPE = Envelope("api", "", None, (), 0)
NO_MAIL = Mail(
    size=0,
    sha256="",
    fingerprint="",
    subject="",
    sender=None,
    from_text="",
    to=(),
    cc=(),
    reply_to=(),
    date=None,
    message_id=None,
    in_reply_to=(),
    references=(),
    text="",
    html=None,
    reply_text="",
    quoted_text="",
    signature_text="",
    attachments=(),
    automatic=None,
    bounce=None,
    language=None,
    defects=(),
)
