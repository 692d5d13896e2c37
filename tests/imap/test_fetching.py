"""Mail that lies in a mailbox becomes tickets: where we begin, what we do with it, and what it cannot make us do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from tests.imap.dovecot import Dovecot
from tests.imap.pymap import Pymap
from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh, new_mail, reply_to
from tests.journey.running import AGENT, RunningDesk, until
from tests.journey.sink import Sink

OpenDesk = Callable[..., RunningDesk]
Server = Dovecot | Pymap


def begun(desk: RunningDesk, folders: int = 1) -> RunningDesk:
    """The desk, once it has had its first look at so many folders."""
    until(lambda: len(desk.rows("SELECT 1 FROM mail_folder")) >= folders)
    return desk


def keys(desk: RunningDesk) -> list[str]:
    return [r["source_key"] for r in desk.inbound()]


def filed(desk: RunningDesk, count: int) -> list[dict[str, Any]]:
    """The ledger, once it has so many rows."""
    until(lambda: len(desk.inbound()) >= count)
    return desk.inbound()


def test_a_mail_that_arrives_opens_a_ticket_and_is_acknowledged(
    server: Server, open_desk: OpenDesk, own_sink: Sink
) -> None:
    account = server.account()
    desk = begun(open_desk(own_sink, tables=PATIENT + account.table()))
    account.append(new_mail("Carol <carol@customer.example>"))
    (row,) = filed(desk, 1)
    (uid,) = account.uids()
    assert (row["state"], row["because"], row["source"]) == ("filed", "no-ticket-named", "imap:support")
    assert row["source_key"].startswith(f"{account.folder}/")
    assert row["source_key"].endswith(f"/{uid}")
    acknowledgement = next(x for x in desk.letters() if x.kind == "acknowledgement")
    assert desk.arrived(acknowledgement).recipients == ("carol@customer.example",)
    assert b"\\Seen" not in account.flags(uid)


def test_i30_a_mailbox_first_seen_starts_with_what_comes_from_now_on(server: Server, open_desk: OpenDesk) -> None:
    account = server.account()
    account.append(new_mail(fresh()), new_mail(fresh()))
    desk = begun(open_desk(tables=PATIENT + account.table()))
    late = new_mail(fresh())
    account.append(late)
    (row,) = filed(desk, 1)
    assert row["rfc_message_id"] == str(late["Message-ID"]).strip("<>")


def test_i30_unseen_begins_with_what_nobody_has_read(server: Server, open_desk: OpenDesk) -> None:
    account = server.account()
    read, waiting = new_mail(fresh()), new_mail(fresh())
    account.append(read, flags=(b"\\Seen",))
    account.append(waiting)
    desk = begun(open_desk(tables=PATIENT + account.table(start="unseen")))
    filed(desk, 1)
    account.append(new_mail(fresh()))
    rows = filed(desk, 2)
    assert rows[0]["rfc_message_id"] == str(waiting["Message-ID"]).strip("<>")
    assert len(rows) == 2


def test_i30_all_imports_what_is_there_and_tells_nobody(server: Server, open_desk: OpenDesk) -> None:
    account = server.account()
    account.append(new_mail(fresh()), new_mail(AGENT), b"From: x\r\n\r\nno author\r\n")
    desk = open_desk(None, 'operator = "operator@desk.example"', PATIENT + account.table(start="all"))
    rows = filed(desk, 3)
    assert [(r["state"], r["because"]) for r in sorted(rows, key=lambda r: str(r["source_key"]))] == [
        ("filed", "no-ticket-named"),
        ("ignored", "agents-mail-in-history"),
        ("filed", "no-ticket-named"),
    ]
    assert desk.letters() == []
    account.append(new_mail(fresh()))
    assert filed(desk, 4)[3]["silent"] == 0
    until(desk.letters)


def test_a_gap_is_caught_up_whatever_was_read_meanwhile(server: Server, open_desk: OpenDesk) -> None:
    account = server.account()
    desk = begun(open_desk(tables=PATIENT + account.table()))
    account.append(new_mail(fresh()))
    filed(desk, 1)
    desk.end()
    for number in range(120):
        account.append(new_mail(fresh()), flags=(b"\\Seen",) if number % 2 else ())
    desk.start()
    rows = filed(desk, 121)
    assert {r["state"] for r in rows} == {"filed"}
    assert len(set(keys(desk))) == 121


def test_mail_is_received_when_the_server_says(server: Server, open_desk: OpenDesk) -> None:
    account = server.account()
    desk = begun(open_desk(tables=PATIENT + account.table()))
    now = int(datetime.now(UTC).timestamp())
    account.append(new_mail(fresh()), date=now - 90_000)
    account.append(new_mail(fresh()), date=now + 90_000)
    past, future = filed(desk, 2)
    assert past["received_at"] == now - 90_000
    assert abs(future["received_at"] - now) < 60
    assert [x for x in desk.letters() if x.kind == "acknowledgement" and x.ticket == past["ticket_id"]] == []


def test_a_reply_to_a_reply_address_finds_its_ticket(server: Server, open_desk: OpenDesk, own_sink: Sink) -> None:
    account = server.account()
    desk = begun(open_desk(own_sink, tables=PATIENT + account.table()))
    account.append(new_mail("Carol <carol@customer.example>"))
    (row,) = filed(desk, 1)
    letter = next(x for x in desk.letters() if x.kind == "acknowledgement")
    account.append(reply_to(letter.mail, "carol@customer.example", "It still burns."))
    rows = filed(desk, 2)
    assert (rows[1]["because"], rows[1]["ticket_id"]) == ("reply-token", row["ticket_id"])


def test_the_envelope_is_read_from_what_the_host_left(server: Server, open_desk: OpenDesk) -> None:
    account = server.account()
    desk = begun(open_desk(tables=PATIENT + account.table(desk="billing")))
    mails: list[EmailMessage] = [
        new_mail(
            fresh(),
            To="undisclosed@elsewhere.example",
            Delivered_To="support@desk.example",
            Return_Path="<a@b.example>",
        ),
        new_mail(fresh(), To="undisclosed@elsewhere.example"),
        new_mail(fresh(), To="x@elsewhere.example", Cc="Support <support@desk.example>", Return_Path="<>"),
    ]
    account.append(*mails)
    rows = {r["rfc_message_id"]: r for r in filed(desk, 3)}
    told = [rows[str(m["Message-ID"]).strip("<>")] for m in mails]
    assert [(r["desk"], r["sender"]) for r in told] == [("support", "a@b.example"), ("billing", None), ("support", "")]
