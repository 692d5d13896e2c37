"""How long customers wait: turns, first and next responses, resolutions; by the words of METRICS."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import reports
from reports import Desk
from reports.response import resolutions, turns
from tests.reports.made import Happened, berlin, desk, office


def waits(happened: list[Happened], until: int = 100, **more: Any) -> list[tuple[int, int, int, str, bool]]:
    """Of each turn: ticket, start, end, why it ended, whether it is its ticket's first."""
    rows = turns(desk(happened, until, **more))
    columns = rows.columns
    reasons = [columns["end_reason"].names[code] for code in columns["end_reason"].codes]
    tickets = rows.desk.whole("ticket", "ticket_id")[rows.row].tolist()
    start, end, first = (columns[name].tolist() for name in ("start", "end", "first"))
    return list(zip(tickets, start, end, reasons, first, strict=True))


def test_a_reply_ends_the_first_turn_and_the_next_question_begins_another() -> None:
    told = [(1, 0, "opened"), (1, 10, "answers"), (1, 20, "asks"), (1, 50, "answers")]
    assert waits(told) == [(1, 0, 10, "replied", True), (1, 20, 50, "replied", False)]


def test_several_mails_are_one_turn_that_began_with_the_oldest() -> None:
    told = [(1, 0, "opened"), (1, 5, "asks"), (1, 8, "asks"), (1, 10, "answers")]
    assert waits(told) == [(1, 0, 10, "replied", True)]


def test_what_is_still_running_is_open_at_the_end_of_the_data() -> None:
    assert waits([(1, 0, "opened")], 70) == [(1, 0, 70, "open", True)]


def test_a_ticket_that_an_agent_opened_begins_when_the_customer_writes() -> None:
    told = [(1, 0, "opened", "agent"), (1, 30, "asks"), (1, 40, "answers")]
    assert waits(told) == [(1, 30, 40, "replied", True)]


def test_history_and_machines_ask_nothing() -> None:
    told = [(1, 0, "opened", "history"), (2, 0, "opened", "automatic")]
    assert waits(told) == []


@pytest.mark.parametrize("status", ["closed", "merged", "spam"])
def test_an_end_without_an_answer_is_no_answer_and_is_not_left_out(status: str) -> None:
    assert waits([(1, 0, "opened"), (1, 30, "status", status)]) == [(1, 0, 30, status, True)]


def test_resolving_ends_no_first_response_but_a_next_one() -> None:
    told = [(1, 0, "opened"), (1, 5, "status", "resolved"), (1, 9, "answers")]
    assert waits(told) == [(1, 0, 9, "replied", True)]
    told = [(1, 0, "opened"), (1, 5, "answers"), (1, 7, "asks"), (1, 9, "status", "resolved")]
    assert waits(told)[1] == (1, 7, 9, "resolved", False)


def test_a_ticket_taken_for_spam_by_mistake_waits_on() -> None:
    told = [(1, 0, "opened"), (1, 5, "status", "spam"), (1, 20, "status", "open"), (1, 30, "answers")]
    assert waits(told) == [(1, 0, 30, "replied", True)]


def test_a_merged_tickets_wait_goes_on_in_the_one_it_went_into() -> None:
    into = {1: {"merged_into_id": 2}}
    told: list[Happened] = [(1, 0, "opened"), (2, 3, "opened"), (1, 10, "status", "merged")]
    assert waits([*told, (2, 25, "answers")], tickets=into)[0] == (1, 0, 25, "replied", True)
    assert waits(told, tickets=into)[0] == (1, 0, 100, "open", True)
    assert waits([*told, (2, 30, "status", "closed")], tickets=into)[0] == (1, 0, 30, "closed", True)


def test_resolved_is_not_closed_and_the_first_time_is_not_the_last() -> None:
    told: list[Happened] = [
        (1, 0, "opened"),
        (1, 10, "status", "resolved"),
        (1, 20, "status", "open"),
        (1, 40, "status", "resolved"),
        (1, 60, "status", "closed"),
    ]
    here = desk(told, 100)
    first, last = (resolutions(here, which).columns for which in ("first", "last"))
    assert (first["end"][0], last["end"][0], first["reopened"][0]) == (10, 40, 1)


def test_one_that_was_reopened_is_not_resolved_at_last() -> None:
    here = desk([(1, 0, "opened"), (1, 10, "status", "resolved"), (1, 20, "status", "open")], 100)
    columns = resolutions(here, "last").columns
    assert columns["end_reason"].names[columns["end_reason"].codes[0]] == "open"


