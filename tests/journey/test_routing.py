"""Routing: what rules make of a new ticket, to whom it goes and who hears of it; and being told so beforehand."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh, new_mail, reply_to, text_of
from tests.journey.receipt import Receipt
from tests.journey.running import AGENT, SECOND, RunningDesk
from tests.journey.sink import Sink

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operate.md").read_text("utf-8")
EXAMPLE, SHOWN = re.findall(r"<!-- routing: .*? -->\n\n```toml\n(.*?)```.*?```text\n(.*?)```", PAGE, re.DOTALL)[0]
THIRD = "third@desk.example"
ON_SQLITE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
DESKS = """
[[desk]]
name = "support"
address = "support@desk.example"

[[desk]]
name = "billing"
address = "billing@desk.example"
team = "billing"

[[desk]]
name = "sales"
address = "sales@desk.example"
team = "sales"

[[agent]]
name = "Desk Agent"
address = "agent@desk.example"
teams = ["support", "billing", "sales"]
skills = ["vpn"]

[[agent]]
name = "Second Agent"
address = "second@desk.example"
teams = ["support", "billing", "sales"]

[[agent]]
name = "Third Agent"
address = "third@desk.example"
teams = ["support", "billing"]

[[team]]
name = "support"
assign = "round-robin"

[[team]]
name = "billing"
assign = "least-open"

[[team]]
name = "sales"
assign = "least-open"
skills = true
sticky = true

[[routing]]
name = "marked"
headers = ["X-Spam-Flag: yes"]
spam = true
stop = true

[[routing]]
name = "invoices"
attachments = [".pdf"]
team = "billing"
tags = ["invoice"]
priority = "high"

[[routing]]
name = "vpn"
subject = ["VPN"]
tags = ["vpn"]

[[routing]]
name = "urgent"
headers = ["X-Priority: 1"]
priority = "urgent"
type = "incident"

[[routing]]
name = "boss"
senders = ["@boss.example"]
assignee = "third@desk.example"
"""
POLICY = """
[[policy]]
name = "urgent"
priorities = ["urgent"]
first_response = "1h calendar"

[[policy]]
name = "others"
first_response = "8h calendar"
"""


@pytest.fixture
def desk(open_desk: Callable[..., RunningDesk], own_sink: Sink) -> RunningDesk:
    return open_desk(own_sink, tables=PATIENT + POLICY, desks=DESKS)


def with_pdf(mail: EmailMessage) -> EmailMessage:
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Invoice.PDF")
    return mail


def reasons(desk: RunningDesk, ticket: int) -> list[tuple[str, str, Any]]:
    rows = desk.rows("SELECT kind, because, data FROM event WHERE ticket_id = ? ORDER BY id", ticket)
    return [(r["kind"], r["because"], json.loads(r["data"]).get("rule")) for r in rows]


def assignee(desk: RunningDesk, receipt: Receipt) -> str:
    """The address of whose the ticket is; '' if nobody's."""
    rows = desk.rows(
        "SELECT a.address FROM ticket t JOIN mail_address a ON a.person_id = t.assignee_id WHERE t.id = ?",
        receipt.ticket,
    )
    return str(rows[0]["address"]) if rows else ""


def away(desk: RunningDesk, *agents: str) -> None:
    for agent in agents:
        desk.rewrite(
            "INSERT INTO absence (person_id, since, until) SELECT person_id, 0, NULL FROM mail_address WHERE key = ?",
            agent,
        )


def test_a_rule_by_attachment_sets_team_tag_and_priority_and_the_promise_sees_them(desk: RunningDesk) -> None:
    receipt = desk.send(with_pdf(new_mail(fresh(), X_Priority="1 (Highest)")))
    ticket = desk.ticket(receipt.ticket)
    assert (ticket["team"], ticket["priority"], ticket["type"]) == ("billing", "urgent", "incident")
    assert reasons(desk, receipt.ticket)[:6] == [
        ("ticket_opened", "no-ticket-named", None),
        ("team_changed", "routing-rule", "invoices"),
        ("priority_changed", "routing-rule", "urgent"),
        ("type_changed", "routing-rule", "urgent"),
        ("tagged", "routing-rule", "invoices"),
        ("assigned", "least-open", None),
    ]
    promises = desk.rows("SELECT budget FROM promise WHERE ticket_id = ?", receipt.ticket)
    assert [p["budget"] for p in promises] == [3600]
    told = desk.run("ticket", "why", str(receipt.ticket)).stdout
    assert "priority_changed medium → urgent (routing-rule: urgent)" in told


