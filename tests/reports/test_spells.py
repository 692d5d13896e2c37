"""Spells tile every life, whatever happened in it; backlog, flow and load are sums over them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reports
from daemon.core.status import BACKLOG
from reports import Desk
from tests.reports.made import Happened, berlin, desk, office

STATUSES = ["new", "open", "pending", "on_hold", "resolved", "closed", "spam"]
Changes = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 30),
        st.one_of(
            st.tuples(st.just("status"), st.sampled_from(STATUSES)),
            st.tuples(st.just("team"), st.sampled_from(["support", "billing"])),
            st.tuples(st.just("assignee"), st.sampled_from([1, 2, None])),
        ),
    ),
    max_size=30,
)


def lived(changes: list[tuple[int, int, tuple[str, object]]]) -> Desk:
    """A desk of three tickets to which this happened, one thing after the other."""
    happened: list[Happened] = [(ticket, 0, "opened") for ticket in (1, 2, 3)]
    clock = 0
    for ticket, more, (what, told) in changes:
        clock += more
        happened.append((ticket, clock, what, told))
    return desk(happened, clock + 5)


@given(Changes)
def test_spells_tile_every_life_and_neighbours_differ(changes: list[tuple[int, int, tuple[str, object]]]) -> None:
    here = lived(changes)
    for _, life in here.spells.groupby("ticket_id"):
        assert life["start"].iloc[0].timestamp() == 0
        assert life["end"].iloc[-1].timestamp() == here.taken_at
        assert life["seconds"].sum() == here.taken_at
        assert (life["end"].iloc[:-1].to_numpy() == life["start"].iloc[1:].to_numpy()).all()
        fields = list(zip(life["status"], life["team"], life["assignee_id"].fillna(0), strict=True))
        assert all(one != other for one, other in pairwise(fields))
        assert life["observed"].tolist() == [True] * (len(life) - 1) + [False]


@given(Changes, st.integers(0, 400))
def test_a_backlog_is_what_a_replay_finds_and_flows_explain_its_change(
    changes: list[tuple[int, int, tuple[str, object]]], at: int
) -> None:
    here = lived(changes)
    at = min(at, here.taken_at)
    told = reports.backlog(here, at=[at], by=["team"])
    spells = here.spells
    instant = pd.Timestamp(at, unit="s", tz="UTC")
    lying = spells[(spells["start"] <= instant) & ((spells["end"] > instant) | ~spells["observed"])]
    lying = lying[lying["status"].isin(BACKLOG)]
    found = told.set_index("team")["n"]
    for team in ("support", "billing"):
        assert found.get(team, 0) == (lying["team"] == team).sum()


@pytest.mark.parametrize("by", [[], ["team"], ["priority"], ["assignee"]])
def test_backlog_at_the_end_is_that_at_the_beginning_plus_entries_minus_exits(year: Desk, by: list[str]) -> None:
    end = year.taken_at
    moves = reports.flow(year, by=by, period="year")
    sign = np.where(moves["cause"].isin(["opened", "reopened", "moved in"]), 1, -1)
    net = (moves["n"] * sign).groupby([moves[name].fillna("nobody") for name in by] or (lambda _: "all")).sum()
    lying = reports.backlog(year, at=[end - 1], by=by)
    held = lying["n"].groupby([lying[name].fillna("nobody") for name in by] or (lambda _: "all")).sum()
    assert net[net != 0].to_dict() == held[held != 0].to_dict()


def test_a_reopened_ticket_comes_back_and_a_move_of_team_is_told_on_both_sides() -> None:
    happened: list[Happened] = [
        (1, 0, "opened"),
        (1, 10, "status", "resolved"),
        (1, 20, "status", "open"),
        (1, 30, "team", "billing"),
    ]
    told = reports.flow(desk(happened, 100), by=["team"], period="year", zone="UTC")
    assert sorted(zip(told["team"], told["cause"], told["n"], strict=True)) == [
        ("billing", "moved in", 1),
        ("support", "moved out", 1),
        ("support", "opened", 1),
        ("support", "reopened", 1),
        ("support", "resolved", 1),
    ]


def test_days_of_23_and_25_hours_are_days() -> None:
    opened = [
        berlin("2026-03-29 23:30"),
        berlin("2026-03-30 00:30"),
        berlin("2026-10-25 00:30"),
        berlin("2026-10-25 23:30"),
    ]
    here = desk([(i, at, "opened") for i, at in enumerate(opened, 1)], opened[-1] + 10, more=office())
    told = reports.volume(here, period="day").query("statistic == 'opened'")
    days = dict(zip(told["period"].dt.strftime("%m-%d"), told["n"], strict=True))
    assert days == {"03-29": 1, "03-30": 1, "10-25": 2}


def test_volume_for_each_open_hour_says_closed_where_there_is_none() -> None:
    sunday, monday = berlin("2026-03-08 12:00"), berlin("2026-03-09 12:00")
    here = desk([(1, sunday, "opened"), (2, monday, "opened")], berlin("2026-03-10 00:00"), more=office())
    told = reports.volume(here, period="day").query("statistic == 'per open hour'")
    assert told["note"].tolist() == ["closed", ""]
    assert told["estimate"].iloc[1] == pytest.approx(1 / 8.5)


def test_load_weighs_a_ticket_by_the_open_time_that_it_lay_there() -> None:
    day = "2026-03-09"
    happened: list[Happened] = [
        (1, berlin(f"{day} 09:00"), "opened"),
        (1, berlin(f"{day} 09:00"), "assignee", 7),
        (1, berlin(f"{day} 13:15"), "status", "resolved"),
        (2, berlin(f"{day} 09:00"), "opened"),
        (2, berlin(f"{day} 09:00"), "assignee", 7),
    ]
    here = desk(happened, berlin("2026-03-10 00:00"), more=office())
    told = reports.load(here, period="day")
    assert (told["assignee"].tolist(), told["n"].tolist()) == (["7"], [2])
    assert told["estimate"].tolist() == [1.5]


def test_replies_are_credited_to_who_wrote_them_not_to_the_assignee() -> None:
    happened: list[Happened] = [(1, 0, "opened"), (1, 5, "assignee", 7), (1, 9, "answers", 8), (1, 12, "answers", 8)]
    told = reports.replies(desk(happened, 20), period=None)
    assert (told["agent"].tolist(), told["n"].tolist()) == (["8"], [2])


def test_who_was_waited_for_adds_up_to_the_life_on_both_clocks(year: Desk) -> None:
    for clock in ("business", "calendar"):
        told = reports.waiting(year, clock=clock)  # type: ignore[arg-type]
        counts = year.calendars.clock() if clock == "business" else None
        spam = year.word("ticket", "status").among({"spam"})
        opened = year.whole("ticket", "opened_at")[~spam]
        lived = counts.between(opened, year.taken_at) if counts else year.taken_at - opened
        assert told["estimate"].sum() == lived.sum()
