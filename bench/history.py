"""A desk's database of any size: the year of ``reports.synth`` by its fast path, poured into a database's tables."""

from __future__ import annotations

import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reports import Desk, synth
from reports.schema import TABLES

ROWS = 50_000
OWN: dict[str, dict[str, Any]] = {
    "ticket": {"subject": "", "resolution_text": None, "turns": 0, "idle_since": 0, "rules_acted": "", "dormant": 0},
    "message": {"subject": "", "words": "", "evidence_detail": "", "raw": "0" * 64},
    "promise": {"done": ""},
    "event": {},
}
"""Columns that no view shows."""


def database(folder: Path, tickets: int, processes: int = 2) -> Path:
    """A database of so many tickets of short lives (some 7 events each), made once and kept in a folder."""
    path = folder / f"desk-{tickets}-{synth._recipe()}.db"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    began = time.perf_counter()
    desk = synth.fast(tickets, processes=processes, progress=lambda done: _tell(done, tickets), brief=True)
    making = path.with_suffix(".making")
    making.unlink(missing_ok=True)
    work = folder / "founding"
    work.mkdir(exist_ok=True)
    for old in work.iterdir():
        old.unlink()
    founded = Path(synth.play(work, synth.script.write(0)).removeprefix("sqlite:///"))
    founded.replace(making)
    _pour(desk, making)
    making.replace(path)
    print(f"           {path.name} made in {time.perf_counter() - began:.0f} s", flush=True)
    return path


def _pour(desk: Desk, path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = off; PRAGMA foreign_keys = off;")
    people = int(desk.whole("ticket", "requester_id").max())
    connection.executemany(
        "INSERT OR IGNORE INTO person (id, name, created_at) VALUES (?, ?, 0)", ((i, "") for i in range(1, people + 1))
    )
    for name in OWN:
        columns = list(TABLES[name].published)
        own = OWN[name]
        stored = ["id" if column == TABLES[name].key else column for column in columns]
        places = ", ".join("?" * (len(columns) + len(own)))
        sql = f"INSERT INTO {name} ({', '.join([*stored, *own])}) VALUES ({places})"  # noqa: S608
        desk.load(name, tuple(columns))
        rest = tuple(own.values())
        connection.executemany(sql, (row + rest for row in _rows(desk, name, columns)))
        connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()


def _rows(desk: Desk, name: str, columns: list[str]) -> Iterator[tuple[Any, ...]]:
    arrays = [_plain(desk.text(name, column)) for column in columns]
    for low in range(0, len(arrays[0]), ROWS):
        yield from zip(*(array.slice(low, ROWS).to_pylist() for array in arrays), strict=True)


def _plain(array: pa.ChunkedArray) -> pa.ChunkedArray:
    if pa.types.is_timestamp(array.type):
        return pc.divide(pc.cast(array, pa.int64()), 1000)
    return pc.cast(array, pa.string()) if pa.types.is_dictionary(array.type) else array


def _tell(done: int, of: int) -> None:
    if sys.stderr.isatty() or done % 100_000 < 4_000:
        print(f"           {done:,} of {of:,} …", flush=True)
