"""PostgreSQL's own ways to fail, and what the store makes of them."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon.store import raw
from daemon.store.db import Store, StoreError, open_store
from daemon.store.query import column
from daemon.store.tables import Person
from daemon.store.writer import StoreUnavailable
from tests.databases import PostgresServer, look, postgres_server


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.new_database()


@pytest.fixture
def own_server() -> Iterator[PostgresServer]:
    """A server that a test may stop."""
    with postgres_server() as server:
        yield server


def person(name: str) -> int:
    return int(Person.insert(name=name, created_at=0).execute())


def names(store: Store) -> list[str]:
    return store.read(lambda: column(Person.select(Person.name).order_by(Person.id)))


def test_the_store_reads_and_writes_on_after_all_its_connections_were_killed(
    store: Store, url: str, postgres: PostgresServer
) -> None:
    store.write(lambda: person("before")).result(10)
    names(store)
    assert postgres.cut_connections(url) >= 2
    while look(
        url, "SELECT 1 AS n FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ):
        pass  # the server ends them in its own time
    assert names(store) == ["before"]
    store.write(lambda: person("after")).result(10)
    assert names(store) == ["before", "after"]


def test_a_job_whose_connection_dies_under_it_runs_again_and_counts_once(
    store: Store, url: str, postgres: PostgresServer
) -> None:
    runs = 0

    def job() -> int:
        nonlocal runs
        runs += 1
        number = person("once")
        if runs == 1:
            postgres.cut_connections(url)
        while runs == 1:
            column(Person.select(Person.name))  # until the server's axe falls
        return number

    store.write(job).result(30)
    assert runs == 2
    assert names(store) == ["once"]


def test_a_commit_in_doubt_is_no_success(store: Store, url: str, postgres: PostgresServer) -> None:
    store.write(lambda: None).result(10)
    sound = store.database.execute_sql
    lost = threading.Event()

    def lose_the_answer(sql: str, params: Any = None) -> Any:
        done = sound(sql, params)
        if sql == "COMMIT" and threading.current_thread().name == "writer" and not lost.is_set():
            lost.set()
            store.database.connection().close()
            return sound("SELECT 1")
        return done

    store.database.execute_sql = lose_the_answer  # type: ignore[method-assign]
    with pytest.raises(StoreUnavailable):
        store.write(lambda: person("perhaps")).result(10)
    assert store.write(lambda: person("certainly")).result(10)
    assert names(store) == ["perhaps", "certainly"]


def test_a_server_that_crashed_and_came_back_is_used_again(own_server: PostgresServer) -> None:
    url = own_server.new_database()
    store = open_store(url, sole=True)
    store.write(lambda: person("before")).result(10)
    own_server.stop()
    with pytest.raises(StoreUnavailable):
        store.write(lambda: person("meanwhile")).result(30)
    with pytest.raises(StoreUnavailable):
        names(store)
    own_server.start()
    store.write(lambda: person("after")).result(30)
    assert names(store) == ["before", "after"]
    store.close()


ANOTHER_WRITER = """
from daemon.store.db import open_store
from daemon.store.tables import Person
store = open_store({url!r})
for future in [store.write(lambda: Person.insert(name="y", created_at=0).execute()) for _ in range(200)]:
    future.result(30)
store.close()
"""


def test_numbers_follow_commits_whichever_process_writes(store: Store, url: str) -> None:
    """A reader who remembers the highest number must never find a lower one later."""
    seen: list[int] = []
    missed: list[int] = []
    other = subprocess.Popen([sys.executable, "-c", ANOTHER_WRITER.format(url=url)])
    while other.poll() is None:
        store.write(lambda: person("x")).result(30)
        numbers = [row["id"] for row in look(url, "SELECT id FROM person ORDER BY id")]
        missed += [n for n in numbers if seen and n < seen[-1] and n not in seen]
        seen = numbers
    assert other.returncode == 0
    assert missed == []


@pytest.mark.parametrize(("setting", "value"), [("synchronous_commit", "off"), ("synchronous_commit", "local")])
def test_i02_storage_that_may_lose_a_commit_is_refused(
    url: str, postgres: PostgresServer, setting: str, value: str
) -> None:
    name = url.split("/")[3].partition("?")[0]
    postgres.execute("postgres", f"ALTER DATABASE {name} SET {setting} = {value}")
    with pytest.raises(StoreError, match=f"{setting}={value}, fsync=on; synchronous_commit=on and fsync=on are needed"):
        open_store(url)


def test_text_may_hold_what_postgresql_cannot(store: Store) -> None:
    store.write(lambda: person("nothing\0ness")).result(10)
    assert names(store) == ["nothing\ufffdness"]


def test_a_large_mail_comes_back_as_it_went_in(store: Store) -> None:
    content = bytes(range(256)) * 8192
    store.write(lambda: raw.keep("a" * 64, content)).result(30)
    store.write(lambda: raw.keep("a" * 64, b"never changed")).result(30)
    assert store.read(lambda: raw.read("a" * 64)) == content


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://desk@127.0.0.1:1/desk", "see that the server runs"),
        ("postgresql://desk:hunter2@127.0.0.1:1/desk", "see that the server runs"),
    ],
    ids=["away", "with its password"],
)
def test_a_server_that_cannot_be_reached_is_one_sentence_without_the_password(url: str, says: str) -> None:
    with pytest.raises(StoreError, match=says) as told:
        open_store(url)
    assert "hunter2" not in str(told.value)
    assert "postgresql://127.0.0.1:1/desk" in str(told.value)


def test_a_database_that_is_missing_says_so(postgres: PostgresServer, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist; create it"):
        open_store(postgres.url("nowhere"))
