"""The intake: what every door calls with the bytes of a mail, and what it may answer for.

Rules: a mail is answered for (250, moved, exit 0) only after the commit. A failure of our own keeps the bytes and is
answered 250, for it is ours to try again; where not even the bytes could be kept, the sender is asked to come back.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Protocol

import structlog

from daemon.core.values import Envelope, Evidence, Mail, Outcome, Parsed, Unreadable
from daemon.desk import confirm, keeping, undoing
from daemon.desk.arrival import Arrival, literal
from daemon.desk.house import House
from daemon.desk.receive import evidence_of, receive_at
from daemon.desk.words import Said, said_in
from daemon.mail.address import Recipient
from daemon.mail.worker import Overloaded
from daemon.store.writer import StoreUnavailable

log = structlog.get_logger()
AUTHOR_DOMAIN = re.compile(rb"^from:[^\r\n]*@([a-z0-9.-]{1,100})", re.I | re.M)


class Parser(Protocol):
    async def parse(self, raw: bytes, source: str) -> Parsed: ...


class Authentication(Protocol):
    """What weighs the evidence that a mail brings along."""

    async def evidence(self, raw: bytes, mail: Mail, envelope: Envelope) -> Evidence: ...


class Rehearsed(Exception):
    """Not an error: the outcomes of a rehearsal, raised so that the transaction is undone."""

    def __init__(self, outcomes: dict[str, Outcome]) -> None:
        super().__init__("rehearsed")
        self.outcomes = outcomes


class Turn:
    """A place in a row of mails that are read at once: each is decided after the one ``before`` it."""

    def __init__(self, before: Turn | None = None) -> None:
        self._before = before
        self._over = asyncio.Event()

    async def come(self) -> None:
        """Wait until the mail before this one is on its way."""
        if self._before is not None:
            await self._before._over.wait()
            self._before = None

    def over(self) -> None:
        """Let the next one go."""
        self._over.set()


class Reception:
    """The intake that every door uses; in a ``rehearsal`` everything happens, and is undone."""

    def __init__(
        self,
        house: House,
        parser: Parser,
        authentication: Authentication | None = None,
        *,
        rehearsal: bool = False,
    ) -> None:
        self._house = house
        self._parser = parser
        self._authentication = authentication
        self._rehearsal = rehearsal

    @property
    def parser(self) -> Parser:
        """What reads mail."""
        return self._parser

    def known(self, recipient: str) -> bool:
        """Whether this envelope recipient is one of ours."""
        return self._house.book.read(recipient) is not None

    async def receive(self, raw: bytes, envelope: Envelope) -> tuple[Outcome, ...]:
        """Take a mail for each of its recipients, in one transaction; their outcomes in the same order."""
        try:
            parsed = await self._parser.parse(raw, f"{envelope.peer} {(envelope.sender or '').rpartition('@')[2]}")
        except Overloaded:
            return tuple(Outcome(r, "deferred", "parser-overloaded") for r in envelope.recipients)
        return await self.settle(raw, parsed, envelope)

    async def receive_form(
        self,
        raw: bytes,
        envelope: Envelope,
        evidence: Evidence,
        language: str | None,
        then: Callable[[Outcome], None],
    ) -> Outcome:
        """Take the mail that a form would have been: its words are words, none a quote or a signature, and its door
        knows its author, or knows that nothing does. ``language`` is that of the form, where the words are too few to
        tell theirs. ``then`` is done in the same transaction."""
        try:
            parsed = await self._parser.parse(raw, f"{envelope.peer} {envelope.source}")
        except Overloaded:
            return Outcome("", "deferred", "parser-overloaded")
        if isinstance(parsed, Mail):
            parsed = replace(literal(parsed), language=parsed.language or language)
        outcomes = await self.settle(raw, parsed, envelope, evidence=evidence, then=then)
        return outcomes[0]

    async def receive_from_mailbox(
        self, raw: bytes, envelope: Envelope, desk: str, turn: Turn, parsed: Unreadable | None = None
    ) -> Outcome:
        """Take a mail that lies in a mailbox, where nothing but its headers says whom it is for; else ``desk``.

        ``parsed`` is given for one that is not to be read. Of several desks' outcomes, one that is deferred counts.
        """
        try:
            read: Parsed = parsed or await self._parser.parse(raw, f"{envelope.source} {_domain_of_author(raw)}")
        except Overloaded:
            return Outcome("", "deferred", "parser-overloaded")
        envelope = replace(envelope, recipients=(self._house.book.address(desk),))
        outcomes = await self.settle(raw, read, self._addressed(read, envelope), turn=turn)
        return next((o for o in outcomes if o.state == "deferred"), outcomes[0])

    async def receive_again(self, raw: bytes, envelope: Envelope, inbound: int, *, unread: bool) -> Outcome:
        """Take the mail of a ledger row once more; ``unread``: nobody has read yet what stands in its headers."""
        parsed = await self._parser.parse(raw, "retry")
        if unread and envelope.source_key:
            envelope = self._addressed(parsed, envelope)
        outcomes = await self.settle(raw, parsed, envelope, again=inbound)
        return outcomes[0]

    def _addressed(self, parsed: Parsed, envelope: Envelope) -> Envelope:
        """The envelope of a mail that lies in a mailbox: to those of ours who stand in its headers, if any do."""
        if not isinstance(parsed, Mail):
            return envelope
        named = (*parsed.delivered_to, *(a.address for a in (*parsed.to, *parsed.cc)))
        ours = tuple(dict.fromkeys(address for address in named if self.known(address)))
        return replace(envelope, sender=parsed.return_path, recipients=ours or envelope.recipients)

    async def settle(
        self,
        raw: bytes,
        parsed: Parsed,
        envelope: Envelope,
        again: int | None = None,
        evidence: Evidence | None = None,
        turn: Turn | None = None,
        then: Callable[[Outcome], None] = lambda _: None,
    ) -> tuple[Outcome, ...]:
        """Decide and commit; ``again`` is the ledger row of a mail that is tried once more, at its first desk."""

        def job() -> dict[str, Outcome]:
            taken = {a.to.desk: take(self._house, a) for a in arrivals}
            for outcome in taken.values():
                then(outcome)
            return self._decided(taken)

        try:
            arrivals = await self.arrivals(raw, parsed, envelope, again, evidence)
            if turn is not None:
                await turn.come()
            written = self._write(job, len(raw))
            if turn is not None:
                turn.over()
            outcomes = await written
        except Rehearsed as rehearsed:
            outcomes = rehearsed.outcomes
        except StoreUnavailable as error:
            log.error("mail-deferred", because="store-unavailable", error=str(error), sender=envelope.sender)
            return tuple(Outcome(r, "deferred", "store-unavailable") for r in envelope.recipients)
        except Exception as error:
            log.exception("mail-failed", error=type(error).__name__, sender=envelope.sender)
            to_all = _with_rows(addressees(self._house, envelope), again)
            arrivals = [Arrival(raw, parsed, envelope, to, again=row) for to, row in to_all]
            outcomes = await self._keep_failed(arrivals, f"{type(error).__name__}: {error}"[:400])
        for outcome in outcomes.values():
            log.info(
                "mail",
                state=outcome.state,
                because=outcome.because,
                inbound=outcome.inbound,
                ticket=outcome.ticket,
                source=envelope.source,
                size=len(raw),
            )
        read = self._house.book.read
        return tuple(_for(r, outcomes, read(r)) for r in envelope.recipients)

    async def arrivals(
        self,
        raw: bytes,
        parsed: Parsed,
        envelope: Envelope,
        again: int | None = None,
        evidence: Evidence | None = None,
    ) -> list[Arrival]:
        """The mail at each of its desks, with all that is found out before the write lock is taken."""
        evidence = evidence or await self._evidence(raw, parsed, envelope)
        return [
            Arrival(raw, parsed, envelope, to, await self._said(parsed, raw, to, envelope.source), row, evidence)
            for to, row in _with_rows(addressees(self._house, envelope), again)
        ]

    async def _evidence(self, raw: bytes, parsed: Parsed, envelope: Envelope) -> Evidence | None:
        """What stands behind the author; what the door saw of the connection is enough where it proves."""
        if self._authentication is None or not isinstance(parsed, Mail) or envelope.silent:
            return None
        seen = evidence_of(parsed, envelope)
        return seen if seen.proved else await self._authentication.evidence(raw, parsed, envelope)

    async def _said(self, parsed: Parsed, raw: bytes, to: Recipient, source: str) -> Said | None:
        """What an agent's mail would say; for other mail, which is nearly all, there is nothing to look up."""
        if not isinstance(parsed, Mail) or not parsed.sender or not self._house.config.agent_at(parsed.sender.address):
            return None

        def look() -> Said | None:
            house = self._house
            return house.store.read(lambda: said_in(house, parsed, raw, to, source))

        return await asyncio.to_thread(look)

    async def _keep_failed(self, arrivals: list[Arrival], error: str) -> dict[str, Outcome]:
        def keep() -> dict[str, Outcome]:
            return {a.to.desk: keeping.keep(self._house, a, "failed", "internal-error", error) for a in arrivals}

        try:
            return await self._write(keep, sum(len(a.raw) for a in arrivals))
        except Exception as trouble:  # noqa: BLE001 - whatever it is, the bytes are not kept: the sender keeps them
            log.error("mail-deferred", because="bytes-not-kept", error=str(trouble))
            return {a.to.desk: Outcome("", "deferred", "bytes-not-kept") for a in arrivals}

    def _decided(self, outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        if self._rehearsal:
            raise Rehearsed(outcomes)
        return outcomes

    def _write(self, job: Callable[[], dict[str, Outcome]], weight: int) -> Awaitable[dict[str, Outcome]]:
        return asyncio.wrap_future(self._house.store.write(job, weight))


def _for(recipient: str, outcomes: dict[str, Outcome], read: Recipient | None) -> Outcome:
    if read is None:
        return Outcome(recipient, "rejected", "unknown-recipient")
    o = outcomes[read.desk]
    return Outcome(recipient, o.state, o.because, o.inbound, o.ticket, o.message)


def _domain_of_author(raw: bytes) -> str:
    """Whose mail it seems to be, so that one author's slow mail does not make the whole mailbox suspect."""
    found = AUTHOR_DOMAIN.search(raw[:8192])
    return found[1].decode("ascii").lower() if found else ""


def addressees(house: House, envelope: Envelope) -> list[Recipient]:
    """Each desk that is written to, by its most telling recipient."""
    read = house.book.read
    desks = dict.fromkeys(found.desk for address in envelope.recipients if (found := read(address)))
    return [told for desk in desks if (told := read(house.recipient(envelope, desk)))]


def _with_rows(desks: Sequence[Recipient], again: int | None) -> list[tuple[Recipient, int | None]]:
    """Each desk with the ledger row that is renewed for it; but for the first, each has a new one."""
    return [(to, None if at else again) for at, to in enumerate(desks)]


def take(house: House, arrival: Arrival) -> Outcome:
    """One mail at one desk, in the writer's transaction: an agent's word on a held mail, or one to decide about."""
    if arrival.to.kind == "confirm" and not arrival.envelope.silent and (outcome := confirm.by_mail(house, arrival)):
        return outcome
    if arrival.to.kind == "undo" and not arrival.envelope.silent and (outcome := undoing.by_mail(house, arrival)):
        return outcome
    return receive_at(house, arrival)
