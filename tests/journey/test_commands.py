"""Commands by mail, one by one: what each does, what is asked back, and where nothing that looks like one is any."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.journey.mails import fresh, new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt
from tests.journey.running import AGENT, DESKS, SECOND, RunningDesk, until
from tests.journey.sink import Sink


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


def test_i10_who_joins_later_gets_no_message_id_that_speaks_for_another_customer(desk: RunningDesk) -> None:
    customer, colleague = fresh(), fresh("colleague")
    first = desk.send(new_mail(customer, Message_ID=""))
    does(desk, first, "Pull the plug.")
    joined = does(desk, first, f"#cc {colleague}\n\nAnd wait.")
    does(desk, first, "#resolve\n\nDone.")
    theirs, others = letters_to(desk, customer, colleague)
    personal = {str(x.mail["Message-ID"]) for x in theirs} - {str(x.mail["Message-ID"]) for x in others}
    assert len(personal) >= 2
    assert not [one for one in personal if one in "".join(x.mail.as_string() for x in others)]
    [last] = [x.mail for x in theirs if x.kind == "answer"][-1:]
    assert str(theirs[1].mail["Message-ID"]) in str(last["References"])
    copy = joined.letter("answer", colleague).mail
    reply = reply_to(copy, customer, "I am somebody else.", To="support@desk.example")
    assert desk.send(reply).outcome == ("filed", "reference-from-known-author")


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


@pytest.fixture
def patient(open_desk: Callable[..., RunningDesk], sink: Sink) -> RunningDesk:
    """A desk where answers wait for a moment, so that they can be taken back."""
    return open_desk(sink, tables="[agents]\nundo_seconds = 2\n")


def released(desk: RunningDesk, ticket: int, kind: str = "answer") -> list[str]:
    """Who received letters of a kind once they left."""
    return until(lambda: [x.recipient for x in desk.letters() if (x.kind, x.ticket) == (kind, ticket)])


def test_a_waiting_answer_goes_to_those_of_its_receipt_and_to_nobody_who_came_later(patient: RunningDesk) -> None:
    customer, guest, other, stranger = fresh(), fresh("guest"), fresh("other"), fresh("stranger")
    first, gone = opened(patient, customer), opened(patient, other)
    receipt = told(does(patient, first, f"#cc {guest}\n\nPull the plug.").letter("receipt", AGENT))
    assert f"Goes to {customer}, {guest} after 2 s" in receipt
    does(patient, first, f"#cc {stranger}", SECOND)
    does(patient, gone, f"#merge {first.ticket}", SECOND)
    assert sorted(released(patient, first.ticket)) == sorted([customer, guest])


def test_whose_ticket_another_is_merged_into_hears_who_reads_their_answers_now(desk: RunningDesk) -> None:
    one, other = fresh(), fresh("other")
    into, gone = opened(desk, one), opened(desk, other)
    does(desk, into, "#take", SECOND)
    old = into.letter("notification", SECOND).mail
    merged = does(desk, gone, f"#merge {into.ticket}")
    assert f"Answers to this request go from now on to {one}, {other}" in told(merged.letter("receipt", AGENT))
    letter = merged.letter("merged", SECOND)
    assert letter.ticket == into.ticket
    says = f"Desk Agent merged request #{gone.ticket} into this one. Answers to this mail go to: - {one} - {other}"
    assert says in told(letter)
    held = desk.send(reply_to(old, SECOND, "For one alone."), "inside")
    assert held.kinds == [("confirmation", SECOND)]
    assert "Another request was merged into this one meanwhile" in told(held.letter("confirmation"))
    sent = desk.send(reply_to(letter.mail, SECOND, "For both."), "inside")
    assert sorted(x.recipient for x in sent.letters if x.kind == "answer") == sorted([one, other])
    [link] = re.findall(r"https?://\S+/undo/\S+", text_of(merged.letter("receipt").mail))
    before = len(desk.letters())
    desk.post(link, "decision=undo")
    [parted] = [x for x in desk.letters()[before:] if x.kind == "merged"]
    assert f"Answers to this mail go to: - {one} {one} wrote:" in told(parted)


def test_a_question_shows_all_that_a_yes_would_do(desk: RunningDesk) -> None:
    customer, stranger = fresh(), fresh("stranger")
    first = opened(desk, customer)
    notification = first.letter("notification", AGENT).mail
    words = f"#cc {stranger}\n#priority high\n\nPull the plug."
    question = desk.send(reply_to(notification, AGENT, words)).letter("confirmation", AGENT)
    for says in (f"This would be done: > #cc {stranger} > #priority high", "Priority: medium → high".title()):
        assert says.lower() in told(question).lower()
    assert f"This would be sent to {customer}, {stranger}: > Pull the plug." in told(question)
    page = desk.get(re.findall(r"https?://\S+/confirm/\S+", text_of(question.mail))[0])[1]
    assert f"#cc {stranger}, #priority high" in page
    assert f"It goes to {customer}, {stranger}." in page
    alone = desk.send(reply_to(notification, AGENT, "#spam")).letter("confirmation", AGENT)
    assert "This would be done: > #spam Status: New → Spam" in told(alone)
    noted = desk.send(reply_to(notification, AGENT, "#note Ask the lead.")).letter("confirmation", AGENT)
    assert "This would be a note for the team alone: > Ask the lead." in told(noted)


def test_customers_hear_of_a_new_status_once_it_can_be_taken_back_no_longer(patient: RunningDesk) -> None:
    customer, other = fresh(), fresh()
    first, regretted = opened(patient, customer), opened(patient, other)
    does(patient, first, "Pull the plug.")
    done = does(patient, first, "#resolve")
    again = does(patient, regretted, "#resolve")
    for receipt, one in ((done, customer), (again, other)):
        assert receipt.kinds == [("receipt", AGENT)]
        assert f"The customer is told after 2 s: {one}" in told(receipt.letter("receipt"))
    undone = told(does(patient, regretted, "#undo").letter("receipt", AGENT))
    assert "Notice to the customer: withdrawn" in undone
    assert released(patient, first.ticket, "status") == [customer]
    kinds = [x.kind for x in patient.letters() if x.recipient == customer]
    assert kinds == ["acknowledgement", "answer", "status"]
    late = told(does(patient, first, "#undo").letter("receipt", AGENT))
    assert "Notice to the customer: has left and cannot be taken back" in late
    assert [x.kind for x in patient.letters() if x.recipient == other] == ["acknowledgement"]


def test_an_agent_whose_words_cross_is_shown_those_of_others_and_not_their_own(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    acknowledged = first.letter("acknowledgement").mail
    does(desk, first, "First answer.")
    desk.send(reply_to(acknowledged, customer, "It burns still."))
    does(desk, first, "#note Somebody is on the way.")
    held = does(desk, first, "Second answer.")
    desk.send(reply_to(held.letter("confirmation").mail, AGENT, "Yes."), "inside")
    again = told(does(desk, first, "Third answer.").letter("confirmation"))
    assert "You had not seen this yet: > It burns still." in again


def test_a_snooze_of_a_ticket_on_hold_is_undone_by_itself(desk: RunningDesk) -> None:
    first = opened(desk)
    does(desk, first, "#hold")
    assert "/undo/" in told(does(desk, first, "#snooze 2d").letter("receipt"))
    assert desk.ticket(first.ticket)["snoozed_until"]
    undone = told(does(desk, first, "#undo").letter("receipt"))
    assert "Put aside until: off" in undone
    ticket = desk.ticket(first.ticket)
    assert (ticket["status"], ticket["snoozed_until"]) == ("on_hold", None)


def test_a_waiting_answer_is_shown_to_colleagues_as_one_that_has_not_left(
    open_desk: Callable[..., RunningDesk], sink: Sink
) -> None:
    desk = open_desk(sink, tables="[agents]\nundo_seconds = 600\n")
    first = opened(desk)
    does(desk, first, "Pull the plug.")
    shown = told(does(desk, first, "#show", SECOND).letter("sheet"))
    assert re.search(r"Desk Agent, [^>]+, waiting, not sent yet: > Pull the plug", shown)


def test_a_receipt_says_where_nothing_was_to_do(desk: RunningDesk) -> None:
    first = opened(desk)
    does(desk, first, "#take")
    again = told(does(desk, first, "#take").letter("receipt"))
    assert "Nothing to do: #take It was so already." in again
    assert "/undo/" not in again
    named, undone, left = (told(does(desk, first, "#undo").letter("receipt")) for _ in range(3))
    assert "Your last mail here changed nothing, so nothing was taken back." in named
    assert "Assignee: nobody → Desk Agent" in named and "/undo/" in named
    assert "Undone Assignee: Desk Agent → nobody" in undone
    assert "There is nothing of yours that could be taken back, or it was taken back already." in left


def test_a_merge_is_undone_by_the_command_and_takes_its_people_along(desk: RunningDesk) -> None:
    one, two, three = (opened(desk) for _ in range(3))
    people = "SELECT person_id, via_id FROM participant WHERE ticket_id = ?"
    before = [desk.rows(people, ticket.ticket) for ticket in (two, three)]
    does(desk, one, f"#merge {two.ticket}")
    merged = does(desk, two, f"#merge {three.ticket}\n#link {one.ticket}")
    assert merged.outcome == ("filed", "reply-token")
    assert len(desk.rows(people, three.ticket)) == 3
    assert does(desk, two, "#undo").outcome == ("ignored", "undone-by-agent")
    assert desk.rows(people, three.ticket) == before[1]
    assert (desk.status(two.ticket), desk.links(two.ticket)) == ("new", [])
    assert does(desk, one, "#undo").outcome == ("ignored", "undone-by-agent")
    assert desk.rows(people, two.ticket) == before[0]


def personal(desk: RunningDesk, agent: str = AGENT) -> str:
    """The agent's own address at the desk, for what belongs to no ticket."""
    letter = does(desk, opened(desk), "#help", agent).letter("help", agent)
    return str(re.findall(r"goes to: (\S+@\S+)", told(letter))[0])


