"""A desk's history as data: ``desk = reports.open(PATH)``, then frames, or columns for arithmetic.

Frames (``desk.tickets`` …) are pandas, with pinned types: categories for words, UTC instants to the second, Int64
where a number may be missing. Columns (``desk.whole``, ``desk.word``) are numpy, for the metrics; both are read when
they are first asked for, and only they. Tickets come in the order of their numbers; what belongs to tickets comes
ticket by ticket, and within one in the order in which it was written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from reports.manifest import read_manifest
from reports.problems import SourceError
from reports.readers import InMemory, Reader, Snapshot
from reports.schema import TABLES
from reports.sources import connect

if TYPE_CHECKING:
    from reports.calendars import Calendars
    from reports.spells import Spells

Whole = npt.NDArray[np.int64]
MISSING = np.iinfo(np.int64).min
"""What stands in a column of numpy where there is nothing."""


@dataclass(frozen=True, slots=True)
class Words:
    """A column of few words: for each row the place of its word in ``names``, or -1."""

    codes: npt.NDArray[np.int32]
    names: tuple[str, ...]

    def code(self, name: str) -> int:
        """The place of a word; -2, which no row has, for one that does not occur."""
        return self.names.index(name) if name in self.names else -2

    def among(self, names: frozenset[str] | set[str] | tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """For each row, whether its word is one of these."""
        known = np.array([name in names for name in self.names] + [False])
        return known[self.codes]

    def take(self, rows: Any) -> Words:
        return Words(self.codes[rows], self.names)

    def series(self) -> pd.Categorical:
        return pd.Categorical.from_codes(self.codes, categories=pd.Index(self.names, dtype="str"))


class Desk:
    """A desk's history up to ``taken_at`` (UTC seconds); ``name`` says where it comes from."""

    def __init__(self, reader: Reader, taken_at: int, name: str, digest: str = "") -> None:
        self.taken_at = taken_at
        self.name = name
        self.digest = digest
        self._reader = reader
        self._columns: dict[tuple[str, str], pa.ChunkedArray] = {}
        self._numbers: dict[tuple[str, str], Any] = {}
        self._orders: dict[str, Whole | None] = {}

    @classmethod
    def of(cls, tables: Mapping[str, pa.Table], taken_at: int, name: str = "in memory") -> Desk:
        """A desk of tables that are at hand, in stored types (``reports.arrow``)."""
        return cls(InMemory(tables), taken_at, name)

    def __repr__(self) -> str:
        until = pd.Timestamp(self.taken_at, unit="s", tz="UTC")
        return f"<desk of {len(self):,} tickets from {self.name}, up to {until:%Y-%m-%d %H:%M} UTC>"

    def __len__(self) -> int:
        return len(self.whole("ticket", "ticket_id"))

    # frames

    @property
    def tickets(self) -> pd.DataFrame:
        return self.frame("ticket")

    @property
    def events(self) -> pd.DataFrame:
        return self.frame("event")

    @property
    def messages(self) -> pd.DataFrame:
        return self.frame("message")

    @property
    def promises(self) -> pd.DataFrame:
        return self.frame("promise")

    @property
    def ratings(self) -> pd.DataFrame:
        return self.frame("rating")

    @property
    def fields(self) -> pd.DataFrame:
        return self.frame("field")

    @property
    def persons(self) -> pd.DataFrame:
        return self.frame("person")

    @property
    def spells(self) -> pd.DataFrame:
        """Each stretch of a ticket's life in which status, team, assignee, priority and type stayed the same."""
        return self.life.frame()

    def frame(self, table: str) -> pd.DataFrame:
        """A whole table as a frame."""
        described = TABLES[table]
        self.load(table, tuple(described.columns))
        return pd.DataFrame({name: self._series(table, name) for name in described.columns})

    # columns

    def load(self, table: str, names: tuple[str, ...]) -> None:
        """Read these columns of a table together, and with the first ones those that say how its rows are ordered."""
        keys = TABLES[table].keys if table not in self._orders else ()
        missing = tuple(dict.fromkeys(n for n in (*keys, *names) if (table, n) not in self._columns))
        if not missing:
            return
        read = self._reader.columns(table, missing)
        if table not in self._orders:
            ordering = [_whole(read[key]) for key in keys]
            self._orders[table] = _sorted(ordering)
            if self._orders[table] is None:
                self._numbers |= {(table, key): values for key, values in zip(keys, ordering, strict=True)}
        order = self._orders[table]
        if order is not None:
            read = read.unify_dictionaries().take(pa.array(order))
        for name in missing:
            self._columns[table, name] = read[name]

    def whole(self, table: str, name: str) -> Whole:
        """Numbers, or instants in UTC seconds; MISSING where there is none. Not to be written to."""
        if (table, name) not in self._numbers:
            self.load(table, (name,))
            self._numbers[table, name] = _whole(self._columns[table, name])
        found: Whole = self._numbers[table, name]
        return found

    def word(self, table: str, name: str) -> Words:
        """A column of words."""
        if (table, name) not in self._numbers:
            self.load(table, (name,))
            self._numbers[table, name] = _words(self._columns[table, name])
        found: Words = self._numbers[table, name]
        return found

    def text(self, table: str, name: str) -> pa.ChunkedArray:
        """Text as Arrow has it."""
        self.load(table, (name,))
        return self._columns[table, name]

    def field(self, name: str) -> Words:
        """What stands in a field of the operator's own, for each ticket."""
        fields = self.word("field", "field")
        chosen = np.flatnonzero(fields.codes == fields.code(name))
        values = self.word("field", "value")
        codes = np.full(len(self), -1, np.int32)
        codes[self.place(self.whole("field", "ticket_id")[chosen])] = values.codes[chosen]
        return Words(codes, values.names)

    @cached_property
    def life(self) -> Spells:
        """The spells in columns."""
        from reports.spells import spells

        return spells(self)

    @cached_property
    def calendars(self) -> Calendars:
        """The versions of calendars, and the one in which reports count unless told."""
        from reports.calendars import Calendars

        return Calendars(self)

    def place(self, tickets: Whole) -> Whole:
        """The rows of these tickets in the table of tickets; SourceError for one that is not there."""
        known = self.whole("ticket", "ticket_id")
        if len(known) and known[-1] - known[0] == len(known) - 1:
            rows = tickets - known[0]  # tickets without a gap, as they mostly come
            there = not len(rows) or (rows.min() >= 0 and rows.max() < len(known))
        else:
            rows = np.searchsorted(known, tickets).astype(np.int64)
            there = not len(rows) or (rows.max() < len(known) and (known[rows] == tickets).all())
        if not there:
            raise SourceError(f"{self.name} has rows of tickets that it does not have; make the snapshot again")
        found: Whole = rows
        return found

    def as_of(self, at: int) -> Desk:
        """What was known at an earlier instant: tickets, events, messages and ratings up to it, fields as they were.

        It has no promises and no fields of the operator's own: those are told by their rows as they are now.
        """
        from reports.past import as_of

        return as_of(self, at)

    def _series(self, table: str, name: str) -> Any:
        column = TABLES[table].columns[name]
        match column.type:
            case "word":
                return self.word(table, name).series()
            case "instant":
                seconds = self.whole(table, name)
                return pd.DatetimeIndex(instants(seconds)).tz_localize("UTC")
            case "whole" if column.lacking:
                values = self.whole(table, name)
                return pd.arrays.IntegerArray(np.where(values == MISSING, 0, values), values == MISSING)
            case "whole":
                return self.whole(table, name)
            case "truth":
                return self.text(table, name).to_pandas().to_numpy(bool)
            case _:
                return self.text(table, name).to_pandas().astype("str")


