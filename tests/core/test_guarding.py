"""When a public answer waits for its agent's word, and when it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.acts import Shown, Spoken
from daemon.core.guarding import crossing, doubt
from daemon.core.plan import TokenFacts
from tests.core.examples import AGENT, COLLEAGUE, CUSTOMER, DAY, NOW, POLICY, facts, ticket

GUARDED = replace(POLICY, guards=frozenset({"quotes-note", "ticket-ended", "crossing"}), crossing_within=120)
OFF = replace(GUARDED, guards=frozenset())
SHOWN = Shown(NOW - 600, 5)


def asked(policy: Any = GUARDED, on: Any = None, **known: Any) -> str | None:
    return doubt(facts(AGENT, "agent@example.com", **known), on or ticket(), AGENT, policy, NOW)


def said(author: int, ago: int, *, customer: bool = False) -> Spoken:
    return Spoken(author, customer, NOW - ago)


def test_an_ordinary_answer_goes() -> None:
    assert asked() is None
    assert asked(shown=SHOWN, token=TokenFacts(1042, AGENT)) is None


@pytest.mark.parametrize("because", ["marker-missing", "our-words-outside", "no-words", "secret-inside"])
def test_i28_what_cannot_be_told_from_our_words_waits_whatever_is_switched_off(because: str) -> None:
    assert asked(OFF, withheld=because) == because
    assert asked(withheld=because, quotes_note=True) == because


def test_an_answer_that_quotes_a_note_waits() -> None:
    assert asked(quotes_note=True) == "quotes-note"
    assert asked(replace(GUARDED, guards=frozenset({"crossing"})), quotes_note=True) is None


def test_an_answer_to_a_ticket_that_went_into_another_waits() -> None:
    assert asked(token=TokenFacts(1041, AGENT)) == "ticket-merged-meanwhile"
    assert asked(token=TokenFacts(0, AGENT)) is None, "the personal address is no ticket's"
    assert asked(OFF, token=TokenFacts(1041, AGENT)) is None


def test_an_answer_to_a_ticket_that_ended_behind_the_agents_back_waits() -> None:
    closed = ticket(status="closed", closed_at=NOW - 60)
    assert asked(on=closed, shown=SHOWN) == "ticket-closed-meanwhile"
    assert asked(on=closed, shown=Shown(NOW - 30, 6)) is None, "the agent saw that it was closed"
    assert asked(on=closed) is None, "nothing says what the agent saw"
    assert asked(on=ticket(status="spam")) == "ticket-closed-meanwhile"
    assert asked(OFF, on=ticket(status="spam")) is None


def test_an_answer_that_crosses_with_a_customers_words_waits_however_old_they_are() -> None:
    assert asked(shown=SHOWN, spoken=(said(CUSTOMER, 500, customer=True),)) == "crosses-customer"
    assert asked(spoken=(said(CUSTOMER, 500, customer=True),)) is None, "the agent answers no letter of ours"
    assert asked(spoken=(said(CUSTOMER, 60, customer=True),)) == "crosses-customer"


def test_an_answer_that_crosses_with_a_colleagues_waits_if_theirs_is_moments_old() -> None:
    assert asked(spoken=(said(COLLEAGUE, 60),)) == "crosses-colleague"
    assert asked(spoken=(said(COLLEAGUE, 121),), shown=SHOWN) is None
    assert asked(spoken=(said(AGENT, 1),)) is None, "nobody crosses with themselves"
    assert asked(OFF, spoken=(said(COLLEAGUE, 1),)) is None


def test_a_customers_word_is_named_before_a_colleagues_and_the_newest_first() -> None:
    spoken = (said(CUSTOMER, 90, customer=True), said(COLLEAGUE, 60), said(COLLEAGUE, 30))
    assert asked(spoken=spoken) == "crosses-customer"
    assert crossing(facts(AGENT, spoken=spoken[1:]), AGENT, GUARDED, NOW) == spoken[2]


@given(
    st.lists(st.builds(said, st.sampled_from([AGENT, COLLEAGUE]), st.integers(0, DAY)), max_size=5),
    st.sets(st.sampled_from(["quotes-note", "ticket-ended", "crossing"])),
    st.booleans(),
)
def test_fewer_guards_never_ask_more(spoken: list[Spoken], guards: set[Any], quotes: bool) -> None:
    some = asked(replace(GUARDED, guards=frozenset(guards)), spoken=tuple(spoken), quotes_note=quotes)
    every = asked(spoken=tuple(spoken), quotes_note=quotes)
    assert some is None or every is not None
