"""What a yes does to an answer that was held: its words leave, and nothing is done a second time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agents.office import ALICE, BOB, Office, office


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


def held_at_its_release(
    desk: Office, name: str, text: str, meanwhile: str = "#take\n", before: str = ""
) -> tuple[int, int]:
    """A ticket with an answer of Alice's that Bob's merge holds; the ticket that goes on, and the mail that is held."""
    one, other = (
        desk.send(desk.mail(f"{who}@{name}.example", "Help, please."), f"{who}@{name}.example").ticket
        for who in ("one", "other")
    )
    assert one is not None and other is not None
    if before:
        desk.agent_sends(BOB, before, desk.reply_address(one, BOB))
        desk.pass_time(3_600)
    desk.agent_sends(ALICE, text, desk.reply_address(one, ALICE))
    inbound = desk.last("inbound")
    desk.agent_sends(BOB, f"#merge {other}", desk.reply_address(one, BOB))
    desk.agent_sends(BOB, meanwhile, desk.reply_address(other, BOB))
    desk.pass_time(60)
    return other, inbound


def sent(desk: Office, ticket: int) -> set[str]:
    return {letter.to for letter in desk.letters() if letter.kind == "answer" and letter.ticket == ticket}


def test_an_answer_held_at_its_release_does_its_commands_once(desk: Office) -> None:
    text = "#priority high\n#tag vpn\n#assign Bob\n#cc guest@once.example\n\nPull the plug."
    ticket, inbound = held_at_its_release(desk, "once", text, "#priority low\n#take\n")
    before = desk.facts_of(ticket)
    assert desk.click_confirm(inbound, "confirmed")
    after = desk.facts_of(ticket)
    assert sent(desk, ticket) == {"one@once.example", "other@once.example", "guest@once.example"}
    assert after == before | {"status": "pending"}


def test_what_can_be_done_but_once_does_not_keep_a_held_answer_from_leaving(desk: Office) -> None:
    text = "#uncc two@leaves.example\n\nPull the plug."
    ticket, inbound = held_at_its_release(desk, "leaves", text, before="#cc two@leaves.example\n")
    assert desk.click_confirm(inbound, "confirmed")
    assert sent(desk, ticket) == {"one@leaves.example", "other@leaves.example"}


def test_the_status_that_waited_with_a_held_answer_comes_with_it(desk: Office) -> None:
    ticket, inbound = held_at_its_release(desk, "status", "#resolve\n#tag vpn\n\nPull the plug.")
    assert desk.facts_of(ticket)["status"] == "new"
    assert desk.click_confirm(inbound, "confirmed")
    assert desk.facts_of(ticket)["status"] == "resolved"
    assert desk.facts_of(ticket)["tags"] == set(), "the tag went to the ticket that it was written to"


def test_the_words_of_a_macro_leave_with_a_held_answer_and_its_changes_are_not_made_again(desk: Office) -> None:
    ticket, inbound = held_at_its_release(desk, "macro", "#macro thanks\n\nPull the plug.")
    assert desk.click_confirm(inbound, "confirmed")
    assert desk.facts_of(ticket)["tags"] == set()
    [letter] = [x for x in desk.letters() if x.kind == "answer" and x.to == "one@macro.example"]
    assert "Thank you for your patience." in letter.text


def test_the_question_about_an_answer_held_at_its_release_lists_no_change_that_was_made(desk: Office) -> None:
    held_at_its_release(desk, "question", "#resolve\n#tag vpn\n\nPull the plug.")
    question = [letter for letter in desk.letters() if letter.kind == "confirmation"][-1]
    assert "#resolve" in question.text and "vpn" not in question.text
