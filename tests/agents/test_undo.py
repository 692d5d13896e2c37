"""What an undo must not leave behind: a question that would send what was taken back, the people of a merge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agents.office import ALICE, BOB, Office, office, opened


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


def agent(desk: Office, ticket: int, text: str, who: str = ALICE) -> int:
    """An agent writes to a ticket; the number of the act."""
    desk.agent_sends(who, text, desk.reply_address(ticket, who))
    return desk.last("act")


def answers(desk: Office, ticket: int) -> list[str]:
    return [letter.to for letter in desk.letters() if letter.kind == "answer" and letter.ticket == ticket]


def test_an_answer_that_was_undone_while_it_was_held_is_not_sent_by_its_old_question(desk: Office) -> None:
    ticket, other = opened(desk, "held"), opened(desk, "other")
    act = agent(desk, ticket, "Pull the plug, please.")
    held = desk.last("inbound")
    agent(desk, ticket, f"#merge {other}", BOB)
    desk.pass_time(60)
    assert [letter.to for letter in desk.letters() if letter.kind == "confirmation"] == [ALICE]
    assert desk.click_undo(act) == "undone"
    assert not desk.click_confirm(held, "confirmed")
    assert answers(desk, ticket) == answers(desk, other) == []


def test_a_merge_that_is_undone_takes_along_those_who_came_with_an_earlier_one(desk: Office) -> None:
    first, second, third = opened(desk, "first"), opened(desk, "second"), opened(desk, "third")
    agent(desk, first, f"#merge {second}")
    act = agent(desk, second, f"#merge {third}")
    assert len(desk.facts_of(third)["participants"]) == 3  # type: ignore[arg-type]
    desk.click_undo(act)
    assert desk.facts_of(third)["participants"] == {(desk.person("third@third.example"), None)}
    assert desk.facts_of(second)["status"] == "new"


def test_a_merge_is_undone_by_the_command_as_well(desk: Office) -> None:
    ticket, other = opened(desk, "one"), opened(desk, "two")
    before = desk.facts_of(ticket), desk.facts_of(other)
    agent(desk, ticket, f"#merge {other}")
    agent(desk, ticket, "#undo")
    assert (desk.facts_of(ticket), desk.facts_of(other)) == before


def test_who_is_taken_out_and_back_in_goes_on_in_the_thread_that_they_know(desk: Office) -> None:
    ticket, other = opened(desk, "known"), opened(desk, "unknown")
    agent(desk, ticket, f"#merge {other}")
    people = desk.facts_of(other)["participants"]
    act = agent(desk, other, "#uncc known@known.example")
    assert desk.facts_of(other)["participants"] != people
    desk.click_undo(act)
    assert desk.facts_of(other)["participants"] == people


def receipt(desk: Office) -> str:
    """The last receipt, on one line."""
    return " ".join([letter.text for letter in desk.letters() if letter.kind == "receipt"][-1].split())


def test_an_undo_after_a_mail_that_changed_nothing_says_what_came_before_and_takes_nothing_back(desk: Office) -> None:
    ticket = opened(desk, "nothing")
    first = agent(desk, ticket, "#priority high\n#take\n#tag vpn\n#watch\n")
    before = desk.facts_of(ticket)
    agent(desk, ticket, "#take\n")
    assert "Nothing to do: #take It was so already." in receipt(desk)
    agent(desk, ticket, "#undo\n")
    assert desk.facts_of(ticket) == before
    says = receipt(desk)
    assert "Your last mail here changed nothing, so nothing was taken back." in says
    assert "Priority: Medium → High Assignee: nobody → Alice Agent Tag added: vpn Watches it: Alice Agent Undo:" in says
    assert f"/undo/{first}-" in says


def test_a_second_undo_takes_back_what_the_first_one_named(desk: Office) -> None:
    ticket = opened(desk, "second")
    before = desk.facts_of(ticket)
    for words in ("#priority high\n", "#priority high\n", "#undo\n", "#undo\n"):
        agent(desk, ticket, words)
    assert desk.facts_of(ticket) == before
    agent(desk, ticket, "#undo\n")
    assert "There is nothing of yours that could be taken back" in receipt(desk)


def test_a_question_is_nothing_to_be_taken_back(desk: Office) -> None:
    ticket = opened(desk, "question")
    before = desk.facts_of(ticket)
    for words in ("#priority high\n", "#show\n", "#dry\n#take\n", "#help\n", "#undo\n"):
        agent(desk, ticket, words)
    assert desk.facts_of(ticket) == before
