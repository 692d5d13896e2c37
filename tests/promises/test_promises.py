"""Promises on a desk: made, paused, warned of, broken, kept; each at its second, on both databases."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from daemon.config import ConfigurationError
from tests.databases import DATABASES, look
from tests.promises.desk import SimulatedDesk, simulated, utc

OFFICE = {"name": "office", "zone": "Europe/Berlin", "hours": ["mon-fri 09:00-17:00"], "holidays": "DE"}
STANDARD = {"name": "standard", "first_response": "4h", "next_response": "8h", "resolution": "16h"}
SETTINGS: dict[str, Any] = {"calendar": [OFFICE], "policy": [STANDARD]}
FRIDAY = utc("2026-03-06 14:00")  # 15:00 in Berlin
MONDAY_TEN = utc("2026-03-09 09:00")
HOUR = 3600

Open = Callable[..., SimulatedDesk]


@pytest.fixture(params=DATABASES)
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens a desk, by default on that Friday; on each database."""
    url = str(request.getfixturevalue("postgres").new_database()) if request.param == "postgresql" else ""
    with ExitStack() as stack:

        def begin(settings: dict[str, Any] = SETTINGS, now: int = FRIDAY) -> SimulatedDesk:
            desk: AbstractContextManager[SimulatedDesk] = simulated(tmp_path, settings, now, url)
            return stack.enter_context(desk)

        yield begin


def test_a_mail_on_friday_afternoon_is_due_on_monday(opened: Open) -> None:
    desk = opened()
    due = {p["metric"]: p["due_at"] for p in desk.promises(desk.open())}
    assert due == {"first_response": utc("2026-03-09 10:00"), "resolution": utc("2026-03-10 14:00")}


def test_an_answer_at_the_very_second_is_in_time_and_one_after_it_is_late(opened: Open) -> None:
    desk = opened()
    in_time, late = desk.open(), desk.open("other@example.net")
    desk.now = due = utc("2026-03-09 10:00")
    desk.tick()
    desk.agent_replies(in_time)
    desk.now += 1
    desk.tick()
    desk.now += 100
    desk.agent_replies(late)
    kept, broken = (desk.promise(t, "first_response") for t in (in_time, late))
    assert (kept["state"], kept["kept_at"]) == ("kept", due)
    assert (broken["state"], broken["broken_at"], broken["ended_at"]) == ("broken", due, due + 101)


def test_what_nobody_noticed_in_time_is_dated_at_its_second_and_says_when_it_was_noticed(opened: Open) -> None:
    desk = opened()
    ticket = desk.open()
    desk.now = utc("2026-03-12 12:00")
    desk.restart(SETTINGS)
    desk.tick()
    told = next(e for e in desk.events(ticket) if e["kind"] == "promise_broken")
    assert (told["at"], told["recorded_at"]) == (utc("2026-03-09 10:00"), desk.now)


def test_an_answer_that_comes_before_the_ticker_still_breaks_what_was_due_before_it(opened: Open) -> None:
    desk = opened()
    ticket = desk.open()
    desk.now = utc("2026-03-09 10:00") + 1
    desk.agent_replies(ticket)
    assert desk.promise(ticket, "first_response")["broken_at"] == utc("2026-03-09 10:00")


def test_waiting_for_the_customer_stops_the_clock_and_outside_of_hours_costs_nothing(opened: Open) -> None:
    desk = opened()
    ticket = desk.open()
    desk.now = MONDAY_TEN  # three hours are spent
    desk.agent_replies(ticket)
    resolution = desk.promise(ticket, "resolution")
    assert (resolution["state"], resolution["spent"], resolution["due_at"]) == ("paused", 3 * HOUR, None)
    desk.now = utc("2026-03-20 22:00")
    desk.customer_replies(ticket)
    resumed = desk.promise(ticket, "resolution")
    assert (resumed["state"], resumed["due_at"]) == ("running", utc("2026-03-24 13:00"))
    assert desk.promise(ticket, "next_response")["due_at"] == utc("2026-03-23 16:00")


def test_several_mails_are_one_turn_and_each_further_turn_is_a_cycle(opened: Open) -> None:
    desk = opened(now=utc("2026-03-09 08:00"))
    ticket = desk.open()
    for _ in range(2):
        desk.now += 600
        desk.customer_replies(ticket)
    for _ in range(2):
        desk.now += 600
        desk.agent_replies(ticket)
        desk.now += 600
        desk.customer_replies(ticket)
        desk.now += 60
        desk.customer_replies(ticket)
    made = [(p["metric"], p["cycle"], p["state"]) for p in desk.promises(ticket)]
    assert made == [
        ("first_response", 1, "kept"),
        ("resolution", 1, "running"),
        ("next_response", 1, "kept"),
        ("next_response", 2, "running"),
    ]


