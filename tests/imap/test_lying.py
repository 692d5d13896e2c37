"""IMAP servers that drop, hang and lie at each command: no mail is lost, none is kept twice, and others go on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from daemon.config import Mailbox
from daemon.core.mailbox import Fetched, Folder
from daemon.core.values import Outcome
from daemon.edge.imap import look, watch
from daemon.edge.imap.watch import Mailboxes
from daemon.store.writer import StoreUnavailable
from tests.imap.lying import Liar

DEADLINE_SECONDS = 15.0
LIMIT = 100_000
NOW = 1_795_500_000
ANYWHERE = ("drop", "bye", "hang", "garbage", "pieces")
REFUSED = ("no", "bad")
COMMANDS = ("greeting", "CAPABILITY", "LOGIN", "EXAMINE", "SEARCH", "FETCH", "IDLE")
FAULTS = [
    *((command, fault) for command in COMMANDS for fault in ANYWHERE),
    *((command, fault) for command in COMMANDS[1:] for fault in REFUSED),
    *(("FETCH", fault) for fault in ("bodyless", "nothing", "others", "nameless", "cut", "huge")),
    *(("SEARCH", fault) for fault in ("low", "nonsense")),
    *(("IDLE", fault) for fault in ("done", "news-first")),
    *(("idling", fault) for fault in ("drop", "bye", "garbage", "hang")),
]
MARKING = [(command, fault) for command in ("STORE", "MOVE") for fault in (*ANYWHERE, *REFUSED)]


@dataclass
class Register:
    """The house in memory: knows folders, the ledger, and every mail by its bytes; may be told to be away."""

    folders: dict[tuple[str, str], Folder] = field(default_factory=dict)
    ledger: dict[tuple[str, int, int], str] = field(default_factory=dict)
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    seen: dict[str, list[int]] = field(default_factory=dict)
    away: int = 0
    silent: list[bool] = field(default_factory=list)

    async def folder(self, box: Mailbox, name: str) -> Folder | None:
        return self.folders.get((box.name, name))

    async def remember(self, box: Mailbox, name: str, seen: Folder) -> None:
        self.folders[box.name, name] = seen

    async def entered(self, box: Mailbox, name: str, uidvalidity: int, uids: Sequence[int]) -> dict[int, str]:
        keys = {uid: (box.name, uidvalidity, uid) for uid in uids}
        return {uid: self.ledger[key] for uid, key in keys.items() if key in self.ledger}

    async def take(self, box: Mailbox, name: str, seen: Folder, mail: Fetched) -> Outcome:
        await asyncio.sleep(0)
        if self.away > 0:
            self.away -= 1
            return Outcome("", "deferred", "store-unavailable")
        key = (box.name, seen.uidvalidity, mail.uid)
        assert key not in self.ledger, "the same mail twice"
        repeated = (box.name, mail.raw) in self.taken
        self.ledger[key] = "duplicate" if repeated else "too-large-to-keep" if len(mail.raw) < mail.size else "new"
        if not repeated:
            self.taken.append((box.name, mail.raw))
            self.silent.append(mail.uid < seen.silent_below)
        return Outcome("", "filed", "new")

    def of(self, name: str) -> list[bytes]:
        return [raw for box, raw in self.taken if box == name]


Begin = Callable[..., Awaitable[Mailboxes]]


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back off for hundredths of a second."""
    monkeypatch.setattr(look, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(watch, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(watch, "PATIENT_PAUSE", 0.02)


@pytest.fixture
def liar() -> Iterator[Liar]:
    with Liar() as server:
        yield server


@pytest.fixture
def honest() -> Iterator[Liar]:
    """One that does nothing wrong."""
    with Liar() as server:
        yield server


@pytest.fixture
async def begin(hasty: None, liar: Liar, honest: Liar, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Begin]:
    monkeypatch.setenv("IMAP_PASSWORD", "secret")
    started: list[Mailboxes] = []

    async def begin(register: Register, *boxes: Mailbox) -> Mailboxes:
        started.append(Mailboxes(boxes, register, LIMIT, lambda: NOW, lambda _: 0))
        started[-1].start(asyncio.get_running_loop())
        return started[-1]

    yield begin
    for mailboxes in started:
        await mailboxes.close(5)
        assert mailboxes.left == []


def box(liar: Liar, name: str = "liar", **options: Any) -> Mailbox:
    defaults = {
        "name": name,
        "host": "127.0.0.1",
        "port": liar.port,
        "tls": "none",
        "insecure_login": True,
        "username": "someone",
        "password_env": "IMAP_PASSWORD",
    }
    in_haste = {"poll": 0.2, "timeout": 0.4}
    return Mailbox(**(defaults | options)).model_copy(update={k: v for k, v in in_haste.items() if k not in options})


async def until(question: Callable[[], object], seconds: float = DEADLINE_SECONDS) -> None:
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        await asyncio.sleep(0.005)


def raws(*numbers: int) -> list[bytes]:
    return [b"From: a@b.example\r\nSubject: %d\r\n\r\nMail %d\r\n" % (number, number) for number in numbers]


@pytest.mark.parametrize(("command", "fault"), FAULTS)
async def test_a_server_that_fails_at_a_command_loses_nothing_and_nobody_else_waits(
    begin: Begin, liar: Liar, honest: Liar, command: str, fault: str
) -> None:
    register = Register()
    liar.append(*raws(1, 2))
    await begin(register, box(liar), box(honest, "honest"))
    await until(lambda: len(register.folders) == 2)
    liar.faults[command] = [fault] * (1 if fault in ("pieces", "hang") else 2)
    liar.append(*raws(*range(10, 70)))
    honest.append(*raws(80))
    if command in ("greeting", "CAPABILITY", "LOGIN", "EXAMINE"):
        liar.drop_all()
    await until(lambda: register.of("honest") == raws(80))
    await until(lambda: len(register.of("liar")) == 60)
    liar.append(*raws(70))
    await until(lambda: not liar.faults[command])
    await until(lambda: len(register.of("liar")) == 61)
    assert sorted(register.of("liar")) == sorted(raws(*range(10, 71)))


@pytest.mark.parametrize(("command", "fault"), MARKING)
async def test_a_server_that_fails_as_mail_is_marked_has_it_marked_in_the_end(
    begin: Begin, liar: Liar, command: str, fault: str
) -> None:
    register = Register()
    options = {"STORE": {"when_filed": "flag", "flag": "$Kept"}, "MOVE": {"when_filed": "move", "move_to": "Done"}}
    liar.append(*raws(1))
    liar.faults[command] = [fault] * 2
    await begin(register, box(liar, start="all", **options[command]))
    await until(lambda: register.of("liar") == raws(1))
    if fault in REFUSED:
        await until(lambda: liar.said(command) == 1)
        liar.faults[command].clear()
        liar.drop_all()
    if command == "MOVE":
        await until(lambda: liar.folders.get("Done") == raws(1))
        assert liar.mails == {}
    else:
        await until(lambda: "$Kept" in liar.mails[1].flags)
    assert len(register.ledger) == 1


async def test_a_changed_uidvalidity_makes_no_mail_twice_and_brings_no_old_mail(begin: Begin, liar: Liar) -> None:
    register = Register()
    liar.append(*raws(1, 2), date="20-Nov-2026 00:00:00 +0000")
    await begin(register, box(liar))
    await until(lambda: register.folders)
    liar.append(*raws(3, 4))
    await until(lambda: len(register.taken) == 2)
    liar.append(*raws(5))
    liar.renumber()
    liar.append(*raws(6))
    await until(lambda: len(register.taken) == 4)
    assert sorted(register.of("liar")) == sorted(raws(3, 4, 5, 6))
    fetches = liar.said("FETCH")
    liar.drop_all()
    liar.append(*raws(7))
    await until(lambda: len(register.taken) == 5)
    assert liar.said("FETCH") - fetches == 2, "what was seen to be a duplicate is fetched again"


async def test_an_import_that_a_changed_uidvalidity_interrupts_stays_silent(begin: Begin, liar: Liar) -> None:
    register = Register()
    liar.append(*raws(1, 2), date="20-Nov-2026 00:00:00 +0000")
    register.away = 1_000_000
    await begin(register, box(liar, start="all"))
    await until(lambda: register.away < 1_000_000)
    liar.renumber()
    liar.append(*raws(3))
    register.away = 0
    await until(lambda: len(register.taken) == 3)
    assert [raw for raw, silent in zip(register.of("liar"), register.silent, strict=True) if not silent] == raws(3)


async def test_a_house_that_cannot_keep_mail_leaves_it_and_takes_it_later(begin: Begin, liar: Liar) -> None:
    register = Register()
    await begin(register, box(liar, when_filed="delete"))
    await until(lambda: register.folders)
    register.away = 120
    liar.append(*raws(*range(60)))
    await until(lambda: not register.away)
    await until(lambda: len(register.taken) == 60 and not liar.mails)


async def test_a_database_that_is_away_leaves_mail_where_it_is(
    begin: Begin, liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    register = Register()
    mailboxes = await begin(register, box(liar))
    await until(lambda: register.folders)
    sound = register.entered

    async def away(*_: object) -> dict[int, str]:
        raise StoreUnavailable("the disk is full")

    register.entered = away  # type: ignore[method-assign, assignment]
    liar.append(*raws(1))
    searches = liar.said("SEARCH")
    await until(lambda: liar.said("SEARCH") > searches + 2)
    assert not mailboxes.trouble
    register.entered = sound  # type: ignore[method-assign]
    await until(lambda: register.of("liar") == raws(1))


async def test_a_fault_of_ours_ends_no_thread_and_is_told(begin: Begin, liar: Liar, honest: Liar) -> None:
    register = Register()
    faults = iter([ZeroDivisionError("a fault"), ZeroDivisionError("a fault")])
    sound = register.remember

    async def faulty(box: Mailbox, name: str, seen: Folder) -> None:
        if box.name == "liar" and (fault := next(faults, None)):
            raise fault
        await sound(box, name, seen)

    register.remember = faulty  # type: ignore[method-assign]
    mailboxes = await begin(register, box(liar), box(honest, "honest"))
    await until(lambda: mailboxes.trouble)
    assert "a fault of ours (ZeroDivisionError)" in mailboxes.trouble[0]
    await until(lambda: len(register.folders) == 2 and not mailboxes.trouble)


async def test_a_mail_that_the_server_never_gives_holds_up_no_other(begin: Begin, liar: Liar) -> None:
    register = Register()
    await begin(register, box(liar))
    await until(lambda: register.folders)
    liar.append(b"")
    liar.mails[1].raw = b"From: a@b.example\r\n\r\n"
    liar.faults["FETCH"] = ["", "bodyless"] * 3
    liar.append(*raws(2, 3))
    await until(lambda: len(register.taken) == 3)


async def test_mail_is_fetched_in_batches_and_a_huge_one_only_begun(begin: Begin, liar: Liar) -> None:
    register = Register()
    liar.append(*raws(*range(120)), b"X" * (LIMIT + 1), b"Y" * (look.HUGE * LIMIT + 1))
    await begin(register, box(liar, start="all", when_filed="delete"))
    await until(lambda: len(register.taken) == 122)
    assert b"X" * (LIMIT + 1) in register.of("liar")
    assert liar.said("FETCH") < 12
    await until(lambda: len(liar.mails) == 1)
    (left,) = liar.mails.values()
    assert left.raw.startswith(b"Y"), "what is not kept whole must stay"


async def test_deleting_never_removes_what_others_marked(begin: Begin, liar: Liar) -> None:
    register = Register()
    liar.capabilities = "IMAP4rev1 UIDPLUS"
    liar.append(*raws(1), flags=["\\Deleted"])
    await begin(register, box(liar, when_filed="move", move_to="Done"))
    await until(lambda: register.folders)
    liar.append(*raws(2))
    await until(lambda: liar.folders.get("Done") == raws(2))
    await until(lambda: list(liar.mails) == [1])


@pytest.mark.parametrize("options", [{"when_filed": "move", "move_to": "Done"}, {"when_filed": "delete"}])
async def test_a_server_with_neither_move_nor_uidplus_keeps_its_mail(
    begin: Begin, liar: Liar, options: dict[str, str]
) -> None:
    register = Register()
    liar.capabilities = "IMAP4rev1 IDLE"
    await begin(register, box(liar, start="all", **options))
    liar.append(*raws(1))
    await until(lambda: register.taken)
    await until(lambda: liar.said("IDLE"))
    assert not liar.mails[1].flags
    assert not liar.said("EXPUNGE") + liar.said("STORE") + liar.said("COPY")


async def test_a_flag_that_the_server_does_not_keep_is_not_set(begin: Begin, liar: Liar) -> None:
    register = Register()
    liar.permanent = "\\Seen \\Deleted"
    await begin(register, box(liar, start="all", when_filed="flag", flag="$Kept"))
    liar.append(*raws(1))
    await until(lambda: register.taken and liar.said("IDLE"))
    assert not liar.said("STORE")


async def test_what_people_unflag_stays_so(begin: Begin, liar: Liar) -> None:
    register = Register()
    await begin(register, box(liar, start="all", when_filed="flag", flag="\\Seen"))
    liar.append(*raws(1))
    await until(lambda: liar.mails[1].flags)
    liar.mails[1].flags.clear()
    liar.drop_all()
    liar.append(*raws(2))
    await until(lambda: liar.mails[2].flags)
    assert not liar.mails[1].flags


async def test_a_server_without_idle_is_polled(begin: Begin, liar: Liar) -> None:
    register = Register()
    liar.capabilities = "IMAP4rev1"
    await begin(register, box(liar))
    await until(lambda: register.folders)
    liar.append(*raws(1))
    await until(lambda: register.taken)
    assert not liar.said("IDLE")


async def test_a_folder_without_uidvalidity_is_told_and_not_guessed_at(begin: Begin, liar: Liar) -> None:
    register = Register()
    liar.tells_uidvalidity = False
    mailboxes = await begin(register, box(liar))
    await until(lambda: mailboxes.trouble)
    assert "UIDVALIDITY" in mailboxes.trouble[0]
    liar.tells_uidvalidity = True
    await until(lambda: not mailboxes.trouble and register.folders)


async def test_a_wrong_password_is_told_once_with_its_cure(begin: Begin, liar: Liar, honest: Liar) -> None:
    register = Register()
    liar.faults["LOGIN"] = ["no"] * 3
    mailboxes = await begin(register, box(liar), box(honest, "honest"))
    await until(lambda: mailboxes.trouble)
    assert "refuses the login as someone" in mailboxes.trouble[0]
    honest.append(*raws(1))
    await until(lambda: len(register.folders) == 2 and not mailboxes.trouble)


async def test_a_server_that_ends_every_idle_at_once_is_not_hammered(begin: Begin, liar: Liar) -> None:
    register = Register()
    liar.faults["IDLE"] = ["news-first"] * 1000
    await begin(register, box(liar))
    await until(lambda: liar.said("IDLE") > watch.VAIN_IN_A_ROW)
    await asyncio.sleep(0.5)
    assert liar.said("IDLE") <= watch.VAIN_IN_A_ROW + 3
    liar.append(*raws(1))
    await until(lambda: register.taken)


async def test_the_threads_end_at_once_whatever_the_server_does(begin: Begin, liar: Liar, honest: Liar) -> None:
    register = Register()
    idle, hanging = liar, honest
    hanging.faults["SEARCH"] = ["hang"]
    mailboxes = await begin(register, box(idle), box(hanging, "hanging", timeout=600))
    await until(lambda: idle.said("IDLE") and hanging.said("SEARCH"))
    began = time.monotonic()
    await mailboxes.close(5)
    assert mailboxes.left == []
    assert time.monotonic() - began < 5
