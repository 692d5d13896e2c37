"""The bytes of messages, kept once under their SHA-256 and never changed (invariant 7).

A large mail is written and read piece by piece: as one value SQLite would hold it three times over.
"""

from __future__ import annotations

import peewee as pw

from daemon.store.db import Sqlite
from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import Raw, database

LARGE = 1024 * 1024
KEEP = Insertion(Raw, ignore=True)
KEEP_ROOM = Prepared(
    Raw.insert(sha256=Slot("sha256"), size=Slot("size"), content=pw.fn.zeroblob(Slot("size")))
    .on_conflict_ignore()
    .returning(pw.SQL("rowid"))
)
SMALL = Prepared(Raw.select(Raw.content).where(Raw.sha256 == Slot("sha256"), Raw.size <= LARGE))
PLACE = Prepared(Raw.select(pw.SQL("rowid")).where(Raw.sha256 == Slot("sha256")))


def keep(sha256: str, content: bytes) -> None:
    """Keep these bytes under their SHA-256 (hex); bytes that are there already stay."""
    if len(content) <= LARGE:
        KEEP.add(sha256=sha256, size=len(content), content=content)
    elif (place := KEEP_ROOM.value(sha256=sha256, size=len(content))) is not None:
        _sqlite().write_large("raw", "content", place, content)


def read(sha256: str) -> bytes:
    """The bytes kept under this hash; KeyError if there are none."""
    content = SMALL.value(sha256=sha256)
    if content is not None:
        return bytes(content)
    place = PLACE.value(sha256=sha256)
    if place is None:
        raise KeyError(sha256)
    return _sqlite().read_large("raw", "content", place)


def _sqlite() -> Sqlite:
    connected: Sqlite = database.obj
    return connected
