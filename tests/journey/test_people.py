"""Customers: mail that an agent forwards, the language they are written to in, their cards, and what they say of us."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from email.message import EmailMessage

from daemon.app import build_house
from daemon.config import load
from daemon.desk import links
from daemon.mail.address import Keyring
from tests.journey.mails import fresh, new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt
from tests.journey.running import AGENT, SECOND, RunningDesk

WORDS = "The printer is on fire."


def head(sender: str) -> str:
    return (
        f"---------- Forwarded message ---------\nFrom: Customer Example <{sender}>\n"
        "Date: Mon, 5 Jan 2026 at 10:00\nSubject: Printer on fire\nTo: <agent@desk.example>\n\n"
    )


def forward(customer: str, above: str = "Can you take this one?", below: str = "", **headers: str) -> EmailMessage:
    """A customer's mail as an agent forwards it from a web mail."""
    text = f"{above}\n\n{head(customer)}{WORDS}\n{below}"
    return new_mail(AGENT, text, **({"Subject": "Fwd: Printer on fire"} | headers))


def link_in(question: Letter) -> str:
    return str(re.findall(r"https?://\S+/confirm/\S+", text_of(question.mail))[0])


def requester(desk: RunningDesk, ticket: int) -> str:
    sql = "SELECT a.address FROM ticket t JOIN mail_address a ON a.person_id = t.requester_id WHERE t.id = ?"
    return str(desk.rows(sql, ticket)[0]["address"])


def person_at(desk: RunningDesk, address: str) -> dict[str, object]:
    sql = "SELECT p.* FROM person p JOIN mail_address a ON a.person_id = p.id WHERE a.key = ?"
    return desk.rows(sql, address)[0]


# -- forwards


def test_a_forwarded_mail_opens_a_ticket_for_the_customer_and_the_answer_reaches_them(desk: RunningDesk) -> None:
    customer = fresh()
    receipt = desk.send(forward(customer), "inside")
    assert receipt.outcome == ("filed", "forwarded-by-agent")
    assert requester(desk, receipt.ticket) == customer
    message, note = desk.messages(receipt.ticket)
    assert (message["kind"], message["words"], message["subject"]) == ("customer", WORDS, "Printer on fire")
    assert (note["kind"], note["words"]) == ("note", "Can you take this one?")
    assert receipt.kinds == [("notification", SECOND), ("receipt", AGENT)]
    told = text_of(receipt.letter("receipt").mail)
    assert f"Opened for: Customer Example <{customer}>" in told
    assert "For the team alone:\n> Can you take this one?" in told
    notification = receipt.letter("notification").mail
    assert WORDS in text_of(notification)
    assert "Internal note by Desk Agent" in text_of(notification)
    assert "> Can you take this one?" in text_of(notification)
    assert "Can you take" not in text_of(notification).partition("[cf:")[0]
    answer = desk.send(reply_to(notification, SECOND, "Pull the plug, please."), "inside").letter("answer")
    assert answer.recipient == customer
    assert "Can you take" not in answer.mail.as_string()
    back = desk.send(reply_to(answer.mail, customer, "It still burns."))
    assert (back.outcome, back.ticket) == (("filed", "reply-token"), receipt.ticket)


def test_an_attached_mail_is_answered_in_its_own_thread(desk: RunningDesk) -> None:
    customer = fresh()
    inner = new_mail(f"Customer Example <{customer}>", WORDS, To=AGENT)
    outer = new_mail(AGENT, "Can you take this one?", Subject="Look")
    outer.add_attachment(inner)
    receipt = desk.send(outer, "inside")
    assert requester(desk, receipt.ticket) == customer
    notification = receipt.letter("notification").mail
    answer = desk.send(reply_to(notification, SECOND, "Pull the plug."), "inside").letter("answer").mail
    assert answer["In-Reply-To"] == inner["Message-ID"]


def test_no_clock_runs_for_a_forwarded_mail_before_the_customer_writes(desk: RunningDesk) -> None:
    receipt = desk.send(forward(fresh()), "inside")
    [opened] = desk.rows("SELECT data FROM event WHERE ticket_id = ? AND kind = 'ticket_opened'", receipt.ticket)
    assert json.loads(opened["data"])["by"] == "agent"
    assert desk.events(receipt.ticket)[0] == "ticket_opened"
    assert desk.ticket(receipt.ticket)["turn_since"] is None


