"""The schema: one description, moved to by migrations, published by views, guarded by triggers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import peewee as pw
import pytest
from playhouse.migrations import Runner
from playhouse.schema_diff import diff_models

from daemon.store import indexing, migrate, sqlite, tables
from daemon.store.db import Store, StoreError, open_store
from daemon.store.tables import TABLES, Event, Person, Ticket
from tests.databases import rewrite

VIEWS = {
    f"v1_{name}" for name in "ticket event message delivery inbound promise calendar policy rating field person".split()
}


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
    assert not store.read(lambda: diff_models(store.database, list(TABLES)))


def test_the_search_lies_beside_the_tables_and_is_made_anew_as_the_migrations_make_it(store: Store) -> None:
    """Its tables are no models: each database has its own, and FTS5 keeps some more of its own."""

    def shape() -> list[object]:
        if isinstance(store.database, pw.SqliteDatabase):
            made = "SELECT sql FROM sqlite_master WHERE name LIKE 'search%' ORDER BY name"
            return [*store.database.execute_sql(made), *store.database.execute_sql("SELECT * FROM search_config")]
        made = "SELECT indexdef FROM pg_indexes WHERE tablename = 'search_entry' ORDER BY indexname"
        return list(store.database.execute_sql(made))

    migrated = store.read(shape)
    assert len(migrated) >= 4
    indexing.rebuild(lambda job: store.write(job).result(5))
    assert store.read(shape) == migrated
    assert not any(model._meta.table_name.startswith("search") for model in TABLES)  # type: ignore[attr-defined]


def test_every_published_view_can_be_read_and_names_no_person_but_the_one_of_persons(store: Store) -> None:
    store.write(an_event).result(5)
    views = store.read(lambda: {view.name for view in tables.database.get_views()})
    assert views == VIEWS
    for view in views - {"v1_person"}:
        columns = {column.name for column in store.read(lambda v=view: tables.database.get_columns(v))}
        assert columns and not (
            columns
            & {
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
        )


@pytest.mark.parametrize("act", ["UPDATE event SET kind = 'x'", "DELETE FROM event"])
def test_events_are_append_only(store: Store, act: str) -> None:
    store.write(an_event).result(5)
    with pytest.raises(pw.DatabaseError, match="append-only"):
        store.write(lambda: store.database.execute_sql(act)).result(5)


def test_i02_a_commit_is_durable_or_the_start_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = open_store(f"sqlite:///{tmp_path}/desk.db")
    assert store.read(lambda: (store.database.pragma("journal_mode"), store.database.pragma("synchronous"))) == (
        "wal",
        2,
    )
    store.close()
    monkeypatch.setattr(sqlite, "PRAGMAS", sqlite.PRAGMAS | {"synchronous": "normal"})
    with pytest.raises(StoreError, match="WAL and FULL are needed"):
        open_store(f"sqlite:///{tmp_path}/desk.db")


def test_opening_twice_migrates_once(url: str) -> None:
    open_store(url).close()
    store = open_store(url)
    assert store.read(lambda: migrate.FOLDER.exists())
    store.close()


def test_starters_at_once_do_not_disturb_each_other(url: str) -> None:
    start = f"from daemon.store.db import open_store; open_store({url!r}).close()"
    both = [subprocess.Popen([sys.executable, "-c", start]) for _ in range(3)]
    assert [process.wait(60) for process in both] == [0, 0, 0]


def test_a_second_daemon_on_one_database_is_refused(url: str) -> None:
    store = open_store(url, sole=True)
    with pytest.raises(StoreError, match="another Counterfoil runs"):
        open_store(url, sole=True)
    open_store(url).close()  # a command beside it may
    store.close()


def test_a_database_of_a_newer_version_is_left_alone(url: str) -> None:
    open_store(url).close()
    rewrite(url, "INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2030-01-01')")
    with pytest.raises(StoreError, match="newer Counterfoil"):
        open_store(url)


def test_a_migration_can_be_taken_back_and_made_again(url: str) -> None:
    store = open_store(url)
    store.database.let_this_thread_write()
    Runner(store.database, str(migrate.FOLDER)).down("0002_doors")
    store.database.let_this_thread_write(False)
    store.close()
    store = open_store(url)
    assert not store.read(lambda: diff_models(store.database, list(TABLES)))
    assert store.read(lambda: {view.name for view in tables.database.get_views()}) == VIEWS
    store.close()


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
