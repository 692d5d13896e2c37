"""A merge taken back by mail: each ticket is again what it was, and each customer goes on where they were."""

from __future__ import annotations

import re

import pytest

from tests.journey.mails import fresh, new_mail, reply_to, text_of
from tests.journey.running import AGENT, SECOND, RunningDesk

STATES = ("status", "merged_into_id", "assignee_id", "requester_id")


@pytest.mark.parametrize("way", ["command", "address"])
def test_a_merge_is_taken_back_by_mail_and_both_tickets_go_on_by_themselves(desk: RunningDesk, way: str) -> None:
    gone, stays = fresh("gone"), fresh("stays")
    from_gone, from_stays = desk.send(new_mail(gone)), desk.send(new_mail(stays))
    notified = {one.ticket: one.letter("notification", AGENT).mail for one in (from_gone, from_stays)}
    desk.send(reply_to(from_stays.letter("notification", SECOND).mail, SECOND, "#take"), "inside")
    before = [{name: desk.ticket(one.ticket)[name] for name in STATES} for one in (from_gone, from_stays)]

    merge = reply_to(notified[from_gone.ticket], AGENT, f"#merge {from_stays.ticket}")
    merged = desk.send(merge, "inside").letter("receipt", AGENT).mail
    assert desk.status(from_gone.ticket) == "merged"
    if way == "command":
        undo = reply_to(merged, AGENT, "#undo")
    else:
        [address] = re.findall(r"mailto:(support\+u\S+?)\?", text_of(merged))
        undo = new_mail(AGENT, "#undo", To=address)
    undone = desk.send(undo, "inside")
    assert "Undone" in text_of(undone.letter("receipt", AGENT).mail)
    assert from_stays.ticket == undone.letter("merged", SECOND).ticket, "whose ticket it is hears of it"

    after = [{name: desk.ticket(one.ticket)[name] for name in STATES} for one in (from_gone, from_stays)]
    assert after == before
    for customer, first in ((gone, from_gone), (stays, from_stays)):
        acknowledged = first.letter("acknowledgement", customer).mail
        again = desk.send(reply_to(acknowledged, customer, "One thing more."))
        assert again.ticket == first.ticket
        heard = again.letter("notification", SECOND).mail
        answered = desk.send(reply_to(heard, SECOND, "Done."), "inside")
        answers = [x for x in answered.letters if x.kind == "answer"]
        assert [(x.recipient, x.ticket) for x in answers] == [(customer, first.ticket)]
        assert f"[#{first.ticket}]" in str(answers[0].mail["Subject"])
