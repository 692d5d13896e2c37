"""Rules of routing: which fit a mail, in their order, and what they give to its ticket."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core import hours
from daemon.core.routing_rules import Given, Rule, Seen, explain, fold, route

MAIL = Seen(
    desk="support",
    sender="customer@example.net",
    subject=fold("Ihre Rechnung N° 4711"),
    body=fold("Please cancel\n my  Contract."),
    headers=(("x-spam-flag", "yes, surely"), ("list-id", "")),
    language="de-at",
    size=10_000,
    attachments=(("report.pdf", "application/pdf"), ("logo.png", "image/png")),
    weekday=4,
    second=23 * 3600,
)


def rule(name: str = "rule", **fields: Any) -> Rule:
    return Rule(name, **fields)


def fits(**fields: Any) -> bool:
    return bool(route([rule(**fields)], MAIL).because)


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"desks": frozenset({"support", "billing"})},
        {"senders": frozenset({"customer@example.net"})},
        {"senders": frozenset({"@example.net"})},
        {"subject": ("offer", fold("RECHNUNG"))},
        {"body": (fold("cancel my contract"),)},
        {"headers": (("x-spam-flag", "yes"),)},
        {"headers": (("list-id", ""),)},
        {"languages": ("de",)},
        {"languages": ("en", "de-at")},
        {"larger_than": 9_999},
        {"smaller_than": 10_001},
        {"attachments": (".pdf",)},
        {"attachments": ("image/*",)},
        {"attachments": ("application/pdf",)},
        {"attachments": ("*",)},
        {"hours": hours.week(["fri 22:00-06:00+1"])},
        {"hours": hours.week(["mon-fri 09:00-17:30"]), "outside": True},
        {"writer": "person"},
    ],
)
def test_a_condition_that_holds_lets_the_rule_apply(condition: dict[str, Any]) -> None:
    assert fits(**condition)


@pytest.mark.parametrize(
    ("condition", "because"),
    [
        ({"desks": frozenset({"billing"})}, "desks"),
        ({"senders": frozenset({"@ample.net", "other@example.net"})}, "senders"),
        ({"subject": ("offer",)}, "subject"),
        ({"body": ("4711",)}, "body"),
        ({"headers": (("x-spam-flag", "no"), ("x-other", ""))}, "headers"),
        ({"languages": ("en", "d")}, "languages"),
        ({"larger_than": 10_000}, "larger_than"),
        ({"smaller_than": 10_000}, "smaller_than"),
        ({"attachments": (".doc", "video/*", "application/pd")}, "attachments"),
        ({"hours": hours.week(["mon-fri 09:00-17:30"])}, "hours"),
        ({"hours": hours.week(["fri 22:00-06:00+1"]), "outside": True}, "hours"),
        ({"writer": "machine"}, "writer"),
    ],
)
def test_a_condition_that_does_not_hold_is_told_by_its_name(condition: dict[str, Any], because: str) -> None:
    assert not fits(**condition)
    assert explain([rule(**condition)], MAIL)[0].misfits == (because,)


def test_all_conditions_must_hold() -> None:
    assert fits(subject=("rechnung",), attachments=(".pdf",))
    assert not fits(subject=("rechnung",), attachments=(".doc",))


def test_a_mail_without_an_author_is_of_no_domain() -> None:
    nobody = replace(MAIL, sender="")
    assert not route([rule(senders=frozenset({"@example.net"}))], nobody).because


@pytest.mark.parametrize(
    ("written", "same"),
    [("RÉCLAMATION", "reclamation"), ("Straße", "STRASSE"), ("a \t\n b", "A B"), ("Ünïcödé", "unicode")],
)
def test_case_accents_and_space_do_not_matter(written: str, same: str) -> None:
    assert fold(written) == fold(same)


def gives(name: str, stop: bool = False, **fields: str) -> Rule:
    return rule(name, gives=tuple(Given(field, value, name) for field, value in fields.items()), stop=stop)  # type: ignore[arg-type]


def test_a_later_rule_overrides_and_tags_add_up() -> None:
    first = gives("first", team="billing", priority="high", tag="invoice")
    second = gives("second", priority="low", tag="vip")
    third = gives("third", tag="invoice")
    routed = route([first, second, third], MAIL)
    assert routed.team == Given("team", "billing", "first")
    assert routed.priority == Given("priority", "low", "second")
    assert [(tag.value, tag.rule) for tag in routed.tags] == [("invoice", "first"), ("vip", "second")]
    assert routed.because == ("first", "second", "third")
    assert (routed.type, routed.assignee, routed.template, routed.spam) == (None, None, None, None)


def test_behind_a_rule_that_stops_no_other_applies() -> None:
    rules = [gives("first", stop=True, priority="high"), gives("second", priority="low")]
    routed = route(rules, MAIL)
    assert routed.priority == Given("priority", "high", "first")
    assert [(t.fits, t.stopped_by) for t in explain(rules, MAIL)] == [(True, ""), (False, "first")]


def test_a_rule_that_does_not_fit_does_not_stop() -> None:
    rules = [replace(gives("first", stop=True), desks=frozenset({"billing"})), gives("second", priority="low")]
    assert route(rules, MAIL).because == ("second",)


RULES = st.lists(
    st.builds(
        lambda number, words, priority, stop: rule(
            f"rule-{number}", subject=words, gives=(Given("priority", priority, f"rule-{number}"),), stop=stop
        ),
        st.integers(0, 99),
        st.sampled_from([(), ("rechnung",), ("offer",)]),
        st.sampled_from(["low", "high", "urgent"]),
        st.booleans(),
    ),
    max_size=8,
)


@given(RULES)
def test_the_last_rule_that_was_reached_and_fits_has_the_last_word(rules: list[Rule]) -> None:
    tried = explain(rules, MAIL)
    routed = route(rules, MAIL)
    fitting = [t.rule for t in tried if t.fits]
    assert routed.because == tuple(r.name for r in fitting)
    assert routed.priority == (fitting[-1].gives[-1] if fitting else None)
    assert all(not r.stop for r in fitting[:-1])


@given(st.text(), st.text(max_size=5))
def test_what_contains_words_contains_them_however_they_are_written(text: str, words: str) -> None:
    whole = f"{text} {words} {text}"
    assert fold(words) in fold(whole)
    assert fold(fold(whole)) == fold(whole)
