"""What ``counterfoil check`` and ``counterfoil inbound audit`` ask of a mailbox: they look, and change nothing.

Folders are selected by EXAMINE, and no row of ours is written.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from daemon.config import Mailbox
from daemon.core.mailbox import Folder, first_sight
from daemon.edge.imap import folder as there
from daemon.edge.imap.line import named, opened
from daemon.edge.imap.look import cannot_mark
from daemon.edge.imap.wire import Client, Wake
from daemon.edge.transport import spoken

LARGEST = 1024 * 1024  # nothing but numbers and headers is asked for


class Ledger(Protocol):
    """What stands written down of mailboxes."""

    def folder(self, box: Mailbox, name: str) -> Folder | None: ...

    def entered(self, box: Mailbox, name: str, uidvalidity: int, uids: Sequence[int]) -> dict[int, str]: ...


@dataclass(frozen=True, slots=True)
class FolderReport:
    """A folder against the ledger. ``here`` counts the mails that lie there, ``ours`` those that are ours to file,
    ``entered`` those of them in the ledger; ``missing`` are the UIDs of the rest. ``because`` says why nothing can be
    told."""

    mailbox: str
    folder: str
    uidvalidity: int = 0
    here: int = 0
    ours: int = 0
    entered: int = 0
    missing: tuple[int, ...] = ()
    seen: bool = False
    because: str | None = None


@dataclass(slots=True)
class MailboxReport:
    """What works of a mailbox, in sentences, and what does not."""

    encryption: str = "no TLS"
    offers: tuple[str, ...] = ()
    folders: list[FolderReport] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def audit(box: Mailbox, ledger: Ledger) -> list[FolderReport]:
    """Compare each folder with the ledger; MailboxTrouble if the mailbox cannot be reached."""
    with Wake() as wake, opened(box, wake, LARGEST) as client:
        return [_compared(client, box, name, ledger) for name in box.folders]


def examine(box: Mailbox, ledger: Ledger) -> MailboxReport:
    """See what works; MailboxTrouble if not even the login does."""
    report = MailboxReport()
    with Wake() as wake, opened(box, wake, LARGEST) as client:
        sock = client.wire.sock
        if isinstance(sock, ssl.SSLSocket):
            report.encryption = sock.version() or "TLS"
        report.offers = tuple(word for word in ("IDLE", "MOVE", "UIDPLUS") if client.has_capability(word))
        for name in box.folders:
            compared = _compared(client, box, name, ledger)
            report.folders.append(compared)
            if compared.because is not None:
                report.faults.append(f"{named(box)}: the folder {name} {compared.because}")
            elif reason := _cannot_mark(client, box, name):
                report.faults.append(f"{named(box)}: {reason}")
    report.faults = list(dict.fromkeys(report.faults))
    return report


def has_folder(box: Mailbox, name: str) -> bool:
    """Whether the mailbox has this folder."""
    with Wake() as wake, opened(box, wake, LARGEST) as client:
        return bool(client.folder_exists(name))


def _compared(client: Client, box: Mailbox, name: str, ledger: Ledger) -> FolderReport:
    try:
        selected = there.select(client, name, look_only=True)
        present = there.uids_from(client, 1)
        known = ledger.folder(box, name)
        seen = known is not None
        if known is None:
            unseen = there.uids_from(client, 1, "UNSEEN") if box.start == "unseen" else []
            known = first_sight(box.start, selected.uidvalidity, present, unseen, None)
    except there.Refused as error:
        return FolderReport(box.name, name, because=f"cannot be read ({spoken(str(error))}); make it, or set folders")
    if known.uidvalidity != selected.uidvalidity:
        because = "has another UIDVALIDITY than before; let the daemon look at it once, then ask again"
        return FolderReport(box.name, name, selected.uidvalidity, len(present), because=because)
    ours = known.ours(present)
    entered = ledger.entered(box, name, selected.uidvalidity, ours)
    missing = tuple(uid for uid in ours if uid not in entered)
    return FolderReport(box.name, name, selected.uidvalidity, len(present), len(ours), len(entered), missing, seen=seen)


def _cannot_mark(client: Client, box: Mailbox, name: str) -> str | None:
    if box.when_filed == "leave":
        return None
    return cannot_mark(client, box, there.select(client, name, look_only=False))
