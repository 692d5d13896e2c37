"""A conversation from the first mail to the last, as a customer and an agent have it."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from tests.journey.mails import address_of, fresh, html_of, new_mail, reply_to, text_of
from tests.journey.receipt import Receipt, parsed
from tests.journey.running import AGENT, SECOND, RunningDesk, until


def opened(desk: RunningDesk, customer: str, text: str = "The printer is on fire.", **headers: str) -> Receipt:
    """A new ticket of this customer's."""
    return desk.send(new_mail(customer, text, **headers))


def answered(desk: RunningDesk, receipt: Receipt, text: str = "Pull the plug, please.", agent: str = AGENT) -> Receipt:
    """The agent's answer to the notification that the receipt led to."""
    return desk.send(reply_to(receipt.letter("notification", agent).mail, agent, text), "inside")


def test_a_first_mail_opens_a_ticket_is_acknowledged_and_told_to_the_team(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    assert receipt.outcome == ("filed", "no-ticket-named")
    assert receipt.code == 250
    assert desk.status(receipt.ticket) == "new"
    assert desk.ticket(receipt.ticket)["subject"] == "Printer on fire"
    assert receipt.kinds == [("acknowledgement", customer), ("notification", AGENT), ("notification", SECOND)]
    for letter in receipt.letters:
        assert desk.arrived(letter).content == letter.raw
    assert "mail_delivered" in until(lambda: events if len(events := desk.events(receipt.ticket)) == 4 else [])


def test_i10_an_acknowledgement_to_an_unproved_address_repeats_no_word_of_the_mail(desk: RunningDesk) -> None:
    customer = fresh()
    mail = new_mail(
        f"Untrusted Name <{customer}>", "Untrusted words.\n-- \nUntrusted signature", Subject="Untrusted subject"
    )
    mail.add_attachment(b"untrusted", maintype="text", subtype="plain", filename="untrusted.txt")
    receipt = desk.send(mail)
    ack = receipt.letter("acknowledgement").mail
    assert ack["Subject"] == f"[#{receipt.ticket}] Your message to Support"
    assert ack["In-Reply-To"] == mail["Message-ID"]
    assert ack["References"] == mail["Message-ID"]
    assert "untrusted" not in ack.as_string().casefold()
    assert "untrusted" not in (text_of(ack) + html_of(ack)).casefold()


def test_i10_a_proved_address_gets_its_own_subject_back(desk: RunningDesk) -> None:
    customer = fresh()
    ack = opened(desk, customer).letter("acknowledgement")
    desk.send(reply_to(ack.mail, customer, "It still burns."))
    second = opened(desk, customer, Subject="Scanner too")
    assert second.letter("acknowledgement").mail["Subject"] == f"Re: Scanner too [#{second.ticket}]"


def test_i09_automatic_mail_says_so_and_leaves_with_the_null_sender(desk: RunningDesk) -> None:
    receipt = opened(desk, fresh())
    ack = receipt.letter("acknowledgement")
    assert ack.mail["Auto-Submitted"] == "auto-replied"
    assert desk.arrived(ack).sender == ""
    notification = receipt.letter("notification", AGENT)
    assert notification.mail["Auto-Submitted"] == "auto-generated"
    assert desk.arrived(notification).sender.startswith("support+b")


def test_the_notification_shows_the_mail_and_can_be_answered(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, f"A Customer <{customer}>", "The printer is on fire.")
    mail = receipt.letter("notification", AGENT).mail
    assert mail["Subject"] == f"[#{receipt.ticket}] Printer on fire"
    assert "The printer is on fire." in text_of(mail)
    assert customer in text_of(mail)
    assert address_of(mail["Reply-To"]).startswith(f"support+{receipt.ticket}-")
    assert address_of(mail["From"]) == "support@desk.example"


def test_an_agents_reply_reaches_the_customer_in_the_same_thread(desk: RunningDesk) -> None:
    customer = fresh()
    first = new_mail(customer)
    receipt = desk.send(first)
    answer = answered(desk, receipt)
    assert answer.outcome == ("filed", "reply-token")
    letter = answer.letter("answer")
    assert answer.kinds == [("answer", customer)]
    mail = parsed(desk.arrived(letter).content)
    assert address_of(mail["To"]) == customer
    assert mail["From"] == '"Desk Agent (Support)" <support@desk.example>'
    assert mail["Subject"] == f"[#{receipt.ticket}] Your message to Support"  # as the acknowledgement began it
    assert mail["In-Reply-To"] == first["Message-ID"]
    assert str(first["Message-ID"]) in str(mail["References"]).split()
    assert mail["Auto-Submitted"] is None
    assert desk.arrived(letter).sender.startswith("support+b")
    text = text_of(mail)
    assert text.startswith("Pull the plug, please.")
    assert "[cf:" not in text + html_of(mail)
    assert "wrote:" not in text


def test_the_first_answer_is_the_first_response_and_the_ticket_waits_for_the_customer(desk: RunningDesk) -> None:
    receipt = opened(desk, fresh())
    answered(desk, receipt)
    ticket = desk.ticket(receipt.ticket)
    assert ticket["status"] == "pending"
    assert ticket["first_response_at"] is not None
    kept = ticket["first_response_at"]
    answered(desk, receipt, "And open a window.")
    assert desk.ticket(receipt.ticket)["first_response_at"] == kept
    events = [e for e in desk.events(receipt.ticket) if e != "mail_delivered"]
    assert events == ["ticket_opened", "agent_replied", "status_changed", "agent_replied"]


def test_attachments_travel_both_ways_unchanged(desk: RunningDesk) -> None:
    customer = fresh()
    photo, manual = bytes(range(256)) * 40, b"%PDF-1.4 plug"
    mail = new_mail(customer)
    mail.add_attachment(photo, maintype="image", subtype="jpeg", filename="Brände.jpg")
    receipt = desk.send(mail)
    notification = receipt.letter("notification", AGENT).mail
    assert [(a.get_filename(), a.get_content()) for a in notification.iter_attachments()] == [("Brände.jpg", photo)]
    reply = reply_to(notification, AGENT, "See the manual.")
    reply.add_attachment(manual, maintype="application", subtype="pdf", filename="manual.pdf")
    answer = desk.send(reply, "inside").letter("answer").mail
    assert [(a.get_filename(), a.get_content()) for a in answer.iter_attachments()] == [("manual.pdf", manual)]


def test_a_customers_reply_by_token_reopens_and_proves_the_address(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    answer = answered(desk, receipt).letter("answer").mail
    assert desk.status(receipt.ticket) == "pending"
    assert not desk.is_proved(customer)
    reply = desk.send(reply_to(answer, customer, "It burns again."))
    assert reply.outcome == ("filed", "reply-token")
    assert reply.ticket == receipt.ticket
    assert desk.status(receipt.ticket) == "open"
    assert desk.is_proved(customer)
    assert reply.kinds == [("notification", AGENT), ("notification", SECOND)]
    assert desk.messages(receipt.ticket)[-1]["words"].strip() == "It burns again."


def test_a_late_reply_reopens_a_resolved_ticket(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    answer = answered(desk, receipt).letter("answer").mail
    assert desk.run("ticket", "set", str(receipt.ticket), "--status", "resolved").returncode == 0
    reply = desk.send(reply_to(answer, customer, "It burns again."))
    assert reply.ticket == receipt.ticket
    assert desk.status(receipt.ticket) == "open"
    assert desk.ticket(receipt.ticket)["resolved_at"] is None


def test_references_hold_over_a_long_conversation(desk: RunningDesk) -> None:
    customer = fresh()
    first = new_mail(customer)
    receipt = desk.send(first)
    seen = [str(first["Message-ID"])]
    for round_ in range(3):
        answer = answered(desk, receipt, f"Answer {round_}.").letter("answer").mail
        assert str(answer["References"]).split() == seen
        assert answer["In-Reply-To"] == seen[-1]
        seen.append(str(answer["Message-ID"]))
        reply = reply_to(answer, customer, f"Question {round_}.")
        receipt = desk.send(reply)
        seen.append(str(reply["Message-ID"]))
    assert len(desk.messages(receipt.ticket)) == 7


def test_a_reply_that_lost_its_address_joins_by_reference(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    answer = answered(desk, receipt).letter("answer").mail
    reply = reply_to(answer, customer, "Sent to the plain address.", To="support@desk.example")
    assert desk.send(reply).ticket == receipt.ticket


def test_a_customers_own_second_mail_in_the_thread_joins_by_reference(desk: RunningDesk) -> None:
    customer = fresh()
    first = new_mail(customer)
    receipt = desk.send(first)
    more = desk.send(new_mail(customer, "P. S.: bring water.", In_Reply_To=str(first["Message-ID"])))
    assert more.outcome == ("filed", "reference-from-known-author")
    assert more.ticket == receipt.ticket


def test_someone_in_copy_may_join_and_is_sent_nothing(desk: RunningDesk) -> None:
    customer, colleague = fresh(), fresh("colleague")
    first = new_mail(customer, Cc=colleague)
    receipt = desk.send(first)
    joined = desk.send(new_mail(colleague, "I saw it too.", In_Reply_To=str(first["Message-ID"])))
    assert joined.ticket == receipt.ticket
    assert answered(desk, joined).kinds == [("answer", customer)]


def test_i12_a_subject_tag_joins_from_its_proved_author_alone(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    tagged = desk.send(new_mail(customer, Subject=f"Once more [#{receipt.ticket}]"))
    assert tagged.outcome == ("filed", "claim-unproved")
    assert desk.links(tagged.ticket) == [(receipt.ticket, "mentioned")]


def test_an_agent_who_logs_in_may_answer(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    reply = reply_to(receipt.letter("notification", AGENT).mail, AGENT, "Pull the plug, please.")
    answer = desk.send(reply, "submission", login=AGENT)
    assert answer.outcome == ("filed", "reply-token")
    assert desk.messages(receipt.ticket)[-1]["evidence"] == "submission"
    assert answer.kinds == [("answer", customer)]


def test_mail_by_lmtp_has_an_answer_for_each_recipient(desk: RunningDesk) -> None:
    receipt = desk.send(new_mail(fresh()), "lmtp", to=["support@desk.example", "billing@desk.example"])
    assert receipt.code == 250
    assert [(r["source"], r["desk"], r["state"]) for r in receipt.rows] == [
        ("lmtp", "support", "filed"),
        ("lmtp", "billing", "filed"),
    ]


def test_an_unknown_recipient_is_refused_before_the_mail(desk: RunningDesk) -> None:
    receipt = desk.send(new_mail(fresh()), to="someone.else@elsewhere.example")
    assert receipt.code == 550
    assert receipt.rows == ()


def test_a_closed_ticket_gets_a_follow_up_when_the_answer_comes_too_late(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    answer = answered(desk, receipt).letter("answer").mail
    assert desk.run("ticket", "set", str(receipt.ticket), "--status", "closed").returncode == 0
    soon = desk.send(reply_to(answer, customer, "Not quite."))
    assert soon.ticket == receipt.ticket
    assert desk.status(receipt.ticket) == "open"
    assert desk.run("ticket", "set", str(receipt.ticket), "--status", "closed").returncode == 0
    desk.rewrite("UPDATE ticket SET closed_at = closed_at - 15 * 86400 WHERE id = ?", receipt.ticket)
    late = desk.send(reply_to(answer, customer, "It burns again, after weeks."))
    assert late.ticket != receipt.ticket
    assert desk.links(late.ticket) == [(receipt.ticket, "follow-up")]
    assert desk.status(receipt.ticket) == "closed"
    assert desk.ticket(late.ticket)["subject"] == "Printer on fire"


@pytest.mark.parametrize(("status", "told"), [("resolved", True), ("pending", False)])
def test_the_customer_is_told_of_the_statuses_that_the_operator_chose(
    desk: RunningDesk, status: str, told: bool
) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    last = desk.letters()[-1].id
    assert desk.run("ticket", "set", str(receipt.ticket), "--status", status).returncode == 0
    letters = desk.letters(last)
    assert [(x.kind, x.recipient) for x in letters] == ([("status", customer)] if told else [])
    if told:
        mail: EmailMessage = parsed(desk.arrived(letters[0]).content)
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Subject"] == f"[#{receipt.ticket}] Your message to Support"
        assert "resolved" in text_of(mail)


def test_i29_an_agent_in_copy_of_the_customers_mail_hears_of_it_once(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer, Cc=AGENT)
    assert receipt.kinds == [("acknowledgement", customer), ("notification", SECOND)]


def test_i29_a_customer_in_copy_of_the_agents_answer_gets_it_once(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    reply = reply_to(receipt.letter("notification", AGENT).mail, AGENT, "Pull the plug.", Cc=customer)
    answer = desk.send(reply, "inside")
    assert answer.outcome == ("filed", "reply-token")
    assert "answer" not in [x.kind for x in answer.letters]
    assert desk.status(receipt.ticket) == "pending"


def test_an_agent_opens_a_ticket_by_a_mail_of_their_own(desk: RunningDesk) -> None:
    receipt = desk.send(new_mail(AGENT, "Order new extinguishers."), "inside")
    assert receipt.outcome == ("filed", "no-ticket-named")
    assert receipt.kinds == [("notification", SECOND)]


def test_ticket_why_names_the_rule_of_each_message(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = opened(desk, customer)
    answered(desk, receipt)
    rules = [row["because"] for row in desk.json("ticket", "why", str(receipt.ticket), "--json")]
    assert rules == ["no-ticket-named", "reply-token"]
    told = desk.run("ticket", "why", str(receipt.ticket)).stdout
    assert "It names no ticket, so it opened one." in told
    assert "from a trusted network" in told
