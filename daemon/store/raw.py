"""The bytes of messages, kept once under their SHA-256 and never changed (invariant 7)."""

from __future__ import annotations

from daemon.store.engine import Engine
from daemon.store.tables import database


def keep(sha256: str, content: bytes) -> None:
    """Keep these bytes under their SHA-256 (hex); bytes that are there already stay."""
    _engine().keep_raw(sha256, content)


def read(sha256: str) -> bytes:
    """The bytes kept under this hash; KeyError if there are none."""
    content = _engine().read_raw(sha256)
    if content is None:
        raise KeyError(sha256)
    return content


def _engine() -> Engine:
    connected: Engine = database.obj
    return connected
