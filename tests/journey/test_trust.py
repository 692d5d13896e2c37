"""Whom the desk believes (invariants 10 to 12): signed mail, the word of a mail host, and all that only looks so.

One daemon with a door for each kind of trust, real keys, and a name server of its own.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.dns_server import NameServer
from tests.journey.conftest import PATIENT
from tests.journey.evil import mails
from tests.journey.mails import address_of, fresh, new_mail, reply_to
from tests.journey.receipt import Receipt
from tests.journey.running import AGENT, DESKS, RunningDesk, until
from tests.journey.sink import Sink
from tests.signing import as_bytes, ed25519_record, record, rsa_key, short_record, signed, signed_with_ed25519

WORDS = "Pull the plug, please."
MX = "mx.desk.example"
RESULTS = 'trust = ["authentication-results"]\nreceived_by = "mx.desk.example"\nauthserv_id = "mx.desk.example"'
DOORS = {
    "dkim": 'trust = ["dkim"]',
    "results": RESULTS,
    "header": 'trust = ["header"]\nheader = "X-Host-Auth: Internal"',
    "first": "receives_first = true",
    "elsewhere": RESULTS + '\ntrusted_networks = ["192.0.2.0/24"]',
    "all": RESULTS.replace("]", ', "dkim", "header"]') + '\nheader = "X-Host-Auth: Internal"',
}
RECEIVED = (
    b"Received: from client (client [192.0.2.9]) by mx.desk.example (Postfix)\r\n"
    b"\twith ESMTPS id 1; Mon, 5 Jan 2026 10:00:00 +0000\r\n"
)


@pytest.fixture(scope="module")
def names() -> Iterator[NameServer]:
    with NameServer() as server:
        server.text("s1._domainkey.desk.example", record(rsa_key("desk.example")))
        ours = record(rsa_key("desk.example"))
        server.text("revoked._domainkey.desk.example", "v=DKIM1; p=")
        server.text("trial._domainkey.desk.example", record(rsa_key("desk.example"), "t=y; "))
        server.text("broken._domainkey.desk.example", ours[:60])
        server.text("short._domainkey.desk.example", short_record())
        server.moods["silent._domainkey.desk.example"] = "silent"
        server.moods["fails._domainkey.desk.example"] = "servfail"
        server.text("s1._domainkey.evil.example", record(rsa_key("evil.example")))
        server.text("s1._domainkey.customer.example", record(rsa_key("customer.example")))
        yield server


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory, names: NameServer) -> Iterator[RunningDesk]:
    tables = f'{PATIENT}\n[dns]\nservers = ["{names.address}"]\ntimeout = 2\n'
    with Sink() as sink:
        desks = f'{DESKS}\n[[desk]]\nname = "plain"\naddress = "plain@desk.example"\nreply_address = "none"\n'
        desk = RunningDesk(tmp_path_factory.mktemp("trust"), sink, tables=tables, desks=desks, doors=DOORS)
        try:
            yield desk.start()
            assert '"level": "error"' not in desk.log.read_text()
        finally:
            desk.end()


def answer_of(desk: RunningDesk, agent: str = AGENT, **headers: str) -> tuple[Receipt, EmailMessage]:
    """A customer's ticket and the agent's reply to its notification, not yet sent."""
    first = desk.send(new_mail(fresh()))
    return first, reply_to(first.letter("notification", agent).mail, agent, WORDS, **headers)


def token_address(mail: EmailMessage) -> str:
    return str(re.findall(r"[\w.]+\+\d+-[a-z2-7]{26}@[\w.]+", f"{mail['To']} {mail['Cc']}")[0])


def acts(desk: RunningDesk, ticket: int) -> bool:
    """Whether anything of an agent's was filed on the ticket or went to its customer."""
    spoken = [m for m in desk.messages(ticket) if m["kind"] == "agent"]
    return bool(spoken or [x for x in desk.letters() if x.kind == "answer" and x.ticket == ticket])


def is_held(desk: RunningDesk, first: Receipt, sent: Receipt, doubt: str, agent: str = AGENT) -> None:
    """The mail waits, its agent was asked, the ticket is as it was, and the ledger says what was missing."""
    assert sent.outcome == ("quarantined", "agent-unproved"), sent.row
    assert sent.kinds == [("confirmation", agent)]
    assert not acts(desk, first.ticket)
    assert desk.status(first.ticket) == "new"
    assert str(sent.row["error"]).startswith(doubt), sent.row["error"]


