"""What other programs and clients do to tickets: open, answer, note, change, merge. The API and the portal share it.

Rules: whatever brings words is written down as the mail that it would have been, and goes the way of mail
(``intake.take``); so acknowledgement, routing, promises and threads are the same. Its words are words: none is a
command, none is taken for a quote or a signature. What is refused leaves nothing: all of a request is one transaction.
Who is believed is told by the token: a requester or an agent is who the token says; whom a program or an agent
writes for is written for on its word, and no address is proved by that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from daemon.core import hearing, matching
from daemon.core.commands.reading import Command, Orders
from daemon.core.plan import Event, Filing, Plan
from daemon.core.typed import is_blank
from daemon.core.values import NO_EVIDENCE, Address, Envelope, Evidence, Mail, Outcome
from daemon.desk import editing, intake, receive
from daemon.desk.arrival import Arrival, literal
from daemon.desk.asking import NO_CHANGES, By, Changes, Draft, Refused
from daemon.desk.editing import existing
from daemon.desk.house import House
from daemon.desk.intake import Parser
from daemon.desk.words import said_literally
from daemon.mail import answer
from daemon.mail.address import Recipient, message_id
from daemon.mail.compose import Unsafe, compose
from daemon.mail.letter import Letter
from daemon.mail.worker import Overloaded
from daemon.store import facts, staffing

T = TypeVar("T")
REPLY_SUBJECT = "Re: "
Check = Callable[[int], None]
"""What must hold of a ticket in the transaction that changes it; raises where it does not."""


class Ticketing:
    """The use-cases of one house."""

    def __init__(self, house: House, parser: Parser) -> None:
        self._house = house
        self._parser = parser

    async def create(self, by: By, author: Address, desk: str, draft: Draft, changes: Changes = NO_CHANGES) -> Outcome:
        """Open a ticket in this author's name, and set what is to be set on it."""
        house = self._house
        if house.config.agent_at(author.address) is not None and by.agent is None:
            raise Refused(
                "forbidden", "agent-unproved", "that is an agent's address; only a token of theirs is", "user"
            )
        if house.book.read(author.address) is not None:
            raise Refused("invalid", "own-mail", "that is an address of the desk itself", "user")
        to = Recipient(desk, "desk")
        draft = replace(draft, subject=matching.plain_subject(draft.subject))
        arrival = await self._arrival(by, author, to, house.book.address(desk), draft, self._evidence(by, author))

        def job() -> Outcome:
            outcome = _filed(intake.take(house, arrival))
            if changes and outcome.state == "filed":
                assert outcome.ticket is not None
                editing.edit(house, by, outcome.ticket, changes)
            return outcome

        return await self._write(job, len(arrival.raw))

    async def reply(
        self, by: By, number: int, draft: Draft, author: Address | None = None, status: str | None = None
    ) -> Outcome:
        """Say something publicly: as the agent or the requester of the token, else as this customer of the ticket.

        ``status`` is what an agent's answer makes of the ticket.
        """
        person = await self._read(lambda: self._speaker(by, number, author))
        orders = [Command("status", status, f"#status {status}")] if status is not None else []
        arrival = await self._to_ticket(by, number, person, draft, Orders(tuple(orders), words=draft.words))

        def job() -> Outcome:
            if status is not None and receive.duplicate(arrival, self._house.now()) is None:
                editing.check_answer(self._house, by, number, status)
            return _filed(intake.take(self._house, arrival))

        return await self._write(job, len(arrival.raw))

    async def note(self, by: By, number: int, draft: Draft) -> Outcome:
        """Note something for colleagues alone."""
        if by.agent is not None:
            person = await self._read(lambda: self._speaker(by, number, None))
            arrival = await self._to_ticket(by, number, person, draft, Orders(note=draft.words))
            return await self._write(lambda: _filed(intake.take(self._house, arrival)), len(arrival.raw))
        desk = await self._read(lambda: existing(number, self._house.now()).desk)
        at = self._house.book.address(self._house.desk(desk).name)
        to = Recipient(self._house.desk(desk).name, "desk")
        arrival = await self._arrival(by, Address("", at), to, at, draft, NO_EVIDENCE)
        return await self._write(lambda: self._noted(number, arrival), len(arrival.raw))

    async def update(self, by: By, number: int, changes: Changes, check: Check = lambda _: None) -> None:
        """Set what is to be set on a ticket, all of it or nothing."""

        def job() -> None:
            check(number)
            editing.edit(self._house, by, number, changes)

        await self._write(job)

    async def merge(self, by: By, number: int, into: int, check: Check = lambda _: None) -> None:
        """Let a ticket go into another one."""

        def job() -> None:
            check(number)
            editing.merge(self._house, by, number, into)

        await self._write(job)

    # -- words on their way

    async def _to_ticket(self, by: By, number: int, person: facts.KnownPerson, draft: Draft, orders: Orders) -> Arrival:
        """Words of somebody to the reply address that they have on a ticket."""
        house = self._house
        row = await self._read(lambda: (facts.desk_of(number), facts.ticket_row(number).subject))
        desk, token = house.desk(row[0]).name, house.keyring.token(number, person.id)
        address = house.book.reply_address(desk, number, token)
        to = house.book.read(address) or Recipient(desk, "desk")
        draft = replace(draft, subject=draft.subject or f"{REPLY_SUBJECT}{row[1]} [#{number}]")
        author = Address(person.name, person.address)
        draft = replace(draft, nonce=draft.nonce or house.nonce())
        seen = message_id(number, token, draft.nonce, house.domain(desk))
        arrival = await self._arrival(by, author, to, address, draft, self._evidence(by, author), seen)
        if by.agent is None:
            return arrival
        if is_blank(arrival.mail.reply_text):
            raise Refused("conflict", "no-words", "there is nothing to see in these words", "body")
        said = await self._read(lambda: said_literally(house, arrival.parsed, arrival.raw, {number}))
        if isinstance(said, answer.Withheld):
            raise Refused("invalid", said.because, "the words hold what no customer may see", "body")
        assert said is not None
        return replace(arrival, words=replace(said, orders=orders, text="" if orders.note is not None else said.text))

    async def _arrival(
        self, by: By, author: Address, to: Recipient, address: str, draft: Draft, evidence: Evidence, answers: str = ""
    ) -> Arrival:
        """The mail that these words would have been, at its desk."""
        house = self._house
        now, key = draft.at or house.now(), draft.nonce or house.nonce()
        letter = Letter(
            message_id=f"{by.source}.{key}@{house.domain(to.desk)}",
            date=now,
            sender=author,
            to=(Address("", address),),
            subject=draft.subject,
            text=draft.words,
            in_reply_to=answers or None,
            references=(answers,) if answers else (),
            enclosures=draft.enclosures,
        )
        try:
            raw = await asyncio.to_thread(compose, letter)
        except Unsafe as error:
            raise Refused("invalid", "no-usable-sender", str(error), "user") from None
        if len(raw) > house.config.limits.message_size:
            most = house.config.limits.message_size
            raise Refused("too-large", "too-large", f"as a mail it has {len(raw):,} bytes; at most {most:,} are taken")
        try:
            parsed = await self._parser.parse(raw, f"{by.source} {author.domain}")
        except Overloaded:
            raise Refused("overloaded", "parser-overloaded", "too much mail waits to be read; try again") from None
        if not isinstance(parsed, Mail):
            raise Refused("invalid", parsed.because, "as a mail it cannot be read")
        written = literal(parsed)
        words = written.reply_text
        envelope = Envelope(by.source, key, author.address, (address,), now)
        said = answer.Words(words, None, Orders(words=words)) if house.config.agent_at(author.address) else None
        return Arrival(raw, written, envelope, to, said, None, evidence)

    def _evidence(self, by: By, author: Address) -> Evidence:
        """What stands behind an author: their own token proves who writes, and of a requester the address as well."""
        agent = self._house.agent(by.agent)
        if agent is not None and agent.address.casefold() == author.key:
            return Evidence(True, "token")
        if by.requester is not None:
            return Evidence(True, "token", "token")
        return NO_EVIDENCE if by.source == "portal" else Evidence(False, "told-by-token")

    def _speaker(self, by: By, number: int, author: Address | None) -> facts.KnownPerson:
        """Who speaks on a ticket; Refused for whoever takes no part in it."""
        ticket = existing(number, self._house.now())
        if by.actor is not None and author is None:
            person = facts.person(by.actor)
        elif author is None:
            raise Refused(
                "invalid", "no-usable-sender", "a program speaks for a customer of the ticket; name one", "author"
            )
        else:
            person = facts.person_at(author.key)
            if person is None or person.id not in ticket.participants:
                raise Refused(
                    "conflict", "no-usable-sender", f"nobody at {author.address} takes part in the ticket", "author"
                )
        if person is None:
            raise Refused("conflict", "no-usable-sender", "whoever has this token has no address any longer")
        return person

    # -- in the writer's transaction

    def _noted(self, number: int, arrival: Arrival) -> Outcome:
        """A program's note: nobody is its author."""
        house, now = self._house, self._house.now()
        if known := receive.duplicate(arrival, now):
            return Outcome("", "ignored", "duplicate", known.inbound, known.ticket, known.message)
        ticket = existing(number, now)
        words = arrival.mail.reply_text
        people = [p for p in (ticket.assignee, *sorted(ticket.watchers)) if p is not None]
        people += hearing.mentioned(words, house.agents)
        absent = frozenset(staffing.away(now))
        letters, news = hearing.choose("noted", people, house.agents, absent, "noted-by-program")
        plan = Plan(
            "filed",
            "noted-by-program",
            number,
            filing=Filing("note", "filed", "noted-by-program", "told-by-token", words=words, anonymous=True),
            events=(Event("note_added", "noted-by-program", max(now, ticket.last_event_at)),),
            outgoing=letters,
            news=news,
        )
        return receive.perform(house, plan, arrival, now)

    # -- rows

    async def _read(self, look: Callable[[], T]) -> T:
        return await self._house.store.look(look, few=True)

    def _write(self, job: Callable[[], T], weight: int = 0) -> Awaitable[T]:
        return asyncio.wrap_future(self._house.store.write(job, weight))


def _filed(outcome: Outcome) -> Outcome:
    """The outcome of words that are kept, now or before; Refused, and nothing of them is, for any other."""
    if outcome.ticket is not None and (outcome.state == "filed" or outcome.because == "duplicate"):
        return outcome
    raise Refused("conflict", outcome.because, "as a mail it would not have been filed")
