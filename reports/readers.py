"""Where a desk's tables come from: memory, or the files of a snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from reports.arrow import schema_of
from reports.manifest import File, Manifest, check_file
from reports.schema import TABLES

READERS = 2
"""Files that are read at once; each is decoded by several threads already."""


class Reader(Protocol):
    """Where tables come from."""

    def columns(self, table: str, names: tuple[str, ...]) -> pa.Table: ...


class InMemory:
    """Tables at hand; those that are not are empty."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self._tables = tables

    def columns(self, table: str, names: tuple[str, ...]) -> pa.Table:
        found = self._tables.get(table)
        return found.select(list(names)) if found is not None else schema_of(TABLES[table], names).empty_table()


class Snapshot:
    """The files of a snapshot, each held against its SHA-256 before it is first read."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self._folder = folder
        self._files = {name: [f for f in manifest.files if f.table == name] for name in TABLES}
        self._checked: set[str] = set()

    def columns(self, table: str, names: tuple[str, ...]) -> pa.Table:
        files, schema = self._files[table], schema_of(TABLES[table], names)
        if not files:
            return schema.empty_table()
        trusted = table in self._checked

        def read(file: File) -> pa.Table:
            if not trusted:
                check_file(self._folder, file)
            return pq.ParquetFile(self._folder / file.path).read(columns=list(names)).select(list(names))

        with ThreadPoolExecutor(READERS) as pool:
            parts = list(pool.map(read, files))
        self._checked.add(table)
        return pa.concat_tables(parts)
