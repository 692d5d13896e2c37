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


def personal(desk: RunningDesk, agent: str = AGENT) -> str:
    """The agent's own address at the desk, for what belongs to no ticket."""
    letter = does(desk, opened(desk), "#help", agent).letter("help", agent)
    return str(re.findall(r"goes to: (\S+@\S+)", told(letter))[0])


def asks(desk: RunningDesk, words: str, agent: str = AGENT) -> Receipt:
    return desk.send(new_mail(agent, words, To=personal(desk, agent), Subject="A question"), "inside")


def test_a_queue_of_words_finds_them_in_subject_text_and_people(desk: RunningDesk) -> None:
    customer = fresh("seeker")
    first = desk.send(new_mail(customer, "The 100%-wool_carpet! is Torn.", Subject="Zebra crossing"))
    for words in ("zebra CROSSING", customer.partition("@")[0], "100%-wool_carpet! is torn"):
        assert f"#{first.ticket} Zebra crossing" in told(asks(desk, f"#queue {words}").letter("queue"))
    for words in ('"torn is"', "zebra -crossing", "101%-wool"):
        assert "There are none." in told(asks(desk, f"#queue {words}").letter("queue"))
    held = asks(desk, '#queue zebra "crossing')
    assert "cannot be looked for; write words" in told(held.letter("unclear", AGENT))


def test_an_answer_to_a_sheet_crosses_with_nothing_that_it_showed(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    shown = asks(desk, f"#show {first.ticket}", SECOND).letter("sheet")
    assert shown.ticket == first.ticket
    does(desk, first, "Pull the plug.")
    held = desk.send(reply_to(shown.mail, SECOND, "Leave it in."), "inside")
    assert held.kinds == sorted([("confirmation", SECOND), ("notification", AGENT)])
    again = asks(desk, f"#show {first.ticket}", SECOND).letter("sheet")
    assert desk.send(reply_to(again.mail, SECOND, "Do as my colleague says."), "inside").letter("answer", customer)


def test_a_typo_a_missing_argument_and_a_late_command_are_named_in_a_sentence(desk: RunningDesk) -> None:
    first = opened(desk)
    for words, sentence in (
        ("#reslove\n\nIt is done.", "“#reslove” is no command. Did you mean #resolve"),
        ("#tag\n\nIt is done.", "“#tag” lacks what it is about. Please"),
        ("#take me\n\nIt is done.", "“#take” is too much here. Please"),
        ("It is done.\n\n#close", "“#close” stands below your words; commands stand above them. Please"),
    ):
        held = does(desk, first, words)
        assert sentence in told(held.letter("unclear", AGENT)), told(held.letter("unclear", AGENT))
        assert held.kinds == [("unclear", AGENT)]
    assert desk.events(first.ticket).count("agent_replied") == 0
