"""Terms: versions by content, what is wrong with them, and taking them anew while the desk runs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from daemon import almanac
from daemon.almanac import Year
from daemon.config import ConfigurationError, parse
from tests.databases import look
from tests.promises.desk import AGENT, DESK, LEAD, simulated, utc

OFFICE = {"name": "office", "zone": "Europe/Berlin", "hours": ["mon-fri 09:00-17:00"], "holidays": "DE"}
STANDARD = {"name": "standard", "first_response": "4h", "resolution": "16h"}
SETTINGS: dict[str, Any] = {"calendar": [OFFICE], "policy": [STANDARD]}
MONDAY = utc("2026-03-09 08:00")


def faults(**sections: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        parse({"desk": [DESK], "agent": [AGENT, LEAD]} | SETTINGS | sections)
    return refused.value.faults


STEP = {"policy": "standard", "at": "100%"}
CLOSE = {"name": "close", "status": "resolved", "after": "40h", "do": "close"}


@pytest.mark.parametrize(
    ("sections", "fault"),
    [
        ({"calendar": [OFFICE | {"hours": []}]}, "calendar[0].hours: never opens; write at least one line"),
        (
            {"calendar": [OFFICE | {"hours": ["mon-fri 17:00-09:00"]}]},
            "calendar[0].hours[0]: '17:00-09:00' ends before",
        ),
        ({"calendar": [OFFICE | {"zone": "Berlin"}]}, "calendar[0].zone: 'Berlin' is no time zone; write one such as"),
        ({"calendar": [OFFICE | {"zone": ""}]}, "calendar[0].zone: '' is no time zone"),
        (
            {"calendar": [OFFICE | {"holidays": "DE-XX"}]},
            "calendar[0].holidays: 'DE-XX': DE has no region 'XX'; it has",
        ),
        ({"calendar": [OFFICE | {"holidays": "XX"}]}, "calendar[0].holidays: 'XX': there is no country 'XX'"),
        ({"calendar": [OFFICE, OFFICE]}, "calendar[1].name: 'office' is that of calendar[0] too"),
        ({"policy": [{"name": "empty"}]}, "policy[0].first_response: nothing is promised; write first_response"),
        (
            {"policy": [STANDARD | {"first_response": "2d"}]},
            "policy[0].first_response: '2d': a day of open time has no",
        ),
        ({"policy": [STANDARD | {"first_response": "0h"}]}, "policy[0].first_response: '0h' is no time at all"),
        ({"policy": [STANDARD | {"first_response": "soon"}]}, "policy[0].first_response: 'soon' is no target; write"),
        ({"policy": [STANDARD | {"resolution": "4h Calendar"}]}, "policy[0].resolution: '4h Calendar' is no target"),
        ({"policy": [STANDARD | {"calendar": "other"}]}, "policy[0].calendar: there is no calendar 'other'"),
        ({"calendar": []}, "policy[0].calendar: open time needs a [[calendar]]; write one"),
        ({"policy": [STANDARD | {"warn": [100]}]}, "policy[0].warn: a warning comes before the end"),
        ({"policy": [STANDARD | {"teams": ["nobody"]}]}, "policy[0].teams: can never match, because there is no team"),
        (
            {"policy": [STANDARD | {"requesters": ["example.net"]}]},
            "policy[0].requesters[0]: 'example.net' is no address",
        ),
        (
            {"policy": [STANDARD, STANDARD | {"name": "later", "priorities": ["urgent"]}]},
            "policy[1]: can never match, because policy[0] (standard) comes first and meets all its tickets",
        ),
        (
            {"policy": [STANDARD | {"tags": ["a"]}, STANDARD | {"name": "twin", "tags": ["a"]}]},
            "policy[1]: meets the same tickets as policy[0] (standard)",
        ),
        (
            {
                "policy": [
                    STANDARD | {"requesters": ["@vip.example"]},
                    STANDARD | {"name": "one", "requesters": ["boss@vip.example"]},
                ]
            },
            "policy[1]: can never match, because policy[0] (standard) comes first",
        ),
        ({"escalation": [STEP | {"policy": "other"}]}, "escalation[0].policy: there is no policy 'other'"),
        ({"escalation": [STEP, STEP]}, "escalation[1].at: 100% is that of escalation[0] too; make one of the two"),
        (
            {"escalation": [STEP, STEP | {"at": "80%"}]},
            "escalation[1].at: 80% comes before escalation[0], a lower level",
        ),
        (
            {"escalation": [STEP | {"at": "late"}]},
            "escalation[0].at: 'late' is no point in a promise; write one such as",
        ),
        (
            {"escalation": [STEP | {"assign": "nobody@desk.example"}]},
            "escalation[0].assign: 'nobody@desk.example' is no",
        ),
        ({"escalation": [STEP | {"team": "nobody"}]}, "escalation[0].team: there is no team 'nobody'"),
        (
            {"automation": [CLOSE | {"status": "closed"}]},
            "automation[0].do: a ticket that is closed cannot become closed",
        ),
        ({"automation": [CLOSE | {"do": "remind"}]}, "automation[0].do: nobody is waited for in resolved"),
        (
            {"automation": [CLOSE, CLOSE | {"name": "twin", "do": "reopen"}]},
            "automation[1]: always ties with automation[0] (close); change or remove one",
        ),
    ],
)
def test_what_cannot_be_is_said_with_its_place_and_its_cure(sections: dict[str, Any], fault: str) -> None:
    assert any(said.startswith(fault) for said in faults(**sections)), faults(**sections)


def test_the_same_terms_are_the_same_version_and_others_another(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        for settings in (SETTINGS, {"calendar": [OFFICE | {"holidays": ""}], "policy": [STANDARD]}, SETTINGS):
            desk.restart(settings)
        assert len(look(desk.url, "SELECT * FROM calendar")) == 2
        assert len(look(desk.url, "SELECT * FROM sla_policy")) == 1
        desk.restart({"calendar": [OFFICE], "policy": [STANDARD | {"resolution": "17h"}]})
        assert len(look(desk.url, "SELECT * FROM sla_policy")) == 2


def test_a_holiday_that_is_added_later_is_another_version_and_the_past_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when a newer release of zones or holidays knows what the old one did not."""
    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        kept, running = desk.open(), desk.open("other@example.net")
        desk.now += 3600
        desk.agent_replies(kept)
        lay_out = almanac.lay_out

        def with_a_new_holiday(definition: almanac.Definition, year: int) -> Year:
            changed = almanac.Definition(definition.zone, definition.hours, "DE", ("2026-03-10",))
            return lay_out(changed, year)

        monkeypatch.setattr(almanac, "lay_out", with_a_new_holiday)
        desk.restart(SETTINGS)
        desk.tick()
        before, after = (desk.promise(t, "first_response")["calendar"] for t in (kept, running))
        assert before != after
        assert desk.promise(running, "resolution")["due_at"] == utc("2026-03-11 16:00")


