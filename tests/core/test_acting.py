"""What each command comes to: what changes, what an undo needs, and why a line cannot be carried out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.acting.act import CARRIED_OUT
from daemon.core.acting.people import agent_named
from daemon.core.acting.work import MOST_FAULTS, Work
from daemon.core.acts import Away, Changed, Did, Joining, Merging, Requesting, Watching
from daemon.core.commands.declared import DECLARED
from daemon.core.commands.reading import Command, Orders
from daemon.core.status import MOVES, STATUSES
from daemon.core.values import Address
from tests.core.examples import AGENT, COLLEAGUE, CUSTOMER, DAY, NOW
from tests.core.workshop import AGENTS, Bench


def happened(work: Work) -> list[tuple[str, Any, Any]]:
    return [(e.kind, e.was, e.becomes) for e in work.events]


def faults(work: Work) -> list[tuple[str, str]]:
    return [(f.because, f.argument) for f in work.faults]


def test_every_command_that_is_declared_is_carried_out_or_sets_a_status() -> None:
    by_table = {one.word for one in DECLARED if one.sets is None}
    assert set(CARRIED_OUT) == by_table
    assert {one.sets[1] for one in DECLARED if one.sets} <= set(STATUSES) - {"new", "merged"}


@pytest.mark.parametrize(
    ("words", "event"),
    [
        ("#take", ("assigned", None, AGENT)),
        ("#assign Other Agent", ("assigned", None, COLLEAGUE)),
        ("#assign colleague@example.com", ("assigned", None, COLLEAGUE)),
        ("#assign me", ("assigned", None, AGENT)),
        ("#team billing", ("team_changed", "support", "billing")),
        ("#priority high", ("priority_changed", "medium", "high")),
        ("#type incident", ("type_changed", "question", "incident")),
        ("#subject Printer on fire", ("subject_changed", "Printer", "Printer on fire")),
        ("#resolution New cable", ("resolution_set", None, "New cable")),
    ],
)
def test_a_command_that_sets_a_field_is_one_event_and_one_thing_to_undo(
    words: str, event: tuple[str, object, object]
) -> None:
    work = Bench().work(words)
    assert happened(work) == [event]
    (did,) = work.did
    assert (did.what, did.was, did.becomes) == ("column", *event[1:])
    assert work.understood and len(work.changes) == 1


@pytest.mark.parametrize("words", ["#team support", "#priority medium", "#type question", "#subject Printer"])
def test_what_is_so_already_is_understood_and_changes_nothing(words: str) -> None:
    work = Bench().work(words)
    assert (work.events, work.did, work.changes, work.faults) == ([], [], [], [])
    assert work.understood == [words]


def test_a_ticket_is_given_to_nobody_and_leaves_a_holder_who_is_not_of_its_new_team() -> None:
    bench = Bench()
    bench.values["assignee"] = AGENT
    assert happened(bench.work("#assign none")) == [("assigned", AGENT, None)]
    assert happened(bench.work("#team billing")) == [("team_changed", "support", "billing"), ("assigned", AGENT, None)]


def test_the_last_word_on_a_field_counts() -> None:
    work = Bench().work("#priority high\n#priority low")
    assert happened(work) == [("priority_changed", "medium", "high"), ("priority_changed", "high", "low")]


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("becomes", STATUSES)
def test_a_status_is_asked_for_only_where_a_ticket_can_go_by_hand(status: str, becomes: str) -> None:
    work = Bench(status=status).work(f"#status {becomes}")
    if becomes in ("new", "merged"):
        assert [f.because for f in work.faults] == ["no-such-status"]
    elif becomes == status or becomes in MOVES[status]:  # type: ignore[index]
        assert (work.becomes, work.faults) == (becomes, [])
    else:
        (fault,) = work.faults
        assert fault.because == "move-not-allowed"
        assert set(fault.nearest) <= MOVES[status]  # type: ignore[index]


def test_a_snooze_puts_the_ticket_aside_until_then() -> None:
    work = Bench().work("#snooze 2d")
    assert (work.becomes, work.until) == ("on_hold", NOW + 2 * DAY)
    assert faults(Bench().work("#snooze yesterday")) == [("no-time", "yesterday")]
    assert faults(Bench(status="closed").work("#snooze 2d")) == [("not-to-be-put-aside", "2d")]


def test_a_later_status_ends_a_snooze_of_the_same_mail() -> None:
    work = Bench().work("#snooze 2d\n#pending")
    assert (work.becomes, work.until) == ("pending", None)


def test_tags_are_given_and_taken_each_once() -> None:
    bench = Bench(tags={"vpn"})
    work = bench.work("#tag vpn contract contract\n#untag vpn")
    assert [(e.kind, dict(e.data)["tag"]) for e in work.events] == [("tagged", "contract"), ("untagged", "vpn")]
    assert work.did == [Did("tag", "contract", 0, 1), Did("tag", "vpn", 1, 0)]
    assert faults(bench.work("#tag über/all")) == [("no-such-tag", "über/all")]


def test_words_in_quotes_are_no_tag_and_the_one_with_hyphens_may_be_meant() -> None:
    for line in ('#tag vpn "two words"', "#tag “Two  Words”", "#untag 'two words' vpn"):
        [fault] = Bench(tags={"vpn"}).work(line).faults
        assert (fault.because, fault.argument, fault.nearest[0]) == ("no-such-tag", "two words", "two-words")
    assert Bench().work("#tag über/all").faults[0].nearest == ()


def test_people_take_part_and_leave_again() -> None:
    work = Bench().work("#cc guest@example.net customer@example.net")
    assert work.deeds == [Joining(Address("", "guest@example.net"), True, "changed-by-agent", NOW, AGENT)]
    assert work.did == [Did("participant", "guest@example.net", 0, 1)]
    gone = Bench().work("#uncc customer@example.net")
    assert [(d.who, d.joins) for d in gone.deeds if isinstance(d, Joining)] == [
        (Address("", "customer@example.net"), False)
    ]
    assert faults(Bench().work("#uncc guest@example.net")) == [("takes-no-part", "guest@example.net")]


def test_a_colleague_in_cc_watches_and_receives_nothing_as_a_customer() -> None:
    work = Bench().work("#cc colleague@example.com")
    assert work.deeds == [Watching(COLLEAGUE, True)]


@pytest.mark.parametrize("address", ["support@example.com", "nonsense", "a@b", "two@signs@example.net"])
def test_no_address_of_ours_and_nothing_that_is_none_takes_part(address: str) -> None:
    because = "address-of-ours" if address.startswith("support") else "no-address"
    assert faults(Bench().work(f"#cc {address}")) == [(because, address)]


def test_another_requester_takes_part_as_well_and_both_are_undone() -> None:
    work = Bench().work("#requester guest@example.net")
    assert [type(d) for d in work.deeds] == [Requesting]
    assert work.did == [
        Did("participant", "guest@example.net", 0, 1),
        Did("requester", "guest@example.net", CUSTOMER, None),
    ]
    assert work.changes == [Changed("requester", "customer@example.net", "guest@example.net")]
    assert Bench().work("#requester customer@example.net").deeds == []


def test_a_colleague_who_opened_the_ticket_leaves_it_to_its_customer() -> None:
    bench = Bench(contacts={"agent@example.com": AGENT})
    bench.values["requester"] = AGENT
    deeds = bench.work("#requester customer@example.net").deeds
    assert [(d.who, d.joins) for d in deeds if isinstance(d, Joining)] == [(AGENT, False)]


def test_a_mail_that_takes_someone_out_and_in_again_leaves_them_in() -> None:
    work = Bench().work("#uncc customer@example.net\n#cc customer@example.net")
    assert [d.joins for d in work.deeds if isinstance(d, Joining)] == [False, True]
    assert [d.on for d in Bench().work("#watch\n#unwatch").deeds if isinstance(d, Watching)] == [True, False]


def test_a_merge_takes_the_people_along_and_stands_for_the_status() -> None:
    work = Bench().work("#merge 1041")
    assert happened(work) == [("merged", None, 1041), ("status_changed", "open", "merged")]
    assert work.deeds == [Merging(1041, True, "changed-by-agent", NOW, AGENT)]
    assert work.merges
    for number in ("1042", "99", "1e3", "١٠٤١"):
        assert [f.because for f in Bench().work(f"#merge {number}").faults] in (["no-such-ticket"], [])
        assert not Bench().work(f"#merge {number}").deeds


def test_an_ended_ticket_is_merged_neither_way() -> None:
    assert faults(Bench(status="spam").work("#merge 1041")) == [("no-such-ticket", "1041")]


def test_a_link_that_is_there_is_not_made_again() -> None:
    assert Bench().work("#link 1041").links == [(1041, "related")]
    assert Bench().work("#link 1041\n#link 1041").did == [Did("link", "1041", 0, 1)]
    assert Bench(links={1041}).work("#link 1041").did == []


def test_a_macro_says_its_words_and_does_its_commands() -> None:
    work = Bench().work("#macro thanks\n#macro mine")
    assert work.words == ["Thank you."]
    assert [e.kind for e in work.events] == ["tagged", "assigned", "priority_changed"]
    (fault,) = Bench().work("#macro thank").faults
    assert (fault.because, fault.nearest) == ("no-such-macro", ("thanks",))


def test_an_agent_is_away_and_comes_back() -> None:
    (deed,) = Bench().work("#away until 2d").deeds
    assert deed == Away(AGENT, NOW, NOW + 2 * DAY)
    assert Bench().work("#away off").deeds == [Away(AGENT, None)]
    assert faults(Bench().work("#away until then")) == [("no-time", "until then")]


def test_questions_are_answered_by_letters_and_change_nothing() -> None:
    work = Bench().work("#help\n#show\n#show 1041\n#queue late")
    assert [(o.kind, o.to, dict(o.data)) for o in work.asks] == [
        ("help", AGENT, {}),
        ("sheet", AGENT, {"number": 1042}),
        ("sheet", AGENT, {"number": 1041}),
        ("queue", AGENT, {"asked": "late"}),
    ]
    assert (work.events, work.deeds, work.did) == ([], [], [])
    assert faults(Bench().work("#show 77")) == [("no-such-ticket", "77")]


@pytest.mark.parametrize(
    ("words", "because", "nearest"),
    [
        ("#assign Othr Agent", "no-such-agent", "Other Agent"),
        ("#team bilings", "no-such-team", "billing"),
        ("#status pendng", "no-such-status", "pending"),
        ("#priority hihg", "no-such-priority", "high"),
        ("#type incidnt", "no-such-type", "incident"),
        ("#queue printer status:pendng", "no-such-status", "pending"),
    ],
)
def test_a_slip_of_the_finger_names_what_may_have_been_meant(words: str, because: str, nearest: str) -> None:
    (fault,) = Bench().work(words).faults
    assert (fault.because, fault.nearest[0], fault.line) == (because, nearest, words)


def test_a_command_that_needs_a_ticket_says_so_where_there_is_none() -> None:
    bench = Bench()
    without = replace(bench.carrying_out(), ticket=None)
    for one in DECLARED:
        orders = Orders((Command(one.word, one.example.partition(" ")[2], one.example),))
        assert ("needs-a-ticket" in [f.because for f in without.work(orders).faults]) == one.needs_ticket, one.word


def test_commands_for_leads_alone_are_refused_to_others() -> None:
    bench = Bench()
    bench.policy = replace(bench.policy, leads_only=frozenset({"priority"}))
    carrying_out = bench.carrying_out()
    orders = Orders((Command("priority", "high", "#priority high"),))
    assert not carrying_out.work(orders).faults
    colleagues = replace(carrying_out, agent=COLLEAGUE).work(orders)
    assert [f.because for f in colleagues.faults] == ["not-allowed"]
    assert not colleagues.events


def test_hostile_arguments_are_told_shortly_and_not_endlessly() -> None:
    many = tuple(Command("assign", "x" * 10_000, "#assign " + "x" * 10_000) for _ in range(100))
    work = Bench().carrying_out().work(Orders(many))
    assert len(work.faults) == MOST_FAULTS
    assert all(len(f.line) <= 200 and len(f.argument) <= 200 for f in work.faults)


@given(st.text(max_size=40))
def test_a_name_means_one_agent_or_none(text: str) -> None:
    found = agent_named(text, AGENTS, AGENTS[0])
    assert found is None or found in AGENTS
    assert agent_named("Agent", AGENTS) is None, "both are called so"
    assert agent_named("OTHER", AGENTS) == AGENTS[1]