def test_i11_an_agents_signed_reply_acts(trusting: RunningDesk) -> None:
    first, reply = answer_of(trusting)
    sent = trusting.send(signed(reply), "dkim", token_address(reply), AGENT)
    assert sent.outcome == ("filed", "reply-token")
    (message,) = [m for m in trusting.messages(first.ticket) if m["kind"] == "agent"]
    assert (message["evidence"], message["evidence_detail"]) == ("dkim", "d=desk.example s=s1")
    assert acts(trusting, first.ticket)
    told = trusting.run("ticket", "why", str(first.ticket)).stdout
    assert "dkim: A signature of its author's domain fixes it." in told
    assert "d=desk.example s=s1" in told


def test_i11_a_signature_with_ed25519_acts(trusting: RunningDesk, names: NameServer) -> None:
    key = Ed25519PrivateKey.generate()
    names.text("ed._domainkey.desk.example", ed25519_record(key))
    first, reply = answer_of(trusting)
    raw = signed_with_ed25519(as_bytes(reply), "desk.example", key)
    assert trusting.send(raw, "dkim", token_address(reply), AGENT).outcome == ("filed", "reply-token")
    first, reply = answer_of(trusting)
    forged = signed_with_ed25519(as_bytes(reply), "desk.example", Ed25519PrivateKey.generate())
    is_held(trusting, first, trusting.send(forged, "dkim", token_address(reply), AGENT), "dkim-broken")


def test_i11_a_signature_counts_only_where_it_is_trusted(trusting: RunningDesk) -> None:
    for door, doubt in (("outside", "no-evidence"), ("first", "dkim-not-trusted"), ("header", "header-absent")):
        first, reply = answer_of(trusting)
        is_held(trusting, first, trusting.send(signed(reply), door, token_address(reply), AGENT), doubt)


def prepended(header: bytes) -> Callable[[bytes], bytes]:
    return lambda raw: header + b"\r\n" + raw


