"""Held mail: what waits for an agent's word, and the marks that the word leaves."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.values import Envelope, Instant
from daemon.store import indexing, query, raw
from daemon.store.prepared import Prepared, Slot
from daemon.store.tables import Hold, Inbound, Message


@dataclass(frozen=True, slots=True)
class Held:
    """A hold with what it is about; ``id`` is its own number, ``inbound`` the ledger row that names it to people."""

    id: int
    agent: int
    inbound: int
    message: int | None
    ticket: int | None
    desk: str
    because: str
    expires_at: Instant
    decision: str | None
    sha256: str


def find(inbound: int) -> Held | None:
    """The newest hold on this ledger row."""
    row = query.first(
        Hold.select(
            Hold.id,
            Hold.agent,
            Hold.inbound,
            Hold.message,
            Inbound.ticket,
            Inbound.desk,
            Hold.because,
            Hold.expires_at,
            Hold.decision,
            Inbound.raw_bytes,
        )
        .join(Inbound)
        .where(Hold.inbound == inbound)
        .order_by(Hold.id.desc())
    )
    return Held(*row) if row else None


NUMBERS = Prepared(
    Hold.select(Hold.inbound).join(Inbound).where(Inbound.ticket == Slot("ticket")).order_by(Hold.id.desc()).limit(20)
)


def numbers(ticket: int) -> list[int]:
    """The latest mails on a ticket that waited for an agent's word, by their rows in the ledger."""
    return NUMBERS.column(ticket=ticket)


def content(held: Held) -> bytes:
    return raw.read(held.sha256)


def envelope(inbound: int) -> Envelope:
    """How a mail in the ledger reached us."""
    row = Inbound.get_by_id(inbound)
    return Envelope(
        source=row.source,
        source_key=row.source_key,
        sender=row.sender,
        recipients=(row.recipient,),
        received_at=row.received_at,
        peer=row.peer,
        login=row.login,
        trusted_network=row.trusted_network,
        door=row.door,
        silent=row.silent,
    )


def decide(hold: int, decision: str, now: Instant) -> None:
    Hold.update(decision=decision, decided_at=now).where(Hold.id == hold).execute()


def message_state(message: int, state: str, released_at: Instant | None) -> None:
    changed: dict[str, object] = {"state": state}
    if released_at is not None:
        changed |= {"released_at": released_at, "at": released_at}
    Message.update(changed).where(Message.id == message).execute()
    indexing.index_message(message)


def message_words(message: int, words: str) -> None:
    """What an agent's held mail says to the customer, without its commands."""
    Message.update(words=words).where(Message.id == message).execute()
    indexing.index_message(message)


def ledger_state(inbound: int, state: str, because: str, now: Instant) -> None:
    Inbound.update(state=state, because=because, recorded_at=now).where(Inbound.id == inbound).execute()
