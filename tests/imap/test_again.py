"""Mail of a mailbox whose reader died: once it is read, it is where it would have been."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from daemon.core.values import Envelope, Parsed, Unreadable
from daemon.desk import repair
from daemon.desk.intake import Reception, Turn
from daemon.mail.fingerprint import of_bytes
from daemon.mail.parse import parse
from tests.databases import look
from tests.journey.mails import new_mail
from tests.promises.desk import simulated

DESKS = [
    {"name": "support", "address": "support@desk.example"},
    {"name": "billing", "address": "billing@desk.example"},
]


class Mortal:
    """A parser that dies the first time it reads a mail."""

    def __init__(self) -> None:
        self.died_of: set[bytes] = set()

    async def parse(self, raw: bytes, source: str) -> Parsed:
        if raw in self.died_of:
            return parse(raw)
        self.died_of.add(raw)
        sha256 = hashlib.sha256(raw).hexdigest()
        return Unreadable(because="worker-died", size=len(raw), sha256=sha256, fingerprint=of_bytes(sha256))


def envelope(uid: int) -> Envelope:
    return Envelope("imap:in", f"INBOX/1/{uid}", None, (), 1_770_000_000, door="imap:in")


def test_it_is_filed_at_the_desks_that_it_names_and_a_second_copy_is_known(tmp_path: Path) -> None:
    both = new_mail("carol@customer.example", Subject="Invoice", To="billing@desk.example", Cc="support@desk.example")
    one = new_mail("carol@customer.example", Subject="Other", To="billing@desk.example")
    with simulated(tmp_path, {"desk": DESKS}) as desk:
        reception = Reception(desk.house, Mortal())

        async def run() -> None:
            for uid, mail in enumerate((both, one), 1):
                first = await reception.receive_from_mailbox(mail.as_bytes(), envelope(uid), "support", Turn(None))
                assert (first.state, first.because) == ("quarantined", "worker-died")
                assert first.inbound is not None
                assert (await repair.again(desk.house, reception, first.inbound)).state == "filed"
            copy = await reception.receive_from_mailbox(one.as_bytes(), envelope(3), "support", Turn(None))
            assert (copy.state, copy.because) == ("ignored", "duplicate")

        asyncio.run(run())
        rows = look(desk.url, "SELECT desk, recipient, subject, state, claim IS NOT NULL AS stands FROM inbound")
        tickets = look(desk.url, "SELECT desk, subject FROM ticket ORDER BY id")
    assert sorted((r["desk"], r["recipient"], r["subject"], r["state"], bool(r["stands"])) for r in rows) == [
        ("billing", "billing@desk.example", "Invoice", "filed", True),
        ("billing", "billing@desk.example", "Other", "filed", True),
        ("billing", "billing@desk.example", "Other", "ignored", False),
        ("support", "support@desk.example", "Invoice", "filed", True),
    ]
    assert sorted((t["desk"], t["subject"]) for t in tickets if t["subject"] == "Other") == [("billing", "Other")]