def test_an_uncertain_forward_is_held_and_opens_its_ticket_once_confirmed(desk: RunningDesk) -> None:
    customer, other = fresh(), fresh("other")
    held = desk.send(forward(customer, below=f"\n{head(other)}Mine burns too.\n"), "inside")
    assert held.outcome == ("quarantined", "forward-uncertain")
    question = held.letter("confirmation", AGENT)
    assert customer in text_of(question.mail)
    code, page = desk.get(link_in(question))
    assert code == 200
    assert customer in page
    desk.post(link_in(question), "decision=confirmed")
    ticket = desk.rows("SELECT ticket_id FROM inbound WHERE id = ?", held.row["id"])[0]["ticket_id"]
    assert requester(desk, ticket) == customer
    assert [m["words"] for m in desk.messages(ticket)] == [WORDS, "Can you take this one?"]


def test_what_a_customer_forwards_without_a_word_is_shown_to_agents(desk: RunningDesk) -> None:
    words = f"{head('third@elsewhere.example')}Your invoice is overdue.\n"
    receipt = desk.send(new_mail(fresh(), words, Subject="Fwd: Invoice"))
    assert "Your invoice is overdue." in text_of(receipt.letter("notification", AGENT).mail).partition("[cf:do]")[0]


def test_a_forward_without_an_address_opens_the_agents_own_ticket_with_all_its_words(desk: RunningDesk) -> None:
    text = "Look at this.\n\n---------- Forwarded message ---------\nFrom: The hotel\n\nOur door is broken.\n"
    held = desk.send(new_mail(AGENT, text, Subject="Fwd: Door"), "inside")
    assert held.outcome == ("quarantined", "forward-without-address")
    question = text_of(held.letter("confirmation", AGENT).mail)
    assert "a request of your own" in " ".join(question.split())
    assert "Our door is broken." in question
    desk.post(link_in(held.letter("confirmation", AGENT)), "decision=confirmed")
    ticket = desk.rows("SELECT ticket_id FROM inbound WHERE id = ?", held.row["id"])[0]["ticket_id"]
    assert requester(desk, ticket) == AGENT
    assert [m["words"] for m in desk.messages(ticket)] == [text.strip()]


def test_an_unproved_forward_is_held_and_says_whose_ticket_it_would_open(desk: RunningDesk) -> None:
    customer = fresh()
    held = desk.send(forward(customer))
    assert held.outcome == ("quarantined", "agent-unproved")
    assert customer in text_of(held.letter("confirmation", AGENT).mail)


def test_a_forward_that_comes_again_under_its_message_id_opens_nothing(desk: RunningDesk) -> None:
    customer = fresh()
    first = forward(customer)
    desk.send(first, "inside")
    again = forward(customer, above="And again.", Message_ID=str(first["Message-ID"]))
    assert desk.send(again, "inside").outcome == ("quarantined", "agent-message-id-elsewhere")


def test_a_colleagues_mail_opens_the_agents_own_ticket(desk: RunningDesk) -> None:
    receipt = desk.send(forward(SECOND), "inside")
    assert receipt.outcome == ("filed", "no-ticket-named")
    assert requester(desk, receipt.ticket) == AGENT


def test_what_a_customer_forwards_stays_the_customers(desk: RunningDesk) -> None:
    customer = fresh()
    mail = new_mail(customer, f"See below.\n\n{head(fresh('other'))}{WORDS}", Subject="Fwd: Printer")
    assert requester(desk, desk.send(mail).ticket) == customer


# -- language

GERMAN = "Guten Tag,\n\nder Drucker brennt seit gestern und ich kann nicht drucken.\n"


def written_in(receipt: Receipt, kind: str = "acknowledgement") -> str:
    return str(re.findall(r'lang="([a-z]+)"', receipt.letter(kind).mail.get_body(("html",)).get_content())[0])


def test_a_customer_is_written_to_in_their_language(desk: RunningDesk) -> None:
    customer = fresh()
    assert written_in(desk.send(new_mail(customer, GERMAN))) == "de"
    assert person_at(desk, customer)["language"] == "de"
    assert written_in(desk.send(new_mail(customer, "ok"))) == "de"


def test_a_language_without_templates_is_remembered_and_the_desk_writes_in_its_own(desk: RunningDesk) -> None:
    customer = fresh()
    assert written_in(desk.send(new_mail(customer, "Drukarka się pali, nie mogę drukować."))) == "en"
    assert person_at(desk, customer)["language"] == "pl"


