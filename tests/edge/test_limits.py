"""What one peer may ask of us, and what a hostile one gets (invariants 5 and 19)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from daemon.config import Limits
from daemon.edge.gate import FAILED_LOGINS, Gate, networks, party, within
from tests.edge.conftest import House, Talk
from tests.edge.test_smtp_in import MAIL, send

Open = Callable[..., Awaitable[House]]
LOOPBACK = ("127.0.0.0/8",)


async def mail_by(talk: Talk) -> str:
    for command in ("MAIL FROM:<customer@example.org>", "RCPT TO:<support@example.com>", "DATA"):
        answer = await talk.say(command)
        if answer[:1] in "45":
            return answer
    return await talk.say(MAIL + b".")


async def test_recipients_beyond_the_limit_are_put_off(open_house: Open) -> None:
    house = await open_house({"recipients": 2})
    talk = await (await house.talk()).in_data("support@example.com", "sales@example.com")
    await talk.say(MAIL + b".")
    await talk.say("MAIL FROM:<customer@example.org>")
    answers = [await talk.say(f"RCPT TO:<support+{i}@example.com>") for i in range(3)]
    assert [a[:9] for a in answers] == ["250 2.1.5", "250 2.1.5", "452 4.5.3"]


async def test_one_address_holds_only_so_many_connections(open_house: Open) -> None:
    house = await open_house({"connections_per_address": 2})
    first, second = await (await house.talk()).greeted(), await (await house.talk()).greeted()
    third = await house.talk()
    assert await third.answer() == "421 4.7.0 Too many connections from your address, please try again later"
    assert await third.is_over()
    assert (await second.say("QUIT"))[:3] == "221"
    assert await second.is_over()
    await (await house.talk()).greeted()
    assert (await mail_by(first)).startswith("250")


async def test_trusted_networks_are_counted_in_the_total_alone(open_house: Open) -> None:
    house = await open_house(
        {"connections_per_address": 1, "connections": 3, "mails_per_minute": 1}, trusted_networks=LOOPBACK
    )
    talks = [await (await house.talk()).greeted() for _ in range(3)]
    assert [(await mail_by(talk))[:3] for talk in talks] == ["250"] * 3
    fourth = await house.talk()
    assert await fourth.answer() == "421 4.3.2 Too many connections, please try again later"


async def test_connections_still_shaking_hands_are_counted(open_house: Open, certificate: dict[str, str]) -> None:
    files = {key: certificate[key] for key in ("certificate_file", "key_file")}
    house = await open_house({"connections_per_address": 2}, tls="implicit", **files)
    silent = [await house.talk() for _ in range(2)]
    assert await (await house.talk()).is_over()
    silent[0].writer.transport.abort()
    await asyncio.sleep(0.05)
    reader = (await house.talk()).reader
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(1), 0.1)  # let in: it waits for our handshake


async def test_mails_of_one_address_are_limited_by_the_minute(open_house: Open) -> None:
    talk = await (await (await open_house({"mails_per_minute": 2})).talk()).greeted()
    answers = [await mail_by(talk) for _ in range(3)]
    assert [a[:3] for a in answers[:2]] == ["250", "250"]
    assert answers[2].startswith("450 4.7.1 ")


async def test_the_network_is_evidence_only_where_the_listener_trusts_it(open_house: Open) -> None:
    for trust, evidence in (((), False), (("network",), True)):
        house = await open_house(trust=trust, trusted_networks=LOOPBACK)
        await asyncio.to_thread(send, house.port)
        assert house.intake.received[0][1].trusted_network is evidence
    house = await open_house(trust=("network",), trusted_networks=("192.0.2.0/24",))
    await asyncio.to_thread(send, house.port)
    assert house.intake.received[0][1].trusted_network is False


async def test_silence_ends_a_session(open_house: Open) -> None:
    house = await open_house({"idle_seconds": 1})
    for talk in (await house.talk(), await (await house.talk()).greeted(), await (await house.talk()).in_data()):
        while (answer := await talk.answer())[:3] == "220":
            pass
        assert answer == "421 4.4.2 Idle for too long"
        assert await talk.is_over()


async def test_trickling_does_not_prolong_a_session_without_end(open_house: Open) -> None:
    house = await open_house({"session_seconds": 1})
    talk = await (await house.talk()).in_data()

    async def trickle() -> None:
        while True:
            talk.send(b"x")
            await asyncio.sleep(0.05)

    trickling = asyncio.create_task(trickle())
    assert await talk.answer() == "421 4.4.2 This session has lasted too long"
    trickling.cancel()
    assert house.intake.received == []


async def test_our_own_time_does_not_count_as_silence(open_house: Open) -> None:
    house = await open_house({"idle_seconds": 1})
    house.intake.may_answer.clear()
    talk = await (await house.talk()).in_data()
    talk.send(MAIL + b".\r\n")
    await asyncio.sleep(1.3)
    house.intake.may_answer.set()
    assert (await talk.answer()).startswith("250")


async def test_who_never_reads_answers_is_cut_off(open_house: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("daemon.edge.conversation.PATIENCE", 0.1)
    house = await open_house({"session_seconds": 1}, trusted_networks=LOOPBACK)
    talk = await house.talk()
    talk.writer.transport.pause_reading()
    talk.send(b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n" + b"RCPT TO:<nobody@example.com>\r\n" * 300_000)
    await asyncio.sleep(2)
    assert house.doors._doors[0].conversations == set()


async def test_slow_clients_do_not_hold_up_a_good_one(open_house: Open) -> None:
    house = await open_house({"connections_per_address": 201, "connections": 201})
    slow = [await house.talk() for _ in range(200)]
    for i, talk in enumerate(slow):
        if i % 2:
            await talk.in_data()
    stop = False

    async def trickle() -> None:
        while not stop:
            for talk in slow:
                talk.send(b"E")
            await asyncio.sleep(0.01)

    trickling = asyncio.create_task(trickle())
    for _ in range(20):
        await asyncio.wait_for(asyncio.to_thread(send, house.port), 5)
    stop = True
    await trickling
    assert len(house.intake.received) == 20


async def test_a_flood_of_commands_waits_its_turn_and_is_ended(open_house: Open) -> None:
    house = await open_house()
    flood = await (await house.talk()).greeted()
    flood.send(b"\r\n" * 100_000)
    good = asyncio.create_task(asyncio.to_thread(send, house.port))
    assert await flood.is_over()
    await asyncio.wait_for(good, 5)
    assert len(house.intake.received) == 1


@pytest.mark.parametrize("command", [b"NOOP", b"EHLO x", b"VRFY x", b"HELP", b"RCPT TO:<nobody@example.com>", b"DATA"])
async def test_commands_that_move_no_mail_end_the_session_sooner_or_later(open_house: Open, command: bytes) -> None:
    talk = await (await (await open_house()).talk()).greeted()
    await talk.say("MAIL FROM:<customer@example.org>")
    talk.send((command + b"\r\n") * 150)
    answers = [line for line in (await talk.reader.read()).decode().splitlines() if line[3:4] == " "]
    assert len(answers) <= 103
    assert answers[-1].startswith("421 4.7.0 ")


@pytest.mark.parametrize(
    "line",
    [
        b"\0",
        b"\0" * 1000,
        b"MAIL\0 FROM:<a@example.org>",
        b"\xff\xfe",
        b"HELP \xff\xc3\x28",
        b"VRFY \xed\xa0\x80",
        b"EHLO \xff",
        b"X" * 1_000_000,
        b"MAIL FROM:<" + b"a" * 1_000_000 + b"@example.org>",
        b"AUTH PLAIN " + b"A" * 20_000,
        b"MAIL FROM:<a@example.org> SIZE=" + b"9" * 900,
        "MAIL FROM:<a@example.org> SIZE=²".encode(),
        b"MAIL FROM:<a@example.org> SIZE=-1",
        b"MAIL FROM:<a@example.org> BODY=BINARYMIME",
        b"BDAT 10 LAST",
        b"TURN",
        b"STARTTLS",
        b"AUTH",
        b"AUTH LOGIN",
        b"RSET x",
        b"QUIT x",
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2",
        b"GET / HTTP/1.1",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"   ",
        b"\t\x1b[2J\x07",
        b"MAIL FROM:<%s%n@example.org> X=\x1b",
    ],
)
async def test_hostile_commands_get_an_answer_in_plain_ascii_and_do_no_harm(open_house: Open, line: bytes) -> None:
    house = await open_house()
    talk = await (await house.talk()).greeted()
    answer = await talk.say(line)
    assert answer[:1] in "245"
    assert all(part.isascii() and part.isprintable() and len(part) <= 512 for part in answer.splitlines())
    assert "Error(" not in answer and "Traceback" not in answer and "451" not in answer
    await talk.say("RSET")
    assert (await mail_by(talk)).startswith("250")


def test_addresses_are_counted_as_people_get_them() -> None:
    assert party("192.0.2.7") == "192.0.2.7"
    assert party("::ffff:192.0.2.7") == "192.0.2.7"
    assert party("2001:db8:1:2:3::4") == party("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert party("fe80::1%eth0") == "fe80::/64"
    assert party("") == ""


def test_an_ipv4_peer_is_in_its_network_when_seen_through_ipv6() -> None:
    trusted = networks(("192.0.2.0/24", "2001:db8::/32"))
    assert within("192.0.2.1", trusted) and within("::ffff:192.0.2.1", trusted) and within("2001:db8::1", trusted)
    assert not within("198.51.100.1", trusted) and not within("", trusted)


def test_counts_begin_anew_in_the_next_minute() -> None:
    now = 1000.0
    gate = Gate(Limits(mails_per_minute=1), lambda: now)
    assert gate.admits_mail("192.0.2.1", False)
    assert not gate.admits_mail("192.0.2.1", False)
    assert gate.admits_mail("192.0.2.2", False) and gate.admits_mail("192.0.2.1", True)
    now += 60
    assert gate.admits_mail("192.0.2.1", False)


def test_an_address_that_guesses_passwords_is_barred_from_login_for_a_while() -> None:
    now = 1000.0
    gate = Gate(Limits(), lambda: now)
    for _ in range(FAILED_LOGINS):
        assert gate.admits_login("192.0.2.1")
        gate.login_failed("192.0.2.1")
    assert not gate.admits_login("192.0.2.1")
    assert gate.admits_login("192.0.2.2")
    now += 600
    assert gate.admits_login("192.0.2.1")
