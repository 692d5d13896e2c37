"""Taking back what an agent's mail did.

A reply that still waits never leaves, and no response was recorded. What has left cannot be taken back, and the agent
is told so. Fields, tags, people and links go back to what they were, each unless someone changed it since; a note is
withdrawn. The same act is undone once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.core.acting.work import EVENTS
from daemon.core.acts import (
    ActFacts,
    Away,
    Changed,
    Deed,
    Did,
    Joining,
    Merging,
    Receipt,
    Requesting,
    Unlinking,
    Watching,
)
from daemon.core.case import fill_in
from daemon.core.fields import Field
from daemon.core.plan import Event, Facts, Outgoing, Plan, TicketFacts
from daemon.core.values import Address, Instant

BECAUSE = "undone-by-agent"


@dataclass(slots=True)
class _Back:
    """What has been taken back so far, and what could not be."""

    act: ActFacts
    facts: Facts
    ticket: TicketFacts | None
    agent: int
    at: Instant
    fields: tuple[Field, ...] = ()
    events: list[Event] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    skipped: list[tuple[str, str]] = field(default_factory=list)
    withdraws: int | None = None


def undo(
    act: ActFacts | None,
    facts: Facts,
    ticket: TicketFacts | None,
    agent: int,
    now: Instant,
    fields: tuple[Field, ...] = (),
) -> Plan:
    """Take back an act of this agent's, as far as it can be; a receipt says what became of each part.

    ``fields`` are those of the operator's own.
    """
    letters = (Outgoing("receipt", agent, BECAUSE),)
    if act is None or act.undone or act.agent != agent or not act.did:
        return Plan(
            "ignored",
            "nothing-to-undo",
            ticket.id if ticket else None,
            outgoing=letters,
            receipt=Receipt("nothing"),
            orders_of=agent,
        )
    at = max(now, ticket.last_event_at) if ticket else now
    back = _Back(act, facts, ticket, agent, at, fields)
    waits = any(d.what == "reply" for d in act.did) and act.reply in ("waiting", "held")
    for did in reversed(act.did):
        _take_back(back, did, waits)
    return Plan(
        "ignored",
        BECAUSE,
        ticket.id if ticket else None,
        events=tuple(back.events),
        deeds=tuple(back.deeds),
        outgoing=letters,
        receipt=Receipt("undone", changes=tuple(back.changes), skipped=tuple(back.skipped)),
        undoes=act.id,
        withdraws=back.withdraws,
        orders_of=agent,
    )


def _take_back(back: _Back, did: Did, waits: bool) -> None:
    match did.what:
        case "reply":
            if waits:
                back.withdraws = back.act.message
                back.events.append(Event("reply_withdrawn", BECAUSE, back.at, back.agent))
                back.changes.append(Changed("answer", "", "withdrawn"))
            else:
                back.skipped.append(("answer", "mail-has-left"))
        case "note":
            back.withdraws = back.act.message
            back.events.append(Event("note_withdrawn", BECAUSE, back.at, back.agent))
            back.changes.append(Changed("note", "", "withdrawn"))
        case "column":
            _column(back, did, waits)
        case "tag":
            _tag(back, did)
        case "field":
            _field(back, did)
        case "watch":
            back.deeds.append(Watching(int(did.key), bool(did.was)))
            back.changes.append(
                Changed("watch" if did.was else "unwatch", "", back.facts.office.names.get(int(did.key), ""))
            )
        case "participant":
            back.deeds.append(Joining(Address("", did.key), bool(did.was), BECAUSE, back.at, back.agent))
            back.changes.append(Changed("participant" if did.was else "no-participant", "", did.key))
        case "requester":
            assert isinstance(did.was, int)
            back.deeds.append(Requesting(did.was, BECAUSE, back.at, back.agent))
            back.changes.append(Changed("requester", did.key, _address(back, did.was)))
        case "link":
            back.deeds.append(Unlinking(int(did.key)))
            back.changes.append(Changed("unlink", "", f"#{did.key}"))
        case "away":
            back.deeds.append(Away(int(did.key), None))
            back.changes.append(Changed("away", "", "off"))


def _column(back: _Back, did: Did, waits: bool) -> None:
    """A column goes back, unless it never changed (a status that waits with its reply) or someone changed it since."""
    ticket = back.ticket
    if ticket is None:
        return
    current = ticket.status if did.key == "status" else back.facts.office.values.get(did.key)
    field_ = {"resolution_text": "resolution", "merged_into": "merge"}.get(did.key, did.key)
    if current != did.becomes:
        if not (did.key == "status" and waits):
            back.skipped.append((field_, "changed-meanwhile"))
        return
    kind = "status_changed" if did.key == "status" else "unmerged" if did.key == "merged_into" else EVENTS[did.key]
    back.events.append(Event(kind, BECAUSE, back.at, back.agent, did.key, did.becomes, did.was))
    if did.key == "merged_into" and isinstance(did.becomes, int):
        back.deeds.append(Merging(did.becomes, False, BECAUSE, back.at, back.agent))
    back.changes.append(Changed(field_, _told(back, did.key, did.becomes), _told(back, did.key, did.was)))


def _tag(back: _Back, did: Did) -> None:
    if (did.key in back.facts.office.tags) != bool(did.becomes):
        back.skipped.append(("tag", "changed-meanwhile"))
        return
    kind = "tagged" if did.was else "untagged"
    back.events.append(Event(kind, BECAUSE, back.at, back.agent, data=(("tag", did.key),)))
    back.changes.append(Changed("tag" if did.was else "untag", "", did.key))


def _field(back: _Back, did: Did) -> None:
    """A field goes back, unless someone changed it since or the operator did away with it."""
    declared = next((one for one in back.fields if one.name == did.key), None)
    title = declared.title if declared is not None else did.key
    was, becomes = str(did.was or ""), str(did.becomes or "")
    if declared is None or back.facts.office.fields.get(did.key, "") != becomes:
        back.skipped.append((title, "changed-meanwhile"))
        return
    back.events.append(fill_in(declared, becomes, was, BECAUSE, back.at, back.agent))
    back.changes.append(Changed(title, becomes, was))


def _told(back: _Back, column: str, value: str | int | None) -> str:
    if column == "assignee":
        return back.facts.office.names.get(value, "") if isinstance(value, int) else "none"
    if column == "merged_into":
        return f"#{value}" if value is not None else ""
    return str(value or "")


def _address(back: _Back, person: int) -> str:
    return next((key for key, who in back.facts.office.contacts.items() if who == person), "")