def test_published_views_tell_versions_and_what_stands_on_them(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        desk.open()
        promise = look(desk.url, "SELECT * FROM v1_promise WHERE metric = 'resolution'")[0]
        policy = look(desk.url, "SELECT * FROM v1_policy WHERE policy = ?", promise["policy"])[0]
        years = look(desk.url, "SELECT * FROM v1_calendar WHERE calendar = ?", promise["calendar"])
        assert json.loads(policy["terms"])["targets"]["resolution"] == [16 * 3600, True]
        assert [y["year"] for y in years] == [2025, 2026, 2027, 2028]
        content = json.loads(years[1]["content"])
        assert len(content["opens"]) == len(content["closes"]) > 200
        assert ["2026-12-25", "Christmas Day"] in content["closed"]


def test_a_configuration_that_is_wrong_is_not_taken_and_the_old_terms_stay(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        never = parse(
            {"desk": [DESK], "agent": [AGENT]} | SETTINGS | {"calendar": [OFFICE | {"closed": ["01-01/12-31"]}]}
        )
        with pytest.raises(ConfigurationError, match="is never open in 2026"):
            desk.house.promise(never)
        assert desk.promise(desk.open(), "first_response")["due_at"] == MONDAY + 4 * 3600


def test_a_configuration_that_is_right_is_taken_while_the_desk_runs(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        ticket = desk.open()
        stricter = parse(
            {"desk": [DESK], "agent": [AGENT]} | SETTINGS | {"policy": [STANDARD | {"first_response": "2h"}]}
        )
        desk.house.promise(stricter)
        desk.tick()
        assert desk.promise(ticket, "first_response")["due_at"] == MONDAY + 2 * 3600


def test_terms_that_a_command_brought_along_are_known_to_a_daemon_that_has_not_read_them_yet(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        running = desk.house.agreement
        ticket = desk.open()
        newer = {"calendar": [OFFICE | {"zone": "Europe/London"}], "policy": [STANDARD | {"first_response": "2h"}]}
        desk.restart(newer)
        desk.set(ticket, priority="high")
        desk.house.agreement = running
        desk.now += 600
        desk.customer_replies(ticket)
        assert (
            desk.promise(ticket, "first_response")["due_at"] == desk.now + 4 * 3600
        )  # nothing was spent in London, which opened later


def test_a_rule_that_is_added_reaches_tickets_that_wait_already(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        ticket = desk.open()
        desk.agent_replies(ticket)
        desk.tick()
        give_up = {"name": "give-up", "status": "pending", "after": "24h", "do": "resolve"}
        desk.restart(SETTINGS | {"automation": [give_up]})
        desk.tick()
        desk.live_until(MONDAY + 10 * 86_400)
        assert desk.status(ticket) == "resolved"


def test_a_policy_that_is_removed_takes_its_promises_with_it_but_for_what_is_settled(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        ticket = desk.open()
        desk.now += 600
        desk.agent_replies(ticket)
        desk.restart({})
        desk.tick()
        ended = {p["metric"]: (p["state"], p["because"]) for p in desk.promises(ticket)}
        assert ended == {"first_response": ("kept", "fulfilled-in-time"), "resolution": ("cancelled", "no-policy")}


def test_a_step_gives_no_ticket_to_someone_who_is_no_agent_any_longer(tmp_path: Path) -> None:
    kept = {"policy": [STANDARD | {"applies": "new"}], "escalation": [STEP | {"assign": LEAD["address"]}]}
    with simulated(tmp_path, SETTINGS | kept, MONDAY) as desk:
        ticket = desk.open()
        desk.restart({"agent": [AGENT], "calendar": [OFFICE], "policy": [STANDARD | {"applies": "new", "warn": []}]})
        desk.live_until(MONDAY + 5 * 3600)
        assert "escalated" in [e["kind"] for e in desk.events(ticket)]
        assert look(desk.url, "SELECT assignee_id AS a FROM ticket")[0]["a"] is None


def test_a_ticket_with_which_the_clock_fails_holds_up_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from daemon.desk import ticking

    with simulated(tmp_path, SETTINGS, MONDAY) as desk:
        bad, good = desk.open(), desk.open("other@example.net")
        look_at = ticking.look_at

        def fails_once(house: Any, number: int, now: int, *, acting: bool = True) -> None:
            if number == bad:
                raise RuntimeError("a fault of ours")
            look_at(house, number, now, acting=acting)

        monkeypatch.setattr(ticking, "look_at", fails_once)
        desk.now = MONDAY + 5 * 3600
        desk.tick()
        assert [desk.promise(t, "first_response")["state"] for t in (bad, good)] == ["running", "broken"]
        monkeypatch.undo()
        desk.now += 3601
        desk.tick()
        assert desk.promise(bad, "first_response")["broken_at"] == MONDAY + 4 * 3600
