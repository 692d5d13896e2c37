"""Hostile mail, all of it out of a mailbox: the same ends as by SMTP, but that nothing can be refused here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests import shared
from tests.imap.dovecot import Dovecot
from tests.imap.lying import Liar
from tests.imap.servers import Account
from tests.imap.test_fetching import begun
from tests.journey.conftest import PATIENT
from tests.journey.evil import INVENTED_ID, Evil, with_real_id
from tests.journey.harmless import faults_of_letter
from tests.journey.mails import fresh, new_mail, reply_to
from tests.journey.receipt import Receipt
from tests.journey.running import RunningDesk, until
from tests.journey.sink import Sink
from tests.journey.test_evil import (
    ALICE,
    CAROL,
    CORPUS,
    DESKS,
    NAMES,
    OPERATOR,
    SECRET,
    STATES,
    Siege,
    test_attach_an_invitation_is_not_answered_for_anyone,
    test_attach_bytes_are_those_of_the_mail_and_names_are_harmless,
    test_attach_same_names_do_not_meet,
    test_cmd_headers_from_outside_change_nothing,
    test_crash_mails_keep_their_words,
    test_hdrinj_mails_are_answered_to_one_recipient_at_most,
    test_i04_a_used_message_id_overwrites_nothing,
    test_i06_no_hostile_mail_is_lost_and_none_counts_as_a_fault_of_ours,
    test_i09_loops_get_no_automatic_mail,
    test_i11_no_spoof_speaks_for_the_agent,
    test_i12_no_spoof_reaches_ticket_1001_or_learns_of_it,
    test_i14_no_outgoing_mail_has_a_header_or_a_recipient_too_many,
    test_i16_no_active_or_remote_html_is_shown,
    test_log_no_escape_reaches_a_terminal_or_the_log,
    test_loop_a_forged_report_marks_nothing,
    test_loop_a_real_report_marks_the_mail_and_opens_no_ticket,
    test_mime_inner_and_decoded_headers_are_no_headers,
    test_slow_mails_and_bombs_are_neither_unpacked_nor_multiplied,
    test_spoof_a_link_in_a_mail_is_not_logged,
    test_ssti_mail_text_is_never_evaluated,
    test_the_relay_got_exactly_what_was_queued,
    test_two_authors_are_nobodys_word,
)

__all__ = [
    "test_attach_an_invitation_is_not_answered_for_anyone",
    "test_attach_bytes_are_those_of_the_mail_and_names_are_harmless",
    "test_attach_same_names_do_not_meet",
    "test_cmd_headers_from_outside_change_nothing",
    "test_crash_mails_keep_their_words",
    "test_hdrinj_mails_are_answered_to_one_recipient_at_most",
    "test_i04_a_used_message_id_overwrites_nothing",
    "test_i06_no_hostile_mail_is_lost_and_none_counts_as_a_fault_of_ours",
    "test_i09_loops_get_no_automatic_mail",
    "test_i11_no_spoof_speaks_for_the_agent",
    "test_i12_no_spoof_reaches_ticket_1001_or_learns_of_it",
    "test_i14_no_outgoing_mail_has_a_header_or_a_recipient_too_many",
    "test_i16_no_active_or_remote_html_is_shown",
    "test_log_no_escape_reaches_a_terminal_or_the_log",
    "test_loop_a_forged_report_marks_nothing",
    "test_loop_a_real_report_marks_the_mail_and_opens_no_ticket",
    "test_mime_inner_and_decoded_headers_are_no_headers",
    "test_slow_mails_and_bombs_are_neither_unpacked_nor_multiplied",
    "test_spoof_a_link_in_a_mail_is_not_logged",
    "test_ssti_mail_text_is_never_evaluated",
    "test_the_relay_got_exactly_what_was_queued",
    "test_two_authors_are_nobodys_word",
]


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """The mails one after another, so that each is known by what came of it; real servers change or refuse some."""
    with Sink() as sink, Liar() as server:
        tables = PATIENT + Account("127.0.0.1", server.port, "someone").table(poll=600)
        desk = RunningDesk(tmp_path_factory.mktemp("siege"), sink, f'operator = "{OPERATOR}"', tables, DESKS).start()
        try:
            yield _besieged(begun(desk), server)
        finally:
            desk.end()


def _besieged(desk: RunningDesk, server: Liar) -> Siege:
    desk.rewrite(
        "INSERT INTO ticket (id, desk, subject, status, priority, type, team, requester_id, escalation_level, channel,"
        " opened_at, updated_at) SELECT 1000, 'support', '', 'spam', 'low', 'task', 'support', min(id), 0, 'smtp', 1, 1"
        " FROM person"
    )
    first = desk.send(
        new_mail(f"Carol <{CAROL}>", SECRET, Subject="Printer on fire", Message_ID="<carol.first@customer.example>")
    )
    assert first.ticket == 1001
    answer = desk.send(reply_to(first.letter("notification").mail, ALICE, "Noted."), "inside").letter("answer")
    until(lambda: len([e for e in desk.events(1001) if e == "mail_delivered"]) == 3)
    before = desk.ticket(1001)
    receipts: dict[str, Receipt] = {}
    sent: dict[str, Evil] = {}
    real_id = str(answer.mail["Message-ID"])
    for evil in (*CORPUS, *(with_real_id(e, real_id) for e in CORPUS if INVENTED_ID in e.raw)):
        sent[evil.name] = replace(evil, on_the_wire=False)
        seen, letters = desk.inbound()[-1]["id"], desk.letters()[-1].id
        server.append(evil.raw)
        rows = until(lambda seen=seen: desk.inbound(seen))  # type: ignore[misc]
        receipts[evil.name] = Receipt(250, "", tuple(rows), tuple(desk.letters(letters)))
    return Siege(desk, answer, receipts, sent, {}, before)


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_mail_in_a_mailbox_ends_as_it_must(siege: Siege, name: str) -> None:
    state, must = siege.receipts[name].row["state"], siege.sent[name].states
    allowed = must | {"quarantined"} if "rejected" in must else must
    assert STATES[state] in allowed, siege.receipts[name].row


def test_the_daemon_lives_and_takes_the_next_mail(siege: Siege) -> None:
    assert siege.desk.lives()
    assert siege.desk.send(new_mail(fresh())).outcome == ("filed", "no-ticket-named")
    assert siege.desk.get("http://x/health")[0] == 200
    assert '"level": "error"' not in siege.desk.log.read_text()


def test_the_bytes_are_those_that_the_server_gave(siege: Siege) -> None:
    for name, receipt in siege.receipts.items():
        kept = siege.desk.rows("SELECT content FROM raw WHERE sha256 = ?", receipt.row["raw"])[0]["content"]
        assert kept == siege.sent[name].raw, name


@pytest.fixture(scope="module")
def heap(tmp_path_factory: pytest.TempPathFactory, real_dovecot: Dovecot) -> Iterator[RunningDesk]:
    """All of them at once, with the odd mails of others where those are, in a mailbox that waits."""
    account = real_dovecot.account()
    try:
        odd = [p.read_bytes() for p in sorted((shared.corpus() / "robustness").rglob("*")) if p.is_file()]
    except pytest.skip.Exception:
        odd = []
    odd = list(dict.fromkeys(raw for raw in odd if raw))
    with account.client() as client:
        for raw in (*(e.raw for e in CORPUS), *odd):
            client.append("INBOX", raw)
        client.append("INBOX", new_mail(fresh(), Subject="A good one").as_bytes())
    with Sink() as sink:
        tables = PATIENT + account.table(start="unseen", when_filed="move", move_to="Done")
        desk = RunningDesk(tmp_path_factory.mktemp("heap"), sink, "", tables, DESKS).start()
        try:
            until(lambda: not account.uids(), 120)
            assert len(account.at("Done").uids()) == len(CORPUS) + len(odd) + 1
            yield desk
        finally:
            desk.end()


def test_i06_a_heap_of_hostile_mail_ends_in_the_ledger_each_once(heap: RunningDesk) -> None:
    rows = heap.inbound()
    keys = [r["source_key"] for r in rows]
    assert len({*keys}) >= len(CORPUS) + 1
    assert {r["state"] for r in rows} <= set(STATES)
    for row in rows:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row["because"]), row
    per_desk = {(r["source_key"], r["desk"]) for r in rows}
    assert len(per_desk) == len(rows)
    good = [r for r in rows if r["subject"] == "A good one"]
    assert [r["state"] for r in good] == ["filed"]


def test_i14_what_a_heap_of_hostile_mail_makes_us_send_is_harmless(heap: RunningDesk) -> None:
    for letter in heap.letters():
        assert faults_of_letter(letter.raw, letter.recipient) == [], letter.recipient
    assert heap.lives()
