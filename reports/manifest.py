"""The manifest of a snapshot: what lies in its folder, of what it was made, and whether that is still so."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from reports.problems import SourceError
from reports.schema import VERSION

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class File:
    """A Parquet file: ``month`` of its tickets' opening ('' where that means nothing).

    ``unsettled``: rows that may change without an event, and ``newest`` their table's highest key in it.
    """

    path: str
    table: str
    month: str
    rows: int
    bytes: int
    sha256: str
    unsettled: int = 0
    newest: int = 0


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot is. ``taken_at``: the database's own clock, UTC seconds. ``before``: files of the one before."""

    version: int
    taken_at: int
    source: str
    last_event: int
    pseudonymised: bool
    policies: tuple[str, ...]
    calendars: tuple[str, ...]
    files: tuple[File, ...] = field(repr=False)
    before: tuple[str, ...] = field(default=(), repr=False)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all that it says but of what came before: the name under which a figure can be repeated."""
        said = {key: value for key, value in plain(self).items() if key != "before"}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """What lies in a folder; SourceError says why it cannot be used."""
    path = folder / MANIFEST
    if not folder.exists():
        raise SourceError(f"there is no snapshot {folder}; make one with: counterfoil snapshot --out {folder}")
    if not path.is_file():
        raise SourceError(f"{folder} has no {MANIFEST}: it is no snapshot, or was never finished; make it again")
    try:
        said = json.loads(path.read_text("utf-8"))
        if int(said["version"]) > VERSION:
            raise SourceError(
                f"{folder} was made by a newer version (its format is {said['version']}, this reads up to {VERSION}); "
                "install that version, or make the snapshot with this one"
            )
        files = tuple(File(**one) for one in said.pop("files"))
        digest = said.pop("digest")
        lists: dict[str, Any] = {name: tuple(said.pop(name)) for name in ("policies", "calendars", "before")}
        manifest = Manifest(files=files, **said, **lists)
    except (ValueError, KeyError, TypeError):
        raise SourceError(f"{path} cannot be read: it is damaged; make the snapshot again") from None
    if manifest.digest != digest:
        raise SourceError(f"{path} was changed after it was written; make the snapshot again")
    return manifest


def check_files(folder: Path, files: Iterable[File]) -> None:
    """Hold these files against what the manifest says of them; SourceError at the first that differs."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda one: check_file(folder, one), files))


def check_file(folder: Path, one: File) -> None:
    """Hold a file against what the manifest says of it; SourceError where it differs."""
    path = folder / one.path
    if not path.is_file() or path.stat().st_size != one.bytes:
        what = "is missing" if not path.is_file() else f"has {path.stat().st_size} bytes in place of {one.bytes}"
        raise SourceError(f"{path} {what}: the snapshot is incomplete; make it again")
    if sha256(path) != one.sha256:
        raise SourceError(f"{path} was changed after it was written (its SHA-256 differs); make the snapshot again")


def plain(manifest: Manifest) -> dict[str, Any]:
    plain: Mapping[str, Any] = asdict(manifest)
    return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