def open_desk(path: str | Path) -> Desk:
    """A snapshot's folder, or a live database (``sqlite:///…``, ``postgresql://…``), as a desk.

    A database is read whole, at one moment, and never written to. SourceError is a sentence.
    """
    text = str(path)
    if "://" in text:
        with connect(text) as source:
            tables = {name: source.table(table) for name, table in TABLES.items()}
            return Desk.of(tables, source.now(), source.name)
    if text.endswith((".db", ".sqlite")):
        raise SourceError(f"{text} is a database; write sqlite:///{text}, or the folder of a snapshot")
    folder = Path(path)
    manifest = read_manifest(folder)
    return Desk(Snapshot(folder, manifest), manifest.taken_at, manifest.source, manifest.digest)


def instants(seconds: Whole) -> npt.NDArray[np.datetime64]:
    """UTC seconds as numpy's instants, NaT for MISSING (which is its very number)."""
    return seconds.astype("M8[s]")


def _sorted(keys: list[Whole]) -> Whole | None:
    """The order of rows by these keys, the first one first; None if they lie so already."""
    if not keys:
        return None
    first, last = keys[0], keys[-1]
    if (first[1:] >= first[:-1]).all():
        along = first[1:] > first[:-1] if len(keys) > 1 else np.zeros(max(len(first) - 1, 0), bool)
        if (along | (last[1:] > last[:-1])).all():
            return None
    if len(keys) == 1:
        return np.argsort(first, kind="stable")
    order = np.argsort(first, kind="stable")
    again = (np.diff(first[order]) == 0) & (np.diff(last[order]) < 0)
    return np.lexsort((last, first)) if again.any() else order


def _whole(column: pa.ChunkedArray) -> Whole:
    stamps = pa.types.is_timestamp(column.type)
    values = pc.cast(column, pa.int64())
    lacking = values.null_count
    numbers: Whole = (pc.fill_null(values, MISSING) if lacking else values).to_numpy()
    if not stamps:
        return numbers
    seconds: Whole = numbers // 1000
    if lacking:
        seconds[numbers == MISSING] = MISSING
    return seconds


def _words(column: pa.ChunkedArray) -> Words:
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    array = column.unify_dictionaries().combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.DictionaryArray.from_arrays([], pa.array([], pa.string()))
    places = pc.fill_null(array.indices, -1) if array.null_count else array.indices
    codes = places.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return Words(codes, tuple(array.dictionary.to_pylist()))
