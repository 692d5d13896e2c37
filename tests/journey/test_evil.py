"""Hostile mail, all of it through SMTP into one daemon: how each ends, and what must never come of it."""

from __future__ import annotations

import hashlib
import re
import smtplib
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from daemon.core.values import Attachment
from daemon.mail.attachments import attachment_bytes
from tests import shared
from tests.databases import PostgresServer, views
from tests.journey.conftest import PATIENT
from tests.journey.evil import INVENTED_ID, REAL, Evil, mails, say_on_the_wire, with_real_id
from tests.journey.harmless import faults_of_html, faults_of_letter, has_hidden, is_harmless_name
from tests.journey.mails import html_of, new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt
from tests.journey.running import RunningDesk, until
from tests.journey.sink import Sink

ALICE, CAROL, OPERATOR = "alice@desk.example", "carol@customer.example", "operator@desk.example"
SECRET = "The vault code is 7391."
CORPUS = mails()
NAMES = [e.name for e in CORPUS]
DESKS = """
[[desk]]
name = "support"
address = "support@desk.example"

[[agent]]
name = "Alice Agent"
address = "alice@desk.example"
"""
STATES = {"filed": "accepted", "ignored": "accepted", "quarantined": "quarantined"}


@dataclass
class Siege:
    """The daemon under attack, Carol's ticket 1001 in it, and what became of each hostile mail."""

    desk: RunningDesk
    answer: Letter
    receipts: dict[str, Receipt]
    sent: dict[str, Evil]
    wire: dict[str, list[str]]
    before: dict[str, Any]

    def of(self, *kinds: str) -> Iterator[tuple[str, Receipt]]:
        """The mails of these classes, each with what became of it."""
        for name, receipt in self.receipts.items():
            if self.sent[name].kind in kinds:
                yield name, receipt


@pytest.fixture(scope="module")
def siege_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    yield from besieged(tmp_path_factory.mktemp("siege"), "")


@pytest.fixture(scope="module")
def siege_on_postgresql(tmp_path_factory: pytest.TempPathFactory, postgres: PostgresServer) -> Iterator[Siege]:
    yield from besieged(tmp_path_factory.mktemp("siege"), postgres.new_database())


@pytest.fixture
def siege(request: pytest.FixtureRequest, database: str) -> Siege:
    found: Siege = request.getfixturevalue(f"siege_on_{database}")
    return found


def besieged(folder: Path, url: str) -> Iterator[Siege]:
    with Sink() as sink:
        desk = RunningDesk(folder, sink, f'operator = "{OPERATOR}"', PATIENT, DESKS, url).start()
        try:
            yield _besieged(desk)
        finally:
            desk.end()


def _besieged(desk: RunningDesk) -> Siege:
    desk.rewrite(
        "INSERT INTO ticket (id, desk, subject, status, priority, type, team, requester_id, escalation_level, channel,"
        " opened_at, updated_at) SELECT 1000, 'support', '', 'spam', 'low', 'task', 'support', min(id), 0, 'smtp', 1, 1"
        " FROM person"
    )
    if desk.url.startswith("postgresql:"):
        desk.rewrite("SELECT setval('ticket_id_seq', 1000)")  # SQLite goes on from the highest number by itself
    first = desk.send(
        new_mail(f"Carol <{CAROL}>", SECRET, Subject="Printer on fire", Message_ID="<carol.first@customer.example>")
    )
    assert first.ticket == 1001
    answer = desk.send(reply_to(first.letter("notification").mail, ALICE, "Noted."), "inside").letter("answer")
    until(lambda: len([e for e in desk.events(1001) if e == "mail_delivered"]) == 3)
    before = desk.ticket(1001)
    receipts, sent, wire = {}, {}, {}
    real_id = str(answer.mail["Message-ID"])
    real = [with_real_id(e, real_id) for e in CORPUS if INVENTED_ID in e.raw]
    for evil in (*CORPUS, *real):
        sent[evil.name] = evil
        if evil.on_the_wire:
            last = desk.inbound()[-1]["id"]
            letters = desk.letters()[-1].id
            wire[evil.name] = say_on_the_wire(desk.ports["outside"], evil)
            receipts[evil.name] = Receipt(250, "", tuple(desk.inbound(last)), tuple(desk.letters(letters)))
        else:
            receipts[evil.name] = desk.send(evil.raw, to=evil.recipient, sender=evil.sender)
    return Siege(desk, answer, receipts, sent, wire, before)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_mail_ends_as_it_must(siege: Siege, name: str) -> None:
    receipt = siege.receipts[name]
    if not receipt.rows:
        assert 500 <= receipt.code < 600
        assert "rejected" in siege.sent[name].states
        return
    assert receipt.code == 250
    assert STATES[receipt.row["state"]] in siege.sent[name].states, receipt.row


