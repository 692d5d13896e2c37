"""Promises in reports: who counts, what would have been, whether rows and events agree, and how likely they break."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import reports
from daemon.almanac import Definition
from reports import Desk, Policy, QuestionError
from reports.schema import TABLES
from reports.synth import script
from reports.what_if import replayed
from tests.promises.judge import Rule, judge
from tests.promises.walker import Walker, at
from tests.reports.made import desk

BOTH = (script.POLICIES, script.STRICTER)


def kept(*rows: dict[str, Any]) -> pd.Series:
    """The figures of these promises, which are all of one metric; the data end at 1,000."""
    promises = [{"promise_id": i, "ticket_id": i, "metric": "resolution", **row} for i, row in enumerate(rows, 1)]
    here = desk([(i, 0, "opened") for i in range(1, len(rows) + 1)], 1000, promises=promises)
    return reports.kept(here, zone="UTC").iloc[0]


def test_open_and_overdue_is_broken_and_what_is_not_due_counts_neither_way() -> None:
    told = kept(
        {"state": "kept", "due_at": 500, "ended_at": 400},
        {"state": "broken", "due_at": 300, "broken_at": 300, "ended_at": 900},
        {"state": "broken", "due_at": 600, "broken_at": 600},
        {"state": "running", "due_at": 999},
        {"state": "running", "due_at": 1000},
        {"state": "running", "due_at": 5000},
        {"state": "paused"},
        {"state": "cancelled", "ended_at": 50},
    )
    assert told[["n", "n_overdue", "n_not_due", "n_paused", "n_cancelled"]].tolist() == [4, 2, 2, 1, 1]


def test_a_promise_counts_in_the_period_in_which_it_was_due_not_when_it_ended() -> None:
    day = 86_400
    promises = [
        {
            "promise_id": 1,
            "ticket_id": 1,
            "metric": "resolution",
            "state": "broken",
            "due_at": 5 * day,
            "ended_at": 70 * day,
        }
    ]
    here = desk([(1, 0, "opened")], 100 * day, promises=promises)
    told = reports.kept(here, period="month", zone="UTC")
    assert told["period"].tolist() == [pd.Timestamp("1970-01-01")]


def test_fewer_than_ten_claim_nothing() -> None:
    told = kept({"state": "kept", "due_at": 500, "ended_at": 400})
    assert (np.isnan(told["estimate"]), told["note"]) == (True, "fewer than 10")


def test_the_terms_that_were_in_force_replayed_say_what_was(year: Desk) -> None:
    before = [Policy(**policy) for policy in script.POLICIES]
    spring = reports.what_if(year, before, by=["promise"], period="month").query("period < '2025-06-01'")
    assert len(spring) == 15
    assert (spring["n_then"] == spring["n_so"]).all()
    assert (spring["estimate_then"] == spring["estimate_so"]).all()


def test_stricter_terms_keep_less_and_a_longer_calendar_less_again(year: Desk) -> None:
    def share(policies: list[Policy]) -> float:
        return float(reports.what_if(year, policies)["estimate_so"].iloc[0])

    loose, strict = ([Policy("all", first_response=budget)] for budget in ("8h", "2h"))
    longer = Definition("Europe/Berlin", ("mon-sat 06:00-22:00",), "")
    assert share(loose) > share(strict) > share([Policy("all", first_response="2h", calendar=longer)])


@pytest.mark.parametrize(
    ("policy", "cause"),
    [
        (Policy("p", first_response="soon"), "no length of time"),
        (Policy("p", first_response="4h", priorities=["hot"]), "'hot' is none of"),
        (Policy("p", first_response="4h", pause=["closed"]), "'closed' is none of"),
        (Policy("p", first_response="4h", calendar="nowhere"), "no calendar 'nowhere'"),
        (Policy("p", first_response="4h", calendar=Definition("Mars/Base", ("mon 09:00-10:00",))), "no time zone"),
    ],
)
def test_terms_that_mean_nothing_are_told_so(year: Desk, policy: Policy, cause: str) -> None:
    with pytest.raises(QuestionError, match=cause):
        reports.what_if(year, [policy])


def test_every_promise_of_the_year_recomputed_is_what_the_desk_wrote_down(year: Desk) -> None:
    differences = reports.reconcile(year)
    assert differences.attrs["checked"] > 5_000
    assert differences.empty, differences


def changed(year: Desk, column: str, value: Any) -> Desk:
    """The year with one promise told otherwise."""
    tables = {name: year._reader.columns(name, tuple(TABLES[name].columns)) for name in TABLES}
    rows = tables["promise"].to_pylist()
    which = next(i for i, row in enumerate(rows) if row["state"] == "kept" and row["metric"] == "resolution")
    rows[which][column] = value(rows[which][column]) if callable(value) else value
    tables["promise"] = pa.Table.from_pylist(rows, schema=tables["promise"].schema)
    return Desk.of(tables, year.taken_at)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("state", "broken"),
        ("spent", lambda seconds: seconds + 1),
        ("due_at", lambda at: at + pd.Timedelta(seconds=1)),
        ("kept_at", lambda at: at - pd.Timedelta(seconds=1)),
        ("ended_at", None),
        ("started_at", lambda at: at - pd.Timedelta(seconds=1)),
    ],
)
def test_one_promise_told_otherwise_is_found(year: Desk, column: str, value: Any) -> None:
    found = reports.reconcile(changed(year, column, value))
    assert column in found["what"].tolist()
    assert found["promise_id"].nunique() == 1


def test_a_sample_agrees_with_a_judge_who_walks_every_minute_and_shares_no_code(year: Desk) -> None:
    week = tuple((at("09:00-17:30"),) if day < 5 else () for day in range(7))
    closed = frozenset(pd.Timestamp(day).date() for day in holidays())
    office = Walker("Europe/Berlin", week, 2024, 2027, closed)
    hours = {"1h": 3600, "2h": 7200, "8h": 28_800, "40h": 144_000, "4h": 14_400, "6h": 21_600, "24h": 86_400}
    hours |= {"2h 30m": 9_000, "20h": 72_000}
    terms = [
        (
            since,
            [
                Rule(
                    str(p["name"]),
                    {m: hours[str(p[m])] for m in ("first_response", "next_response", "resolution")},
                    office,
                    priorities=frozenset(p.get("priorities", ())),
                )
                for p in policies
                if "teams" not in p
            ],
        )
        for since, policies in ((0, BOTH[0]), (script.STRICTER_FROM, BOTH[1]))
    ]
    events, promises = year.events, year.promises
    moved = set(events.loc[events["kind"] == "team_changed", "ticket_id"])
    mine = year.tickets.query("team == 'support'")["ticket_id"]
    sample = [number for number in mine.iloc[::9] if number not in moved]
    assert len(sample) > 120
    for number in sample:
        own = events[(events["ticket_id"] == number) & ~events["kind"].str.startswith("promise_")]
        happened = [
            {"kind": e.kind, "at": int(e.at.timestamp()), "because": e.because, "data": {"to": e.becomes}}
            for e in own.itertuples()
        ]
        said = {(v.metric, v.cycle): v for v in judge(happened, terms, year.taken_at)}
        rows = promises[promises["ticket_id"] == number]
        assert len(rows) == len(said)
        for row in rows.itertuples():
            verdict = said[str(row.metric), row.cycle]
            assert (row.state, row.budget) == (verdict.state, verdict.budget), (number, row, verdict)
            for name in ("due_at", "broken_at", "kept_at", "ended_at"):
                told = getattr(row, name)
                assert (None if pd.isna(told) else int(told.timestamp())) == getattr(verdict, name), (number, name)


def holidays() -> list[str]:
    """Berlin's public holidays, from the tables of its law."""
    fixed = [
        f"{year}-{day}" for year in (2024, 2025, 2026) for day in ("01-01", "03-08", "05-01", "10-03", "12-25", "12-26")
    ]
    easter = [
        "2024-03-29",
        "2024-04-01",
        "2024-05-09",
        "2024-05-20",
        "2025-04-18",
        "2025-04-21",
        "2025-05-29",
        "2025-06-09",
    ]
    return [*fixed, *easter, "2025-05-08", "2026-04-03", "2026-04-06", "2026-05-14", "2026-05-25"]


