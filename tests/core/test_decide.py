"""What follows from one mail: each case is values in, a plan out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from daemon.core import decide, from_agent
from daemon.core.acts import Wait
from daemon.core.assigning import Candidate, Staffing
from daemon.core.commands.reading import Orders, Strange
from daemon.core.plan import Facts, Plan, SentFacts
from daemon.core.reasons import REASONS
from daemon.core.values import NO_EVIDENCE, Address, Automatic, Bounce, BouncedRecipient, Evidence, Forwarded
from tests.core.examples import (
    AGENT,
    COLLEAGUE,
    CUSTOMER,
    DAY,
    NETWORK,
    NOW,
    POLICY,
    PROVED,
    STRANGER,
    envelope,
    facts,
    mail,
    on_ticket,
    ticket,
    token,
)


def decided(known: Facts, evidence: Evidence = NO_EVIDENCE, sent: dict[str, Any] | None = None, **fields: Any) -> Plan:
    sender = known.author.key if known.author else None
    plan = decide.receive(mail(sender, **fields), envelope(**(sent or {})), known, evidence, POLICY, NOW)
    assert plan.because in REASONS, f"{plan.because} has no sentence"
    return plan


def told(plan: Plan) -> list[tuple[str, Any]]:
    return [(o.kind, o.to) for o in plan.outgoing]


def test_a_first_mail_opens_a_ticket_is_acknowledged_and_reaches_the_team() -> None:
    plan = decided(facts(author=None))
    assert plan.opening is not None and plan.opening.subject == "Printer"
    assert told(plan) == [("acknowledgement", "author"), ("opened", AGENT)]


def test_a_customers_reply_to_a_signed_address_joins_and_wakes_the_ticket() -> None:
    plan = decided(facts(token=token(CUSTOMER), **on_ticket(ticket())))
    assert (plan.ticket, plan.because) == (1042, "reply-token")
    assert [e.kind for e in plan.events] == ["customer_replied", "status_changed"]
    assert plan.events[1].becomes == "open"
    assert plan.proves
    assert told(plan) == [("replied", AGENT)]


def test_a_late_reply_reopens_a_resolved_ticket() -> None:
    plan = decided(facts(token=token(CUSTOMER), **on_ticket(ticket(status="resolved"))))
    assert plan.events[1].becomes == "open"


def test_a_reply_to_a_ticket_closed_long_ago_opens_a_follow_up() -> None:
    closed = ticket(status="closed", closed_at=NOW - 15 * DAY)
    plan = decided(facts(token=token(CUSTOMER), **on_ticket(closed)))
    assert plan.opening is not None
    assert plan.links == ((1042, "follow-up"),)


def test_a_reply_to_a_ticket_closed_lately_reopens_it() -> None:
    closed = ticket(status="closed", closed_at=NOW - 13 * DAY)
    assert decided(facts(token=token(CUSTOMER), **on_ticket(closed))).ticket == 1042


def test_the_assignee_alone_hears_of_a_reply() -> None:
    plan = decided(facts(token=token(CUSTOMER), **on_ticket(ticket(assignee=COLLEAGUE))))
    assert told(plan) == [("replied", COLLEAGUE)]


def test_i12_a_stranger_with_a_stored_reference_gets_a_ticket_of_their_own() -> None:
    plan = decided(facts(author=STRANGER, key="stranger@example.org", referenced=(1042,), **on_ticket(ticket())))
    assert plan.opening is not None
    assert plan.links == ((1042, "mentioned"),)


def test_i12_someone_named_in_cc_may_join_by_reference() -> None:
    plan = decided(facts(author=STRANGER, referenced=(1042,), **on_ticket(ticket(named=True))))
    assert (plan.ticket, plan.because) == (1042, "reference-from-known-author")


@pytest.mark.parametrize("evidence", [NO_EVIDENCE, NETWORK])
def test_i12_a_subject_tag_alone_joins_nothing(evidence: Evidence) -> None:
    assert decided(facts(tagged=1042, **on_ticket(ticket())), evidence).opening is not None


def test_i12_a_subject_tag_joins_with_proved_authorship() -> None:
    plan = decided(facts(tagged=1042, **on_ticket(ticket())), Evidence(True, "submission", "submission"))
    assert plan.because == "subject-tag-from-proved-author"


def test_i12_anothers_token_joins_but_proves_nobody() -> None:
    plan = decided(facts(author=STRANGER, token=token(CUSTOMER), **on_ticket(ticket())))
    assert (plan.ticket, plan.because, plan.proves) == (1042, "reply-token-of-another", False)


def test_a_match_with_a_merged_ticket_is_one_with_its_target() -> None:
    merged, target = ticket(status="merged", merged_into=7), ticket(id=7)
    plan = decided(facts(token=token(CUSTOMER), tickets={1042: merged, 7: target}))
    assert plan.ticket == 7


def test_merges_in_a_circle_end_the_search() -> None:
    first, second = ticket(merged_into=7), ticket(id=7, merged_into=1042)
    assert decided(facts(token=token(CUSTOMER), tickets={1042: first, 7: second})).opening is not None


def test_i04_the_same_mail_again_changes_nothing() -> None:
    from daemon.core.plan import DuplicateFacts

    plan = decided(facts(duplicate=DuplicateFacts(1, 1042, 1)))
    assert (plan.state, plan.because, plan.events, plan.outgoing) == ("ignored", "duplicate", (), ())


@pytest.mark.parametrize("kind", ["auto-reply", "bulk", "list", "receipt", "challenge", "feedback"])
def test_i09_no_machine_is_ever_answered(kind: Any) -> None:
    plan = decided(facts(author=None), automatic=Automatic(kind, "some-header"))
    assert "acknowledgement" not in dict(told(plan))


def test_i09_a_null_sender_is_never_answered() -> None:
    assert told(decided(facts(author=None), sent={"sender": ""})) == []


@pytest.mark.parametrize("address", ["noreply@example.org", "MAILER-DAEMON@example.org", "list-request@example.org"])
def test_i09_nobody_reads_at_a_machines_address(address: str) -> None:
    plan = decided(facts(author=None, key=address))
    assert told(plan) == [("opened", AGENT)]


def test_i09_automatic_mail_to_one_address_is_limited() -> None:
    assert told(decided(facts(automatic_lately=5))) == [("opened", AGENT)]


def test_a_flood_of_tickets_is_kept_and_told_to_nobody() -> None:
    plan = decided(facts(opened_lately=60))
    assert plan.opening is not None and told(plan) == []


def test_our_own_mail_never_comes_round_again() -> None:
    assert decided(facts(own=True)).because == "own-mail"


def test_an_answer_of_another_desk_like_ours_is_a_mail_like_any_other() -> None:
    assert decided(facts(), automatic=Automatic("own", "own-header")).opening is not None


def test_i30_mail_received_long_ago_is_not_acknowledged() -> None:
    assert told(decided(facts(), sent={"received_at": NOW - DAY - 1})) == [("opened", AGENT)]


def test_a_vacation_notice_is_filed_and_changes_nothing() -> None:
    plan = decided(
        facts(token=token(CUSTOMER), **on_ticket(ticket())), automatic=Automatic("auto-reply", "auto-submitted")
    )
    assert [e.kind for e in plan.events] == ["automatic_received"]
    assert told(plan) == []


def test_i11_an_agents_own_token_and_proof_make_an_answer() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), **on_ticket(ticket(status="new")))
    plan = decided(known, NETWORK)
    assert [e.kind for e in plan.events] == ["agent_replied", "status_changed"]
    assert dict(plan.events[0].data) == {"first": True}
    assert plan.events[1].becomes == "pending"
    assert told(plan) == [("answer", CUSTOMER)]


@pytest.mark.parametrize(
    ("evidence", "holder", "because"),
    [
        (NO_EVIDENCE, AGENT, "agent-unproved"),
        (NETWORK, COLLEAGUE, "token-of-another"),
        (NETWORK, CUSTOMER, "token-of-another"),
    ],
)
def test_i11_short_of_it_the_mail_is_held_and_the_agent_asked(evidence: Evidence, holder: int, because: str) -> None:
    plan = decided(facts(AGENT, "agent@example.com", token=token(holder), **on_ticket(ticket())), evidence)
    assert (plan.state, plan.because, plan.events) == ("quarantined", because, ())
    assert told(plan) == [("confirmation", AGENT)]


def test_i11_a_mail_that_acted_elsewhere_waits_for_its_agent() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), acted=True, **on_ticket(ticket()))
    assert decided(known, NETWORK).because == "agent-message-id-elsewhere"
    assert told(decided(known, Evidence(True, "confirmed"))) == [("answer", CUSTOMER)]
    opened = facts(AGENT, "agent@example.com", acted=True)
    assert decided(opened, NETWORK).because == "agent-message-id-elsewhere"
    assert decided(facts(AGENT, "agent@example.com", acted=True, sibling=7), NETWORK).opening is not None


def test_i11_a_held_mail_says_what_was_missing() -> None:
    doubted = Evidence(False, "dkim-headers-unsigned", detail="d=example.com: to")
    plan = decided(facts(AGENT, "agent@example.com", token=token(AGENT), **on_ticket(ticket())), doubted)
    assert plan.doubt == "dkim-headers-unsigned: d=example.com: to"
    several = replace(doubted, detail="dkim-headers-unsigned (d=example.com: to); header-absent (X-Auth)")
    plan = decided(facts(AGENT, "agent@example.com", token=token(AGENT), **on_ticket(ticket())), several)
    assert plan.doubt == several.detail


def test_i12_what_ties_a_mail_to_its_address_need_not_prove_an_agent() -> None:
    tied = Evidence(False, "dkim", "dkim")
    assert decided(facts(tagged=1042, **on_ticket(ticket())), tied).because == "subject-tag-from-proved-author"


def test_i11_a_reference_without_a_token_is_held() -> None:
    plan = decided(facts(AGENT, "agent@example.com", referenced=(1042,), **on_ticket(ticket())), NETWORK)
    assert plan.because == "agent-without-token"


def test_i11_a_confirmed_mail_is_carried_out() -> None:
    known = facts(AGENT, "agent@example.com", referenced=(1042,), **on_ticket(ticket()))
    assert told(decided(known, Evidence(True, "confirmed"))) == [("answer", CUSTOMER)]


def test_i11_an_agents_mail_acts_once() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), **on_ticket(ticket(seen_from_author=True)))
    assert decided(known, NETWORK).because == "agent-message-id-seen"


def test_an_agent_is_not_asked_over_and_over() -> None:
    plan = decided(facts(AGENT, "agent@example.com", automatic_lately=5))
    assert (plan.state, told(plan)) == ("quarantined", [])


def test_an_agents_vacation_notice_reaches_no_customer() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), **on_ticket(ticket()))
    assert decided(known, NETWORK, automatic=Automatic("auto-reply", "x")).because == "automatic-mail-from-agent"


def test_i28_words_that_cannot_be_told_from_ours_are_held() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), withheld="marker-missing", **on_ticket(ticket()))
    plan = decided(known, NETWORK)
    assert plan.filing is not None and plan.filing.state == "held"
    assert [e.kind for e in plan.events] == ["reply_held"]
    assert told(plan) == [("confirmation", AGENT)]


def test_i29_nobody_gets_what_they_have() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), reached=frozenset({CUSTOMER}), **on_ticket(ticket()))
    assert told(decided(known, NETWORK)) == []
    assert ("opened", AGENT) not in told(decided(facts(author=None, reached=frozenset({AGENT}))))


def test_a_released_reply_counts_from_its_release() -> None:
    waits = Wait(AGENT, NOW + 500)
    plan = from_agent.release(facts(AGENT, "agent@example.com"), ticket(), AGENT, POLICY, waits, NOW + 500)
    assert {e.at for e in plan.events} == {NOW + 500}


def test_a_released_reply_goes_to_those_for_whom_it_was_written_and_still_take_part() -> None:
    now_there = ticket(participants=frozenset({CUSTOMER, STRANGER}))
    known = facts(AGENT, "agent@example.com")
    waits = Wait(AGENT, NOW + 500, people=(CUSTOMER, 12))
    plan = from_agent.release(known, now_there, AGENT, POLICY, waits, NOW + 500)
    assert told(plan) == [("answer", CUSTOMER)]
    gone = from_agent.release(known, now_there, AGENT, POLICY, replace(waits, people=(12,)), NOW + 500)
    assert (gone.because, told(gone)) == ("nobody-to-write-to", [("confirmation", AGENT)])


def test_lives_never_run_backwards() -> None:
    plan = decided(facts(token=token(CUSTOMER), **on_ticket(ticket(last_event_at=NOW + 50))))
    assert {e.at for e in plan.events} == {NOW + 50}


def bounce(permanent: bool = True) -> dict[str, Any]:
    one = BouncedRecipient("customer@example.net", "5.1.1", "550", "failed", "user unknown", permanent)
    return {"automatic": Automatic("bounce", "delivery-status"), "bounce": Bounce("x@example.com", (one,))}


def sent(**fields: Any) -> SentFacts:
    return SentFacts(
        **({"outbox": 5, "ticket": 1042, "kind": "answer", "author": AGENT, "state": "delivered"} | fields)
    )


def test_a_bound_bounce_of_an_answer_reaches_its_agent() -> None:
    plan = decided(facts(author=None, key="mailer-daemon@example.net", sent=sent(), **on_ticket(ticket())), **bounce())
    assert (plan.ticket, plan.settles, told(plan)) == (1042, (5, "bounced"), [("failure", AGENT)])


def test_an_unbound_bounce_opens_no_ticket_and_marks_nothing() -> None:
    plan = decided(facts(author=None), **bounce())
    assert (plan.state, plan.opening, plan.settles) == ("ignored", None, None)


def test_a_postmaster_who_writes_is_heard() -> None:
    plan = decided(facts(author=None, key="postmaster@example.net"), automatic=Automatic("bounce", "daemon-sender"))
    assert told(plan) == [("opened", AGENT)]


def test_a_delay_is_no_bounce() -> None:
    plan = decided(facts(author=None, sent=sent(), **on_ticket(ticket())), **bounce(permanent=False))
    assert (plan.state, plan.settles) == ("ignored", None)


def test_a_bounced_acknowledgement_troubles_nobody() -> None:
    plan = decided(
        facts(author=None, sent=sent(kind="acknowledgement", author=None), **on_ticket(ticket())), **bounce()
    )
    assert told(plan) == []


def test_a_customer_hears_of_a_resolved_ticket_within_limits() -> None:
    def resolve(**fields: Any) -> Plan:
        return decide.change(
            ticket(**fields), {"status": "resolved"}, {"status": "pending"}, AGENT, "operator", POLICY, NOW
        )

    assert told(resolve()) == [("status", CUSTOMER)]
    assert told(resolve(automatic_lately=10)) == []


def test_setting_what_is_so_already_changes_nothing() -> None:
    plan = decide.change(ticket(), {"priority": "high"}, {"priority": "high"}, AGENT, "operator", POLICY, NOW)
    assert (plan.state, plan.events) == ("ignored", ())


def test_both_mails_of_two_desks_are_linked() -> None:
    assert decided(facts(author=None, sibling=7)).links == ((7, "same-mail"),)


def test_an_answer_that_could_reach_nobody_is_held_and_counts_for_nothing() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), **on_ticket(ticket(participants=frozenset())))
    plan = decided(known, NETWORK)
    assert (plan.state, plan.because, plan.events) == ("quarantined", "nobody-to-write-to", ())


def test_forged_mail_cannot_use_up_the_questions_to_an_agent() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), automatic_lately=5, **on_ticket(ticket()))
    assert told(decided(known, NO_EVIDENCE)) == [("confirmation", AGENT)]


def test_an_agent_who_is_proved_is_asked_however_often_others_made_us_ask() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), automatic_lately=500, **on_ticket(ticket()))
    assert told(decided(replace(known, withheld="marker-missing"), NETWORK)) == [("confirmation", AGENT)]
    slip = Orders(strange=(Strange("#clsoe", "clsoe", ("close",), "unknown-command"),))
    assert told(decided(replace(known, orders=slip), NETWORK)) == [("unclear", AGENT)]
    assert told(decided(known, NO_EVIDENCE)) == []


def test_whoever_forwards_a_mail_and_is_given_its_ticket_is_told_to_answer_it() -> None:
    someone = Address("", "customer@example.net")
    theirs = Forwarded(someone, "Fire", "It burns.", None, None, attached=True, certain=True)
    known = facts(AGENT, "agent@example.com", staffing=Staffing("round-robin", candidates=(Candidate(AGENT),)))
    letters = told(decided(known, NETWORK, forwarded=theirs))
    assert letters == [("opened", AGENT), ("receipt", AGENT)]


SILENT = {"silent": True}


@pytest.mark.parametrize(
    "known",
    [
        facts(None),
        facts(token=token(CUSTOMER), **on_ticket(ticket())),
        facts(token=token(CUSTOMER), **on_ticket(ticket(status="resolved"))),
    ],
)
def test_i30_a_silent_mail_is_filed_as_any_other_and_nobody_is_told(known: Facts) -> None:
    loud, silent = decided(known), decided(known, sent=SILENT)
    assert loud.outgoing
    assert replace(silent, events=()) == replace(loud, outgoing=(), events=())
    assert [e.kind for e in silent.events] == [e.kind for e in loud.events]


@pytest.mark.parametrize("known", [facts(None), facts(token=token(CUSTOMER), **on_ticket(ticket()))])
def test_a_silent_mail_says_that_it_is_history_so_that_nothing_is_promised_for_it(known: Facts) -> None:
    assert dict(decided(known, sent=SILENT).events[0].data)["by"] == "history"


def test_i30_an_agents_mail_in_history_is_not_carried_out() -> None:
    known = facts(AGENT, "agent@example.com", token=token(AGENT), **on_ticket(ticket()))
    assert decided(known, PROVED).events
    plan = decided(known, PROVED, sent=SILENT)
    assert (plan.state, plan.because, plan.events, plan.holding) == ("ignored", "agents-mail-in-history", (), None)


def test_a_probe_of_ours_opens_no_ticket() -> None:
    plan = decided(facts(probe=True, own=True))
    assert (plan.state, plan.because, plan.outgoing) == ("ignored", "probe", ())