def test_i05_the_daemon_lives_and_takes_the_next_mail(siege: Siege) -> None:
    assert siege.desk.lives()
    assert siege.desk.send(new_mail("good@customer.example")).outcome == ("filed", "no-ticket-named")
    assert siege.desk.get("http://x/health")[0] == 200
    assert '"level": "error"' not in siege.desk.log.read_text()


def test_i06_no_hostile_mail_is_lost_and_none_counts_as_a_fault_of_ours(siege: Siege) -> None:
    for name, receipt in siege.receipts.items():
        assert len(receipt.rows) == 1, name
        assert receipt.row["state"] in STATES, (name, receipt.row)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", receipt.row["because"]), name


def test_i07_the_raw_bytes_are_kept_unchanged(siege: Siege) -> None:
    for name, receipt in siege.receipts.items():
        kept = siege.desk.rows("SELECT content FROM raw WHERE sha256 = ?", receipt.row["raw"])[0]["content"]
        raw = siege.sent[name].raw
        if siege.sent[name].on_the_wire:
            raw = raw.replace(b"\r\n.", b"\r\n")  # what stands for a dot at the head of a line
        assert kept in (raw, raw + b"\r\n"), name


def test_crash_mails_keep_their_words(siege: Siege) -> None:
    for name, receipt in siege.of("crash", "slow"):
        body = b"Hello, please help." in siege.sent[name].raw
        if body and receipt.row["state"] == "filed":
            words = siege.desk.messages(receipt.ticket)[-1]["words"]
            assert "Hello, please help." in words, (name, words)


def test_two_authors_are_nobodys_word(siege: Siege) -> None:
    for name in ("crash-from-two-headers.eml", "spoof-agent-parseaddr.eml"):
        receipt = siege.receipts[name]
        assert ALICE not in [x.recipient for x in receipt.letters if x.kind == "confirmation"], name
        assert not siege.desk.rows("SELECT 1 FROM hold WHERE inbound_id = ?", receipt.row["id"]), name


def test_slow_mails_and_bombs_are_neither_unpacked_nor_multiplied(siege: Siege) -> None:
    for name, receipt in siege.of("slow", "bomb"):
        size = len(siege.sent[name].raw)
        assert receipt.row["because"] != "worker-died", name
        kept = [x for x in receipt.letters if x.recipient == ALICE]
        assert sum(len(x.raw) for x in kept) <= 2 * size + 10_000, name
    for name, file in (("bomb-zip-200mb.eml", "logs.zip"), ("bomb-gzip-100mb.eml", "dump.sql.gz")):
        (row,) = attachments(siege, siege.receipts[name])
        assert row["name"] == file
        assert row["size"] < len(siege.sent[name].raw)