@ON_SQLITE
def test_what_no_rule_fits_stays_as_it_is(desk: RunningDesk) -> None:
    receipt = desk.send(new_mail(fresh()))
    ticket = desk.ticket(receipt.ticket)
    assert (ticket["team"], ticket["priority"], ticket["type"]) == ("support", "medium", "question")
    assert [kind for kind, _, _ in reasons(desk, receipt.ticket)][:3] == ["ticket_opened", "assigned", "promise_made"]


@ON_SQLITE
def test_of_what_a_rule_takes_for_spam_nobody_hears(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = desk.send(with_pdf(new_mail(customer, X_Spam_Flag="YES")))
    assert receipt.outcome == ("filed", "no-ticket-named")
    assert receipt.letters == ()
    assert desk.status(receipt.ticket) == "spam"
    assert reasons(desk, receipt.ticket) == [
        ("ticket_opened", "no-ticket-named", None),
        ("status_changed", "routing-rule", "marked"),
    ]
    assert assignee(desk, receipt) == ""


def test_round_robin_gives_to_each_in_turn_and_tells_that_one_alone(desk: RunningDesk) -> None:
    receipts = [desk.send(new_mail(fresh())) for _ in range(7)]
    turns = [assignee(desk, receipt) for receipt in receipts]
    assert turns == [AGENT, SECOND, THIRD] * 2 + [AGENT]
    for receipt, whose in zip(receipts, turns, strict=True):
        assert [x.recipient for x in receipt.letters if x.kind == "notification"] == [whose]


def test_least_open_gives_to_whom_has_least(desk: RunningDesk) -> None:
    first, second, third = (desk.send(new_mail(fresh(), To="billing@desk.example")) for _ in range(3))
    assert [assignee(desk, r) for r in (first, second, third)] == [AGENT, SECOND, THIRD]
    desk.run("ticket", "set", str(second.ticket), "--status", "resolved")
    assert assignee(desk, desk.send(new_mail(fresh(), To="billing@desk.example"))) == SECOND
    desk.run("ticket", "set", str(third.ticket), "--status", "pending")
    assert assignee(desk, desk.send(new_mail(fresh(), To="billing@desk.example"))) == THIRD


def test_skill_comes_before_load_and_the_last_agent_before_skill(desk: RunningDesk) -> None:
    customer = fresh()
    sent = [desk.send(new_mail(fresh(), To="sales@desk.example", Subject="My VPN")) for _ in range(2)]
    assert [assignee(desk, r) for r in sent] == [AGENT, AGENT]
    assert reasons(desk, sent[1].ticket)[2][1] == "best-skill"
    first = desk.send(new_mail(customer, To="sales@desk.example"))
    assert assignee(desk, first) == SECOND
    desk.send(reply_to(first.letter("notification").mail, SECOND, "Switch it off."), "inside")
    again = desk.send(new_mail(customer, To="sales@desk.example", Subject="My VPN"))
    assert assignee(desk, again) == SECOND
    assert reasons(desk, again.ticket)[2][1] == "sticky-to-last-agent"
    away(desk, SECOND)
    assert assignee(desk, desk.send(new_mail(customer, To="sales@desk.example"))) == AGENT


def test_a_rule_gives_to_an_agent_unless_absent(desk: RunningDesk) -> None:
    receipt = desk.send(new_mail("chief@boss.example"))
    assert assignee(desk, receipt) == THIRD
    assert reasons(desk, receipt.ticket)[1] == ("assigned", "routing-rule", "boss")
    away(desk, THIRD)
    receipt = desk.send(new_mail("chief@boss.example"))
    assert assignee(desk, receipt) == AGENT
    assert reasons(desk, receipt.ticket)[1] == ("assigned", "round-robin", None)


def test_whoever_is_absent_gets_nothing_and_without_anyone_the_team_hears(desk: RunningDesk) -> None:
    away(desk, AGENT, THIRD)
    receipts = [desk.send(new_mail(fresh())) for _ in range(2)]
    assert [assignee(desk, r) for r in receipts] == [SECOND, SECOND]
    away(desk, SECOND)
    receipt = desk.send(new_mail(fresh()))
    assert assignee(desk, receipt) == ""
    assert sorted(x.recipient for x in receipt.letters if x.kind == "notification") == [AGENT, SECOND, THIRD]
    opened = desk.rows("SELECT data FROM event WHERE ticket_id = ? ORDER BY id", receipt.ticket)[0]
    assert json.loads(opened["data"])["unassigned"] == "nobody-present"
    row = desk.json("check", "--mail", "-", "--json", given=new_mail(fresh()).as_bytes())[0]
    assert (row["assignee"], row["unassigned"], row["told"]) == (None, "nobody-present", [AGENT, SECOND, THIRD])


def test_an_absence_that_is_over_or_still_to_come_counts_for_nothing(desk: RunningDesk) -> None:
    for since, until in ((0, 1), (2**40, None)):
        desk.rewrite(
            "INSERT INTO absence (person_id, since, until) SELECT person_id, ?, ? FROM mail_address WHERE key = ?",
            since,
            until,
            AGENT,
        )
    assert assignee(desk, desk.send(new_mail(fresh()))) == AGENT


@ON_SQLITE
def test_a_reply_is_routed_no_more(desk: RunningDesk) -> None:
    customer = fresh()
    first = desk.send(new_mail(customer))
    answer = with_pdf(reply_to(first.letter("acknowledgement").mail, customer, "See the attachment."))
    assert desk.send(answer).ticket == first.ticket
    assert desk.ticket(first.ticket)["team"] == "support"
    row = desk.json("check", "--mail", "-", "--json", given=answer.as_bytes())[0]
    assert (row["opens"], row["ticket"], row["because"], row["rules"]) == (False, first.ticket, "reply-token", [])


# -- being told beforehand


@ON_SQLITE
def test_check_tells_what_would_happen_and_keeps_nothing(desk: RunningDesk) -> None:
    tables = ("ticket", "message", "event", "inbound", "outbox", "raw", "person", "promise")
    before = [desk.rows(f"SELECT count(*) AS n FROM {t}")[0]["n"] for t in tables]
    mail = with_pdf(new_mail(fresh(), X_Priority="1"))
    (row,) = desk.json("check", "--mail", "-", "--json", given=mail.as_bytes())
    assert before == [desk.rows(f"SELECT count(*) AS n FROM {t}")[0]["n"] for t in tables]
    receipt = desk.send(mail)
    ticket = desk.ticket(receipt.ticket)
    assert {key: row[key] for key in ("team", "priority", "type", "status")} == {
        key: ticket[key] for key in ("team", "priority", "type", "status")
    }
    assert (row["opens"], row["ticket"], row["assignee"], row["tags"]) == (True, None, "Desk Agent", ["invoice"])
    assert row["reasons"]["assignee"] == {"because": "least-open", "rule": None}
    assert row["reasons"]["priority"] == {"because": "routing-rule", "rule": "urgent"}
    assert [(r["name"], r["fits"], r["misfits"]) for r in row["rules"]] == [
        ("marked", False, ["headers"]),
        ("invoices", True, []),
        ("vpn", False, ["subject"]),
        ("urgent", True, []),
        ("boss", False, ["senders"]),
    ]
    assert [(x["kind"], x["recipient"]) for x in row["mails"]] == [(x.kind, x.recipient) for x in receipt.letters]


@ON_SQLITE
def test_check_tells_of_a_mail_that_is_kept_already_as_if_it_were_new(desk: RunningDesk) -> None:
    mail = new_mail(fresh(), X_Spam_Flag="yes")
    desk.send(mail)
    said = desk.run("check", "--mail", "-", given=mail.as_bytes()).stdout
    assert "The very same mail is kept already, on ticket #1." in said
    assert "marked    fits: spam, and stops" in said
    assert "invoices  is not reached, because marked stops" in said
    assert "status      spam (the rule marked)" in said
    assert "told        no agent" in said


@ON_SQLITE
def test_check_tells_why_an_agents_mail_would_be_held(desk: RunningDesk) -> None:
    first = desk.send(new_mail(fresh()))
    reply = reply_to(first.letter("notification").mail, AGENT, "Pull the plug.")
    said = desk.run("check", "--mail", "-", given=reply.as_bytes()).stdout
    assert "outcome     quarantined (agent-unproved)" in said
    assert f"told        Desk Agent <{AGENT}>" in said
    assert "mails       confirmation to" in said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--to", "support@desk.example"), "--to, --door, --at and --json are for --mail FILE"),
        (("--mail", "-", "--to", "nobody@desk.example"), "--to nobody@desk.example is no address of a desk"),
        (("--mail", "-", "--door", "back"), "--door back is no door with a name of its own"),
        (("--mail", "-", "--at", "soon"), "--at soon is no time; write one such as"),
        (("--mail", "-", "--at", "1999-01-01"), "--at 1999-01-01 is too far away"),
        (("--mail", "missing.eml"), "missing.eml cannot be read"),
    ],
)
def test_what_cannot_be_told_is_refused_in_a_sentence(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    home = RunningDesk(tmp_path, None)
    done = home.run("check", *arguments, given=new_mail(fresh()).as_bytes())
    assert done.returncode in (1, 2)
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def rechnung() -> bytes:
    mail = new_mail(
        "customer@example.net", "Please find it attached.", To="support@example.com", Subject="Rechnung 4711"
    )
    mail.replace_header("Message-ID", "<4711@example.net>")
    mail.replace_header("Date", "Mon, 05 Jan 2026 10:00:00 +0000")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="Rechnung.pdf")
    mail.set_boundary("parts")
    return mail.as_bytes()


