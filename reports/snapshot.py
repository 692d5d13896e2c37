"""Snapshots: the published views as Parquet, with a manifest that says what they are and proves it.

    DIR/manifest.json                     what there is; replaced in one step when all else is written
    DIR/event-2026-03-1f0c2a9be7d4.parquet   rows of tickets opened in March 2026 (UTC), named by their content

A new snapshot into the same folder writes anew what belongs to tickets that were touched since, into new files, and the
manifest last: a reader sees the old state or the new one. Files that only the manifest before the last named are
removed then, so that whoever is reading has until the next snapshot to finish. ``person`` holds the names and addresses
and is always written anew; the one before goes at once. A pseudonymised snapshot has no persons, its person ids are
keyed digests, and free text is left out; times are never shifted.
"""

from __future__ import annotations

import hmac
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from reports.manifest import MANIFEST, File, Manifest, check_files, plain, read_manifest
from reports.problems import SourceError
from reports.schema import TABLES, VERSION, Table
from reports.sheet import Sheet
from reports.sources import Source

NO_TICKET = "none"
WORDY_EVENTS = ("subject_changed", "resolution_set", "field_changed")
PERSONS = ("requester_id", "assignee_id", "actor_id", "author_id", "person_id")
Progress = Callable[[str, int, int], None]


def take(
    source: Source,
    folder: Path,
    key: bytes | None = None,
    at: int | None = None,
    progress: Progress = lambda *_: None,
) -> Manifest:
    """Write a snapshot of an open database into a folder; with ``key`` (16 bytes or more) a pseudonymised one.

    ``at``: the instant to which open tickets are counted, else the database's own clock.
    """
    folder.mkdir(parents=True, exist_ok=True)
    known = _known(folder, source.name, key is not None)
    taking = _Taking(source, folder, key, progress)
    last_event = source.last_event()
    touched = None if known is None else _touched(source, known)
    files = taking.write(touched, known)
    for left in folder.glob("*.writing"):
        left.unlink()
    versions = {name: taking.versions(name) for name in ("policy", "calendar")}
    manifest = Manifest(
        VERSION,
        source.now() if at is None else at,
        source.name,
        last_event,
        key is not None,
        versions["policy"],
        versions["calendar"],
        tuple(sorted(files, key=lambda f: f.path)),
        tuple(f.path for f in known.files) if known else (),
    )
    _publish(folder, manifest)
    return manifest


def _known(folder: Path, source: str, pseudonymised: bool) -> Manifest | None:
    """The snapshot that lies there, where it can be gone on with."""
    if not (folder / MANIFEST).exists():
        if any(folder.glob("*.parquet")) or not any(folder.iterdir()):
            return None
        raise SourceError(f"{folder} is no snapshot and is not empty; name another folder")
    try:
        manifest = read_manifest(folder)
        check_files(folder, manifest.files)
    except SourceError:
        return None
    if (manifest.source, manifest.pseudonymised) != (source, pseudonymised):
        raise SourceError(
            f"{folder} holds a snapshot of {manifest.source}"
            f"{' without names' if manifest.pseudonymised else ''}; name another folder"
        )
    return manifest


def _touched(source: Source, known: Manifest) -> dict[str, set[str]]:
    """For each table, the months whose tickets may have other rows in it than the snapshot has."""
    happened = _months(source, f"SELECT ticket_id FROM v1_event WHERE event_id > {known.last_event}")  # noqa: S608
    touched = {name: happened | {NO_TICKET} for name, table in TABLES.items() if table.by_ticket}
    for name, table in TABLES.items():
        if table.unsettled:
            newest = max((f.newest for f in known.files if f.table == name), default=0)
            touched[name] |= _months(source, f"SELECT ticket_id FROM {table.view} WHERE {table.key} > {newest}")  # noqa: S608
            touched[name] |= {f.month for f in known.files if f.table == name and f.unsettled}
    return touched


def _months(source: Source, tickets: str) -> set[str]:
    """The months in which these tickets (a SELECT) were opened."""
    return {_month(at) for at in source.column(f"SELECT opened_at FROM v1_ticket WHERE ticket_id IN ({tickets})")}  # noqa: S608


def _month(at: int) -> str:
    return str(np.datetime64(int(at), "s").astype("M8[M]"))


