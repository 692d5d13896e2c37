"""Mail in files: .eml, mbox, Maildir, standard input."""

from __future__ import annotations

import mailbox
import re
import sys
from collections.abc import Iterator
from pathlib import Path

RECEIVED = re.compile(rb"^Received:((?:[^\n]|\n[ \t]){0,2000})", re.I | re.M)


def mails(paths: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Each mail with the name it has there; OSError for what cannot be read."""
    for path in paths:
        if str(path) == "-":
            yield "-", sys.stdin.buffer.read()
        elif path.is_dir():
            yield from _folder(path)
        elif _is_mbox(path):
            box = mailbox.mbox(path, create=False)
            for key in box.iterkeys():
                yield f"{path}#{int(key) + 1}", box.get_bytes(key)
            box.close()
        else:
            yield str(path), path.read_bytes()


def _folder(path: Path) -> Iterator[tuple[str, bytes]]:
    """A Maildir in the order of arrival, or any folder's files in the order of their names."""
    folders = [path / "cur", path / "new"] if (path / "cur").is_dir() and (path / "new").is_dir() else [path]
    files = [f for folder in folders for f in sorted(folder.iterdir()) if f.is_file() and not f.name.startswith(".")]
    for file in files:
        yield str(file), file.read_bytes()


def _is_mbox(path: Path) -> bool:
    if path.suffix == ".eml":
        return False
    with path.open("rb") as file:
        return file.read(5) == b"From "


def received_at(raw: bytes, now: int) -> int:
    """The topmost Received of a file that the operator hands us, if that lies in the past; else now."""
    from daemon.mail.headers import instant

    match = RECEIVED.search(raw[:65_536].split(b"\n\r\n")[0].split(b"\n\n")[0])
    stamped = instant(match[1].rpartition(b";")[2]) if match else None
    return stamped if stamped is not None and 0 < stamped <= now else now