def test_a_ticket_that_is_opened_again_is_promised_a_resolution_again(opened: Open) -> None:
    desk = opened(now=utc("2026-03-09 08:00"))
    ticket = desk.open()
    desk.now += 600
    desk.agent_replies(ticket)
    desk.now += 600
    desk.set(ticket, status="resolved")
    desk.now += 600
    desk.customer_replies(ticket)
    first, second = (desk.promise(ticket, "resolution", cycle) for cycle in (1, 2))
    assert (first["state"], second["state"], second["started_at"]) == ("kept", "running", desk.now)
    assert second["due_at"] == utc("2026-03-11 08:00") + 1800


def test_closing_without_an_answer_is_an_end_and_no_answer(opened: Open) -> None:
    desk = opened(now=utc("2026-03-09 08:00"))
    ticket = desk.open()
    desk.now += 600
    desk.set(ticket, status="closed")
    ended = {p["metric"]: (p["state"], p["because"]) for p in desk.promises(ticket)}
    assert ended == dict.fromkeys(("first_response", "resolution"), ("cancelled", "ticket-closed"))


def test_an_automatic_mail_starts_no_turn(opened: Open) -> None:
    desk = opened()
    ticket = desk.write("robot@example.net", headers=("Auto-Submitted: auto-generated",)).ticket
    assert ticket is not None
    assert [p["metric"] for p in desk.promises(ticket)] == ["resolution"]


def test_a_change_of_policy_carries_over_what_was_spent_and_never_breaks_earlier_than_it(opened: Open) -> None:
    desk = opened(now=utc("2026-03-09 08:00"))
    milder, broken = desk.open(), desk.open("other@example.net")
    desk.now += 2 * HOUR
    desk.agent_replies(milder)
    desk.now += HOUR
    desk.restart(SETTINGS | {"policy": [STANDARD | {"first_response": "1h", "resolution": "20h"}]})
    desk.tick()
    changed = desk.promise(broken, "first_response")
    assert (changed["state"], changed["broken_at"], changed["budget"]) == ("broken", desk.now, HOUR)
    assert desk.promise(milder, "first_response")["state"] == "kept"
    resolution = desk.promise(broken, "resolution")
    assert (resolution["spent"], resolution["due_at"]) == (3 * HOUR, utc("2026-03-11 12:00"))


