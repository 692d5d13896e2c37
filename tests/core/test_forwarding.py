"""An agent forwards a customer's mail: whose ticket it opens, and when the agent is asked first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daemon.core import decide
from daemon.core.plan import Plan
from daemon.core.reasons import REASONS
from daemon.core.values import NO_EVIDENCE, Address, Evidence, Forwarded
from tests.core.examples import AGENT, COLLEAGUE, NOW, POLICY, PROVED, envelope, facts, mail

CUSTOMER = Address("Customer Example", "customer@example.net")
FORWARDED = Forwarded(
    CUSTOMER, "Re: Printer", "It is on fire.", None, None, attached=False, certain=True, above="Yours?", language="en"
)
COLLEAGUES = replace(FORWARDED, sender=Address("", "colleague@example.com"))
OURS = frozenset({"colleague@example.com"})
CONFIRMED = Evidence(True, "confirmed")


def decided(forwarded: Forwarded | None, evidence: Evidence = PROVED, **known: Any) -> Plan:
    wanted = {"author": AGENT, "key": "agent@example.com", "ours": OURS} | known
    written = mail("agent@example.com", subject="Fwd: Printer", forwarded=forwarded)
    plan = decide.receive(written, envelope(), facts(**wanted), evidence, POLICY, NOW)
    assert plan.because in REASONS
    return plan


def test_a_certain_forward_opens_a_ticket_for_the_customer() -> None:
    plan = decided(FORWARDED)
    assert plan.opening is not None
    assert (plan.opening.requester, plan.opening.subject) == (CUSTOMER, "Printer")
    assert plan.filing is not None
    assert (plan.filing.kind, plan.filing.forwarded, plan.filing.evidence) == ("customer", FORWARDED, "forwarded")
    assert plan.note == "Yours?"
    assert not plan.proves


def test_nothing_is_acknowledged_and_no_clock_of_the_customers_runs() -> None:
    plan = decided(FORWARDED)
    assert "acknowledgement" not in [o.kind for o in plan.outgoing]
    assert dict(plan.events[0].data)["by"] == "agent"


def test_the_team_is_told_and_the_agent_who_forwarded_it_gets_a_receipt() -> None:
    assert [(o.kind, o.to) for o in decided(FORWARDED).outgoing] == [("receipt", AGENT)]
    told = decided(FORWARDED, author=COLLEAGUE, key="colleague@example.com").outgoing
    assert [(o.kind, o.to) for o in told] == [("opened", AGENT), ("receipt", COLLEAGUE)]


@pytest.mark.parametrize(
    "forwarded",
    [
        replace(FORWARDED, certain=False),
        replace(FORWARDED, certain=False, sender=Address("Customer Example", "")),
        replace(COLLEAGUES, certain=False, others=(FORWARDED,)),
    ],
    ids=["two heads", "no address", "below a colleague's"],
)
def test_an_uncertain_forward_is_held_and_the_agent_is_asked(forwarded: Forwarded) -> None:
    plan = decided(forwarded)
    because = "forward-without-address" if forwarded.sender.address == "" else "forward-uncertain"
    assert (plan.state, plan.because, plan.opening) == ("quarantined", because, None)
    assert plan.holding is not None
    assert plan.holding.agent == AGENT
    assert [o.kind for o in plan.outgoing] == ["confirmation"]


def test_once_confirmed_the_best_guess_is_the_customer() -> None:
    plan = decided(replace(COLLEAGUES, certain=False, others=(FORWARDED,)), CONFIRMED)
    assert plan.opening is not None
    assert plan.opening.requester == CUSTOMER


def test_once_confirmed_without_an_address_the_ticket_is_the_agents() -> None:
    plan = decided(replace(FORWARDED, certain=False, sender=Address("Customer Example", "")), CONFIRMED)
    assert plan.opening is not None
    assert plan.opening.requester is None


def test_a_colleagues_mail_is_never_a_customers() -> None:
    plan = decided(COLLEAGUES)
    assert plan.opening is not None
    assert plan.opening.requester is None


def test_without_proof_it_is_held_like_any_mail_of_an_agents() -> None:
    assert decided(FORWARDED, NO_EVIDENCE).because == "agent-unproved"


def test_what_a_customer_forwards_is_the_customers_own() -> None:
    plan = decided(FORWARDED, author=None, key="agent@example.com")
    assert plan.opening is not None
    assert plan.opening.requester is None
