"""The oracle finds what it is there to find: each rule sees a good run spoilt in one way."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.crash import state
from tests.crash.harness import Plan, Report, run
from tests.crash.mails import Sent
from tests.crash.oracle import RULES, Lying, World, each_plan_has_its_letters, faults
from tests.crash.relay import Postmark
from tests.crash.state import Row, State

Spoil = Callable[[State, World], World | None]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    """A run without blows, of every kind of mail."""
    folder = tmp_path_factory.mktemp("good")
    file = folder / "var" / "counterfoil.db"
    return run(Plan("good", f"sqlite:///{file}", seconds=3, kills=0, pace=0.02), folder), file


def first(rows: list[Row], **values: object) -> Row:
    return next(r for r in rows if all(r[k] == v for k, v in values.items()))


def standing(found: State, world: World, intent: str = "opens") -> tuple[Sent, Row]:
    """A mail of this intent, and the row that stands for it."""
    sent = next(s for s in world.acknowledged if s.intent == intent and len(s.desks) == 1)
    return sent, next(r for r in found["inbound"] if r["raw"] == sent.digest and r["claim"])


def ledger_row_lost(found: State, world: World) -> None:
    found["inbound"].remove(standing(found, world)[1])


def mail_filed_twice(found: State, world: World) -> None:
    row = standing(found, world)[1]
    found["inbound"].append(row | {"id": 10**6, "claim": "another"})


def mail_acknowledged_and_unknown(found: State, world: World) -> World:
    sent = replace(world.acknowledged[0], marker="never.came@client.example", raw=b"never came")
    return replace(world, acknowledged=[*world.acknowledged, sent])


def other_bytes_kept(found: State, world: World) -> None:
    row = standing(found, world)[1]
    row["raw"] = first(found["message"], id=row["message_id"])["raw"] = found["outbox"][0]["raw"]


def message_doubled(found: State, world: World) -> None:
    found["message"].append(found["message"][0] | {"id": 10**6})


def on_another_ticket(found: State, world: World) -> None:
    sent, row = standing(found, world, "joins")
    other = first(found["ticket"], desk=sent.desks[0])["id"]
    if other == sent.ticket:
        other = next(t["id"] for t in found["ticket"] if t["id"] != sent.ticket and t["desk"] == sent.desks[0])
    row["ticket_id"] = first(found["message"], id=row["message_id"])["ticket_id"] = other


def hold_lost(found: State, world: World) -> None:
    found["hold"].pop()


def promise_lost(found: State, world: World) -> None:
    ticket = next(p["ticket_id"] for p in found["promise"] if p["metric"] == "resolution")
    found["promise"][:] = [p for p in found["promise"] if p["ticket_id"] != ticket]


def promise_otherwise_than_its_events(found: State, world: World) -> None:
    found["promise"][0]["due_at"] += 1


def promise_of_no_event(found: State, world: World) -> None:
    found["promise"].append(found["promise"][0] | {"id": 10**6, "cycle": 7})


def alert_of_no_promise(found: State, world: World) -> None:
    told = first(found["outbox"], kind="notification")
    found["outbox"].append(told | {"id": 10**6, "kind": "alert", "rfc_message_id": "alert@desk.example"})


def mail_that_nobody_sent(found: State, world: World) -> None:
    found["inbound"].append(found["inbound"][0] | {"id": 10**6, "rfc_message_id": "x@y", "raw": "0", "claim": "c"})


def repeat_that_stands_for_the_mail(found: State, world: World) -> None:
    first(found["inbound"], because="duplicate")["claim"] = "another"


def filed_without_a_ticket(found: State, world: World) -> None:
    standing(found, world)[1]["ticket_id"] = None


def failed_mail(found: State, world: World) -> None:
    standing(found, world)[1].update(state="failed", because="internal-error")


def message_without_bytes(found: State, world: World) -> None:
    found["raw"].remove(first(found["raw"], sha256=found["message"][0]["raw"]))


def bytes_torn(found: State, world: World) -> None:
    found["raw"][0]["digest"] = "0" * 64


def reference_into_the_void(found: State, world: World) -> None:
    found["event"][-1]["actor_id"] = 10**6


def unsound_file(found: State, world: World) -> None:
    found.complaints.append("wrong # of entries in index event_ticket_id")


def ticket_never_opened(found: State, world: World) -> None:
    found["event"].remove(first(found["event"], kind="ticket_opened"))


def ticket_without_message(found: State, world: World) -> None:
    ticket = found["ticket"][0]["id"]
    found.rows["message"] = [m for m in found["message"] if m["ticket_id"] != ticket]


def requester_is_nobody(found: State, world: World) -> None:
    found["participant"].pop(0)


def requester_without_address(found: State, world: World) -> None:
    found["mail_address"].remove(first(found["mail_address"], person_id=found["ticket"][0]["requester_id"]))


def status_without_event(found: State, world: World) -> None:
    found["ticket"][0]["status"] = "on_hold"


def event_lost(found: State, world: World) -> None:
    found["event"].remove(first(found["event"], kind="agent_replied"))


def events_out_of_order(found: State, world: World) -> None:
    first(found["event"], kind="mail_delivered")["at"] -= 1000


def update_unseen(found: State, world: World) -> None:
    found["ticket"][0]["updated_at"] += 1


def answer_uncounted(found: State, world: World) -> None:
    next(t for t in found["ticket"] if t["first_response_at"])["first_response_at"] = None


def acknowledgement_lost(found: State, world: World) -> None:
    found["outbox"].remove(first(found["outbox"], kind="acknowledgement"))


def answer_sent_to_two(found: State, world: World) -> None:
    found["outbox"].append(first(found["outbox"], kind="answer") | {"id": 10**6, "rfc_message_id": "again@x"})


def notification_to_nobody(found: State, world: World) -> None:
    first(found["outbox"], kind="notification", state="delivered")["recipient"] = "nobody@desk.example"


def question_unasked(found: State, world: World) -> None:
    found["outbox"].remove(first(found["outbox"], kind="confirmation"))


def letter_still_waiting(found: State, world: World) -> None:
    first(found["outbox"], state="delivered")["state"] = "queued"


def letter_never_came(found: State, world: World) -> World:
    row = first(found["outbox"], state="delivered")
    return replace(world, postmarks=[m for m in world.postmarks if m.message_id != row["rfc_message_id"]])


def letter_came_with_other_bytes(found: State, world: World) -> World:
    return replace(world, postmarks=[*world.postmarks, replace(world.postmarks[0], digest="0" * 64)])


def letter_of_no_outbox(found: State, world: World) -> World:
    return replace(world, postmarks=[*world.postmarks, Postmark("stray@x", "customer@customer.example", "0")])


def delivery_untold(found: State, world: World) -> None:
    found["event"].remove(first(found["event"], kind="mail_delivered"))


def two_letters_under_one_name(found: State, world: World) -> None:
    found["outbox"].append(found["outbox"][0] | {"id": 10**6})


def refused_and_sent_all_the_same(found: State, world: World) -> World:
    row = first(found["outbox"], state="delivered")
    row["state"] = "failed"
    return replace(world, refused=[*world.refused, row["recipient"]])


def letters_overtake(found: State, world: World) -> World:
    return replace(world, postmarks=list(reversed(world.postmarks)))


def uid_filed_twice(found: State, world: World) -> None:
    row = first(found["inbound"], desk="support")
    row |= {"source": "imap:box", "source_key": "INBOX/1/7"}
    found["inbound"].append(row | {"id": 10**6, "claim": None, "because": "duplicate", "state": "ignored"})


def flagged_and_not_kept(found: State, world: World) -> World:
    return replace(world, lying=[Lying("box", "INBOX", 1, 7, "0" * 64, True)])


def left_in_the_mailbox(found: State, world: World) -> World:
    return replace(world, lying=[Lying("box", "INBOX", 1, 7, found["raw"][0]["sha256"], False)])


def uid_not_in_the_ledger(found: State, world: World) -> World:
    first(found["inbound"], desk="support").update({"source": "imap:box", "source_key": "INBOX/1/7"})
    return replace(world, lying=[Lying("box", "INBOX", 1, 8, found["raw"][0]["sha256"], True)])


SPOILT: list[tuple[Spoil, str, str]] = [
    (ledger_row_lost, "lost", "in the ledger of"),
    (mail_filed_twice, "doubled", "in the ledger of"),
    (mail_acknowledged_and_unknown, "lost", "never.came@client.example"),
    (other_bytes_kept, "half", "other bytes than were sent"),
    (message_doubled, "doubled", "the message of"),
    (on_another_ticket, "wrong", "answers ticket"),
    (hold_lost, "lost", "the hold of"),
    (promise_lost, "half", "was promised nothing"),
    (promise_otherwise_than_its_events, "half", "its event"),
    (promise_of_no_event, "half", "has no event"),
    (mail_that_nobody_sent, "wrong", "nobody sent"),
    (repeat_that_stands_for_the_mail, "doubled", "is a repeat"),
    (filed_without_a_ticket, "half", "no ticket or no message"),
    (failed_mail, "wrong", "failed (internal-error"),
    (message_without_bytes, "lost", "has no bytes"),
    (bytes_torn, "half", "other bytes ("),
    (reference_into_the_void, "half", "event.actor_id"),
    (unsound_file, "half", "the database says"),
    (ticket_never_opened, "half", "ticket_opened"),
    (ticket_without_message, "half", "has no message"),
    (requester_is_nobody, "half", "is no participant"),
    (requester_without_address, "half", "has no address"),
    (status_without_event, "half", "its events say"),
    (event_lost, "half", "the event of message"),
    (events_out_of_order, "wrong", "order of their instants"),
    (update_unseen, "half", "was updated at"),
    (answer_uncounted, "half", "first response"),
    (acknowledgement_lost, "lost", "acknowledgement to"),
    (answer_sent_to_two, "doubled", "1 answer to"),
    (alert_of_no_promise, "doubled", "1 alert to"),
    (notification_to_nobody, "lost", "notification to"),
    (question_unasked, "lost", "confirmations"),
    (letter_still_waiting, "lost", "is queued"),
    (letter_never_came, "lost", "never came to the relay"),
    (letter_came_with_other_bytes, "half", "with other bytes than it has"),
    (letter_of_no_outbox, "wrong", "is in no outbox"),
    (delivery_untold, "half", "the event of the delivery"),
    (two_letters_under_one_name, "doubled", "two letters to"),
    (refused_and_sent_all_the_same, "wrong", "sent all the same"),
    (letters_overtake, "wrong", "in another order"),
    (uid_filed_twice, "doubled", "imap:box INBOX/1/7"),
    (flagged_and_not_kept, "lost", "is not kept"),
    (left_in_the_mailbox, "wrong", "is left as it was"),
    (uid_not_in_the_ledger, "lost", "is not in the ledger"),
]


def test_a_good_run_has_no_faults_and_mail_of_every_kind(good: tuple[Report, Path]) -> None:
    report, _ = good
    assert report.evidence is not None
    assert not report.faults, str(report)
    found, world = report.evidence
    assert {s.intent for s in world.acknowledged} == {"opens", "joins", "answers", "held", "unreadable"}
    assert {o["kind"] for o in found["outbox"]} >= {"acknowledgement", "notification", "answer", "confirmation"}
    assert any(len(s.desks) == 2 for s in world.acknowledged)


@pytest.mark.parametrize(("spoil", "kind", "part"), SPOILT, ids=[one[0].__name__ for one in SPOILT])
def test_the_oracle_sees(good: tuple[Report, Path], spoil: Spoil, kind: str, part: str) -> None:
    report, _ = good
    assert report.evidence is not None
    found, world = copy.deepcopy(report.evidence)
    world = spoil(found, world) or world
    said = faults(found, world)
    assert any(fault.kind == kind and part in fault.sentence for fault in said), said[:5]


def test_the_oracle_excuses_a_silence_only_where_the_clock_leapt_and_the_event_says_so(
    good: tuple[Report, Path],
) -> None:
    report, _ = good
    assert report.evidence is not None
    found, world = copy.deepcopy(report.evidence)
    leapt, rules = replace(world, clock_leapt=True), [each_plan_has_its_letters]
    acknowledgement_lost(found, world)
    assert faults(found, leapt, rules)
    letters = {o["message_id"] for o in found["outbox"] if o["kind"] == "acknowledgement"}
    for event in found["event"]:
        if event["kind"] == "ticket_opened" and event["message_id"] not in letters:
            event["data"] = '{"answered":"received-long-ago"}'
    assert faults(found, world, rules)
    assert not faults(found, leapt, rules)


def test_every_rule_has_been_seen_to_fail(good: tuple[Report, Path]) -> None:
    from tests.crash.oracle import Case

    report, _ = good
    assert report.evidence is not None
    silent = set(RULES)
    for spoil, _, _ in SPOILT:
        found, world = copy.deepcopy(report.evidence)
        world = spoil(found, world) or world
        silent -= {rule for rule in silent if any(True for _ in rule(Case(found, world)))}
    assert not silent


@pytest.mark.parametrize(
    ("sql", "part"),
    [
        ("UPDATE raw SET content = zeroblob(size) WHERE rowid = 1", "other bytes ("),
        ("DELETE FROM person WHERE id = (SELECT requester_id FROM ticket LIMIT 1)", "leads to no row of person"),
        ("UPDATE sqlite_schema SET sql = replace(sql, 'UNIQUE', '') WHERE name = 'inbound_claim'", "the database says"),
    ],
)
def test_the_oracle_sees_what_was_done_to_the_file_itself(
    good: tuple[Report, Path], tmp_path: Path, sql: str, part: str
) -> None:
    report, file = good
    assert report.evidence is not None
    spoilt = tmp_path / "spoilt.db"
    with sqlite3.connect(file) as source, sqlite3.connect(spoilt) as target:
        source.backup(target)
    source.close()
    target.execute("PRAGMA foreign_keys = 0")
    target.execute("PRAGMA writable_schema = 1")
    with target:
        target.execute(sql)
        if "schema" in sql:  # an index that holds other rows than its table
            target.execute("UPDATE sqlite_schema SET rootpage = 3 WHERE name = 'inbound_claim'")
    target.close()
    said = faults(state.read(f"sqlite:///{spoilt}"), report.evidence[1])
    assert any(part in fault.sentence for fault in said), said[:5]
