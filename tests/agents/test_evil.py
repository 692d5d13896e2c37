"""Hostile mail at a desk whose agents work by mail: it changes nothing, at whichever of our addresses it comes in.

Who writes in an agent's name to a genuine address for undo or confirmation reads that agent's mailbox, and may; here
such addresses are forged for them, and genuine for everybody else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.journey.conftest import PATIENT
from tests.journey.evil import Evil, mails
from tests.journey.mails import new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt
from tests.journey.running import RunningDesk, until
from tests.journey.sink import Sink

ALICE, CAROL, DAVE = "alice@desk.example", "carol@customer.example", "dave@elsewhere.example"
SECRET = "qzwoxmalvieruthpdkgy"
KINDS = ("spoof", "cmd", "hdrinj", "ssti", "loop")
CORPUS = [evil for evil in mails() if evil.kind in KINDS]
DESKS = """
[[desk]]
name = "support"
address = "support@desk.example"

[[agent]]
name = "Alice Agent"
address = "alice@desk.example"
"""
AGENTS = """
[agents]
undo_seconds = 3600
"""
TARGETS = ("where it was sent", "agent's reply address", "personal address", "undo address", "confirm address")
FORGED = "a" * 26


@dataclass
class Siege:
    """The desk, what stood in its rows before and after, and what became of each mail at each address."""

    desk: RunningDesk
    before: dict[str, list[dict[str, Any]]]
    after: dict[str, list[dict[str, Any]]]
    receipts: dict[tuple[str, str], Receipt]
    rate: str


def state(desk: RunningDesk) -> dict[str, list[dict[str, Any]]]:
    """What only agents' mail, or a customer's click, may change."""
    return {
        name: desk.rows(sql)
        for name, sql in {
            "acts": "SELECT id, undone_at FROM act ORDER BY id",
            "agents' words": "SELECT id, state, words FROM message WHERE kind IN ('agent', 'note') ORDER BY id",
            "waiting": "SELECT message_id, release_at FROM waiting ORDER BY message_id",
            "participants": "SELECT ticket_id, person_id FROM participant WHERE ticket_id < 1010 ORDER BY 1, 2",
            "added": "SELECT id FROM event WHERE kind LIKE 'participant_%' OR kind = 'requester_changed'",
            "watchers": "SELECT * FROM watcher",
            "absences": "SELECT * FROM absence",
            "ratings": "SELECT id FROM event WHERE kind = 'rated'",
            "decisions": "SELECT id, decision FROM hold WHERE decided_at IS NOT NULL",
            "tags": "SELECT * FROM ticket_tag",
            "links": "SELECT * FROM ticket_link WHERE kind = 'related'",
            "fields": "SELECT id, status, priority, type, team, assignee_id, requester_id, subject, resolution_text,"
            " merged_into_id, snoozed_until FROM ticket WHERE id < 1010 ORDER BY id",
        }.items()
    }


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    with Sink() as sink:
        desk = RunningDesk(tmp_path_factory.mktemp("siege"), sink, "", PATIENT + AGENTS, DESKS)
        try:
            yield besieged(desk.start())
        finally:
            desk.end()


def besieged(desk: RunningDesk) -> Siege:
    count_from(desk, 1000)
    first = desk.send(new_mail(f"Carol <{CAROL}>", "The printer is on fire."))
    second = desk.send(new_mail(DAVE, "The cable is loose."))
    told = first.letter("notification").mail
    desk.send(reply_to(told, ALICE, f"#note {SECRET}"), "inside")
    waits = desk.send(reply_to(told, ALICE, "#take\n\nPull the plug, please."), "inside")
    desk.send(reply_to(second.letter("notification").mail, ALICE, "#resolve"), "inside")
    held = desk.send(reply_to(told, ALICE, "Pull it twice, please."))
    assert held.outcome == ("quarantined", "agent-unproved")
    undo = re.search(r"support\+u[0-9]+-[a-z2-7]{26}@desk\.example", text_of(waits.letter("receipt").mail))
    assert undo is not None
    rate = re.search(r"https?://\S+/rate/\S+", text_of(told_of_resolution(desk).mail))
    assert rate is not None
    personal = str(desk.send(reply_to(told, ALICE, "#help"), "inside").letter("help").mail["Reply-To"])
    addresses = dict(
        zip(
            TARGETS,
            ("", told["Reply-To"], personal, undo[0], held.letter("confirmation").mail["Reply-To"]),
            strict=True,
        )
    )
    count_from(desk, 1010)
    before, receipts = state(desk), {}
    for target, address in addresses.items():
        for evil in CORPUS:
            receipts[evil.name, target] = desk.send(*mail_to(evil, target, str(address)))
    for evil in CORPUS:
        desk.get(rate[0])
        desk.post(rate[0], evil.raw.decode("latin-1"))
    return Siege(desk, before, state(desk), receipts, rate[0])


def told_of_resolution(desk: RunningDesk) -> Letter:
    """What the customer hears once the undo time of the resolution is over."""
    desk.rewrite("UPDATE notice SET release_at = 1")
    desk.end()
    desk.start()
    return until(lambda: [letter for letter in desk.letters() if letter.kind == "status"])[0]


def count_from(desk: RunningDesk, number: int) -> None:
    """Tickets have numbers beyond this one from now on."""
    desk.rewrite(
        "INSERT INTO ticket (id, desk, subject, status, priority, type, team, requester_id, escalation_level, channel,"
        " opened_at, updated_at) SELECT ?, 'support', '', 'spam', 'low', 'task', 'support', min(id), 0, 'smtp', 1, 1"
        " FROM person",
        number,
    )


def mail_to(evil: Evil, target: str, address: str) -> tuple[bytes, str, str, str]:
    """The mail under a name of its own, the door, its recipient and its sender."""
    found = re.search(r"support\+[^@\s<>]+@desk\.example", address)
    recipient = found[0] if found else evil.recipient
    if target in TARGETS[3:] and evil.name.startswith("spoof-agent"):
        recipient = re.sub(r"-[a-z2-7]{26}@", f"-{FORGED}@", recipient)
    number = TARGETS.index(target)
    raw = evil.raw.replace(b"Message-ID: <", b"Message-ID: <at%d." % number)
    return raw + b"\r\n%d\r\n" % number, "outside", recipient, evil.sender


def test_i11_hostile_mail_changes_nothing_that_it_may_not(siege: Siege) -> None:
    assert siege.after == siege.before
    assert siege.before["waiting"] and siege.before["acts"]
    assert all(receipt.code == 250 or 500 <= receipt.code < 600 for receipt in siege.receipts.values())


def test_i28_no_letter_to_others_holds_what_is_for_agents_alone(siege: Siege) -> None:
    for letter in siege.desk.letters():
        if letter.recipient != ALICE:
            assert letter.kind in ("acknowledgement", "status"), letter
            assert SECRET.encode() not in letter.raw
            assert "[cf:" not in text_of(letter.mail)


def test_i09_a_question_is_asked_of_the_agent_alone(siege: Siege) -> None:
    for (name, target), receipt in siege.receipts.items():
        kinds = {letter.kind for letter in receipt.letters if letter.recipient == ALICE}
        assert kinds <= {"notification", "confirmation"}, (name, target)


def test_a_new_ticket_of_hostile_mail_is_as_any_other(siege: Siege) -> None:
    for row in siege.desk.rows("SELECT * FROM ticket WHERE id > 1010"):
        assert (row["status"], row["priority"], row["type"], row["team"]) == ("new", "medium", "question", "support")
        assert (row["assignee_id"], row["resolution_text"], row["snoozed_until"]) == (None, None, None)


def test_the_rating_link_still_waits_for_its_customer(siege: Siege) -> None:
    assert siege.desk.get(siege.rate)[0] == 200
    siege.desk.post(siege.rate, "verdict=good")
    assert len(siege.desk.rows("SELECT id FROM event WHERE kind = 'rated'")) == 1