def test_a_policy_that_applies_to_new_promises_leaves_those_that_were_made(opened: Open) -> None:
    desk = opened(now=utc("2026-03-09 08:00"))
    before = desk.open()
    desk.now += HOUR
    desk.restart(SETTINGS | {"policy": [STANDARD | {"first_response": "30m", "applies": "new"}]})
    desk.tick()
    after = desk.open("other@example.net")
    budgets = [desk.promise(ticket, "first_response")["budget"] for ticket in (before, after)]
    assert budgets == [4 * HOUR, HOUR // 2]
    assert len({desk.promise(ticket, "first_response")["policy"] for ticket in (before, after)}) == 2


def test_the_first_policy_that_a_ticket_meets_is_its_own_and_another_priority_another_policy(opened: Open) -> None:
    urgent = {"name": "urgent", "priorities": ["urgent"], "first_response": "30m calendar", "resolution": "4h calendar"}
    vip = {"name": "vip", "requesters": ["@vip.example"], "first_response": "1h", "resolution": "8h"}
    desk = opened(SETTINGS | {"policy": [urgent, vip, STANDARD]}, utc("2026-03-09 08:00"))
    plain, dear = desk.open(), desk.open("boss@vip.example")
    assert [desk.promise(t, "first_response")["budget"] for t in (plain, dear)] == [4 * HOUR, HOUR]
    desk.now += 600
    desk.set(plain, priority="urgent")
    assert desk.promise(plain, "first_response")["due_at"] == desk.now + 1200


def test_a_ticket_is_not_promised_what_its_policy_does_not_name(opened: Open) -> None:
    desk = opened(SETTINGS | {"policy": [{"name": "some", "tags": ["contract"], "resolution": "8h"}]})
    ticket = desk.open()
    assert desk.promises(ticket) == []
    desk.tag(ticket, "contract")
    assert [p["metric"] for p in desk.promises(ticket)] == ["resolution"]


def test_the_assignee_is_warned_before_it_breaks_and_told_when_it_does_once_each(opened: Open) -> None:
    desk = opened(SETTINGS | {"policy": [STANDARD | {"warn": [50, 75]}]}, utc("2026-03-09 08:00"))
    ticket = desk.open()
    desk.set(ticket, assignee="lead@desk.example")
    for _ in range(3):
        desk.live_until(desk.now + 90 * 60)
        desk.restart(SETTINGS | {"policy": [STANDARD | {"warn": [50, 75]}]})
        desk.tick()
    told = [(e["kind"], json.loads(e["data"]).get("share"), e["at"]) for e in desk.events(ticket)]
    first = utc("2026-03-09 08:00")
    assert [t for t in told if t[0] in ("promise_warned", "promise_broken")] == [
        ("promise_warned", 50, first + 2 * HOUR),
        ("promise_warned", 75, first + 3 * HOUR),
        ("promise_broken", None, first + 4 * HOUR),
    ]
    assert desk.letters("alert") == ["lead@desk.example"] * 3


def test_steps_of_escalation_raise_reassign_tag_and_tell_once_however_often_the_daemon_starts(opened: Open) -> None:
    steps = [
        {"policy": "standard", "metric": "first_response", "at": "100%", "notify": ["team"], "priority": "high"},
        {
            "policy": "standard",
            "metric": "first_response",
            "at": "100% + 1h",
            "notify": ["lead"],
            "assign": "lead@desk.example",
            "tags": ["late"],
        },
    ]
    settings = SETTINGS | {"escalation": steps, "policy": [STANDARD | {"warn": []}]}
    desk = opened(settings, utc("2026-03-09 08:00"))
    ticket = desk.open()
    for _ in range(3):
        desk.live_until(desk.now + 2 * HOUR)
        desk.restart(settings)
        desk.tick()
    row = look(desk.url, "SELECT * FROM ticket")[0]
    lead = look(desk.url, "SELECT person_id AS p FROM mail_address WHERE key = 'lead@desk.example'")[0]["p"]
    assert (row["escalation_level"], row["priority"], row["assignee_id"]) == (2, "high", lead)
    assert [t["tag"] for t in look(desk.url, "SELECT tag FROM ticket_tag")] == ["late"]
    levels = [json.loads(e["data"])["level"] for e in desk.events(ticket) if e["kind"] == "escalated"]
    assert levels == [1, 2]
    assert desk.letters("alert") == ["agent@desk.example", "lead@desk.example", "lead@desk.example"]


def test_a_quiet_policy_warns_in_the_next_open_hour(opened: Open) -> None:
    policy = STANDARD | {"first_response": "10h calendar", "quiet": True, "warn": [50]}
    desk = opened(SETTINGS | {"policy": [policy]})
    ticket = desk.open()  # Friday, 15:00; half of it is spent at 20:00
    desk.live_until(utc("2026-03-09 12:00"))
    told = {e["kind"]: e["at"] for e in desk.events(ticket)}
    assert told["promise_broken"] == FRIDAY + 10 * HOUR
    assert "promise_warned" not in told  # by Monday there is nothing left to warn of


def test_a_clock_that_was_set_back_makes_no_life_run_backwards(opened: Open) -> None:
    desk = opened(now=utc("2026-03-10 08:00"))
    ticket = desk.open()
    desk.now += 2 * HOUR
    desk.set(ticket, priority="high")
    desk.now -= 86_400
    desk.restart(SETTINGS | {"policy": [STANDARD | {"first_response": "3h"}]})
    desk.tick()
    desk.agent_replies(ticket)
    assert [e["at"] for e in desk.events(ticket)] == sorted(e["at"] for e in desk.events(ticket))
    first = desk.promise(ticket, "first_response")
    assert (first["state"], first["spent"], first["kept_at"]) == ("kept", 2 * HOUR, utc("2026-03-10 10:00"))


def test_history_is_promised_nothing_until_something_happens(opened: Open) -> None:
    desk = opened()
    ticket = desk.write("customer@example.net", silent=True, received_at=utc("2025-01-07 10:00")).ticket
    assert ticket is not None and desk.promises(ticket) == []
    desk.tick()
    assert desk.promises(ticket) == []
    desk.customer_replies(ticket)
    assert [p["metric"] for p in desk.promises(ticket)] == ["first_response", "resolution"]


def test_calendars_reach_as_far_as_they_are_needed_into_past_and_future(opened: Open) -> None:
    desk = opened(SETTINGS | {"policy": [STANDARD | {"resolution": "9000h"}]})
    ticket = desk.open(received_at=utc("2019-06-04 07:00"))
    assert desk.promise(ticket, "first_response")["due_at"] == utc("2019-06-04 11:00")
    assert desk.promise(ticket, "resolution")["due_at"] > utc("2023-01-01 00:00")
    desk.set(ticket, priority="low")  # the years were written down by a transaction of their own, before this one
    years = {row["year"] for row in look(desk.url, "SELECT year FROM calendar_year")}
    assert years >= set(range(2019, 2029))


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"calendar": [OFFICE | {"closed": ["01-01/12-31"]}]}, r"calendar\[0\]: is never open in 2026; write hours"),
        (
            {"policy": [STANDARD | {"resolution": "30000h"}]},
            r"policy\[0\].resolution: is past the horizon of 10 years; the calendar opens for 20\d\d hours a year",
        ),
    ],
)
def test_what_only_the_calendar_itself_shows_to_be_wrong_stops_the_start(
    tmp_path: Path, settings: dict[str, Any], fault: str
) -> None:
    with pytest.raises(ConfigurationError, match=fault), simulated(tmp_path, SETTINGS | settings):
        pass