def test_a_forecast_tells_each_open_promise_once_and_a_longer_wait_is_likelier_to_break(year: Desk) -> None:
    told = reports.forecast(year)
    owed = year.promises.query("ended_at.isna() and broken_at.isna()")
    assert set(told["promise_id"]) == set(owed["promise_id"])
    assert told["chance"].dropna().between(0, 1).all()
    assert told["chance"].is_monotonic_decreasing or told["chance"].isna().any()


@pytest.mark.parametrize("promise", ["first_response", "next_response", "resolution"])
def test_what_would_have_been_said_in_the_past_was_better_than_the_mean(year: Desk, promise: str) -> None:
    past = reports.calibration(year, promise=promise, every=2 * 86_400)
    assert past["n"].sum() > 300
    assert past.attrs["brier"] < 0.85 * past.attrs["base"]
    far = (past["told"] - past["broke"]).abs()
    assert float((far * past["n"]).sum() / past.loc[far.notna(), "n"].sum()) < 0.12


def test_every_replayed_promise_counts_in_one_way(year: Desk) -> None:
    rows = replayed(year, [Policy(**policy) for policy in script.POLICIES])
    counted = rows.columns["counts"] + sum(rows.columns[f"n_{name}"] for name in ("not_due", "paused", "cancelled"))
    assert (counted == 1).all()
