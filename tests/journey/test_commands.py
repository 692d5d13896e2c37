"""Commands by mail, one by one: what each does, what is asked back, and where nothing that looks like one is any."""

from __future__ import annotations

import re

from tests.journey.mails import fresh, new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt
from tests.journey.running import AGENT, RunningDesk


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


def letters_to(desk: RunningDesk, *customers: str) -> list[list[Letter]]:
    return [[x for x in desk.letters() if x.recipient == one] for one in customers]


def test_two_copies_of_an_answer_answer_the_customers_mail_and_not_each_other(desk: RunningDesk) -> None:
    customer, colleague = fresh(), fresh("colleague")
    first = new_mail(customer)
    receipt = desk.send(first)
    does(desk, receipt, f"#cc {colleague}\n\nPull the plug.")
    one, other = (next(x for x in some if x.kind == "answer").mail for some in letters_to(desk, customer, colleague))
    assert one["Message-ID"] == other["Message-ID"]
    assert one["In-Reply-To"] == other["In-Reply-To"] == first["Message-ID"]


def test_customers_of_merged_tickets_learn_nothing_of_each_other(desk: RunningDesk) -> None:
    library, garden = fresh("library"), fresh("garden")
    mails = {one: [new_mail(one)] for one in (library, garden)}
    into, gone = (desk.send(mails[one][0]) for one in (library, garden))
    number = into.ticket
    does(desk, gone, f"#merge {number}")
    for words in ("Pull the plug.", "#resolve\n\nAnd buy a new one."):
        does(desk, into, words)
        for customer, letters in zip((garden, library), letters_to(desk, garden, library), strict=True):
            answer = [x for x in letters if x.kind == "answer"][-1]
            mails[customer].append(reply_to(answer.mail, customer, f"Says {customer}.", quote=False))
            into = desk.send(mails[customer][-1])
            assert into.ticket == number
    for one, other, known, unknown in ((library, garden, number, gone.ticket), (garden, library, gone.ticket, number)):
        for letter in letters_to(desk, one)[0]:
            whole = letter.mail.as_string() + text_of(letter.mail)
            assert f"[#{known}]" in str(letter.mail["Subject"])
            assert other not in whole
            assert not re.search(rf"[#+<]{unknown}\b|/rate/{unknown}-", whole), whole
            assert not [mail for mail in mails[other] if str(mail["Message-ID"]) in whole]
    [link] = set(re.findall(r"https?://\S+/rate/\S+", "".join(text_of(x.mail) for x in letters_to(desk, garden)[0])))
    desk.post(link, "verdict=bad")
    assert "rated" in desk.events(number)
