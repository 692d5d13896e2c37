"""Small facts for tests of decisions: one ticket, one customer, one agent, and a mail between them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daemon.core.plan import AgentFacts, AuthorFacts, DeskFacts, Facts, Policy, TicketFacts, TokenFacts
from daemon.core.values import Address, Envelope, Evidence, Mail

NOW = 1_800_000_000
AGENT, COLLEAGUE, CUSTOMER, STRANGER = 1, 2, 10, 11
DAY = 86_400

POLICY = Policy(
    follow_up_after=14 * DAY,
    acknowledge_within=DAY,
    confirm_within=3 * DAY,
    notify_customer=frozenset({"resolved"}),
    automatic_per_address=5,
    automatic_per_ticket=10,
    tickets_per_address=60,
)
AGENTS = (
    AgentFacts(AGENT, "agent@example.com", frozenset({"support"})),
    AgentFacts(COLLEAGUE, "colleague@example.com", frozenset({"billing"})),
)
PROVED = Evidence(True, "submission", "submission")
NETWORK = Evidence(True, "network")


def mail(sender: str | None = "customer@example.net", **fields: Any) -> Mail:
    plain = Mail(
        size=100,
        sha256="0" * 64,
        fingerprint="1" * 64,
        subject="Printer",
        sender=Address("", sender) if sender else None,
        from_text=sender or "",
        to=(Address("", "support@example.com"),),
        cc=(),
        reply_to=(),
        date=NOW,
        message_id="a@example.net",
        in_reply_to=(),
        references=(),
        text="It is on fire.",
        html=None,
        reply_text="It is on fire.",
        quoted_text="",
        signature_text="",
        attachments=(),
        automatic=None,
        bounce=None,
        language=None,
        defects=(),
    )
    return replace(plain, **fields)


def envelope(**fields: Any) -> Envelope:
    return replace(Envelope("smtp", "", "customer@example.net", ("support@example.com",), NOW, "192.0.2.1"), **fields)


def ticket(**fields: Any) -> TicketFacts:
    plain = TicketFacts(
        id=1042,
        desk="support",
        subject="Printer",
        status="pending",
        team="support",
        requester=CUSTOMER,
        assignee=None,
        participants=frozenset({CUSTOMER}),
        named=False,
        merged_into=None,
        closed_at=None,
        first_response_at=None,
        last_event_at=NOW - 100,
        automatic_lately=0,
        seen_from_author=False,
    )
    return replace(plain, **fields)


def facts(author: int | None = CUSTOMER, key: str = "customer@example.net", **fields: Any) -> Facts:
    is_agent = author in (AGENT, COLLEAGUE)
    plain = Facts(
        DeskFacts("support", "support@example.com", "support", True), AuthorFacts(key, author, is_agent), AGENTS
    )
    return replace(plain, **fields)


def on_ticket(number: TicketFacts, **fields: Any) -> dict[str, Any]:
    return {"tickets": {number.id: number}, **fields}


def token(person: int) -> TokenFacts:
    return TokenFacts(1042, person)
