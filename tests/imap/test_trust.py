"""Agents' mail that lies in a mailbox (invariant 11): by which evidence it acts, and what only looks like it."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest

from tests.dns_server import NameServer
from tests.imap.pymap import Pymap
from tests.imap.servers import Account
from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh, new_mail, reply_to
from tests.journey.running import AGENT, DESKS, RunningDesk, until
from tests.journey.sink import Sink
from tests.signing import as_bytes, record, rsa_key, signed

RECEIVED = b"Received: from a (b [192.0.2.9]) by mx.desk.example with ESMTPS id 1; Mon, 5 Jan 2026 10:00:00 +0000\r\n"
DELIVERED = b"Received: from mx.desk.example by imap.desk.example with LMTP id 2; Mon, 5 Jan 2026 10:00:01 +0000\r\n"
PASSED = b"Authentication-Results: mx.desk.example; dmarc=pass header.from=desk.example\r\n"
BOXES: dict[str, dict[str, Any]] = {
    "signed": {"trust": ["dkim"]},
    "host": {
        "trust": ["authentication-results"],
        "received_by": "mx.desk.example",
        "authserv_id": "mx.desk.example",
    },
    "header": {"trust": ["header"], "header": "X-Host-Auth: Internal"},
}


@pytest.fixture(scope="module")
def boxes(
    real_pymap: Pymap, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[RunningDesk, dict[str, Account]]]:
    accounts = {name: real_pymap.account() for name in BOXES}
    tables = "".join(account.table(name, **BOXES[name]) for name, account in accounts.items())
    with Sink() as sink, NameServer() as names:
        names.text("s1._domainkey.desk.example", record(rsa_key("desk.example")))
        dns = f'{PATIENT}\n[dns]\nservers = ["{names.address}"]\n'
        desk = RunningDesk(tmp_path_factory.mktemp("trust"), sink, "", dns + tables, DESKS).start()
        try:
            until(lambda: len(desk.rows("SELECT 1 FROM mail_folder")) >= len(BOXES))
            yield desk, accounts
            assert '"level": "error"' not in desk.log.read_text()
        finally:
            desk.end()


def signature(reply: EmailMessage) -> bytes:
    return b"Delivered-To: support@desk.example\r\n" + signed(reply)


@pytest.mark.parametrize(
    ("box", "head", "evidence"),
    [
        ("signed", None, "dkim"),
        ("host", DELIVERED + PASSED + RECEIVED, "authentication-results"),
        ("header", b"X-Host-Auth: Internal\r\n", "header"),
        ("signed", DELIVERED + PASSED + RECEIVED, None),
        ("host", RECEIVED + PASSED, None),
        ("host", None, None),
        ("header", PASSED + RECEIVED, None),
    ],
)
def test_i11_an_agents_mail_in_a_mailbox_acts_by_the_evidence_that_it_trusts(
    boxes: tuple[RunningDesk, dict[str, Account]], box: str, head: bytes | None, evidence: str | None
) -> None:
    desk, accounts = boxes
    first = desk.send(new_mail(fresh()))
    reply = reply_to(first.letter("notification", AGENT).mail, AGENT, "Pull the plug.")
    accounts[box].append(signature(reply) if head is None else head + as_bytes(reply))
    wanted = str(reply["Message-ID"]).strip("<>")
    (row,) = until(lambda: desk.rows("SELECT * FROM inbound WHERE rfc_message_id = ?", wanted))
    spoken = [m["evidence"] for m in desk.messages(first.ticket) if m["kind"] == "agent"]
    if evidence:
        assert (row["state"], spoken) == ("filed", [evidence])
    else:
        assert (row["state"], row["because"], spoken) == ("quarantined", "agent-unproved", [])
