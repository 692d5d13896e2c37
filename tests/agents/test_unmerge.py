"""A merge that is undone: each customer goes on in their own thread, and what came meanwhile parts with them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from daemon.store import clients, conversation
from daemon.store.conversation import Eyes
from tests.agents.office import ALICE, DESK, Office, Sent, office, threaded


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


class Merged:
    """The tickets of two customers, merged, answered and written to meanwhile, and parted again by ``#undo``."""

    def __init__(self, desk: Office, name: str) -> None:
        self.desk = desk
        self.gone, self.stays = f"gone@{name}.example", f"stays@{name}.example"
        self.of_gone, self.of_stays = (self.writes(one, "Help, please.") for one in (self.gone, self.stays))
        self.merge = self.agent(self.of_gone, f"#merge {self.of_stays}\n")
        self.agent(self.of_stays, "To both of you.")
        desk.pass_time(3_600)
        assert self.writes(self.gone, "From the one.", self.answer(self.gone)) == self.of_stays
        assert self.writes(self.stays, "From the other.", self.answer(self.stays)) == self.of_stays
        desk.pass_time(3_600)

    def agent(self, ticket: int, text: str) -> int:
        """Alice writes to a ticket; the number of the act."""
        self.desk.agent_sends(ALICE, text, self.desk.reply_address(ticket, ALICE))
        return self.desk.last("act")

    def writes(self, customer: str, text: str, to: Sent | None = None) -> int:
        """A customer writes, or answers a letter; the ticket to which it came."""
        headers = threaded(to) if to else {}
        address = to.reply_to if to else DESK
        ticket = self.desk.send(self.desk.mail(customer, text, address, **headers), customer).ticket
        assert ticket is not None
        return ticket

    def answer(self, customer: str) -> Sent:
        """The last answer to a customer, which has left."""
        self.desk.pass_time(60)
        return [letter for letter in self.desk.letters() if letter.kind == "answer" and letter.to == customer][-1]

    def parts(self, way: str) -> None:
        """The merge is taken back."""
        if way == "command":
            self.agent(self.of_stays, "#undo\n")
            self.agent(self.of_stays, "#undo\n")
        else:
            assert self.desk.click_undo(self.merge) == "undone"

    def mails_of(self, customer: str) -> set[str]:
        """The Message-IDs of a customer's mails."""
        ids = self.desk.rows(
            "SELECT m.rfc_message_id AS id FROM message m WHERE m.author_id = ?", self.desk.person(customer)
        )
        return {row["id"] for row in ids}


def references(letter: Sent) -> set[str]:
    return set(re.findall(r"<(.+?)>", f"{letter.mail['References']} {letter.mail['In-Reply-To']}"))


def shown_to(desk: Office, customer: str, ticket: int) -> set[str]:
    """What a customer finds on a ticket, by the API and on their page, which show the same."""
    person = desk.person(customer)
    assert person is not None
    by_api = desk.house.store.read(lambda: conversation.messages(ticket, Eyes(person, notes=False), 0, 50))
    seen = desk.house.store.read(lambda: clients.ticket(ticket, person))
    assert seen is not None
    on_page = desk.house.store.read(lambda: clients.said(seen, person))
    assert {one.words for one in by_api} == {one.words for one in on_page}
    return {one.words for one in on_page}


@pytest.mark.parametrize("way", ["command", "click"])
def test_after_an_undone_merge_no_mail_refers_to_one_of_the_other_customer(desk: Office, way: str) -> None:
    both = Merged(desk, f"refers-{way}")
    both.parts(way)
    for customer, ticket, other in ((both.gone, both.of_gone, both.stays), (both.stays, both.of_stays, both.gone)):
        both.agent(ticket, "To you alone.")
        letter = both.answer(customer)
        assert "To you alone." in letter.text
        assert references(letter) & both.mails_of(customer), "it stands in the thread of its customer"
        assert not references(letter) & both.mails_of(other)
        assert other not in letter.readable


def test_after_an_undone_merge_each_customer_sees_nothing_of_the_other_on_their_page(desk: Office) -> None:
    both = Merged(desk, "page")
    both.parts("click")
    assert shown_to(desk, both.stays, both.of_stays) == {"Help, please.", "To both of you.", "From the other."}
    assert "From the other." not in shown_to(desk, both.gone, both.of_gone)


def test_who_answers_a_mail_of_the_time_of_a_merge_that_was_undone_comes_to_their_own_ticket(desk: Office) -> None:
    both = Merged(desk, "later")
    old = {customer: both.answer(customer) for customer in (both.gone, both.stays)}
    both.parts("click")
    assert both.writes(both.gone, "And one thing more.", old[both.gone]) == both.of_gone
    assert both.writes(both.stays, "And one thing more.", old[both.stays]) == both.of_stays
    desk.pass_time(3_600)
    both.agent(both.of_gone, "Answered.")
    assert both.answer(both.gone).ticket == both.of_gone
    assert "Answered." not in both.answer(both.stays).text
