"""A desk as it was at an earlier instant: what had happened by then, and tickets with the fields that they had."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from reports.arrow import STORED, schema_of
from reports.dataset import MISSING, Desk, Whole, Words
from reports.schema import TABLES

UP_TO = {"event": "at", "message": "at", "rating": "at", "ticket": "opened_at"}
AS_THEY_WERE = ("status", "team", "priority", "type")
KEPT = ("calendar", "policy", "person")


def as_of(desk: Desk, at: int) -> Desk:
    """The desk up to ``at`` (UTC seconds), included; without what is told by rows of now: promises, letters, fields."""
    tables = {name: _whole_table(desk, name) for name in (*UP_TO, *KEPT)}
    for name, column in UP_TO.items():
        tables[name] = tables[name].filter(pa.array(desk.whole(name, column) <= at))
    life = desk.life
    then = np.flatnonzero((life.start <= at) & ((life.end > at) | life.last))
    lives = np.full(len(desk), -1)
    lives[life.row[then]] = then
    known = desk.whole("ticket", "opened_at") <= at
    spell = lives[known]
    ticket = tables["ticket"]
    for name in AS_THEY_WERE:
        ticket = _put(ticket, name, _words(getattr(life, name).take(np.maximum(spell, 0))))
    assignee = np.where(spell >= 0, life.assignee[np.maximum(spell, 0)], -1)
    ticket = _put(ticket, "assignee_id", pa.array(assignee, pa.int64(), mask=assignee < 0))
    for name in ("updated_at", "first_response_at", "resolved_at", "closed_at"):
        values = desk.whole("ticket", name)[known]
        ticket = _put(ticket, name, _instants(np.where(values <= at, values, MISSING)))
    into = desk.whole("ticket", "merged_into_id")[known]
    merged = life.status.among({"merged"})[np.maximum(spell, 0)] & (into != MISSING)
    tables["ticket"] = _put(ticket, "merged_into_id", pa.array(into, pa.int64(), mask=~merged))
    return Desk.of(tables, at, desk.name)


def _whole_table(desk: Desk, name: str) -> pa.Table:
    columns = TABLES[name].columns
    desk.load(name, tuple(columns))
    return pa.table([desk.text(name, column) for column in columns], schema=schema_of(TABLES[name]))


def _put(table: pa.Table, name: str, values: Any) -> pa.Table:
    return table.set_column(table.column_names.index(name), table.schema.field(name), values)


def _words(words: Words) -> Any:
    codes = pa.array(words.codes, pa.int32(), mask=words.codes < 0)
    return pa.DictionaryArray.from_arrays(codes, pa.array(words.names, pa.string()))


def _instants(seconds: Whole) -> Any:
    return pa.array(np.where(seconds == MISSING, 0, seconds) * 1000, STORED["instant"], mask=seconds == MISSING)
