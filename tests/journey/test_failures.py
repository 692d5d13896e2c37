"""What goes wrong on the way out: refusals, delays, mail that comes back (invariant 8)."""

from __future__ import annotations

from collections.abc import Callable

from tests.journey.mails import address_of, fresh, new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt
from tests.journey.running import AGENT, SECOND, RunningDesk, until
from tests.journey.sink import Sink

WORDS = "Pull the plug, please."


def answered(desk: RunningDesk, customer: str) -> tuple[Receipt, Letter]:
    """A ticket, and the agent's answer on its way to the customer."""
    first = desk.send(new_mail(customer))
    reply = reply_to(first.letter("notification", AGENT).mail, AGENT, WORDS)
    return first, desk.send(reply, "inside").letter("answer")


def report(of: str, recipient: str, action: str = "failed", status: str = "5.1.1") -> bytes:
    """A delivery report (RFC 3464) on the mail with this Message-ID."""
    return (
        "From: MAILER-DAEMON@mx.customer.example\r\nTo: support@desk.example\r\nSubject: Undelivered mail\r\n"
        f"Message-ID: <report.{fresh()}>\r\nDate: Mon, 05 Jan 2026 10:00:00 +0000\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
        "--x\r\nContent-Type: text/plain\r\n\r\nYour mail could not be delivered.\r\n"
        "--x\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.customer.example\r\n\r\n"
        f"Final-Recipient: rfc822; {recipient}\r\nAction: {action}\r\nStatus: {status}\r\n"
        "Diagnostic-Code: smtp; 550 no such mailbox\r\n\r\n"
        "--x\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: {of}\r\nFrom: support@desk.example\r\n\r\n--x--\r\n"
    ).encode()


def failure_told(desk: RunningDesk, ticket: int) -> list[Letter]:
    return [x for x in desk.letters() if x.kind == "failure" and x.ticket == ticket]


def test_a_bounce_bound_by_its_envelope_address_is_an_event_and_tells_the_agent(desk: RunningDesk) -> None:
    customer = fresh()
    first, answer = answered(desk, customer)
    verp = desk.arrived(answer).sender
    assert verp.startswith(f"support+b{answer.id}-")
    receipt = desk.send(report("<unknown@elsewhere.example>", customer), to=verp, sender="")
    assert receipt.outcome == ("filed", "bounce-of-our-mail")
    assert receipt.ticket == first.ticket
    assert receipt.kinds == [("failure", AGENT)]
    told = receipt.letter("failure").mail
    assert told["Subject"] == f"[#{first.ticket}] Not delivered: Printer on fire"
    assert customer in text_of(told)
    assert "550 5.1.1" in text_of(told)
    assert "bounced" in desk.events(first.ticket)
    assert desk.settled(answer, "bounced")
    again = desk.send(report("<unknown@elsewhere.example>", customer), to=verp, sender="")
    assert again.outcome == ("ignored", "bounce-known-already")
    assert again.letters == ()


def test_a_bounce_bound_by_the_message_id_of_our_mail_counts(desk: RunningDesk) -> None:
    customer = fresh()
    first, answer = answered(desk, customer)
    desk.settled(answer, "delivered")
    message_id = str(answer.mail["Message-ID"])
    receipt = desk.send(report(message_id, customer), to="support@desk.example", sender="")
    assert receipt.outcome == ("filed", "bounce-of-our-mail")
    assert receipt.kinds == [("failure", AGENT)]
    assert "bounced" in desk.events(first.ticket)


def test_a_forged_bounce_changes_nothing(desk: RunningDesk) -> None:
    customer = fresh()
    first, answer = answered(desk, customer)
    desk.settled(answer, "delivered")
    verp = desk.arrived(answer).sender
    forged_verp = verp[: verp.index("-") + 1] + "a" * 26 + "@desk.example"
    forged_id = f"<{first.ticket}-{'a' * 26}.abcdefghijklmnop@desk.example>"
    before = desk.rows("SELECT count(*) AS n FROM ticket")
    for raw, to in (
        (report(forged_id, customer), "support@desk.example"),
        (report(forged_id, customer), forged_verp),
        (report(f"<{desk.messages(first.ticket)[0]['rfc_message_id']}>", customer), "support@desk.example"),
    ):
        receipt = desk.send(raw, to=to, sender="")
        assert receipt.outcome == ("ignored", "bounce-of-no-mail-of-ours")
        assert receipt.letters == ()
    assert desk.settled(answer, "delivered")
    assert "bounced" not in desk.events(first.ticket)
    assert desk.rows("SELECT count(*) AS n FROM ticket") == before


def test_a_delay_is_no_bounce(desk: RunningDesk) -> None:
    customer = fresh()
    first, answer = answered(desk, customer)
    verp = desk.arrived(answer).sender
    receipt = desk.send(report("<x@y.example>", customer, "delayed", "4.4.1"), to=verp, sender="")
    assert receipt.outcome == ("ignored", "bounce-delayed-only")
    assert "bounced" not in desk.events(first.ticket)


