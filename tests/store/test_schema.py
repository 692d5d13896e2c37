"""The schema: one description, moved to by migrations, published by views, guarded by triggers."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import peewee as pw
import pytest
from playhouse.schema_diff import diff_models

from daemon.store import db, migrate
from daemon.store.db import Store, StoreError, open_store
from daemon.store.tables import TABLES, Event, Person, Ticket

VIEWS = {"v1_ticket", "v1_event", "v1_message", "v1_delivery", "v1_inbound"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/desk.db")
    yield opened
    opened.close()


def an_event() -> None:
    person = Person.insert(name="someone", created_at=0).execute()
    ticket = Ticket.insert(
        desk="support",
        subject="",
        status="new",
        team="support",
        requester=person,
        channel="smtp",
        opened_at=0,
        updated_at=0,
    ).execute()
    Event.insert(ticket=ticket, kind="ticket_opened", at=0, recorded_at=0, because="no-ticket-named").execute()


def test_the_migrations_lead_to_the_tables(store: Store) -> None:
    assert not diff_models(store.database, list(TABLES))


def test_every_published_view_can_be_read_and_names_no_person(store: Store) -> None:
    store.write(an_event).result(5)
    with sqlite3.connect(store.database.database) as other:
        views = {name for (name,) in other.execute("SELECT name FROM sqlite_master WHERE type = 'view'")}
        assert views == VIEWS
        for view in views:
            columns = {c[0] for c in other.execute(f"SELECT * FROM {view}").description}
            assert not columns & {
                "name",
                "address",
                "subject",
                "words",
                "recipient",
                "sender",
                "from_text",
                "response",
                "peer",
            }


@pytest.mark.parametrize("act", ["UPDATE event SET kind = 'x'", "DELETE FROM event"])
def test_events_are_append_only(store: Store, act: str) -> None:
    store.write(an_event).result(5)
    with pytest.raises(pw.IntegrityError, match="append-only"):
        store.write(lambda: store.database.execute_sql(act)).result(5)


def test_i02_a_commit_is_durable_or_the_start_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(f"sqlite:///{tmp_path}/desk.db")
    assert store.read(lambda: (store.database.pragma("journal_mode"), store.database.pragma("synchronous"))) == (
        "wal",
        2,
    )
    store.close()
    monkeypatch.setattr(db, "PRAGMAS", db.PRAGMAS | {"synchronous": "normal"})
    with pytest.raises(StoreError, match="WAL and FULL are needed"):
        open_store(f"sqlite:///{tmp_path}/desk.db")


def test_opening_twice_migrates_once(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/desk.db").close()
    store = open_store(f"sqlite:///{tmp_path}/desk.db")
    assert store.read(lambda: migrate.FOLDER.exists())
    store.close()


def test_two_starters_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    start = f"from daemon.store.db import open_store; open_store('sqlite:///{tmp_path}/desk.db').close()"
    both = [subprocess.Popen([sys.executable, "-c", start]) for _ in range(3)]
    assert [process.wait(60) for process in both] == [0, 0, 0]


def test_a_second_daemon_on_one_database_is_refused(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/desk.db", sole=True)
    with pytest.raises(StoreError, match="another Counterfoil runs"):
        open_store(f"sqlite:///{tmp_path}/desk.db", sole=True)
    open_store(f"sqlite:///{tmp_path}/desk.db").close()  # a command beside it may
    store.close()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/desk.db").close()
    with sqlite3.connect(tmp_path / "desk.db") as other:
        other.execute("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')")
    with pytest.raises(StoreError, match="newer Counterfoil"):
        open_store(f"sqlite:///{tmp_path}/desk.db")


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (
            lambda p: p.write_bytes(b"this is no database, and long enough to be looked at" * 50),
            "damaged or no SQLite file",
        ),
        (lambda p: p.mkdir(), "cannot be used"),
    ],
)
def test_a_broken_database_is_one_sentence_with_its_cure(tmp_path: Path, make: object, says: str) -> None:
    make(tmp_path / "desk.db")  # type: ignore[operator]
    with pytest.raises(StoreError, match=says):
        open_store(f"sqlite:///{tmp_path}/desk.db")


def test_an_unknown_url_says_how_to_write_one() -> None:
    with pytest.raises(StoreError, match="sqlite:///"):
        open_store("mysql://somewhere")


def test_the_database_is_its_owners_alone(tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/desk.db").close()
    assert (tmp_path / "desk.db").stat().st_mode & 0o077 == 0
