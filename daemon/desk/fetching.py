"""Mail that is fetched from mailboxes: what the threads that talk IMAP ask of the house, and what it takes from them.

Who wrote a mail to whom, in the envelope's sense, IMAP does not tell: it is read out of the headers that the host's own
delivery left, and else out of To and Cc.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from daemon.config import Mailbox
from daemon.core.mailbox import Fetched, Folder
from daemon.core.values import Envelope, Outcome
from daemon.desk.house import House
from daemon.desk.intake import Reception, Turn
from daemon.mail.parse import unread
from daemon.store import mailbox as store


class Fetching:
    """What ``daemon.edge.imap`` asks for, over the store and the intake."""

    def __init__(self, house: House, reception: Reception) -> None:
        self._house = house
        self._reception = reception
        self._last: dict[str, Turn] = {}

    async def folder(self, box: Mailbox, name: str) -> Folder | None:
        """What is known of a folder; None for one never seen."""
        return await asyncio.to_thread(self._house.store.read, lambda: store.folder(box.name, name))

    async def remember(self, box: Mailbox, name: str, seen: Folder) -> None:
        """Write down what is known of a folder from now on."""
        now = self._house.now()
        await asyncio.wrap_future(self._house.store.write(lambda: store.remember(box.name, name, seen, now)))

    async def entered(self, box: Mailbox, name: str, uidvalidity: int, uids: Sequence[int]) -> dict[int, str]:
        """Those of these UIDs that stand in the ledger, each with its reason."""
        return await asyncio.to_thread(self._house.store.read, lambda: store.entered(box.door, name, uidvalidity, uids))

    async def take(self, box: Mailbox, name: str, seen: Folder, mail: Fetched) -> Outcome:
        """Keep a mail; ``deferred`` if it could not be, and so must stay where it is.

        Mails that are taken at the same time are decided in the order in which they were given: a follow-up finds the
        ticket of the mail that it follows.
        """
        turn = self._last[box.name] = Turn(self._last.get(box.name))
        try:
            return await self._keep(box, name, seen, mail, turn)
        finally:
            await turn.come()
            turn.over()

    async def _keep(self, box: Mailbox, name: str, seen: Folder, mail: Fetched, turn: Turn) -> Outcome:
        now, limit = self._house.now(), self._house.config.limits.message_size
        envelope = Envelope(
            source=box.door,
            source_key=store.source_key(name, seen.uidvalidity, mail.uid),
            sender=None,
            recipients=(),
            received_at=mail.date if mail.date is not None and 0 < mail.date <= now else now,
            door=box.door,
            silent=mail.uid < seen.silent_below,
        )
        parsed = None
        if len(mail.raw) > limit:
            whole = len(mail.raw) >= mail.size
            because = "too-large" if whole else "too-large-to-keep"
            detail = f"{mail.size} bytes" if whole else f"{len(mail.raw)} of {mail.size} bytes are kept"
            parsed = await asyncio.to_thread(unread, mail.raw, because, detail)
        desk = box.desk or self._house.config.desk[0].name
        return await self._reception.receive_from_mailbox(mail.raw, envelope, desk, turn, parsed)