def test_a_bounce_of_a_notification_bothers_nobody(desk: RunningDesk) -> None:
    first = desk.send(new_mail(fresh()))
    verp = desk.arrived(first.letter("notification", AGENT)).sender
    receipt = desk.send(report("<x@y.example>", AGENT), to=verp, sender="")
    assert receipt.letters == ()


def test_i08_a_refused_answer_is_not_sent_again_and_the_agent_is_told(desk: RunningDesk, sink: Sink) -> None:
    customer = fresh()
    sink.relay.answers[customer] = "550 5.1.1 no such mailbox here"
    first, answer = answered(desk, customer)
    row = desk.settled(answer, "failed")
    assert (row["attempts"], row["code"]) == (1, "550")
    (told,) = until(lambda: failure_told(desk, first.ticket))
    assert told.recipient == AGENT
    assert "no such mailbox here" in text_of(told.mail)
    assert "mail_failed" in desk.events(first.ticket)
    assert desk.arrived(told)
    assert customer not in [a.recipients[0] for a in sink.arrived]


def test_i08_a_deferred_mail_comes_again_with_the_same_bytes(desk: RunningDesk, sink: Sink) -> None:
    customer, other = fresh(), fresh("other")
    sink.relay.answers[customer] = "451 4.3.0 later, please"
    first = desk.send(new_mail(customer))
    ack = first.letter("acknowledgement")
    until(lambda: desk.rows("SELECT 1 FROM outbox WHERE id = ? AND attempts > 0", ack.id))
    assert desk.arrived(desk.send(new_mail(other)).letter("acknowledgement"))
    answer = desk.send(reply_to(first.letter("notification", AGENT).mail, AGENT, WORDS), "inside").letter("answer")
    assert customer not in [a.recipients[0] for a in sink.arrived]
    del sink.relay.answers[customer]
    assert desk.arrived(ack).content == ack.raw
    assert desk.settled(ack, "delivered")["attempts"] >= 2
    desk.arrived(answer)
    to_customer = [a.content for a in sink.arrived if a.recipients == (customer,)]
    assert to_customer == [ack.raw, answer.raw]


def test_i08_a_relay_that_is_away_is_waited_for(open_desk: Callable[..., RunningDesk], own_sink: Sink) -> None:
    desk = open_desk(own_sink)
    own_sink.relay.answers["greeting"] = "421 4.3.2 closed"
    receipt = desk.send(new_mail(fresh()))
    until(lambda: '"degraded"' in desk.get("http://x/health")[1])
    del own_sink.relay.answers["greeting"]
    for letter in receipt.letters:
        assert desk.arrived(letter).content == letter.raw
    until(lambda: '"ok"' in desk.get("http://x/health")[1])


def test_i08_a_lost_connection_behind_the_final_dot_repeats_a_recognisable_mail(
    open_desk: Callable[..., RunningDesk], own_sink: Sink
) -> None:
    desk = open_desk(own_sink)
    own_sink.relay.drops_at, own_sink.relay.times = "final", 1
    customer = fresh()
    receipt = desk.send(new_mail(customer))
    for letter in receipt.letters:
        desk.settled(letter, "delivered")
    contents = [a.content for a in own_sink.arrived]
    assert len(contents) == len(receipt.letters) + 1
    assert set(contents) == {x.raw for x in receipt.letters}


def test_an_answer_that_fails_after_a_restart_still_tells_its_agent(
    open_desk: Callable[..., RunningDesk], own_sink: Sink
) -> None:
    desk = open_desk(own_sink)
    customer = fresh()
    own_sink.relay.answers[customer] = "451 later"
    first = desk.send(new_mail(customer), to="support@desk.example")
    reply = reply_to(first.letter("notification", SECOND).mail, SECOND, WORDS)
    answer = desk.send(reply, "inside").letter("answer")
    assert desk.end() == 0
    own_sink.relay.answers[customer] = "550 gone"
    desk.start()
    desk.settled(answer, "failed")
    (told,) = until(lambda: failure_told(desk, first.ticket))
    assert told.recipient == SECOND


def test_without_a_relay_mail_lies_in_a_maildir(open_desk: Callable[..., RunningDesk]) -> None:
    desk = open_desk(None)
    receipt = desk.send(new_mail(fresh()))
    folder = desk.folder / "var" / "outbox" / "new"
    until(lambda: folder.is_dir() and len(list(folder.iterdir())) == 3)
    lying = {f.read_bytes().split(b"\r\n", 2)[2] for f in folder.iterdir()}
    assert lying == {x.raw for x in receipt.letters}
    assert address_of(receipt.letter("acknowledgement").mail["To"]) == receipt.row["sender"]
