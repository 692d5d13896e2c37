"""Commands by mail, one by one: what each does, what is asked back, and where nothing that looks like one is any."""

from __future__ import annotations

import re

from tests.journey.mails import fresh, new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt
from tests.journey.running import AGENT, SECOND, RunningDesk


def opened(desk: RunningDesk, customer: str = "") -> Receipt:
    return desk.send(new_mail(customer or fresh()))


def does(desk: RunningDesk, first: Receipt, words: str, agent: str = AGENT) -> Receipt:
    """An agent's answer to the notification of a ticket."""
    return desk.send(reply_to(first.letter("notification", agent).mail, agent, words), "inside")


def told(letter: Letter) -> str:
    """The text of a letter on one line."""
    return " ".join(text_of(letter.mail).split())


def test_the_conversation_holds_what_the_customer_received_and_no_commands(desk: RunningDesk) -> None:
    first = opened(desk)
    answer = does(desk, first, "#take\n#priority high\n\nPull the plug.").letter("answer")
    assert text_of(answer.mail).startswith("Pull the plug.\n")
    assert [m["words"] for m in desk.messages(first.ticket)][1:] == ["Pull the plug."]
