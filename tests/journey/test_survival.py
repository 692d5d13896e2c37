"""What the daemon survives: its own end, a full disk, a fault of its own (invariants 1, 3, 26 and 27)."""

from __future__ import annotations

import signal
import smtplib
from collections.abc import Callable

import psutil
import pytest

from tests.journey.mails import fresh, new_mail
from tests.journey.running import AGENT, RunningDesk, until
from tests.journey.sink import Sink

Open = Callable[..., RunningDesk]


def test_i01_a_mail_that_was_answered_for_outlives_kill_9(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink)
    own_sink.relay.answers["mail"] = "451 not yet"
    customers = [fresh() for _ in range(5)]
    for customer in customers:
        assert desk.send(new_mail(customer)).code == 250
    assert desk.process is not None
    workers = psutil.Process(desk.process.pid).children(recursive=True)
    assert desk.end(signal.SIGKILL) == -signal.SIGKILL
    until(lambda: not [w for w in workers if w.is_running() and w.status() != psutil.STATUS_ZOMBIE])
    own_sink.relay.answers.clear()
    desk.start()
    assert [(r["state"], r["sender"]) for r in desk.inbound()] == [("filed", c) for c in customers]
    letters = desk.letters()
    assert len(letters) == 15
    for letter in letters:
        assert desk.arrived(letter).content == letter.raw


def test_i01_kill_9_before_the_answer_leaves_nothing_half_done(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink)
    mail = new_mail(fresh())
    with smtplib.SMTP("127.0.0.1", desk.ports["outside"]) as smtp:
        smtp.ehlo()
        smtp.mail("customer@customer.example")
        smtp.rcpt("support@desk.example")
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(mail.as_bytes())
        desk.end(signal.SIGKILL)
        smtp.close()
    desk.start()
    assert desk.inbound() == []
    assert desk.send(mail).outcome[0] == "filed"


def test_i27_sigterm_ends_the_daemon_and_its_workers(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink)
    own_sink.relay.hangs_at = "data"
    desk.send(new_mail(fresh()))
    assert desk.process is not None
    workers = psutil.Process(desk.process.pid).children(recursive=True)
    assert workers
    with smtplib.SMTP("127.0.0.1", desk.ports["outside"]) as idle:
        idle.ehlo()
        assert desk.end(signal.SIGTERM) == 0
        idle.close()
    until(lambda: not [w for w in workers if w.is_running() and w.status() != psutil.STATUS_ZOMBIE])


@pytest.mark.parametrize("database", ["sqlite"])
def test_i26_a_full_disk_defers_mail_and_is_recovered_from(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink)
    assert desk.send(new_mail(fresh())).code == 250
    desk.switch("full", True)
    large = new_mail(fresh(), "A line that fills a disk.\n" * 20_000)
    receipt = desk.send(large)
    assert receipt.code == 451
    assert receipt.rows == ()
    assert desk.lives()
    assert "full" not in receipt.text
    desk.switch("full", False)
    again = desk.send(large)
    assert again.outcome == ("filed", "no-ticket-named")
    for letter in again.letters:
        desk.arrived(letter)


def test_i03_a_fault_of_ours_keeps_the_mail_and_it_can_be_tried_again(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink, options='operator = "operator@desk.example"')
    desk.switch("bug", True)
    customer = fresh()
    receipt = desk.send(new_mail(customer))
    assert receipt.code == 250
    assert "ZeroDivision" not in receipt.text
    assert receipt.outcome == ("failed", "internal-error")
    assert receipt.row["error"].startswith("ZeroDivisionError")
    assert receipt.kinds == [("report", "operator@desk.example")]
    number = str(receipt.row["id"])
    still = desk.json("inbound", "retry", number)
    assert still[0]["outcome"] == "failed"
    desk.switch("bug", False)
    filed = desk.json("inbound", "retry", number)
    assert filed[0]["outcome"] == "filed"
    assert [(r["state"], r["attempts"]) for r in desk.inbound()] == [("filed", 3)]
    kinds = [(x.kind, x.recipient) for x in desk.letters() if x.ticket == filed[0]["ticket"]]
    assert ("acknowledgement", customer) in kinds
    assert ("notification", AGENT) in kinds
    assert desk.run("inbound", "retry", number).returncode == 1


def test_a_fault_of_ours_is_mended_by_itself_and_the_operator_told_once(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink, options='operator = "operator@desk.example"')
    desk.switch("bug", True)
    row = desk.send(new_mail(fresh())).row
    assert row["retry_at"] - row["recorded_at"] == 300
    desk.rewrite("UPDATE inbound SET retry_at = 1 WHERE id = ?", row["id"])
    until(lambda: desk.inbound()[0]["attempts"] == 2)
    desk.switch("bug", False)
    desk.rewrite("UPDATE inbound SET retry_at = 1 WHERE id = ?", row["id"])
    until(lambda: desk.inbound()[0]["state"] == "filed")
    assert [(r["attempts"], r["retry_at"]) for r in desk.inbound()] == [(3, None)]
    assert [x.recipient for x in desk.letters() if x.kind == "report"] == ["operator@desk.example"]


def test_another_version_tries_once_more_what_the_last_one_could_not_act_upon(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink)
    desk.switch("bug", True)
    number = desk.send(new_mail(fresh())).row["id"]
    desk.rewrite("UPDATE inbound SET retry_at = NULL WHERE id = ?", number)
    held = desk.send(new_mail(AGENT)).row["id"]
    desk.switch("bug", False)
    desk.end()
    desk.start()
    assert desk.send(new_mail(fresh())).outcome[0] == "filed"
    assert desk.rows("SELECT state FROM inbound WHERE id = ?", number)[0]["state"] == "failed"
    desk.end()
    desk.rewrite("UPDATE inbound SET version = '0.0.1'")
    desk.start()
    until(lambda: desk.rows("SELECT state FROM inbound WHERE id = ?", number)[0]["state"] == "filed")
    assert until(lambda: desk.rows("SELECT state FROM inbound WHERE id = ?", held)[0]["state"] == "quarantined")


def test_i03_one_fault_does_not_stop_the_next_mail(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink)
    desk.switch("bug", True)
    assert desk.send(new_mail(fresh())).outcome[0] == "failed"
    desk.switch("bug", False)
    assert desk.send(new_mail(fresh())).outcome[0] == "filed"
    assert desk.get("http://x/health")[0] == 200


def test_i05_a_mail_that_is_too_large_is_refused_and_the_next_one_taken(open_desk: Open, own_sink: Sink) -> None:
    desk = open_desk(own_sink, tables="[limits]\nmessage_size = 100000\n")
    receipt = desk.send(new_mail(fresh(), "x" * 70 + "\n" + "A line.\n" * 20_000))
    assert receipt.code == 552
    assert receipt.rows == ()
    assert desk.send(new_mail(fresh())).outcome[0] == "filed"
