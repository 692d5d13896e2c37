"""The cursor of an endpoint moves from where it was read, on each database, and misses no event."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from daemon.core.webhooks import Wish
from daemon.store import webhooks
from daemon.store.db import Store
from daemon.store.tables import Event, Person, Ticket


@pytest.fixture
def ticket(store: Store) -> int:
    def make() -> int:
        person = Person.insert(created_at=0).execute()
        return int(
            Ticket.insert(
                desk="support",
                subject="",
                status="new",
                team="billing",
                requester=person,
                channel="smtp",
                opened_at=0,
                updated_at=0,
            ).execute()
        )

    return store.write(make).result()


def happens(ticket: int, kind: str = "rated") -> int:
    return int(Event.insert(ticket=ticket, kind=kind, at=1, recorded_at=2, because="x").execute())


def event_of(store: Store, name: str) -> int:
    standing = store.read(lambda: webhooks.standing(name))
    assert standing is not None
    return standing.event


def test_a_new_endpoint_begins_now_a_known_one_stays_and_one_that_is_gone_is_forgotten(
    store: Store, ticket: int
) -> None:
    store.write(lambda: webhooks.introduce(["old", "gone"])).result()
    number = store.write(lambda: happens(ticket)).result()
    store.write(lambda: webhooks.introduce(["old", "new"])).result()
    assert (event_of(store, "old"), event_of(store, "new")) == (0, number)
    assert store.read(lambda: webhooks.standing("gone")) is None
    store.write(lambda: webhooks.introduce([])).result()
    assert store.read(lambda: webhooks.standing("old")) is None


def test_a_cursor_that_somebody_set_meanwhile_is_not_overwritten(store: Store, ticket: int) -> None:
    store.write(lambda: webhooks.introduce(["all"])).result()
    store.write(lambda: webhooks.move("all", 0, 7, "HTTP 200")).result()
    assert event_of(store, "all") == 7
    store.write(lambda: webhooks.replay("all", 3)).result()
    store.write(lambda: webhooks.move("all", 7, 8, "HTTP 200")).result()
    store.write(lambda: webhooks.failed("all", 7, 1, 10, 20, "HTTP 500")).result()
    assert event_of(store, "all") == 3
    standing = store.read(lambda: webhooks.standing("all"))
    assert standing is not None
    assert standing.attempts == 0


def test_what_waits_is_counted_as_it_is_wished(store: Store, ticket: int) -> None:
    for kind in ("rated", "rated", "tagged"):
        store.write(lambda kind=kind: happens(ticket, kind)).result()  # type: ignore[misc]
    for wish, count in (
        (Wish(), 3),
        (Wish(kinds=frozenset({"rated"})), 2),
        (Wish(teams=frozenset({"support"})), 0),
        (Wish(desks=frozenset({"support"}), teams=frozenset({"billing"})), 3),
    ):
        assert store.read(lambda wish=wish: webhooks.waiting(0, wish)) == count  # type: ignore[misc]


def test_a_reader_with_a_cursor_misses_no_event_that_many_write_at_once(store: Store, ticket: int) -> None:
    seen: list[int] = []
    with ThreadPoolExecutor(4) as writers:
        writing = [writers.submit(lambda: store.write(lambda: happens(ticket)).result()) for _ in range(200)]
        while not all(job.done() for job in writing) or (seen[-1:] != [store.read(webhooks.newest)]):
            last = seen[-1] if seen else 0
            seen += [one.id for one in store.read(lambda last=last: webhooks.behind(last, 50))]  # type: ignore[misc]
    assert sorted(job.result() for job in writing) == seen