def test_the_example_of_the_guide_does_what_it_says(tmp_path: Path) -> None:
    home = RunningDesk(tmp_path, None, desks=EXAMPLE)
    (tmp_path / "rechnung.eml").write_bytes(rechnung())
    monday = (datetime.now(UTC).date() - timedelta(datetime.now(UTC).weekday())).isoformat()
    done = home.run("check", "--mail", "rechnung.eml", "--at", f"{monday} 10:00")
    assert done.stderr == ""
    assert done.stdout.replace(monday, "2026-03-09") == SHOWN
    at_night = home.json("check", "--mail", "rechnung.eml", "--at", f"{monday} 22:00", "--json")[0]
    assert (at_night["type"], at_night["reasons"]["type"]["rule"]) == ("incident", "night")


# -- templates of one's own


def test_a_rule_has_a_ticket_acknowledged_in_its_own_words(own_sink: Sink, tmp_path: Path) -> None:
    own = tmp_path / "own" / "mail" / "en"
    own.mkdir(parents=True)
    (own / "received-invoice.txt").write_text("Subject: Your invoice [#{{ number }}]\nThe accountant has it.\n")
    (own / "received-invoice.html").write_text("")
    rule = '[[routing]]\nname = "invoices"\nsubject = ["invoice"]\ntemplate = "received-invoice"\n'
    storage = f'templates = "{tmp_path / "own"}"\n'
    desks = DESKS.partition("[[routing]]")[0]
    home = RunningDesk(tmp_path, own_sink, desks=desks + rule)
    home.config.write_text(home.config.read_text().replace("[storage]\n", f"[storage]\n{storage}"))
    try:
        home.start()
        customer = fresh()
        letter = home.send(new_mail(customer, Subject="Invoice")).letter("acknowledgement").mail
        assert text_of(letter).strip() == "The accountant has it."
        assert str(letter["Subject"]).startswith("Your invoice [#")
        other = home.send(new_mail(customer)).letter("acknowledgement").mail
        assert "The accountant has it." not in text_of(other)
    finally:
        home.end()


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("missing", "routing[0].template: there is no mail/en/missing.txt among the templates; write it"),
        ("answer", "routing[0].template: answer is the template of another mail; choose another name"),
    ],
)
def test_a_template_that_is_not_there_is_refused(tmp_path: Path, template: str, says: str) -> None:
    rule = f'[[routing]]\nname = "invoices"\ntemplate = "{template}"\n'
    home = RunningDesk(tmp_path, None, desks=DESKS.partition("[[routing]]")[0] + rule)
    done = home.run("check")
    assert done.returncode == 2
    assert says in done.stderr
