"""TLS and login on our own doors (invariants 11 and 18)."""

from __future__ import annotations

import asyncio
import base64
import smtplib
import ssl
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from daemon.core.values import Envelope
from tests.edge.conftest import PASSWORD, TLS, House
from tests.edge.test_smtp_in import MAIL

Open = Callable[..., Awaitable[House]]


@pytest.fixture
def files(certificate: dict[str, str]) -> dict[str, Any]:
    return {key: certificate[key] for key in ("certificate_file", "key_file")}


def client(port: int, tls: str, context: ssl.SSLContext) -> smtplib.SMTP:
    if tls == "implicit":
        return smtplib.SMTP_SSL("127.0.0.1", port, timeout=10, context=context)
    plain = smtplib.SMTP("127.0.0.1", port, timeout=10)
    if tls == "starttls":
        plain.starttls(context=context)
    return plain


def submit(port: int, tls: str, context: ssl.SSLContext, login: str | None, way: str = "plain") -> None:
    with client(port, tls, context) as smtp:
        smtp.ehlo()
        if login is not None:
            smtp.user, smtp.password = login, PASSWORD
            smtp.auth(way, getattr(smtp, f"auth_{way}"))
        smtp.sendmail("agent@example.com", ["support@example.com"], MAIL)


@pytest.mark.parametrize("way", ["plain", "login"])
@pytest.mark.parametrize("tls", TLS)
async def test_an_agent_logs_in_over_tls_and_the_envelope_says_so(
    open_house: Open, files: dict[str, Any], client_context: ssl.SSLContext, tls: str, way: str
) -> None:
    house = await open_house(tls=tls, trust=("submission",), **files)
    await asyncio.to_thread(submit, house.port, tls, client_context, "Agent@Example.com", way)
    await asyncio.to_thread(submit, house.port, tls, client_context, None)
    assert [envelope.login for _, envelope in house.intake.received] == ["agent@example.com", None]


@pytest.mark.parametrize("tls", TLS)
async def test_a_large_mail_comes_whole_through_tls(
    open_house: Open, files: dict[str, Any], client_context: ssl.SSLContext, tls: str
) -> None:
    house = await open_house(tls=tls, **files)
    mail = MAIL + b"0123456789abcdef\r\n" * 100_000

    def send() -> None:
        with client(house.port, tls, client_context) as smtp:
            smtp.sendmail("customer@example.org", ["support@example.com"], mail)

    await asyncio.to_thread(send)
    assert house.intake.mails == [mail]


@pytest.mark.parametrize(
    ("listener", "offered"),
    [
        ({"tls": "starttls", "trust": ("submission",)}, False),
        ({"tls": "none", "trust": ("submission",), "insecure_login": True}, True),
        ({"tls": "none", "trust": ()}, False),
        ({"tls": "none", "trust": (), "insecure_login": True}, False),
    ],
)
async def test_login_is_offered_only_where_it_is_safe_and_means_something(
    open_house: Open, files: dict[str, Any], listener: dict[str, Any], offered: bool
) -> None:
    talk = await (await open_house(**listener, **files)).talk()
    await talk.answer()
    assert ("AUTH PLAIN LOGIN" in await talk.say("EHLO x")) is offered
    answer = await talk.say("AUTH PLAIN " + base64.b64encode(f"\0agent@example.com\0{PASSWORD}".encode()).decode())
    assert answer.startswith("235") is offered


async def test_unknown_agents_and_wrong_passwords_hear_the_same(open_house: Open) -> None:
    house = await open_house(trust=("submission",), insecure_login=True)
    answers = set()
    for given in (
        "\0agent@example.com\0wrong",
        "\0nobody@example.com\0wrong",
        "\0nobody@example.com\0",
        "\0\0",
        "\0\udcff\0\udcff",
        f"agent@example.com\0nobody@example.com\0{PASSWORD}",
    ):
        talk = await (await house.talk()).greeted()
        encoded = base64.b64encode(given.encode("utf-8", "surrogateescape")).decode()
        answers.add(await talk.say(f"AUTH PLAIN {encoded}"))
    assert answers == {"535 5.7.8 Authentication credentials invalid"}


async def test_three_failed_logins_end_the_session(open_house: Open) -> None:
    talk = await (await (await open_house(trust=("submission",), insecure_login=True)).talk()).greeted()
    wrong = base64.b64encode(b"\0agent@example.com\0wrong").decode()
    assert [(await talk.say(f"auth plain {wrong}"))[:3] for _ in range(3)] == ["535"] * 3
    assert await talk.answer() == "421 4.7.0 Too many failed logins"
    assert await talk.is_over()


