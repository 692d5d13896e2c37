"""Columns say what the Timeline says of each of their values: by table, by search, and by the way that is chosen."""

from __future__ import annotations

import random
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daemon.core.calendar import ALWAYS, DAY, HOUR, BeyondHorizon, Timeline, build
from reports.clock import CHUNK, LARGEST, Clock, Way

WAYS: tuple[Way, Way] = ("table", "search")
YEARS = (1_672_531_200, 1_767_225_600)  # 2023 to 2026
BERLIN = ZoneInfo("Europe/Berlin")
NEVER = Timeline(1000, 2000, (), ())
both_ways = pytest.mark.parametrize("by", WAYS)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Of few spans, all at multiples of a unit: seconds and odd ones too, and so long that 32 bits do not hold it."""
    unit = draw(st.sampled_from([1, 7, 60, 900, 2**24]))
    since = draw(st.integers(-(10**9), 10**9))
    turns = sorted(draw(st.sets(st.integers(0, 300), max_size=24)))
    opens, closes = turns[: len(turns) // 2 * 2 : 2], turns[1::2]
    until = since + unit * (turns[-1] if turns else 0) + draw(st.sampled_from([0, 1, unit, 5 * unit + 1]))
    return Timeline(since, until, *(tuple(since + unit * turn for turn in ends) for ends in (opens, closes)))


def around(instants: tuple[int, ...], low: int, high: int) -> list[int]:
    """These, one more and one less, as far as they lie between the bounds, and the bounds."""
    near = {t + more for t in instants for more in (-1, 0, 1)}
    return sorted(t for t in near | {low, high} if low <= t <= high)


def some_instants(timeline: Timeline) -> st.SearchStrategy[list[int]]:
    near = around(timeline.opens + timeline.closes, timeline.since, timeline.until)
    return st.lists(st.integers(timeline.since, timeline.until), max_size=20).map(lambda more: near + more)


def outcome(ask: Any, *values: Any) -> Any:
    """What is answered, or the horizon that is named."""
    try:
        return ask(*values)
    except BeyondHorizon as beyond:
        return f"beyond {beyond.instant}"


@settings(max_examples=150, deadline=None)
@given(st.data(), timelines(), st.sampled_from(WAYS))
def test_elapsed_and_between_are_those_of_the_timeline(data: st.DataObject, timeline: Timeline, by: Way) -> None:
    clock, instants = Clock(timeline, by), data.draw(some_instants(timeline))
    assert clock.elapsed(instants).tolist() == [timeline.elapsed(t) for t in instants]
    others = data.draw(st.permutations(instants))
    assert clock.between(instants, others).tolist() == [
        timeline.between(start, end) for start, end in zip(instants, others, strict=True)
    ]


@settings(max_examples=150, deadline=None)
@given(st.data(), timelines(), st.sampled_from(WAYS))
def test_instant_and_after_are_those_of_the_timeline(data: st.DataObject, timeline: Timeline, by: Way) -> None:
    clock = Clock(timeline, by)
    seconds = around((0, *timeline.through), -3, clock.total)
    seconds += data.draw(st.lists(st.integers(-5, clock.total), max_size=20))
    assert clock.instant(seconds).tolist() == [timeline.instant(one) for one in seconds]
    starts = data.draw(some_instants(timeline))
    pairs = [pair for pair in product(starts, seconds) if not isinstance(outcome(timeline.after, *pair), str)]
    due = clock.after([start for start, _ in pairs], [more for _, more in pairs])
    assert due.tolist() == [timeline.after(*pair) for pair in pairs]


@settings(max_examples=150, deadline=None)
@given(st.data(), timelines(), st.sampled_from(WAYS))
def test_what_lies_beyond_the_horizon_is_refused_as_the_timeline_does(
    data: st.DataObject, timeline: Timeline, by: Way
) -> None:
    clock = Clock(timeline, by)
    far = st.one_of(
        st.sampled_from([timeline.since - 1, timeline.until + 1, -(2**63), 2**63 - 1]),
        st.integers(timeline.since - 2**40, timeline.until + 2**40),
    )
    one, another = data.draw(far), data.draw(far)
    for scalar, column, values in (
        (timeline.elapsed, clock.elapsed, (one,)),
        (timeline.between, clock.between, (one, another)),
        (timeline.instant, clock.instant, (one,)),
        (timeline.after, clock.after, (one, another)),
        (timeline.after, clock.after, (min(max(one, timeline.since), timeline.until), another)),
    ):
        assert outcome(column, *values) == outcome(scalar, *values)


@settings(max_examples=100, deadline=None)
@given(st.data(), timelines(), st.sampled_from(WAYS))
def test_instant_is_the_inverse_of_elapsed_and_the_earliest(data: st.DataObject, timeline: Timeline, by: Way) -> None:
    clock, instants = Clock(timeline, by), np.array(data.draw(some_instants(timeline)))
    seconds = clock.elapsed(instants)
    earliest = clock.instant(seconds)
    assert (earliest <= instants).all()
    assert (clock.elapsed(earliest) == seconds).all()
    later = earliest[seconds > 0]
    assert (clock.elapsed(later - 1) == seconds[seconds > 0] - 1).all()


@both_ways
def test_one_instant_beyond_the_horizon_among_many_is_refused(by: Way) -> None:
    clock = Clock(Timeline(0, 10 * DAY, (HOUR,), (2 * HOUR,)), by)
    many = np.full(3 * CHUNK, HOUR)
    for instant, named in ((-1, 0), (10 * DAY + 1, 10 * DAY)):
        many[-1] = instant
        with pytest.raises(BeyondHorizon, match="not laid out beyond") as refused:
            clock.elapsed(many)
        assert refused.value.instant == named


@both_ways
def test_more_rows_than_are_worked_on_at_a_time_come_back_in_their_order(by: Way) -> None:
    week = [((9 * HOUR, 12 * HOUR), (13 * HOUR, 17 * HOUR + 1800))] * 5 + [()] * 2
    timeline = build(week, BERLIN, (), *YEARS)
    draw = random.Random(11)
    start, end = ([draw.randint(*YEARS) for _ in range(2 * CHUNK + 77)] for _ in range(2))
    between = Clock(timeline, by).between(start, end)
    assert between.dtype == np.int64
    assert between.tolist() == [timeline.between(*pair) for pair in zip(start, end, strict=True)]


def test_a_calendar_of_minutes_goes_by_table_and_one_of_odd_seconds_by_search() -> None:
    minutes = [((9 * HOUR + 60, 17 * HOUR),)] * 7
    seconds = [((9 * HOUR + 1, 17 * HOUR),)] * 7
    clock = Clock(build(minutes, BERLIN, (), *YEARS))
    assert (clock.by, clock.step) == ("table", 60)
    odd = Clock(build(seconds, BERLIN, (), *YEARS))
    assert (odd.by, odd.step) == ("search", 1)
    assert Clock(Timeline(0, LARGEST, (1,), (2,))).by == "search"
    assert Clock(Timeline(0, LARGEST - 1, (1,), (2,))).by == "table"


def test_calendar_time_is_a_table_of_two_entries() -> None:
    clock = Clock(ALWAYS)
    assert clock.by == "table"
    assert clock.between([-5, 0, 2**31], [10, 2**40, 2**31]).tolist() == [15, 2**40, 0]
    assert clock.after([0, 7], [2**31, 1]).tolist() == [2**31, 8]


@both_ways
@pytest.mark.parametrize("timeline", [NEVER, Timeline(1000, 1000, (), ()), ALWAYS])
def test_of_no_rows_there_are_none(timeline: Timeline, by: Way) -> None:
    clock = Clock(timeline, by)
    for made in (clock.elapsed([]), clock.instant([]), clock.between([], []), clock.after([], [])):
        assert (made.dtype, made.shape) == (np.int64, (0,))


@both_ways
def test_a_calendar_that_never_opens_counts_nothing(by: Way) -> None:
    clock = Clock(NEVER, by)
    assert clock.elapsed([1000, 1500, 2000]).tolist() == [0, 0, 0]
    assert clock.instant([0]).tolist() == [1000]
    with pytest.raises(BeyondHorizon):
        clock.after([1000], [1])


@both_ways
def test_a_single_value_holds_for_every_row_and_shapes_are_kept(by: Way) -> None:
    clock = Clock(Timeline(0, 100, (10,), (60,)), by)
    assert clock.between([0, 20, 70], 40).tolist() == [30, 20, -20]
    assert clock.after(np.int32(5), [[1, 2], [0, 50]]).tolist() == [[11, 12], [5, 60]]
    assert clock.elapsed(15).shape == ()


@both_ways
@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.uint32])
def test_narrower_whole_numbers_do_not_overflow(by: Way, kind: type[np.integer[Any]]) -> None:
    clock = Clock(Timeline(-1000, 1000, (-1000, 50), (0, 1000)), by)
    column = np.array([0, 127], kind)
    assert clock.elapsed(column).tolist() == [1000, 1077]
    assert clock.instant(column).tolist() == [-1000, -873]
    assert clock.after(column, column).tolist() == [0, 254]


@both_ways
@pytest.mark.parametrize("column", [[1.0], ["1"], [None], np.array(["2024-01-01"], "M8[s]"), [2**63]])
def test_a_column_that_is_not_of_whole_numbers_is_refused_with_the_cure(by: Way, column: Any) -> None:
    with pytest.raises(TypeError, match=r"whole numbers, not .*; make times UTC seconds first"):
        Clock(ALWAYS, by).elapsed(column)
