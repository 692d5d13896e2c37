"""Mail that cannot be acted upon: kept whole, told to the operator, ready to be tried again."""

from __future__ import annotations

from typing import Literal

from daemon.core import repair
from daemon.core.values import Address, Outcome
from daemon.desk import post
from daemon.desk.arrival import Arrival
from daemon.desk.house import House
from daemon.mail import letters
from daemon.mail.address import message_id
from daemon.mail.contexts import Report
from daemon.store import facts, ledger
from daemon.store import raw as kept

REPORTS_PER_HOUR = 20


def keep(
    house: House, arrival: Arrival, state: Literal["quarantined", "failed"], because: str, detail: str = ""
) -> Outcome:
    """Write the bytes and a ledger row; runs in the writer's transaction."""
    now, parsed, envelope, desk = house.now(), arrival.parsed, arrival.envelope, arrival.to.desk
    kept.keep(parsed.sha256, arrival.raw)
    recipient = house.recipient(envelope, desk)
    known = facts.duplicate(arrival.claim, envelope.source, arrival.dated, envelope.received_at, now, arrival.again)
    if known is not None:
        inbound = ledger.enter(
            parsed, envelope, desk, recipient, None, "ignored", "duplicate", None, now, again=arrival.again
        )
        return Outcome("", "ignored", "duplicate", inbound, known.ticket, known.message)
    if not arrival.dated:
        ledger.let_go(arrival.claim)
    inbound = ledger.enter(
        parsed,
        envelope,
        desk,
        recipient,
        arrival.claim,
        state,
        because,
        None,
        now,
        error=detail or None,
        again=arrival.again,
        retry_at=repair.again_at(because, ledger.attempts(arrival.again) + 1, now),
    )
    if arrival.again is None and not envelope.silent:
        tell_operator(house, arrival, state, inbound, because, now, detail)
    return Outcome("", state, because, inbound)


def tell_operator(
    house: House,
    arrival: Arrival,
    state: Literal["quarantined", "failed"],
    inbound: int,
    because: str,
    now: int,
    detail: str = "",
) -> None:
    """Report to the operator, if there is one and they are not being flooded."""
    operator, desk, parsed = house.config.operator, arrival.to.desk, arrival.parsed
    if not operator or facts.automatic_lately(operator.casefold(), ("report",), now) >= REPORTS_PER_HOUR:
        return
    command = f"counterfoil inbound show {inbound}"
    what = Report(state, inbound, because, detail, parsed.subject, parsed.from_text, parsed.size, command)
    mid = message_id(0, house.keyring.token(0, 0), house.nonce(), house.domain(desk))
    to = letters.Post(mid, now, (Address("", operator),))
    post.queue(house, letters.report(house.templates, house.stationery(desk), to, what), "report", desk, now)
