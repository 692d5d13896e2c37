"""Open time, to the second, against a walker that was written by itself."""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon import almanac
from daemon.almanac import Definition
from daemon.core import hours
from daemon.core.calendar import ALWAYS, BeyondHorizon, Timeline, build, offsets, timeline
from tests.promises import zones
from tests.promises.calendars import EXAMPLES, Example
from tests.promises.desk import utc

every_calendar = pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.name)


@cache
def laid(example: Example) -> Timeline:
    walker = example.walker
    years = range(walker.first, walker.last + 1)
    return almanac.join(walker.first, [almanac.lay_out(example.definition, year) for year in years])


@cache
def interesting(example: Example) -> tuple[int, ...]:
    """Instants near which things go wrong: shifts of the clock, openings and closings beside them."""
    timeline, walker = laid(example), example.walker
    shifts = [at for at, _ in zones.transitions(walker.zone, walker.first, walker.last)]
    near = [at for at in shifts if walker.since < at < walker.until]
    edges = [e for at in near for e in timeline.opens if abs(e - at) < 90_000]
    return (*near, *edges, *timeline.opens[:5], *timeline.closes[-5:])


def instants(example: Example) -> st.SearchStrategy[int]:
    walker = example.walker
    anywhere = st.integers(walker.since, walker.until)
    beside = st.builds(lambda t, d: t + d, st.sampled_from(interesting(example)), st.integers(-4000, 4000))
    return st.one_of(anywhere, beside).map(lambda t: min(max(t, walker.since), walker.until))


@every_calendar
def test_every_minute_is_open_or_not_as_the_walker_finds_it(example: Example) -> None:
    walker, ours = example.walker, laid(example)
    assert ours.through[-1] == walker.open_before(walker.until)
    for opened, closed in zip(ours.opens, ours.closes, strict=True):
        assert walker.elapsed(opened, closed) == closed - opened


@every_calendar
@given(data=st.data())
def test_elapsed_is_what_the_walker_counts(example: Example, data: st.DataObject) -> None:
    t0, t1 = sorted(data.draw(st.tuples(instants(example), instants(example))))
    middle = data.draw(st.integers(t0, t1))
    ours = laid(example)
    assert ours.between(t0, t1) == example.walker.elapsed(t0, t1)
    assert ours.between(t0, t1) == ours.between(t0, middle) + ours.between(middle, t1)
    assert 0 <= ours.between(t0, t1) <= t1 - t0


@every_calendar
@given(data=st.data())
def test_the_instant_is_the_walkers_and_the_first_of_its_kind(example: Example, data: st.DataObject) -> None:
    ours, walker = laid(example), example.walker
    start = data.draw(instants(example))
    room = ours.through[-1] - ours.elapsed(start)
    if room == 0:
        return
    seconds = data.draw(st.integers(1, room))
    due = ours.after(start, seconds)
    assert due == walker.instant(start, seconds)
    assert ours.between(start, due) == seconds
    assert ours.between(start, due - 1) == seconds - 1


@every_calendar
def test_years_laid_out_by_themselves_make_the_whole(example: Example) -> None:
    walker, text = example.walker, example.definition
    about = range(walker.first - 1, walker.last + 2)
    closed = {day for year in about for day in hours.closed_days(map(hours.closure, text.closed), year)}
    week, special = hours.week(text.hours), hours.special(text.open)
    assert laid(example) == build(week, ZoneInfo(text.zone), closed, walker.since, walker.until, special)


@every_calendar
def test_our_zones_shift_where_the_tests_own_do(example: Example) -> None:
    walker = example.walker
    own = zones.transitions(walker.zone, walker.first, walker.last)
    named = [(walker.since, own[bisect_left([at for at, _ in own], walker.since + 1) - 1][1])]
    named += [(at, offset) for at, offset in own if walker.since < at < walker.until]
    different = [pair for i, pair in enumerate(named) if i == 0 or pair[1] != named[i - 1][1]]
    assert list(offsets(ZoneInfo(walker.zone), walker.since, walker.until)) == different


BERLIN, NIGHTS = (next(e for e in EXAMPLES if e.name == name) for name in ("an office in Berlin", "nights"))


def test_the_night_of_the_doubled_hour_is_an_hour_longer_and_that_of_the_skipped_one_shorter() -> None:
    nights = laid(NIGHTS)
    assert nights.between(utc("2026-10-24 20:00"), utc("2026-10-25 05:00")) == 9 * 3600
    assert nights.between(utc("2026-03-28 21:00"), utc("2026-03-29 04:00")) == 7 * 3600


def test_a_weekend_with_a_shift_in_it_costs_an_office_nothing() -> None:
    office = laid(BERLIN)
    friday = utc("2026-03-27 15:30")  # 16:30 in winter
    assert office.after(friday, 2 * 3600) == utc("2026-03-30 08:00")  # 10:00 in summer


def test_what_is_due_at_closing_time_is_due_then_and_not_in_the_morning() -> None:
    office = laid(BERLIN)
    assert office.after(utc("2026-01-12 08:00"), 8 * 3600 + 1800) == utc("2026-01-12 16:30")
    assert office.after(utc("2026-01-12 08:00"), 8 * 3600 + 1801) == utc("2026-01-13 08:00") + 1


def test_the_friday_that_samoa_left_out_holds_no_office_hours() -> None:
    apia = laid(next(e for e in EXAMPLES if e.definition.zone == "Pacific/Apia"))
    thursday_evening, saturday_morning = utc("2011-12-30 02:00"), utc("2011-12-30 18:00")
    assert apia.between(thursday_evening, saturday_morning) == 0
    assert apia.next_open(thursday_evening) == saturday_morning


def test_holidays_of_a_region_are_closed_and_have_their_names() -> None:
    year = almanac.lay_out(Definition("Europe/Berlin", ("mon-fri 09:00-17:00",), "DE-BE"), 2026)
    assert ("2026-03-08", "Women's Day") in year.closed
    assert almanac.join(2026, [year]).between(utc("2026-04-02 22:00"), utc("2026-04-06 22:00")) == 0  # Easter


@pytest.mark.parametrize("t", [utc("2024-12-31 23:59"), utc("2027-01-01 00:00") + 1])
def test_outside_of_what_is_laid_out_there_is_an_error_and_no_guess(t: int) -> None:
    with pytest.raises(BeyondHorizon, match="not laid out beyond"):
        laid(BERLIN).elapsed(t)


def test_more_open_time_than_is_laid_out_is_an_error_too() -> None:
    office = laid(BERLIN)
    assert office.instant(office.through[-1]) == office.closes[-1]
    with pytest.raises(BeyondHorizon):
        office.instant(office.through[-1] + 1)
    with pytest.raises(BeyondHorizon):
        office.next_open(office.closes[-1])


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 500)), max_size=30), st.integers(0, 10_000))
def test_any_spans_make_a_timeline_that_counts_them_once(spans: list[tuple[int, int]], t: int) -> None:
    of = timeline([(a, a + length) for a, length in spans], 0, 20_000)
    assert of.elapsed(t) == sum(any(a <= s < a + n for a, n in spans) for s in range(t))
    assert all(closed < opened for closed, opened in zip(of.closes, of.opens[1:], strict=False))


def test_calendar_time_counts_every_second() -> None:
    assert ALWAYS.between(-5, 5) == 10
    assert ALWAYS.after(1_700_000_000, 3600) == 1_700_003_600


def test_29_february_of_every_year_is_the_last_of_february_where_there_is_none() -> None:
    closed = hours.closed_days([hours.closure("02-29")], 2026)
    assert closed == {date(2026, 3, 1) - timedelta(days=1)}
