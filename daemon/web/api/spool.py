"""Files that were uploaded and wait for the message that they belong to: an hour, in a folder of their own.

An upload is its token's alone, under a name of 160 random bits. What is here is no record: once a message is written,
its mail holds the file.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from daemon.desk.house import House
from daemon.mail.compose import file_name
from daemon.mail.letter import Enclosure

KEPT_SECONDS = 3_600
MOST = 100


class Full(Exception):
    """A token has as many uploads waiting as it may."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that waits; ``expires_at`` is when it is forgotten."""

    id: str
    name: str
    content_type: str
    size: int
    expires_at: int


class Spool:
    """The folder; nothing is in memory, so that a restart loses nothing."""

    def __init__(self, folder: Path, house: House) -> None:
        self._folder = folder
        self._house = house

    def keep(self, token: int, name: str, content_type: str, content: bytes) -> Upload:
        """Keep a file for an hour; Full where too many wait."""
        now = self._house.now()
        mine = [key for key, one in self._waiting(now) if one["token"] == token]
        if len(mine) >= MOST:
            raise Full
        key = self._house.nonce() + self._house.nonce()
        upload = Upload(f"upload_{key}", file_name(name), content_type, len(content), now + KEPT_SECONDS)
        self._folder.mkdir(parents=True, exist_ok=True)
        self._write(f"{key}.bytes", content)
        told = {"token": token, "name": upload.name, "type": content_type, "expires": upload.expires_at}
        self._write(f"{key}.json", json.dumps(told).encode())
        return upload

    def take(self, token: int, identifier: str) -> Enclosure | None:
        """The file of an upload of this token; None if there is none (any longer)."""
        key = identifier.removeprefix("upload_")
        try:
            told = json.loads((self._folder / f"{key}.json").read_bytes())
            if told["token"] != token or told["expires"] <= self._house.now():
                return None
            return Enclosure(told["name"], told["type"], (self._folder / f"{key}.bytes").read_bytes())
        except (OSError, ValueError, KeyError):
            return None

    def drop(self, identifiers: list[str]) -> None:
        """Forget uploads whose message is written."""
        for identifier in identifiers:
            self._remove(identifier.removeprefix("upload_"))

    def _waiting(self, now: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """What waits; what is over is removed."""
        for file in self._folder.glob("*.json") if self._folder.is_dir() else ():
            try:
                told = json.loads(file.read_bytes())
            except (OSError, ValueError):
                continue
            if told["expires"] <= now:
                self._remove(file.stem)
            else:
                yield file.stem, told

    def _write(self, name: str, content: bytes) -> None:
        descriptor = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)

    def _remove(self, key: str) -> None:
        for ending in ("json", "bytes"):
            with contextlib.suppress(OSError):
                (self._folder / f"{key}.{ending}").unlink()