async def test_an_address_that_keeps_guessing_is_put_off_even_with_the_right_password(open_house: Open) -> None:
    house = await open_house(trust=("submission",), insecure_login=True)
    wrong, right = (base64.b64encode(f"\0agent@example.com\0{p}".encode()).decode() for p in ("wrong", PASSWORD))
    for _ in range(7):
        talk = await (await house.talk()).greeted()
        for _ in range(3):
            await talk.say(f"AUTH PLAIN {wrong}")
    talk = await (await house.talk()).greeted()
    assert (await talk.say(f"AUTH PLAIN {right}")).startswith("454 4.7.0 ")


@pytest.mark.parametrize(
    "command",
    [
        "AUTH",
        "AUTH PLAIN =",
        "AUTH PLAIN ????",
        "AUTH PLAIN AAAA BBBB",
        "AUTH CRAM-MD5",
        "AUTH PLAIN " + "A" * 9999,
    ],
)
async def test_broken_logins_are_refused(open_house: Open, command: str) -> None:
    talk = await (await (await open_house(trust=("submission",), insecure_login=True)).talk()).greeted()
    assert (await talk.say(command))[:2] in ("50", "53")
    assert (await talk.say("NOOP")).startswith("250")


async def test_a_login_may_be_broken_off_and_may_not_be_endless(open_house: Open) -> None:
    house = await open_house(trust=("submission",), insecure_login=True)
    talk = await (await house.talk()).greeted()
    assert (await talk.say("AUTH LOGIN"))[:3] == "334"
    assert (await talk.say("*"))[:3] == "501"
    assert (await talk.say("AUTH LOGIN"))[:3] == "334"
    assert await talk.say(b"A" * 300_000) == "421 4.7.0 This line is too long"
    assert await talk.is_over()


async def test_there_is_no_login_within_a_mail(open_house: Open) -> None:
    talk = await (await (await open_house(trust=("submission",), insecure_login=True)).talk()).greeted()
    await talk.say("MAIL FROM:<agent@example.com>")
    assert (await talk.say("AUTH PLAIN AAAA"))[:3] == "503"


async def test_what_was_sent_before_tls_is_forgotten(
    open_house: Open, files: dict[str, Any], client_context: ssl.SSLContext
) -> None:
    house = await open_house(tls="starttls", **files)
    talk = await (await house.talk()).greeted()
    talk.send(b"STARTTLS\r\nMAIL FROM:<smuggled@example.org>\r\nRCPT TO:<support@example.com>\r\n")
    assert (await talk.answer())[:3] == "220"
    await talk.writer.start_tls(client_context, server_hostname="127.0.0.1")
    assert (await talk.say("RSET"))[:3] == "250"
    assert (await talk.say("RCPT TO:<support@example.com>"))[:3] == "503"
    assert "STARTTLS" not in await talk.say("EHLO x")
    assert (await talk.say("STARTTLS"))[:3] == "503"


@pytest.mark.parametrize("tls", TLS)
async def test_nonsense_in_place_of_a_handshake_ends_that_connection_alone(
    open_house: Open, files: dict[str, Any], client_context: ssl.SSLContext, tls: str
) -> None:
    house = await open_house(tls=tls, **files)
    for nonsense in (b"EHLO x\r\n" * 10, b"\x16\x03\x01\xff\xff" + b"\0" * 100, b""):
        talk = await house.talk()
        if tls == "starttls":
            await talk.greeted()
            await talk.say("STARTTLS")
        talk.send(nonsense)
        talk.writer.write_eof()
        assert await talk.is_over()
    await asyncio.to_thread(submit, house.port, tls, client_context, None)
    assert len(house.intake.received) == 1
    await asyncio.sleep(0.05)
    assert house.doors._gate._total == 0


async def test_closing_does_not_wait_for_an_unfinished_handshake(open_house: Open, files: dict[str, Any]) -> None:
    house = await open_house(tls="implicit", **files)
    talk = await house.talk()
    await asyncio.sleep(0.05)
    await asyncio.wait_for(house.doors.close(5), 2)
    assert await talk.is_over()


async def test_an_old_client_without_tls_is_served_where_tls_is_only_offered(
    open_house: Open, files: dict[str, Any], client_context: ssl.SSLContext
) -> None:
    house = await open_house(tls="starttls", **files)
    await asyncio.to_thread(submit, house.port, "none", client_context, None)
    envelope: Envelope = house.intake.received[0][1]
    assert envelope.login is None
