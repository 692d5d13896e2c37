"""What in a folder of a mailbox is ours to file (invariant 30), from UIDs alone.

A folder is described once, when it is first seen, and again when its UIDVALIDITY changes and all its UIDs with it: UIDs
from ``first_uid`` on are ours, and of older mail the UIDs in ``waiting``. What of that does not stand in the ledger is
to be fetched; so a gap of any length is caught up, whatever was read, flagged or moved meanwhile.

Under a new UIDVALIDITY old mail is told from new by the server's own clock: what bears an INTERNALDATE not after that
of the newest mail at first sight lay there before us and is treated as it was then. The rest is fetched once more; what
was filed already is recognised by its fingerprint and entered under its new UID, so that it is not fetched again.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from daemon.core.values import Instant

Start = Literal["now", "unseen", "all"]

HIGHEST_UID = 2**32 - 1
_RANGE = re.compile(r"([0-9]{1,10})(?::([0-9]{1,10}))?")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as we first saw it. Mail below ``silent_below`` is filed silently; ``newest_before`` is the INTERNALDATE
    of the newest mail that lay there when we first came, None if none did."""

    uidvalidity: int
    first_uid: int
    waiting: frozenset[int] = frozenset()
    silent_below: int = 0
    newest_before: Instant | None = None

    @property
    def lowest(self) -> int:
        """No UID below it is ours."""
        return min(self.first_uid, *self.waiting) if self.waiting else self.first_uid

    def ours(self, uids: Iterable[int]) -> list[int]:
        """Those of the UIDs that are ours to file, in their order."""
        return sorted({uid for uid in uids if uid >= self.first_uid or uid in self.waiting})


@dataclass(frozen=True, slots=True)
class Fetched:
    """A mail as the server gave it; ``raw`` is its beginning alone where ``size`` is beyond all sense."""

    uid: int
    raw: bytes
    date: Instant | None
    size: int


def first_sight(
    start: Start, uidvalidity: int, present: Collection[int], unseen: Collection[int], newest: Instant | None
) -> Folder:
    """Describe a folder in which these UIDs lie, some of them unseen; ``newest`` is the INTERNALDATE of the newest."""
    behind = max(present, default=0) + 1
    if start == "all":
        return Folder(uidvalidity, 1, silent_below=behind, newest_before=newest)
    waiting = frozenset(uid for uid in unseen if uid < behind) if start == "unseen" else frozenset()
    return Folder(uidvalidity, behind, waiting, newest_before=newest)


def renewed(
    start: Start,
    before: Folder,
    uidvalidity: int,
    dates: Mapping[int, Instant | None],
    unseen: Collection[int],
) -> Folder:
    """Describe a folder anew under another UIDVALIDITY; ``dates`` are the INTERNALDATEs by UID of all its mail."""
    newest = before.newest_before
    old = {uid for uid, date in dates.items() if newest is not None and date is not None and date <= newest}
    if start == "all":
        return Folder(uidvalidity, 1, silent_below=max(old, default=-1) + 1, newest_before=newest)
    again = set(unseen) if start == "unseen" else set()
    waiting = frozenset(uid for uid in dates if uid not in old or uid in again)
    return Folder(uidvalidity, max(dates, default=0) + 1, waiting, newest_before=newest)


def sequence_set(uids: Iterable[int]) -> str:
    """UIDs as IMAP writes them, such as 3:5,9."""
    ordered = sorted(set(uids))
    starts = [uid for before, uid in pairwise([-1, *ordered]) if uid != before + 1]
    ends = [uid for uid, behind in pairwise([*ordered, -1]) if behind != uid + 1]
    return ",".join(str(a) if a == b else f"{a}:{b}" for a, b in zip(starts, ends, strict=True))


def uids_of(text: str) -> frozenset[int]:
    """The UIDs of a set that ``sequence_set`` wrote."""
    found: set[int] = set()
    for match in map(_RANGE.fullmatch, text.split(",") if text else ()):
        assert match is not None
        found.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    return frozenset(found)
