"""``check --connect`` and ``inbound audit``: what they say of mailboxes that work, and of such that do not."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.fakes import Arrived, FakeRelay
from tests.imap.dovecot import Dovecot
from tests.imap.servers import Account
from tests.imap.test_fetching import begun, filed
from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh, new_mail
from tests.journey.running import RunningDesk
from tests.journey.sink import Sink

OpenDesk = Callable[..., RunningDesk]


@pytest.fixture
def deliver(own_sink: Sink) -> Iterator[Callable[[Account, Callable[[bytes], bytes]], Sink]]:
    """Have the relay deliver what it takes into a mailbox, as a mail host does, changed as that host changes it."""
    threads: list[threading.Thread] = []

    def begin(account: Account, change: Callable[[bytes], bytes]) -> Sink:
        class Host(list[Arrived]):
            def append(self, mail: Arrived) -> None:
                super().append(mail)
                threads.append(threading.Thread(target=account.append, args=(change(mail.content),)))
                threads[-1].start()

        relay: FakeRelay = own_sink.relay
        relay.arrived = Host()
        return own_sink

    yield begin
    for thread in threads:
        thread.join()


def test_check_tells_what_works_of_a_mailbox_and_what_waits(real_dovecot: Dovecot, open_desk: OpenDesk) -> None:
    account = real_dovecot.account(tls="implicit")
    account.append(new_mail(fresh()), new_mail(fresh()))
    tables = account.table(start="all", when_filed="move", move_to="Done & gone", poll=600)
    desk = open_desk(tables=PATIENT)
    desk.end()
    desk.config.write_text(tables + desk.config.read_text())
    done = desk.run("check", "--connect")
    assert done.returncode == 0, done.stderr
    assert "Mailbox support: TLSv1.3, logged in as" in done.stdout
    assert "IDLE, MOVE, UIDPLUS" in done.stdout
    assert '2 mails, 2 to be filed (not seen before: start = "all")' in done.stdout
    assert "Done & gone, which will be made" in done.stdout


def test_check_tells_the_faults_of_every_mailbox(real_dovecot: Dovecot, open_desk: OpenDesk) -> None:
    desk = open_desk(tables=PATIENT)
    desk.end()
    good, dead = real_dovecot.account(), Account("127.0.0.1", 1, "nobody")
    tables = (
        dead.table("dead")
        + real_dovecot.account(tls="starttls").table("untrusted", ca_file="")
        + real_dovecot.account().table("unreadable", folders=["No such folder"])
        + real_dovecot.account().table("denied", password_env="PATH")
        + good.table("good")
    )
    desk.config.write_text(tables + desk.config.read_text())
    done = desk.run("check", "--connect")
    assert done.returncode == 1
    told = done.stderr.splitlines()
    assert len(told) == 4, told
    assert "refuses connections; start it" in told[0]
    assert "is not trusted" in told[1] and "ca_file" in told[1]
    assert "the folder No such folder cannot be read" in told[2]
    assert "refuses the login as" in told[3]
    assert "Mailbox good" in done.stdout


def test_a_reply_address_that_arrives_is_called_good_and_leaves_no_trace(
    real_dovecot: Dovecot, open_desk: OpenDesk, deliver: Callable[..., Sink]
) -> None:
    account = real_dovecot.account()
    sink = deliver(account, lambda raw: b"Delivered-To: support@desk.example\r\n" + raw)
    desk = open_desk(sink, tables=PATIENT + account.table(poll=600, name="other"))
    desk.end()
    done = desk.run("check", "--connect")
    assert done.returncode == 0, done.stderr
    assert "Reply addresses of desk support: good" in done.stdout
    assert "Reply addresses of desk billing: good" in done.stdout
    assert account.uids() == []
    assert desk.inbound() == []


def test_the_running_daemon_knows_a_probe_and_opens_no_ticket(
    real_dovecot: Dovecot, open_desk: OpenDesk, deliver: Callable[..., Sink]
) -> None:
    account = real_dovecot.account()
    sink = deliver(account, bytes)
    desk = begun(open_desk(sink, tables=PATIENT + account.table()))
    done = desk.run("check", "--connect")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count(": good; a mail to one arrived in") == 2
    assert {(r["state"], r["because"]) for r in desk.inbound()} <= {("ignored", "probe")}
    assert desk.rows("SELECT 1 FROM ticket") == []


def test_a_host_that_loses_the_token_is_told_of_with_the_cure(
    real_dovecot: Dovecot, open_desk: OpenDesk, deliver: Callable[..., Sink]
) -> None:
    account = real_dovecot.account()

    def rewritten(raw: bytes) -> bytes:
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = [b"To: support@desk.example" if x.startswith((b"To:", b" <")) else x for x in head.split(b"\r\n")]
        return b"\r\n".join(x for x in lines if b"+p" not in x) + b"\r\n\r\n" + body

    desk = open_desk(deliver(account, rewritten), tables=PATIENT + account.table())
    desk.end()
    done = desk.run("check", "--connect")
    assert done.returncode == 1
    assert "without its token" in done.stderr
    assert 'reply_address = "separator"' in done.stderr


def test_audit_finds_what_the_ledger_lacks(real_dovecot: Dovecot, open_desk: OpenDesk) -> None:
    account = real_dovecot.account()
    desk = begun(open_desk(tables=PATIENT + account.table()))
    account.append(new_mail(fresh()), new_mail(fresh()))
    filed(desk, 2)
    assert desk.run("inbound", "audit").returncode == 0
    desk.end()
    account.append(new_mail(fresh()))
    done = desk.run("inbound", "audit", "--json")
    assert done.returncode == 1
    (row,) = map(json.loads, done.stdout.splitlines())
    assert (row["here"], row["ours"], row["entered"], row["missing"]) == (3, 3, 2, [account.uids()[-1]])
    desk.start()
    filed(desk, 3)
    assert desk.run("inbound", "audit").returncode == 0
