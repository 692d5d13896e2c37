"""Arrow's types for ours, and the columns that are made from an event's ``data``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from reports.schema import Column, Table

WORD = pa.dictionary(pa.int32(), pa.string())
STORED: dict[str, pa.DataType] = {
    "whole": pa.int64(),
    "instant": pa.timestamp("ms", tz="UTC"),
    "word": WORD,
    "text": pa.string(),
    "truth": pa.bool_(),
}
"""As they lie in Parquet and in memory. Milliseconds, because Parquet has no seconds; they are whole seconds."""
RAW: dict[str, pa.DataType] = {
    "whole": pa.int64(),
    "instant": pa.int64(),
    "word": pa.string(),
    "text": pa.string(),
    "truth": pa.int64(),
}
"""As the databases give them."""
REPEATED = ("promise", "snooz", "mail_", "bounced", "escalat")
"""Beginnings of kinds of events whose data differ from row to row; there is no from and to in them."""


def schema_of(table: Table, columns: Iterable[str] | None = None) -> pa.Schema:
    """The stored schema of a table, or of some of its columns."""
    chosen = table.columns if columns is None else {name: table.columns[name] for name in columns}
    return pa.schema([pa.field(name, STORED[column.type]) for name, column in chosen.items()])


def stored(batch: pa.RecordBatch | pa.Table, table: Table) -> pa.Table:
    """Rows as a database gave them, in their stored types, with the derived columns added."""
    arrays = {name: _stored(batch.column(i), column) for i, (name, column) in enumerate(table.published.items())}
    if any(column.derived for column in table.columns.values()):
        arrays |= _derived(arrays["kind"], arrays["data"])
    return pa.table([arrays[name] for name in table.columns], schema=schema_of(table))


def _stored(array: Any, column: Column) -> Any:
    match column.type:
        case "instant":
            seconds = pc.cast(array, pa.int64())
            return pc.cast(pc.cast(seconds, pa.timestamp("s", tz="UTC")), STORED["instant"])
        case "word":
            return _words(array)
        case "truth":
            return pc.equal(array, 1)
        case kind:
            return pc.cast(array, STORED[kind])


def _words(array: Any) -> Any:
    encoded = pc.dictionary_encode(pc.cast(array, pa.string()))
    return encoded.unify_dictionaries() if isinstance(encoded, pa.ChunkedArray) else encoded


def _derived(kinds: Any, data: Any) -> dict[str, Any]:
    """``was``, ``becomes`` and ``by``: each of the few different data is read once."""
    words = pc.cast(kinds, pa.string())
    varied = words
    telling = pc.invert(_any(pc.starts_with(varied, beginning) for beginning in REPEATED))
    encoded = pc.dictionary_encode(pc.if_else(telling, data, pa.scalar(None, pa.string())))
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    read = [json.loads(one) for one in encoded.dictionary.to_pylist()]
    columns = {"was": "from", "becomes": "to", "by": "by"}
    return {
        name: _words(
            pa.array([None if (v := one.get(key)) is None else str(v) for one in read], pa.string()).take(
                encoded.indices
            )
        )
        for name, key in columns.items()
    }


def _any(masks: Iterable[Any]) -> Any:
    result = None
    for mask in masks:
        result = mask if result is None else pc.or_(result, mask)
    return result
