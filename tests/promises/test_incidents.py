"""A real desk's log: spells tile every one of its cases, so that their sums are exact on every clock."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby, pairwise

import pytest

from daemon import almanac
from daemon.almanac import Definition
from daemon.core.status import BACKLOG
from reports.spells import spells
from tests.shared import incidents

STATUS = {
    "New": "new",
    "Active": "open",
    "Awaiting User Info": "pending",
    "Awaiting Vendor": "on_hold",
    "Awaiting Problem": "on_hold",
    "Awaiting Evidence": "on_hold",
    "Resolved": "resolved",
    "Closed": "closed",
}


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def cases() -> Iterator[tuple[str, int, list[tuple[int, str]], int]]:
    """Of each case: its number, when it was opened, its moves, and when it was seen last."""
    text = gzip.decompress(incidents().read_bytes()).decode("utf-8")
    rows = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["number"])
    for number, group in groupby(rows, key=lambda row: row["number"]):
        known = [row for row in group if row["state"] in STATUS]
        opened = instant(known[0]["opened_at"])
        moves = [(instant(row["sys_updated_at"]), STATUS[row["state"]]) for row in known]
        yield number, opened, moves, max(opened, *(at for at, _ in moves))


def test_spells_tile_every_case_and_their_sums_are_exact_on_both_clocks() -> None:
    office = Definition("Europe/Berlin", ("mon-fri 08:00-18:00",), "DE")
    timeline = almanac.join(2016, [almanac.lay_out(office, year) for year in (2016, 2017, 2018)])
    counted = 0
    for number, opened, moves, until in cases():
        life = spells(opened, moves, until)
        if until > opened:
            assert (life[0].start, life[-1].end) == (opened, until), number
        assert all(one.end == other.start for one, other in pairwise(life)), number
        assert sum(s.end - s.start for s in life) == until - opened, number
        assert sum(timeline.between(s.start, s.end) for s in life) == timeline.between(opened, until), number
        assert {s.status for s in life} <= BACKLOG | {"resolved", "closed"}
        counted += 1
    assert counted == 24_918


@pytest.mark.parametrize(
    ("moves", "told"),
    [
        ([(0, "new"), (10, "open"), (25, "resolved")], [(0, 10, "new"), (10, 25, "open"), (25, 30, "resolved")]),
        ([(5, "new")], [(0, 30, "new")]),
        ([(0, "new"), (10, "open"), (10, "pending")], [(0, 10, "new"), (10, 30, "pending")]),
        ([(0, "new"), (10, "new"), (20, "open")], [(0, 20, "new"), (20, 30, "open")]),
        ([(0, "new"), (20, "open"), (10, "pending")], [(0, 20, "new"), (20, 30, "pending")]),
        ([(0, "new"), (40, "open")], [(0, 30, "new")]),
        ([], []),
    ],
)
def test_a_life_is_tiled_whatever_its_moves(moves: list[tuple[int, str]], told: list[tuple[int, int, str]]) -> None:
    assert [(s.start, s.end, s.status) for s in spells(0, moves, 30)] == told
