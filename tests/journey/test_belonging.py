"""To which ticket a mail belongs, and to whom nothing is told: invariants 4, 9, 12 and 30."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path

from tests.journey.mails import address_of, fresh, html_of, new_mail, reply_to, text_of
from tests.journey.receipt import Receipt
from tests.journey.running import AGENT, SECOND, RunningDesk
from tests.journey.sink import Sink

DAY = 86_400
SECRET = "The vault code is 7391."


def answered_ticket(desk: RunningDesk, customer: str) -> tuple[Receipt, Receipt]:
    """A ticket with a secret in it, and the agent's answer."""
    first = desk.send(new_mail(customer, SECRET, Subject="Vault"))
    reply = reply_to(first.letter("notification", AGENT).mail, AGENT, "Noted.")
    return first, desk.send(reply, "inside")


def stays_out(desk: RunningDesk, first: Receipt, receipt: Receipt, stranger: str) -> None:
    """The stranger has a ticket of their own, linked, and heard nothing of the other one."""
    assert receipt.outcome == ("filed", "claim-unproved")
    assert receipt.ticket != first.ticket
    assert desk.links(receipt.ticket) == [(first.ticket, "mentioned")]
    assert [m["kind"] for m in desk.messages(first.ticket)] == ["customer", "agent"]
    assert desk.status(first.ticket) == "pending"
    for letter in desk.letters():
        if letter.recipient == stranger:
            assert letter.ticket == receipt.ticket
            assert SECRET not in text_of(letter.mail) + html_of(letter.mail)
            assert "Vault" not in letter.mail.as_string()


# -- invariant 4


def test_i04_a_mail_delivered_twice_makes_one_message(desk: RunningDesk) -> None:
    mail = new_mail(fresh())
    first, second = desk.send(mail), desk.send(mail)
    assert second.code == 250
    assert second.outcome == ("ignored", "duplicate")
    assert second.ticket == first.ticket
    assert second.letters == ()
    assert len(desk.messages(first.ticket)) == 1


def test_i04_a_mail_delivered_by_another_way_is_recognised(desk: RunningDesk) -> None:
    mail = new_mail(fresh())
    first = desk.send(mail)
    again = b"Received: from elsewhere by desk.example; Mon, 5 Jan 2026 10:00:00 +0000\r\n" + mail.as_bytes()
    assert desk.send(again, "lmtp", to="support@desk.example").outcome == ("ignored", "duplicate")
    assert len(desk.messages(first.ticket)) == 1


def test_i04_other_words_under_a_used_message_id_are_kept(desk: RunningDesk) -> None:
    customer = fresh()
    mail = new_mail(customer)
    first = desk.send(mail)
    mail.set_content("Quite other words.\n")
    second = desk.send(mail)
    assert second.outcome[0] == "filed"
    assert [m["words"].strip() for m in desk.messages(second.ticket)] == ["Quite other words."]
    stranger = new_mail(fresh("stranger"), "A stranger's words.", Message_ID=str(mail["Message-ID"]))
    third = desk.send(stranger)
    assert third.ticket != first.ticket
    assert desk.messages(first.ticket)[0]["words"].strip() == "The printer is on fire."


def test_i04_one_mail_to_two_desks_makes_two_linked_tickets(desk: RunningDesk) -> None:
    customer = fresh()
    both = ["support@desk.example", "billing@desk.example"]
    receipt = desk.send(new_mail(customer, To=", ".join(both)), to=both)
    support, billing = (r["ticket_id"] for r in receipt.rows)
    assert support != billing
    assert desk.links(billing) == [(support, "same-mail")]
    assert [desk.ticket(n)["desk"] for n in (support, billing)] == ["support", "billing"]
    assert len({r["fingerprint"] for r in receipt.rows}) == 1


def test_i04_mail_without_date_and_message_id_is_the_same_for_five_days(desk: RunningDesk) -> None:
    raw = f"From: {fresh()}\r\nTo: support@desk.example\r\nSubject: bare\r\n\r\nFire.\r\n".encode()
    first = desk.send(raw, to="support@desk.example")
    assert desk.send(raw, to="support@desk.example").outcome == ("ignored", "duplicate")
    desk.rewrite(
        "UPDATE inbound SET received_at = received_at - ? WHERE fingerprint = ?", 6 * DAY, first.row["fingerprint"]
    )
    later = desk.send(raw, to="support@desk.example")
    assert later.outcome[0] == "filed"
    assert later.ticket != first.ticket


