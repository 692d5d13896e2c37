"""``counterfoil check --connect`` for mailboxes and reply addresses: what works, and each fault as a sentence."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence

from daemon.cli.terms import plain, say
from daemon.config import Config, Desk, Mailbox
from daemon.core.mailbox import Folder
from daemon.desk.house import House
from daemon.desk.probing import Probe, probe
from daemon.edge.imap.line import MailboxTrouble
from daemon.edge.imap.probe import Search, Sighting, search
from daemon.edge.imap.report import examine, has_folder
from daemon.edge.relay import SmtpRelay
from daemon.edge.transport import Delivered
from daemon.store import mailbox as store
from daemon.store.db import StoreError, open_store

PROBE_SECONDS = 30.0
STEP_SECONDS = 0.5
CURE = (
    'set reply_address = "separator", "catch-all" or "none" for this desk, or have the mail host deliver such addresses'
)


class Ledger:
    """The ledger, read beside a running daemon."""

    def __init__(self, house: House) -> None:
        self._house = house

    def folder(self, box: Mailbox, name: str) -> Folder | None:
        return self._house.store.read(lambda: store.folder(box.name, name))

    def entered(self, box: Mailbox, name: str, uidvalidity: int, uids: Sequence[int]) -> dict[int, str]:
        return self._house.store.read(lambda: store.entered(box.door, name, uidvalidity, uids))


def check_mailboxes(house: House) -> list[str]:
    """Try each mailbox by itself and say what works; the faults."""
    faults = []
    for box in house.config.mailbox:
        try:
            faults += _check(box, Ledger(house))
        except MailboxTrouble as trouble:
            faults.append(str(trouble))
    return faults


def _check(box: Mailbox, ledger: Ledger) -> list[str]:
    report = examine(box, ledger)
    offers = ", ".join(report.offers) or "no extension that we use"
    say(f"Mailbox {box.name}: {report.encryption}, logged in as {plain(box.username)}, {offers}.")
    if "IDLE" not in report.offers:
        say(f"  It offers no IDLE: new mail is seen within {box.poll} s.")
    for folder in report.folders:
        if folder.because is None:
            first = "" if folder.seen else f' (not seen before: start = "{box.start}")'
            waits = f"{len(folder.missing)} to be filed"
            say(f"  Folder {plain(folder.folder)}: {folder.here} mails, {waits}{first}.")
    if box.when_filed == "move":
        there = "is there" if has_folder(box, box.move_to) else "will be made"
        say(f"  Filed mail is moved to {plain(box.move_to)}, which {there}.")
    return report.faults


def check_reply_addresses(house: House) -> list[str]:
    """Send each desk a mail to an address like those for replies, and see whether it comes; the faults."""
    config = house.config
    desks = [desk for desk in config.desk if desk.reply_address != "none"]
    if not config.relay.host or not desks:
        return []
    if not config.mailbox and not daemon_runs(config):
        say("Reply addresses: not tried, for nobody would see the mail; start the daemon and check again.")
        return []
    faults: list[str] = []
    with search(config.mailbox, lambda _: None) as boxes:
        for desk in desks:
            faults += _try(house, desk, boxes)
    return faults


def _try(house: House, desk: Desk, boxes: Search) -> list[str]:
    trial = probe(house, desk)
    behind = house.store.read(store.last_entry)
    boxes.begin()
    sent = asyncio.run(_sent(house.config, trial))
    if sent is not None:
        return [f"desk {desk.name}: the relay does not take a mail to {trial.address} ({plain(sent)}); {CURE}"]
    for _ in _ticks(PROBE_SECONDS):
        if came := house.store.read(lambda: store.came(trial.message_id, behind)):
            source, recipient, _ = came
            return _told(desk, trial, f"the daemon ({source})", recipient.casefold() == trial.address.casefold())
        if sighting := boxes.find(trial.message_id):
            if sighting.left:
                say(f"  The test mail stays in {plain(sighting.folder)}: the server offers no UIDPLUS.")
            return _told(desk, trial, f"the mailbox {sighting.mailbox}", _intact(trial, sighting))
    return [f"desk {desk.name}: a mail to {trial.address} did not arrive within {PROBE_SECONDS:g} s; {CURE}"]


def _told(desk: Desk, trial: Probe, where: str, intact: bool) -> list[str]:
    if not intact:
        return [f"desk {desk.name}: a mail to {trial.address} arrived in {where} without its token; {CURE}"]
    say(f"Reply addresses of desk {desk.name}: good; a mail to one arrived in {where} with its token.")
    return []


def _intact(trial: Probe, sighting: Sighting) -> bool:
    return any(trial.address.casefold() in value.casefold() for value in sighting.written.values())


async def _sent(config: Config, trial: Probe) -> str | None:
    """Hand the mail to the relay; None, or what it says against it."""
    relay = SmtpRelay(config.relay)
    try:
        result = await relay.send(trial.parcel, trial.content)
    finally:
        await relay.close()
    return None if isinstance(result, Delivered) else getattr(result, "response", None) or getattr(result, "reason", "")


def _ticks(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(STEP_SECONDS)


def daemon_runs(config: Config) -> bool:
    """Whether a daemon serves this database."""
    storage = config.storage
    try:
        open_store(storage.database_url, sole=True, password=storage.password()).close()
    except StoreError:
        return True
    return False
