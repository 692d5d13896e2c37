"""Rules and teams that cannot be are told, each with its path, what is wrong and what would be right."""

from __future__ import annotations

from typing import Any

import pytest

from daemon.config import ConfigurationError, parse
from daemon.core.routing_rules import ANYTHING, Given, fold

DESK = {"name": "support", "address": "support@example.com"}
AGENT = {"name": "Desk Agent", "address": "Agent@example.com", "teams": ["support", "billing"]}
RULE = {"name": "invoices", "team": "billing"}


def settings(**sections: Any) -> dict[str, Any]:
    return {"desk": [DESK], "agent": [AGENT]} | sections


def faults(**sections: Any) -> list[str]:
    with pytest.raises(ConfigurationError) as refused:
        parse(settings(**sections))
    return refused.value.faults


def rule(**options: Any) -> dict[str, Any]:
    return {"routing": [RULE | options]}


@pytest.mark.parametrize(
    ("sections", "fault"),
    [
        (rule(team=""), "routing[0].team: the rule changes nothing; write team, assignee, priority, type, tags"),
        (rule(team="sales"), "routing[0].team: there is no team 'sales'; teams: billing, support"),
        (rule(assignee="other@example.com"), "routing[0].assignee: 'other@example.com' is no agent; write the address"),
        (rule(desks=["sales"]), "routing[0].desks: can never match, because there is no desk 'sales'; desks: support"),
        (rule(senders=["example.net"]), "routing[0].senders[0]: 'example.net' is no address and no domain"),
        (rule(subject=["  "]), "routing[0].subject[0]: '  ' has no words; write what the mail must contain"),
        (rule(subject="invoice"), 'routing[0].subject: "invoice" is no list; write one such as ["invoice"]'),
        (rule(headers=["X Spam: yes"]), "routing[0].headers[0]: 'X Spam: yes' is no header; write its name and words"),
        (rule(headers=["X-Spam:"]), "routing[0].headers[0]: 'X-Spam:' is no header"),
        (rule(languages=["German"]), "routing[0].languages[0]: 'German' is no language; write one such as de"),
        (rule(attachments=["pdf"]), "routing[0].attachments[0]: 'pdf' is neither an ending nor a type; write one such"),
        (rule(attachments=False), "routing[0].attachments: false is no list"),
        (rule(hours=["mon 9-17"]), "routing[0].hours[0]: '9-17' is no pair of times"),
        (rule(outside=True), "routing[0].outside: is of no use without hours"),
        (rule(larger_than=5, smaller_than=6), "routing[0].smaller_than: no mail is both larger and smaller"),
        (rule(larger_than=-1), "routing[0].larger_than: -1 is too small; write at least 0 (bytes)"),
        (rule(spam=True, template="sorry"), "routing[0].template: is of no use with spam, of which nobody hears"),
        (rule(sender=["@example.net"]), "routing[0].sender: no such option; did you mean senders?"),
        ({"routing": [RULE, RULE]}, "routing[1].name: 'invoices' is that of routing[0] too; give each its own"),
        (
            {"routing": [{"name": "all", "stop": True}, RULE]},
            "routing[1]: can never match, because routing[0] (all) stops before it; write it above",
        ),
        (
            {
                "routing": [
                    RULE | {"subject": ["Rechnung"], "stop": True},
                    RULE | {"name": "b", "subject": ["RECHNUNG"]},
                ]
            },
            "routing[1]: can never match, because routing[0] (invoices) stops before it",
        ),
        ({"team": [{"name": "sales"}]}, "team[0].name: no agent is in the team 'sales'; teams of agents: billing, "),
        ({"team": [{"name": "support"}] * 2}, "team[1].name: 'support' is that of team[0] too; give each its own"),
        ({"team": [{"name": "support", "skills": True}]}, "team[0].skills: chooses nobody by itself; write assign ="),
        ({"team": [{"name": "support", "assign": "random"}]}, 'team[0].assign: "random" is not offered; write'),
        ({"agent": [AGENT | {"calendar": "office"}]}, "agent[0].calendar: there is no calendar 'office'; write"),
    ],
)
def test_what_cannot_be_is_said_with_its_place_and_its_cure(sections: dict[str, Any], fault: str) -> None:
    assert any(said.startswith(fault) for said in faults(**sections)), faults(**sections)


def test_a_rule_is_read_whole() -> None:
    written = rule(
        senders=["Customer@Example.net"],
        subject=["RÉCLAMATION"],
        headers=["X-Spam-Flag: YES", "List-Id"],
        attachments=[".PDF", "Image/*"],
        languages=["DE"],
        assignee="agent@EXAMPLE.com",
        tags=["invoice"],
    )
    made = parse(settings(**written)).routing[0].rule({"agent@example.com": 7})
    assert made.senders == {"customer@example.net"}
    assert made.subject == (fold("reclamation"),)
    assert made.headers == (("x-spam-flag", "yes"), ("list-id", ""))
    assert made.attachments == (".pdf", "image/*")
    assert made.languages == ("de",)
    assert made.gives == (
        Given("team", "billing", "invoices"),
        Given("assignee", 7, "invoices"),
        Given("tag", "invoice", "invoices"),
    )


def test_any_attachment_is_written_as_true() -> None:
    assert parse(settings(**rule(attachments=True))).routing[0].attachments == (ANYTHING,)


def test_a_rule_may_do_nothing_but_stop() -> None:
    assert parse(settings(routing=[{"name": "ours", "senders": ["@example.com"], "stop": True}])).routing[0].stop