def asks(desk: RunningDesk, words: str, agent: str = AGENT, to: str = "") -> Receipt:
    return desk.send(new_mail(agent, words, To=to or personal(desk, agent), Subject="A question"), "inside")


def test_a_queue_of_words_finds_them_in_subject_text_and_people(desk: RunningDesk) -> None:
    customer = fresh("seeker")
    first = desk.send(new_mail(customer, "The 100%-wool_carpet! is Torn.", Subject="Zebra crossing"))
    for words in ("zebra CROSSING", '"zebra crossing', customer.partition("@")[0], "100%-wool_carpet! is torn"):
        assert f"#{first.ticket} Zebra crossing" in told(asks(desk, f"#queue {words}").letter("queue"))
    for words in ('"torn is"', "zebra -crossing", "101%-wool"):
        assert "There are none." in told(asks(desk, f"#queue {words}").letter("queue"))
    held = asks(desk, "#queue zebra status:lost")
    assert "“lost” is no status. Did you mean closed?" in told(held.letter("unclear", AGENT))


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
        ("#take me\n\nIt is done.", "“#take” takes nothing behind its word. Please"),
        ("It is done.\n\n#close", "“#close” stands below your words; commands stand above them. Please"),
    ):
        held = does(desk, first, words)
        assert sentence in told(held.letter("unclear", AGENT)), told(held.letter("unclear", AGENT))
        assert held.kinds == [("unclear", AGENT)]
    assert desk.events(first.ticket).count("agent_replied") == 0