def test_business_time_and_calendar_time_of_one_wait() -> None:
    told = [(1, berlin("2026-03-06 17:00"), "opened"), (1, berlin("2026-03-09 09:30"), "answers")]  # a weekend between
    here = desk(told, berlin("2026-04-01 00:00"), more=office())
    rows = reports.drill(here, reports.first_response(here), 0)
    assert rows["seconds"].tolist() == [3600]
    rows = reports.drill(here, reports.first_response(here, clock="calendar"), 0)
    assert rows["seconds"].tolist() == [(2 * 24 + 16) * 3600 + 1800]


def test_spam_leaves_the_cohort() -> None:
    told: list[Happened] = [(i, i, "opened") for i in range(1, 31)]
    told += [(i, 40, "status", "spam") for i in range(1, 11)]
    assert reports.first_response(desk(told, 100), clock="calendar")["n"].tolist() == [20, 20, 20]


def test_months_are_cut_on_the_local_clock() -> None:
    late = berlin("2026-04-01 00:30")  # still March in UTC
    here = desk([(1, late, "opened"), (1, late + 60, "answers")], late + 100, more=office())
    assert reports.first_response(here, period="month")["period"].unique().tolist() == [pd.Timestamp("2026-04-01")]
    in_utc = reports.first_response(here, period="month", zone="UTC")
    assert in_utc["period"].unique().tolist() == [pd.Timestamp("2026-03-01")]


Acts = st.lists(
    st.tuples(
        st.integers(1, 3),
        st.integers(0, 9),
        st.sampled_from(["asks", "answers", "resolved", "closed", "spam", "open", "merged"]),
    ),
    max_size=40,
)


def walked(happened: list[Happened], until: int) -> list[tuple[int, int, int, str, bool]]:
    """The same turns, ticket by ticket and event by event."""
    found = []
    for ticket in sorted({one[0] for one in happened}):
        mine = [one for one in happened if one[0] == ticket]
        waiting, answered, count = None, False, 0
        for i, (_, at, what, *told) in enumerate(mine):
            ends = ""
            if what in ("opened", "asks"):
                waiting = at if waiting is None else waiting
            elif what == "answers":
                ends, answered = "replied", True
            elif what == "status":
                becomes = str(told[0])
                later = [str(one[3]) for one in mine[i + 1 :] if one[2] == "status"]
                stays = becomes in ("closed", "merged") or (becomes == "spam" and later[:1] != ["open"])
                if stays or (becomes == "resolved" and answered):
                    ends = becomes
            if ends and waiting is not None:
                found.append((ticket, waiting, at, ends, count == 0))
                waiting, count = None, count + 1
        if waiting is not None:
            found.append((ticket, waiting, until, "open", count == 0))
    return found


@given(Acts)
def test_columns_find_the_turns_that_a_walk_finds(acts: list[tuple[int, int, str]]) -> None:
    happened: list[Happened] = [(ticket, 0, "opened") for ticket in (1, 2, 3)]
    clock = 1
    last = dict.fromkeys((1, 2, 3), "new")
    for ticket, more, what in acts:
        clock += more
        if what in ("asks", "answers"):
            happened.append((ticket, clock, what))
        elif what != last[ticket] and not (last[ticket] == "spam" and what != "open") and last[ticket] != "merged":
            happened.append((ticket, clock, "status", what))
            last[ticket] = what
    assert sorted(waits(happened, clock + 10)) == sorted(walked(happened, clock + 10))


def test_every_figure_tells_its_tickets_and_events(year: Desk) -> None:
    figures = reports.first_response(year, by=["team"], period="quarter")
    for which in range(len(figures)):
        rows = reports.drill(year, figures, which)
        assert len(rows) == figures["n"][which] or figures["statistic"][which] == "mean of done"
        answered = rows[rows["end_reason"] == "replied"]
        kinds = year.events.set_index("event_id")["kind"]
        assert (kinds.loc[answered["end_event_id"]] == "agent_replied").all()
        assert set(year.tickets.set_index("ticket_id").loc[rows["ticket_id"], "team"]) == {figures["team"][which]}


def test_closed_tickets_alone_would_make_every_percentile_too_good(year: Desk) -> None:
    then = year.as_of(int(year.whole("ticket", "opened_at")[400]))
    rows = reports.drill(then, reports.resolution(then, clock="calendar"), 0)
    closed_only = np.quantile(rows.loc[rows["end_reason"] == "resolved", "seconds"], 0.9)
    ours = reports.resolution(then, clock="calendar", percentiles=(90,))["estimate"][0]
    assert ours > closed_only
