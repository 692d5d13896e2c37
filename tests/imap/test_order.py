"""Mail that waits in a mailbox is read all at once and decided in its order."""

from __future__ import annotations

from collections.abc import Callable

from tests.imap.pymap import Pymap
from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh, new_mail
from tests.journey.running import RunningDesk, until


def test_a_follow_up_in_the_same_batch_joins_the_ticket_of_the_mail_it_follows(
    real_pymap: Pymap, open_desk: Callable[..., RunningDesk]
) -> None:
    account = real_pymap.account()
    for _ in range(8):
        customer = fresh()
        long = new_mail(customer, "It takes a while to read all of this.\n" * 5_000)
        after = new_mail(customer, "One thing more.", In_Reply_To=str(long["Message-ID"]))
        account.append(long, after)
    desk = open_desk(tables=PATIENT + account.table(start="unseen"))
    until(lambda: len(desk.inbound()) == 16)
    assert len(desk.rows("SELECT id FROM ticket")) == 8
    assert {r["because"] for r in desk.inbound()} == {"no-ticket-named", "reference-from-known-author"}
