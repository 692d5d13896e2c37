"""Macros: what they say to whom."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.agents.office import ALICE, Office, office


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


@pytest.mark.parametrize(
    ("words", "name", "greeting"),
    [
        ("Help, please. My printer does not work and I need it today.", "Carla Customer", "Hello Carla Customer,"),
        ("Help, please. My printer does not work and I need it today.", "", "Hello,"),
        ("Guten Tag, mein Drucker geht nicht und ich brauche ihn heute.", "Carla Kundin", "Guten Tag Carla Kundin,"),
        ("Guten Tag, mein Drucker geht nicht und ich brauche ihn heute.", "", "Guten Tag,\n\nwir bitten um Geduld."),
    ],
)
def test_a_macro_greets_a_customer_with_the_name_that_they_have(
    desk: Office, words: str, name: str, greeting: str
) -> None:
    customer = f"customer{desk.last('ticket')}@greeted.example"
    ticket = desk.send(desk.mail(customer, words, name=name), customer).ticket
    assert ticket is not None
    desk.agent_sends(ALICE, "#macro greeting\n", desk.reply_address(ticket, ALICE))
    desk.pass_time(60)
    [answer] = [letter for letter in desk.letters() if letter.kind == "answer" and letter.ticket == ticket]
    assert answer.text.startswith(greeting + "\n")
    greeted = greeting.partition("\n")[0]
    assert answer.readable.count(greeted.casefold()) >= 2, "in text and HTML"
