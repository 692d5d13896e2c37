"""The ledger: a row for every mail seen. Where is my mail?"""

from __future__ import annotations

from typing import Any

import peewee as pw

from daemon import __version__
from daemon.core import repair
from daemon.core.values import Envelope, Instant, Parsed
from daemon.store import query, raw
from daemon.store.commit import Written
from daemon.store.prepared import Insertion
from daemon.store.tables import Hold, Inbound

TRIED_AGAIN = ("failed", "quarantined")

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
    retry_at: Instant | None = None,
) -> int:
    """Write the mail's row in the ledger, or with ``again`` renew the one it had; its number."""
    outcome = {
        "state": state,
        "because": because,
        "error": error,
        "ticket": written.ticket if written else None,
        "message": written.message if written else None,
        "recorded_at": now,
        "retry_at": retry_at,
        "version": __version__,
    }
    read = {
        "desk": desk,
        "recipient": recipient,
        "sender": envelope.sender,
        "fingerprint": parsed.fingerprint,
        "claim": claim,
        "from_text": parsed.from_text[:400],
        "subject": parsed.subject[:400],
        "rfc_message_id": parsed.message_id,
    }
    if again is not None:
        Inbound.update(attempts=Inbound.attempts + 1, **read, **outcome).where(Inbound.id == again).execute()
        return again
    return NEW_INBOUND.new(
        source=envelope.source,
        source_key=envelope.source_key,
        peer=envelope.peer,
        login=envelope.login,
        trusted_network=envelope.trusted_network,
        door=envelope.door,
        silent=envelope.silent,
        raw_bytes=parsed.sha256,
        received_at=envelope.received_at,
        **read,
        **outcome,
    )


def mail_of(message: int) -> tuple[int, bytes]:
    """The ledger row of a filed message and the bytes of its mail; KeyError if it has none."""
    row = query.first(Inbound.select(Inbound.id, Inbound.raw_bytes).where(Inbound.message == message))
    if row is None:
        raise KeyError(message)
    return int(row[0]), raw.read(row[1])


def attempts(number: int | None) -> int:
    """How often this row's mail was tried so far; 0 for one that has none yet."""
    return 0 if number is None else int(Inbound.get_by_id(number).attempts)


def due(now: Instant, limit: int) -> list[int]:
    """The rows whose mail is to be tried again now, the longest due first.

    What is due later than any pause is long was written before the clock was set back, and is tried now.
    """
    its_time = (Inbound.retry_at <= now) | (Inbound.retry_at > now + 2 * repair.LONGEST)
    return query.column(
        Inbound.select(Inbound.id)
        .where(Inbound.retry_at.is_null(False), its_time, Inbound.state.in_(TRIED_AGAIN))
        .order_by(Inbound.retry_at, Inbound.id)
        .limit(limit)
    )


def retry_other_versions(now: Instant) -> int:
    """Have mail tried once more that another version of this program could not act upon; how many there are."""
    asked = Hold.select(pw.SQL("1")).where(Hold.inbound == Inbound.id)
    return int(
        Inbound.update(retry_at=now)
        .where(
            Inbound.state.in_(TRIED_AGAIN),
            Inbound.version != __version__,
            Inbound.because.not_in(repair.NEVER),
            ~pw.fn.EXISTS(asked),
        )
        .execute()
    )


def counts() -> dict[str, int]:
    """How many mails are in each state."""
    return dict(query.rows(Inbound.select(Inbound.state, pw.fn.COUNT(Inbound.id)).group_by(Inbound.state)))


def rows(state: str | None = None, limit: int = 50, before: int | None = None) -> list[dict[str, Any]]:
    """The newest rows (``before`` one of them), newest last."""
    wanted = Inbound.select().order_by(Inbound.id.desc()).limit(limit)
    if state is not None:
        wanted = wanted.where(Inbound.state == state)
    if before is not None:
        wanted = wanted.where(Inbound.id < before)
    return query.dicts(wanted)[::-1]


def row(number: int) -> dict[str, Any] | None:
    """One row with all its columns; None if there is none."""
    return next(iter(query.dicts(Inbound.select().where(Inbound.id == number))), None)


def discard(number: int, because: str, now: Instant) -> None:
    """Let a mail rest: it stays in the ledger and is tried no more."""
    rested = {"state": "ignored", "because": because, "recorded_at": now, "retry_at": None}
    Inbound.update(rested).where(Inbound.id == number).execute()