def test_two_mails_in_a_row_change_the_language_and_one_does_not(desk: RunningDesk) -> None:
    customer = fresh()
    desk.send(new_mail(customer, GERMAN))
    assert written_in(desk.send(new_mail(customer, "The printer is on fire and I cannot print."))) == "de"
    assert written_in(desk.send(new_mail(customer, "It is still burning, please help me."))) == "en"


def test_the_operator_says_in_which_language_somebody_is_written_to(desk: RunningDesk) -> None:
    customer = fresh()
    desk.send(new_mail(customer))
    assert desk.run("contact", "set", customer, "--language", "de").returncode == 0
    assert written_in(desk.send(new_mail(customer, "ok"))) == "de"
    refused = desk.run("contact", "set", customer, "--language", "German!")
    assert (refused.returncode, "'German!' is no language" in refused.stderr) == (2, True)


# -- cards


def test_a_card_is_shown_written_and_found(desk: RunningDesk) -> None:
    customer = fresh()
    ticket = desk.send(new_mail(f"Customer Example <{customer}>")).ticket
    done = desk.run(
        "contact", "set", customer, "--phone", "+1 555 0100", "--organisation", "Example", "--remark", "Calls\nat 9"
    )
    assert done.returncode == 0
    [card] = desk.json("contact", "show", customer.upper().replace("@CUSTOMER.EXAMPLE", "@customer.example"), "--json")
    assert card["tickets"] == [ticket]
    assert card["addresses"] == [{"address": customer, "proved": False}]
    assert (card["name"], card["phone"], card["organisation"], card["remark"]) == (
        "Customer Example",
        "+1 555 0100",
        "Example",
        "Calls\nat 9",
    )
    assert customer in desk.run("contact", "show", customer).stdout
    assert [c["person"] for c in desk.json("contact", "list", "--words", customer, "--json")] == [card["person"]]
    assert customer in desk.run("contact", "list", "--words", customer).stdout


def test_a_card_of_nobody_or_of_an_agent_is_refused_in_a_sentence(desk: RunningDesk) -> None:
    nobody = desk.run("contact", "show", "nobody@example.org")
    assert (nobody.returncode, "nobody is known at" in nobody.stderr) == (2, True)
    agent = desk.run("contact", "set", AGENT, "--name", "Somebody")
    assert (agent.returncode, "is an agent" in agent.stderr) == (2, True)
    customer = fresh()
    desk.send(new_mail(customer))
    for command in (
        ("join", customer, AGENT),
        ("join", AGENT, customer),
        ("join", customer, customer),
        ("split", customer),
    ):
        assert desk.run("contact", *command).returncode == 2


def test_two_persons_become_one_and_the_tokens_of_both_are_good(desk: RunningDesk) -> None:
    work, home = fresh("work"), fresh("home")
    first, second = desk.send(new_mail(work)), desk.send(new_mail(home))
    assert desk.run("contact", "join", work, home).returncode == 0
    [card] = desk.json("contact", "show", home, "--json")
    assert {one["address"] for one in card["addresses"]} == {work, home}
    assert card["tickets"] == [second.ticket, first.ticket]
    assert requester(desk, second.ticket) in (work, home)
    for receipt, writer in ((second, home), (second, work), (first, home)):
        back = desk.send(reply_to(receipt.letter("acknowledgement").mail, writer, "It still burns."))
        assert (back.ticket, back.outcome) == (receipt.ticket, ("filed", "reply-token"))
    assert "field_changed" in desk.events(second.ticket)


def test_a_split_gives_back_what_came_by_the_join(desk: RunningDesk) -> None:
    work, home = fresh("work"), fresh("home")
    first, second = desk.send(new_mail(work)), desk.send(new_mail(home))
    desk.run("contact", "join", work, home)
    third = desk.send(new_mail(home))
    assert desk.run("contact", "split", home).returncode == 0
    assert [requester(desk, r.ticket) for r in (first, second, third)] == [work, home, work]
    back = desk.send(reply_to(second.letter("acknowledgement").mail, home, "It still burns."))
    assert back.outcome == ("filed", "reply-token")
    assert desk.json("contact", "show", home, "--json")[0]["tickets"] == [second.ticket]


# -- ratings