class _Taking:
    """One snapshot being written."""

    def __init__(self, source: Source, folder: Path, key: bytes | None, progress: Progress) -> None:
        self._source = source
        self._folder = folder
        self._key = key
        self._progress = progress
        self._months = np.zeros(0, np.int32)
        self._names: list[str] = []
        self._versions: dict[str, tuple[str, ...]] = {}
        self._pseudonyms: dict[int, int] = {}

    def write(self, touched: dict[str, set[str]] | None, known: Manifest | None) -> list[File]:
        files: list[File] = []
        self._learn_months()
        for i, (name, table) in enumerate(TABLES.items()):
            self._progress(name, i, len(TABLES))
            if name == "person" and self._key is not None:
                continue
            if not table.by_ticket or touched is None or known is None:
                files += self._partitions(name, table, "")
                continue
            files += [f for f in known.files if f.table == name and f.month not in touched[name]]
            files += self._partitions(name, table, self._filter(touched[name]))
        self._progress("", len(TABLES), len(TABLES))
        return files

    def versions(self, name: str) -> tuple[str, ...]:
        return self._versions.get(name, ())

    def _learn_months(self) -> None:
        """For each ticket, the number of the month in which it was opened."""
        table = TABLES["ticket"]
        numbers, months = [], []
        for batch in self._source.batches(table):
            numbers.append(batch["ticket_id"].to_numpy())
            months.append(pc.cast(batch["opened_at"], pa.int64()).to_numpy().astype("M8[ms]").astype("M8[M]"))
        if not numbers:
            return
        every, instants = np.concatenate(numbers), np.concatenate(months)
        named, which = np.unique(instants, return_inverse=True)
        self._names = [str(month) for month in named]
        self._months = np.full(int(every.max()) + 1, -1, np.int32)
        self._months[every] = which

    def _filter(self, touched: set[str]) -> str:
        """SQL for the rows of tickets opened in these months, and of no ticket."""
        spans = []
        for month in sorted(touched - {NO_TICKET}):
            first = np.datetime64(month, "M")
            low, high = (int(m.astype("M8[s]").astype(np.int64)) for m in (first, first + 1))
            spans.append(f"opened_at >= {low} AND opened_at < {high}")
        if not spans:
            return "ticket_id IS NULL"
        return f"ticket_id IN (SELECT ticket_id FROM v1_ticket WHERE {' OR '.join(spans)}) OR ticket_id IS NULL"  # noqa: S608

    def _partitions(self, name: str, table: Table, where: str) -> list[File]:
        """Read a table's rows and write each month's to a file of its own."""
        sheets: dict[str, Sheet] = {}
        for batch in self._source.batches(table, where):
            rows = self._without_persons(batch, name) if self._key is not None else batch
            if name in ("policy", "calendar"):
                found = set(rows[table.key].to_pylist()) | set(self._versions.get(name, ()))
                self._versions[name] = tuple(sorted(found))
            for month, part in self._by_month(rows, table):
                sheet = sheets.setdefault(month, Sheet(self._folder, name, month, table))
                sheet.add(part)
        return [sheet.finish() for sheet in sheets.values()]

    def _by_month(self, rows: pa.Table, table: Table) -> Iterator[tuple[str, pa.Table]]:
        if not table.by_ticket:
            yield "", rows
            return
        tickets = pc.fill_null(rows["ticket_id"], -1).to_numpy()
        months = np.where(tickets >= 0, self._months[np.clip(tickets, 0, None)], -1)
        if len(months) and (months == months[0]).all():
            yield self._name(int(months[0])), rows
            return
        order = np.argsort(months, kind="stable")
        cuts = np.flatnonzero(np.diff(months[order])) + 1
        for chosen in np.split(order, cuts):
            yield self._name(int(months[chosen[0]])), rows.take(pa.array(chosen))

    def _name(self, month: int) -> str:
        return NO_TICKET if month < 0 else self._names[month]

    def _without_persons(self, rows: pa.Table, name: str) -> pa.Table:
        """Keyed person ids, and no free text."""
        for column in PERSONS:
            if column in rows.column_names:
                rows = rows.set_column(
                    rows.column_names.index(column), rows.schema.field(column), self._pseudonymous(rows[column])
                )
        if name == "event":
            assigned = pc.equal(pc.cast(rows["kind"], pa.string()), "assigned")
            wordy = pc.is_in(pc.cast(rows["kind"], pa.string()), pa.array([*WORDY_EVENTS, "assigned"]))
            rows = rows.set_column(
                rows.column_names.index("data"), rows.schema.field("data"), pc.if_else(wordy, "{}", rows["data"])
            )
            for column in ("was", "becomes"):
                words = pc.if_else(
                    pc.and_(wordy, pc.invert(assigned)),
                    pa.scalar(None, pa.string()),
                    pc.cast(rows[column], pa.string()),
                )
                persons = self._pseudonymous(pc.cast(pc.if_else(assigned, words, None), pa.int64()))
                words = pc.if_else(assigned, pc.cast(persons, pa.string()), words)
                rows = rows.set_column(
                    rows.column_names.index(column), rows.schema.field(column), pc.dictionary_encode(words)
                )
        if name == "field":
            hidden = pa.nulls(rows.num_rows, pa.string())
            rows = rows.set_column(rows.column_names.index("value"), rows.schema.field("value"), hidden)
        if name == "policy":
            terms = [json.loads(one) for one in rows["terms"].to_pylist()]
            for one in terms:
                for step in one["steps"]:
                    step["assignee"] = self._digest(step["assignee"]) if step["assignee"] is not None else None
            rows = rows.set_column(
                rows.column_names.index("terms"), rows.schema.field("terms"), pa.array([json.dumps(t) for t in terms])
            )
        return rows

    def _pseudonymous(self, column: Any) -> Any:
        encoded = pc.dictionary_encode(column)
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.combine_chunks()
        keyed = pa.array([self._digest(one) for one in encoded.dictionary.to_pylist()], pa.int64())
        return keyed.take(encoded.indices)

    def _digest(self, person: int) -> int:
        """A number that says nothing of the person without the key: 62 bits of an HMAC-SHA-256."""
        assert self._key is not None
        if person not in self._pseudonyms:
            made = hmac.digest(self._key, str(person).encode(), "sha256")
            self._pseudonyms[person] = int.from_bytes(made[:8], "big") >> 2
        return self._pseudonyms[person]


def _publish(folder: Path, manifest: Manifest) -> None:
    """Put the manifest in place, and remove what no reader can need any longer."""
    text = json.dumps(plain(manifest) | {"digest": manifest.digest}, indent=1, sort_keys=True)
    writing = folder / f"{MANIFEST}.writing"
    with writing.open("w", encoding="utf-8") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    writing.replace(folder / MANIFEST)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    named = {f.path for f in manifest.files}
    keep = named | {path for path in manifest.before if not path.startswith("person-")}
    for path in folder.glob("*.parquet"):
        if path.name not in keep:
            path.unlink()
