"""Looking names up: real questions to a name server on loopback that misbehaves on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from daemon.edge.dns import SILENCES, Resolver, servers
from daemon.edge.spf import Spf
from daemon.mail.dkim_signatures import Answer
from tests.dns_server import NameServer

NONE, UNAVAILABLE = Answer("none"), Answer("unavailable")


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer() as server:
        server.text("known.example", "v=spf1 ip4:192.0.2.1 -all", "other")
        server.text("long.example", "a" * 700)
        server.records["mail.example", "A"] = ["192.0.2.7", "192.0.2.8"]
        server.records["mail.example", "MX"] = ["10 mail.example."]
        server.records["alias.example", "CNAME"] = ["known.example."]
        yield server


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


async def test_what_is_there_is_found_by_udp_and_tcp(names: NameServer) -> None:
    resolver = Resolver([names.address])
    answer = await resolver.look_up("Known.example.", "TXT", 5)
    assert answer.found == "found"
    assert sorted(answer.records) == [b"other", b"v=spf1 ip4:192.0.2.1 -all"]
    assert (await resolver.look_up("long.example", "TXT", 5)).records == (b"a" * 700,)
    assert (await resolver.look_up("alias.example", "TXT", 5)).found == "found"
    assert (await resolver.look_up("mail.example", "MX", 5)).records == (b"10 mail.example.",)
    assert sorted((await resolver.look_up("mail.example", "A", 5)).records) == [b"192.0.2.7", b"192.0.2.8"]
    names.moods["big.example"] = "truncated"
    names.text("big.example", "b" * 2000)
    assert (await resolver.look_up("big.example", "TXT", 5)).records == (b"b" * 2000,)
    assert [way for name, _, way in names.asked if name == "big.example"] == ["udp", "tcp"]


async def test_what_is_not_there_is_told_apart_from_what_cannot_be_known(names: NameServer) -> None:
    resolver = Resolver([names.address])
    assert await resolver.look_up("gone.example", "TXT", 5) == NONE
    assert await resolver.look_up("mail.example", "TXT", 5) == NONE
    for mood in ("servfail", "silent", "garbage"):
        names.moods[f"{mood}.example"] = mood  # type: ignore[assignment]
        assert await resolver.look_up(f"{mood}.example", "TXT", 0.3) == UNAVAILABLE, mood


async def test_a_name_that_is_none_never_goes_onto_the_wire(names: NameServer) -> None:
    resolver = Resolver([names.address])
    label = "a" * 64
    hostile = (
        "",
        ".",
        "a..b",
        f"{label}.example",
        "a." * 130 + "example",
        "a b.example",
        "a\0.example",
        "\ud800.example",
    )
    for name in (*hostile, "a\\.b.example", "*.example", "a.b." + "c." * 40 + "example"):
        assert await resolver.look_up(name, "TXT", 5) == NONE, name
    assert names.asked == []


async def test_an_answer_is_kept_as_long_as_it_lives(names: NameServer) -> None:
    clock = Clock()
    resolver = Resolver([names.address], clock)
    names.ttl = 60
    for later, asked in ((0, 1), (59, 1), (2, 2)):
        clock.at += later
        await resolver.look_up("known.example", "TXT", 5)
        assert len(names.asked) == asked
    await resolver.look_up("gone.example", "TXT", 5)
    await resolver.look_up("gone.example", "TXT", 5)
    assert len(names.asked) == 3


async def test_the_look_ups_of_one_mail_share_their_time(names: NameServer) -> None:
    resolver = Resolver([names.address])
    names.mood = "silent"
    async with asyncio.timeout(15):
        answers = await resolver.texts([f"{n}.example" for n in range(30)], 0.7)
    assert set(answers.values()) == {UNAVAILABLE}


async def test_dead_name_servers_are_waited_for_less_and_less_until_one_answers(names: NameServer) -> None:
    clock = Clock()
    resolver = Resolver([names.address], clock)
    names.mood = "silent"
    for n in range(SILENCES):
        await resolver.look_up(f"{n}.example", "TXT", 0.05)
    async with asyncio.timeout(10):
        assert await resolver.look_up("one.example", "TXT", 600) == UNAVAILABLE
    names.mood = "well"
    assert (await resolver.look_up("known.example", "TXT", 600)).found == "found"


async def test_a_machine_without_name_servers_knows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    import dns.resolver

    def unconfigured(*_: object, **__: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr("dns.asyncresolver.Resolver", unconfigured)
    assert await Resolver().look_up("known.example", "TXT", 5) == UNAVAILABLE


def test_servers_are_written_with_and_without_a_port() -> None:
    written = ["192.0.2.1", "192.0.2.1:5353", "2001:db8::1", "[2001:db8::1]:5353"]
    assert servers(written) == [("192.0.2.1", 53), ("192.0.2.1", 5353), ("2001:db8::1", 53), ("2001:db8::1", 5353)]


# -- SPF

RECORDS = {
    "ip": ("v=spf1 ip4:192.0.2.0/24 -all", "pass"),
    "other-ip": ("v=spf1 ip4:198.51.100.1 -all", "fail"),
    "soft": ("v=spf1 ~all", "softfail"),
    "a-record": ("v=spf1 a:mail.example -all", "pass"),
    "mx-record": ("v=spf1 mx:mail.example -all", "pass"),
    "included": ("v=spf1 include:ip.spf.example -all", "pass"),
    "redirected": ("v=spf1 redirect=ip.spf.example", "pass"),
    "endless": ("v=spf1 include:endless.spf.example -all", "permerror"),
    "voids": ("v=spf1 a:v1.example a:v2.example a:v3.example a:v4.example +all", "permerror"),
    "nonsense": ("v=spf1 nonsense:x +all", "permerror"),
    "missing": ("", "none"),
    "unanswered": ("v=spf1 a:silent.example +all", "temperror"),
}


@pytest.mark.parametrize("record", RECORDS)
async def test_spf_tells_whether_a_peer_may_send(names: NameServer, record: str) -> None:
    for name, (text, _) in RECORDS.items():
        if text:
            names.text(f"{name}.spf.example", text)
    names.moods["silent.example"] = "silent"
    spf = Spf(Resolver([names.address]))
    try:
        assert await spf.passes("192.0.2.7", f"someone@{record}.spf.example", 0.8) == RECORDS[record][1]
    finally:
        spf.close()


@pytest.mark.parametrize(
    "sender", ["", "someone", "@ip.spf.example", "x@localhost", "x@ip.spf.exa mple", "x@" + "a" * 400]
)
async def test_spf_is_not_asked_about_what_is_no_address(names: NameServer, sender: str) -> None:
    spf = Spf(Resolver([names.address]))
    assert await spf.passes("192.0.2.7", sender, 5) == "none"
    assert await spf.passes("nowhere", "x@ip.spf.example", 5) == "none"
    assert names.asked == []
    spf.close()


async def test_macros_in_a_record_ask_for_names_alone(names: NameServer) -> None:
    names.text("macro.spf.example", "v=spf1 exists:%{l}.%{i}._spf.example -all")
    names.records["someone.192.0.2.7._spf.example", "A"] = ["127.0.0.2"]
    spf = Spf(Resolver([names.address]))
    assert await spf.passes("192.0.2.7", "someone@macro.spf.example", 5) == "pass"
    assert await spf.passes("192.0.2.7", '"a b\\"c"@macro.spf.example', 5) in ("fail", "permerror")
    spf.close()