# -- invariant 12


def test_i12_a_stranger_who_names_a_message_of_the_ticket_stays_out(desk: RunningDesk) -> None:
    first, _ = answered_ticket(desk, fresh())
    stranger = fresh("stranger")
    customers = f"<{desk.messages(first.ticket)[0]['rfc_message_id']}>"
    receipt = desk.send(new_mail(stranger, "Me too.", In_Reply_To=customers, References=customers))
    stays_out(desk, first, receipt, stranger)


def test_i12_a_stranger_to_whom_our_answer_was_forwarded_stays_out(desk: RunningDesk) -> None:
    first, answer = answered_ticket(desk, fresh())
    stranger = fresh("stranger")
    ours = str(answer.letter("answer").mail["Message-ID"])
    receipt = desk.send(new_mail(stranger, "Me too.", In_Reply_To=ours, References=ours))
    stays_out(desk, first, receipt, stranger)


def test_i12_a_stranger_who_guesses_the_subject_tag_stays_out(desk: RunningDesk) -> None:
    first, _ = answered_ticket(desk, fresh())
    stranger = fresh("stranger")
    receipt = desk.send(new_mail(stranger, "Me too.", Subject=f"Re: [#{first.ticket}] Vault"))
    stays_out(desk, first, receipt, stranger)


def test_i12_a_stranger_who_guesses_the_reply_address_stays_out(desk: RunningDesk) -> None:
    first, _ = answered_ticket(desk, fresh())
    stranger = fresh("stranger")
    receipt = desk.send(new_mail(stranger, "Me too.", To=f"support+{first.ticket}-{'a' * 26}@desk.example"))
    assert receipt.outcome[0] == "filed"
    assert receipt.ticket != first.ticket
    assert [m["kind"] for m in desk.messages(first.ticket)] == ["customer", "agent"]
    assert SECRET not in "".join(text_of(x.mail) for x in desk.letters() if x.recipient == stranger)


def test_i12_a_claimed_from_alone_does_not_join(desk: RunningDesk) -> None:
    customer = fresh()
    first, _ = answered_ticket(desk, customer)
    receipt = desk.send(new_mail(customer, "It is me.", Subject=f"[#{first.ticket}] Vault"))
    assert receipt.outcome == ("filed", "claim-unproved")
    assert receipt.ticket != first.ticket


def test_i12_a_token_in_other_hands_joins_and_hears_nothing(desk: RunningDesk) -> None:
    customer, colleague = fresh(), fresh("colleague")
    first, answer = answered_ticket(desk, customer)
    receipt = desk.send(reply_to(answer.letter("answer").mail, colleague, "For my colleague."))
    assert receipt.outcome == ("filed", "reply-token-of-another")
    assert receipt.ticket == first.ticket
    assert not desk.is_proved(customer)
    assert not desk.is_proved(colleague)
    author = desk.rows(
        "SELECT a.key FROM message m JOIN mail_address a ON a.person_id = m.author_id WHERE m.id = ?",
        receipt.row["message_id"],
    )
    assert [r["key"] for r in author] == [colleague]
    again = reply_to(receipt.letter("notification", AGENT).mail, AGENT, "For you both?")
    assert [x.recipient for x in desk.send(again, "inside").letters if x.kind == "answer"] == [customer]
    assert colleague not in [x.recipient for x in desk.letters()]


def test_i13_reply_to_and_cc_do_not_become_receivers(desk: RunningDesk) -> None:
    customer, other, third = fresh(), fresh("other"), fresh("third")
    receipt = desk.send(new_mail(customer, Reply_To=other, Cc=third))
    desk.send(reply_to(receipt.letter("notification", AGENT).mail, AGENT, "Noted."), "inside")
    assert not {other, third} & {x.recipient for x in desk.letters()}


# -- invariant 9


