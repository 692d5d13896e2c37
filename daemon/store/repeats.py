"""Answers to POSTs with an Idempotency-Key as rows. Status 0: it was begun, and no answer is known yet."""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.values import Instant
from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import Repeatable


@dataclass(frozen=True, slots=True)
class Begun:
    """A request and its answer; ``request`` is a digest, ``headers`` JSON."""

    request: str
    status: int
    headers: str
    body: str
    created_at: Instant


NEW = Insertion(Repeatable, ignore=True)
UNDER = Prepared(
    Repeatable.select(
        Repeatable.request, Repeatable.status, Repeatable.headers, Repeatable.body, Repeatable.created_at
    ).where(Repeatable.token == Slot("token"), Repeatable.key == Slot("key"))
)
KEEP = Prepared(
    Repeatable.update(status=Slot("status"), headers=Slot("headers"), body=Slot("body")).where(
        Repeatable.token == Slot("token"), Repeatable.key == Slot("key")
    )
)
FORGET = Prepared(
    Repeatable.delete().where(Repeatable.token == Slot("token"), Repeatable.key == Slot("key"), Repeatable.status == 0)
)
SWEEP = Prepared(Repeatable.delete().where(Repeatable.created_at <= Slot("before")))


def begin(token: int, key: str, request: str, now: Instant, before: Instant) -> Begun:
    """What is known under a token's key: its answer, or that it is begun now; what is older than ``before`` goes."""
    SWEEP.run(before=before)
    NEW.add(token=token, key=key, request=request, status=0, body="", created_at=now)
    row = UNDER.first(token=token, key=key)
    assert row is not None
    return Begun(*row)


def keep(token: int, key: str, status: int, headers: str, body: str) -> None:
    """Keep the answer, to be given again."""
    KEEP.run(token=token, key=key, status=status, headers=headers, body=body)


def forget(token: int, key: str) -> None:
    """Nothing was done; the key may be used again."""
    FORGET.run(token=token, key=key)
