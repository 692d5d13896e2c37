"""The bytes of messages, kept once under their SHA-256 and never changed (invariant 7)."""

from __future__ import annotations

from daemon.store import query
from daemon.store.tables import Raw


def keep(sha256: str, content: bytes) -> None:
    """Keep these bytes under their SHA-256 (hex); bytes that are there already stay."""
    Raw.insert(sha256=sha256, size=len(content), content=content).on_conflict_ignore().execute()


def read(sha256: str) -> bytes:
    """The bytes kept under this hash; KeyError if there are none."""
    row = query.first(Raw.select(Raw.content).where(Raw.sha256 == sha256))
    if row is None:
        raise KeyError(sha256)
    return bytes(row[0])
