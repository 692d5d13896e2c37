"""Tickets as mails to agents show them: cards, history, actions of one tap, lists in order of the time that is left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from daemon import almanac
from daemon.core.calendar import ALWAYS, BeyondHorizon
from daemon.core.sla.terms import CALENDAR_TIME
from daemon.core.values import Address, Instant
from daemon.desk.house import House
from daemon.mail.cards import Action, ActionName, Earlier, PromiseCard, QueueRow, TicketCard, Voice
from daemon.mail.mailto import mailto
from daemon.store import conversation, dossier, facts
from daemon.store.dossier import Owed, Said, Sketch

NEVER = 1 << 62
MOST_EARLIER = 12
BODIES: dict[ActionName, str] = {
    "take": "#take\n",
    "resolve": "#resolve\n",
    "note": "#note ",
    "snooze": "#snooze 1d\n",
    "priority": "#priority high\n",
    "close": "#close\n",
    "reopen": "#reopen\n",
}
VOICES: dict[str, Voice] = {"customer": "customer", "agent": "agent", "note": "note", "automatic": "automatic"}


def card(house: House, number: int, now: Instant) -> TicketCard:
    """The whole card of one ticket; KeyError if there is none."""
    sketch = dossier.one(number)
    if sketch is None:
        raise KeyError(number)
    earlier, others = dossier.others_of(sketch.requester_id, number)
    known = facts.known_as(sketch.requester_id)
    return replace(
        brief(house, sketch, now),
        participants=dossier.participants(number),
        earlier=earlier,
        open_others=others,
        since=f"{almanac.there(known.since, house.zone):%Y-%m-%d}",
        organisation=known.organisation,
        phone=known.phone,
        remark=known.remark,
    )


def brief(house: House, sketch: Sketch, now: Instant) -> TicketCard:
    """The card of a ticket in a list."""
    promises = sorted(
        (_promise(house, owed, now) for owed in sketch.owed), key=lambda p: NEVER if p.left is None else p.left
    )
    return TicketCard(
        sketch.number,
        sketch.subject,
        sketch.status,
        sketch.priority,
        sketch.team,
        sketch.assignee,
        sketch.requester,
        type=sketch.type,
        tags=sketch.tags,
        promises=tuple(promises),
        snoozed_until=house.local_time(sketch.snoozed_until) if sketch.snoozed_until is not None else "",
        undelivered=Address("", dossier.undelivered_to(sketch.number)) if sketch.undelivered is not None else None,
        merged_into=conversation.merged_into(sketch.number) if sketch.status == "merged" else None,
    )


def _promise(house: House, owed: Owed, now: Instant) -> PromiseCard:
    due = house.local_time(owed.due_at) if owed.due_at is not None else ""
    state = "broken" if owed.state == "broken" else "paused" if owed.running_since is None else "running"
    return PromiseCard(owed.metric, state, due, left(house, owed, now))  # type: ignore[arg-type]


def left(house: House, owed: Owed, now: Instant) -> int | None:
    """Seconds of a promise that are left, open ones where it counts those; below 0 since it was due; None: it rests."""
    if owed.state == "broken" or (owed.due_at is not None and owed.due_at < now):
        return (owed.due_at or now) - now
    if owed.running_since is None:
        return None
    try:
        timeline = ALWAYS if owed.calendar == CALENDAR_TIME else house.agreement.terms.timeline(owed.calendar)
        return owed.budget - owed.spent - timeline.between(owed.running_since, now)
    except (BeyondHorizon, KeyError):
        return (owed.due_at - now) if owed.due_at is not None else None


def pressing(house: House, sketches: Sequence[Sketch], now: Instant) -> list[Sketch]:
    """Tickets by the time that is left of what was promised, the least first; without a promise, the oldest first."""

    def order(sketch: Sketch) -> tuple[int, Instant]:
        times = [t for owed in sketch.owed if (t := left(house, owed, now)) is not None]
        return (min(times, default=NEVER), sketch.since)

    return sorted(sketches, key=order)


def is_late(sketch: Sketch, now: Instant) -> bool:
    """Whether a promise on it is broken and still owed."""
    return any(o.state == "broken" or (o.due_at is not None and o.due_at < now) for o in sketch.owed)


def history(house: House, said: Sequence[Said]) -> tuple[Earlier, ...]:
    """Messages as a mail shows them, in their order."""
    return tuple(
        Earlier(
            VOICES.get(one.kind, "automatic"), one.author, house.local_time(one.at), one.words.strip(), False, one.waits
        )
        for one in said
    )


def reply_address(house: House, desk: str, number: int, person: int) -> str:
    """The address under which this agent answers this ticket."""
    return house.book.reply_address(house.desk(desk).name, number, house.keyring.token(number, person))


def actions(address: str, number: int, subject: str, status: str, *, is_mine: bool) -> tuple[Action, ...]:
    """What one tap does with a ticket in this state; nothing is done with one that goes on in another."""
    if status == "merged":
        return ()
    names: list[ActionName] = [] if is_mine else ["take"]
    if status in ("resolved", "closed", "spam"):
        names += ["reopen", "note"]
    else:
        names += ["resolve", "note", "snooze", "priority"]
    about = f"[#{number}] {subject}".strip()
    return tuple(Action(name, mailto(address, about, BODIES[name])) for name in names)


def row(house: House, sketch: Sketch, person: int, now: Instant) -> QueueRow:
    """A ticket in a list for this agent; an answer to one that was merged goes to where it goes on."""
    card = brief(house, sketch, now)
    number = card.merged_into or sketch.number
    address = reply_address(house, facts.desk_of(number), number, person)
    is_mine = sketch.assignee_id == person
    about = f"[#{number}] {sketch.subject}".strip()
    taps = actions(address, number, sketch.subject, sketch.status, is_mine=is_mine)
    return QueueRow(card, house.local_time(sketch.since), mailto(address, about), taps)
