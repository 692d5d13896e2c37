"""Assignment: whose turn it is, who has least, who knows best; and never whoever is absent."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.assigning import Assigned, Candidate, Strategy, assign

FIRST, SECOND, THIRD = Candidate(1), Candidate(2), Candidate(3)


def test_none_chooses_nobody_and_says_nothing_of_it() -> None:
    assert assign("none", [FIRST, SECOND]) == Assigned(None, "")


def test_round_robin_begins_with_whoever_was_never_given_a_ticket_in_the_configured_order() -> None:
    assert assign("round-robin", [replace(FIRST, last_assigned=5), SECOND, THIRD]) == Assigned(2, "round-robin")
    given_before = [replace(FIRST, last_assigned=5), replace(SECOND, last_assigned=-9), replace(THIRD, last_assigned=7)]
    assert assign("round-robin", given_before).person == 2


def test_least_open_counts_open_tickets_and_breaks_ties_by_turn() -> None:
    loads = [Candidate(1, 2), Candidate(2, 1, last_assigned=9), Candidate(3, 1, last_assigned=4)]
    assert assign("least-open", loads) == Assigned(3, "least-open")


@pytest.mark.parametrize("strategy", ["none", "round-robin", "least-open"])
def test_the_last_agent_who_answered_comes_first_unless_absent_or_of_another_team(strategy: Strategy) -> None:
    assert assign(strategy, [FIRST, SECOND], sticky_to=2) == Assigned(2, "sticky-to-last-agent")
    assert assign(strategy, [FIRST, replace(SECOND, absent=True)], sticky_to=2).person != 2
    assert assign(strategy, [FIRST, SECOND], sticky_to=9).because != "sticky-to-last-agent"


def test_the_one_who_knows_most_of_the_tags_comes_first() -> None:
    team = [Candidate(1, skills=frozenset({"vpn"})), Candidate(2, 9, skills=frozenset({"vpn", "mac"})), THIRD]
    assert assign("least-open", team, ["vpn", "mac"], by_skill=True) == Assigned(2, "best-skill")
    assert assign("least-open", team, ["printer"], by_skill=True) == Assigned(1, "least-open")
    assert assign("least-open", team, ["vpn", "mac"]).person == 1
    away = [team[0], replace(team[1], absent=True), THIRD]
    assert assign("least-open", away, ["vpn", "mac"], by_skill=True) == Assigned(1, "best-skill")


def test_those_who_are_on_duty_come_first_and_at_night_it_is_anyones() -> None:
    assert assign("round-robin", [replace(FIRST, on_duty=False), SECOND]).person == 2
    assert assign("round-robin", [replace(FIRST, on_duty=False), replace(SECOND, on_duty=False)]).person == 1


def test_with_everyone_absent_it_is_nobodys_and_said_so() -> None:
    gone = [replace(FIRST, absent=True), replace(SECOND, absent=True, away_until=5)]
    assert assign("round-robin", gone) == Assigned(None, "nobody-present")
    assert assign("least-open", gone, sticky_to=1) == Assigned(None, "nobody-present")


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.integers(1, 9),
        st.integers(0, 5),
        st.none() | st.integers(-9, 9),
        st.frozensets(st.sampled_from("abc")),
        st.booleans(),
        st.none(),
        st.booleans(),
    ),
    unique_by=lambda c: c.person,
    max_size=6,
)


@given(
    st.sampled_from(["none", "round-robin", "least-open"]),
    CANDIDATES,
    st.frozensets(st.sampled_from("abc")),
    st.none() | st.integers(1, 9),
    st.booleans(),
)
def test_nobody_absent_and_nobody_of_another_team_is_ever_chosen(
    strategy: Strategy, team: list[Candidate], tags: frozenset[str], sticky: int | None, by_skill: bool
) -> None:
    chosen = assign(strategy, team, tags, sticky, by_skill=by_skill)
    present = {c.person for c in team if not c.absent}
    assert chosen.person is None or chosen.person in present
    assert (chosen.person is None) == (chosen.because in ("", "nobody-present"))
    assert chosen.person is not None or strategy == "none" or not present


@given(st.integers(1, 8), st.lists(st.integers(-50, 50), max_size=8, unique=True), st.integers(0, 100))
def test_round_robin_is_within_one_of_even_wherever_it_begins(size: int, before: list[int], tickets: int) -> None:
    team = {n: Candidate(n, last_assigned=before[n] if n < len(before) else None) for n in range(size)}
    given_to: Counter[int] = Counter(dict.fromkeys(team, 0))
    for event in range(tickets):
        person = assign("round-robin", list(team.values())).person
        assert person is not None
        given_to[person] += 1
        team[person] = replace(team[person], last_assigned=1000 + event)
    assert max(given_to.values()) - min(given_to.values()) <= 1


@given(st.integers(1, 8), st.integers(0, 5), st.integers(0, 100))
def test_least_open_keeps_equal_loads_within_one_of_each_other(size: int, load: int, tickets: int) -> None:
    team = {n: Candidate(n, load) for n in range(size)}
    for event in range(tickets):
        person = assign("least-open", list(team.values())).person
        assert person is not None
        team[person] = replace(team[person], open_load=team[person].open_load + 1, last_assigned=event)
    loads = [c.open_load for c in team.values()]
    assert max(loads) - min(loads) <= 1
