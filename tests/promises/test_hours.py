"""Opening hours and lengths of time as people write them, and what they are told where they err."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from daemon.core import hours

NINE, NOON, FIVE = 9 * 3600, 12 * 3600, 17 * 3600


def test_weekdays_may_be_named_ranged_listed_and_go_round_the_weekend() -> None:
    assert hours.week(["mon-wed,fri 09:00-12:00"]) == ((((NINE, NOON),),) * 3 + ((),) + (((NINE, NOON),),) + ((), ()))
    assert [bool(day) for day in hours.week(["sat-mon 09:00-12:00"])] == [True, *[False] * 4, True, True]
    assert hours.week(["daily 09:00-12:00"]) == (((NINE, NOON),),) * 7


def test_a_night_belongs_to_the_day_on_which_it_begins_and_to_the_next() -> None:
    week = hours.week(["sun 22:00-06:00+1"])
    assert week[6] == ((22 * 3600, 86_400),)
    assert week[0] == ((0, 6 * 3600),)


def test_a_special_date_may_have_several_spans_on_one_line_or_more() -> None:
    days = hours.special(["2026-12-05 09:00-12:00", "2026-12-05 12:00-17:00"])
    assert days == {date(2026, 12, 5): ((NINE, NOON), (NOON, FIVE))}


def test_closed_days_of_every_year_may_go_round_its_end() -> None:
    closed = hours.closed_days([hours.closure("12-30/01-02")], 2026)
    assert sorted(closed) == [date(2026, 1, 1), date(2026, 1, 2), date(2026, 12, 30), date(2026, 12, 31)]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90m", 5400),
        ("4h", 14_400),
        ("1h 30m", 5400),
        ("2d", 172_800),
        ("1d 1s", 86_401),
        ("4 h", 14_400),
        ("1 h 30 m", 5400),
    ],
)
def test_lengths_of_time(text: str, seconds: int) -> None:
    assert hours.duration(text) == seconds


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (hours.week, "mon-fri 17:00-09:00", "ends before it begins; overnight is written 17:00-09:00+1"),
        (hours.week, "mon 09:00-09:00", "has no length; the whole day is written 00:00-24:00"),
        (hours.week, "mon 09:00-10:00+1", "is longer than a day; write one line for each day"),
        (hours.week, "mon 09:00-24:30", "a day ends at 24:00"),
        (hours.week, "mon 9-17", "is no pair of times; write it such as 09:00-17:30"),
        (hours.week, "mon-fri", "says no times"),
        (hours.week, "monday 09:00-17:00", "'monday' is no weekday; write mon, tue"),
        (hours.week, "mon-fry 09:00-17:00", "'mon-fry' is no weekday"),
        (hours.special, "2026-13-05 10:00-14:00", "'2026-13-05' is no date; write one such as 2026-12-24"),
        (hours.special, "12-24 10:00-14:00", "has no year; write it such as 2026-12-05 10:00-14:00"),
        (hours.special, "2026-12-24 22:00-02:00", "write the hours after midnight under the next date"),
        (hours.special, "2026-12-24 22:00-02:00+1", "a single date ends at 24:00; write the hours after"),
        (hours.special, "2026-12-24", "says no times"),
        (hours.closure, "2026-02-30", "is no date"),
        (hours.closure, "24.12.", "is no date"),
        (hours.closure, "2026-12-31/2026-12-24", "ends before it begins; write the earlier date first"),
        (hours.closure, "2026-12-24/12-26", "has a year at one end only; write both or none"),
        (hours.duration, "", "is no length of time; write one such as 30m, 4h"),
        (hours.duration, "4 hours", "is no length of time"),
        (hours.duration, "30m 1h", "is no length of time"),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_cure(read: Callable[..., object], text: str, sentence: str) -> None:
    with pytest.raises(ValueError) as refused:
        read([text] if read in (hours.week, hours.special) else text)
    assert sentence in str(refused.value)
