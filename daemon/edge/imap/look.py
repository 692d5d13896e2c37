"""One look at a folder: what is ours and not in the ledger is fetched, kept, and then marked as the operator wants it.

The ledger is asked before anything is fetched and believed before anything is marked: a mail is flagged, moved or
deleted only when its bytes stand there. Mail is fetched and kept in batches, one batch being fetched while the one
before it is kept. Every mail ends by itself: one that the server does not give, or that cannot be kept at present,
stays where it is and is tried again after a pause that doubles, while the others go on.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import structlog

from daemon.config import Mailbox
from daemon.core import mailbox as ours
from daemon.core.mailbox import Fetched, Folder
from daemon.core.values import Instant, Outcome
from daemon.edge.imap import folder as there
from daemon.edge.imap.bridge import Bridge, HeldBack, Register
from daemon.edge.imap.wire import Client, Stopped

log = structlog.get_logger()

MAILS, BYTES = 50, 8 * 1024 * 1024
KEPT_AT_ONCE = 16
HUGE = 4  # times limits.message_size: of a larger mail only the beginning is fetched
NEWEST_OF = 200
COMPARE_SECONDS = 3600.0
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0
STORE_AWAY = ("store-unavailable", "bytes-not-kept")


@dataclass
class Watched:
    """What a thread remembers of a folder between looks; all of it can be found out again.

    ``top`` is the highest UID that was seen, ``later`` when (monotonic) a mail is tried again and the pause before,
    ``unmarked`` mail in the ledger that is still to be flagged, moved or deleted.
    """

    name: str
    known: Folder | None = None
    top: int = 0
    later: dict[int, tuple[float, float]] = field(default_factory=dict)
    unmarked: set[int] = field(default_factory=set)
    compared_at: float | None = None
    flags_compared: bool = False
    said: set[str] = field(default_factory=set)

    def put_off(self, uid: int, now: float) -> None:
        pause = min(self.later[uid][1] * 2, LONGEST_PAUSE) if uid in self.later else FIRST_PAUSE
        self.later[uid] = (now + pause, pause)


class Looker:
    """Looks at the folders of one mailbox. ``limit`` is limits.message_size, ``clock`` monotonic."""

    def __init__(
        self,
        box: Mailbox,
        register: Register,
        bridge: Bridge,
        limit: int,
        now: Callable[[], Instant],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._box = box
        self._register = register
        self._bridge = bridge
        self._limit = limit
        self._now = now
        self._clock = clock

    def look(self, client: Client, watched: Watched, *, selected: there.Selected | None) -> there.Selected:
        """Look at a folder; ``selected`` if it is already. ``Refused`` where the server will not answer."""
        at = self._clock()
        compare = watched.compared_at is None or at - watched.compared_at >= COMPARE_SECONDS
        if selected is None or compare:
            selected = there.select(client, watched.name, look_only=self._box.when_filed == "leave")
        client.wire.forget_news()
        if watched.known is None or watched.known.uidvalidity != selected.uidvalidity:
            self._describe(client, watched, selected.uidvalidity)
            compare = True
        known = watched.known
        assert known is not None
        found = there.uids_from(client, known.lowest if compare else watched.top + 1)
        watched.top = max([watched.top, *found[-1:]])
        due = [uid for uid, (when, _) in watched.later.items() if when <= at]
        candidates = known.ours(found if compare else [*found, *due])
        entered = self._bridge.ask(self._register.entered(self._box, watched.name, known.uidvalidity, candidates))
        if compare:
            watched.later = {uid: when for uid, when in watched.later.items() if uid in set(candidates) - set(entered)}
            self._catch_up(client, watched, known, entered)
        new = [u for u in candidates if u not in entered and (u not in watched.later or u in set(due))]
        marks = self._marks(client, watched, selected)
        if marks:
            self._mark(client, watched)
        self._file(client, watched, known, new, marks)
        if compare:
            watched.compared_at = at
        return selected

    # -- what is ours

    def _describe(self, client: Client, watched: Watched, uidvalidity: int) -> None:
        """Know the folder from the ledger, or write down how it is now."""
        watched.known = self._bridge.ask(self._register.folder(self._box, watched.name))
        if watched.known is None or watched.known.uidvalidity != uidvalidity:
            present = there.uids_from(client, 1)
            unseen = there.uids_from(client, 1, "UNSEEN") if self._box.start == "unseen" else []
            if watched.known is None:
                newest = max((d for d in there.dates(client, present[-NEWEST_OF:]).values() if d), default=None)
                newest = None if newest is None else min(newest, self._now())
                seen = ours.first_sight(self._box.start, uidvalidity, present, unseen, newest)
            else:
                log.warning("uidvalidity_changed", mailbox=self._box.name, folder=watched.name)
                told = there.dates(client, present)
                dates = {uid: told.get(uid) for uid in present}
                seen = ours.renewed(self._box.start, watched.known, uidvalidity, dates, unseen)
            self._bridge.ask(self._register.remember(self._box, watched.name, seen))
            watched.known = seen
            log.info("folder_seen", mailbox=self._box.name, folder=watched.name, first_uid=seen.first_uid)
        watched.top, watched.later, watched.unmarked, watched.compared_at = 0, {}, set(), None

    # -- filing

    def _file(self, client: Client, watched: Watched, known: Folder, uids: Sequence[int], marks: bool) -> None:
        under_way: concurrent.futures.Future[list[tuple[Fetched, Outcome]]] | None = None
        try:
            for mails in self._fetch(client, watched, uids):
                kept, under_way = under_way, self._bridge.start(self._keep(watched.name, known, mails))
                if kept is not None:
                    self._note(watched, self._bridge.wait(kept))
                    if marks:
                        self._mark(client, watched)
            if under_way is not None:
                self._note(watched, self._bridge.wait(under_way))
        except Stopped:
            raise
        except BaseException:
            if under_way is not None:
                concurrent.futures.wait([under_way])  # else it would be fetched again before it is entered
            raise
        if marks:
            self._mark(client, watched)

    def _fetch(self, client: Client, watched: Watched, uids: Sequence[int]) -> Iterator[list[Fetched]]:
        """The mails in batches; what the server does not give is put off."""
        for start in range(0, len(uids), there.AT_ONCE):
            some = uids[start : start + there.AT_ONCE]
            sizes = there.sizes(client, some)
            for batch in self._batches(some, sizes):
                huge = sizes.get(batch[0], 0) > HUGE * self._limit
                given = self._given(client, batch, sizes, HUGE * self._limit if huge else None)
                missing = set(batch) - {mail.uid for mail in given}
                for uid in missing:
                    if uid not in watched.later:
                        log.warning("mail_not_given", mailbox=self._box.name, folder=watched.name, uid=uid)
                    watched.put_off(uid, self._clock())
                if given:
                    yield given

    def _batches(self, uids: Sequence[int], sizes: dict[int, int]) -> Iterator[list[int]]:
        """So many mails or bytes at once; a large mail, or one of unknown size, alone."""
        batch: list[int] = []
        weight = 0
        for uid in uids:
            size = sizes.get(uid, BYTES)
            alone = size > HUGE * self._limit
            if batch and (len(batch) >= MAILS or weight + size > BYTES or alone):
                yield batch
                batch, weight = [], 0
            batch.append(uid)
            weight += BYTES if alone else size
        if batch:
            yield batch

    def _given(self, client: Client, batch: list[int], sizes: dict[int, int], most: int | None) -> list[Fetched]:
        """A batch; where the server refuses it whole, each of its mails alone."""
        try:
            return there.mails(client, batch, sizes, most)
        except there.Refused:
            if len(batch) == 1:
                return []
            return [mail for uid in batch for mail in self._given(client, [uid], sizes, most)]

    async def _keep(self, name: str, known: Folder, mails: list[Fetched]) -> list[tuple[Fetched, Outcome]]:
        room = asyncio.Semaphore(KEPT_AT_ONCE)

        async def keep(mail: Fetched) -> tuple[Fetched, Outcome]:
            async with room:
                try:
                    return mail, await self._register.take(self._box, name, known, mail)
                except Exception as error:
                    log.exception("mail-deferred", because="bytes-not-kept", error=type(error).__name__)
                    return mail, Outcome("", "deferred", "bytes-not-kept")

        return list(await asyncio.gather(*map(keep, mails)))

    def _note(self, watched: Watched, kept: list[tuple[Fetched, Outcome]]) -> None:
        for mail, outcome in kept:
            if outcome.because in STORE_AWAY:
                continue
            if outcome.state == "deferred":
                watched.put_off(mail.uid, self._clock())
            else:
                watched.later.pop(mail.uid, None)
                if len(mail.raw) >= mail.size:
                    watched.unmarked.add(mail.uid)
        if any(outcome.because in STORE_AWAY for _, outcome in kept):
            watched.compared_at = None
            raise HeldBack

    # -- what is done with filed mail

    def _catch_up(self, client: Client, watched: Watched, known: Folder, entered: dict[int, str]) -> None:
        """Find filed mail that was not marked, because we or the connection ended in between."""
        whole = {uid for uid, because in entered.items() if because != "too-large-to-keep"}
        if self._box.when_filed in ("move", "delete"):
            watched.unmarked |= whole
        elif self._box.when_filed == "flag" and not watched.flags_compared:
            # once after each start: what people unflag later stays so
            watched.unmarked |= whole & set(there.uids_without(client, known.lowest, self._box.flag))
            watched.flags_compared = True

    def _marks(self, client: Client, watched: Watched, selected: there.Selected) -> bool:
        """Whether filed mail can be marked as configured; why not is said once."""
        reason = cannot_mark(client, self._box, selected)
        if reason is None:
            return self._box.when_filed != "leave"
        self._say(watched, reason)
        watched.unmarked.clear()
        return False

    def _mark(self, client: Client, watched: Watched) -> None:
        if not watched.unmarked:
            return
        try:
            there.mark(client, self._box, sorted(watched.unmarked))
        except there.Refused as error:
            self._say(watched, f"the server refuses to {self._box.when_filed} ({error})")
            watched.flags_compared = False
        watched.unmarked.clear()

    def _say(self, watched: Watched, reason: str) -> None:
        if reason not in watched.said:
            watched.said.add(reason)
            log.warning("mail_left", mailbox=self._box.name, folder=watched.name, because=reason)


def cannot_mark(client: Client, box: Mailbox, selected: there.Selected) -> str | None:
    """Why filed mail stays as it is against the configuration, with the cure; None if it need not."""
    if box.when_filed == "leave":
        return None
    if not selected.writable:
        return "the folder may only be read; grant the right to write, or set when_filed to leave"
    if box.when_filed == "flag" and not selected.keeps(box.flag):
        return f"the server does not keep the flag {box.flag}; set flag to a system flag such as \\Seen"
    if box.when_filed == "move" and not there.can_move(client):
        return "the server offers neither MOVE nor UIDPLUS; set when_filed to flag or leave"
    if box.when_filed == "delete" and not there.can_delete(client):
        return "the server offers no UIDPLUS, so others' mail could be deleted as well; set when_filed to flag or leave"
    return None
