"""Looks in the mailboxes for one mail of our own, by its Message-ID, and takes it away again.

A mailbox is asked for UIDs above those that lay there before; which of them is the mail is decided here, by its
headers.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes

from daemon.config import Mailbox
from daemon.edge.imap import folder as there
from daemon.edge.imap.line import BROKEN, MailboxTrouble, opened
from daemon.edge.imap.report import LARGEST
from daemon.edge.imap.wire import Client, Wake

ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To")
HEADERS = ("Message-ID", "To", *ENVELOPE)


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where the mail came to, and the headers that say to whom; ``left``: it could not be taken away."""

    mailbox: str
    folder: str
    written: dict[str, str]
    left: bool


@dataclass(slots=True)
class Search:
    """Connections to mailboxes, with what lay in their folders before."""

    _lines: list[tuple[Mailbox, Client]] = field(default_factory=list)
    _tops: dict[tuple[str, str], int] = field(default_factory=dict)

    def begin(self) -> None:
        """Note what lies there; only what comes from now on is looked at."""
        for box, client in self._lines:
            for name in box.folders:
                with contextlib.suppress(there.Refused):
                    there.select(client, name, look_only=True)
                    self._tops[box.name, name] = max(there.uids_from(client, 1), default=0)

    def find(self, message_id: str) -> Sighting | None:
        """The mail, if it is there by now; it is deleted where that harms no other mail."""
        for box, client in self._lines:
            for name in box.folders:
                top = self._tops.get((box.name, name))
                with contextlib.suppress(there.Refused, *BROKEN):
                    if top is not None and (found := _found(client, name, top, message_id)):
                        uid, written = found
                        return Sighting(box.name, name, written, left=not _taken_away(client, name, uid))
        return None


@contextlib.contextmanager
def search(boxes: Sequence[Mailbox], troubled: Callable[[str], None]) -> Iterator[Search]:
    """Connect to all that can be reached; ``troubled`` hears of each that cannot."""
    with ExitStack() as stack:
        here = Search()
        for box in boxes:
            try:
                here._lines.append((box, stack.enter_context(opened(box, stack.enter_context(Wake()), LARGEST))))
            except MailboxTrouble as trouble:
                troubled(str(trouble))
        yield here


def _found(client: Client, name: str, top: int, message_id: str) -> tuple[int, dict[str, str]] | None:
    there.select(client, name, look_only=True)
    for uid, text in there.headers(client, there.uids_from(client, top + 1), *HEADERS).items():
        fields = message_from_bytes(text)
        if str(fields["Message-ID"]).strip().strip("<>") == message_id:
            return uid, {key: str(value) for key, value in fields.items() if key.lower() != "message-id"}
    return None


def _taken_away(client: Client, name: str, uid: int) -> bool:
    if not there.can_delete(client):
        return False
    if not there.select(client, name, look_only=False).writable:
        return False
    there.remove(client, [uid])
    return True
