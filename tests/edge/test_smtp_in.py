"""Mail comes in by SMTP: what is taken, what is refused, and in what words."""

from __future__ import annotations

import asyncio
import smtplib
from collections.abc import Awaitable, Callable

import pytest

from daemon.config import Limits, Listener
from daemon.edge import StartError
from daemon.edge.smtp_in import Doors
from tests.edge.conftest import FALSE_ENDS, RECEIVED_AT, House, Intake

Open = Callable[..., Awaitable[House]]
MAIL = b"From: customer@example.org\r\nSubject: the printer\r\n\r\nIt smokes.\r\n"


def send(
    port: int,
    mail: bytes = MAIL,
    to: tuple[str, ...] = ("support@example.com",),
    options: tuple[str, ...] = (),
    sender: str = "customer@example.org",
) -> dict[str, tuple[int, bytes]]:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        return client.sendmail(sender, list(to), mail, list(options))


async def test_a_mail_is_kept_byte_for_byte_with_its_envelope(open_house: Open) -> None:
    house = await open_house()
    await asyncio.to_thread(send, house.port, MAIL + b"\xff\xfe\x00 .dot\r\n.\r\n..\r\n")
    [(raw, envelope)] = house.intake.received
    assert raw == MAIL + b"\xff\xfe\x00 .dot\r\n.\r\n..\r\n"
    assert (envelope.source, envelope.source_key, envelope.peer) == ("smtp", "", "127.0.0.1")
    assert (envelope.sender, envelope.recipients) == ("customer@example.org", ("support@example.com",))
    assert (envelope.received_at, envelope.login, envelope.trusted_network) == (RECEIVED_AT, None, False)


async def test_the_null_sender_is_an_empty_sender(open_house: Open) -> None:
    house = await open_house()
    await asyncio.to_thread(send, house.port, sender="")
    assert house.intake.received[0][1].sender == ""


async def test_only_our_recipients_are_taken(open_house: Open) -> None:
    house = await open_house()
    refused = await asyncio.to_thread(send, house.port, MAIL, ("support@example.com", "elsewhere@example.net"))
    assert refused == {"elsewhere@example.net": (550, b"5.1.1 No such address here")}
    assert house.intake.received[0][1].recipients == ("support@example.com",)


async def test_one_mail_to_two_desks_comes_once_with_both(open_house: Open) -> None:
    house = await open_house()
    await asyncio.to_thread(send, house.port, MAIL, ("support@example.com", "sales@example.com", "Support@example.com"))
    assert [sorted(e.recipients) for _, e in house.intake.received] == [["sales@example.com", "support@example.com"]]


@pytest.mark.parametrize(
    "command",
    [
        "MAIL FROM:<a b@example.org>",
        "MAIL FROM:<a@example.org",
        "MAIL FROM:",
        "MAIL FROM:<@>",
        "MAIL FROM:<a@b@c>",
        "MAIL FROM:<a@example.org>SIZE=1",
        "MAIL FROM:<a\x00@example.org>",
        b"MAIL FROM:<\xff@example.org>",
        "MAIL FROM:<" + "(" * 500 + ">",
        "MAIL FROM:<" + "a." * 400 + "@@>",
        "MAIL a@example.org",
    ],
)
async def test_a_broken_sender_is_answered_501(open_house: Open, command: str | bytes) -> None:
    talk = await (await (await open_house()).talk()).greeted()
    assert (await talk.say(command))[:3] == "501"
    assert (await talk.say("MAIL FROM:<customer@example.org>"))[:3] == "250"


@pytest.mark.parametrize("command", ["RCPT TO:<>x", "RCPT TO:support", "RCPT TO:<support@example.com", "RCPT TO:<@x>"])
async def test_a_broken_recipient_is_answered_501(open_house: Open, command: str) -> None:
    talk = await (await (await open_house()).talk()).greeted()
    await talk.say("MAIL FROM:<customer@example.org>")
    assert (await talk.say(command))[:3] == "501"


@pytest.mark.parametrize(
    "path",
    [
        "<support@example.com>",
        "support@example.com",
        "<@relay.example.net:support@example.com>",
        " <support@example.com>",
        "<SUPPORT@EXAMPLE.COM>",
        "<support+1042-abcdefghijklmnopqrstuvwxyz@example.com>",
    ],
)
async def test_the_usual_ways_to_write_a_recipient_are_understood(open_house: Open, path: str) -> None:
    talk = await (await (await open_house()).talk()).greeted()
    await talk.say("MAIL FROM:<>")
    assert (await talk.say(f"RCPT TO:{path}"))[:3] == "250"


