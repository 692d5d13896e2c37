"""The ledger: a row for every mail seen. Where is my mail?"""

from __future__ import annotations

from typing import Any

import peewee as pw

from daemon.core.values import Envelope, Instant, Parsed
from daemon.store import query
from daemon.store.commit import Written
from daemon.store.prepared import Insertion
from daemon.store.tables import Inbound

NEW_INBOUND = Insertion(Inbound)


def let_go(claim: str) -> None:
    """No older row stands for this mail any longer."""
    Inbound.update(claim=None).where(Inbound.claim == claim).execute()


def enter(
    parsed: Parsed,
    envelope: Envelope,
    desk: str,
    recipient: str,
    claim: str | None,
    state: str,
    because: str,
    written: Written | None,
    now: Instant,
    error: str | None = None,
    again: int | None = None,
) -> int:
    """Write the mail's row in the ledger, or with ``again`` renew the one it had; its number."""
    outcome = {
        "state": state,
        "because": because,
        "error": error,
        "ticket": written.ticket if written else None,
        "message": written.message if written else None,
        "recorded_at": now,
    }
    if again is not None:
        Inbound.update(attempts=Inbound.attempts + 1, **outcome).where(Inbound.id == again).execute()
        return again
    return NEW_INBOUND.new(
        source=envelope.source,
        source_key=envelope.source_key,
        desk=desk,
        recipient=recipient,
        sender=envelope.sender,
        peer=envelope.peer,
        login=envelope.login,
        trusted_network=envelope.trusted_network,
        door=envelope.door,
        silent=envelope.silent,
        fingerprint=parsed.fingerprint,
        claim=claim,
        from_text=parsed.from_text[:400],
        subject=parsed.subject[:400],
        rfc_message_id=parsed.message_id,
        raw_bytes=parsed.sha256,
        received_at=envelope.received_at,
        **outcome,
    )


def counts() -> dict[str, int]:
    """How many mails are in each state."""
    return dict(query.rows(Inbound.select(Inbound.state, pw.fn.COUNT(Inbound.id)).group_by(Inbound.state)))


def rows(state: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
    """The newest rows, newest last."""
    wanted = Inbound.select().order_by(Inbound.id.desc()).limit(limit)
    if state is not None:
        wanted = wanted.where(Inbound.state == state)
    return query.dicts(wanted)[::-1]


def row(number: int) -> dict[str, Any] | None:
    """One row with all its columns; None if there is none."""
    return next(iter(query.dicts(Inbound.select().where(Inbound.id == number))), None)


def discard(number: int, because: str, now: Instant) -> None:
    """Let a mail rest: it stays in the ledger and is tried no more."""
    Inbound.update(state="ignored", because=because, recorded_at=now).where(Inbound.id == number).execute()
