"""One Parquet file of a snapshot being written."""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from reports.arrow import schema_of
from reports.manifest import File, sha256
from reports.schema import Table

GROUP = 128_000
"""Rows of a row group, and of those that are held before they are set aside."""


class Sheet:
    """One Parquet file being written: rows as they come, and when all are there, ticket by ticket.

    A month fits into memory and all of them may not, so rows lie in a file until then.
    """

    def __init__(self, folder: Path, name: str, month: str, table: Table) -> None:
        self._name, self._month, self._table, self._folder = name, month, table, folder
        self._path = folder / f"{name}-{month or 'all'}.writing"
        self._schema = schema_of(table)
        self._coming: pa.RecordBatchStreamWriter | None = None
        self._waiting: list[pa.Table] = []
        self._held = self._unsettled = self._newest = 0

    def add(self, rows: pa.Table) -> None:
        self._waiting.append(rows)
        self._held += rows.num_rows
        if self._table.unsettled:
            self._newest = max(self._newest, pc.max(rows[self._table.key]).as_py())
            open_states = pa.array(self._table.unsettled)
            self._unsettled += pc.sum(pc.is_in(pc.cast(rows["state"], pa.string()), open_states)).as_py() or 0
        if self._held >= GROUP:
            self._set_aside()

    def finish(self) -> File:
        rows = self._all_rows()
        keys = [(key, "ascending") for key in dict.fromkeys((*self._table.order, self._table.key))]
        rows = rows.take(pc.sort_indices(rows, keys)) if rows.num_rows else rows
        pq.write_table(rows, self._path, compression="zstd", compression_level=1, row_group_size=GROUP)
        digest = sha256(self._path)
        final = self._folder / f"{self._name}-{self._month or 'all'}-{digest[:12]}.parquet"
        with self._path.open("rb") as written:
            os.fsync(written.fileno())
        self._path.replace(final)
        size = final.stat().st_size
        return File(final.name, self._name, self._month, rows.num_rows, size, digest, self._unsettled, self._newest)

    def _all_rows(self) -> pa.Table:
        parts = self._waiting
        if self._coming is not None:
            self._coming.close()
            with pa.memory_map(str(self._aside)) as file:
                parts = [pa.ipc.open_stream(file).read_all(), *parts]
            self._aside.unlink()
        return pa.concat_tables(parts).unify_dictionaries().cast(self._schema) if parts else self._schema.empty_table()

    def _set_aside(self) -> None:
        rows = pa.concat_tables(self._waiting).unify_dictionaries().cast(self._schema)
        if self._coming is None:
            self._coming = pa.ipc.new_stream(str(self._aside), self._schema)
        self._coming.write_table(rows)
        self._waiting, self._held = [], 0

    @property
    def _aside(self) -> Path:
        return self._path.with_suffix(".aside.writing")
