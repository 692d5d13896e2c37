"""The outbox as the delivery loop sees it, and what follows when a mail arrives, waits or fails for good."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

from daemon.core import decide
from daemon.core.from_customer import settled
from daemon.core.plan import Event, Facts, Plan, TicketFacts
from daemon.core.values import Parcel
from daemon.desk import post, promising
from daemon.desk.house import House
from daemon.store import facts, outbox, staffing


class Deliveries:
    """``daemon.edge.delivery``'s outbox, over the store."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def due(self, now: int, limit: int, exclude: Collection[int]) -> Sequence[Parcel]:
        """The parcels that may leave now: of each ticket and recipient only the first that is still open."""
        longest = 2 * self._house.config.relay.retry_longest
        rows = await asyncio.to_thread(self._house.store.read, lambda: outbox.due(now, limit, exclude, longest))
        return [self._parcel(row) for row in rows]

    async def content(self, number: int) -> bytes:
        return await asyncio.to_thread(self._house.store.read, lambda: outbox.content(number))

    async def delivered(self, number: int, now: int, response: str) -> None:
        await asyncio.wrap_future(self._house.store.write(lambda: self._delivered(number, now, response)))

    async def deferred(self, number: int, now: int, until: int, response: str) -> None:
        await asyncio.wrap_future(self._house.store.write(lambda: outbox.defer(number, until, response)))

    async def refused(self, number: int, now: int, code: int, response: str) -> None:
        await asyncio.wrap_future(self._house.store.write(lambda: self._refused(number, now, code, response)))

    def _parcel(self, row: outbox.Waiting) -> Parcel:
        sender = ""
        if not row.automatic or not self._house.config.relay.null_sender:
            sender = self._house.book.bounce_address(
                self._house.desk(row.desk).name, row.id, self._house.keyring.bounce_token(row.id)
            )
        return Parcel(row.id, row.ticket, row.recipient, sender, row.message_id, row.attempts, row.created_at)

    def _delivered(self, number: int, now: int, response: str) -> None:
        row = outbox.settle(number, "delivered", now, "250", response)
        if row is not None and row.ticket is not None:
            ticket = facts.ticket(row.ticket, None, None, now)
            assert ticket is not None
            event = Event("mail_delivered", row.kind, max(now, ticket.last_event_at), data=(("outbox", number),))
            events = (event, *self._settled(ticket, row, event.at))
            plan = Plan("filed", "delivered", row.ticket, events=events)
            promising.carry_out(self._house, plan, None, row.desk, None, now, row.message)

    def _settled(self, ticket: TicketFacts, row: outbox.Waiting, at: int) -> tuple[Event, ...]:
        """An answer that was written after one that did not arrive, and arrived, settles that."""
        later = ticket.undelivered is not None and row.kind == "answer" and row.created_at >= ticket.undelivered
        return settled(ticket, "answer-delivered", at) if later else ()

    def _refused(self, number: int, now: int, code: int, response: str) -> None:
        row = outbox.settle(number, "failed", now, str(code), response)
        if row is None:
            return
        ticket = facts.ticket(row.ticket, None, None, now) if row.ticket is not None else None
        sent = facts.sent(number)
        if ticket is None or sent is None:
            return
        away = frozenset(staffing.away(now))
        known = Facts(self._house.desk_facts(row.desk), None, self._house.agents, absent=away)
        plan = decide.failed(known, ticket, row.kind, sent.author, number, str(code), now)
        _, written = promising.carry_out(self._house, plan, None, row.desk, None, now, row.message)
        post.failures(self._house, plan, written, row, response, gave_up=not 500 <= code < 600, now=now)
