"""Bounces: of which mail, for whom, and why."""

from __future__ import annotations

import pytest

from daemon.core.values import BouncedRecipient
from tests.mail.mails import mail, multipart, read

DSN = multipart(
    "report; report-type=delivery-status",
    ("", b"Your mail could not be delivered."),
    (
        "Content-Type: message/delivery-status",
        b"Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; carol@customer.example\r\nAction: failed\r\n"
        b"Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <carol@customer.example>:\r\n Recipient "
        b"address rejected: User unknown\r\n",
    ),
    ("Content-Type: text/rfc822-headers", b"Message-ID: <desk.1001.7@desk.example>\r\nFrom: support@desk.example\r\n"),
)


def test_a_delivery_status_notification_names_mail_and_recipient() -> None:
    seen = read(DSN)
    assert seen.bounce is not None
    assert seen.bounce.message_id == "desk.1001.7@desk.example"
    assert seen.bounce.recipients == (
        BouncedRecipient("carol@customer.example", "5.1.1", "550", "failed", "userunknown", True),
    )
    assert seen.automatic is not None
    assert seen.automatic.kind == "bounce"


def test_a_delayed_mail_is_not_lost_for_good() -> None:
    seen = read(DSN.replace(b"Action: failed", b"Action: delayed").replace(b"5.1.1", b"4.4.1"))
    assert seen.bounce is not None
    assert [(one.action, one.permanent) for one in seen.bounce.recipients] == [("delayed", False)]


def test_a_notice_of_delivery_is_no_bounce() -> None:
    seen = read(DSN.replace(b"Action: failed", b"Action: delivered").replace(b"5.1.1", b"2.1.5"))
    assert seen.bounce is None
    assert seen.automatic is not None
    assert seen.automatic.kind == "receipt"


@pytest.mark.parametrize(
    "words",
    [
        b"Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver "
        b"your message to the following "
        b"addresses.\n\n<carol@customer.example>:\nSorry, no mailbox here by that name. (#5.1.1)"
        b"\n\n--- Below this line is a copy "
        b"of the message.\n\nReturn-Path: <support@desk.example>\nMessage-ID: <desk.7@desk.example>\n",
        b"This message was created automatically by mail delivery software.\n\nThe following address(es) failed:\n\n"
        b"  carol@customer.example\n    SMTP error from remote mail server after RCPT TO:<carol@customer.example>:\n"
        b"    host mx.example [192.0.2.1]: 550 5.1.1 User unknown\n\n------ This is a copy of "
        b"the message, including all "
        b"the headers. ------\n\nMessage-ID: <desk.7@desk.example>\n",
    ],
)
def test_a_bounce_in_words_is_understood(words: bytes) -> None:
    seen = read(mail(words, From="MAILER-DAEMON@mx.example", Subject="failure notice", Return_Path="<>"))
    assert seen.bounce is not None
    assert seen.bounce.message_id == "desk.7@desk.example"
    assert [(one.address, one.status, one.reason) for one in seen.bounce.recipients] == [
        ("carol@customer.example", "5.1.1", "userunknown")
    ]


def test_a_customer_who_quotes_a_bounce_is_none() -> None:
    words = (
        b"I got this, what does it mean?\n\n<dan@customer.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
    )
    seen = read(mail(words, Subject="Undelivered mail"))
    assert (seen.bounce, seen.automatic) == (None, None)