def test_i14_no_outgoing_mail_has_a_header_or_a_recipient_too_many(siege: Siege) -> None:
    senders = {e.sender for e in siege.sent.values()}
    senders |= {r["key"] for r in siege.desk.rows("SELECT key FROM mail_address")}
    for letter in siege.desk.letters():
        assert faults_of_letter(letter.raw, letter.recipient) == [], letter
    for name, receipt in siege.receipts.items():
        for letter in receipt.letters:
            assert letter.recipient in {ALICE, OPERATOR, *senders}, name
            assert "other.example" not in letter.recipient, name
            assert "victim@other.example" not in str(letter.mail["To"]), name


def test_hdrinj_mails_are_answered_to_one_recipient_at_most(siege: Siege) -> None:
    for name, receipt in siege.of("hdrinj"):
        answered = [x for x in receipt.letters if x.recipient != ALICE]
        assert len(answered) <= 1, name
        for letter in receipt.letters:
            lines = text_of(letter.mail).splitlines()
            assert not [line for line in lines if line.lower().startswith("bcc:")], name
            arrived = siege.desk.arrived(letter)
            assert arrived.recipients == (letter.recipient,), name


def test_ssti_mail_text_is_never_evaluated(siege: Siege) -> None:
    for name, receipt in siege.of("ssti"):
        (told,) = (x for x in receipt.letters if x.recipient == ALICE)
        whole = f"{told.mail['Subject']}\n{told.mail['From']}\n{text_of(told.mail)}\n{html_of(told.mail)}"
        without_number = whole.replace(str(receipt.ticket), "")
        assert "49" not in without_number, name
        assert "uid=" not in whole, name
        assert "<class" not in whole, name
        expected = "{{7*7}}" if "subj" in name else "cycler.__init__"
        assert expected in whole, name


def test_cmd_headers_from_outside_change_nothing(siege: Siege) -> None:
    for _, receipt in siege.of("cmd"):
        ticket = siege.desk.ticket(receipt.ticket)
        assert (ticket["status"], ticket["priority"], ticket["assignee_id"]) == ("new", "medium", None)
        assert siege.desk.messages(receipt.ticket)[0]["state"] == "filed"


def test_csv_nothing_that_analysts_export_comes_from_the_words_of_a_mail(siege: Siege) -> None:
    published = views(siege.desk.url)
    assert "v1_message" in published
    for view in published:
        for row in siege.desk.rows(f"SELECT * FROM {view}"):
            for value in row.values():
                assert not (isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))), view


def test_log_no_escape_reaches_a_terminal_or_the_log(siege: Siege) -> None:
    number = str(siege.receipts["log-log-ansi.eml"].ticket)
    for command in (
        ("inbound", "list", "--limit", "1000"),
        ("ticket", "list", "--limit", "1000"),
        ("ticket", "show", number),
        ("inbound", "show", "--json", str(siege.receipts["log-log-ansi.eml"].row["id"])),
    ):
        shown = siege.desk.run(*command)
        assert shown.returncode == 0, shown.stderr
        assert "pwn" in shown.stdout, command
        assert not has_hidden(shown.stdout.replace("\n", "")), command
    assert not has_hidden(siege.desk.log.read_text().replace("\n", ""))
    for letter in siege.receipts["log-log-ansi.eml"].letters:
        assert not has_hidden(text_of(letter.mail).replace("\n", "") + str(letter.mail["Subject"]))


def test_i16_no_active_or_remote_html_is_shown(siege: Siege) -> None:
    for name, receipt in siege.receipts.items():
        for letter in receipt.letters:
            assert faults_of_html(html_of(letter.mail)) == [], (name, letter.kind)


def test_i16_what_inspect_shows_of_html_is_harmless(siege: Siege, tmp_path: Path) -> None:
    for evil in CORPUS:
        if evil.kind in ("html", "mime"):
            (tmp_path / evil.name).write_bytes(evil.raw)
    rows = siege.desk.json("inspect", str(tmp_path))
    assert len(rows) > 8
    for row in rows:
        assert faults_of_html(row["html"] or "") == [], row["path"]
        assert "alert(" not in (row["html"] or ""), row["path"]