async def test_parameters_of_common_servers_are_understood(open_house: Open) -> None:
    talk = await (await (await open_house()).talk()).greeted()
    assert (await talk.say("MAIL FROM:<a@example.org> SIZE=1000 BODY=8BITMIME SMTPUTF8 AUTH=<>"))[:3] == "250"
    assert (await talk.say("RCPT TO:<support@example.com> NOTIFY=NEVER"))[:3] == "555"


async def test_an_internationalised_sender_is_kept_as_written(open_house: Open) -> None:
    house = await open_house()
    talk = await (await house.talk()).greeted()
    assert (await talk.say("MAIL FROM:<grüße@exämple.org> SMTPUTF8"))[:3] == "250"
    await talk.say("RCPT TO:<support@example.com>")
    await talk.say("DATA")
    assert (await talk.say(b"Subject: \xc3\xbc\r\n\r\n.\r"[:-1] + b"\r\n."))[:3] == "250"
    assert house.intake.received[0][1].sender == "grüße@exämple.org"


@pytest.mark.parametrize("state", ["filed", "ignored", "quarantined", "failed"])
async def test_whatever_is_kept_is_answered_250(open_house: Open, state: str) -> None:
    house = await open_house()
    house.intake.becomes["support@example.com"] = (state, "some-reason")
    talk = await (await house.talk()).in_data()
    assert await talk.say(MAIL + b".") == "250 2.0.0 Kept as 1"


@pytest.mark.parametrize(
    ("becomes", "code"),
    [
        (("rejected", "too-large"), "552"),
        (("rejected", "unknown-recipient"), "550"),
        (("rejected", "mail-loop"), "554"),
        (("rejected", "two-authors"), "554"),
        (("deferred", "no-room"), "451"),
    ],
)
async def test_what_is_not_kept_is_answered_in_a_sentence(
    open_house: Open, becomes: tuple[str, str], code: str
) -> None:
    house = await open_house()
    house.intake.becomes["support@example.com"] = becomes
    talk = await (await house.talk()).in_data()
    answer = await talk.say(MAIL + b".")
    assert answer.startswith(code)
    assert len(answer.split()) > 5


@pytest.mark.parametrize(
    ("support", "sales", "code"),
    [
        ("filed", "deferred", "451"),
        ("rejected", "deferred", "451"),
        ("filed", "rejected", "554"),
        ("filed", "failed", "250"),
    ],
)
async def test_the_one_answer_of_smtp_stands_for_all_recipients(
    open_house: Open, support: str, sales: str, code: str
) -> None:
    house = await open_house()
    house.intake.becomes = {"support@example.com": (support, "a"), "sales@example.com": (sales, "b")}
    talk = await (await house.talk()).in_data("support@example.com", "sales@example.com")
    assert (await talk.say(MAIL + b".")).startswith(code)


async def test_an_error_of_ours_is_answered_451_and_never_in_its_own_words(open_house: Open) -> None:
    house = await open_house()
    house.intake.error = RuntimeError("secret path /var/lib/desk")
    talk = await (await house.talk()).in_data()
    answer = await talk.say(MAIL + b".")
    assert answer.startswith("451 4.3.0 ")
    assert "secret" not in answer and "RuntimeError" not in answer
    house.intake.error = None
    for command in ("MAIL FROM:<a@example.org>", "RCPT TO:<support@example.com>", "DATA"):
        await talk.say(command)
    assert (await talk.say(MAIL + b".")).startswith("250")


