"""Rules of automation on the same clock: reminders, resolving and closing by themselves, snoozing, following up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daemon.desk.change import Unchangeable
from tests.databases import look
from tests.promises.desk import SimulatedDesk, simulated, utc

OFFICE = {"name": "office", "zone": "Europe/Berlin", "hours": ["mon-fri 09:00-17:00"]}
REMIND = {"name": "remind", "status": "pending", "after": "8h", "do": "remind"}
GIVE_UP = {"name": "give-up", "status": "pending", "after": "24h", "do": "resolve"}
CLOSE = {"name": "close", "status": "resolved", "after": "3d calendar", "do": "close", "notice": False}
FOLLOW_UP = {"name": "look-again", "status": "open", "after": "4h", "do": "follow-up"}
MONDAY = utc("2026-03-09 09:00")  # 10:00 in Berlin
CUSTOMER = "customer@example.net"


def settings(*rules: dict[str, Any]) -> dict[str, Any]:
    return {"calendar": [OFFICE], "automation": list(rules)}


def happened(desk: SimulatedDesk, ticket: int, *kinds: str) -> list[tuple[str, str, int]]:
    return [(e["kind"], e["because"], e["at"]) for e in desk.events(ticket) if e["kind"] in kinds]


def test_a_silent_customer_is_reminded_then_the_ticket_is_resolved_then_closed(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(REMIND, GIVE_UP, CLOSE), MONDAY) as desk:
        ticket = desk.open()
        desk.agent_replies(ticket)
        desk.live_until(utc("2026-03-31 09:00"))
        tuesday, thursday = utc("2026-03-10 09:00") + 1, utc("2026-03-12 09:00") + 1
        assert happened(desk, ticket, "reminded", "status_changed")[1:] == [
            ("reminded", "auto-remind", tuesday),
            ("status_changed", "auto-resolve", thursday),
            ("status_changed", "auto-close", thursday + 3 * 86_400 + 1),
        ]
        assert desk.letters("reminder") == [CUSTOMER]
        assert desk.letters("status") == [CUSTOMER]  # of the resolution; closing has no notice
        rules = [json.loads(e["data"]).get("rule") for e in desk.events(ticket) if e["because"].startswith("auto-")]
        assert rules == ["remind", "give-up", "close"]


def test_a_word_of_the_customer_or_of_the_agent_starts_the_clock_anew(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(REMIND), MONDAY) as desk:
        ticket = desk.open()
        desk.agent_replies(ticket)
        desk.live_until(MONDAY + 6 * 3600)
        desk.agent_replies(ticket)
        desk.live_until(utc("2026-03-10 10:00"))
        assert desk.letters("reminder") == []
        desk.live_until(utc("2026-03-13 10:00"))
        assert desk.letters("reminder") == [CUSTOMER]


def test_what_was_slept_through_is_done_once_when_the_daemon_is_back_and_says_when_it_was_due(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(REMIND), MONDAY) as desk:
        ticket = desk.open()
        desk.agent_replies(ticket)
        desk.now = utc("2026-03-20 09:00")
        for _ in range(3):
            desk.restart(settings(REMIND))
            desk.tick()
        (told,) = [e for e in desk.events(ticket) if e["kind"] == "reminded"]
        assert (told["at"], json.loads(told["data"])["due"]) == (desk.now, utc("2026-03-10 09:00"))
        assert desk.letters("reminder") == [CUSTOMER]


def test_a_reply_after_closing_opens_the_ticket_again_within_the_window_and_a_follow_up_after_it(
    tmp_path: Path,
) -> None:
    with simulated(tmp_path, settings(CLOSE) | {"tickets": {"follow_up_after": 7}}, MONDAY) as desk:
        tickets = [desk.open(), desk.open("other@example.net")]
        for ticket in tickets:
            desk.set(ticket, status="resolved")
        desk.live_until(utc("2026-03-13 09:00"))
        assert {desk.status(t) for t in tickets} == {"closed"}
        desk.customer_replies(tickets[0])
        assert desk.status(tickets[0]) == "open"
        desk.now = utc("2026-03-25 09:00")
        person = look(desk.url, "SELECT person_id AS p FROM mail_address WHERE key = 'other@example.net'")[0]["p"]
        token = desk.house.keyring.token(tickets[1], person)
        address = desk.house.book.reply_address("support", tickets[1], token)
        assert address is not None
        follow_up = desk.write("other@example.net", address).ticket
        assert follow_up not in tickets and desk.status(tickets[1]) == "closed"


def test_an_agent_is_asked_to_follow_up(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(FOLLOW_UP), MONDAY) as desk:
        ticket = desk.open()
        desk.set(ticket, status="open", assignee="lead@desk.example")
        desk.live_until(MONDAY + 20 * 3600)
        assert desk.letters("alert") == ["lead@desk.example"]
        assert [k for k, _, _ in happened(desk, ticket, "follow_up")] == ["follow_up"]


def test_a_snoozed_ticket_comes_back_at_its_time_and_its_agent_is_told(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(), MONDAY) as desk:
        ticket = desk.open()
        desk.set(ticket, assignee="agent@desk.example")
        desk.snooze(ticket, "2026-03-30 09:00")  # in Berlin, by then in summer
        assert desk.status(ticket) == "on_hold"
        desk.live_until(utc("2026-03-30 07:00"))
        assert desk.status(ticket) == "on_hold"
        desk.live_until(utc("2026-03-30 07:01"))
        assert desk.status(ticket) == "open"
        assert happened(desk, ticket, "status_changed")[-1][1:] == ("snooze-over", utc("2026-03-30 07:00") + 1)
        assert desk.letters("alert") == ["agent@desk.example"]


def test_the_customers_word_ends_a_snooze_early_and_for_good(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(), MONDAY) as desk:
        ticket = desk.open()
        desk.snooze(ticket, "3d")
        desk.now += 3600
        desk.customer_replies(ticket)
        desk.live_until(MONDAY + 5 * 86_400)
        assert happened(desk, ticket, "status_changed")[-1][1] == "customer-replied"
        assert desk.letters("alert") == []


@pytest.mark.parametrize(
    ("until", "sentence"),
    [("tomorrow", "is no time; write one such as 3d"), ("2026-01-01 09:00", "is past"), ("0h", "is past")],
)
def test_a_snooze_until_nowhen_is_refused(tmp_path: Path, until: str, sentence: str) -> None:
    with simulated(tmp_path, settings(), MONDAY) as desk:
        ticket = desk.open()
        with pytest.raises(Unchangeable, match=sentence):
            desk.snooze(ticket, until)


def test_rules_wait_while_a_mailbox_cannot_be_read_and_promises_do_not(tmp_path: Path) -> None:
    policy = {"name": "standard", "first_response": "4h"}
    with simulated(tmp_path, settings(REMIND) | {"policy": [policy]}, MONDAY) as desk:
        waiting, late = desk.open(), desk.open("other@example.net")
        desk.agent_replies(waiting)
        desk.mailboxes_are_read = False
        desk.now = utc("2026-03-13 09:00")
        desk.tick()
        assert desk.promise(late, "first_response")["state"] == "broken"
        assert desk.letters("reminder") == []
        desk.mailboxes_are_read = True
        desk.now += 61
        desk.tick()
        assert desk.letters("reminder") == [CUSTOMER]


def test_rules_wait_for_a_while_after_a_start_and_after_a_leap_of_the_clock(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(REMIND), MONDAY) as desk:
        ticket = desk.open()
        desk.agent_replies(ticket)
        desk.grace = 300
        desk.restart(settings(REMIND))
        desk.now += 4 * 86_400  # in no time, as the machine counts it
        desk.tick()
        assert desk.letters("reminder") == []
        desk.now += 301
        desk.tick()
        assert desk.letters("reminder") == [CUSTOMER]


def test_customers_are_told_by_themselves_only_so_often(tmp_path: Path) -> None:
    often = settings(REMIND) | {"limits": {"automatic_per_ticket": 1}}
    with simulated(tmp_path, often, MONDAY) as desk:
        ticket = desk.open()  # the acknowledgement is one
        desk.agent_replies(ticket)
        desk.now += 8 * 3600
        desk.tick()
        desk.live_until(MONDAY + 23 * 3600)
        assert len(desk.letters("reminder")) + len(desk.letters("acknowledgement")) == 1


def test_nobody_is_reminded_of_a_ticket_on_which_no_customer_ever_wrote(tmp_path: Path) -> None:
    with simulated(tmp_path, settings(REMIND), MONDAY) as desk:
        ticket = desk.write("robot@example.net", headers=("Auto-Submitted: auto-generated",)).ticket
        assert ticket is not None
        desk.set(ticket, status="pending")
        desk.live_until(MONDAY + 10 * 86_400)
        assert desk.letters("reminder") == []