def test_a_team_that_is_given_a_ticket_is_told_so(desk: RunningDesk) -> None:
    first = desk.send(new_mail(fresh(), To="billing@desk.example"))
    given = does(desk, first, "#team support")
    assert "Desk Agent gave this request to your team." in told(given.letter("notification", SECOND))
    given = does(desk, first, "#assign second")
    assert "Desk Agent gave this request to you." in told(given.letter("notification", SECOND))


def test_a_receipt_says_who_watches(desk: RunningDesk) -> None:
    first = opened(desk)
    assert "Watches it: Second Agent" in told(does(desk, first, f"#cc {SECOND}").letter("receipt", AGENT))
    assert "Watches it no longer: Second Agent" in told(does(desk, first, "#unwatch", SECOND).letter("receipt", SECOND))


def test_whoever_comes_back_is_told_so(open_desk: Callable[..., RunningDesk], sink: Sink) -> None:
    desk = open_desk(sink)
    to = personal(desk, SECOND)
    assert "Away until:" in told(asks(desk, "#away until tomorrow", SECOND, to).letter("receipt"))
    assert opened(desk).kinds[1:] == [("notification", AGENT)]
    assert told(asks(desk, "#away off", SECOND, to).letter("receipt")).endswith("Done: #away off Back again")


def test_what_a_phone_makes_of_a_command_is_understood(desk: RunningDesk) -> None:
    first = opened(desk)
    words = "＃Take.\n#Prio:\u00a0High\n\u200b#Tag “vpn”\n#On hold\n\nSent from my phone"
    receipt = does(desk, first, words)
    assert receipt.kinds == [("receipt", AGENT)]
    assert "Done: #take, #priority high, #tag vpn, #hold" in told(receipt.letter("receipt"))
    ticket = desk.ticket(first.ticket)
    assert (ticket["priority"], ticket["status"]) == ("high", "on_hold")


