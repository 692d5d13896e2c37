"""What an undo must not leave behind: a question that would send what was taken back, the people of a merge."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agents.office import ALICE, BOB, Office, office


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


def opened(desk: Office, name: str) -> int:
    """A ticket of a customer of this name."""
    ticket = desk.send(desk.mail(f"{name}@{name}.example", "Help, please."), f"{name}@{name}.example").ticket
    assert ticket is not None
    return ticket


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
