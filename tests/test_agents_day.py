"""A day of three agents in two teams, by mail alone: every command, and every letter, ticket and event as written down.

``first`` and ``second`` are the support team, ``third`` is billing. An answer waits two seconds for its undo.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from daemon.core.commands.declared import DECLARED
from tests.day import Day, no
from tests.journey.mails import html_of, text_of
from tests.journey.running import RunningDesk, until
from tests.journey.sink import Sink
from tests.journey.test_failures import report

DESKS = f"""
[agents]
undo_seconds = 2

[digest]
at = ["{datetime.now(UTC) - timedelta(hours=2):%H:%M}"]

[[macro]]
name = "password"
title = "Choose a new password"
text = "Hello {{{{ customer }}}},\\n\\nplease choose a new password on our page."
commands = ["#tag password", "#pending"]

[[field]]
name = "floor"
title = "Floor"
kind = "number"

[[desk]]
name = "support"
address = "support@desk.example"
title = "Support"

[[desk]]
name = "billing"
address = "billing@desk.example"
title = "Billing"
team = "billing"

[[agent]]
name = "First Agent"
address = "first@desk.example"
teams = ["support"]

[[agent]]
name = "Second Agent"
address = "second@desk.example"
teams = ["support"]
notify = {{ answered = "digest" }}

[[agent]]
name = "Third Agent"
address = "third@desk.example"
teams = ["billing"]
leads = ["billing"]
"""
FORWARDED = """Who takes this?

---------- Forwarded message ---------
From: The hotel <hotel@customer.example>
Date: Mon, 5 Jan 2026 at 10:00
Subject: Broken door
To: <first@desk.example>

