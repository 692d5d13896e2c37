"""What an endpoint is told, of which events, when again, and where a URL may lead."""

from __future__ import annotations

import ipaddress
import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core import public, webhooks
from daemon.core.webhooks import KINDS, Happening, Wish

ROOT = Path(__file__).resolve().parents[2]
EVENT = Happening(
    4711,
    1042,
    "status_changed",
    1_795_468_886,
    1_795_468_890,
    7,
    "agent-replied",
    {"from": "open", "to": "pending"},
    "support",
    "billing",
)


def test_the_message_about_an_event_holds_ids_and_its_own_id_is_the_events() -> None:
    told = webhooks.told(EVENT)
    assert told.id == "event_4711"
    assert told.payload == {
        "type": "ticket.status_changed",
        "timestamp": "2026-11-23T21:21:26Z",
        "data": {
            "id": "event_4711",
            "ticketId": "ticket_1042",
            "kind": "status_changed",
            "at": "2026-11-23T21:21:26Z",
            "recordedAt": "2026-11-23T21:21:30Z",
            "actorId": "user_7",
            "because": "agent-replied",
            "data": {"from": "open", "to": "pending"},
        },
    }


@pytest.mark.parametrize(
    ("wish", "heard"),
    [
        (Wish(), True),
        (Wish(kinds=frozenset({"status_changed", "rated"})), True),
        (Wish(kinds=frozenset({"rated"})), False),
        (Wish(desks=frozenset({"support"}), teams=frozenset({"billing"})), True),
        (Wish(desks=frozenset({"sales"})), False),
        (Wish(kinds=frozenset({"status_changed"}), teams=frozenset({"support"})), False),
    ],
)
def test_an_endpoint_hears_of_what_meets_all_its_wishes(wish: Wish, heard: bool) -> None:
    assert wish.wants(EVENT.kind, EVENT.desk, EVENT.team) is heard


def test_the_pause_doubles_up_to_the_longest_and_honours_what_the_endpoint_asks() -> None:
    assert [webhooks.pause(n, 5, 60) for n in range(1, 7)] == [5, 10, 20, 40, 60, 60]
    assert webhooks.pause(1, 5, 3600, asked=120) == 120
    assert webhooks.pause(1, 5, 3600, asked=999_999) == 3600


@given(st.integers(1, 10**9), st.integers(1, 1000), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_pause_is_never_shorter_than_the_first_nor_longer_than_the_longest(
    attempts: int, first: int, more: int, asked: int
) -> None:
    assert first <= webhooks.pause(attempts, first, first + more, asked) <= first + more


def test_a_try_that_is_due_beyond_any_pause_is_due_now_because_the_clock_was_set_back() -> None:
    assert webhooks.wait(130, 100, 3600) == 30
    assert webhooks.wait(90, 100, 3600) == 0
    assert webhooks.wait(100_000, 100, 3600) == 0


def test_the_kinds_that_can_be_wished_are_those_that_the_code_writes() -> None:
    code = "\n".join(p.read_text("utf-8") for p in (ROOT / "daemon").rglob("*.py") if p.name != "webhooks.py")
    written = set(re.findall(r'\b(?:Planned)?[Ee]vent\(\s*"([a-z_]+)"', code))
    assert len(written) > 25
    assert written <= KINDS
    foreseen = {"split", "erased"}
    assert [kind for kind in KINDS - foreseen if f'"{kind}"' not in code] == []


# -- invariant 24

NOT_PUBLIC = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1"),
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1"),
    *("198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "192.88.99.1"),
    *("::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:7f00:1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001::1"),
    *("2001:db8::1", "fe80::1", "fec0::1", "fc00::1", "fd00:ec2::254", "ff02::1", "100::1", "3fff::1", "5f00::1"),
]


@pytest.mark.parametrize("text", NOT_PUBLIC)
def test_i24_what_is_not_plainly_on_the_internet_is_not_public(text: str) -> None:
    found = public.address(text)
    assert found is not None
    assert not public.is_public(found)


@pytest.mark.parametrize("text", ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2a00:1450:4001::1"])
def test_an_address_on_the_internet_is_public(text: str) -> None:
    found = public.address(text)
    assert found is not None
    assert public.is_public(found)


@pytest.mark.parametrize(
    "text", ["0177.0.0.1", "127.1", "2130706433", "0x7f000001", "fe80::1%eth0", "2606:4700::1%1", "", "a.example"]
)
def test_i24_another_way_to_write_an_address_is_none(text: str) -> None:
    assert public.address(text) is None


@given(st.ip_addresses(v=4))
def test_i24_no_ipv4_address_becomes_public_by_being_written_into_an_ipv6_one(found: ipaddress.IPv4Address) -> None:
    number = int(found)
    for carrier in ("::", "::ffff:0:0", "64:ff9b::", "64:ff9b:1::", "::ffff:0:0:0"):
        assert not public.is_public(ipaddress.IPv6Address(int(ipaddress.IPv6Address(carrier)) + number))
    assert not public.is_public(ipaddress.IPv6Address((0x2002 << 112) + (number << 80)))


@given(st.ip_addresses(network="8.0.0.0/7") | st.ip_addresses(v=6))
def test_a_network_of_the_other_version_holds_no_address(found: public.Address) -> None:
    everything = [ipaddress.ip_network("0.0.0.0/0" if found.version == 6 else "::/0")]
    assert not public.is_among(found, everything)


def test_what_is_told_is_json_for_whatever_an_event_holds() -> None:
    assert json.loads(json.dumps(webhooks.trial("reports", "abc", 0).payload))["type"] == "webhook.test"
