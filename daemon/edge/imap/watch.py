"""The life of a mailbox's thread: connect, look at every folder, wait for news, look again; after trouble, back off.

The first folder is watched by IDLE where the server offers it, all are looked at every ``poll`` seconds, which also
finds a connection that died in silence and ends each IDLE long before the 29 minutes after which servers hang up. The
thread ends only when it is told to; one mailbox's trouble is no other's.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from daemon.config import Mailbox
from daemon.core.values import Instant
from daemon.edge.imap import folder as there
from daemon.edge.imap.bridge import Bridge, HeldBack, Register
from daemon.edge.imap.line import MailboxTrouble, named, opened
from daemon.edge.imap.look import FIRST_PAUSE, HUGE, LONGEST_PAUSE, Looker, Watched
from daemon.edge.imap.wire import Client, Stopped, Wake
from daemon.edge.transport import spoken

log = structlog.get_logger()

LONGEST_IDLE = 28 * 60.0
PATIENT_PAUSE, LONGEST_PATIENT_PAUSE = 60.0, 1800.0
LONGEST_HELD_BACK = 10.0
VAIN_IN_A_ROW = 10
AT_ONCE_SECONDS = 1.0
MARGIN = 1024 * 1024


class Watch:
    """One mailbox. ``jitter(seconds)`` gives a random share of so many seconds, ``now`` the wall clock."""

    def __init__(
        self,
        box: Mailbox,
        register: Register,
        loop: asyncio.AbstractEventLoop,
        limit: int,
        now: Callable[[], Instant],
        jitter: Callable[[int], int],
    ) -> None:
        self.box = box
        self.trouble: str | None = None
        self.caught_up = False
        self.over = asyncio.Event()
        self._loop = loop
        self._jitter = jitter
        self._largest = HUGE * limit + MARGIN
        self._wake = Wake()
        self._watched = [Watched(name) for name in box.folders]
        self._looker = Looker(box, register, Bridge(loop, self._wake), limit, now)
        self._failures = 0
        self._selected: tuple[str, there.Selected] | None = None
        self._again_in = LONGEST_IDLE
        self._thread = threading.Thread(target=self._live, name=box.door, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Tell the thread to end; it does at once unless it is just connecting."""
        self._wake.ring()

    def ended(self) -> bool:
        """Whether the thread is gone; what it used is given back then."""
        if not self.over.is_set():
            return False
        self._thread.join()
        self._wake.close()
        return True

    # -- the thread

    def _live(self) -> None:
        try:
            self._try_and_try_again()
        finally:
            with contextlib.suppress(RuntimeError):  # the loop has ended and waits for nobody
                self._loop.call_soon_threadsafe(self.over.set)

    def _try_and_try_again(self) -> None:
        while not self._wake.rung:
            patience = False
            try:
                self._converse()
            except Stopped:
                return
            except MailboxTrouble as trouble:
                patience = trouble.patience
                self._in_trouble(str(trouble))
            except Exception as error:
                log.exception("mailbox_failed", mailbox=self.box.name)
                self._in_trouble(f"{named(self.box)}: a fault of ours ({type(error).__name__}); the log tells more")
            for watched in self._watched:
                watched.compared_at = None
            self._wake.wait(self._pause(patience))

    def _pause(self, patience: bool) -> float:
        """Seconds before the next try, doubling from one to the next, and a share by chance on top."""
        first, longest = (PATIENT_PAUSE, LONGEST_PATIENT_PAUSE) if patience else (FIRST_PAUSE, LONGEST_PAUSE)
        pause: float = min(longest, first * 2 ** min(self._failures, 16))
        self._failures += 1
        return pause + self._jitter(int(pause) // 4)

    def _in_trouble(self, reason: str) -> None:
        if reason != self.trouble:
            log.error("mailbox_trouble", mailbox=self.box.name, because=reason)
        self.trouble = reason
        self.caught_up = False

    def _works(self) -> None:
        if self.trouble is not None:
            log.info("mailbox_works", mailbox=self.box.name)
        self.trouble = None

    def _converse(self) -> None:
        with opened(self.box, self._wake, self._largest) as client:
            self._selected = None
            if self.box.when_filed == "move":
                self._make_folder(client)
            vain = 0
            while True:
                came = self._look_at_all(client)
                idles = self._selected is not None and client.has_capability("IDLE")
                if idles and client.wire.has_news():
                    continue
                wait = self._wait_at_most()
                if not idles:
                    self._rest(wait)
                    continue
                began = time.monotonic()
                client.wire.idle(wait)
                early = time.monotonic() - began < AT_ONCE_SECONDS
                vain = vain + 1 if early and not came else 0
                if vain > VAIN_IN_A_ROW:
                    self._rest(min(vain - VAIN_IN_A_ROW, self.box.poll))

    def _make_folder(self, client: Client) -> None:
        try:
            there.make_folder(client, self.box.move_to)
        except there.Refused as error:
            raise MailboxTrouble(
                f"{named(self.box)} has no folder {self.box.move_to} and refuses to make it ({spoken(str(error))}); "
                "make it there, or set move_to",
                patience=True,
            ) from None

    def _look_at_all(self, client: Client) -> bool:
        """Look at each folder, at the first one last, which is then watched; whether there was anything new.

        A folder that is refused does not hold up the others.
        """
        came, refused, self._again_in = False, "", LONGEST_IDLE
        for watched in reversed(self._watched):
            before = watched.top
            at, self._selected = self._selected, None
            try:
                already = at[1] if at is not None and at[0] == watched.name else None
                self._selected = (watched.name, self._looker.look(client, watched, selected=already))
            except HeldBack:
                watched.compared_at = None
                self._again_in = min(self._pause(False), LONGEST_HELD_BACK)
                return True
            except there.Refused as error:
                watched.compared_at = None
                refused = (
                    f"the folder {watched.name} of {named(self.box)} cannot be read ({spoken(str(error))}); "
                    "make it there, or set folders"
                )
            came |= watched.top > before
        if refused:
            self._in_trouble(refused)
            self._again_in = self._pause(False)
        else:
            self._failures = 0
            self._works()
            self.caught_up = True
        return came

    def _wait_at_most(self) -> float:
        """Seconds until something is due without news."""
        due = [when for watched in self._watched for when, _ in watched.later.values()]
        soonest = min(due) - time.monotonic() if due else LONGEST_IDLE
        return max(0.0, min(self._again_in, float(self.box.poll), soonest))

    def _rest(self, seconds: float) -> None:
        if self._wake.wait(seconds):
            raise Stopped


class Mailboxes:
    """All mailboxes: started together, each on its own from then on."""

    def __init__(
        self,
        boxes: Sequence[Mailbox],
        register: Register,
        limit: int,
        now: Callable[[], Instant],
        jitter: Callable[[int], int],
    ) -> None:
        self._boxes = boxes
        self._register = register
        self._limit = limit
        self._now = now
        self._jitter = jitter
        self._watches: list[Watch] = []
        self.left: list[str] = []
        for box in boxes:
            box.password()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start a thread for each, which hands its mail to this loop."""
        for box in self._boxes:
            self._watches.append(Watch(box, self._register, loop, self._limit, self._now, self._jitter))
        for watch in self._watches:
            watch.start()

    @property
    def trouble(self) -> list[str]:
        """Why mail is not fetched at present, a sentence for each mailbox that has trouble."""
        return [watch.trouble for watch in self._watches if watch.trouble]

    @property
    def caught_up(self) -> bool:
        """Whether all that lies in each mailbox was seen, as far as we can tell."""
        return all(watch.caught_up for watch in self._watches)

    async def close(self, grace: float) -> None:
        """End all; one that is just connecting may be left to the end of the process after ``grace`` seconds."""
        for watch in self._watches:
            watch.stop()
        if self._watches:
            await asyncio.wait([asyncio.ensure_future(watch.over.wait()) for watch in self._watches], timeout=grace)
        self.left = [watch.box.name for watch in self._watches if not watch.ended()]
        for name in self.left:
            log.warning("mailbox_left", mailbox=name)
        self._watches = []
