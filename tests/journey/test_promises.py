"""Promises on a desk that runs: the clock acts by itself, people get mail, and terms are taken anew at a signal."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.journey.mails import new_mail
from tests.journey.running import AGENT, RunningDesk, until
from tests.journey.sink import Sink

TERMS = """
[[calendar]]
name = "always"
zone = "Europe/Berlin"
hours = ["daily 00:00-24:00"]

[[policy]]
name = "quick"
first_response = "{first}"
resolution = "8h"
warn = [50]

[[escalation]]
policy = "quick"
metric = "first_response"
at = "100% + 1s"
notify = ["team"]
priority = "urgent"
"""


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[RunningDesk]:
    with Sink() as sink:
        desk = RunningDesk(tmp_path, sink, tables=TERMS.format(first="2s"))
        try:
            yield desk.start()
        finally:
            desk.end()


def logged(desk: RunningDesk, event: str) -> list[dict[str, Any]]:
    lines = [line for line in desk.log.read_text().splitlines() if line.startswith("{")]
    return [said for line in lines if (said := json.loads(line))["event"] == event]


def test_agents_get_mail_when_something_is_nearly_due_due_and_escalated(quick: RunningDesk) -> None:
    ticket = quick.send(new_mail("customer@customer.example")).letters[0].ticket
    alerts = until(
        lambda: a if len(a := [x for x in quick.letters() if x.kind == "alert" and x.recipient == AGENT]) >= 3 else []
    )
    subjects = [str(a.mail["Subject"]) for a in alerts]
    assert [s.partition(":")[0] for s in subjects[:3]] == [
        f"[#{ticket}] {w}" for w in ("Due soon", "Overdue", "Escalated")
    ]
    assert all(a.automatic for a in alerts)
    assert quick.rows("SELECT priority FROM ticket WHERE id = ?", ticket)[0]["priority"] == "urgent"
    (told,) = quick.json("ticket", "why", str(ticket), "--promise", "first_response", "--json")
    assert (told["state"], told["broken_at"], told["zone"]) == ("broken", told["due_at"], "Europe/Berlin")
    assert told["stretches"][0]["counted"] == 2
    table = quick.run("ticket", "why", str(ticket), "--promise", "first_response", "--days").stdout
    assert "broken at" in table and "always" in table and "quick" in table
    shown = quick.run("ticket", "show", str(ticket)).stdout
    assert "promised: first_response (broken" in shown and "promised: resolution (running" in shown


def test_at_sighup_good_terms_are_taken_and_bad_ones_are_not(quick: RunningDesk) -> None:
    assert quick.process is not None
    good = quick.config.read_text("utf-8")
    quick.config.write_text(good.replace("daily 00:00-24:00", "daily 24:00-00:00"), "utf-8")
    quick.process.send_signal(signal.SIGHUP)
    (refused,) = until(lambda: logged(quick, "reload_refused"))
    assert "calendar[0].hours[0]" in refused["faults"][0]
    quick.config.write_text(good.replace('first_response = "2s"', 'first_response = "3h"'), "utf-8")
    quick.process.send_signal(signal.SIGHUP)
    until(lambda: logged(quick, "reloaded"))
    ticket = quick.send(new_mail("customer@customer.example")).letters[0].ticket
    (promise,) = quick.rows("SELECT * FROM promise WHERE ticket_id = ? AND metric = 'first_response'", ticket)
    assert promise["budget"] == 3 * 3600
    assert quick.lives()


def test_the_clock_is_caught_up_with_after_a_kill(quick: RunningDesk) -> None:
    ticket = quick.send(new_mail("customer@customer.example")).letters[0].ticket
    quick.end(signal.SIGKILL)

    def overdue() -> bool:
        (told,) = quick.json("ticket", "why", str(ticket), "--promise", "first_response", "--json")
        return any(stretch["left"] < 0 for stretch in told["stretches"])

    until(overdue)
    (promise,) = quick.rows("SELECT * FROM promise WHERE ticket_id = ? AND metric = 'first_response'", ticket)
    quick.start()
    (broken,) = until(lambda: quick.rows("SELECT * FROM event WHERE ticket_id = ? AND kind = 'promise_broken'", ticket))
    assert broken["at"] == promise["due_at"] <= broken["recorded_at"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("why", "1", "--promise", "speed"),
            "--promise speed is none; one of first_response, next_response, resolution",
        ),
        (("why", "99", "--promise", "resolution"), "there is no ticket 99"),
        (("why", "1", "--days"), "--days is for --promise METRIC"),
        (("set", "1", "--snooze", "tomorrow"), "'tomorrow' is no time; write one such as 3d"),
        (("set", "1", "--tag", "VIP!"), "'VIP!' is no tag"),
        (("set", "1", "--type", "joke"), "joke is no type"),
    ],
)
def test_commands_about_promises_refuse_nonsense_in_a_sentence(
    quick: RunningDesk, arguments: tuple[str, ...], sentence: str
) -> None:
    quick.send(new_mail("customer@customer.example"))
    done = quick.run("ticket", *arguments)
    assert done.returncode in (1, 2) and sentence in done.stderr and "Traceback" not in done.stderr


def test_a_ticket_is_put_aside_and_tagged_by_hand(quick: RunningDesk) -> None:
    ticket = str(quick.send(new_mail("customer@customer.example")).letters[0].ticket)
    done = quick.run("ticket", "set", ticket, "--snooze", "3d", "--tag", "vip", "--type", "task")
    assert (
        "status changed new → on_hold" in done.stdout and "tagged vip" in done.stdout and "snoozed until" in done.stdout
    )
    assert "untagged vip" in quick.run("ticket", "set", ticket, "--untag", "vip").stdout
