"""Times as agents write them, from a Wednesday at half past ten in Berlin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.when import FURTHEST, until, when

BERLIN = ZoneInfo("Europe/Berlin")
DAY = 86_400


def at(wall: str, zone: tzinfo = BERLIN) -> int:
    return int(datetime.fromisoformat(wall).replace(tzinfo=zone).timestamp())


NOW = at("2026-11-25 10:30")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2d", 2 * DAY),
        ("3h", 3 * 3600),
        ("90m", 5400),
        ("1w", 7 * DAY),
        ("1h 30m", 5400),
        ("1H30M", 5400),
        ("2 days", 2 * DAY),
        ("1 day and 2 hours.", DAY + 7200),
        ("in an hour", 3600),
        ("for 2\u00a0weeks", 14 * DAY),
        ("2 days from now", 2 * DAY),
        ("eine Woche", 7 * DAY),
        ("in 3 Stunden", 3 * 3600),
        ("bis in 2 Tagen", 2 * DAY),
    ],
)
def test_a_length_counts_from_now(text: str, seconds: int) -> None:
    assert when(text, NOW, BERLIN) == until(text, NOW, BERLIN) == NOW + seconds


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("monday 9:00", "2026-11-30 09:00"),
        ("mon 09:00", "2026-11-30 09:00"),
        ("next week 14:00", "2026-11-30 14:00"),
        ("tomorrow morning", "2026-11-26 09:00"),
        ("morgen früh", "2026-11-26 09:00"),
        ("this afternoon", "2026-11-25 14:00"),
        ("in the morning", "2026-11-26 09:00"),
        ("Freitag Nachmittag", "2026-11-27 14:00"),
        ("Mon., 9:00", "2026-11-30 09:00"),
        ("“Monday 9:00”", "2026-11-30 09:00"),
        ("MONDAY\u00a09:00 PM…", "2026-11-30 21:00"),
        ("next monday at 9", "2026-11-30 09:00"),
        ("nächsten Montag um 14.30 Uhr", "2026-11-30 14:30"),
        ("tuesday 12am", "2026-12-01 00:00"),
        ("tuesday 12 p.m.", "2026-12-01 12:00"),
        ("wednesday 14:00", "2026-11-25 14:00"),
        ("wednesday 9:00", "2026-12-02 09:00"),
        ("next wednesday 14:00", "2026-12-02 14:00"),
        ("tomorrow 14:30", "2026-11-26 14:30"),
        ("U\u0308BERMORGEN 8:15", "2026-11-27 08:15"),
        ("day after tomorrow 8:15", "2026-11-27 08:15"),
        ("today 17:00", "2026-11-25 17:00"),
        ("14:30", "2026-11-25 14:30"),
        ("10:30", "2026-11-26 10:30"),
        ("2pm", "2026-11-25 14:00"),
        ("um 14 Uhr", "2026-11-25 14:00"),
        ("2026-12-01 09:00", "2026-12-01 09:00"),
        ("2026‑12‑01 09:00", "2026-12-01 09:00"),
        ("1.12.2026 9:00", "2026-12-01 09:00"),
        ("am 1. 12. um 9 Uhr", "2026-12-01 09:00"),
        ("24.11. 9:00", "2027-11-24 09:00"),
        ("December 1st, 2026 9:00", "2026-12-01 09:00"),
        ("1. Dezember 9:00", "2026-12-01 09:00"),
    ],
)
def test_a_day_with_a_time_is_that_instant(text: str, wall: str) -> None:
    assert when(text, NOW, BERLIN) == until(text, NOW, BERLIN) == at(wall)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("monday", "2026-11-30"),
        ("bis Freitag", "2026-11-27"),
        ("until friday", "2026-11-27"),
        ("Until: Fri.", "2026-11-27"),
        ("so", "2026-11-29"),
        ("tomorrow", "2026-11-26"),
        ("Morgen", "2026-11-26"),
        ("2026-12-01", "2026-12-01"),
        ("1.12.", "2026-12-01"),
        ("1.12", "2026-12-01"),
        ("bis zum 1.12.26", "2026-12-01"),
        ("24.11.", "2027-11-24"),
        ("29.2.", "2028-02-29"),
        ("2 märz", "2027-03-02"),
    ],
)
def test_a_day_alone_begins_at_the_hour_of_work_and_ends_at_midnight(text: str, day: str) -> None:
    assert when(text, NOW, BERLIN) == at(f"{day} 09:00")
    assert when(text, NOW, BERLIN, hour=7) == at(f"{day} 07:00")
    midnight = datetime.fromisoformat(day) + timedelta(days=1)
    assert until(text, NOW, BERLIN) == at(midnight.isoformat())


def test_today_is_still_to_end_but_its_weekday_is_asked_for_in_a_week() -> None:
    assert until("wednesday", NOW, BERLIN) == until("today", NOW, BERLIN) == at("2026-11-26 00:00")
    assert when("wednesday", at("2026-11-25 07:00"), BERLIN) == at("2026-12-02 09:00")
    assert until("next wednesday", NOW, BERLIN) == at("2026-12-03 00:00")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        *((text, "is no time; write one such as") for text in (
            "", "soon", "until", "25:00", "13pm", "31.4.", "29.2.2027", "2026-13-01", "monday tuesday",
            "1.12. 9:00 9:00", "am", "0.0.", "9", "12/1", "٢d", "x" * 500,
        )),
        *((text, "is past; write a time that is to come") for text in (
            "0m", "today", "today 10:30", "2026-11-01", "2026-11-25 10:30", "0001-01-01",
        )),
        *((text, "is more than two years away; write an earlier time") for text in (
            "2030-01-01", "9999-12-31", "800d", "999999999w",
        )),
    ],
)  # fmt: skip
def test_what_is_no_time_to_come_is_told_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence) as told:
        when(text, NOW, BERLIN)
    assert len(str(told.value)) < 200


def test_what_a_clock_change_skips_is_the_change_and_what_it_repeats_is_the_first() -> None:
    spring, autumn = datetime(2027, 3, 28, 1, tzinfo=UTC), datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    assert when("2027-03-28 02:00", NOW, BERLIN) == when("2027-03-28 02:59", NOW, BERLIN) == int(spring.timestamp())
    assert when("2027-10-31 02:30", NOW, BERLIN) == int(autumn.timestamp())
    # In Beirut the clock goes forward at midnight: the day before ends there.
    assert until("2027-03-27", NOW, ZoneInfo("Asia/Beirut")) == int(datetime(2027, 3, 27, 22, tzinfo=UTC).timestamp())


ZONES = st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]).map(
    ZoneInfo
)
WALLS = st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2034-01-01"))
INSTANTS = st.integers(at("2020-01-01", UTC), at("2035-01-01", UTC))


@pytest.mark.parametrize("text", ["next week", "Nächste Woche"])
def test_next_week_begins_on_its_monday_and_ends_an_absence_before_it(text: str) -> None:
    assert when(text, NOW, BERLIN) == at("2026-11-30 09:00")
    assert until(text, NOW, BERLIN) == at("2026-11-30 00:00")


@given(WALLS, ZONES, st.integers(60, 700 * DAY))
def test_every_minute_to_come_is_found_by_its_wall_clock(then: datetime, zone: ZoneInfo, ahead: int) -> None:
    wall = then.replace(second=0, microsecond=0)
    instant = int(wall.replace(tzinfo=zone).timestamp())
    if datetime.fromtimestamp(instant, zone).replace(tzinfo=None) == wall:
        assert when(f"{wall:%Y-%m-%d %H:%M}", instant - ahead, zone) == instant
        assert when(f"{wall:%d.%m.%Y %H:%M}", instant - ahead, zone) == instant


@given(INSTANTS, ZONES, st.integers(0, 6), st.integers(0, 23), st.integers(0, 59))
def test_a_weekday_is_the_next_one(now: int, zone: ZoneInfo, weekday: int, hour: int, minute: int) -> None:
    name = ["monday", "dienstag", "wed", "do", "Friday", "SAT", "sonntag"][weekday]
    local = datetime.fromtimestamp(when(f"{name} {hour}:{minute:02}", now, zone), zone)
    assert local.weekday() == weekday
    assert 0 < local.timestamp() - now <= 7 * DAY + 3600
    end = until(name, now, zone)
    assert datetime.fromtimestamp(end - 1, zone).weekday() == weekday
    assert 0 < end - now <= 7 * DAY + 3600


PARTS = st.sampled_from("until bis 1. 12. 9:00 monday next 2 d days , 2026 - uhr pm".split())


@given(st.text(max_size=100) | st.lists(PARTS).map(" ".join), INSTANTS, ZONES)
def test_any_text_is_a_time_to_come_or_a_sentence(text: str, now: int, zone: ZoneInfo) -> None:
    for asked in (when, until):
        try:
            assert now < asked(text, now, zone) <= now + FURTHEST * DAY
        except ValueError as told:
            assert "; write" in str(told)
