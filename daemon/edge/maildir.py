"""The outbox as a Maildir, for as long as no relay is configured.

Rules: written to tmp, flushed to the disk, renamed into new; the name is that of the parcel, so that a parcel that is
delivered twice lies there once, read or unread. ``Return-Path`` and ``X-Envelope-To`` are put in front and tell
the envelope; the mail below them is byte for byte what a relay would get.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

from daemon.core.values import Parcel
from daemon.edge.transport import Away, Delivered, Result, spoken


class Maildir:
    """A transport into a folder, which is made if it does not exist."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, parcel: Parcel, content: bytes) -> Result:
        try:
            name = await asyncio.to_thread(self._write, parcel, content)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return Away(f"the Maildir {self._folder} cannot be written ({reason}); free space or set its permissions")
        return Delivered(f"written to {self._folder.name}/new/{name}")

    async def close(self) -> None:
        """Nothing is held open."""

    def _write(self, parcel: Parcel, content: bytes) -> str:
        for box in ("tmp", "new", "cur"):
            (self._folder / box).mkdir(parents=True, exist_ok=True)
        name = name_of(parcel)
        target = self._folder / "new" / name
        if target.exists() or any((self._folder / "cur").glob(f"{name}*")):
            return name
        draft = self._folder / "tmp" / name
        with draft.open("wb") as file:
            file.write(envelope_lines(parcel, content))
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(target)
        _flush_folder(target.parent)
        return name


def name_of(parcel: Parcel) -> str:
    """The same for each try of one parcel, another for any other, in a second database too."""
    digest = hashlib.sha256(parcel.message_id.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return f"{parcel.created_at}.{parcel.id}-{digest}.counterfoil"


def envelope_lines(parcel: Parcel, content: bytes) -> bytes:
    """The envelope as headers, with the line ends of the mail below."""
    end = "\r\n" if content.partition(b"\n")[0].endswith(b"\r") else "\n"
    lines = f"Return-Path: <{spoken(parcel.sender)}>{end}X-Envelope-To: {spoken(parcel.recipient)}{end}"
    return lines.encode("utf-8")


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
