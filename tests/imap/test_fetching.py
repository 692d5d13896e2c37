"""Mail that lies in a mailbox becomes tickets: where we begin, what we do with it, and what becomes of it there."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import pytest

from tests.databases import PostgresServer
from tests.imap.dovecot import Dovecot
from tests.imap.pymap import Pymap
from tests.imap.servers import Account
from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh, new_mail, reply_to
from tests.journey.running import AGENT, DESKS, RunningDesk, until
from tests.journey.sink import Sink

OpenDesk = Callable[..., RunningDesk]
Server = Dovecot | Pymap
NOW = int(datetime.now(UTC).timestamp())
LARGE = 60_000


def begun(desk: RunningDesk, folders: int = 1) -> RunningDesk:
    """The desk, once it has had its first look at so many folders."""
    until(lambda: len(desk.rows("SELECT 1 FROM mail_folder")) >= folders)
    return desk


def filed(desk: RunningDesk, count: int) -> list[dict[str, Any]]:
    """The ledger, once it has so many rows."""
    until(lambda: len(desk.inbound()) >= count)
    return desk.inbound()


@dataclass
class Fetching:
    """A desk with a mailbox for each way to treat it, in which some mail lay before the desk came."""

    desk: RunningDesk
    boxes: dict[str, Account]
    before: dict[str, list[EmailMessage]] = field(default_factory=dict)

    def put(self, box: str, *mails: EmailMessage, **how: Any) -> list[dict[str, Any]]:
        """Put mail into a mailbox; its rows in the ledger, in the same order."""
        self.boxes[box].append(*mails, **how)
        return [self.row(mail) for mail in mails]

    def row(self, mail: EmailMessage) -> dict[str, Any]:
        return until(lambda: self.rows(mail))[0]

    def rows(self, mail: EmailMessage) -> list[dict[str, Any]]:
        wanted = str(mail["Message-ID"]).strip("<>")
        return self.desk.rows("SELECT * FROM inbound WHERE rfc_message_id = ? ORDER BY id", wanted)

    def letters(self, ticket: int) -> list[str]:
        return [x.kind for x in self.desk.letters() if x.ticket == ticket]


@pytest.fixture(scope="module")
def fetching(
    server: Server, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Fetching]:
    """On Dovecot over PostgreSQL, on pymap over SQLite."""
    postgres: PostgresServer | None = request.getfixturevalue("postgres") if isinstance(server, Dovecot) else None
    flag = "$Counterfoil" if isinstance(server, Dovecot) else "\\Flagged"
    options: dict[str, dict[str, Any]] = {
        "leave": {},
        "unseen": {"start": "unseen"},
        "all": {"start": "all"},
        "flag": {"when_filed": "flag", "flag": flag, "desk": "billing"},
        "move": {"when_filed": "move", "move_to": "Kept \u2603 & done"},
        "delete": {"when_filed": "delete"},
    }
    boxes = {name: server.account() for name in options}
    second = boxes["leave"].at("A second folder & more").make()
    before: dict[str, list[EmailMessage]] = {}
    for name, account in boxes.items():
        seen, unseen, agents = new_mail(fresh()), new_mail(fresh()), new_mail(AGENT)
        account.append(seen, flags=(b"\\Seen",))
        account.append(unseen, agents if name == "all" else new_mail(fresh()))
        before[name] = [seen, unseen, agents]
    options["leave"]["folders"] = [boxes["leave"].folder, second.folder]
    tables = "".join(account.table(name, **options[name]) for name, account in boxes.items())
    limits = PATIENT + f"message_size = {LARGE}\n"
    with Sink() as sink:
        url = postgres.new_database() if postgres else ""
        desk = RunningDesk(tmp_path_factory.mktemp("fetching"), sink, "", limits + tables, DESKS, url).start()
        try:
            yield Fetching(begun(desk, 7), boxes | {"second": second}, before)
            assert '"level": "error"' not in desk.log.read_text()
        finally:
            desk.end()


def test_a_mail_that_arrives_opens_a_ticket_and_is_acknowledged(fetching: Fetching) -> None:
    customer = fresh()
    (row,) = fetching.put("leave", new_mail(f"Carol <{customer}>"))
    account, desk = fetching.boxes["leave"], fetching.desk
    uid = account.uids()[-1]
    assert (row["state"], row["because"], row["source"]) == ("filed", "no-ticket-named", "imap:leave")
    assert row["source_key"].startswith(f"{account.folder}/")
    assert row["source_key"].endswith(f"/{uid}")
    letter = next(x for x in desk.letters() if x.kind == "acknowledgement" and x.ticket == row["ticket_id"])
    assert desk.arrived(letter).recipients == (customer,)
    assert b"\\Seen" not in account.flags(uid)


def test_a_reply_to_a_reply_address_finds_its_ticket(fetching: Fetching) -> None:
    customer = fresh()
    (row,) = fetching.put("leave", new_mail(customer))
    letter = next(x for x in fetching.desk.letters() if x.kind == "acknowledgement" and x.ticket == row["ticket_id"])
    (second,) = fetching.put("second", reply_to(letter.mail, customer, "It still burns."))
    assert (second["because"], second["ticket_id"]) == ("reply-token", row["ticket_id"])


def test_i30_a_mailbox_first_seen_starts_with_what_comes_from_now_on(fetching: Fetching) -> None:
    fetching.put("leave", new_mail(fresh()))
    assert [fetching.rows(mail) for mail in fetching.before["leave"]] == [[], [], []]


def test_i30_unseen_begins_with_what_nobody_has_read(fetching: Fetching) -> None:
    seen, unseen, _ = fetching.before["unseen"]
    assert fetching.row(unseen)["state"] == "filed"
    fetching.put("unseen", new_mail(fresh()))
    assert fetching.rows(seen) == []


def test_i30_all_imports_what_is_there_and_tells_nobody(fetching: Fetching) -> None:
    rows = [fetching.row(mail) for mail in fetching.before["all"]]
    because = ["no-ticket-named", "no-ticket-named", "agents-mail-in-history"]
    assert [(r["because"], bool(r["silent"])) for r in rows] == [(reason, True) for reason in because]
    assert [fetching.letters(r["ticket_id"]) for r in rows[:2]] == [[], []]
    (row,) = fetching.put("all", new_mail(fresh()))
    assert not row["silent"]
    assert "acknowledgement" in fetching.letters(row["ticket_id"])


def test_i30_old_mail_is_not_acknowledged_and_the_future_is_now(fetching: Fetching) -> None:
    (old,) = fetching.put("leave", new_mail(fresh()), date=NOW - 90_000)
    (future,) = fetching.put("leave", new_mail(fresh()), date=NOW + 90_000)
    assert old["received_at"] == NOW - 90_000
    assert NOW <= future["received_at"] < NOW + 3_600
    assert "acknowledgement" not in fetching.letters(old["ticket_id"])


def test_the_envelope_is_read_from_what_the_host_left(fetching: Fetching) -> None:
    elsewhere = {"To": "undisclosed@elsewhere.example"}
    rows = fetching.put(
        "flag",
        new_mail(fresh(), **elsewhere, Delivered_To="support@desk.example", Return_Path="<a@b.example>"),
        new_mail(fresh(), **elsewhere),
        new_mail(fresh(), **elsewhere, Cc="Support <support@desk.example>", Return_Path="<>"),
    )
    assert [(r["desk"], r["sender"]) for r in rows] == [("support", "a@b.example"), ("billing", None), ("support", "")]


def test_filed_mail_is_flagged(fetching: Fetching, server: Server) -> None:
    fetching.put("flag", new_mail(fresh()))
    account = fetching.boxes["flag"]
    flag = b"$Counterfoil" if isinstance(server, Dovecot) else b"\\Flagged"
    until(lambda: flag in account.flags(account.uids()[-1]))
    assert flag not in account.flags(account.uids()[0])


def test_filed_mail_is_moved_and_so_is_what_was_quarantined_or_known(fetching: Fetching) -> None:
    account, mail = fetching.boxes["move"], new_mail(fresh())
    fetching.put("move", mail)
    account.append(mail, b"no mail at all\r\n")
    until(lambda: len(account.uids()) == 3)
    assert len(account.at("Kept \u2603 & done").uids()) == 3
    assert [r["because"] for r in fetching.rows(mail)] == ["no-ticket-named", "duplicate"]


def test_filed_mail_is_deleted_and_no_other(fetching: Fetching) -> None:
    account = fetching.boxes["delete"]
    account.append(new_mail(fresh()), flags=(b"\\Deleted",))
    until(lambda: len(account.uids()) == 3)
    fetching.put("delete", new_mail(fresh()))
    until(lambda: len(account.uids()) == 3)


def test_a_mail_that_is_too_large_is_quarantined_whole(fetching: Fetching) -> None:
    mail = new_mail(fresh(), text="x" * 70 + "\n", Subject="Large")
    mail.set_content(("x" * 70 + "\n") * (LARGE // 70))
    (row,) = fetching.put("leave", mail)
    assert (row["state"], row["because"], row["subject"]) == ("quarantined", "too-large", "Large")
    assert fetching.desk.rows("SELECT size FROM raw WHERE sha256 = ?", row["raw"])[0]["size"] > LARGE


def test_a_gap_is_caught_up_whatever_was_read_meanwhile_and_whatever_ended_us(
    server: Server, open_desk: OpenDesk
) -> None:
    account = server.account()
    desk = begun(open_desk(tables=PATIENT + account.table(when_filed="delete")))
    account.append(new_mail(fresh()))
    filed(desk, 1)
    desk.end(signal.SIGKILL)
    account.append(*(new_mail(fresh()) for _ in range(26)))
    account.append(*(new_mail(fresh()) for _ in range(26)), flags=(b"\\Seen",))
    desk.start()
    rows = filed(desk, 53)
    until(lambda: not account.uids())
    assert {r["state"] for r in rows} == {"filed"}
    assert len({r["source_key"] for r in rows}) == len(rows) == 53


def test_i26_a_full_disk_leaves_mail_in_its_mailbox_until_there_is_room(
    real_dovecot: Dovecot, open_desk: OpenDesk
) -> None:
    account = real_dovecot.account()
    desk = begun(open_desk(tables=PATIENT + account.table(when_filed="delete")))
    desk.switch("full", on=True)
    account.append(*(new_mail(fresh(), text="word " * 20_000) for _ in range(3)))
    until(lambda: "mail-deferred" in desk.log.read_text())
    assert len(account.uids()) == 3
    desk.switch("full", on=False)
    assert {r["state"] for r in filed(desk, 3)} == {"filed"}
    until(lambda: not account.uids())


def test_a_server_that_goes_away_and_comes_back_with_other_uids_brings_nothing_twice(
    stoppable: Dovecot, open_desk: OpenDesk
) -> None:
    account = stoppable.account()
    account.append(new_mail(fresh()), date=NOW - 10_000)
    desk = begun(open_desk(tables=PATIENT + account.table()))
    account.append(new_mail(fresh()))
    account.append(new_mail(fresh(), Date="", Message_ID=""), date=NOW - 9_000)
    filed(desk, 2)
    stoppable.stop()
    until(lambda: '"degraded"' in desk.get("http://x/health")[1])
    stoppable.change_uidvalidity(account)
    account.append(new_mail(fresh()))
    rows = filed(desk, 5)
    assert sorted(r["because"] for r in rows) == ["duplicate"] * 2 + ["no-ticket-named"] * 3
    until(lambda: '"degraded"' not in desk.get("http://x/health")[1])
    assert desk.run("inbound", "audit").returncode == 0


def test_i18_tls_is_verified_and_one_wrong_mailbox_is_told_once(real_dovecot: Dovecot, open_desk: OpenDesk) -> None:
    implicit, starttls = real_dovecot.account(tls="implicit"), real_dovecot.account(tls="starttls")
    wrong = real_dovecot.account(tls="implicit")
    tables = (
        implicit.table("implicit") + starttls.table("starttls", host="localhost") + wrong.table("wrong", ca_file="")
    )
    desk = begun(open_desk(tables=PATIENT + tables), 2)
    implicit.append(new_mail(fresh()))
    starttls.append(new_mail(fresh()))
    filed(desk, 2)
    wrong.append(new_mail(fresh()))
    status, health = desk.get("http://x/health")
    assert status == 200
    assert "is not trusted" in health
    log = desk.log.read_text()
    assert log.count("mailbox_trouble") == 1
    assert "correct horse" not in log


def test_i18_no_login_goes_before_tls(real_pymap: Pymap, open_desk: OpenDesk) -> None:
    account = real_pymap.account()
    desk = open_desk(tables=PATIENT + account.table(tls="starttls"))
    until(lambda: "mailbox_trouble" in desk.log.read_text())
    assert desk.rows("SELECT 1 FROM mail_folder") == []


def test_no_words_of_a_server_reach_the_log_unescaped() -> None:
    from daemon.config import Mailbox
    from daemon.edge.imap.line import sentence

    box = Mailbox(name="a", host="h", username="u", password_env="X")
    assert "\x1b" not in sentence(box, ValueError("\x1b[2J"))
