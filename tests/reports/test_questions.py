"""Questions that make no sense, data that say little, and the dictionary of what everything means."""

from __future__ import annotations

import inspect
import math
from pathlib import Path
from typing import Any

import pytest

import reports
from reports import Desk, QuestionError
from reports.figures import METRICS
from reports.schema import TABLES
from tests.reports.made import Happened, desk, office

ROOT = Path(__file__).resolve().parents[2]
DICTIONARY = ROOT / "docs" / "data-dictionary.md"


@pytest.mark.parametrize(
    ("asked", "cause"),
    [
        ({"zone": "Mars/Base", "period": "month"}, "'Mars/Base' is no time zone; write one such as"),
        ({"period": "fortnight"}, "'fortnight' is no period; one of hour, day, week"),
        ({"by": ["mood"]}, "'mood' is nothing to group by; one of"),
        ({"clock": "sun"}, "'sun' is no clock; one of business, calendar"),
        ({"calendar": "nowhere"}, "there is no calendar 'nowhere'; this desk has office"),
        ({"percentiles": (50, 100)}, "percentiles lie between 0 and 100"),
    ],
)
def test_a_question_that_makes_no_sense_is_told_so(year: Desk, asked: dict[str, Any], cause: str) -> None:
    with pytest.raises(QuestionError, match=cause):
        reports.first_response(year, **asked)


def test_a_desk_without_a_calendar_says_how_to_ask() -> None:
    here = desk([(1, 0, "opened")], 10)
    with pytest.raises(QuestionError, match="ask with clock='calendar'"):
        reports.first_response(here)
    assert reports.first_response(here, clock="calendar")["note"][0] == "fewer than 10"


def test_all_open_is_not_reached_and_never_a_number() -> None:
    here = desk([(i, i, "opened") for i in range(1, 31)], 1000, more=office())
    for metric in (reports.first_response, reports.resolution):
        told = metric(here, clock="calendar")
        assert told["n_open"].tolist() == [30, 30, 30]
        assert told["estimate"].isna().all()
        assert told["note"].tolist() == ["not reached", "not reached", "nobody"]


def test_none_answered_and_all_closed_is_not_reached_either() -> None:
    happened: list[Happened] = [(i, i, "opened") for i in range(1, 31)]
    happened += [(i, 50 + i, "status", "closed") for i in range(1, 31)]
    told = reports.first_response(desk(happened, 1000), clock="calendar")
    assert told["n_other"].tolist() == [30, 30, 30]
    assert told["note"].tolist() == ["not reached", "not reached", "nobody"]


def test_one_ticket_is_shown_and_nothing_is_claimed_of_it() -> None:
    here = desk([(1, 0, "opened"), (1, 5, "answers"), (1, 6, "status", "resolved")], 100, more=office())
    told = reports.first_response(here, clock="calendar")
    assert (told["n"].tolist(), told["note"].tolist()) == ([1, 1, 1], ["fewer than 10"] * 3)
    assert all(math.isnan(value) for value in told["estimate"])
    assert reports.drill(here, told, 0)["seconds"].tolist() == [5]
    assert reports.summary(here)[0] == "In all, 1 tickets came in and 1 were resolved; 0 are open now."


def test_ratings_count_once_a_ticket_and_the_last_word_is_the_one() -> None:
    happened: list[Happened] = []
    for ticket in range(1, 21):
        happened += [(ticket, ticket, "opened"), (ticket, 50 + ticket, "status", "resolved")]
    ratings = [{"rating_id": i, "ticket_id": i, "at": 80, "positive": 1} for i in range(1, 13)]
    ratings += [{"rating_id": 20, "ticket_id": 1, "at": 90, "positive": 0}]
    here = desk(happened, 100, ratings=ratings)
    rated = reports.satisfaction(here).iloc[0]
    assert (rated["n"], rated["estimate"]) == (12, pytest.approx(11 / 12))
    told = reports.satisfaction(here, when="resolved").set_index("statistic")
    assert told.loc["response rate", ["n", "estimate"]].tolist() == [20, pytest.approx(0.6)]


def test_young_resolutions_are_not_counted_as_lasting() -> None:
    day = 86_400
    happened: list[Happened] = []
    for ticket in range(1, 21):
        happened += [(ticket, ticket, "opened"), (ticket, day + ticket, "status", "resolved")]
    happened += [(1, 3 * day, "status", "open"), (2, 12 * day, "status", "open")]
    happened += [(3, 28 * day, "status", "open"), (3, 28 * day + 1, "status", "resolved")]
    told = reports.reopening(desk(happened, 30 * day), within=7).iloc[0]
    assert (told["n"], told["n_young"]) == (20, 1)
    assert told["estimate"] == pytest.approx(1 / 20)


def test_frames_say_their_units_and_carry_their_question(year: Desk) -> None:
    told = reports.first_response(year, by=["team"], period="month")
    assert set(told["unit"]) == {"s"}
    assert told.attrs["question"].by == ("team",)
    columns = ["n", "n_open", "n_other", "estimate", "low", "high", "method", "note"]
    assert set(columns) < set(told.columns)
    finite = told.dropna(subset=["estimate"])
    assert (finite["low"] <= finite["estimate"]).all()
    assert (finite["estimate"] <= finite["high"]).all()


# the dictionary


def test_the_dictionary_in_the_docs_is_the_one_that_the_code_goes_by() -> None:
    head, _, rest = DICTIONARY.read_text("utf-8").partition("## Tables")
    assert "python -c" in head
    assert "## Tables" + rest == reports.dictionary()


def test_every_column_and_every_metric_has_its_sentence() -> None:
    for name, table in TABLES.items():
        for column, told in table.columns.items():
            assert told.says.endswith((".", "…")), f"{name}.{column}"
    reports.dictionary()
    assert {
        "first_response",
        "next_response",
        "resolution",
        "waiting",
        "promise_spent",
        "kept",
        "backlog",
        "flow",
    } <= set(METRICS)
    assert {"volume", "load", "replies", "satisfaction", "reopening", "kept_if"} <= set(METRICS)
    for name, metric in METRICS.items():
        assert metric.says.endswith(".") and len(metric.says) > 20, name
    for name in reports.__all__:
        assert inspect.getdoc(getattr(reports, name)), name