Our door is broken.
"""
PRINTER, INVOICE, LOGIN, DOOR, GARDEN, LAMP, OFFER = range(1, 8)


class Cast(Day):
    """Who takes part."""

    def __init__(self, desk: RunningDesk) -> None:
        super().__init__(desk)
        self.first, self.second, self.third = map(self.agent, ("first", "second", "third"))
        self.laundry, self.school, self.bakery, self.garden = map(
            self.customer, ("laundry", "school", "bakery", "garden")
        )
        self.accountant, self.hotel, self.museum, self.seller = map(
            self.customer, ("accountant", "hotel", "museum", "seller")
        )


def mail_comes_in(day: Cast) -> None:
    day.laundry.writes("Printer on fire", "Our printer burns.")
    day.brought(
        ("acknowledgement", day.laundry, "[#1]", "It has reached us"),
        ("notification", day.first, "[#1] Printer on fire", "New request from The laundry", "Our printer burns."),
        ("notification", day.second, "Assignee: Nobody yet"),
    )
    day.school.writes("Invoice 17", "Your invoice is too high.", "billing@desk.example")
    day.brought(
        ("acknowledgement", day.school, "Its number is #2", "-- Billing"),
        ("notification", day.third, "Your invoice is too high."),
    )
    day.bakery.writes("No login", "I have forgotten my password.")
    day.brought(
        ("acknowledgement", day.bakery),
        ("notification", day.first, "I have forgotten my password.", no("laundry")),
        ("notification", day.second),
    )


def first_steps(day: Cast) -> None:
    day.first.answers(PRINTER, "#help")
    day.brought(("help", day.first, *(f"#{one.word}" for one in DECLARED), "password: Choose a new password"))
    day.first.answers(
        PRINTER, "#take\n#priority high\n#Type: incident\n#tag printer hardware paper\n#untag paper\n#field floor 2"
    )
    day.brought(
        (
            "receipt",
            day.first,
            "Done: #take, #priority high, #type incident",
            "Priority: Medium → High",
            "Type: Question → Incident",
            "Tag added: printer",
            "Tag removed: paper",
            "Undo:",
        )
    )
    day.second.taps(day.second.latest(LOGIN), "take")
    day.brought(("receipt", day.second, "Done: #take", "Assignee: Second Agent"))
    day.second.answers(LOGIN, "#macro password")
    day.brought(
        (
            "receipt",
            day.second,
            "Macro: password",
            "Tag added: password",
            "Status: New → Waiting for the customer",
            "Goes to The bakery",
            "after 2 s",
            "> Hello The bakery,",
        )
    )
    day.second.answers(PRINTER, "#watch")
    day.brought(("receipt", day.second, "Done: #watch"))
    day.first.answers(PRINTER, "Please pull the plug.\n\nBest regards,\nFirst Agent")
    day.brought()
    day.waits()
    day.brought(
        ("answer", day.bakery, "[#3]", "Hello The bakery, please choose a new password", "-- Second Agent", no("#tag")),
        ("answer", day.laundry, "[#1]", "Please pull the plug.", "-- First Agent Support"),
    )


def an_undo_in_time_and_one_too_late(day: Cast) -> None:
    day.laundry.answers(PRINTER, "It is out. The paper tray is ashes.")
    day.brought(
        ("notification", day.first, "The laundry <laundry@customer.example> replied", "is ashes", "Earlier"),
        ("notification", day.second),
    )
    day.first.answers(PRINTER, "#close\n\nThen buy a new one.")
    day.brought(("receipt", day.first, "Status: Open → Closed", "Goes to The laundry", "> Then buy a new one."))
    day.first.taps(day.first.latest(PRINTER, "receipt"), "undo")
    day.brought(("receipt", day.first, "Undone", "Answer: withdrawn", no("Status")))
    day.first.answers(PRINTER, "#close\n\nThen buy a used one.")
    day.brought(("receipt", day.first))
    day.first.answers(PRINTER, "#undo")
    day.brought(("receipt", day.first, "Undone", "Answer: withdrawn"))
    day.first.answers(PRINTER, "#resolve\n#resolution A new paper tray.\n\nA new tray is on its way.")
    day.brought(("receipt", day.first, "Resolution: A new paper tray.", "Status: Open → Resolved"))
    receipt = day.first.latest(PRINTER, "receipt")
    day.waits()
    day.brought(
        ("answer", day.laundry, "A new tray is on its way."),
        ("status", day.laundry, "We have marked your request #1 as resolved.", "How did we do?"),
    )
    assert "Thank you" in day.laundry.clicks(day.laundry.latest(PRINTER, "status"), "rate", "verdict=good")
    day.first.clicks(receipt, "undo", "decision=undo")
    day.brought(
        (
            "receipt",
            day.first,
            "Undone",
            "Status: Resolved → Open",
            "Resolution: A new paper tray. → none",
            "Answer: has left and cannot be taken back",
        )
    )


def words_cross(day: Cast) -> None:
    before = day.first.latest(PRINTER)
    day.laundry.answers(PRINTER, "Stop! It burns again.")
    day.brought(("notification", day.first, "Stop! It burns again.", no("> #resolve")), ("notification", day.second))
    day.first.replies(before, "Good that it is over.")
    day.brought(
        (
            "confirmation",
            day.first,
            "The customer wrote again before it came.",
            "You had not seen this yet: > Stop! It burns again.",
            "> Good that it is over.",
        )
    )
    day.first.replies(day.first.letters("confirmation")[-1], "No.")
    day.brought()
    day.first.answers(PRINTER, "We come by at ten.")
    day.second.answers(PRINTER, "We come by at noon.")
    day.brought(
        ("confirmation", day.second, "A colleague answered just before it came.", "> We come by at ten."),
        ("notification", day.first, "Your answer crossed", "> We come by at noon."),
    )
    day.waits()
    day.brought(("answer", day.laundry, "We come by at ten."))
    day.second.replies(day.second.letters("confirmation")[-1], "")
    day.brought(("answer", day.laundry, "We come by at noon.", "-- Second Agent"), ("notification", day.first, "noon"))


def the_wrong_audience(day: Cast) -> None:
    day.first.answers(PRINTER, "#note @third, did they pay?\n\nTheir contract ended in silence last june.")
    day.brought(
        ("notification", day.second, "INTERNAL NOTE by First Agent"),
        ("notification", day.third, "INTERNAL NOTE by First Agent <first@desk.example>, for you"),
        ("receipt", day.first, "For the team alone: > @third, did they pay?"),
    )
    day.third.answers(PRINTER, "You wrote: Their contract ended in silence last june.")
    day.brought(("confirmation", day.third, "It quotes an internal note."))
    day.third.replies(day.third.letters("confirmation")[-1], "Discard")
    day.third.answers(PRINTER, "#note They have paid.")
    day.brought(
        ("notification", day.first, "INTERNAL NOTE by Third Agent", no("for you")),
        ("notification", day.second),
        ("receipt", day.third),
    )
    day.third.answers(INVOICE, "We look into it.", door="outside")
    day.brought(("confirmation", day.third, "nothing proves that it came from you", "> We look into it."))
    day.third.clicks(day.third.letters("confirmation")[-1], "confirm", "decision=confirmed")
    day.brought(("answer", day.school, "We look into it."))


def a_typo_and_its_correction(day: Cast) -> None:
    day.third.answers(INVOICE, "#reslove\n\nA new invoice is on its way.")
    day.brought(("unclear", day.third, "Nothing was done or sent", "“#reslove” is no command. Did you mean #resolve?"))
    day.third.answers(INVOICE, "#resolve\n#assign secnd\n\nA new invoice is on its way.")
    day.brought(("unclear", day.third, "“secnd” is no agent of this desk. Did you mean Second Agent"))
    day.third.answers(INVOICE, "#dry\n#resolve\n\nA new invoice is on its way.")
    day.brought(("receipt", day.third, "A rehearsal, nothing was done", "Would go to The school"))


def a_forward_and_a_snooze(day: Cast) -> None:
    day.first.writes("Fwd: Broken door", FORWARDED)
    day.brought(
        (
            "notification",
            day.second,
            "[#4] Broken door",
            "New request from The hotel <hotel@customer.example>",
            "Our door is broken.",
            "Internal note by First Agent",
            "> Who takes this?",
        ),
        ("receipt", day.first, "[#4] Broken door", "Opened for: The hotel <hotel@customer.example>"),
    )
    day.second.answers(DOOR, "#take\n#snooze 2d\n\nWe send somebody in two days.")
    day.brought(("receipt", day.second, "Put aside until", "Goes to The hotel <hotel@customer.example>"))


def hands_and_fields(day: Cast) -> None:
    day.third.answers(
        INVOICE, "#cc accountant@customer.example\n#subject Invoice of june\n#link 1\n\nHere is the new one."
    )
    day.brought(
        (
            "receipt",
            day.third,
            "Gets copies: accountant@customer.example",
            "Subject: Invoice 17 → Invoice of june",
            "Linked with: #1",
            "Goes to The school <school@customer.example>, accountant@customer.example",
        )
    )
    day.waits()
    day.brought(
        ("answer", day.hotel, "We send somebody in two days.", no("Who takes this")),
        ("answer", day.school, "Here is the new one."),
        ("answer", day.accountant, "Here is the new one.", "[#2]"),
    )
    day.accountant.answers(INVOICE, "It is right now, thank you.")
    day.brought(("notification", day.third, "The accountant <accountant@customer.example> replied"))
    day.third.answers(INVOICE, "#requester accountant@customer.example\n#uncc school@customer.example\n#status on_hold")
    day.brought(
        (
            "receipt",
            day.third,
            "Requester: school@customer.example → accountant@customer.example",
            "Gets copies no longer: school@customer.example",
            "Status: Open → On hold",
        )
    )
    day.third.answers(INVOICE, "#team support")
    day.brought(
        ("notification", day.first, "Third Agent gave this request to your team."),
        ("notification", day.second),
        ("receipt", day.third, "Team: billing → support"),
    )
    day.first.answers(INVOICE, "#assign third")
    day.brought(
        ("notification", day.third, "First Agent gave this request to you"),
        ("receipt", day.first, "Assignee: Third Agent"),
    )
    day.third.answers(INVOICE, "#assign none\n#team billing\n#reopen")
    day.brought(
        ("receipt", day.third, "Assignee: Third Agent → nobody", "Team: support → billing", "Status: On hold → Open")
    )
    day.third.answers(INVOICE, "#pending")
    day.brought(("receipt", day.third, "Status: Open → Waiting for the customer"))
    day.third.answers(INVOICE, "#close\n#take")
    day.brought(("receipt", day.third, "Status: Waiting for the customer → Closed"))


def an_answer_comes_back(day: Cast) -> None:
    [answer] = day.bakery.letters("answer")
    day.returns(answer, report("<unknown@elsewhere.example>", day.bakery.address))
    day.brought(
        (
            "failure",
            day.second,
            "Your answer did not arrive",
            "550",
            "An answer did not arrive: bakery@customer.example",
        )
    )
    day.second.answers(LOGIN, "#help\n#queue")
    day.brought(
        ("help", day.second),
        ("queue", day.second, "Support: Your requests (2)", "#3 No login", "An answer did not arrive"),
    )
    day.bakery.writes("No login", "Our mailbox was full.", In_Reply_To=str(day.bakery.letters()[0].mail["Message-ID"]))
    day.brought(("notification", day.second, "Our mailbox was full.", no("did not arrive")))


def two_customers_are_merged(day: Cast) -> None:
    day.garden.writes("It burns here too", "The printer of the garden burns as well.")
    day.brought(("acknowledgement", day.garden, "[#5]"), ("notification", day.first), ("notification", day.second))
    day.first.answers(GARDEN, "#merge 1")
    day.brought(
        ("merged", day.second, "First Agent merged request #5 into this one.", "of the garden burns as well"),
        ("receipt", day.first, "Merged into: #1", "Answers to this request go from now on to"),
    )
    day.first.answers(PRINTER, "All printers of this kind are replaced.")
    day.waits()
    day.brought(
        ("answer", day.laundry, "[#1]", "All printers of this kind", no("garden"), no("#5")),
        ("answer", day.garden, "[#5]", "All printers of this kind", no("laundry"), no("#1")),
    )
    day.garden.answers(GARDEN, "Wonderful.")
    day.brought(
        ("notification", day.first, "[#1] Printer on fire", "The garden <garden@customer.example> replied"),
        ("notification", day.second),
    )
    day.laundry.answers(PRINTER, "And when?")
    day.brought(
        ("notification", day.first, "The laundry <laundry@customer.example> replied"), ("notification", day.second)
    )
    day.first.answers(PRINTER, "#hold\n#unwatch\n\nNext week.")
    day.brought(
        ("receipt", day.first, "Goes to The laundry <laundry@customer.example>, The garden <garden@customer.example>")
    )
    day.waits()
    day.brought(("answer", day.laundry, "[#1]", no("onderful")), ("answer", day.garden, "[#5]", no("when")))


def an_absence(day: Cast) -> None:
    day.second.asks("#away until friday")
    day.brought(("receipt", day.second, "Away until"))
    day.museum.writes("Lamp", "A lamp is dark.")
    day.brought(("acknowledgement", day.museum), ("notification", day.first, "A lamp is dark."))
    day.hotel.answers(DOOR, "The door fell down.")
    day.brought(("notification", day.first, "The door fell down.", "Assignee: Second Agent"))
    day.seller.writes("Cheap lamps", "Buy cheap lamps.")
    day.brought(("acknowledgement", day.seller), ("notification", day.first))
    day.first.answers(OFFER, "#spam")
    day.brought(("receipt", day.first, "Spam"))
    day.first.asks("#show 4\n#queue team")
    day.brought(("sheet", day.first, "The door fell down."), ("queue", day.first, "Your team's requests (4)"))
    day.first.asks("#queue lamp")
    day.brought(("queue", day.first, "#6 Lamp"))
    day.second.asks("#away off")
    day.brought(("receipt", day.second))


def the_next_morning(day: Cast) -> None:
    day.desk.end()
    day.desk.rewrite("UPDATE about SET value = '1' WHERE key = 'digest'")  # the last one was long ago
    day.desk.start()
    until(lambda: len(day.desk.letters(day.seen)) >= 2)
    day.brought(
        (
            "digest",
            day.first,
            "You have 1 open request; it is not late.",
            "Your requests #1 Printer on fire",
            "Requests that nobody has, Team support #6 Lamp",
            no("What happened"),
        ),
        (
            "digest",
            day.second,
            "You have 2 open requests; none of them is late.",
            "Your requests #3 No login",
            "#4 Broken door",
            "Requests that you watch #1 Printer on fire",
            "What happened",
            "#1 Printer on fire First Agent, answered the customer",
            "> Please pull the plug.",
            "#4 Broken door The hotel, replied",
            "> The door fell down.",
        ),
    )
    row = re.findall(r"^  mailto:(\S+)\?", text_of(day.first.letters("digest")[0].mail), re.MULTILINE)[-1]
    day.first.writes("Lamp", "#take\n#pending", row)
    day.brought(("receipt", day.first, "[#6] Lamp", "Assignee: First Agent", "Status: New → Waiting for the customer"))


ACTS = (
    mail_comes_in,
    first_steps,
    an_undo_in_time_and_one_too_late,
    words_cross,
    the_wrong_audience,
    a_typo_and_its_correction,
    a_forward_and_a_snooze,
    hands_and_fields,
    an_answer_comes_back,
    two_customers_are_merged,
    an_absence,
    the_next_morning,
)


TICKETS = """
1 Printer on fire   | on_hold | high   | incident | support | first  | laundry    | hardware printer
2 Invoice of june   | closed  | medium | question | billing | third  | accountant |
3 No login          | open    | medium | question | support | second | bakery     | password
4 Broken door       | open    | medium | question | support | second | hotel      |
5 It burns here too | merged  | medium | question | support | -      | garden     |
6 Lamp              | pending | medium | question | support | first  | museum     |
7 Cheap lamps       | spam    | medium | question | support | -      | seller     |
"""
EVENTS = {
    PRINTER: [
        "laundry: ticket_opened",
        "first: assigned priority_changed type_changed tagged tagged tagged untagged field_changed agent_replied "
        "status_changed",
        "laundry: customer_replied status_changed",
        "first: reply_withdrawn reply_withdrawn resolution_set agent_replied status_changed",
        "laundry: rated",
        "first: status_changed resolution_set",
        "laundry: customer_replied",
        "first: reply_held reply_withdrawn",
        "second: reply_held",
        "first: agent_replied status_changed",
        "second: agent_replied",
        "first: note_added",
        "third: reply_held reply_withdrawn note_added",
        "first: participant_added merged agent_replied",
        "garden: customer_replied status_changed",
        "laundry: customer_replied",
        "first: agent_replied status_changed",
    ],
    INVOICE: [
        "school: ticket_opened",
        "third: agent_replied status_changed subject_changed participant_added agent_replied",
        "accountant: customer_replied status_changed",
        "third: status_changed requester_changed participant_removed team_changed",
        "first: assigned",
        "third: assigned team_changed status_changed status_changed assigned status_changed",
    ],
    LOGIN: [
        "bakery: ticket_opened",
        "second: assigned tagged agent_replied status_changed",
        "-: bounced",
        "bakery: customer_replied status_changed",
        "-: delivery_settled",
    ],
    GARDEN: ["garden: ticket_opened", "first: merged status_changed"],
    DOOR: [
        "first: ticket_opened note_added",
        "second: assigned agent_replied status_changed snoozed",
        "hotel: customer_replied status_changed",
    ],
    LAMP: ["museum: ticket_opened", "first: assigned status_changed"],
    OFFER: ["seller: ticket_opened", "first: status_changed"],
}


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cast]:
    """The whole day, as it is over."""
    with Sink() as sink:
        desk = RunningDesk(tmp_path_factory.mktemp("day"), sink, tables=DESKS, desks="").start()
        try:
            cast = Cast(desk)
            for act in ACTS:
                act(cast)
            cast.is_over()
            yield cast
        finally:
            desk.end()


def test_the_day_has_more_than_forty_mails_and_every_command(day: Cast) -> None:
    assert day.sent >= 40
    assert day.commands == {one.word for one in DECLARED}
    assert '"level": "error"' not in day.desk.log.read_text()


def test_the_tickets_are_as_written_down(day: Cast) -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in TICKETS.strip().splitlines()]
    assert [day.ticket(number) for number in range(1, 8)] == rows


def test_the_events_are_as_written_down(day: Cast) -> None:
    assert {number: day.story(number) for number in EVENTS} == EVENTS


def test_every_letter_has_left_once(day: Cast) -> None:
    letters = day.desk.letters()
    assert day.seen == letters[-1].id
    arrived = sorted((a.recipients[0], a.content.replace(b"\r\n", b"\n")) for a in day.sink.arrived)
    assert arrived == sorted((x.recipient, x.raw.replace(b"\r\n", b"\n")) for x in letters)


def test_no_customer_reads_what_is_for_agents(day: Cast) -> None:
    secrets = day.secrets()
    notes = [m["words"] for number in range(1, 8) for m in day.desk.messages(number) if m["kind"] == "note"]
    assert len(secrets) > 20
    assert len(notes) == 3
    for letter in day.desk.letters():
        if letter.recipient.endswith("@customer.example"):
            whole = letter.mail.as_string() + text_of(letter.mail) + html_of(letter.mail)
            assert not [one for one in (*secrets, *notes, "[cf:", "#take", "/undo/", "/confirm/") if one in whole]


def test_the_two_customers_of_the_merged_tickets_know_nothing_of_each_other(day: Cast) -> None:
    for one, other, number in ((day.laundry, day.garden, GARDEN), (day.garden, day.laundry, PRINTER)):
        written = [str(mail["Message-ID"]) for mail in day.mails[other.address]]
        assert len(written) >= 2
        for letter in one.letters():
            whole = letter.mail.as_string() + text_of(letter.mail) + html_of(letter.mail)
            assert not re.search(rf"[#+<]{number}\b|/{number}-", whole)
            assert not [words for words in (other.address, *written) if words in whole]
