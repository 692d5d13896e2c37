"""``inspect`` is a contract: these keys and no fewer."""

from __future__ import annotations

import json

from daemon.mail.inspection import as_dict
from daemon.mail.parse import parse
from tests.mail.mails import mail, multipart

KEYS = set(
    "path subject from to cc reply_to date message_id in_reply_to references text html reply_text "
    "quoted_text signature_text attachments automatic bounce outcome because defects authentication".split()
)


def test_an_accepted_mail_has_every_key_of_the_contract() -> None:
    raw = multipart("mixed", ("", b"words"), ("Content-Type: application/pdf; name=a.pdf", b"%PDF"))
    seen = as_dict("a.eml", parse(raw))
    assert seen.keys() == KEYS
    assert seen["from"] == {"name": "Carol", "address": "carol@customer.example"}
    assert seen["date"] == "2026-01-05T10:00:00Z"
    assert seen["attachments"][0].keys() == {"name", "content_type", "size", "sha256", "content_id", "inline"}
    assert seen["outcome"] == "accepted"
    assert json.loads(json.dumps(seen)) == seen


def test_an_unreadable_mail_has_the_same_keys_and_says_why() -> None:
    seen = as_dict("a.eml", parse(b"From: b@x.example\r\n" + mail()))
    assert seen.keys() == KEYS
    assert (seen["outcome"], seen["because"], seen["subject"]) == ("quarantined", "several-from-headers", "help")
