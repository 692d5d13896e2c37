"""Whose word counts (invariants 11 and 28): what an agent's mail needs before it may leave."""

from __future__ import annotations

import re
from email.message import EmailMessage

from tests.journey.mails import fresh, html_of, new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt, parsed
from tests.journey.running import AGENT, SECOND, RunningDesk

WORDS = "Pull the plug, please."


def opened(desk: RunningDesk, customer: str) -> Receipt:
    return desk.send(new_mail(customer))


def notification(receipt: Receipt, agent: str = AGENT) -> EmailMessage:
    return receipt.letter("notification", agent).mail


def held_by_from_alone(desk: RunningDesk, customer: str) -> tuple[Receipt, Receipt]:
    """A ticket, and the agent's reply to it that came through a door which proves nothing."""
    first = opened(desk, customer)
    held = desk.send(reply_to(notification(first), AGENT, WORDS))
    assert held.outcome == ("quarantined", "agent-unproved")
    return first, held


def link_in(question: Letter) -> str:
    found = re.findall(r"https?://\S+/confirm/\S+", text_of(question.mail))
    assert len(found) == 1
    return str(found[0])


def answers(desk: RunningDesk, ticket: int) -> list[str]:
    return [x.recipient for x in desk.letters() if x.kind == "answer" and x.ticket == ticket]


def test_i11_an_agents_from_and_token_without_evidence_are_held_and_the_agent_is_asked(desk: RunningDesk) -> None:
    customer = fresh()
    first, held = held_by_from_alone(desk, customer)
    assert held.kinds == [("confirmation", AGENT)]
    assert [m["kind"] for m in desk.messages(first.ticket)] == ["customer"]
    assert desk.status(first.ticket) == "new"


