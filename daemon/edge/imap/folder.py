"""A selected folder: what is asked of the server about it, and what it says, believed only as far as it makes sense.

Commands hold UIDs and words of ours alone. An answer about a mail that was not asked for is passed over; one that
cannot be read ends the connection.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from imapclient.exceptions import IMAPClientError
from imapclient.response_parser import parse_response

from daemon.config import Mailbox
from daemon.core.mailbox import HIGHEST_UID, Fetched
from daemon.edge.imap.wire import Client

AT_ONCE = 1000
UNFLAGGED = {
    "\\seen": "UNSEEN",
    "\\answered": "UNANSWERED",
    "\\flagged": "UNFLAGGED",
    "\\deleted": "UNDELETED",
    "\\draft": "UNDRAFT",
}


class Refused(Exception):
    """The server answers a single command with NO; the connection is as good as before."""


@dataclass(frozen=True, slots=True)
class Selected:
    """What the server says of a folder as it is selected. ``permanent`` are the flags that it keeps, in lower case,
    None where it does not tell."""

    uidvalidity: int
    writable: bool
    permanent: frozenset[str] | None

    def keeps(self, flag: str) -> bool:
        """Whether a flag that is set stays set."""
        if self.permanent is None:
            return True
        return flag.lower() in self.permanent or (not flag.startswith("\\") and "\\*" in self.permanent)


def select(client: Client, name: str, *, look_only: bool) -> Selected:
    """Select a folder; ``look_only`` by EXAMINE, so that nothing there can change."""
    try:
        said = client.select_folder(name, readonly=look_only)
    except client.wire.readonly:
        said = client.select_folder(name, readonly=True)
        look_only = True
    except client.wire.abort:
        raise
    except IMAPClientError as error:
        raise Refused(str(error)) from None
    uidvalidity = said.get(b"UIDVALIDITY")
    if not isinstance(uidvalidity, int) or uidvalidity <= 0:
        raise Refused("it gives no UIDVALIDITY, without which its mail cannot be told apart")
    flags = said.get(b"PERMANENTFLAGS")
    permanent = None if flags is None else frozenset(f.decode("ascii", "replace").lower() for f in flags)
    return Selected(uidvalidity, not look_only and b"READ-ONLY" not in said, permanent)


def uids_from(client: Client, lowest: int, *words: str) -> list[int]:
    """The UIDs from ``lowest`` on that fit, in order. (``n:*`` names the last mail even below n.)"""
    wire = client.wire
    wire.untagged_responses.pop("SEARCH", None)
    kind, data = wire.uid("SEARCH", "UID", f"{lowest}:*", *words)
    if kind != "OK":
        raise Refused(f"SEARCH is refused: {data}")
    found = {int(word) for line in data if line for word in line.split() if word.isdigit()}
    return sorted(uid for uid in found if lowest <= uid <= HIGHEST_UID)


def uids_without(client: Client, lowest: int, flag: str) -> list[int]:
    """The UIDs from ``lowest`` on of mail that lacks a flag."""
    word = UNFLAGGED.get(flag.lower())
    return uids_from(client, lowest, *([word] if word else ["UNKEYWORD", flag]))


def dates(client: Client, uids: Sequence[int]) -> dict[int, int | None]:
    """INTERNALDATE by UID, in seconds; None where the server gives none that can be read."""
    found: dict[int, int | None] = {}
    for batch in _batches(uids):
        for uid, items in _fetched(client, batch, "INTERNALDATE"):
            found[uid] = _instant(items.get(b"INTERNALDATE"))
    return found


def sizes(client: Client, uids: Sequence[int]) -> dict[int, int]:
    """Size in bytes by UID, as the server tells it."""
    found: dict[int, int] = {}
    for batch in _batches(uids):
        for uid, items in _fetched(client, batch, "RFC822.SIZE"):
            size = items.get(b"RFC822.SIZE")
            if isinstance(size, int) and size >= 0:
                found[uid] = size
    return found


def mails(client: Client, uids: Sequence[int], sizes: dict[int, int], most: int | None = None) -> list[Fetched]:
    """The mails with these UIDs, as far as the server gives them; ``most`` = no more than so many bytes of each."""
    wanted = "BODY.PEEK[]" if most is None else f"BODY.PEEK[]<0.{most}>"
    found: dict[int, dict[bytes, Any]] = {}
    for uid, items in _fetched(client, uids, "INTERNALDATE", wanted):
        found.setdefault(uid, {}).update(items)
    given = []
    for uid in uids:
        items = found.get(uid, {})
        raw = items.get(b"BODY[]", items.get(b"BODY[]<0>"))
        if isinstance(raw, bytes) and (raw or sizes.get(uid) == 0):
            size = max(sizes.get(uid, 0), len(raw)) if most is not None else len(raw)
            given.append(Fetched(uid, raw, _instant(items.get(b"INTERNALDATE")), size))
    return given


def headers(client: Client, uids: Sequence[int], *names: str) -> dict[int, bytes]:
    """The header fields of these names, by UID."""
    fields = f"BODY.PEEK[HEADER.FIELDS ({' '.join(names)})]"
    found = {}
    for uid, items in _fetched(client, uids, fields):
        text = next((v for k, v in items.items() if k.startswith(b"BODY[HEADER") and isinstance(v, bytes)), None)
        if text is not None:
            found[uid] = text
    return found


def can_move(client: Client) -> bool:
    return bool(client.has_capability("MOVE") or client.has_capability("UIDPLUS"))


def can_delete(client: Client) -> bool:
    return bool(client.has_capability("UIDPLUS"))


def mark(client: Client, box: Mailbox, uids: Sequence[int]) -> None:
    """Do with filed mail what the configuration says. Raises ``Refused`` where the server will not.

    Never a plain EXPUNGE, which would remove what others marked as deleted.
    """
    try:
        for batch in _batches(uids, 200):
            if box.when_filed == "flag":
                client.add_flags(batch, [box.flag.encode("ascii")], silent=True)
            elif box.when_filed == "delete":
                _delete(client, batch)
            elif client.has_capability("MOVE"):
                client.move(batch, box.move_to)
            else:
                client.copy(batch, box.move_to)
                _delete(client, batch)
    except client.wire.abort:
        raise
    except (IMAPClientError, client.wire.error) as error:
        raise Refused(str(error)) from None


def remove(client: Client, uids: Sequence[int]) -> None:
    """Delete these mails alone; needs UIDPLUS."""
    for batch in _batches(uids, 200):
        _delete(client, batch)


def make_folder(client: Client, name: str) -> None:
    """Make a folder where there is none."""
    try:
        if not client.folder_exists(name):
            client.create_folder(name)
    except client.wire.abort:
        raise
    except (IMAPClientError, client.wire.error) as error:
        raise Refused(str(error)) from None


def _delete(client: Client, uids: Sequence[int]) -> None:
    client.add_flags(uids, [b"\\Deleted"], silent=True)
    client.uid_expunge(uids)


def _batches(uids: Sequence[int], most: int = AT_ONCE) -> Iterator[Sequence[int]]:
    return (uids[start : start + most] for start in range(0, len(uids), most))


def _fetched(client: Client, uids: Sequence[int], *items: str) -> Iterator[tuple[int, dict[bytes, Any]]]:
    """What the server says of the mails that were asked for, each by the UID that stands in the answer itself."""
    if not uids:
        return
    wanted = set(uids)
    wire = client.wire
    wire.untagged_responses.pop("FETCH", None)
    kind, data = wire.uid("FETCH", ",".join(map(str, uids)), f"(UID {' '.join(items)})")
    if kind != "OK":
        raise Refused(f"FETCH is refused: {data}")
    for answer in parse_response([piece for piece in data if piece is not None]):
        if not isinstance(answer, tuple):
            continue
        pairs = {k.upper(): v for k, v in zip(answer[::2], answer[1::2], strict=False) if isinstance(k, bytes)}
        uid = pairs.get(b"UID")
        if isinstance(uid, int) and uid in wanted:
            yield uid, pairs


def _instant(value: object) -> int | None:
    if not isinstance(value, bytes):
        return None
    try:
        return int(datetime.strptime(value.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z").timestamp())
    except (ValueError, OverflowError):
        return None