async def test_an_error_while_looking_up_a_recipient_is_answered_451(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await open_house()
    talk = await (await house.talk()).greeted()
    await talk.say("MAIL FROM:<a@example.org>")

    def fails(recipient: str) -> bool:
        raise OSError("the database is at /secret")

    monkeypatch.setattr(house.intake, "known", fails)
    assert await talk.say("RCPT TO:<support@example.com>") == (
        "451 4.3.0 This mail cannot be kept at the moment, please send it again later"
    )


async def test_250_is_said_only_after_the_mail_is_kept(open_house: Open) -> None:
    house = await open_house()
    house.intake.may_answer.clear()
    talk = await (await house.talk()).in_data()
    answer = asyncio.create_task(talk.say(MAIL + b"."))
    await house.intake.called.wait()
    await asyncio.sleep(0.05)
    assert not answer.done()
    house.intake.may_answer.set()
    assert (await answer).startswith("250")


async def test_a_mail_is_kept_to_the_end_though_its_sender_hangs_up(open_house: Open) -> None:
    house = await open_house()
    house.intake.may_answer.clear()
    talk = await (await house.talk()).in_data()
    talk.send(MAIL + b".\r\n")
    await house.intake.called.wait()
    talk.writer.transport.abort()
    await asyncio.sleep(0.05)
    house.intake.may_answer.set()
    await asyncio.sleep(0.05)
    assert house.intake.mails == [MAIL]


async def test_a_sender_who_only_stops_talking_still_hears_the_answer(open_house: Open) -> None:
    house = await open_house()
    talk = await (await house.talk()).in_data()
    talk.send(MAIL + b".\r\nNOOP\r\n")
    talk.writer.write_eof()
    assert (await talk.answer()).startswith("250 2.0.0 Kept")
    assert (await talk.answer()).startswith("250")
    assert await talk.answer() == ""


async def test_a_mail_that_breaks_off_is_not_a_mail(open_house: Open) -> None:
    house = await open_house()
    for stop in ("eof", "abort"):
        talk = await (await house.talk()).in_data()
        talk.send(MAIL)
        if stop == "eof":
            talk.writer.write_eof()
            assert await talk.is_over()
        talk.writer.transport.abort()
    assert (await (await house.talk()).in_data()) and house.intake.received == []


@pytest.mark.parametrize("fake", FALSE_ENDS)
async def test_i20_no_other_end_than_crlf_dot_crlf_smuggles_a_second_mail(open_house: Open, fake: bytes) -> None:
    house = await open_house()
    talk = await (await house.talk()).in_data()
    smuggled = b"MAIL FROM:<boss@example.com>\r\nRCPT TO:<support@example.com>\r\nDATA\r\nSubject: second\r\n"
    assert (await talk.say(MAIL + b"x" + fake + smuggled + b".")).startswith("250")
    assert (await talk.say("QUIT")).startswith("221")
    [raw] = house.intake.mails
    assert raw == MAIL + b"x" + fake.replace(b"\r\n.", b"\r\n") + smuggled


async def test_commands_sent_ahead_are_answered_in_order(open_house: Open) -> None:
    house = await open_house()
    talk = await (await house.talk()).greeted()
    one = b"MAIL FROM:<a@example.org>\r\nRCPT TO:<support@example.com>\r\nRCPT TO:<nobody@example.com>\r\nDATA\r\n"
    talk.send(one + MAIL + b".\r\n" + one + b".\r\n" + b"RSET\r\n" + one + b"\r\n.\r\nQUIT\r\n")
    codes = [(await talk.answer())[:3] for _ in range(17)]
    assert codes == ["250", "250", "550", "354", "250"] * 2 + ["250"] + ["250", "250", "550", "354", "250"] + ["221"]
    assert house.intake.mails == [MAIL, b"", b"\r\n"]


async def test_a_line_of_a_megabyte_is_an_ordinary_line(open_house: Open) -> None:
    house = await open_house()
    mail = b"Subject: long\r\n\r\n" + b"x" * 1_000_000 + b"\r\nend\r\n"
    await asyncio.to_thread(send, house.port, mail)
    assert house.intake.mails == [mail]


async def test_a_mail_that_says_it_is_too_large_is_refused_at_mail_from(open_house: Open) -> None:
    talk = await (await (await open_house({"message_size": 20_000})).talk()).greeted()
    assert (await talk.say("MAIL FROM:<a@example.org> SIZE=20001")).startswith("552")
    assert (await talk.say("MAIL FROM:<a@example.org> SIZE=20000")).startswith("250")


async def test_a_mail_that_turns_out_too_large_is_refused_after_its_end(open_house: Open) -> None:
    house = await open_house({"message_size": 20_000})
    talk = await (await house.talk()).in_data()
    assert (await talk.say(MAIL + b"x" * 200_000 + b"\r\n.")).startswith("552 5.3.4")
    assert (await talk.say("MAIL FROM:<a@example.org>")).startswith("250")
    assert house.intake.received == []


async def test_the_greeting_tells_what_we_can_and_not_what_we_are(open_house: Open) -> None:
    talk = await (await open_house({"message_size": 20_000})).talk()
    assert await talk.answer() == "220 desk.example.com ESMTP ready"
    assert (await talk.say("EHLO client.example.org")).splitlines() == [
        "250-desk.example.com",
        "250-SIZE 20000",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250 PIPELINING",
    ]


async def test_vrfy_does_not_tell_who_is_here(open_house: Open) -> None:
    talk = await (await (await open_house()).talk()).greeted()
    assert await talk.say("VRFY support@example.com") == await talk.say("VRFY nobody@example.com")


async def test_lmtp_answers_once_for_each_recipient_in_order(open_house: Open) -> None:
    house = await open_house({"message_size": 20_000}, protocol="lmtp")
    house.intake.becomes = {"sales@example.com": ("deferred", "busy"), "support+x@example.com": ("rejected", "no-such")}
    recipients = ("support@example.com", "sales@example.com", "support+x@example.com", "SUPPORT@example.com")
    talk = await (await house.talk()).in_data(*recipients, name="LHLO")
    talk.send(MAIL + b".\r\n")
    assert [(await talk.answer())[:3] for _ in recipients] == ["250", "451", "554", "250"]
    assert (await talk.say("NOOP")).startswith("250")
    assert house.intake.received[0][1].source == "lmtp"
    assert len(house.intake.received[0][1].recipients) == 3


async def test_lmtp_answers_once_for_each_recipient_when_nothing_works(open_house: Open) -> None:
    house = await open_house({"message_size": 20_000}, protocol="lmtp")
    house.intake.error = RuntimeError("no")
    recipients = ("support@example.com", "sales@example.com")
    for mail, code in ((MAIL, "451"), (b"x" * 30_000 + b"\r\n", "552")):
        talk = await (await house.talk()).in_data(*recipients, name="LHLO")
        talk.send(mail + b".\r\n")
        assert [(await talk.answer())[:3] for _ in recipients] == [code, code]


async def test_lmtp_and_smtp_do_not_mix(open_house: Open) -> None:
    talk = await (await open_house(protocol="lmtp")).talk()
    assert await talk.answer() == "220 desk.example.com LMTP ready"
    assert (await talk.say("EHLO x"))[:3] == "500"
    assert (await talk.say("HELO x"))[:3] == "500"
    assert (await talk.say("MAIL FROM:<>"))[:3] == "503"
    talk = await (await open_house()).talk()
    await talk.answer()
    assert (await talk.say("LHLO x"))[:3] == "500"
    assert (await talk.say("HELO x"))[:3] == "250"


async def test_closing_lets_a_mail_that_is_being_kept_be_answered(open_house: Open) -> None:
    house = await open_house()
    house.intake.may_answer.clear()
    idle = await (await house.talk()).greeted()
    talk = await (await house.talk()).in_data()
    talk.send(MAIL + b".\r\n")
    await house.intake.called.wait()
    closing = asyncio.create_task(house.doors.close(5))
    assert await idle.answer() == "421 4.3.2 Shutting down, please try again later"
    house.intake.may_answer.set()
    assert (await talk.answer()).startswith("250")
    assert (await talk.answer()).startswith("421")
    await closing
    with pytest.raises(OSError, match=r"refused|failed"):
        await house.talk()


async def test_closing_does_not_wait_for_ever(open_house: Open) -> None:
    house = await open_house()
    house.intake.may_answer.clear()
    talk = await (await house.talk()).in_data()
    talk.send(MAIL + b".\r\n")
    await house.intake.called.wait()
    await house.doors.close(0.05)
    assert await talk.is_over()


async def test_a_taken_port_is_told_with_its_cure(open_house: Open) -> None:
    house = await open_house()
    second = Doors([Listener(port=0), Listener(port=house.port)], Limits(), Intake(), {}, lambda: 0, "x")
    with pytest.raises(StartError) as told:
        await second.open()
    assert str(told.value) == (
        f"port {house.port} on 127.0.0.1 is taken by another program; stop it or set listen.port"
    )
    assert second.servers == []


@pytest.mark.parametrize(
    ("listener", "sentence"),
    [
        ({"host": "192.0.2.1"}, "192.0.2.1 is no address of this machine; set listen.host"),
        (
            {"tls": "implicit", "certificate_file": "nowhere.pem", "key_file": "nowhere.key"},
            "listen.certificate_file nowhere.pem and listen.key_file nowhere.key cannot be read: "
            "No such file or directory; set their paths and permissions right",
        ),
        (
            {"tls": "starttls", "certificate_file": __file__, "key_file": __file__},
            f"listen.certificate_file {__file__} and listen.key_file {__file__} hold no usable certificate and key; "
            "write the certificate chain and its unencrypted key in PEM",
        ),
    ],
)
async def test_a_listener_that_cannot_open_says_why(listener: dict[str, str], sentence: str) -> None:
    doors = Doors([Listener(**({"port": 0} | listener))], Limits(), Intake(), {}, lambda: 0, "x")  # type: ignore[arg-type]
    with pytest.raises(StartError) as told:
        await doors.open()
    assert str(told.value) == sentence