def test_i11_an_agents_from_with_evidence_but_without_a_token_is_held(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    number = first.ticket
    mail = new_mail(AGENT, WORDS, Subject=f"Re: [#{number}] Printer on fire")
    assert desk.send(mail, "inside").outcome == ("quarantined", "agent-without-token")
    customers = str(desk.messages(number)[0]["rfc_message_id"])
    mail = new_mail(AGENT, WORDS, In_Reply_To=f"<{customers}>")
    assert desk.send(mail, "inside").outcome == ("quarantined", "agent-without-token")


def test_i11_a_token_of_another_person_is_held(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    as_second = reply_to(notification(first, SECOND), AGENT, WORDS, In_Reply_To="", References="")
    assert desk.send(as_second, "inside").outcome == ("quarantined", "token-of-another")
    as_customer = reply_to(first.letter("acknowledgement").mail, AGENT, WORDS, In_Reply_To="", References="")
    assert desk.send(as_customer, "inside").outcome == ("quarantined", "token-of-another")
    assert answers(desk, first.ticket) == []


def test_i11_a_token_in_other_hands_carries_no_agents_word(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    stranger = fresh("stranger")
    receipt = desk.send(reply_to(notification(first), stranger, WORDS), "inside")
    assert receipt.outcome == ("filed", "reply-token-of-another")
    assert answers(desk, first.ticket) == []
    assert [m["kind"] for m in desk.messages(first.ticket)] == ["customer", "customer"]
    assert stranger not in [x.recipient for x in receipt.letters]


def test_i11_the_agent_confirms_by_a_reply(desk: RunningDesk) -> None:
    customer = fresh()
    first, held = held_by_from_alone(desk, customer)
    question = held.letter("confirmation").mail
    yes = desk.send(reply_to(question, AGENT, ""))
    assert yes.outcome[0] == "ignored"
    answer = yes.letter("answer")
    assert answer.recipient == customer
    assert text_of(answer.mail).startswith(WORDS)
    assert desk.status(first.ticket) == "pending"
    assert desk.messages(first.ticket)[-1]["evidence"] == "confirmed"


def test_i11_the_agent_discards_by_a_reply(desk: RunningDesk) -> None:
    first, held = held_by_from_alone(desk, fresh())
    no = desk.send(reply_to(held.letter("confirmation").mail, AGENT, "Discard."))
    assert no.letters == ()
    row = desk.rows("SELECT * FROM inbound WHERE id = ?", held.row["id"])[0]
    assert (row["state"], row["because"]) == ("ignored", "discarded-by-agent")
    again = desk.send(reply_to(held.letter("confirmation").mail, AGENT, "Send it after all."))
    assert again.outcome == ("ignored", "question-settled-already")
    assert answers(desk, first.ticket) == []


def test_i11_a_confirmation_that_comes_twice_acts_once(desk: RunningDesk) -> None:
    customer = fresh()
    first, held = held_by_from_alone(desk, customer)
    yes = reply_to(held.letter("confirmation").mail, AGENT, "Yes.")
    desk.send(yes)
    again = desk.send(yes)
    assert again.outcome == ("ignored", "duplicate")
    assert answers(desk, first.ticket) == [customer]


def test_i11_a_stranger_cannot_answer_the_question(desk: RunningDesk) -> None:
    first, held = held_by_from_alone(desk, fresh())
    question = held.letter("confirmation").mail
    desk.send(reply_to(question, fresh("stranger"), "Yes."))
    forged = reply_to(question, AGENT, "Yes.")
    forged.replace_header("To", re.sub(r"\+c(\d+)-....", r"+c\1-aaaa", str(forged["To"])))
    assert desk.send(forged).code == 250
    assert answers(desk, first.ticket) == []


def test_i11_a_machines_reply_to_the_question_is_no_word(desk: RunningDesk) -> None:
    first, held = held_by_from_alone(desk, fresh())
    question = held.letter("confirmation").mail
    vacation = desk.send(reply_to(question, AGENT, "I am away.", Auto_Submitted="auto-replied"))
    assert vacation.outcome == ("ignored", "automatic-answer-to-a-question")
    silent = desk.send(reply_to(question, AGENT, "I am away."), sender="")
    assert silent.outcome == ("ignored", "automatic-answer-to-a-question")
    assert answers(desk, first.ticket) == []


def test_i11_the_page_shows_and_acts_on_a_click_alone(desk: RunningDesk) -> None:
    customer = fresh()
    first, held = held_by_from_alone(desk, customer)
    link = link_in(held.letter("confirmation"))
    for _ in range(2):
        code, page = desk.get(link)
        assert code == 200
        assert WORDS in page
        assert "<button" in page
    assert answers(desk, first.ticket) == []
    assert desk.post(link, "decision=perhaps")[0] == 200
    assert answers(desk, first.ticket) == []
    code, page = desk.post(link, "decision=confirmed")
    assert code == 200
    assert "<button" not in page
    assert answers(desk, first.ticket) == [customer]
    desk.post(link, "decision=confirmed")
    desk.post(link, "decision=discarded")
    assert answers(desk, first.ticket) == [customer]
    assert desk.status(first.ticket) == "pending"


def test_i11_the_page_discards(desk: RunningDesk) -> None:
    first, held = held_by_from_alone(desk, fresh())
    link = link_in(held.letter("confirmation"))
    assert desk.post(link, "decision=discarded")[0] == 200
    assert desk.post(link, "decision=confirmed")[0] == 200
    assert answers(desk, first.ticket) == []


def test_i11_a_link_that_is_not_genuine_leads_nowhere(desk: RunningDesk) -> None:
    first, held = held_by_from_alone(desk, fresh())
    link = link_in(held.letter("confirmation"))
    forged = link[:-4] + "aaaa"
    assert desk.get(forged)[0] == 404
    assert desk.post(forged, "decision=confirmed")[0] == 404
    for number in ("999999", "9" * 30):
        elsewhere = re.sub(r"/confirm/\d+", f"/confirm/{number}", link)
        assert desk.get(elsewhere)[0] == 404
        assert desk.post(elsewhere, "decision=confirmed")[0] == 404
    assert answers(desk, first.ticket) == []


def test_i11_a_lapsed_question_is_confirmed_no_more(desk: RunningDesk) -> None:
    first, held = held_by_from_alone(desk, fresh())
    desk.rewrite("UPDATE hold SET expires_at = 1 WHERE inbound_id = ?", held.row["id"])
    code, page = desk.post(link_in(held.letter("confirmation")), "decision=confirmed")
    assert code == 200
    assert "<button" not in page
    late = desk.send(reply_to(held.letter("confirmation").mail, AGENT, "Yes."))
    assert late.outcome == ("ignored", "question-settled-already")
    assert answers(desk, first.ticket) == []


def test_i11_the_operator_may_vouch_for_the_agent(desk: RunningDesk) -> None:
    customer = fresh()
    first, held = held_by_from_alone(desk, customer)
    desk.rewrite("UPDATE hold SET expires_at = 1 WHERE inbound_id = ?", held.row["id"])
    released = desk.json("inbound", "release", str(held.row["id"]))
    assert released[0]["outcome"] == "filed"
    assert released[0]["ticket"] == first.ticket
    assert answers(desk, first.ticket) == [customer]
    assert desk.run("inbound", "release", str(held.row["id"])).returncode == 1


def test_i11_an_agents_mail_acts_once(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    reply = reply_to(notification(first), AGENT, WORDS)
    desk.send(reply, "inside")
    assert desk.send(reply, "inside").outcome == ("ignored", "duplicate")
    reply["X-Other"] = "the same mail, with other words"
    reply.set_content("Other words.\n")
    assert desk.send(reply, "inside").outcome == ("ignored", "agent-message-id-seen")
    assert answers(desk, first.ticket) == [customer]


def test_an_agents_vacation_notice_does_not_reach_the_customer(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    notice = reply_to(notification(first), AGENT, "I am away.", Auto_Submitted="auto-replied")
    receipt = desk.send(notice, "inside")
    assert receipt.outcome == ("ignored", "automatic-mail-from-agent")
    assert receipt.letters == ()


# -- invariant 28


def with_body(mail: EmailMessage, body: str) -> EmailMessage:
    mail.set_content(body)
    return mail


def test_i28_our_marker_gone_holds_the_reply(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    told = notification(first)
    below = text_of(told).partition("\n")[2]
    assert "[cf:" in below
    reply = with_body(reply_to(told, AGENT, ""), f"{WORDS}\n\n{below}")
    held = desk.send(reply, "inside")
    assert [m["state"] for m in desk.messages(first.ticket)] == ["filed", "held"]
    assert held.kinds == [("confirmation", AGENT)]
    assert "reply_held" in desk.events(first.ticket)
    assert answers(desk, first.ticket) == []
    assert desk.status(first.ticket) == "new"


def test_i28_our_lines_are_known_without_their_marks(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    told = notification(first)
    bare = re.sub(r"\[cf:[a-z]+\] ", "", text_of(told))
    held = desk.send(with_body(reply_to(told, AGENT, ""), f"{WORDS}\n\n{bare}"), "inside")
    assert held.kinds == [("confirmation", AGENT)]
    assert desk.messages(first.ticket)[-1]["state"] == "held"
    assert answers(desk, first.ticket) == []


def test_i28_a_token_in_utf_16_or_in_a_file_name_is_found(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    told = notification(first)
    secret = str(told["Reply-To"]).rpartition("<")[2].rstrip(">")
    for name, content in (("notes.txt", secret.encode("utf-16")), (f"{secret}.txt", b"nothing")):
        reply = reply_to(told, AGENT, WORDS)
        reply.add_attachment(content, maintype="text", subtype="plain", filename=name)
        desk.send(reply, "inside")
        assert desk.messages(first.ticket)[-1]["state"] == "held", name
    assert answers(desk, first.ticket) == []


def test_an_answer_that_can_reach_nobody_is_held_and_the_ticket_stays_as_it_is(desk: RunningDesk) -> None:
    first = desk.send(new_mail(f"{fresh()}, {fresh()}", "Who reads this?"), sender=fresh())
    held = desk.send(reply_to(notification(first), AGENT, WORDS), "inside")
    assert held.outcome == ("quarantined", "nobody-to-write-to")
    assert desk.status(first.ticket) == "new"


def test_i28_a_reply_with_nothing_of_the_agents_is_held(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    told = notification(first)
    quote = "".join(f"> {line}\n" for line in text_of(told).splitlines())
    desk.send(with_body(reply_to(told, AGENT, ""), f"\n{quote}"), "inside")
    assert desk.messages(first.ticket)[-1]["state"] == "held"
    assert answers(desk, first.ticket) == []


def test_i28_a_reply_below_the_quoted_notification_sends_what_the_agent_wrote(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    told = notification(first)
    quote = "".join(f"> {line}\n" for line in text_of(told).splitlines())
    answer = desk.send(with_body(reply_to(told, AGENT, ""), f"{quote}\n{WORDS}\n"), "inside").letter("answer").mail
    assert WORDS in text_of(answer)
    assert "[cf:" not in text_of(answer)
    assert "Requester" not in text_of(answer)


def test_i28_a_held_reply_with_lines_of_ours_leaves_on_nobodys_word(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    told = notification(first)
    below = "".join(f"{line}\n" for line in text_of(told).splitlines()[1:])
    held = desk.send(with_body(reply_to(told, AGENT, ""), f"{WORDS}\n\n{below}"), "inside")
    question = held.letter("confirmation").mail
    assert "/confirm/" not in text_of(question) + html_of(question)
    desk.send(reply_to(question, AGENT, "Send it."))
    assert desk.run("inbound", "release", str(held.row["id"])).returncode == 1
    assert answers(desk, first.ticket) == []


def test_i28_a_held_reply_with_clean_words_goes_out_when_the_agent_confirms(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    told = notification(first)
    quote = "".join(f"> {line}\n" for line in text_of(told).splitlines()[1:])
    body = f"{WORDS}\n\nOn Mon, 5 Jan 2026 at 10:00, support@desk.example wrote:\n{quote}"
    held = desk.send(with_body(reply_to(told, AGENT, ""), body), "inside")
    question = held.letter("confirmation")
    assert f"> {WORDS}" in text_of(question.mail)
    before = desk.letters()[-1].id
    desk.post(link_in(question), "decision=confirmed")
    answer = next(x for x in desk.letters(before) if x.kind == "answer")
    assert text_of(answer.mail).startswith(WORDS)
    assert "[cf:" not in text_of(answer.mail)
    assert desk.ticket(first.ticket)["first_response_at"] is not None
    assert desk.messages(first.ticket)[-1]["state"] == "filed"


def test_i28_a_token_planted_in_an_attachment_holds_the_reply_for_good(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    told = notification(first)
    reply = reply_to(told, AGENT, WORDS)
    reply.add_attachment(
        f"Forwarded: {told['Reply-To']}".encode(), maintype="text", subtype="plain", filename="notes.txt"
    )
    held = desk.send(reply, "inside")
    assert desk.messages(first.ticket)[-1]["state"] == "held"
    question = held.letter("confirmation").mail
    assert "/confirm/" not in text_of(question) + html_of(question)
    desk.send(reply_to(question, AGENT, "Send it."))
    assert desk.run("inbound", "release", str(held.row["id"])).returncode == 1
    assert answers(desk, first.ticket) == []


def test_i28_a_planted_token_is_found_after_the_agent_confirmed(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    told = notification(first)
    reply = reply_to(told, AGENT, WORDS)
    reply.add_attachment(f"{told['Reply-To']}".encode(), maintype="text", subtype="plain", filename="notes.txt")
    held = desk.send(reply)
    assert held.outcome == ("quarantined", "agent-unproved")
    before = desk.letters()[-1].id
    desk.post(link_in(held.letter("confirmation")), "decision=confirmed")
    assert [x.kind for x in desk.letters(before)] == ["confirmation"]
    assert answers(desk, first.ticket) == []


def test_i28_the_notification_forwarded_to_the_customer_as_an_attachment_is_held(desk: RunningDesk) -> None:
    first = opened(desk, fresh())
    told = notification(first)
    reply = reply_to(told, AGENT, WORDS)
    reply.add_attachment(parsed(told.as_bytes()))
    held = desk.send(reply, "inside")
    assert desk.messages(first.ticket)[-1]["state"] == "held"
    assert answers(desk, first.ticket) == []
    assert "answer" not in [x.kind for x in held.letters]


def test_i28_no_letter_to_a_customer_holds_an_agents_token_or_mark(desk: RunningDesk) -> None:
    customer = fresh()
    first = opened(desk, customer)
    desk.send(reply_to(notification(first), AGENT, WORDS), "inside")
    desk.send(reply_to(notification(first, SECOND), SECOND, WORDS), "inside")
    tokens = {
        re.findall(r"-([a-z2-7]{26})@", str(notification(first, agent)["Reply-To"]))[0] for agent in (AGENT, SECOND)
    }
    for letter in desk.letters():
        if letter.recipient == customer:
            whole = letter.mail.as_string() + text_of(letter.mail) + html_of(letter.mail)
            assert not [t for t in tokens if t in whole]
            assert "[cf:" not in whole
            assert "/confirm/" not in whole
