"""Mailboxes of a crash run: what is laid into them while the daemon is killed, and what lies in them afterwards."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.crash.clients import EARLIER, Books
from tests.crash.mails import Writer
from tests.crash.oracle import Lying
from tests.crash.relay import Notes
from tests.imap.dovecot import Dovecot
from tests.imap.servers import Account

FLAG, MOVED = "$Counterfoil", "Counterfoil"
AT_ONCE = 50


@dataclass(frozen=True)
class Mailboxes:
    """Two mailboxes of one IMAP server: in one, filed mail is flagged; in the other, moved to another folder."""

    flagged: Account
    moved: Account

    @classmethod
    def on(cls, server: Dovecot) -> Mailboxes:
        moved = server.account()
        moved.at(MOVED).make()
        return cls(server.account().make(), moved.make())

    @property
    def tables(self) -> str:
        """The part of the configuration; all that lies there is ours to file, whenever the first look is."""
        return self.flagged.table("flagged", start="unseen", when_filed="flag", flag=FLAG) + self.moved.table(
            "moved", start="unseen", when_filed="move", move_to=MOVED
        )

    def all_done(self) -> bool:
        """Whether every mail is flagged or moved."""
        return all(mail.done for mail in self.lying(with_bytes=False))

    def lying(self, *, with_bytes: bool = True) -> list[Lying]:
        """Everything that lies in both mailboxes."""
        places = (("flagged", self.flagged), ("moved", self.moved), ("moved", self.moved.at(MOVED)))
        return [mail for mailbox, account in places for mail in _folder(mailbox, account, with_bytes)]


def _folder(mailbox: str, account: Account, with_bytes: bool) -> Iterator[Lying]:
    with account.client() as imap:
        validity = int(imap.folder_status(account.folder, ["UIDVALIDITY"])[b"UIDVALIDITY"])
        uids = imap.search("ALL")
        for start in range(0, len(uids), AT_ONCE):
            asked = ["FLAGS", "BODY.PEEK[]"] if with_bytes else ["FLAGS"]
            for uid, found in imap.fetch(uids[start : start + AT_ONCE], asked).items():
                done = account.folder == MOVED or FLAG.encode() in found[b"FLAGS"]
                digest = hashlib.sha256(found.get(b"BODY[]", b"")).hexdigest()
                yield Lying(mailbox, account.folder, validity, uid, digest, done)


class Feeder(threading.Thread):
    """Lays mail into both mailboxes, some of it mail that comes through a door of the daemon too."""

    def __init__(self, mailboxes: Mailboxes, writer: Writer, notes: Notes, books: Books, pace: float) -> None:
        super().__init__(name="feeder")
        self._mailboxes = mailboxes
        self._writer = writer
        self._notes = notes
        self._books = books
        self._pace = pace
        self.last = ""
        self.stop = threading.Event()

    def run(self) -> None:
        while not self.stop.is_set():
            sent = self._writer.next(list(self._notes.recent), self._books.acknowledged[-EARLIER:])
            if sent.intent == "unreadable":
                sent = replace(sent, desks=("support",))  # nobody reads to whom it is: it goes to the first desk
            if sent.intent != "answers" and len(sent.desks) == 1:
                # an answer to APPEND is what 250 is to a client: from now on the mail may not be lost
                self._writer.chance.choice((self._mailboxes.flagged, self._mailboxes.moved)).append(sent.raw)
                self._books.appended.append(sent.marker)
                self._books.acknowledged.append(replace(sent, door="mailbox"))
            self.stop.wait(self._writer.chance.uniform(0, 2 * self._pace))

    def give_up(self) -> None:
        """There is nothing that it holds on to."""
