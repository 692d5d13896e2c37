"""What an undo brings back, what it leaves as someone else made it, and what it says cannot be taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.acts import ActFacts, Did
from daemon.core.commands.reading import read
from daemon.core.reasons import REASONS
from daemon.core.undoing import undo
from tests.core.examples import AGENT, COLLEAGUE, CUSTOMER, DAY, NOW
from tests.core.workshop import Bench

COMMANDS = (
    "#take", "#assign Other Agent", "#assign none", "#team billing", "#team support", "#pending", "#hold", "#resolve",
    "#close", "#reopen", "#spam", "#resolution New cable", "#priority high", "#priority low", "#type incident",
    "#tag vpn contract", "#untag vpn", "#subject Fire", "#snooze 2d", "#snooze 1w", "#merge 1041", "#link 1041",
    "#link 1043", "#cc guest@example.net", "#uncc guest@example.net", "#uncc customer@example.net",
    "#cc customer@example.net", "#cc colleague@example.com", "#requester guest@example.net",
    "#requester customer@example.net", "#watch", "#unwatch", "#macro mine", "#macro thanks",
)  # fmt: skip
MAILS = st.lists(st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=5, unique=True), min_size=1, max_size=6)


def doable(bench: Bench, commands: list[str]) -> str:
    """The commands of one mail that can be carried out together, one a line."""
    lines: list[str] = []
    for command in commands:
        requesters = [line for line in (*lines, command) if line.startswith("#requester")]
        if len(requesters) < 2 and not bench.work("\n".join([*lines, command])).faults:
            lines.append(command)
    return "\n".join(lines)


@given(MAILS, st.booleans())
def test_what_is_undone_in_reverse_order_is_as_it_was(mails: list[list[str]], words: bool) -> None:
    bench, before = Bench(), []
    for commands in mails:
        before.append(bench.state)
        text = doable(bench, commands)
        merges = "#merge" in text
        bench.does(text + ("\n\nDear customer." if words and not merges else "\n"))
        assert (bench.status == "merged") == (bench.values["merged_into"] is not None)
    for was in reversed(before):
        plan = bench.undoes()
        assert bench.state == was
        assert plan.receipt is not None
        assert {name for name, _ in plan.receipt.skipped} <= {"answer", "notice"}


@given(MAILS)
def test_an_undo_overwrites_nothing_that_somebody_changed_since(mails: list[list[str]]) -> None:
    bench = Bench()
    first, *others = mails
    bench.does(doable(bench, first) + "\n")
    act = bench.done.pop()
    for commands in others:
        bench.does(doable(bench, commands) + "\n")
    now = bench.state
    plan = undo(act, bench.facts, bench.ticket, AGENT, NOW)
    bench.write(plan)
    for did in act.did:
        if did.what == "column" and did.key != "status" and now["values"][did.key] not in _values_of(act, did.key):
            assert bench.values[did.key] == now["values"][did.key]


def _values_of(act: ActFacts, column: str) -> list[object]:
    return [value for did in act.did if did.key == column for value in (did.was, did.becomes)]


def test_an_undo_in_time_means_that_the_answer_never_left() -> None:
    bench = Bench()
    before = bench.state
    bench.does("#resolve\n\nDear customer.", wait=20)
    assert bench.status == "open", "the status waits with its answer"
    plan = bench.undoes()
    assert plan.withdraws == 7
    assert [e.kind for e in plan.events] == ["reply_withdrawn"]
    assert plan.receipt is not None and plan.receipt.skipped == ()
    assert bench.state == before


def test_a_late_undo_says_that_the_mail_has_left_and_restores_the_status() -> None:
    bench = Bench()
    bench.does("#resolve\n#priority high\n\nDear customer.")
    plan = bench.undoes()
    assert plan.withdraws is None
    assert plan.receipt is not None
    assert plan.receipt.skipped == (("notice", "mail-has-left"), ("answer", "mail-has-left"))
    assert (bench.status, bench.values["priority"]) == ("open", "medium")


def test_a_note_is_withdrawn() -> None:
    bench = Bench()
    bench.does("#note Between us.")
    plan = bench.undoes()
    assert (plan.withdraws, [e.kind for e in plan.events]) == (7, ["note_withdrawn"])


def test_a_field_that_somebody_changed_since_stays_and_the_receipt_says_so() -> None:
    bench = Bench()
    bench.does("#priority high\n#tag vpn\n#watch\n#cc guest@example.net\n")
    bench.values["priority"], bench.tags, bench.watchers = "urgent", set(), set()
    del bench.contacts["guest@example.net"]
    now = bench.state
    plan = bench.undoes()
    assert plan.receipt is not None
    assert plan.receipt.skipped == tuple(
        (name, "changed-meanwhile") for name in ("participant", "watch", "tag", "priority")
    )
    assert bench.state == now


def test_a_requester_who_was_changed_again_stays() -> None:
    bench = Bench()
    bench.does("#requester guest@example.net\n")
    bench.values["requester"] = 21
    assert bench.undoes().receipt.skipped[0] == ("requester", "changed-meanwhile")  # type: ignore[union-attr]
    assert bench.values["requester"] == 21


def test_another_snooze_of_a_ticket_on_hold_goes_back_to_the_first() -> None:
    bench = Bench()
    bench.does("#snooze 2d\n")
    bench.does("#snooze 1w\n")
    bench.undoes()
    assert (bench.status, bench.values["snoozed_until"]) == ("on_hold", NOW + 2 * DAY)
    bench.does("#reopen\n")
    bench.undoes()
    assert (bench.status, bench.values["snoozed_until"]) == ("on_hold", NOW + 2 * DAY)
    bench.undoes()
    assert (bench.status, bench.values["snoozed_until"]) == ("open", None)


def test_a_link_that_was_there_before_stays() -> None:
    bench = Bench(links={1041})
    bench.does("#link 1041\n#priority high\n")
    bench.undoes()
    assert bench.links == {1041}


def test_an_absence_ends() -> None:
    bench = Bench()
    bench.does("#away until 2d\n")
    bench.undoes()
    assert bench.away == set()


@pytest.mark.parametrize(
    "act",
    [
        None,
        ActFacts(1, AGENT, 1042, None, None, (Did("column", "priority", "low", "medium"),), undone=True),
        ActFacts(1, COLLEAGUE, 1042, None, None, (Did("column", "priority", "low", "medium"),)),
        ActFacts(1, AGENT, 1042, None, None, ()),
    ],
)
def test_an_act_is_undone_once_and_by_its_agent_alone(act: ActFacts | None) -> None:
    bench = Bench()
    plan = undo(act, bench.facts, bench.ticket, AGENT, NOW)
    assert (plan.because, plan.undoes, plan.events, plan.deeds) == ("nothing-to-undo", None, (), ())
    assert plan.receipt is not None and plan.receipt.kind == "nothing"
    assert [(o.kind, o.to) for o in plan.outgoing] == [("receipt", AGENT)]
    assert plan.because in REASONS


def test_an_undo_counts_from_now_and_never_before_what_happened_last() -> None:
    bench = Bench()
    bench.does("#priority high\n")
    ticket = replace(bench.ticket, last_event_at=NOW + 50)
    plan = undo(bench.done[-1], bench.facts, ticket, AGENT, NOW)
    assert {e.at for e in plan.events} == {NOW + 50}
    assert {e.actor for e in plan.events} == {AGENT}
    assert CUSTOMER not in {o.to for o in plan.outgoing}


def test_the_commands_of_these_tests_are_commands() -> None:
    for command in COMMANDS:
        assert read(command).commands and not read(command).strange
