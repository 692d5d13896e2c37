"""Tries mail again that could not be acted upon: by hand, by schedule, and once after an upgrade (invariants 3 and 6).

The operator was told when the mail was kept, and is not told again.
"""

from __future__ import annotations

import asyncio
import contextlib

import structlog

from daemon.core.values import Envelope, Outcome
from daemon.desk.house import House
from daemon.desk.intake import Reception
from daemon.mail.fingerprint import of_bytes
from daemon.store import holds, ledger
from daemon.store import raw as kept
from daemon.store.writer import StoreUnavailable

log = structlog.get_logger()
ROUND_SECONDS = 30.0
AT_ONCE = 20


async def again(house: House, reception: Reception, inbound: int) -> Outcome:
    """Take the mail of a ledger row once more, from the bytes that were kept; the row then says what came of it."""

    def look() -> tuple[bytes, Envelope, bool]:
        row = ledger.row(inbound)
        assert row is not None
        sha256 = row["raw_bytes"]
        return kept.read(sha256), holds.envelope(inbound), row["fingerprint"] == of_bytes(sha256)

    raw, envelope, unread = await asyncio.to_thread(house.store.read, look)
    return await reception.receive_again(raw, envelope, inbound, unread=unread)


class Repairs:
    """The loop that looks for mail that is due to be tried again."""

    def __init__(self, house: House, reception: Reception, pause: float = ROUND_SECONDS) -> None:
        self._house = house
        self._reception = reception
        self._pause = pause
        self._closing = asyncio.Event()

    async def run(self) -> None:
        """Try what is due until ``close``; trouble of the database or with one mail never ends it."""
        upgraded = False
        while not self._closing.is_set():
            try:
                if not upgraded:
                    upgraded = await self._after_an_upgrade()
                await self._round()
            except StoreUnavailable as error:
                log.warning("repairs_wait", because="store-unavailable", error=str(error))
            except Exception as error:
                log.exception("repairs_failed", error=type(error).__name__)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), self._pause)

    def close(self) -> None:
        """End after the mail that is being tried."""
        self._closing.set()

    async def _after_an_upgrade(self) -> bool:
        now = self._house.now()
        count = await asyncio.wrap_future(self._house.store.write(lambda: ledger.retry_other_versions(now)))
        if count:
            log.info("tried_again_by_this_version", mails=count)
        return True

    async def _round(self) -> None:
        now = self._house.now()
        for inbound in await asyncio.to_thread(self._house.store.read, lambda: ledger.due(now, AT_ONCE)):
            if self._closing.is_set():
                return
            outcome = await again(self._house, self._reception, inbound)
            log.info("mail_tried_again", inbound=inbound, state=outcome.state, because=outcome.because)