def test_html_of_an_alternative_both_parts_stay_retrievable(siege: Siege, tmp_path: Path) -> None:
    receipt = siege.receipts["html-alternative-mismatch.eml"]
    file = tmp_path / "raw.eml"
    assert siege.desk.run("inbound", "show", str(receipt.row["id"]), "--raw", str(file)).returncode == 0
    kept = file.read_bytes()
    assert b"cancel my order" in kept
    assert b"double my order" in kept


def attachments(siege: Siege, receipt: Receipt) -> list[dict[str, Any]]:
    return siege.desk.rows("SELECT * FROM attachment WHERE message_id = ? ORDER BY part", receipt.row["message_id"])


def named_parts(raw: bytes) -> Iterator[Message]:
    for part in message_from_bytes(raw).walk():
        if part.get_content_disposition() is not None:
            yield part


def test_attach_bytes_are_those_of_the_mail_and_names_are_harmless(siege: Siege) -> None:
    seen = 0
    for name, receipt in siege.of("attach"):
        raw = siege.desk.rows("SELECT content FROM raw WHERE sha256 = ?", receipt.row["raw"])[0]["content"]
        rows = attachments(siege, receipt)
        wanted = [hashlib.sha256(p.get_payload(decode=True)).hexdigest() for p in named_parts(raw)]  # type: ignore[arg-type]
        assert [h for h in wanted if h not in [r["sha256"] for r in rows]] == [], name
        for row in rows:
            content = attachment_bytes(raw, attachment(row))
            assert hashlib.sha256(content).hexdigest() == row["sha256"], name
            assert is_harmless_name(row["name"].replace(":", "").lstrip(".").replace('"', "")), (name, row["name"])
            assert not has_hidden(row["content_type"]), name
            seen += 1
    assert seen >= 14
    assert not Path("/tmp/desk-pwned").exists()


def attachment(row: dict[str, Any]) -> Attachment:
    fields = {k: row[k] for k in ("part", "name", "content_type", "size", "sha256", "content_id", "inline", "encoding")}
    return Attachment(**fields, offset=row["raw_offset"], length=row["raw_length"])


def test_attach_same_names_do_not_meet(siege: Siege) -> None:
    receipt = siege.receipts["attach-dup-names.eml"]
    assert [r["size"] for r in attachments(siege, receipt)] == [3, 3, 5]
    (told,) = (x for x in receipt.letters if x.recipient == ALICE)
    assert [a.get_content() for a in told.mail.iter_attachments()] in (
        ["one", "two", "three"],
        ["one\n", "two\n", "three\n"],
        [b"one", b"two", b"three"],
    )


def test_attach_no_file_is_made_outside_our_folder_and_none_is_read(siege: Siege) -> None:
    top = {p.name for p in siege.desk.folder.iterdir()}
    assert top == {"config.toml", "log", "switches", "var"}
    inside = {p.name for p in (siege.desk.folder / "var").iterdir()}
    assert {n for n in inside if not n.startswith(("counterfoil.db", "secret.key"))} == set()
    whole = b"".join(x.raw for _, r in siege.of("attach") for x in r.letters)
    assert b"root:" not in whole
    assert b"Set-Cookie: " not in b"".join(
        x.raw.split(b"\r\n\r\n")[0] for _, r in siege.of("attach") for x in r.letters
    )


def test_attach_an_invitation_is_not_answered_for_anyone(siege: Siege) -> None:
    receipt = siege.receipts["attach-ics-rsvp.eml"]
    for letter in receipt.letters:
        assert "METHOD:REPLY" not in letter.raw.decode()
        assert letter.kind in ("acknowledgement", "notification")
        if letter.recipient != ALICE:
            assert "text/calendar" not in letter.raw.decode()


def test_i09_loops_get_no_automatic_mail(siege: Siege) -> None:
    for name, receipt in siege.of("loop"):
        assert {x.recipient for x in receipt.letters} <= {ALICE}, name


