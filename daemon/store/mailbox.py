"""What we know of the folders of mailboxes: how each was first seen, and which of its mails stand in the ledger.

A mail is named there by its folder, its UIDVALIDITY and its UID: ``source_key``. Nothing else of a mailbox is state.
"""

from __future__ import annotations

from collections.abc import Sequence

from daemon.core.mailbox import Folder, sequence_set, uids_of
from daemon.core.values import Instant
from daemon.store.prepared import Insertion, Prepared, Slot, Slots
from daemon.store.tables import Inbound, MailFolder

AT_ONCE = 500


def source_key(folder: str, uidvalidity: int, uid: int) -> str:
    """The name of a mail in its mailbox; read from its end, since a folder's name may hold anything."""
    return f"{folder}/{uidvalidity}/{uid}"


THIS = (MailFolder.mailbox == Slot("mailbox"), MailFolder.folder == Slot("folder"))
FOLDER = Prepared(
    MailFolder.select(
        MailFolder.uidvalidity,
        MailFolder.first_uid,
        MailFolder.waiting,
        MailFolder.silent_below,
        MailFolder.newest_before,
    ).where(*THIS)
)
FORGET = Prepared(MailFolder.delete().where(*THIS))
REMEMBER = Insertion(MailFolder, ignore=True)
ENTERED = Prepared(
    Inbound.select(Inbound.source_key, Inbound.because)
    .where(Inbound.source == Slot("source"), Inbound.source_key.in_(Slots("keys")), Inbound.source_key != "")
    .order_by(Inbound.id)
)
CAME = Prepared(
    Inbound.select(Inbound.source, Inbound.recipient, Inbound.because)
    .where(Inbound.rfc_message_id == Slot("message_id"), Inbound.id > Slot("behind"))
    .order_by(Inbound.id)
    .limit(1)
)
LAST = Prepared(Inbound.select(Inbound.id).order_by(Inbound.id.desc()).limit(1))


def folder(mailbox: str, name: str) -> Folder | None:
    """What is known of a folder; None for one never seen."""
    row = FOLDER.first(mailbox=mailbox, folder=name)
    if row is None:
        return None
    uidvalidity, first_uid, waiting, silent_below, newest_before = row
    return Folder(uidvalidity, first_uid, uids_of(waiting), silent_below, newest_before)


def remember(mailbox: str, name: str, seen: Folder, now: Instant) -> None:
    """Write down what is known of a folder, in place of what was."""
    FORGET.run(mailbox=mailbox, folder=name)
    REMEMBER.add(
        mailbox=mailbox,
        folder=name,
        uidvalidity=seen.uidvalidity,
        first_uid=seen.first_uid,
        waiting=sequence_set(seen.waiting),
        silent_below=seen.silent_below,
        newest_before=seen.newest_before,
        since=now,
    )


def entered(source: str, name: str, uidvalidity: int, uids: Sequence[int]) -> dict[int, str]:
    """Those of these UIDs that stand in the ledger, each with its reason."""
    found: dict[int, str] = {}
    for start in range(0, len(uids), AT_ONCE):
        keys = [source_key(name, uidvalidity, uid) for uid in uids[start : start + AT_ONCE]]
        for key, because in ENTERED.rows(source=source, keys=keys):
            found[int(key.rpartition("/")[2])] = because
    return found


def last_entry() -> int:
    """The number of the ledger's newest row."""
    return int(LAST.value() or 0)


def came(message_id: str, behind: int) -> tuple[str, str, str] | None:
    """Source, recipient and reason of the first mail with this Message-ID behind that row of the ledger."""
    row = CAME.first(message_id=message_id, behind=behind)
    return (row[0], row[1], row[2]) if row else None
