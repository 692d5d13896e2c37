"""Snapshots: whole, brought up to date, without names; and a sentence for each that cannot be trusted."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import reports
from reports import Desk, SourceError, snapshot
from reports.schema import TABLES
from reports.sources import connect, query
from reports.synth import script
from tests.databases import DATABASES, PostgresServer, rewrite
from tests.promises.desk import SimulatedDesk, simulated, utc

FRAMES = tuple(TABLES)
SETTINGS = {
    "calendar": [script.OFFICE],
    "policy": [script.POLICIES[2]],
    "limits": {"tickets_per_address": 1000},
    "field": [{"name": "serial"}, {"name": "product", "kind": "choice", "choices": ["printer", "vpn"]}],
}


@pytest.fixture(params=DATABASES)
def alive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SimulatedDesk]:
    """A desk on either database, with three tickets in two months."""
    url = ""
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.new_database()
    with simulated(tmp_path, SETTINGS, utc("2026-03-02 09:00"), url) as here:
        happen(here)
        yield here


def happen(here: SimulatedDesk) -> None:
    first, second = here.open(), here.open("other@example.net")
    here.fill_in(second, serial="SN 12", product="vpn")
    here.fill_in(first, product="printer")
    here.live_until(utc("2026-03-02 11:00"))
    here.agent_replies(first)
    here.live_until(utc("2026-04-02 09:00"))
    here.open("third@example.net")
    here.set(second, status="closed")


def take(here: SimulatedDesk, folder: Path, key: bytes | None = None) -> snapshot.Manifest:
    with connect(here.url) as source:
        return snapshot.take(source, folder, key, at=here.now)


def same(one: Desk, other: Desk) -> None:
    for name in FRAMES:
        pd.testing.assert_frame_equal(one.frame(name), other.frame(name), check_categorical=False)


def test_a_snapshot_is_what_the_live_database_says(alive: SimulatedDesk, tmp_path: Path) -> None:
    take(alive, tmp_path / "out")
    read, live = reports.open(tmp_path / "out"), reports.open(alive.url)
    same(read, live)
    assert (len(read), read.taken_at) == (3, alive.now)
    assert read.tickets["status"].tolist() == ["pending", "closed", "new"]
    assert len(reports.reconcile(read)) == 0


def test_one_brought_up_to_date_equals_a_new_one_and_leaves_untouched_months_alone(
    alive: SimulatedDesk, tmp_path: Path
) -> None:
    before = take(alive, tmp_path / "kept")
    alive.live_until(utc("2026-04-03 10:00"))
    alive.agent_replies(3)
    alive.open("fourth@example.net")
    after = take(alive, tmp_path / "kept")
    take(alive, tmp_path / "new")
    same(reports.open(tmp_path / "kept"), reports.open(tmp_path / "new"))
    march, april = (
        [{f.path for f in m.files if f.month == month} for m in (before, after)] for month in ("2026-03", "2026-04")
    )
    assert {f for f in march[0] if not f.startswith("delivery")} <= march[1]
    assert not {f for f in april[0] if f.startswith("event")} & april[1]


def test_fields_of_the_operators_own_are_told_and_grouped_by(alive: SimulatedDesk, tmp_path: Path) -> None:
    take(alive, tmp_path / "out")
    read = reports.open(tmp_path / "out")
    assert read.fields.to_numpy().tolist() == [
        [1, 1, "product", "printer"],
        [2, 1, "product", "vpn"],
        [2, 2, "serial", "SN 12"],
    ]
    volume = reports.volume(read, by=["product"], period=None)
    assert dict(zip(volume["product"].fillna("none"), volume["n"], strict=True)) == {"printer": 1, "vpn": 1, "none": 1}


def test_a_field_that_is_emptied_is_in_the_next_snapshot_no_longer(alive: SimulatedDesk, tmp_path: Path) -> None:
    take(alive, tmp_path / "out")
    alive.fill_in(2, serial="")
    take(alive, tmp_path / "out")
    assert reports.open(tmp_path / "out").fields["field"].tolist() == ["product", "product"]


def test_whoever_reads_may_finish_before_the_next_but_one(alive: SimulatedDesk, tmp_path: Path) -> None:
    take(alive, tmp_path / "out")
    reading = reports.open(tmp_path / "out")
    alive.open("fourth@example.net")
    take(alive, tmp_path / "out")
    assert len(reading.tickets) == 3
    assert len(reports.open(tmp_path / "out")) == 4


def test_a_person_who_was_erased_is_in_no_file_any_longer(alive: SimulatedDesk, tmp_path: Path) -> None:
    take(alive, tmp_path / "out")
    rewrite(alive.url, "DELETE FROM mail_address WHERE key = 'third@example.net'")
    take(alive, tmp_path / "out")
    assert "third@example.net" not in reports.open(tmp_path / "out").persons["address"].to_list()
    assert len(list((tmp_path / "out").glob("person-*"))) == 1


def test_a_pseudonymised_one_tells_the_same_figures_and_nobody(alive: SimulatedDesk, tmp_path: Path) -> None:
    alive.set(1, assignee="agent@desk.example")
    take(alive, tmp_path / "open")
    take(alive, tmp_path / "hidden", b"a key that is long enough")
    known, hidden = reports.open(tmp_path / "open"), reports.open(tmp_path / "hidden")
    assert hidden.persons.empty
    assert not set(hidden.tickets["requester_id"]) & set(known.tickets["requester_id"])
    assert hidden.tickets["requester_id"].nunique() == known.tickets["requester_id"].nunique()
    assert hidden.events["at"].equals(known.events["at"])
    assigned = hidden.events.query("kind == 'assigned'")
    assert [int(number) for number in assigned["becomes"]] == [hidden.tickets["assignee_id"].dropna().iloc[0]]
    assert (hidden.spells["assignee_id"].dropna() == hidden.tickets["assignee_id"].dropna().iloc[0]).all()
    pd.testing.assert_frame_equal(reports.kept(hidden), reports.kept(known))
    assert hidden.fields["field"].equals(known.fields["field"])
    assert hidden.fields["value"].isna().all()
    for path in (tmp_path / "hidden").iterdir():
        content = path.read_bytes()
        assert b"example.net" not in content
        assert b"Desk Agent" not in content


def test_another_key_gives_other_numbers(alive: SimulatedDesk, tmp_path: Path) -> None:
    numbers = []
    for name in (b"one key that is long", b"another key so long"):
        take(alive, tmp_path / name.decode(), name)
        numbers.append(set(reports.open(tmp_path / name.decode()).tickets["requester_id"]))
    assert not numbers[0] & numbers[1]


def test_an_empty_desk_has_the_same_columns_and_types_and_tells_nothing(tmp_path: Path, year: Desk) -> None:
    with simulated(tmp_path, {}) as here:
        take(here, tmp_path / "out")
        empty = reports.open(tmp_path / "out")
    for name in FRAMES:
        frame = empty.frame(name)
        assert frame.empty or name in ("person", "policy", "calendar")
        assert frame.dtypes.astype(str).to_dict() == year.frame(name).dtypes.astype(str).to_dict()
    assert empty.spells.dtypes.astype(str).to_dict() == year.spells.dtypes.astype(str).to_dict()
    for metric in (reports.first_response, reports.next_response, reports.resolution):
        assert metric(empty, clock="calendar").empty or metric(empty, clock="calendar")["note"].eq("nobody").all()
    for tell in (
        reports.kept,
        reports.reopening,
        reports.satisfaction,
        reports.flow,
        reports.backlog,
        reports.forecast,
    ):
        assert len(tell(empty)) in (0, 1)
    assert reports.summary(empty) == ["There are no tickets yet."]


def test_reading_is_of_one_moment(alive: SimulatedDesk) -> None:
    with connect(alive.url) as source:
        before = source.last_event()
        alive.open("later@example.net")
        assert source.last_event() == before
        assert source.table(TABLES["ticket"]).num_rows == 3


# what cannot be trusted


@pytest.fixture
def taken(year_folder: Path, tmp_path: Path) -> Path:
    """A copy of the demo snapshot, to be spoilt."""
    import shutil

    return Path(shutil.copytree(year_folder, tmp_path / "copy"))


def refused(folder: Path | str) -> str:
    with pytest.raises(SourceError) as error:
        desk = reports.open(folder)
        for name in FRAMES:
            desk.frame(name)
    said = str(error.value)
    assert "\n" not in said
    return said


def test_a_half_written_one(taken: Path) -> None:
    (taken / "manifest.json").unlink()
    assert "was never finished; make it again" in refused(taken)


def test_one_with_a_file_missing_or_cut_short(taken: Path) -> None:
    path = next(taken.glob("event-*"))
    content = path.read_bytes()
    path.write_bytes(content[:-10])
    assert "bytes in place of" in refused(taken)
    path.unlink()
    assert "is missing" in refused(taken)


def test_one_with_a_single_bit_changed(taken: Path) -> None:
    path = next(taken.glob("promise-*"))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "its SHA-256 differs" in refused(taken)


def test_one_of_a_newer_version_and_one_whose_manifest_was_touched(taken: Path) -> None:
    manifest = json.loads((taken / "manifest.json").read_text())
    (taken / "manifest.json").write_text(json.dumps(manifest | {"taken_at": 5}))
    assert "was changed after it was written" in refused(taken)
    (taken / "manifest.json").write_text(json.dumps(manifest | {"version": 99}))
    assert "newer version (its format is 99" in refused(taken)
    (taken / "manifest.json").write_text("{")
    assert "is damaged" in refused(taken)


def test_no_snapshot_no_database_and_a_database_of_someone_else(tmp_path: Path) -> None:
    assert "counterfoil snapshot --out" in refused(tmp_path / "nothing")
    assert "there is no database" in refused(f"sqlite:///{tmp_path}/nothing.db")
    assert "is no database; write sqlite" in refused("mysql://host/name")
    other = tmp_path / "other.db"
    sqlite3.connect(other).execute("CREATE TABLE t (x)")
    assert "lacks the published views" in refused(f"sqlite:///{other}")
    assert "write sqlite:///" in refused(other)
    garbage = tmp_path / "garbage.db"
    garbage.write_bytes(b"no database at all, but long enough to look at" * 100)
    assert "garbage.db" in refused(f"sqlite:///{garbage}")


def test_a_folder_of_something_else_is_never_written_into(alive: SimulatedDesk, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("mine")
    with pytest.raises(SourceError, match="is no snapshot and is not empty"):
        take(alive, tmp_path / "mine")
    take(alive, tmp_path / "out")
    with pytest.raises(SourceError, match="name another folder"):
        take(alive, tmp_path / "out", b"a key that is long enough")


# what reports may read, and never write


def test_i23_only_the_published_views_are_read(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS) as here:
        happen(here)
        path = here.url.removeprefix("sqlite:///")
    connection = sqlite3.connect(path)
    read: set[tuple[str, str | None]] = set()

    def watch(action: int, one: str | None, two: str | None, database: str | None, within: str | None) -> int:
        if action == sqlite3.SQLITE_READ and one is not None:
            read.add((one, within))
        allowed = (sqlite3.SQLITE_READ, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION)
        return sqlite3.SQLITE_OK if action in allowed else sqlite3.SQLITE_DENY

    connection.set_authorizer(watch)
    for table in TABLES.values():
        connection.execute(query(table)).fetchall()
    assert {within or one for one, within in read} == {table.view for table in TABLES.values()}


def test_i23_a_report_cannot_write_to_the_database(alive: SimulatedDesk) -> None:
    with connect(alive.url) as source:
        for sql in ("DELETE FROM ticket", "UPDATE ticket SET status = 'closed'", "CREATE TABLE mine (x integer)"):
            with pytest.raises(Exception, match=r"(?i)read-?only"):
                source.column(sql)
            source._connection.rollback()


def test_the_views_have_the_columns_that_the_dictionary_tells(tmp_path: Path) -> None:
    with simulated(tmp_path, {}) as here:
        connection = sqlite3.connect(here.url.removeprefix("sqlite:///"))
        for table in TABLES.values():
            columns = [row[0] for row in connection.execute(f"SELECT * FROM {table.view}").description]
            assert sorted(columns) == sorted(table.published), table.view
