"""Promises on a desk: made, paused, warned of, broken, kept; each at its second, on both databases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.promises.desk import simulated, utc

OFFICE = {"name": "office", "zone": "Europe/Berlin", "hours": ["mon-fri 09:00-17:00"], "holidays": "DE"}
STANDARD = {"name": "standard", "first_response": "4h", "next_response": "8h", "resolution": "16h"}
SETTINGS: dict[str, Any] = {"calendar": [OFFICE], "policy": [STANDARD]}


def test_a_mail_on_friday_afternoon_is_due_on_monday(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, utc("2026-03-06 14:00")) as desk:  # 15:00 in Berlin
        ticket = desk.open()
        due = {p["metric"]: p["due_at"] for p in desk.promises(ticket)}
        assert due == {"first_response": utc("2026-03-09 10:00"), "resolution": utc("2026-03-10 14:00")}


def test_an_answer_at_the_very_second_is_in_time_and_one_after_it_is_late(tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, utc("2026-03-06 14:00")) as desk:
        in_time, late = desk.open(), desk.open("other@example.net")
        desk.now = utc("2026-03-09 10:00")
        desk.tick()
        desk.agent_replies(in_time)
        desk.now += 1
        desk.tick()
        desk.now += 100
        desk.agent_replies(late)
        kept, broken = (desk.promise(t, "first_response") for t in (in_time, late))
        assert (kept["state"], kept["kept_at"]) == ("kept", utc("2026-03-09 10:00"))
        assert (broken["state"], broken["broken_at"]) == ("broken", utc("2026-03-09 10:00"))
        assert broken["ended_at"] == utc("2026-03-09 10:00") + 101
