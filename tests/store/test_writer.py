"""Group commit: one transaction for many, and nobody told before it stands."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import peewee as pw
import pytest

from daemon.store.db import Store, open_store
from daemon.store.query import column, rows
from daemon.store.tables import Person, Raw
from daemon.store.writer import StoreUnavailable
from tests.databases import look

ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)


def names(store: Store) -> list[str]:
    return store.read(lambda: column(Person.select(Person.name).order_by(Person.id)))


def person(name: str) -> int:
    return int(Person.insert(name=name, created_at=0).execute())


def together(store: Store, *jobs: Any) -> list[Future[Any]]:
    """Submit jobs while the writer is busy, so that they share a batch."""
    busy, gate = threading.Event(), threading.Event()
    store.write(lambda: busy.set() or gate.wait(5))
    busy.wait(5)
    futures = [store.write(job) for job in jobs]
    gate.set()
    return futures


def test_a_job_is_answered_after_its_commit(store: Store, url: str) -> None:
    store.write(lambda: person("one")).result(5)
    assert look(url, "SELECT name FROM person") == [{"name": "one"}]


def test_many_jobs_share_one_commit(store: Store) -> None:
    count = 0

    def committed() -> None:
        nonlocal count
        count += 1

    store.writer.committed = committed
    for future in together(store, *[lambda n=n: person(str(n)) for n in range(30)]):
        future.result(5)
    assert len(names(store)) == 30
    assert count == 2  # the one that held the writer, and all the others


def test_a_failing_job_fails_alone(store: Store) -> None:
    def broken() -> None:
        person("never")
        raise ValueError("a fault of this job")

    first, second, third = together(store, lambda: person("first"), broken, lambda: person("third"))
    assert first.result(5) and third.result(5)
    with pytest.raises(ValueError, match="this job"):
        second.result(5)
    assert names(store) == ["first", "third"]


@ON_SQLITE
def test_a_full_disk_in_mid_batch_fails_only_what_does_not_fit(store: Store) -> None:
    """SQLITE_FULL ends the whole transaction; without care, the jobs behind it would commit one by one, unnoticed."""

    def too_big() -> None:
        Raw.insert(sha256="f" * 64, size=0, content=b"x" * 10_000_000).execute()

    def no_room() -> None:
        pages = store.database.pragma("page_count")
        store.database.pragma("max_page_count", int(pages) + 60, permanent=True)

    store.write(no_room).result(5)
    first, full, third = together(store, lambda: person("first"), too_big, lambda: person("third"))
    assert first.result(5) and third.result(5)
    with pytest.raises(StoreUnavailable, match="full"):
        full.result(5)
    assert names(store) == ["first", "third"]
    assert store.read(lambda: rows(Raw.select(Raw.sha256))) == []


@ON_SQLITE
def test_after_a_full_disk_the_writer_goes_on(store: Store) -> None:
    def no_room() -> None:
        store.database.pragma("max_page_count", int(store.database.pragma("page_count")), permanent=True)

    def fill() -> None:
        Raw.insert(sha256="f" * 64, size=0, content=b"x" * 10_000_000).execute()

    store.write(no_room).result(5)
    with pytest.raises(StoreUnavailable):
        store.write(fill).result(5)
    store.write(lambda: store.database.pragma("max_page_count", 1_000_000, permanent=True)).result(5)
    assert store.write(fill).exception(5) is None


@ON_SQLITE
def test_a_lock_held_by_another_program_is_said_and_survived(store: Store, tmp_path: Path) -> None:
    store.write(lambda: store.database.execute_sql("PRAGMA busy_timeout = 50")).result(5)
    other = sqlite3.connect(tmp_path / "desk.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="locked"):
        store.write(lambda: person("late")).result(10)
    other.execute("ROLLBACK")
    other.close()
    assert store.write(lambda: person("in time")).result(10)


def test_closing_writes_what_is_queued(url: str) -> None:
    store = open_store(url)
    futures = together(store, *[lambda n=n: person(str(n)) for n in range(5)])
    store.close()
    assert [f.result(0) for f in futures] == [1, 2, 3, 4, 5]
    with pytest.raises(StoreUnavailable):
        store.write(lambda: None).result(1)


def test_readers_cannot_write(store: Store) -> None:
    with pytest.raises((StoreUnavailable, pw.InternalError), match=r"read-?only"):
        store.read(lambda: person("no"))


def test_a_reader_sees_one_snapshot(store: Store) -> None:
    def twice() -> tuple[int, int]:
        before = Person.select().count()
        store.write(lambda: person("meanwhile")).result(5)
        return before, Person.select().count()

    assert store.read(twice) == (0, 0)
    assert names(store) == ["meanwhile"]