def test_a_command_for_a_ticket_needs_one(desk: RunningDesk) -> None:
    held = asks(desk, "#close")
    assert "needs a request: write it in an answer" in told(held.letter("unclear"))
    assert held.kinds == [("unclear", AGENT)]


def test_what_names_nothing_is_answered_with_what_may_be_meant_and_nothing_is_done(desk: RunningDesk) -> None:
    first = opened(desk)
    for line, says in (
        (
            "#assign secnd@desk.example",
            "“secnd@desk.example” is no agent of this desk. Did you mean second@desk.example",
        ),
        ("#team billnig", "“billnig” is no team of this desk. Did you mean billing"),
        ("#priority hihg", "“hihg” is no priority. Did you mean high"),
        ("#merge 999999", "“999999” is the number of no request with which this could be done. Please"),
        (
            "#snooze yesterday",
            "“yesterday” is no time to come that we understand; write one such as 2d, tomorrow or monday 9:00. Please",
        ),
        ('#tag "two words"', "“two words” is no tag: one is up to 40 letters from a to z, digits and hyphens"),
        ("#status reopend", "“reopend” is no status. Did you mean open"),
        ("#macro nothing", "“nothing” is no macro. Please"),
        ("#cc someone", "“someone” is no address. Please"),
        ("#cc support@desk.example", "“support@desk.example” is an address of this desk. Please"),
        ("#uncc nobody@customer.example", "“nobody@customer.example” does not take part in this request."),
        ("#printer", "“#printer” is no command. Please"),
    ):
        letter = does(desk, first, f"#take\n{line}\n\nIt is done.").letter("unclear", AGENT)
        assert says in told(letter), (line, told(letter))
    assert desk.ticket(first.ticket)["assignee_id"] is None
    assert [m["kind"] for m in desk.messages(first.ticket)] == ["customer"]


def test_what_only_leads_may_do_is_refused_to_others(open_desk: Callable[..., RunningDesk], sink: Sink) -> None:
    leads = DESKS.replace('address = "second@desk.example"', 'address = "second@desk.example"\nleads = ["support"]')
    desk = open_desk(sink, tables='[agents]\nundo_seconds = 0\nleads_only = ["spam"]\n', desks=leads)
    first = opened(desk)
    refused = told(does(desk, first, "#spam").letter("unclear", AGENT))
    assert "“#spam” is not for you to do; a lead of a team may." in refused
    assert "once more" not in refused
    assert desk.status(first.ticket) == "new"
    does(desk, first, "#spam", SECOND)
    assert desk.status(first.ticket) == "spam"


def test_commands_in_quoted_text_do_nothing(desk: RunningDesk) -> None:
    customer = fresh()
    first = desk.send(new_mail(customer, "#close\n#note Nobody reads this."))
    answer = does(desk, first, "We do not close it.").letter("answer", customer)
    assert text_of(answer.mail).startswith("We do not close it.\n")
    assert desk.status(first.ticket) == "pending"
    assert [m["kind"] for m in desk.messages(first.ticket)] == ["customer", "agent"]


def test_commands_in_a_customers_mail_do_nothing(desk: RunningDesk) -> None:
    customer = fresh()
    words = f"#close\n#priority urgent\n#assign {AGENT}\n#cc {fresh('stranger')}\n#note Hidden.\n"
    first = desk.send(new_mail(customer, words, Subject="#spam"), "inside")
    again = desk.send(reply_to(first.letter("acknowledgement").mail, customer, words), "inside")
    assert again.ticket == first.ticket
    ticket = desk.ticket(first.ticket)
    assert (ticket["status"], ticket["priority"], ticket["assignee_id"]) == ("new", "medium", None)
    assert [m["kind"] for m in desk.messages(first.ticket)] == ["customer", "customer"]
    assert len(desk.rows("SELECT 1 FROM participant WHERE ticket_id = ?", first.ticket)) == 1
    assert desk.rows("SELECT 1 FROM act WHERE ticket_id = ?", first.ticket) == []


