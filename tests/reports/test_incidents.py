"""On data that nobody here made: a real service desk's log, with its owner's facts and the truth known later."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import reports
from daemon import almanac
from daemon.almanac import Definition
from reports import survival
from reports.clock import Clock
from reports.response import resolutions
from tests.promises.calendars import OFFICE_WITH_A_BREAK
from tests.reports import incidents

DAY = 86_400
CUT = int(pd.Timestamp("2016-04-30", tz="UTC").timestamp())


def test_cases_updates_and_medians_are_those_that_the_log_is_known_for() -> None:
    assert (len(incidents.rows()), len(incidents.last_rows())) == (141_712, 24_918)
    solved = resolutions(incidents.cases())
    done = solved.columns["end_reason"].among({"resolved"})
    days = (solved.columns["end"] - solved.columns["start"])[done] / DAY
    assert (int(done.sum()), round(float(np.median(days)), 4), round(float(days.mean()), 2)) == (23_362, 0.9208, 7.42)
    last = incidents.last_rows()
    closed = last[last["closed_at"] >= 0]
    assert round(float((closed["closed_at"] - closed["opened_at"]).median() / DAY), 3) == 6.078


def test_spells_tile_every_case_on_both_clocks() -> None:
    desk = incidents.log()
    life = desk.life
    lived = np.bincount(life.row, weights=life.end - life.start, minlength=len(desk))
    assert (lived == desk.taken_at - desk.whole("ticket", "opened_at")).all()
    years = [almanac.lay_out(Definition("Europe/Berlin", ("mon-fri 08:00-18:00",), "DE"), y) for y in range(2016, 2019)]
    office = Clock(almanac.join(2016, years))
    opened = np.bincount(life.row, weights=office.between(life.start, life.end), minlength=len(desk))
    assert (opened == office.between(desk.whole("ticket", "opened_at"), desk.taken_at)).all()
    assert (life.start[1:] == life.end[:-1])[~life.first[1:]].all()


def test_reopenings_agree_case_by_case() -> None:
    told = incidents.last_rows()["reopen_count"].astype(int)
    found = resolutions(incidents.log()).columns["reopened"]
    assert (found == told.to_numpy()).all()
    assert int((told > 0).sum()) == 275


@pytest.fixture(scope="module")
def cohort() -> pd.DataFrame:
    last = incidents.last_rows()
    return last[(last["opened_at"] > CUT - 28 * DAY) & (last["opened_at"] <= CUT)]


def test_a_percentile_told_too_early_comes_near_the_truth_where_the_usual_ones_do_not(cohort: pd.DataFrame) -> None:
    desk = incidents.cases(cohort)
    truth = reports.resolution(desk, clock="calendar")["estimate"] / DAY
    assert (round(truth[0], 3), round(truth[1], 2)) == (0.255, 22.13)

    then = desk.as_of(CUT)
    told = reports.resolution(then, clock="calendar")
    assert told.loc[0, ["n", "n_open", "n_other"]].tolist() == [7_426, 959, 253]
    assert told["estimate"][0] / DAY == pytest.approx(truth[0], abs=0.0005)
    assert told["estimate"][1] / DAY == pytest.approx(truth[1], rel=0.12)
    assert round(told["estimate"][1] / DAY, 2) == 20.04

    rows = reports.drill(then, told, 0)
    done = rows["end_reason"] == "resolved"
    closed_only = np.quantile(rows.loc[done, "seconds"], 0.9, method="inverted_cdf") / DAY
    censoring = survival.quantile(rows["seconds"], np.where(done, survival.DONE, survival.OPEN), 0.9).value / DAY
    assert (round(closed_only, 2), round(censoring, 2)) == (6.11, 14.04)
    assert round(float(np.median(rows.loc[done, "seconds"])) / DAY, 3) == 0.062


def test_columns_count_open_time_as_the_walk_over_every_minute_does() -> None:
    office = OFFICE_WITH_A_BREAK
    walker = office.walker
    years = [almanac.lay_out(office.definition, year) for year in range(walker.first, walker.last + 1)]
    clock = Clock(almanac.join(walker.first, years))
    draw = np.random.default_rng(7)
    pairs = np.sort(draw.integers(walker.since, walker.until, (100_000, 2)), axis=1)
    minutes = np.concatenate(([0], np.cumsum(walker.is_open) * 60))
    walked = [
        minutes[(t - walker.since) // 60]
        + np.where(
            walker.is_open[np.minimum((t - walker.since) // 60, len(walker.is_open) - 1)], (t - walker.since) % 60, 0
        )
        for t in pairs.T
    ]
    assert (clock.between(pairs[:, 0], pairs[:, 1]) == walked[1] - walked[0]).all()