def test_loop_a_real_report_marks_the_mail_and_opens_no_ticket(siege: Siege) -> None:
    receipt = siege.receipts[REAL + "loop-dsn-real.eml"]
    assert receipt.outcome == ("filed", "bounce-of-our-mail")
    assert receipt.ticket == 1001
    assert siege.desk.settled(siege.answer, "bounced")


def test_loop_a_forged_report_marks_nothing(siege: Siege) -> None:
    for name in ("loop-dsn-forged-other.eml", "loop-dsn-real.eml"):
        assert siege.receipts[name].outcome == ("ignored", "bounce-of-no-mail-of-ours")
    assert siege.desk.events(1001).count("bounced") == 1


def test_i12_no_spoof_reaches_ticket_1001_or_learns_of_it(siege: Siege) -> None:
    for name, receipt in siege.of("spoof", "mime", "cmd"):
        assert receipt.row["ticket_id"] != 1001, name
        for letter in receipt.letters:
            if letter.recipient.endswith("evil.example"):
                whole = text_of(letter.mail) + html_of(letter.mail) + str(letter.mail["Subject"])
                assert SECRET not in whole, name
                assert "Printer" not in whole, name
                assert "1001" not in whole, name
    assert {m["kind"] for m in siege.desk.messages(1001)} == {"customer", "agent", "automatic", "bounce"}
    people = siege.desk.rows(
        "SELECT a.key FROM participant p JOIN mail_address a USING (person_id) WHERE p.ticket_id = 1001"
    )
    assert [p["key"] for p in people] == [CAROL]
    now = siege.desk.ticket(1001)
    changing = {"updated_at", "undelivered"}  # the latter by the one report that is real
    assert {k: v for k, v in now.items() if k not in changing} == {
        k: v for k, v in siege.before.items() if k not in changing
    }


def test_i11_no_spoof_speaks_for_the_agent(siege: Siege) -> None:
    assert [x.recipient for x in siege.desk.letters() if x.kind == "answer"] == [CAROL]
    held = siege.receipts[REAL + "spoof-agent-unauth-reply.eml"]
    assert held.outcome == ("quarantined", "agent-unproved")
    assert {x.recipient for x in held.letters} <= {ALICE}
    for name, receipt in siege.of("spoof"):
        assert not [m for m in receipt.rows if m["message_id"] and is_agents(siege, m["message_id"])], name


def is_agents(siege: Siege, message: int) -> bool:
    return bool(siege.desk.rows("SELECT 1 FROM message WHERE id = ? AND kind = 'agent'", message))


def test_i04_a_used_message_id_overwrites_nothing(siege: Siege) -> None:
    receipt = siege.receipts["spoof-dup-msgid-other-content.eml"]
    assert receipt.outcome[0] == "filed"
    assert siege.desk.messages(receipt.ticket)[0]["words"].strip() == "different content"
    assert siege.desk.messages(1001)[0]["words"].strip() == SECRET


def test_spoof_a_link_in_a_mail_is_not_logged(siege: Siege) -> None:
    assert "key=AAAA" not in siege.desk.log.read_text()


def test_i20_smuggling_makes_one_mail(siege: Siege) -> None:
    assert set(siege.wire) == {n for n in NAMES if n.startswith("smuggle-")}
    for name, answers in siege.wire.items():
        codes = [a[:3] for a in answers]
        assert codes == ["220", "250", "250", "250", "354", "250", "221"], (name, answers)
        assert len(siege.receipts[name].rows) == 1, name
        assert "mallory" in siege.receipts[name].row["from_text"].lower(), name
        for letter in siege.receipts[name].letters:
            assert siege.desk.arrived(letter).content == letter.raw, name
    assert not [r for r in siege.desk.inbound() if r["subject"] == "smuggled"]


def test_mime_inner_and_decoded_headers_are_no_headers(siege: Siege) -> None:
    for name, receipt in siege.of("mime"):
        assert "mallory@evil.example" in receipt.row["from_text"], name
        assert receipt.row["subject"] == "help", name
        assert siege.desk.ticket(receipt.ticket)["status"] == "new", name