def test_i09_automatic_mail_is_never_answered(desk: RunningDesk) -> None:
    for headers in (
        {"Auto-Submitted": "auto-generated"},
        {"Auto-Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"Precedence": "junk"},
        {"List-Id": "<dev.lists.example>"},
        {"List-Unsubscribe": "<mailto:leave@lists.example>"},
        {"X-Auto-Response-Suppress": "All"},
        {"X-Autoreply": "yes"},
    ):
        customer = fresh()
        receipt = desk.send(new_mail(customer, **{k.replace("-", "_"): v for k, v in headers.items()}))
        assert receipt.outcome[0] in ("filed", "ignored"), headers
        assert customer not in [x.recipient for x in receipt.letters], headers


def test_i09_the_null_sender_and_machines_are_never_answered(desk: RunningDesk) -> None:
    customer = fresh()
    assert customer not in [x.recipient for x in desk.send(new_mail(customer), sender="").letters]
    for machine in ("noreply@shop.example", "MAILER-DAEMON@mx.example", "do-not-reply@shop.example"):
        receipt = desk.send(new_mail(machine))
        assert receipt.outcome[0] in ("filed", "ignored"), machine
        assert machine not in [x.recipient for x in receipt.letters]


def test_i09_our_own_mail_that_comes_round_opens_nothing(desk: RunningDesk) -> None:
    receipt = desk.send(new_mail(fresh()))
    before = desk.rows("SELECT count(*) AS n FROM ticket")[0]["n"]
    for letter in receipt.letters:
        back = desk.send(letter.raw, to="support@desk.example", sender="forwarder@customer.example")
        assert back.outcome == ("ignored", "own-mail")
        assert back.letters == ()
    assert desk.rows("SELECT count(*) AS n FROM ticket")[0]["n"] == before


def test_i09_an_answering_machine_is_filed_on_its_ticket_and_told_to_nobody(desk: RunningDesk) -> None:
    customer = fresh()
    first, answer = answered_ticket(desk, customer)
    away = reply_to(answer.letter("answer").mail, customer, "I am away.", Auto_Submitted="auto-replied")
    receipt = desk.send(away, sender="")
    assert receipt.ticket == first.ticket
    assert receipt.letters == ()
    assert desk.status(first.ticket) == "pending"


def test_i09_one_address_gets_so_many_automatic_mails_and_no_more(
    open_desk: Callable[..., RunningDesk], sink: Sink
) -> None:
    desk = open_desk(sink, tables="[limits]\nautomatic_per_address = 2\ntickets_per_address = 4\n")
    customer, other = fresh(), fresh("other")
    receipts = [desk.send(new_mail(customer)) for _ in range(6)]
    kinds = [[kind for kind, _ in r.kinds] for r in receipts]
    told = ["notification", "notification"]
    assert kinds == [["acknowledgement", *told]] * 2 + [told] * 2 + [[]] * 2
    assert [r.outcome[0] for r in receipts] == ["filed"] * 6
    assert desk.send(new_mail(other)).letter("acknowledgement").recipient == other


def test_i09_an_agent_is_not_asked_over_and_over(open_desk: Callable[..., RunningDesk], sink: Sink) -> None:
    desk = open_desk(sink, tables="[limits]\nautomatic_per_address = 2\n")
    receipts = [desk.send(new_mail(AGENT, f"Forged {n}.")) for n in range(4)]
    assert [r.outcome for r in receipts] == [("quarantined", "agent-unproved")] * 4
    assert [[k for k, _ in r.kinds] for r in receipts] == [["confirmation"], ["confirmation"], [], []]


# -- invariant 30


def test_i30_old_mail_is_filed_with_its_date_and_not_acknowledged(desk: RunningDesk, tmp_path: Path) -> None:
    customer = fresh()
    now = desk.rows("SELECT max(recorded_at) AS at FROM inbound")[0]["at"]
    mail = new_mail(customer)
    for name, age in (("old", 2 * DAY), ("new", 3_600)):
        received = f"Received: from a by b; {formatdate(now - age)}\r\n"
        mail.replace_header("Message-ID", f"<{name}.{customer}>")
        (tmp_path / f"{name}.eml").write_bytes(received.encode() + mail.as_bytes())
    before = desk.letters()[-1].id
    old, new = desk.json("file", str(tmp_path / "old.eml"), str(tmp_path / "new.eml"))
    assert (old["outcome"], new["outcome"]) == ("filed", "filed")
    assert abs(desk.ticket(old["ticket"])["opened_at"] - (now - 2 * DAY)) < 60
    letters = desk.letters(before)
    assert customer not in [x.recipient for x in letters if x.ticket == old["ticket"]]
    assert customer in [x.recipient for x in letters if x.ticket == new["ticket"]]
    assert {x.recipient for x in letters if x.ticket == new["ticket"]} == {customer, AGENT, SECOND}
    assert address_of(mail["From"]) == customer
