"""What customers are told of a status while its undo time runs: nothing that hangs on what they never heard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agents.office import ALICE, BOB, UNDO_SECONDS, Office, office, opened


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


def agent(desk: Office, ticket: int, text: str, who: str = ALICE) -> str:
    """An agent writes to a ticket; the receipt."""
    desk.agent_sends(who, text, desk.reply_address(ticket, who))
    return [letter for letter in desk.letters() if letter.kind == "receipt"][-1].text


def told(desk: Office, ticket: int) -> list[str]:
    """What customers were told of the ticket's status, in order."""
    letters = [letter for letter in desk.letters() if letter.kind == "status" and letter.ticket == ticket]
    words = {"as resolved": "resolved", "is now closed": "closed", "taken up": "reopened"}
    return [next(what for said, what in words.items() if said in letter.text) for letter in letters]


def test_who_never_heard_that_a_ticket_was_resolved_does_not_hear_that_it_is_open_again(desk: Office) -> None:
    ticket = opened(desk, "silent")
    assert "is told after" in agent(desk, ticket, "#resolve\n")
    desk.pass_time(5)
    assert "is told" not in agent(desk, ticket, "#reopen\n")
    desk.pass_time(60)
    assert (told(desk, ticket), desk.facts_of(ticket)["status"]) == ([], "open")


def test_who_heard_that_a_ticket_was_resolved_hears_that_it_is_open_again(desk: Office) -> None:
    ticket = opened(desk, "both")
    agent(desk, ticket, "#resolve\n")
    desk.pass_time(UNDO_SECONDS)
    agent(desk, ticket, "#reopen\n")
    desk.pass_time(60)
    assert told(desk, ticket) == ["resolved", "reopened"]


def test_a_reopening_that_is_undone_in_time_lets_the_customer_hear_of_the_resolution(desk: Office) -> None:
    ticket = opened(desk, "undone")
    agent(desk, ticket, "#resolve\n")
    desk.pass_time(5)
    agent(desk, ticket, "#reopen\n")
    agent(desk, ticket, "#undo\n")
    desk.pass_time(60)
    assert told(desk, ticket) == ["resolved"]


def test_a_ticket_that_is_resolved_again_is_told_of_once(desk: Office) -> None:
    ticket = opened(desk, "again")
    for words in ("#resolve\n", "#reopen\n", "#resolve\n"):
        agent(desk, ticket, words)
        desk.pass_time(5)
    desk.pass_time(60)
    assert told(desk, ticket) == ["resolved"]


def test_an_answer_that_reopens_leaves_after_the_resolution_was_told_and_tells_of_the_reopening(desk: Office) -> None:
    ticket = opened(desk, "answer")
    agent(desk, ticket, "#resolve\n")
    desk.pass_time(5)
    assert "is told after" in agent(desk, ticket, "#reopen\n\nOne moment, please.")
    desk.pass_time(UNDO_SECONDS - 5)
    desk.pass_time(5)
    assert told(desk, ticket) == ["resolved", "reopened"]


def test_a_customer_who_writes_before_they_heard_of_the_resolution_does_not_hear_of_its_end(desk: Office) -> None:
    ticket = opened(desk, "writes")
    agent(desk, ticket, "#resolve\n", BOB)
    desk.pass_time(5)
    customer = "writes@writes.example"
    desk.send(desk.mail(customer, "It smokes now.", desk.reply_address(ticket, customer)), customer)
    desk.pass_time(60)
    assert (told(desk, ticket), desk.facts_of(ticket)["status"]) == ([], "open")
