"""Public replies, and notices of a new status, that wait for their undo time to pass."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import peewee as pw

from daemon.core import acts
from daemon.core.acts import Wait
from daemon.core.values import Address, Instant
from daemon.store import indexing, query
from daemon.store import people as store_people
from daemon.store.tables import Act, Hold, Message, Notice, Waiting


@dataclass(frozen=True, slots=True)
class Unreleased:
    """A reply whose undo time runs: its message, its ticket, the ledger row and bytes of its mail."""

    message: int
    ticket: int
    wait: Wait


def wait(message: int, waits: Wait) -> None:
    """Let a reply wait; everyone to whom it goes is known by now."""
    Waiting.insert(
        message=message,
        agent=waits.agent,
        becomes=waits.becomes,
        until=waits.until,
        people=_written(waits.people),
        release_at=waits.release_at,
    ).execute()


def _written(people: Iterable[int | Address]) -> str:
    found = [who if isinstance(who, int) else store_people.at(who.key) for who in people]
    return json.dumps([person for person in found if person is not None])


def _read(written: str) -> tuple[int, ...]:
    return tuple(store_people.today(person) for person in json.loads(written))


def withdraw(message: int, now: Instant) -> None:
    """A message will not go out, or is one no longer; a question about it is settled by that."""
    Waiting.delete().where(Waiting.message == message).execute()
    Hold.update(decision="discarded", decided_at=now).where(
        Hold.message == message, Hold.decided_at.is_null()
    ).execute()
    Message.update(state="withdrawn").where(Message.id == message).execute()
    indexing.index_message(message)


def put_off(message: int, until: Instant) -> None:
    """A reply whose release failed is tried again later."""
    Waiting.update(release_at=until).where(Waiting.message == message).execute()


def settle(message: int) -> None:
    """A reply waits no longer: it goes out, or its agent is asked."""
    Waiting.delete().where(Waiting.message == message).execute()


def unreleased(message: int) -> Unreleased | None:
    """A reply that waits; None for one that does not."""
    found = _unreleased(Waiting.message == message, 1)
    return found[0] if found else None


def due(now: Instant, limit: int) -> list[Unreleased]:
    """Replies whose undo time is over, the oldest first."""
    return _unreleased(Waiting.release_at <= now, limit)


def stranded(latest: Instant, limit: int) -> list[Unreleased]:
    """Replies that wait for longer than any does: the clock was set back since."""
    return _unreleased(Waiting.release_at > latest, limit)


def _unreleased(condition: Any, limit: int) -> list[Unreleased]:
    rows = query.rows(
        Waiting.select(
            Waiting.message,
            Message.ticket,
            Waiting.agent,
            Waiting.release_at,
            Waiting.becomes,
            Waiting.until,
            Waiting.people,
        )
        .join(Message)
        .where(condition)
        .order_by(Waiting.release_at, Waiting.message)
        .limit(limit)
    )
    return [
        Unreleased(message, ticket, Wait(agent, release_at, becomes, until, _read(people)))
        for message, ticket, agent, release_at, becomes, until, people in rows
    ]


def next_release() -> Instant | None:
    """When the next reply or notice is to be released."""
    firsts = [query.first(one.select(pw.fn.MIN(one.release_at))) for one in (Waiting, Notice)]
    return min((row[0] for row in firsts if row and row[0] is not None), default=None)


def notify(act: int, notice: acts.Notice) -> None:
    """Let a notice wait."""
    Notice.insert(
        act=act,
        status=notice.status,
        told=notice.told,
        people=_written(notice.people),
        release_at=notice.release_at,
    ).execute()


def forget(act: int) -> None:
    """A notice waits no longer: it leaves now, or never."""
    Notice.delete().where(Notice.act == act).execute()


def notices(now: Instant, longest: int, limit: int) -> list[int]:
    """The acts whose notices are due, the oldest first; one that waits for too long came before the clock was set."""
    due = (Notice.release_at <= now) | (Notice.release_at > now + longest)
    return query.column(Notice.select(Notice.act).where(due).order_by(Notice.release_at, Notice.act).limit(limit))


def is_followed(act: int) -> bool:
    """Whether a later notice on the same ticket waits."""
    ticket = Act.select(Act.ticket).where(Act.id == act)
    return query.first(Notice.select(Notice.act).join(Act).where(Act.ticket == ticket, Act.id > act)) is not None


def notice(act: int) -> tuple[int, acts.Notice] | None:
    """The ticket of a notice that waits, and the notice."""
    wanted = Notice.select(Act.ticket, Notice.release_at, Notice.status, Notice.told, Notice.people).join(Act)
    row = query.first(wanted.where(Notice.act == act))
    return (row[0], acts.Notice(row[1], row[2], row[3], _read(row[4]))) if row else None
