"""What an agent's mail brings about: now, and when its words are released."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.acts import NOTHING, Changed, Did, News, Wait
from daemon.core.commands.declared import DECLARED
from daemon.core.commands.reading import Orders, read
from daemon.core.from_agent import release
from daemon.core.plan import Plan
from tests.core.examples import AGENT, COLLEAGUE, CUSTOMER, DAY, NOW, POLICY
from tests.core.workshop import FILING, Bench, events

PATIENT = 20
TOLD = replace(POLICY, notify_customer=frozenset({"resolved", "closed", "reopened"}))


def told(plan: Plan) -> list[tuple[str, Any]]:
    return [(o.kind, o.to) for o in plan.outgoing]


def released(bench: Bench, plan: Plan) -> Plan:
    assert plan.wait is not None
    return release(bench.facts, bench.ticket, AGENT, bench.policy, plan.wait, NOW + PATIENT)


def test_a_plain_answer_leaves_at_once_where_nothing_waits() -> None:
    plan = Bench().plan("Dear customer.")
    assert events(plan) == [("agent_replied", None, None), ("status_changed", "open", "pending")]
    assert told(plan) == [("answer", CUSTOMER)]
    assert plan.filing is not None and plan.filing.state == "filed"
    assert plan.did == (Did("reply"), Did("column", "status", "open", "pending"))
    assert plan.receipt is None, "a plain answer needs none"


def test_an_answer_that_resolves_waits_and_resolves_with_its_release() -> None:
    bench = Bench(policy=TOLD)
    plan = bench.does("#resolve\n#priority high\n\nDear customer.", PATIENT)
    assert plan.wait == Wait(AGENT, NOW + PATIENT, "resolved", None, (CUSTOMER,))
    assert plan.filing is not None and plan.filing.state == "waiting"
    assert events(plan) == [("priority_changed", "medium", "high")], "no response is recorded yet"
    assert told(plan) == [("receipt", AGENT)]
    assert bench.status == "open"
    later = released(bench, plan)
    assert events(later) == [("agent_replied", None, None), ("status_changed", "open", "resolved")]
    assert told(later) == [("answer", CUSTOMER), ("status", CUSTOMER)]
    assert {e.at for e in later.events} == {NOW + PATIENT}


def test_an_answer_that_puts_aside_does_so_with_its_release() -> None:
    bench = Bench()
    plan = bench.does("#snooze 2d\n\nDear customer.", PATIENT)
    bench.write(released(bench, plan))
    assert (bench.status, bench.values["snoozed_until"]) == ("on_hold", NOW + 2 * DAY)


def test_a_release_follows_what_became_of_the_ticket_meanwhile() -> None:
    bench = Bench()
    plan = bench.does("Dear customer.", PATIENT)
    bench.status = "resolved"
    assert events(released(bench, plan)) == [("agent_replied", None, None)]
    bench.values["merged_into"] = 1041
    held = released(bench, plan)
    assert held.holding is not None and held.holding.because == "ticket-merged-meanwhile"
    assert told(held) == [("confirmation", AGENT)]


@given(
    st.lists(st.sampled_from([d.example for d in DECLARED if d.word not in ("note", "macro", "undo")]), min_size=1),
    st.sampled_from(["", "\n\n-- \nDesk Agent", "\n\nBest regards,\nDesk Agent", "\n\nSent from my phone"]),
    st.booleans(),
)
def test_commands_alone_are_never_a_reply(examples: list[str], signature: str, waits: bool) -> None:
    bench = Bench()
    bench.policy = TOLD
    carrying_out, orders = bench.carrying_out(), read("\n".join(examples) + signature)
    assert not orders.strange
    plan = carrying_out.carried_out(carrying_out.work(orders), orders, FILING, PATIENT if waits else 0)
    assert plan.filing is None and plan.wait is None
    assert "agent_replied" not in [e.kind for e in plan.events]
    assert "answer" not in [o.kind for o in plan.outgoing]
    assert not plan.words


def test_a_note_reaches_colleagues_and_no_customer() -> None:
    bench = Bench()
    plan = bench.plan("#priority high\n#note For @other: they have not paid.")
    assert plan.filing is not None
    assert (plan.filing.kind, plan.filing.state, plan.filing.words) == (
        "note", "filed", "For @other: they have not paid.",
    )  # fmt: skip
    assert told(plan) == [("mentioned", COLLEAGUE), ("receipt", AGENT)]
    assert [e.kind for e in plan.events] == ["priority_changed", "note_added"]
    assert CUSTOMER not in [o.to for o in plan.outgoing]
    assert plan.receipt is not None and plan.receipt.internal and plan.receipt.recipients == ()


def test_a_note_waits_for_nothing() -> None:
    plan = Bench().plan("#note Between us.", PATIENT)
    assert plan.wait is None
    assert plan.did == (Did("note"),)


def test_a_dry_mail_tells_what_it_would_do_and_does_nothing() -> None:
    bench = Bench()
    before = bench.state
    plan = bench.does("#dry\n#resolve\n#tag vpn\n#cc guest@example.net\n\nDear customer.", PATIENT)
    assert (plan.state, plan.because) == ("ignored", "asked-by-agent")
    assert (plan.events, plan.deeds, plan.did, plan.links, plan.filing, plan.wait) == ((), (), (), (), None, None)
    assert told(plan) == [("receipt", AGENT)]
    assert plan.receipt is not None
    assert plan.receipt.kind == "dry"
    assert CUSTOMER in plan.receipt.recipients
    assert [c.field for c in plan.receipt.changes] == ["tag", "participant", "status"]
    assert bench.state == before


def test_a_dry_note_is_not_kept() -> None:
    plan = Bench().plan("#dry\n#note Between us.")
    assert plan.filing is None and plan.events == ()
    assert told(plan) == [("receipt", AGENT)]


def test_a_macro_speaks_above_the_agents_own_words() -> None:
    plan = Bench().plan("#macro thanks\n\nIt is mended.")
    assert plan.words == "Thank you.\n\nIt is mended."
    assert told(plan)[0] == ("answer", CUSTOMER)
    alone = Bench().plan("#macro thanks")
    assert alone.words == "Thank you."
    assert told(alone)[0] == ("answer", CUSTOMER)


def test_who_is_given_the_ticket_hears_of_it_and_nobody_of_their_own_act() -> None:
    assert told(Bench().plan("#assign Other Agent")) == [("assigned", COLLEAGUE), ("receipt", AGENT)]
    assert told(Bench().plan("#take")) == [("receipt", AGENT)]
    assert told(Bench().plan("#team billing")) == [("assigned", COLLEAGUE), ("receipt", AGENT)]


def test_who_watches_hears_of_an_answer() -> None:
    assert told(Bench(watchers={COLLEAGUE, AGENT}).plan("Dear customer.")) == [
        ("answer", CUSTOMER),
        ("answered", COLLEAGUE),
    ]


def test_who_wants_a_digest_finds_it_there() -> None:
    bench = Bench()
    known = bench.facts
    agents = tuple(replace(a, hears={"assigned": "digest"}) for a in known.agents)
    carrying_out = replace(bench.carrying_out(), facts=replace(known, agents=agents))
    orders = read("#assign Other Agent")
    plan = carrying_out.carried_out(carrying_out.work(orders), orders, FILING, 0)
    assert plan.news == (News(COLLEAGUE, "assigned"),)
    assert told(plan) == [("receipt", AGENT)]


@pytest.mark.parametrize(
    ("receipts", "words", "wanted"),
    [
        ("always", "Dear customer.", True),
        ("commands", "Dear customer.", False),
        ("commands", "#take\n\nDear customer.", True),
        ("commands", "#note Between us.", True),
        ("commands", "#show", False),
        ("never", "#take", False),
    ],
)
def test_a_receipt_is_sent_for_what_the_operator_wants(receipts: Any, words: str, wanted: bool) -> None:
    bench = Bench(policy=replace(POLICY, receipts=receipts))
    plan = bench.plan(words)
    assert ("receipt" in [o.kind for o in plan.outgoing]) == wanted == (plan.receipt is not None)


def test_a_receipt_says_what_was_understood_what_changed_and_who_receives_what() -> None:
    receipt = Bench().plan("#Priority: high\n#resolve\n\nDear customer.", PATIENT).receipt
    assert receipt is not None
    assert receipt.understood == ("#priority high", "#resolve")
    assert receipt.changes == (Changed("priority", "medium", "high"), Changed("status", "open", "resolved"))
    assert (receipt.recipients, receipt.words, receipt.waits) == ((CUSTOMER,), "Dear customer.", PATIENT)


def test_a_merge_with_a_status_beside_it_ends_merged() -> None:
    bench = Bench(policy=TOLD)
    plan = bench.does("#resolve\n#merge 1041\n")
    assert bench.status == "merged"
    assert "status" not in [o.kind for o in plan.outgoing], "no customer hears of a merge"


def test_commands_without_a_ticket_are_questions_and_the_agents_own_affairs() -> None:
    carrying_out = replace(Bench().carrying_out(), ticket=None)
    plan = carrying_out.without_ticket(carrying_out.work(read("#away until 2d\n#queue late\n")))
    assert told(plan) == [("queue", AGENT), ("receipt", AGENT)]
    assert [type(d).__name__ for d in plan.deeds] == ["Away"]
    dry = carrying_out.without_ticket(carrying_out.work(read("#dry\n#away until 2d\n")))
    assert dry.deeds == () and dry.did == ()


def test_a_mail_that_says_nothing_does_nothing() -> None:
    plan = Bench().carrying_out().carried_out(Bench().work(""), Orders(), FILING, 0)
    assert (plan.events, plan.outgoing, plan.filing, plan.did) == ((), (), None, ())


def test_commands_that_find_all_as_it_should_be_are_remembered_as_such() -> None:
    assert Bench(tags={"vpn"}).plan("#tag vpn\n").did == NOTHING
    assert Bench().plan("#show\n").did == ()
