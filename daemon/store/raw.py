"""The bytes of messages, kept once under their SHA-256 and never changed (invariant 7)."""

from __future__ import annotations

from daemon.store.prepared import Insertion, Prepared, Slot
from daemon.store.tables import Raw

KEEP = Insertion(Raw, ignore=True)
READ = Prepared(Raw.select(Raw.content).where(Raw.sha256 == Slot("sha256")))


def keep(sha256: str, content: bytes) -> None:
    """Keep these bytes under their SHA-256 (hex); bytes that are there already stay."""
    KEEP.add(sha256=sha256, size=len(content), content=content)


def read(sha256: str) -> bytes:
    """The bytes kept under this hash; KeyError if there are none."""
    content = READ.value(sha256=sha256)
    if content is None:
        raise KeyError(sha256)
    return bytes(content)
