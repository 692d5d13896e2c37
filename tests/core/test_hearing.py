"""Who hears of what, and how: at once, in the next digest, or never."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.acts import News
from daemon.core.hearing import OCCASIONS, choose, holders, mentioned, of_customers_mail, sift
from daemon.core.plan import AgentFacts, Facts, Outgoing
from tests.core.examples import CUSTOMER, facts

LEE, KIM, PAT, SAM = 1, 2, 3, 4
AGENTS = (
    AgentFacts(LEE, "lee@example.com", frozenset({"support"}), name="Lee Long"),
    AgentFacts(KIM, "kim@example.com", frozenset({"support"}), name="Kim Short"),
    AgentFacts(PAT, "pat@example.com", frozenset({"billing"}), name="Pat"),
    AgentFacts(SAM, "sam@example.com", frozenset(), name="Sam"),
)
PEOPLE = st.sets(st.sampled_from([LEE, KIM, PAT, SAM]))


def known(**fields: Any) -> Facts:
    return replace(facts(**fields), agents=AGENTS)


def hearing(person: int, **how: Any) -> tuple[AgentFacts, ...]:
    """The agents, of whom one wants to hear of things otherwise."""
    return tuple(replace(a, hears=how) if a.person == person else a for a in AGENTS)


def test_a_ticket_is_its_assignees_else_its_teams_else_everybodys() -> None:
    assert holders(known(), "support", KIM) == (KIM,)
    assert holders(known(), "support") == (LEE, KIM)
    assert holders(known(), "unknown") == (LEE, KIM, PAT, SAM)


def test_what_an_absent_assignee_would_hear_the_team_hears() -> None:
    assert holders(known(absent=frozenset({KIM})), "support", KIM) == (LEE,)
    assert holders(known(absent=frozenset({LEE, KIM})), "support", KIM) == (PAT, SAM)
    everybody = frozenset({LEE, KIM, PAT, SAM})
    assert holders(known(absent=everybody), "support") == (LEE, KIM, PAT, SAM), "somebody has to hear of it"


def test_who_watches_hears_as_well_and_nobody_twice() -> None:
    assert holders(known(), "support", KIM, (PAT, KIM)) == (KIM, PAT)


def test_each_agent_says_how_to_hear_of_what() -> None:
    agents = hearing(KIM, noted="digest", answered="never")
    assert choose("noted", (LEE, KIM), agents, frozenset(), "x") == (
        (Outgoing("noted", LEE, "x"),), (News(KIM, "noted"),),
    )  # fmt: skip
    assert choose("answered", (KIM,), agents, frozenset(), "x") == ((), ())


def test_who_is_away_reads_it_in_the_digest_unless_it_is_meant_for_them() -> None:
    assert choose("noted", (KIM,), AGENTS, frozenset({KIM}), "x") == ((), (News(KIM, "noted"),))
    assert choose("mentioned", (KIM,), AGENTS, frozenset({KIM}), "x", away_too=True)[0]


def test_a_customers_mail_is_told_to_no_agent_who_has_it_already() -> None:
    letters, news = of_customers_mail("replied", known(reached=frozenset({KIM})), "support", None)
    assert [(o.to, o.because) for o in letters] == [(LEE, "team")]
    assert news == ()


def test_a_customers_mail_says_why_it_is_told() -> None:
    letters, _ = of_customers_mail("replied", known(), "support", KIM, (PAT,))
    assert [(o.to, o.because) for o in letters] == [(KIM, "assignee"), (PAT, "watcher")]


def test_an_absent_assignee_finds_it_in_their_digest() -> None:
    letters, news = of_customers_mail("replied", known(absent=frozenset({KIM})), "support", KIM)
    assert [o.to for o in letters] == [LEE]
    assert news == (News(KIM, "replied"),)


def test_an_agent_who_writes_as_a_customer_is_not_told_of_it() -> None:
    mine = known(author=LEE, key="lee@example.com")
    letters, _ = of_customers_mail("opened", mine, "support", None)
    assert [o.to for o in letters] == [KIM]


@pytest.mark.parametrize(
    "words",
    ["@kim", "See @Kim.", "(@kim)", "@kimshort", "@Kim.Short", "@kim@example.com", "first line\n@KIM, please"],
)
def test_a_mention_names_an_agent_in_many_ways(words: str) -> None:
    assert mentioned(words, AGENTS) == (KIM,)


@pytest.mark.parametrize("words", ["kim", "kim@example.com", "someone@kim", "@kimono", "@ kim", "a@kim.example", "@"])
def test_what_is_no_mention_names_nobody(words: str) -> None:
    assert mentioned(words, AGENTS) == ()


@given(st.text(max_size=200))
def test_a_mention_is_total(words: str) -> None:
    assert set(mentioned(words, AGENTS)) <= {LEE, KIM, PAT, SAM}


@given(
    st.sampled_from(OCCASIONS),
    st.lists(st.sampled_from([LEE, KIM, PAT, SAM, CUSTOMER])),
    PEOPLE,
    st.dictionaries(st.sampled_from(OCCASIONS), st.sampled_from(["now", "digest", "never"])),
    st.booleans(),
)
def test_nobody_hears_twice_and_no_customer_hears_what_is_for_agents(
    occasion: Any, people: list[int], absent: set[int], how: dict[str, Any], away_too: bool
) -> None:
    agents = tuple(replace(a, hears=how) for a in AGENTS)
    letters, news = choose(occasion, people, agents, frozenset(absent), "x", away_too=away_too)
    heard = [*(o.to for o in letters), *(n.person for n in news)]
    assert len(heard) == len(set(heard))
    assert set(heard) <= set(people) - {CUSTOMER}
    assert how.get(occasion, "now") != "never" or not heard
    assert away_too or not {o.to for o in letters} & absent


def test_letters_to_customers_are_not_sifted() -> None:
    answer = Outgoing("answer", CUSTOMER, "x")
    alert = Outgoing("alert", KIM, "x")
    agents = hearing(KIM, alert="digest")
    assert sift((answer, alert), agents, frozenset()) == ((answer,), (News(KIM, "alert"),))