def test_commands_of_one_message_id_run_once(desk: RunningDesk) -> None:
    first, other = opened(desk), opened(desk)
    mail = reply_to(first.letter("notification", AGENT).mail, AGENT, "#tag vpn")
    desk.send(mail, "inside")
    assert desk.send(mail, "inside").outcome == ("ignored", "duplicate")
    for receipt in (first, other):
        told_again = receipt.letter("notification", AGENT).mail
        once_more = reply_to(told_again, AGENT, "#untag vpn\n#close", Message_ID=str(mail["Message-ID"]))
        assert desk.send(once_more, "inside").outcome[0] != "filed"
        assert desk.status(receipt.ticket) == "new"
    assert [e for e in desk.events(first.ticket) if "tag" in e] == ["tagged"]


def test_an_undo_by_its_page_acts_on_a_click_alone_and_once(desk: RunningDesk) -> None:
    first = opened(desk)
    receipt = does(desk, first, "#close").letter("receipt")
    [link] = re.findall(r"https?://\S+/undo/\S+", text_of(receipt.mail))
    assert [desk.get(link)[0] for _ in range(2)] == [200, 200]
    assert desk.status(first.ticket) == "closed"
    assert desk.post(link, "decision=undo")[0] == 200
    assert desk.status(first.ticket) == "new"
    does(desk, first, "#close")
    desk.post(link, "decision=undo")
    assert desk.status(first.ticket) == "closed"


def test_a_receipt_speaks_its_agents_language(open_desk: Callable[..., RunningDesk], sink: Sink) -> None:
    desk = open_desk(sink, desks=DESKS.replace('name = "Desk Agent"', 'name = "Desk Agent"\nlanguage = "de"'))
    first, other = opened(desk), opened(desk)
    done = does(desk, first, f"#take\n#link {other.ticket}")
    assert f"Zuständig: Desk Agent Verknüpft mit: #{other.ticket}" in told(done.letter("receipt", AGENT))
    undone = told(does(desk, first, "#undo").letter("receipt", AGENT))
    assert f"Nicht mehr verknüpft mit: #{other.ticket} Zuständig: Desk Agent → niemand" in undone
    does(desk, first, "#note Look at this.")
    assert "Notiz: zurückgezogen" in told(does(desk, first, "#undo").letter("receipt", AGENT)).replace(
        "Notiz behalten", "Notiz"
    )


def test_an_answer_to_whatever_mail_about_the_ticket_came_last_goes_to_the_customer(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    last = does(desk, first, "#take\n#tag printer").letter("receipt")
    for words in ("Pull the plug.", "#priority high\n\nAnd wait."):
        sent = desk.send(reply_to(last.mail, AGENT, words), "inside")
        assert text_of(sent.letter("answer", customer).mail).startswith(words.rpartition("\n")[2])
    slip = does(desk, first, "#priorty low\n\nIs it better now?").letter("unclear")
    sent = desk.send(reply_to(slip.mail, AGENT, "#priority low\n\nIs it better now?"), "inside")
    assert text_of(sent.letter("answer", customer).mail).startswith("Is it better now?")
    assert "Printer on fire" not in text_of(sent.letter("answer", customer).mail)
    spoiled = reply_to(last.mail, AGENT, "Sent twice?", quote=False)
    spoiled.set_content("Sent twice?\n\n" + text_of(last.mail).partition("\n")[2])
    assert [kind for kind, _ in desk.send(spoiled, "inside").kinds] == ["confirmation"]


def test_a_note_that_ends_like_a_command_is_kept_and_the_receipt_says_so(desk: RunningDesk) -> None:
    first = opened(desk)
    told_ = told(does(desk, first, "#note Called back.\n\n#close").letter("receipt"))
    assert "Stands in the note and was not carried out: #close" in told_
    assert desk.status(first.ticket) == "new"
    assert desk.messages(first.ticket)[-1]["words"] == "Called back.\n\n#close"


def test_a_merge_with_words_and_a_snooze_of_what_is_resolved_say_why_not(desk: RunningDesk) -> None:
    first, other = opened(desk), opened(desk)
    merged = told(does(desk, first, f"#merge {other.ticket}\n\nIt is done.").letter("unclear"))
    assert "This stands alone: write the answer" in merged
    does(desk, first, "#resolve")
    assert "“2d” is for a request that is open" in told(does(desk, first, "#snooze 2d").letter("unclear"))
