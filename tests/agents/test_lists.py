"""Lists by mail: what each line says of a ticket, and that whatever it offers can be done."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from daemon.core.acts import News
from daemon.desk import queues
from daemon.mail.cards import DeskCard
from daemon.store import news
from tests.agents.office import ALICE, BOB, Office, office

CARD = DeskCard("Support", "support@desk.example")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


def merged(desk: Office, name: str) -> tuple[int, int]:
    """A ticket that was merged by way of a second one, and the third one, in which it goes on."""
    customers = [f"{i}@{name}.example" for i in range(3)]
    tickets = [desk.send(desk.mail(one, "Help, please.", Subject=f"{name} 1"), one).ticket for one in customers]
    first, second, third = (ticket for ticket in tickets if ticket is not None)
    desk.agent_sends(ALICE, f"#merge {second}\n", desk.reply_address(first, ALICE))
    desk.agent_sends(ALICE, f"#merge {third}\n", desk.reply_address(second, ALICE))
    return first, third


def test_a_list_names_the_ticket_in_which_a_merged_one_goes_on_and_offers_nothing_for_it(desk: Office) -> None:
    first, third = merged(desk, "zebra")
    desk.agent_sends(ALICE, "#queue zebra\n", desk.reply_address(0, ALICE))
    [letter] = [x for x in desk.letters() if x.kind == "queue"]
    assert letter.text.count(f"Merged into #{third}") == 2
    [row] = [part for part in letter.text.split("\n\n") if part.startswith(f"#{first} ")]
    assert f"[%23{third}]" in row or f"%5B%23{third}%5D" in row
    person = desk.person(ALICE)
    assert person is not None
    listed = desk.house.store.read(lambda: queues.queue(desk.house, "zebra", person, CARD, desk.now))
    offers = {one.ticket.number: bool(one.actions) for one in listed.rows}
    assert offers == {first: False, first + 1: False, third: True}


def test_an_answer_from_the_line_of_a_merged_ticket_reaches_the_people_of_the_one_that_goes_on(desk: Office) -> None:
    _, third = merged(desk, "okapi")
    desk.pass_time(3_600)
    desk.agent_sends(ALICE, "Pull the plug.", desk.reply_address(third, ALICE))
    desk.pass_time(60)
    assert {x.to for x in desk.letters() if x.kind == "answer"} == {f"{i}@okapi.example" for i in range(3)}


def test_the_digest_says_where_a_ticket_that_was_merged_meanwhile_goes_on(desk: Office) -> None:
    first, third = merged(desk, "gnu")
    person = desk.person(BOB)
    assert person is not None
    desk.house.store.write(lambda: news.add(News(person, "opened"), first, None, desk.now)).result()
    items = desk.house.store.read(lambda: news.of(person, 1))
    digest = desk.house.store.read(lambda: queues.digest(desk.house, person, CARD, desk.now, items))
    assert digest is not None and digest.news[0].merged_into == third
    assert first not in {one.ticket.number for section in digest.sections for one in section.rows}
