"""What a door asks about a mail's author, and what it does not."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from daemon.app import authenticator_of
from daemon.config import Agent, Config, Desk, Dns, Listener, Mailbox, built_in
from daemon.core.values import NO_EVIDENCE, Envelope, Evidence, Mail
from daemon.desk.house import trusts
from daemon.edge.authentication import Authenticator
from daemon.edge.dns import Resolver
from daemon.mail.authentication import Trust
from daemon.mail.parse import parse
from daemon.mail.worker import ParserPool
from tests.dns_server import NameServer
from tests.mail.mails import mail
from tests.signing import record, rsa_key, signed

AGENT = "agent@desk.example"
AT = 1_767_607_200
ENVELOPE = Envelope("smtp", "", AGENT, ("support@desk.example",), AT, "192.0.2.7", door="it")
LETTER = mail(b"Pull the plug.\r\n", From=AGENT, MIME_Version="1.0", Content_Type="text/plain")
EVERYTHING = Trust(
    dkim=True, results=True, received_by="mx.desk.example", authserv_id="mx.desk.example", receives_first=True
)


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer() as server:
        server.text("s1._domainkey.desk.example", record(rsa_key("desk.example")))
        server.text("desk.example", "v=spf1 ip4:192.0.2.7 -all")
        yield server


@pytest.fixture
async def pool() -> AsyncIterator[ParserPool]:
    pool = ParserPool(workers=1, wall_seconds=20, verifies=True)
    yield pool
    pool.close()


async def weighed(
    raw: bytes,
    trust: Trust,
    pool: ParserPool,
    names: NameServer,
    *,
    envelope: Envelope = ENVELOPE,
    agents: frozenset[str] = frozenset({AGENT}),
    seconds: float = 5.0,
) -> Evidence:
    parsed = parse(raw)
    assert isinstance(parsed, Mail)
    authenticator = Authenticator({"it": trust}, agents, pool, Resolver([names.address]), seconds)
    try:
        return await authenticator.evidence(raw, parsed, envelope)
    finally:
        authenticator.close()


def configured(*listeners: Listener, mailboxes: tuple[Mailbox, ...] = ()) -> Config:
    return Config(
        desk=(Desk(name="support", address="support@desk.example"),),
        agent=(Agent(name="Agent", address=AGENT),),
        listen=listeners,
        mailbox=mailboxes,
        dns=Dns(servers=("127.0.0.1:1",)),
    )


async def test_without_a_door_that_asks_there_is_nothing_that_could_ask(pool: ParserPool) -> None:
    assert authenticator_of(built_in(), pool) is None
    inside = Listener(trust=("network",), trusted_networks=("127.0.0.0/8",))
    assert authenticator_of(configured(inside), pool) is None
    asking = authenticator_of(configured(Listener(receives_first=True)), pool)
    assert asking is not None
    asking.close()


def test_a_door_is_known_by_its_name_and_two_of_one_name_trust_nothing() -> None:
    box = Mailbox(name="one", host="imap.example", username="x", password_env="X", trust=("dkim",))
    first = Listener(name="first", port=0, receives_first=True)
    known = trusts(configured(first, Listener(port=0, trust=("dkim",)), Listener(port=0), mailboxes=(box,)))
    assert known == {"first": Trust(receives_first=True), "imap:one": Trust(dkim=True)}


async def test_nothing_is_looked_up_at_a_door_that_does_not_ask(pool: ParserPool, names: NameServer) -> None:
    header = Trust(header="X-Auth: Internal")
    for trust, envelope in ((header, ENVELOPE), (Trust(), ENVELOPE), (EVERYTHING, replace(ENVELOPE, door="other"))):
        evidence = await weighed(signed(LETTER), trust, pool, names, envelope=envelope)
        assert not evidence.proved
        assert evidence == NO_EVIDENCE or evidence.because == "header-absent"
    assert names.asked == []


async def test_what_proves_ends_the_search(pool: ParserPool, names: NameServer) -> None:
    found = (
        b"Authentication-Results: mx.desk.example; dmarc=pass header.from=desk.example\r\n"
        b"Received: from a by mx.desk.example with ESMTP; Mon, 5 Jan 2026 10:00:00 +0000\r\n"
    )
    assert (await weighed(found + signed(LETTER), EVERYTHING, pool, names)).because == "authentication-results"
    assert names.asked == []
    assert (await weighed(signed(LETTER), EVERYTHING, pool, names)).because == "dkim"
    assert [name for name, _, _ in names.asked] == ["s1._domainkey.desk.example"]


async def test_a_mail_with_many_signatures_costs_a_handful_of_look_ups(pool: ParserPool, names: NameServer) -> None:
    one = signed(LETTER)[: -len(LETTER)]
    many = b"".join(
        one.replace(b"s=s1", b"s=x%d" % n)
        .replace(b"d=desk.example", b"d=a%d.desk.example" % n)
        .replace(b"i=@desk.example", b"i=@a%d.desk.example" % n)
        for n in range(90)
    )
    evidence = await weighed(many + LETTER, replace(EVERYTHING, receives_first=False), pool, names)
    assert not evidence.proved
    assert len(names.asked) <= 6


@pytest.mark.parametrize("mood", ["silent", "servfail", "garbage"])
async def test_name_servers_that_fail_prove_nothing(pool: ParserPool, names: NameServer, mood: str) -> None:
    names.mood = mood  # type: ignore[assignment]
    evidence = await weighed(signed(LETTER), Trust(dkim=True), pool, names, seconds=0.5)
    assert (evidence.proved, evidence.because) == (False, "dns-unavailable")
    evidence = await weighed(LETTER, EVERYTHING, pool, names, seconds=0.5)
    assert not evidence.proved
    assert "dns-unavailable" in evidence.detail


async def test_a_customers_verdict_names_what_ties_the_mail_to_them(pool: ParserPool, names: NameServer) -> None:
    nobody: frozenset[str] = frozenset()
    evidence = await weighed(LETTER, EVERYTHING, pool, names, agents=nobody)
    assert (evidence.proved, evidence.because, evidence.address) == (False, "spf", "spf")
    evidence = await weighed(signed(LETTER, without=["to"]), EVERYTHING, pool, names, agents=nobody)
    assert (evidence.because, evidence.address) == ("dkim", "dkim")
    evidence = await weighed(LETTER, EVERYTHING, pool, names)
    assert (evidence.proved, evidence.address) == (False, "spf")
    assert evidence.because == "authentication-results-none"


async def test_a_signature_that_takes_too_much_proves_nothing(names: NameServer) -> None:
    pool = ParserPool(workers=1, wall_seconds=0.2, verifies=True)
    for pid in pool.pids():
        os.kill(pid, signal.SIGSTOP)
    try:
        evidence = await weighed(signed(LETTER), Trust(dkim=True), pool, names)
        assert evidence.because == "dkim-unchecked"
    finally:
        pool.close()


async def test_a_large_mail_is_verified_as_well(pool: ParserPool, names: NameServer) -> None:
    raw = signed(LETTER + b"A line of a big mail.\r\n" * 100_000)
    assert (await weighed(raw, Trust(dkim=True), pool, names)).proved
    assert isinstance(await pool.parse(raw, "a"), Mail)
