"""The intake: what every door calls with the bytes of a mail, and what it may answer for.

Rules: a mail is answered for (250, moved, exit 0) only after the commit. A failure of our own keeps the bytes and is
answered 250, for it is ours to try again; where not even the bytes could be kept, the sender is asked to come back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

import structlog

from daemon.core.values import Envelope, Evidence, Mail, Outcome, Parsed
from daemon.desk import confirm, post
from daemon.desk.house import House
from daemon.desk.receive import receive_at
from daemon.desk.words import Said, said_by_agent
from daemon.mail.address import Recipient
from daemon.mail.worker import Overloaded
from daemon.store.writer import StoreUnavailable

log = structlog.get_logger()


class Parser(Protocol):
    async def parse(self, raw: bytes, source: str) -> Parsed: ...


class Rehearsed(Exception):
    """Not an error: the outcomes of a rehearsal, raised so that the transaction is undone."""

    def __init__(self, outcomes: dict[str, Outcome]) -> None:
        super().__init__("rehearsed")
        self.outcomes = outcomes


class Reception:
    """The intake that every door uses; in a ``rehearsal`` everything happens, and is undone."""

    def __init__(self, house: House, parser: Parser, *, rehearsal: bool = False) -> None:
        self._house = house
        self._parser = parser
        self._rehearsal = rehearsal

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

    async def settle(
        self, raw: bytes, parsed: Parsed, envelope: Envelope, again: int | None = None, evidence: Evidence | None = None
    ) -> tuple[Outcome, ...]:
        """Decide and commit; ``again`` is the ledger row of a mail that is being tried once more."""
        addressed = addressees(self._house, envelope)
        try:
            words = {desk: said_by_agent(self._house, parsed, raw, to) for desk, to in addressed.items()}
            outcomes = await self._write(
                lambda: self._decided(
                    {
                        desk: _take(self._house, raw, parsed, envelope, to, words[desk], again, evidence)
                        for desk, to in addressed.items()
                    }
                ),
                raw,
            )
        except Rehearsed as rehearsed:
            outcomes = rehearsed.outcomes
        except StoreUnavailable as error:
            log.error("mail-deferred", because="store-unavailable", error=str(error), sender=envelope.sender)
            return tuple(Outcome(r, "deferred", "store-unavailable") for r in envelope.recipients)
        except Exception as error:
            log.exception("mail-failed", error=type(error).__name__, sender=envelope.sender)
            outcomes = await self._keep_failed(
                raw, parsed, envelope, addressed, f"{type(error).__name__}: {error}", again
            )
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

    async def _keep_failed(
        self,
        raw: bytes,
        parsed: Parsed,
        envelope: Envelope,
        addressed: dict[str, Recipient],
        error: str,
        again: int | None,
    ) -> dict[str, Outcome]:
        def keep() -> dict[str, Outcome]:
            return {
                desk: post.keep(
                    self._house, raw, parsed, envelope, desk, "failed", "internal-error", error[:400], again
                )
                for desk in addressed
            }

        try:
            return await self._write(keep, raw)
        except Exception as trouble:  # noqa: BLE001 - whatever it is, the bytes are not kept: the sender keeps them
            log.error("mail-deferred", because="bytes-not-kept", error=str(trouble))
            return {desk: Outcome("", "deferred", "bytes-not-kept") for desk in addressed}

    def _decided(self, outcomes: dict[str, Outcome]) -> dict[str, Outcome]:
        if self._rehearsal:
            raise Rehearsed(outcomes)
        return outcomes

    def _write(self, job: Callable[[], dict[str, Outcome]], raw: bytes) -> Awaitable[dict[str, Outcome]]:
        return asyncio.wrap_future(self._house.store.write(job, len(raw)))


def _for(recipient: str, outcomes: dict[str, Outcome], read: Recipient | None) -> Outcome:
    if read is None:
        return Outcome(recipient, "rejected", "unknown-recipient")
    o = outcomes[read.desk]
    return Outcome(recipient, o.state, o.because, o.inbound, o.ticket, o.message)


def addressees(house: House, envelope: Envelope) -> dict[str, Recipient]:
    """Each desk that is written to, by its most telling recipient."""
    read = house.book.read
    return {
        found.desk: told
        for address in envelope.recipients
        if (found := read(address)) and (told := read(house.recipient(envelope, found.desk)))
    }


def _take(
    house: House,
    raw: bytes,
    parsed: Parsed,
    envelope: Envelope,
    to: Recipient,
    words: Said | None,
    again: int | None,
    evidence: Evidence | None,
) -> Outcome:
    """One mail at one desk, in the writer's transaction: an agent's word on a held mail, else a mail to decide about."""
    if (
        to.kind == "confirm"
        and isinstance(parsed, Mail)
        and (outcome := confirm.by_mail(house, raw, parsed, envelope, to))
    ):
        return outcome
    return receive_at(house, raw, parsed, envelope, to, words, again, evidence)