def rate_link(desk: RunningDesk, ticket: int) -> str:
    """The link that a letter to the ticket's requester would bear."""
    [key] = (desk.folder / "var").glob("*key*")
    keyring = Keyring.from_text(key.read_text())
    token = keyring.rate_token(ticket, desk.ticket(ticket)["requester_id"])
    return f"{desk.http}/rate/{ticket}-{token}"


def ratings(desk: RunningDesk, ticket: int) -> list[bool]:
    rows = desk.rows("SELECT positive FROM v1_rating WHERE ticket_id = ? ORDER BY rating_id", ticket)
    return [bool(row["positive"]) for row in rows]


def test_a_customer_rates_by_a_click_and_no_scanner_does(desk: RunningDesk) -> None:
    ticket = desk.send(new_mail(fresh())).ticket
    link = rate_link(desk, ticket)
    for method in ("GET", "GET", "HEAD", "OPTIONS", "PUT"):
        request = urllib.request.Request(link, method=method)
        try:
            urllib.request.urlopen(request, timeout=10).close()
        except urllib.error.HTTPError as error:
            error.close()
    assert desk.get(f"{link}?verdict=good")[0] == 200
    for form in ("", "verdict=perhaps", "verdict=good&verdict=bad", "x" * 1000):
        assert desk.post(link, form)[0] == 200
    assert ratings(desk, ticket) == []
    code, page = desk.post(link, "verdict=good")
    assert code == 200
    assert "Thank you" in page
    desk.post(link, "verdict=good")
    assert ratings(desk, ticket) == [True]
    desk.post(link, "verdict=bad")
    assert ratings(desk, ticket) == [True, False]
    [rated] = desk.rows("SELECT actor_id, because FROM event WHERE kind = 'rated' AND ticket_id = ? LIMIT 1", ticket)
    assert (rated["actor_id"], rated["because"]) == (desk.ticket(ticket)["requester_id"], "rated-by-customer")


def test_an_unknown_link_and_a_wrong_one_are_the_same_page(desk: RunningDesk) -> None:
    ticket = desk.send(new_mail(fresh())).ticket
    link = rate_link(desk, ticket)
    elsewhere = rate_link(desk, desk.send(new_mail(fresh())).ticket)
    token = link.rpartition("-")[2]
    wrong = [
        link[:-4] + "aaaa",
        elsewhere.rpartition("-")[0] + "-" + token,
        f"{desk.http}/rate/999999-{token}",
        f"{desk.http}/rate/{'9' * 30}-{token}",
        f"{desk.http}/rate/nonsense",
    ]
    pages = {desk.get(one) for one in wrong} | {desk.post(one, "verdict=good") for one in wrong}
    assert len(pages) == 1
    assert next(iter(pages))[0] == 404
    assert ratings(desk, ticket) == []


def test_a_ticket_closed_long_ago_is_rated_no_more(desk: RunningDesk) -> None:
    ticket = desk.send(new_mail(fresh())).ticket
    desk.rewrite("UPDATE ticket SET closed_at = 1, status = 'closed' WHERE id = ?", ticket)
    code, page = desk.post(rate_link(desk, ticket), "verdict=good")
    assert (code, "Too late" in page) == (200, True)
    assert ratings(desk, ticket) == []


def test_a_reply_token_rates_nothing(desk: RunningDesk) -> None:
    receipt = desk.send(new_mail(fresh()))
    token = re.findall(r"\+\d+-([a-z2-7]{26})@", str(receipt.letter("acknowledgement").mail["Reply-To"]))[0]
    assert desk.post(f"{desk.http}/rate/{receipt.ticket}-{token}", "verdict=good")[0] == 404


def test_someone_joined_into_another_rates_with_the_link_they_have(desk: RunningDesk) -> None:
    work, home = fresh("work"), fresh("home")
    desk.send(new_mail(work))
    ticket = desk.send(new_mail(home)).ticket
    link = rate_link(desk, ticket)
    desk.run("contact", "join", work, home)
    assert desk.post(link, "verdict=good")[0] == 200
    assert ratings(desk, ticket) == [True]


def test_a_letter_links_the_page_of_its_reader(desk: RunningDesk) -> None:
    ticket = desk.send(new_mail(fresh())).ticket
    house = build_house(load(desk.config))
    try:
        link = links.rate(house, ticket, desk.ticket(ticket)["requester_id"])
    finally:
        house.store.close()
    assert "How did we do?" in desk.get(link)[1]
