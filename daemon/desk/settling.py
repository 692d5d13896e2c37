"""Mail that waits in the ledger, by the operator's word: vouched for, or let rest."""

from __future__ import annotations

from typing import Literal

from daemon.core.reasons import sentence
from daemon.core.values import Outcome
from daemon.desk import confirm
from daemon.desk.house import House
from daemon.store import holds, ledger
from daemon.store.ledger import TRIED_AGAIN


class NotWaiting(Exception):
    """Nothing can be done with that mail; one sentence says why."""


class NoSuchMail(Exception):
    """The ledger has no mail of that number."""


def settle(house: House, number: int, decision: Literal["confirmed", "discarded"]) -> Outcome:
    """Release a held mail as if its agent had confirmed it, or let a mail rest; in the writer's transaction."""
    row = ledger.row(number)
    if row is None:
        raise NoSuchMail(number)
    held = holds.find(number)
    if held is not None and held.decision is None:
        outcome = confirm.settle(house, held, decision, house.now(), lapsed_too=True)
        if outcome is None:
            raise NotWaiting(f"mail {number} cannot be released: {sentence(held.because)}")
        return outcome
    if decision == "discarded" and row["state"] in TRIED_AGAIN:
        ledger.discard(number, "discarded-by-operator", house.now())
        return Outcome("", "ignored", "discarded-by-operator", number)
    raise NotWaiting(f"mail {number} is {row['state']} ({row['because']}): nothing waits there")
