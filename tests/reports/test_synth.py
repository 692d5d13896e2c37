"""The demo year: the desk's own decisions by two paths, and believable in what it tells."""

from __future__ import annotations

import pandas as pd
import pytest

import reports
from reports import Desk, synth
from reports.synth import script


@pytest.mark.parametrize("name", ["ticket", "event", "message", "promise"])
def test_the_fast_path_makes_what_the_desk_itself_made(year: Desk, name: str, fast: Desk) -> None:
    pd.testing.assert_frame_equal(fast.frame(name), year.frame(name), check_categorical=False)


def test_its_spells_are_the_same_too(year: Desk, fast: Desk) -> None:
    pd.testing.assert_frame_equal(fast.spells, year.spells, check_categorical=False)


@pytest.fixture(scope="module")
def fast() -> Desk:
    return synth.fast(synth.TICKETS)


def test_the_same_seed_makes_the_same_year_and_another_one_another() -> None:
    lines = [list(script.write(40, seed).lines()) for seed in (1, 1, 2)]
    assert lines[0] == lines[1] != lines[2]


def test_several_processes_make_the_same_year() -> None:
    founding = synth.terms_of(synth.founded())
    written = script.write(60)
    alone, together = (synth.frames.lived(written, founding, processes=n) for n in (1, 2))
    assert all(alone[name].equals(together[name]) for name in alone)


def test_it_has_two_teams_nights_an_outage_reopenings_and_tickets_that_nobody_answered(year: Desk) -> None:
    tickets = year.tickets
    assert set(tickets["team"]) == {"support", "billing"}
    hours = reports.volume(year, by=["hour"], period=None).set_index("hour")["n"]
    assert hours["11"] > 5 * hours["3"]
    weeks = reports.volume(year, period="week").query("statistic == 'opened'").set_index("period")["n"]
    assert weeks.idxmax() == pd.Timestamp("2025-09-15")
    assert weeks.max() > 2 * weeks.median()
    assert reports.reopening(year)["estimate"].between(0.03, 0.15).all()
    assert (reports.first_response(year)["n_open"] > 10).all()
    assert set(year.frame("policy")["policy_name"]) == {"standard", "urgent", "billing"}