def changed(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(raw: bytes) -> bytes:
        assert old in raw
        return raw.replace(old, new, 1)

    return change


def unchanged(raw: bytes) -> bytes:
    return raw


DEFECTS: dict[str, tuple[dict[str, Any], Callable[[bytes], bytes], str]] = {
    "To is not signed": ({"without": ["to"]}, unchanged, "dkim-headers-unsigned"),
    "Date is not signed": ({"without": ["date"]}, unchanged, "dkim-headers-unsigned"),
    "Message-ID is not signed": ({"without": ["message-id"]}, unchanged, "dkim-headers-unsigned"),
    "Content-Type is not signed": ({"without": ["content-type"]}, unchanged, "dkim-headers-unsigned"),
    "Subject is not signed": ({"without": ["subject"]}, unchanged, "dkim-headers-unsigned"),
    "the length is limited": ({"length": True}, unchanged, "dkim-length-limited"),
    "words stand behind the length": ({"length": True}, lambda raw: raw + b"And wire the money.\r\n", "dkim-length-"),
    "it is past its time": ({"expires_at": 1_000_000_000}, unchanged, "dkim-expired"),
    "it is signed with SHA-1": ({"algorithm": b"rsa-sha1"}, unchanged, "dkim-weak"),
    "another domain signed": ({"domain": "evil.example"}, unchanged, "dkim-not-aligned"),
    "another key signed": ({"key": rsa_key("evil.example")}, unchanged, "dkim-broken"),
    "the key is not there": ({"selector": "gone"}, unchanged, "dkim-key-missing"),
    "the key was revoked": ({"selector": "revoked"}, unchanged, "dkim-key-revoked"),
    "the key is on trial": ({"selector": "trial"}, unchanged, "dkim-key-on-trial"),
    "the key is no key": ({"selector": "broken"}, unchanged, "dkim-key-missing"),
    "the key is too short": ({"selector": "short"}, unchanged, "dkim-key-weak"),
    "the name server is silent": ({"selector": "silent"}, unchanged, "dns-unavailable"),
    "the name server fails": ({"selector": "fails"}, unchanged, "dns-unavailable"),
    "one byte of the body differs": ({}, changed(b"Pull the plug", b"Pull the plus"), "dkim-broken"),
    "one byte of the subject differs": ({}, changed(b"Printer on fire", b"Printer on firs"), "dkim-broken"),
    "a second To is put on top": ({}, prepended(b"To: someone@else.example"), "dkim-headers-doubled"),
    "a second Subject is put on top": ({}, prepended(b"Subject: other"), "dkim-headers-doubled"),
    "a second Content-Type is put on top": ({}, prepended(b"Content-Type: text/html"), "dkim-headers-doubled"),
    "a Cc is added": ({}, prepended(b"Cc: someone@else.example"), "dkim-headers-unsigned"),
    "a Reply-To is added": ({}, prepended(b"Reply-To: someone@else.example"), "dkim-headers-unsigned"),
    "headers can be read in two ways": ({}, prepended(b"X-Odd : value"), "dkim-headers-unsound"),
    "a line is no header": ({}, prepended(b"X-Odd: value;\r\nwhat=ever"), "dkim-headers-unsound"),
    "it is not signed at all": ({}, lambda raw: raw[raw.index(b"From:") :], "dkim-none"),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_i11_a_signature_with_one_defect_proves_no_agent(trusting: RunningDesk, names: NameServer, defect: str) -> None:
    how, change, doubt = DEFECTS[defect]
    first, reply = answer_of(trusting)
    raw = change(signed(reply, **how))
    is_held(trusting, first, trusting.send(raw, "dkim", token_address(reply), AGENT), doubt)


def test_i05_a_mail_that_waits_for_name_servers_delays_no_other(trusting: RunningDesk, names: NameServer) -> None:
    _, reply = answer_of(trusting)
    names.moods["waits._domainkey.desk.example"] = "silent"
    with ThreadPoolExecutor(1) as alone:
        slow = alone.submit(trusting.send, signed(reply, selector="waits"), "dkim", token_address(reply), AGENT)
        until(lambda: [name for name, _, _ in names.asked if name.startswith("waits.")])
        quick = trusting.send(new_mail(fresh()))
        assert not slow.done()
        assert quick.row["state"] == "filed"
        assert slow.result().code == 250


def test_a_second_from_makes_a_mail_nobodys(trusting: RunningDesk) -> None:
    first, reply = answer_of(trusting)
    raw = prepended(b"From: agent@desk.example")(signed(reply))
    assert trusting.send(raw, "dkim", token_address(reply), AGENT).outcome == ("quarantined", "several-from-headers")
    assert not acts(trusting, first.ticket)


def test_i11_an_encoding_that_is_not_signed_proves_only_what_it_could_not_change(trusting: RunningDesk) -> None:
    first, reply = answer_of(trusting)
    reply.set_content("Pull the plug, please.\n")
    raw = signed(reply, without=["content-transfer-encoding"])
    assert trusting.send(raw, "dkim", token_address(reply), AGENT).outcome == ("filed", "reply-token")
    for encoding in ("base64", "quoted-printable"):
        first, reply = answer_of(trusting)
        words = reply.get_content() + "über\n"
        reply.set_content(words, cte=encoding)
        raw = signed(reply, without=["content-transfer-encoding"])
        stripped = re.sub(rb"Content-Transfer-Encoding: [\w-]+\r\n", b"", raw)
        assert stripped != raw
        for one in (raw, stripped):
            sent = trusting.send(one, "dkim", token_address(reply), AGENT)
            assert sent.row["state"] != "filed", sent.row
        assert not acts(trusting, first.ticket)


def test_i11_a_replaced_recipient_does_not_act(trusting: RunningDesk) -> None:
    """The agent's signed words to one customer, sent to the reply address of another ticket."""
    first, reply = answer_of(trusting)
    other, elsewhere = answer_of(trusting)
    raw = signed(reply)
    sent = trusting.send(raw, "dkim", token_address(elsewhere), AGENT)
    is_held(trusting, other, sent, "recipient-not-named")
    replaced = raw.replace(token_address(reply).encode(), token_address(elsewhere).encode())
    sent = trusting.send(replaced, "dkim", token_address(elsewhere), AGENT)
    is_held(trusting, other, sent, "dkim-broken")
    assert not acts(trusting, first.ticket)


def test_i11_a_token_in_a_signed_cc_counts_and_in_an_unsigned_one_not(trusting: RunningDesk) -> None:
    for without, state in (((), "filed"), (("cc",), "quarantined")):
        first, reply = answer_of(trusting)
        token = token_address(reply)
        reply["Cc"] = token
        reply.replace_header("To", "boss@desk.example")
        sent = trusting.send(signed(reply, without=without), "dkim", token, AGENT)
        assert sent.row["state"] == state
        assert acts(trusting, first.ticket) is (state == "filed")


def test_i11_a_replay_to_the_same_ticket_acts_once(trusting: RunningDesk) -> None:
    first, reply = answer_of(trusting)
    raw = signed(reply)
    token = token_address(reply)
    assert trusting.send(raw, "dkim", token, AGENT).outcome == ("filed", "reply-token")
    assert trusting.send(raw, "dkim", token, AGENT).outcome == ("ignored", "duplicate")
    spaced = raw.replace(b"Pull the plug", b"Pull  the  plug")  # the same to a relaxed signature, another fingerprint
    assert trusting.send(spaced, "dkim", token, AGENT).outcome == ("ignored", "agent-message-id-seen")
    assert len([x for x in trusting.letters() if x.kind == "answer" and x.ticket == first.ticket]) == 1


@pytest.mark.parametrize("desk", ["support@desk.example", "billing@desk.example"])
def test_i11_a_replay_to_another_ticket_or_desk_waits_for_the_agent(trusting: RunningDesk, desk: str) -> None:
    """One mail to two tickets acts on the first that it reaches; for the other the agent is asked."""
    _first, reply = answer_of(trusting)
    other = trusting.send(new_mail(fresh(), To=desk))
    letter = next(x for x in other.letters if x.recipient == AGENT)
    token, second = token_address(reply), str(letter.mail["Reply-To"])
    reply["Cc"] = second
    raw = signed(reply)
    assert trusting.send(raw, "dkim", token, AGENT).outcome == ("filed", "reply-token")
    spaced = raw.replace(b"Pull the plug", b"Pull  the  plug")
    sent = trusting.send(spaced, "dkim", address_of(second), AGENT)
    assert sent.outcome == ("quarantined", "agent-message-id-elsewhere"), sent.row
    assert not acts(trusting, other.ticket)


def test_i11_mail_to_a_desk_needs_the_desk_in_its_signed_to(trusting: RunningDesk) -> None:
    mail = new_mail(AGENT, "Please order toner.")
    assert trusting.send(signed(mail), "dkim", "support@desk.example", AGENT).outcome == ("filed", "no-ticket-named")
    private = signed(new_mail(AGENT, "Dear aunt", To="aunt@family.example"))
    sent = trusting.send(private, "dkim", "support@desk.example", AGENT)
    assert sent.outcome == ("quarantined", "agent-unproved")
    assert str(sent.row["error"]).startswith("recipient-not-named")


def test_a_held_mail_says_why_and_can_be_tried_again(trusting: RunningDesk, names: NameServer) -> None:
    names.text("later._domainkey.desk.example")
    first, reply = answer_of(trusting)
    raw = signed(reply, selector="later")
    held = trusting.send(raw, "dkim", token_address(reply), AGENT)
    is_held(trusting, first, held, "dkim-key-missing")
    shown = trusting.run("inbound", "show", str(held.row["id"])).stdout
    assert "later._domainkey.desk.example" in shown
    assert "The key of the signature is not in DNS" in shown
    (seen,) = trusting.json("inspect", "--door", "dkim", "-", given=raw)
    assert seen["authentication"]["because"] == "dkim-key-missing"
    names.text("later._domainkey.desk.example", record(rsa_key("desk.example")))
    (seen,) = trusting.json("inspect", "--door", "dkim", "-", given=raw)
    assert seen["authentication"] == {
        "proved": True,
        "because": "dkim",
        "address": "dkim",
        "detail": "d=desk.example s=later",
    }
    (seen,) = trusting.json("inspect", "--door", "dkim", "--no-dns", "-", given=raw)
    assert seen["authentication"]["because"] == "dns-unavailable"
    (seen,) = trusting.json("inspect", "-", given=raw)
    assert seen["authentication"] is None
    (again,) = trusting.json("inbound", "retry", str(held.row["id"]))
    assert (again["outcome"], again["because"]) == ("filed", "reply-token")
    assert acts(trusting, first.ticket)


def test_i11_where_replies_have_no_address_of_their_own_the_thread_must_be_signed(trusting: RunningDesk) -> None:
    for without, state in (([], "filed"), (["in-reply-to"], "quarantined"), (["references"], "filed")):
        first = trusting.send(new_mail(fresh(), To="plain@desk.example"))
        reply = reply_to(first.letter("notification", AGENT).mail, AGENT, WORDS)
        assert address_of(reply["To"]) == "plain@desk.example"
        del reply["References"]
        if "references" in without:
            reply["References"] = "<other@desk.example>"
        sent = trusting.send(signed(reply, without=without), "dkim", "plain@desk.example", AGENT)
        assert sent.row["state"] == state, (without, sent.row)
        assert acts(trusting, first.ticket) is (state == "filed")
        forwarded = signed(new_mail(AGENT, "Dear aunt", To="aunt@family.example"))
        forged = prepended(f"In-Reply-To: {reply['In-Reply-To']}".encode())(forwarded)
        assert trusting.send(forged, "dkim", "plain@desk.example", AGENT).row["state"] == "quarantined"


def test_i11_an_agents_text_made_an_attachment_goes_to_nobody(trusting: RunningDesk) -> None:
    first, reply = answer_of(trusting)
    raw = prepended(b"Content-Disposition: attachment; filename=notes.txt")(signed(reply))
    trusting.send(raw, "dkim", token_address(reply), AGENT)
    assert "answer" not in [x.kind for x in trusting.letters() if x.ticket == first.ticket]


# -- the word of a mail host


def results(*found: str, server: str = MX) -> bytes:
    return f"Authentication-Results: {'; '.join((server, *found))}\r\n".encode()


PASSED = "dmarc=pass (p=none dis=none) header.from=desk.example"
LMTP = (
    b"Received: from mx.desk.example\r\n\tby mx.desk.example with LMTP\r\n\tid abc; Mon, 5 Jan 2026 10:00:01 +0000\r\n"
)
GENUINE = {
    "dmarc": results(PASSED) + RECEIVED,
    "dkim": results("dkim=pass header.d=desk.example header.s=s1") + RECEIVED,
    "both in two headers": results("dkim=pass header.i=@desk.example") + results(PASSED) + RECEIVED,
    "behind a delivery": LMTP + results(PASSED) + RECEIVED,
    "as ARC": b"ARC-Authentication-Results: i=1; mx.desk.example;\r\n dmarc=pass header.from=desk.example\r\n"
    + RECEIVED,
    "beside another's": results("dmarc=fail header.from=desk.example", server="other.example")
    + results(PASSED)
    + RECEIVED,
}
NOT_GENUINE = {
    "below our Received": (RECEIVED + results(PASSED), "authentication-results-none"),
    "without any Received": (results(PASSED), "authentication-results-none"),
    "above another's Received": (
        results(PASSED) + RECEIVED.replace(b"mx.desk", b"mx.evil"),
        "authentication-results-none",
    ),
    "of another server": (results(PASSED, server="mx.evil.example") + RECEIVED, "authentication-results-none"),
    "without a server": (results(PASSED)[:24] + results(PASSED)[41:] + RECEIVED, "authentication-results-none"),
    "of a failure": (results("dmarc=fail header.from=desk.example") + RECEIVED, "authentication-results-not-passed"),
    "of a failure, signed all the same": (
        results("dkim=pass header.d=desk.example", "dmarc=fail header.from=desk.example") + RECEIVED,
        "authentication-results-not-passed",
    ),
    "of another domain": (
        results("dmarc=pass header.from=evil.example") + RECEIVED,
        "authentication-results-not-passed",
    ),
    "of another signer": (results("dkim=pass header.d=evil.example") + RECEIVED, "authentication-results-not-passed"),
    "of SPF alone": (
        results("spf=pass smtp.mailfrom=agent@desk.example") + RECEIVED,
        "authentication-results-not-passed",
    ),
    "in conflict": (
        results("dmarc=fail header.from=desk.example") + results(PASSED) + RECEIVED,
        "authentication-results-conflict",
    ),
    "unreadable": (results("dmarc=pass (header.from=desk.example") + RECEIVED, "authentication-results-unreadable"),
    "hidden by an odd HELO": (
        RECEIVED.replace(b"from client", b"from foo(") + results(PASSED) + RECEIVED,
        "authentication-results-none",
    ),
}


@pytest.mark.parametrize("form", GENUINE)
def test_i11_what_our_mail_host_found_proves_an_agent(trusting: RunningDesk, form: str) -> None:
    first, reply = answer_of(trusting)
    sent = trusting.send(GENUINE[form] + as_bytes(reply), "results", token_address(reply), AGENT)
    assert sent.outcome == ("filed", "reply-token"), sent.row
    assert trusting.messages(first.ticket)[-1]["evidence"] == "authentication-results"


def test_i11_the_mail_host_is_believed_where_it_stands(trusting: RunningDesk) -> None:
    first, reply = answer_of(trusting)
    sent = trusting.send(GENUINE["dmarc"] + as_bytes(reply), "elsewhere", token_address(reply), AGENT)
    is_held(trusting, first, sent, "peer-not-trusted")


@pytest.mark.parametrize("form", NOT_GENUINE)
def test_i11_what_only_looks_like_our_mail_hosts_word_proves_nothing(trusting: RunningDesk, form: str) -> None:
    first, reply = answer_of(trusting)
    head, doubt = NOT_GENUINE[form]
    is_held(trusting, first, trusting.send(head + as_bytes(reply), "results", token_address(reply), AGENT), doubt)


def test_i11_a_passed_mail_needs_its_recipient_in_to_or_cc(trusting: RunningDesk) -> None:
    _first, reply = answer_of(trusting)
    other, elsewhere = answer_of(trusting)
    sent = trusting.send(GENUINE["dmarc"] + as_bytes(reply), "results", token_address(elsewhere), AGENT)
    is_held(trusting, other, sent, "recipient-not-named")


@pytest.mark.parametrize(
    ("how", "doubt"), [({"length": True}, "dkim-length-limited"), ({"without": ["to"]}, "dkim-headers-unsigned")]
)
def test_i11_a_passed_mail_whose_signature_leaves_it_open_proves_nothing(
    trusting: RunningDesk, how: dict[str, Any], doubt: str
) -> None:
    first, reply = answer_of(trusting)
    sent = trusting.send(GENUINE["dkim"] + signed(reply, **how), "results", token_address(reply), AGENT)
    is_held(trusting, first, sent, doubt)


def test_i11_the_header_of_our_mail_host_counts_once_and_as_it_is(trusting: RunningDesk) -> None:
    good = b"X-HOST-Auth:  Internal \r\n"
    for head, doubt in (
        (b"", "header-absent"),
        (b"X-Host-Auth: Anonymous\r\n", "header-differs"),
        (good + good, "header-doubled"),
    ):
        first, reply = answer_of(trusting)
        is_held(trusting, first, trusting.send(head + as_bytes(reply), "header", token_address(reply), AGENT), doubt)
    first, reply = answer_of(trusting)
    assert trusting.send(good + as_bytes(reply), "header", token_address(reply), AGENT).outcome[0] == "filed"
    assert trusting.messages(first.ticket)[-1]["evidence"] == "header"
    stranger = trusting.send(good + as_bytes(new_mail(fresh())), "header", "support@desk.example")
    assert trusting.messages(stranger.ticket)[-1]["evidence"] == "no-evidence"


# -- customers


def test_i10_a_customers_signature_proves_their_address(trusting: RunningDesk) -> None:
    for door, without in (("first", []), ("dkim", ["to", "content-type"])):
        customer = fresh()
        raw = signed(new_mail(customer), "customer.example", without=without)
        sent = trusting.send(raw, door, "support@desk.example", customer)
        assert trusting.is_proved(customer)
        assert trusting.messages(sent.ticket)[0]["evidence"] == "dkim"
    customer = fresh()
    forged = signed(new_mail(customer), "evil.example")
    trusting.send(forged, "dkim", "support@desk.example", "x@evil.example")
    assert not trusting.is_proved(customer)


def test_i10_spf_proves_a_customers_address_where_mail_comes_first(trusting: RunningDesk, names: NameServer) -> None:
    names.text("spf.example", "v=spf1 ip4:127.0.0.1 -all")
    names.text("mail.spf.example", "v=spf1 a:out.spf.example -all")
    names.records["out.spf.example", "A"] = ["127.0.0.1"]
    names.text("no.example", "v=spf1 ip4:192.0.2.1 -all")
    for author, sender, proved in (
        ("one@spf.example", "one@spf.example", True),
        ("two@spf.example", "bounce@mail.spf.example", True),
        ("three@other.example", "x@spf.example", False),
        ("four@no.example", "four@no.example", False),
    ):
        sent = trusting.send(new_mail(author), "first", sender=sender)
        assert trusting.is_proved(author) is proved, author
        evidence = trusting.messages(sent.ticket)[0]["evidence"]
        assert (evidence == "spf") is proved
    trusting.send(new_mail("five@spf.example"), "outside", sender="five@spf.example")
    assert not trusting.is_proved("five@spf.example")


def test_i10_a_strict_domain_is_vouched_for_by_itself_alone(trusting: RunningDesk, names: NameServer) -> None:
    names.text("s1._domainkey.mail.strict.example", record(rsa_key("mail.strict.example")))
    names.text("mail.strict.example", "v=spf1 ip4:127.0.0.1 -all")
    names.text("_dmarc.strict.example", "v=DMARC1; p=none; adkim=s; aspf=s")
    raw = signed(new_mail("one@strict.example"), "mail.strict.example")
    trusting.send(raw, "first", "support@desk.example", "one@mail.strict.example")
    assert not trusting.is_proved("one@strict.example")
    names.text("s1._domainkey.mail.relaxed.example", record(rsa_key("mail.strict.example")))
    raw = signed(new_mail("one@relaxed.example"), "mail.relaxed.example", key=rsa_key("mail.strict.example"))
    trusting.send(raw, "first", "support@desk.example", "one@mail.relaxed.example")
    assert trusting.is_proved("one@relaxed.example")


def test_i11_spf_proves_no_agent(trusting: RunningDesk, names: NameServer) -> None:
    names.text("desk.example", "v=spf1 ip4:127.0.0.1 -all")
    first, reply = answer_of(trusting)
    is_held(trusting, first, trusting.send(reply, "first", token_address(reply), AGENT), "dkim-none")


# -- everything at once


def decorations(evil: bytes, names: NameServer) -> dict[str, bytes]:
    """What a forger can put around a mail: results, headers, signatures of their own domain and of others' keys."""
    below = RECEIVED + results(PASSED, "dkim=pass header.d=desk.example")
    forged = {
        "results": results(PASSED) + evil,
        "results below": below + evil,
        "ARC": b"ARC-Authentication-Results: i=9; mx.desk.example; dmarc=pass header.from=desk.example\r\n" + evil,
        "the header twice": b"X-Host-Auth: Internal\r\nX-Host-Auth: Internal\r\n" + evil,
    }
    with contextlib.suppress(Exception):  # some of these mails cannot even be signed
        forged["their own signature"] = below + signed(evil, "evil.example", headers=["from"])
        forged["a signature in our name"] = below + signed(evil, key=rsa_key("evil.example"), headers=["from"])
    return forged


@pytest.mark.parametrize("door", ["outside", "dkim", "results", "header", "first", "all"])
def test_spoofed_agents_never_act_whatever_they_wear(trusting: RunningDesk, names: NameServer, door: str) -> None:
    first, _ = answer_of(trusting)
    before = trusting.letters()[-1].id
    count = 0
    for evil in mails():
        if evil.kind not in ("spoof", "cmd") or evil.on_the_wire:
            continue
        raw = evil.raw.replace(b"alice@desk.example", AGENT.encode()).replace(b"1001", str(first.ticket).encode())
        recipient = evil.recipient.replace("1001", str(first.ticket))
        for number, one in enumerate(decorations(raw, names).values()):
            one = one.replace(b"<evil.", b"<evil.%s.%d." % (door.encode(), number))
            trusting.send(one, door, recipient, evil.sender)
            count += 1
    assert count > 40
    assert "answer" not in [x.kind for x in trusting.letters(before)]
    assert not acts(trusting, first.ticket)
    spoken = trusting.rows("SELECT evidence FROM message WHERE kind = 'agent' AND rfc_message_id LIKE 'evil.%'")
    assert spoken == []
