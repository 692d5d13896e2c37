"""Answers whose undo time is over: each goes out in a transaction of its own, with its response and its status.

Notices of a new status wait as well, for what they tell of may be taken back. What came of its ticket meanwhile is
looked at once more: an answer that may not go any longer is held, and its agent asked. A clock that was set back keeps
no answer waiting.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial

import structlog

from daemon.core import from_agent
from daemon.core.acts import Shown
from daemon.core.case import notices
from daemon.core.commands.reading import Orders
from daemon.core.plan import Facts, Plan
from daemon.desk import foreseeing, macros, post, promising, receive, words
from daemon.desk.arrival import Arrival, without_mail
from daemon.desk.house import House
from daemon.mail.address import Recipient
from daemon.mail.answer import Words
from daemon.mail.parse import parse
from daemon.store import acts, commit, holds, ledger, replies
from daemon.store import facts as rows
from daemon.store.commit import Written
from daemon.store.replies import Unreleased
from daemon.store.writer import StoreUnavailable

log = structlog.get_logger()
AT_ONCE = 20
PAUSE = 5.0
LONGEST = 3_600


class Releasing:
    """What the ticker drives: ``turn`` releases what is due."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def turn(self) -> float | None:
        """Release what is due; seconds until the next is, None if nothing waits."""
        house, now = self._house, self._house.now()
        try:
            found = await asyncio.to_thread(house.store.read, lambda: _due(now))
            for one in found:
                await self._release(one)
            for act in await asyncio.to_thread(house.store.read, lambda: replies.notices(now, LONGEST, AT_ONCE)):
                await asyncio.wrap_future(house.store.write(partial(notify, house, act)))
            following = await asyncio.to_thread(house.store.read, replies.next_release)
        except StoreUnavailable as error:
            log.warning("releases_wait", because="store-unavailable", error=str(error))
            return PAUSE
        if len(found) == AT_ONCE:
            return 0.0
        return None if following is None else float(max(0, following - house.now()))

    async def _release(self, one: Unreleased) -> None:
        house = self._house
        arrival = await asyncio.to_thread(house.store.read, lambda: arrival_of(house, one.message))
        try:
            await asyncio.wrap_future(house.store.write(lambda: release(house, one.message, arrival)))
        except StoreUnavailable:
            raise
        except Exception as error:
            log.exception("release_failed", message=one.message, ticket=one.ticket, error=type(error).__name__)
            await asyncio.wrap_future(house.store.write(lambda: replies.put_off(one.message, house.now() + LONGEST)))


def _due(now: int) -> list[Unreleased]:
    found = replies.due(now, AT_ONCE)
    return found or replies.stranded(now + LONGEST, AT_ONCE)


def arrival_of(house: House, message: int) -> Arrival:
    """The mail of an agent's message as it came, with its words told apart anew. Reads rows."""
    inbound, raw = ledger.mail_of(message)
    envelope = holds.envelope(inbound)
    parsed = parse(raw)
    desk = rows.desk_of(rows.ticket_of(message) or 0)
    to = house.book.read(envelope.recipients[0]) or Recipient(house.desk(desk).name, "desk")
    said = words.said_in(house, parsed, raw, to, envelope.source)
    return Arrival(raw, parsed, envelope, to, said, inbound)


def release(house: House, message: int, arrival: Arrival) -> None:
    """One answer goes out, unless it was undone meanwhile; runs in the writer's transaction."""
    now = house.now()
    waits = replies.unreleased(message)
    if waits is None:
        return
    ticket = rows.ticket(waits.ticket, None, None, now)
    assert ticket is not None
    known = _facts(house, arrival, message, now)
    plan = from_agent.release(known, ticket, waits.wait.agent, house.policy, waits.wait, now)
    replies.settle(message)
    if plan.holding is not None:
        holds.message_state(message, "held", None)
        agent = waits.wait.agent
        told = foreseeing.foreseen(house, arrival, receive.gather, ticket.id, agent, message, now)
        plan = replace(plan, receipt=told)
    else:
        holds.message_state(message, "filed", now)
        plan = replace(plan, words=public_words(house, arrival, ticket.id, waits.wait.agent))
    plan, written = promising.carry_out(house, plan, None, ticket.desk, None, now, message=message)
    if plan.holding is not None:
        commit.hold(plan.holding, arrival.again or 0, message, now)
    post.send(house, plan, written, arrival, arrival.again or 0, now)


def notify(house: House, act: int) -> None:
    """Customers hear what became of their ticket, if that still holds; runs in the writer's transaction.

    What was set again since, is told of when that undo time is over.
    """
    now, found = house.now(), replies.notice(act)
    if found is None:
        return
    replies.forget(act)
    number, notice = found
    ticket = rows.ticket(number, None, None, now)
    if ticket is None or ticket.status != notice.status or replies.is_followed(act):
        return
    people = [person for person in notice.people if person in ticket.participants]
    plan = Plan("filed", "undo-time-over", number, outgoing=notices(ticket, notice.told, people, house.policy))
    post.send(house, plan, Written(number, None, None), without_mail(ticket.desk), 0, now)


def public_words(house: House, arrival: Arrival, ticket: int, agent: int) -> str | None:
    """The words that go out where a macro adds to them; None where they are as they were read."""
    said = arrival.words
    orders = said.orders if isinstance(said, Words) else Orders()
    named = [command.argument.casefold() for command in orders.commands if command.word == "macro"]
    if not named or not isinstance(said, Words):
        return None
    facts = rows.ticket(ticket, None, None, house.now())
    made = macros.rendered(house, facts, agent)
    parts = [made[name].words for name in named if name in made and made[name].words]
    return "\n\n".join([*parts, *([said.text.strip("\n")] if said.text.strip() else [])])


def _facts(house: House, arrival: Arrival, message: int, now: int) -> Facts:
    """What stands now; before the agent's eyes was all that came before their answer."""
    known = receive.gather(house, arrival, now)
    ticket = rows.ticket_of(message)
    assert ticket is not None
    before = Shown(rows.received_at(message), message)
    spoken = acts.spoken(ticket, before, 0)
    return replace(known, shown=before, spoken=spoken, joined=frozenset(), withheld=None, quotes_note=False)
