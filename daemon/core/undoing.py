"""Taking back what an agent's mail did.

A reply that still waits never leaves, and no response was recorded. What has left cannot be taken back, and the agent
is told so. Fields, tags, people and links go back to what they were, each unless someone changed it since; a note is
withdrawn. The same act is undone once.

Of a mail that found all as its agent wanted it, nothing can be taken back: the agent is told so, and what they did
before it; that, the next undo takes back.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from daemon.core import hearing
from daemon.core.acting.work import EVENTS
from daemon.core.acts import (
    NOTHING,
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
from daemon.core.recounting import FIELDS, recount, shown
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
    values: dict[str, str | int | None] = field(init=False)
    tags: set[str] = field(init=False)
    contacts: set[str] = field(init=False)
    watchers: set[int] = field(init=False)

    def __post_init__(self) -> None:
        office, ticket = self.facts.office, self.ticket
        self.values = dict(office.values) | ({"status": ticket.status} if ticket else {})
        self.tags, self.contacts = set(office.tags), set(office.contacts)
        self.watchers = set(ticket.watchers) if ticket else set()

    def skip(self, name: str) -> None:
        self.skipped.append((name, "changed-meanwhile"))


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
    letters: tuple[Outgoing, ...] = (Outgoing("receipt", agent, BECAUSE),)
    if act is None or act.undone or act.agent != agent or not act.did or act.did == NOTHING:
        receipt, did_nothing = Receipt("nothing"), None
        if act is not None and act.did == NOTHING:
            did_nothing = act.id
            if act.before is not None:
                receipt = Receipt("nothing", changes=recount(act.before, facts.office, fields), before=act.before.id)
        return Plan(
            "ignored",
            "nothing-to-undo",
            ticket.id if ticket else None,
            outgoing=letters,
            receipt=receipt,
            undoes=did_nothing,
            orders_of=agent,
        )
    at = max(now, ticket.last_event_at) if ticket else now
    back = _Back(act, facts, ticket, agent, at, fields)
    waits = any(d.what == "reply" for d in act.did) and act.reply in ("waiting", "held")
    for did in reversed(act.did):
        _take_back(back, did, waits)
    for deed in back.deeds:
        into = facts.tickets.get(deed.into) if isinstance(deed, Merging) else None
        if into is not None and ticket is not None:
            letters += hearing.of_merge("unmerged", ticket.id, into, facts, agent, BECAUSE)
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
        case "notice":
            if back.act.tells:
                back.changes.append(Changed("notice", "", "withdrawn"))
            elif not waits:
                back.skipped.append(("notice", "mail-has-left"))
        case "note":
            back.withdraws = back.act.message
            back.events.append(Event("note_withdrawn", BECAUSE, back.at, back.agent))
            back.changes.append(Changed("note", "", "withdrawn"))
        case "column":
            _column(back, did, waits)
        case "tag":
            _tag(back, did)
        case "snooze":
            _snooze(back, did, waits)
        case "field":
            _field(back, did)
        case "watch":
            _watcher(back, did)
        case "participant":
            _participant(back, did)
        case "requester":
            _requester(back, did)
        case "link":
            back.deeds.append(Unlinking(int(did.key)))
            back.changes.append(Changed("unlink", "", f"#{did.key}"))
        case "away":
            back.deeds.append(Away(int(did.key), None))
            back.changes.append(Changed("back"))


def _column(back: _Back, did: Did, waits: bool) -> None:
    """A column goes back, unless it never changed (a status that waits with its reply) or someone changed it since."""
    field_ = FIELDS.get(did.key, did.key)
    if back.values.get(did.key) != did.becomes:
        if not (did.key == "status" and waits):
            back.skip(field_)
        return
    back.values[did.key] = did.was
    kind = "status_changed" if did.key == "status" else "unmerged" if did.key == "merged_into" else EVENTS[did.key]
    back.events.append(Event(kind, BECAUSE, back.at, back.agent, did.key, did.becomes, did.was))
    if did.key == "merged_into" and isinstance(did.becomes, int):
        back.deeds.append(Merging(did.becomes, False, BECAUSE, back.at, back.agent))
    office = back.facts.office
    back.changes.append(Changed(field_, shown(office, did.key, did.becomes), shown(office, did.key, did.was)))


def _snooze(back: _Back, did: Did, waits: bool) -> None:
    """Until when it is put aside goes back after its status, whose change has cleared it."""
    if back.ticket is None or back.values.get("status") != "on_hold":
        return
    if back.facts.office.values.get("snoozed_until") != did.becomes:
        if not waits:
            back.skip("snooze")
    elif did.was is not None or back.ticket.status == "on_hold":
        back.events.append(Event("snoozed", BECAUSE, back.at, back.agent, data=(("until", did.was),)))
        back.changes.append(Changed("snooze", "", str(did.was or "off")))


def _tag(back: _Back, did: Did) -> None:
    if (did.key in back.tags) != bool(did.becomes):
        back.skip("tag")
        return
    back.tags ^= {did.key}
    kind = "tagged" if did.was else "untagged"
    back.events.append(Event(kind, BECAUSE, back.at, back.agent, data=(("tag", did.key),)))
    back.changes.append(Changed("tag" if did.was else "untag", "", did.key))


def _watcher(back: _Back, did: Did) -> None:
    person = int(did.key)
    if (person in back.watchers) != bool(did.becomes):
        back.skip("watch")
        return
    back.watchers ^= {person}
    back.deeds.append(Watching(person, bool(did.was)))
    back.changes.append(Changed("watch" if did.was else "unwatch", "", back.facts.office.names.get(person, "")))


def _participant(back: _Back, did: Did) -> None:
    key = did.key.casefold()
    if (key in back.contacts) != bool(did.becomes):
        back.skip("participant")
        return
    back.contacts ^= {key}
    back.deeds.append(Joining(Address("", did.key), bool(did.was), BECAUSE, back.at, back.agent))
    back.changes.append(Changed("participant" if did.was else "no-participant", "", did.key))


def _requester(back: _Back, did: Did) -> None:
    assert isinstance(did.was, int)
    if back.facts.office.people.get(did.key.casefold()) != back.values.get("requester"):
        back.skip("requester")
        return
    back.values["requester"] = did.was
    back.deeds.append(Requesting(did.was, BECAUSE, back.at, back.agent, joins=False))
    back.changes.append(Changed("requester", did.key, _address(back, did.was)))


def _field(back: _Back, did: Did) -> None:
    """A field goes back, unless someone changed it since or the operator did away with it."""
    declared = next((one for one in back.fields if one.name == did.key), None)
    title = declared.title if declared is not None else did.key
    was, becomes = str(did.was or ""), str(did.becomes or "")
    if declared is None or back.facts.office.fields.get(did.key, "") != becomes:
        back.skip(title)
        return
    back.events.append(fill_in(declared, becomes, was, BECAUSE, back.at, back.agent))
    back.changes.append(Changed(title, becomes, was))


def _address(back: _Back, person: int) -> str:
    return next((key for key, who in back.facts.office.contacts.items() if who == person), "")
