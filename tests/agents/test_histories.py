"""Random histories of a desk whose agents work by mail: what no sequence of mails may bring about (invariants 11, 28).

A short run tries a few histories of each kind; ``COUNTERFOIL_HISTORIES=5000`` tries so many.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings

from tests.agents.office import AGENTS, ALICE, Office, office
from tests.agents.story import Step, Story, steps

HISTORIES = int(os.environ.get("COUNTERFOIL_HISTORIES", "12"))
many = settings(
    max_examples=HISTORIES,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
OUTSIDE = ("customer", "spoofer", "machine")
INSIDE = ("agent", "note", "undo", "word_on_hold", "wait")
TO_CUSTOMERS = {"acknowledgement", "answer", "status", "reminder"}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with office(tmp_path_factory.mktemp("office")) as opened:
        yield opened


def untouched(desk: Office, story: Story) -> dict[str, object]:
    """What no customer may change: what agents did and said, who is there, and what waits."""
    return {
        "acts": desk.rows("SELECT id, undone_at FROM act WHERE ticket_id >= ?", story.tickets[0]),
        "last act": desk.last("act"),
        "waiting": desk.rows("SELECT message_id, release_at FROM waiting"),
        "holds": desk.rows("SELECT id, decision FROM hold WHERE decided_at >= ?", desk.now - 3_600),
        "absences": desk.rows("SELECT * FROM absence"),
        "agents' words": desk.rows(
            "SELECT id, state FROM message WHERE kind IN ('agent', 'note') AND ticket_id >= ?", story.tickets[0]
        ),
        "ratings": desk.rows("SELECT id FROM event WHERE kind = 'rated'"),
    }


@given(steps(*OUTSIDE))
@many
def test_i11_no_sequence_of_mails_from_outside_runs_a_command(desk: Office, history: list[Step]) -> None:
    story = Story.begin(desk)
    mine, other = story.tickets[:2]
    story.agent(Step("agent", 0, 0, commands=(12, 15, 27)))  # urgent, tagged, watched
    desk.pass_time(60)
    story.note(Step("note", 1, 0))
    story.agent(Step("agent", 1, 1, commands=(0,)))  # taken; its words wait
    before, letters = untouched(desk, story), desk.last("outbox")
    were = {ticket: desk.facts_of(ticket) for ticket in (mine, other)}
    story.live(history)
    assert untouched(desk, story) == before
    for ticket in story.tickets:
        now = desk.facts_of(ticket)
        if ticket in were:
            was = were[ticket]
            assert now.pop("status") in (was.pop("status"), "open")
            was.pop("links"), now.pop("links")
            assert now == was
        else:
            assert (now["status"], now["priority"], now["type"], now["team"]) == (
                "new",
                "medium",
                "question",
                "support",
            )
            assert (now["assignee_id"], now["resolution_text"], now["merged_into_id"]) == (None, None, None)
            assert not now["tags"] and not now["watchers"] and len(now["participants"]) == 1  # type: ignore[arg-type]
    for letter in desk.letters(letters):
        assert letter.to in (*AGENTS, *story.customers)
        assert letter.to_agent or letter.kind in ("acknowledgement", "status")
        assert not letter.to_agent or letter.kind in ("notification", "confirmation")
    story.end()


@given(steps(*OUTSIDE, *INSIDE, *INSIDE))
@many
def test_i28_nothing_that_is_for_agents_alone_is_in_any_letter_to_others(desk: Office, history: list[Step]) -> None:
    story = Story.begin(desk)
    story.live(history)
    story.end()
    keyring = desk.house.keyring
    secrets = {f"note {word}": word for word in story.notes}
    for address in AGENTS:
        person = desk.person(address)
        assert person is not None
        secrets |= {f"token of {address} on {t}": keyring.token(t, person) for t in (0, *story.tickets)}
    secrets |= {f"undo {act}": keyring.undo_token(act) for act in story.acts()}
    asked = range(story.first_inbound + 1, desk.last("inbound") + 1)
    secrets |= {f"confirm {inbound}": keyring.confirm_token(inbound) for inbound in asked}
    for letter in story.letters():
        if not letter.to_agent:
            readable = letter.readable
            assert letter.kind in TO_CUSTOMERS
            assert [name for name, secret in secrets.items() if secret in readable] == []
            assert "[cf:" not in readable


@given(steps(*OUTSIDE, *INSIDE, *INSIDE))
@many
def test_i29_an_answer_leaves_at_most_once_for_each_who_takes_part(desk: Office, history: list[Step]) -> None:
    story = Story.begin(desk)
    story.live(history)
    story.end()
    answers = [letter for letter in story.letters() if letter.kind == "answer"]
    assert max(Counter((a.message, a.person) for a in answers).values(), default=1) == 1
    assert not desk.rows("SELECT * FROM waiting")
    left = {a.message for a in answers}
    taken_back = desk.rows(
        "SELECT id FROM message WHERE kind = 'agent' AND state <> 'filed' AND received_at >= ?", desk.now - 600_000
    )
    assert not left & {row["id"] for row in taken_back}


@given(steps("agent", "note", "wait", most=8))
@many
def test_what_is_undone_in_reverse_order_leaves_the_tickets_as_they_were(desk: Office, history: list[Step]) -> None:
    story = Story.begin(desk)
    before, done = as_they_are(desk, story), []
    for step in history:
        if step.what == "wait":
            story.wait(step)
        else:
            done.append(story.agent_mail(step, note=step.what == "note"))
    for act in reversed(done):
        if act is not None:
            story.undo_act(act, 0)
    story.end()
    assert as_they_are(desk, story) == before


def as_they_are(desk: Office, story: Story) -> dict[int, dict[str, object]]:
    return {ticket: desk.facts_of(ticket) for ticket in story.tickets}


@given(steps(*OUTSIDE, *INSIDE), steps(*OUTSIDE, *INSIDE))
@many
def test_a_merge_tells_nobody_more_than_they_may_know(desk: Office, before: list[Step], after: list[Step]) -> None:
    story = Story.begin(desk, discreet=True)
    story.live(before)
    story.agent_sends(ALICE, story.tickets[0], f"#merge {story.tickets[1]}")
    story.live(after)
    story.end()
    letters = [letter for letter in story.letters() if not letter.to_agent]
    unknown = {address: story.unknown_to(address) for address in {letter.to for letter in letters}}
    for letter in letters:
        lines = letter.readable.splitlines()
        assert [(what, line) for what in unknown[letter.to] for line in lines if what in line] == []
