"""The talking side of the relay: real SMTP to a server that is well, or ill in one way."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.config import Relay
from daemon.core.values import Parcel
from daemon.edge import relay as module
from daemon.edge.content import Content
from daemon.edge.relay import SmtpRelay, check_relay
from daemon.edge.relay_data import wire
from daemon.edge.transport import Away, Deferred, Delivered, Refused
from tests.fakes import FakeRelay

CONTENT = b"Subject: your printer\r\n\r\nSwitch it off.\r\n.\r\n..\r\n"
PARCEL = Parcel(1, 1042, "customer@example.org", "support@example.com", "1@example.com", 0, 1000)
Build = Callable[..., SmtpRelay]


def settings(fake: FakeRelay, **options: Any) -> Relay:
    return Relay(**({"host": fake.host, "port": fake.port, "tls": "none", "timeout": 5} | options))


@pytest.fixture
async def build() -> AsyncIterator[Build]:
    relays = []

    def make(fake: FakeRelay, **options: Any) -> SmtpRelay:
        relays.append(SmtpRelay(settings(fake, **options), "desk.example.com"))
        return relays[-1]

    yield make
    for relay in relays:
        await relay.close()


@pytest.fixture
def server_context(certificate: dict[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate["certificate_file"], certificate["key_file"])
    return context


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    (tmp_path / "password").write_text("letmein\n")
    return str(tmp_path / "password")


async def test_a_mail_arrives_byte_for_byte_with_its_envelope(build: Build) -> None:
    async with FakeRelay() as fake:
        result = await build(fake).send(PARCEL, CONTENT)
        assert result == Delivered("250 2.0.0 taken")
        [arrived] = fake.arrived
        assert (arrived.sender, arrived.recipients) == ("support@example.com", ("customer@example.org",))
        assert arrived.content == CONTENT


async def test_the_null_sender_is_said_as_such(build: Build) -> None:
    async with FakeRelay() as fake:
        await build(fake).send(replace(PARCEL, sender=""), CONTENT)
        assert fake.arrived[0].sender == ""


async def test_a_relay_that_refuses_the_null_sender_refuses_that_mail_alone(build: Build) -> None:
    async with FakeRelay(refuses_null_sender=True) as fake:
        relay = build(fake)
        assert isinstance(await relay.send(replace(PARCEL, sender=""), CONTENT), Refused)
        assert isinstance(await relay.send(PARCEL, CONTENT), Delivered)
        assert fake.connections == 1


async def test_i20_line_ends_are_crlf_on_the_wire(build: Build) -> None:
    async with FakeRelay() as fake:
        await build(fake).send(PARCEL, b"Subject: a\n\nb\rc\r\n\n.\nend")
        assert fake.arrived[0].content == b"Subject: a\r\n\r\nb\r\nc\r\n\r\n.\r\nend\r\n"


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "final"])
@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("450 4.2.0 come back later", Deferred(450, "450 4.2.0 come back later")),
        ("550 5.1.1 no such person", Refused(550, "550 5.1.1 no such person")),
    ],
)
async def test_an_answer_of_4xx_defers_and_5xx_refuses_at_every_stage(
    build: Build, stage: str, line: str, result: object
) -> None:
    async with FakeRelay(answers={stage: line}, times=1) as fake:
        relay = build(fake)
        assert await relay.send(PARCEL, CONTENT) == result
        assert await relay.send(PARCEL, CONTENT) == Delivered("250 2.0.0 taken")
        assert fake.connections == 1


async def test_one_of_two_recipients_is_refused_and_the_other_is_not(build: Build) -> None:
    async with FakeRelay(answers={"customer@example.org": "550 5.1.1 gone"}) as fake:
        relay = build(fake)
        results = [
            await relay.send(replace(PARCEL, id=i, recipient=r), CONTENT)
            for i, r in enumerate(("customer@example.org", "manager@example.org"))
        ]
        assert results == [Refused(550, "550 5.1.1 gone"), Delivered("250 2.0.0 taken")]


@pytest.mark.parametrize("stage", ["data", "early"])
async def test_only_an_answer_to_the_whole_mail_counts_as_delivered(build: Build, stage: str) -> None:
    async with FakeRelay(answers={stage: "250 OK"}, times=1) as fake:
        relay = build(fake)
        assert isinstance(await relay.send(PARCEL, b"x" * 20_000_000), Deferred)
        assert isinstance(await relay.send(PARCEL, CONTENT), Delivered)
        assert fake.connections == 2


async def test_a_refusal_in_the_middle_of_a_large_mail_is_heard(build: Build) -> None:
    async with FakeRelay(answers={"early": "552 5.3.4 too large"}, times=1) as fake:
        relay = build(fake)
        assert await relay.send(PARCEL, b"x" * 20_000_000) == Refused(552, "552 5.3.4 too large")
        assert isinstance(await relay.send(PARCEL, CONTENT), Delivered)


async def test_a_large_mail_arrives_whole(build: Build) -> None:
    content = b"Subject: large\r\n\r\n" + b"..0123456789abcdef\n" * 500_000
    async with FakeRelay() as fake:
        assert isinstance(await build(fake).send(PARCEL, content), Delivered)
        assert fake.arrived[0].content == content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


async def test_a_relay_that_stops_reading_defers_the_mail(build: Build) -> None:
    async with FakeRelay(hangs_at="early") as fake:
        assert isinstance(await build(fake, timeout=1).send(PARCEL, b"x" * 20_000_000), Deferred)


@given(st.text("a.\r\n", max_size=30).map(str.encode), st.integers(2, 9))
def test_i20_however_it_is_cut_a_mail_goes_out_with_crlf_and_comes_in_again(content: bytes, size: int) -> None:
    arriving = Content(1000)
    assert arriving.feed(b"".join(wire(content, size))) == b""
    lines = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    assert arriving.value() == (lines if lines.endswith(b"\r\n") or not lines else lines + b"\r\n")


@pytest.mark.parametrize("stage", ["rcpt", "data", "early", "final"])
async def test_a_connection_lost_within_a_mail_defers_it(build: Build, stage: str) -> None:
    async with FakeRelay(drops_at=stage, times=1) as fake:
        relay = build(fake)
        result = await relay.send(PARCEL, CONTENT)
        assert isinstance(result, Deferred) and result.code == 0
        assert isinstance(await relay.send(PARCEL, CONTENT), Delivered)
        assert fake.connections == 2


@pytest.mark.parametrize("stage", ["rcpt", "data", "early", "final"])
async def test_a_relay_that_falls_silent_within_a_mail_defers_it(build: Build, stage: str) -> None:
    async with FakeRelay(hangs_at=stage) as fake:
        result = await build(fake, timeout=1).send(PARCEL, CONTENT)
        assert result == Deferred(0, "127.0.0.1 did not answer in time")


@pytest.mark.parametrize(
    "trouble",
    [
        {"drops_at": "greeting"},
        {"hangs_at": "greeting"},
        {"answers": {"greeting": "421 busy"}},
        {"answers": {"greeting": "554 go away"}},
        {"drops_at": "mail"},
        {"hangs_at": "mail"},
        {"answers": {"mail": "421 4.7.0 too fast"}},
        {"answers": {"mail": "530 5.7.0 login first"}},
        {"answers": {"rcpt": "530 5.7.0 login first"}},
    ],
)
async def test_trouble_before_any_mail_is_the_relays_and_not_the_mails(build: Build, trouble: dict[str, Any]) -> None:
    async with FakeRelay(**trouble) as fake:
        result = await build(fake, timeout=1).send(PARCEL, CONTENT)
        assert isinstance(result, Away)
        assert "127.0.0.1" in result.reason and "\n" not in result.reason


async def test_a_relay_that_is_not_there_is_away(build: Build) -> None:
    async with FakeRelay() as fake:
        relay = build(fake)
    assert await relay.send(PARCEL, CONTENT) == Away(
        f"the relay 127.0.0.1:{fake.port} refuses connections; start it, or set relay.host and relay.port right"
    )


async def test_a_kept_connection_that_was_closed_meanwhile_is_opened_anew(build: Build) -> None:
    async with FakeRelay(drops_at="mail", times=0) as fake:
        relay = build(fake)
        await relay.send(PARCEL, CONTENT)
        fake.times = 1
        assert isinstance(await relay.send(PARCEL, CONTENT), Delivered)
        assert fake.connections == 2
        fake.drops_at, fake.answers, fake.times = "", {"mail": "421 4.4.2 idle for too long"}, 1
        assert isinstance(await relay.send(PARCEL, CONTENT), Delivered)
        assert fake.connections == 3


async def test_connections_are_kept_for_so_many_mails_and_so_long(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAILS_PER_LINE", 3)
    now = 0.0
    async with FakeRelay() as fake:
        relay = SmtpRelay(settings(fake), "desk.example.com", lambda: now)
        for _ in range(6):
            await relay.send(PARCEL, CONTENT)
        assert fake.connections == 2
        await relay.send(PARCEL, CONTENT)
        now += module.IDLE_SECONDS + 1
        await relay.send(PARCEL, CONTENT)
        assert fake.connections == 4
        await relay.close()
        await asyncio.sleep(0.05)
        assert fake._sessions == set()


@pytest.mark.parametrize("implicit", [False, True])
async def test_tls_is_used_and_verified(
    build: Build, certificate: dict[str, str], server_context: ssl.SSLContext, implicit: bool
) -> None:
    async with FakeRelay(context=server_context, implicit=implicit) as fake:
        tls = "implicit" if implicit else "starttls"
        assert isinstance(await build(fake, tls=tls, ca_file=certificate["ca_file"]).send(PARCEL, CONTENT), Delivered)
        stranger = await build(fake, tls=tls).send(PARCEL, CONTENT)
        assert isinstance(stranger, Away)
        assert stranger.reason.startswith(f"the certificate of the relay 127.0.0.1:{fake.port} is not trusted (")
        assert "set relay.ca_file" in stranger.reason
        assert len(fake.arrived) == 1


async def test_a_certificate_for_another_name_is_not_trusted(
    build: Build, certificate: dict[str, str], server_context: ssl.SSLContext
) -> None:
    async with FakeRelay(context=server_context, host="127.0.0.2") as fake:
        result = await build(fake, tls="starttls", ca_file=certificate["ca_file"]).send(PARCEL, CONTENT)
        assert isinstance(result, Away)
        assert "IP address mismatch" in result.reason
        assert "set relay.ca_file, or relay.host to the name in it" in result.reason


async def test_no_mail_leaves_in_clear_where_tls_was_asked_for(build: Build) -> None:
    async with FakeRelay() as fake:
        result = await build(fake, tls="starttls").send(PARCEL, CONTENT)
        assert isinstance(result, Away) and "offers no STARTTLS" in result.reason
        result = await build(fake, tls="implicit").send(PARCEL, CONTENT)
        assert isinstance(result, Away) and "set relay.tls" in result.reason
        assert fake.arrived == []


async def test_login_over_tls(
    build: Build, certificate: dict[str, str], server_context: ssl.SSLContext, password_file: str
) -> None:
    async with FakeRelay(context=server_context, credentials={"desk": "letmein"}) as fake:
        login = {"username": "desk", "password_file": password_file}
        relay = build(fake, tls="starttls", ca_file=certificate["ca_file"], **login)
        assert isinstance(await relay.send(PARCEL, CONTENT), Delivered)


async def test_a_wrong_password_is_away_tried_once_and_right_as_soon_as_it_is_mended(
    build: Build, password_file: str
) -> None:
    async with FakeRelay(credentials={"desk": "changed"}) as fake:
        relay = build(fake, username="desk", password_file=password_file, insecure_login=True)
        result = await relay.send(PARCEL, CONTENT)
        assert result == Away(
            f"the relay 127.0.0.1:{fake.port} refuses the login as desk "
            "(535 5.7.8 Authentication credentials invalid); set relay.username and its password right"
        )
        assert fake.logins == 1
        Path(password_file).write_text("changed\n")  # noqa: ASYNC240
        assert isinstance(await relay.send(PARCEL, CONTENT), Delivered)


async def test_a_relay_without_login_says_so(build: Build, password_file: str) -> None:
    async with FakeRelay() as fake:
        result = await build(fake, username="desk", password_file=password_file, insecure_login=True).send(
            PARCEL, CONTENT
        )
        assert isinstance(result, Away) and "offers no login" in result.reason
        result = await build(fake, username="desk", password_file="nowhere", insecure_login=True).send(PARCEL, CONTENT)
        assert isinstance(result, Away) and result.reason.startswith("relay.password_file: nowhere cannot be ")


@pytest.mark.parametrize(
    "address",
    [
        "a@example.org>\r\nRCPT TO:<b@example.org",
        "a@example.org\r\n",
        "a b@example.org",
        "a@exam ple.org",
        "a",
        "",
        "<a@example.org>",
        "a@example.org> SIZE=1",
        "a\0@example.org",
        "a@b@example.org",
        '"a@example.org',
    ],
)
async def test_an_address_that_is_none_is_refused_before_it_becomes_a_command(build: Build, address: str) -> None:
    async with FakeRelay() as fake:
        result = await build(fake).send(replace(PARCEL, recipient=address), CONTENT)
        assert isinstance(result, Refused) and result.code == 501
        assert "\n" not in result.response and "\r" not in result.response
        if address:
            assert isinstance(await build(fake).send(replace(PARCEL, sender=address), CONTENT), Refused)
        assert fake.arrived == []


async def test_a_quoted_local_part_is_an_address(build: Build) -> None:
    async with FakeRelay() as fake:
        assert isinstance(await build(fake).send(replace(PARCEL, recipient='"a b"@example.org'), CONTENT), Delivered)


async def test_internationalised_addresses_need_a_relay_that_takes_them(build: Build) -> None:
    parcel = replace(PARCEL, recipient="grüße@exämple.org")
    async with FakeRelay() as fake:
        assert isinstance(await build(fake).send(parcel, CONTENT), Delivered)
        assert fake.arrived[0].recipients == ("grüße@exämple.org",)
        assert "SMTPUTF8" in fake.arrived[0].options
    async with FakeRelay(smtputf8=False) as fake:
        result = await build(fake).send(parcel, CONTENT)
        assert result == Refused(553, "127.0.0.1 takes no addresses beyond ASCII (SMTPUTF8)")


async def test_what_a_relay_says_is_cut_and_cleaned(build: Build) -> None:
    async with FakeRelay(answers={"rcpt": "550-\x1b[31mred\x07\r\n550 " + "x" * 2000}) as fake:
        result = await build(fake).send(PARCEL, CONTENT)
        assert isinstance(result, Refused)
        assert len(result.response) == 500 and result.response.isprintable()


async def test_check_says_nothing_when_all_is_well(
    certificate: dict[str, str], server_context: ssl.SSLContext, password_file: str
) -> None:
    async with FakeRelay(context=server_context, credentials={"desk": "letmein"}) as fake:
        good = settings(
            fake, tls="starttls", ca_file=certificate["ca_file"], username="desk", password_file=password_file
        )
        assert await check_relay(good) is None
        assert fake.arrived == []


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ({"host": "relay.invalid"}, "is not found; set relay.host right"),
        ({"tls": "starttls"}, "offers no STARTTLS"),
        ({"tls": "implicit", "ca_file": "nowhere.pem"}, "relay.ca_file nowhere.pem cannot be read: No such file"),
        ({"tls": "implicit", "ca_file": __file__}, "holds no certificates in PEM"),
    ],
)
async def test_check_names_cause_and_cure_in_one_sentence(options: dict[str, Any], part: str) -> None:
    async with FakeRelay() as fake:
        sentence = await check_relay(settings(fake, **options))
        assert sentence is not None and part in sentence and "\n" not in sentence