def test_the_relay_got_exactly_what_was_queued(siege: Siege) -> None:
    assert siege.desk.sink is not None
    for letter in siege.desk.letters():
        siege.desk.settled(letter, "delivered", "bounced", "failed")
    queued = sorted(x.raw for x in siege.desk.letters())
    refused = siege.desk.rows("SELECT recipient, response FROM outbox WHERE state = 'failed'")
    assert not refused
    assert sorted(a.content for a in siege.desk.sink.arrived) == queued


def test_i05_fifty_slow_mails_at_once_do_not_keep_out_a_good_one(siege: Siege) -> None:
    slow = [e for e in CORPUS if e.kind == "slow" and "accepted" in e.states]
    desk = siege.desk
    before = desk.inbound()[-1]["id"]

    def attack(number: int) -> tuple[int, float]:
        evil = slow[number % len(slow)]
        raw = evil.raw.replace(b"Message-ID: <", b"Message-ID: <%d." % number)
        began = time.monotonic()
        with smtplib.SMTP("127.0.0.1", desk.ports["outside"], timeout=60) as smtp:
            return say_mail(smtp, raw, evil.sender), time.monotonic() - began

    with ThreadPoolExecutor(50) as attackers:
        attacks = [attackers.submit(attack, n) for n in range(50)]
        until(lambda: len(desk.inbound(before)) > 2)
        began = time.monotonic()
        with smtplib.SMTP("127.0.0.1", desk.ports["outside"], timeout=60) as smtp:
            code = say_mail(smtp, new_mail("good@customer.example").as_bytes(), "good@customer.example")
        took = time.monotonic() - began
        codes = [a.result() for a in attacks]
    print(f"good mail {took:.2f} s; slow mails {sorted(round(t, 2) for _, t in codes)}")
    assert code == 250
    assert {c for c, _ in codes} <= {250, 451}
    filed = [r for r in desk.inbound(before) if r["sender"] == "good@customer.example"]
    assert [r["state"] for r in filed] == ["filed"]
    assert desk.lives()


def say_mail(smtp: smtplib.SMTP, raw: bytes, sender: str) -> int:
    """The answer to DATA."""
    smtp.ehlo_or_helo_if_needed()
    smtp.mail(sender)
    smtp.rcpt("support@desk.example")
    return smtp.data(raw)[0]


def test_every_odd_mail_of_others_is_kept_and_answered_for(siege: Siege) -> None:
    files = sorted(p for p in (shared.corpus() / "robustness").rglob("*") if p.is_file())
    assert len(files) > 300
    last, seen = siege.desk.letters()[-1].id, siege.desk.inbound()[-1]["id"]
    with smtplib.SMTP("127.0.0.1", siege.desk.ports["outside"], timeout=60) as smtp:
        for file in files:
            assert say_mail(smtp, file.read_bytes(), "odd@elsewhere.example") == 250, file.name
    rows = siege.desk.inbound(seen)
    assert len(rows) == len(files)
    for file, row in zip(files, rows, strict=True):
        assert row["state"] in STATES, (file.name, row)
    for letter in siege.desk.letters(last):
        assert faults_of_letter(letter.raw, letter.recipient) == [], letter.recipient
    assert siege.desk.lives()
    assert siege.desk.send(new_mail("good@customer.example")).outcome[0] == "filed"
    assert '"level": "error"' not in siege.desk.log.read_text()


def test_the_large_mails_are_those_of_the_corpus() -> None:
    folder = shared.corpus() / "evil"
    for evil in CORPUS:
        if not evil.name.startswith(("bomb-zip", "bomb-gzip")):
            assert evil.raw == (folder / evil.name).read_bytes(), evil.name
    assert {p.name for p in folder.glob("*.eml")} == set(NAMES)
