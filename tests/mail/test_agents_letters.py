"""Mails to agents: tools that no text of others can bend, and whose words never pass for an agent's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daemon.core.values import Address
from daemon.mail import agents_letters
from daemon.mail.agents_samples import (
    ACTIONS,
    AGENTS_SAMPLES,
    CUSTOMER,
    DESK,
    FAULTS,
    FULL_TICKET,
    HISTORY,
    MERGED_TICKET,
    NOTE,
    ROWS,
    TICKET,
    WORDS,
)
from daemon.mail.answer import Withheld, Words, agent_words
from daemon.mail.cards import Earlier, TicketCard
from daemon.mail.compose import compose
from daemon.mail.contexts import Digest, Help, Occasion, Queue, Receipt, Sheet, Unclear
from daemon.mail.letter import Letter
from daemon.mail.letters import Desk, Post
from daemon.mail.marks import ABOVE, DO, MARK, NOTICE
from daemon.mail.marks import HISTORY as PAST
from daemon.mail.templates import Templates
from tests.mail.quoting import mail, quoted

TEMPLATES = Templates(None)
SUPPORT = Desk("support", "Support", "support@example.com")
AGENT = Address("Desk Agent", "agent@example.com")
POST = Post("1042-x.n@example.com", 1_795_468_886, (AGENT,), reply_to="support+1042-x@example.com")
URL = re.compile(r" *(https?|mailto):\S+")


class Elements(HTMLParser):
    """Every start tag of a page with its attributes' names, and every address that a link leads to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.links += [value or "" for name, value in attrs if name == "href"]


def all_letters(text: str, desk: Desk = SUPPORT) -> Iterator[Letter]:
    """Each mail to an agent with this text wherever others could have written it."""
    someone = Address(text, "customer@example.com")
    ticket = replace(
        FULL_TICKET,
        subject=text,
        assignee=text,
        team=text,
        requester=someone,
        tags=(text,),
        participants=(someone,),
        open_others=((7, text),),
        undelivered=someone,
        organisation=text,
        phone=text,
        remark=text,
    )
    history = tuple(replace(one, author=someone, words=text) for one in HISTORY)
    rows = tuple(replace(row, ticket=ticket) for row in ROWS)
    kinds: tuple[Occasion, ...] = ("opened", "mentioned", "assigned", "crossed")
    for kind in kinds:
        yield agents_letters.notification(
            TEMPLATES, desk, POST, kind, someone, text, ticket, history=history, actions=ACTIONS, by=text
        )
    yield agents_letters.sheet(TEMPLATES, desk, POST, Sheet(DESK, ticket, history, ACTIONS))
    yield agents_letters.receipt(
        TEMPLATES, desk, POST, Receipt("done", DESK, ticket, (text,), (), (someone,), text, False, 20, ((text, text),))
    )
    faults = tuple(replace(one, line=text, argument=text, nearest=(text,)) for one in FAULTS)
    yield agents_letters.unclear(TEMPLATES, desk, POST, Unclear(DESK, ticket, faults, text, None, None, 72))
    yield agents_letters.queue(TEMPLATES, desk, POST, Queue(DESK, text, rows, 1))
    sample = cast(Digest, AGENTS_SAMPLES["digest"][0])
    news = tuple(replace(one, subject=text, who=text, words=text) for one in sample.news)
    sections = tuple(replace(one, rows=rows) for one in sample.sections)
    yield agents_letters.digest(TEMPLATES, desk, POST, replace(sample, news=news, sections=sections))
    yield agents_letters.commands(TEMPLATES, desk, POST, Help(DESK, ((text, text, text),), "", ((text, text),)))
    yield agents_letters.confirmation(
        TEMPLATES, desk, POST, 1042, text, "crosses-customer", text, None, 72, (someone,), shown=text
    )
    yield agents_letters.failure(
        TEMPLATES, desk, POST, 1042, text, someone, text, gave_up=False, other=someone, ticket=ticket
    )
    yield agents_letters.alert(TEMPLATES, desk, POST, "warned", ticket, "next_response")


def elements(letter: Letter) -> Elements:
    page = Elements()
    page.feed(letter.html or "")
    return page


PLAIN = [(letter.text, elements(letter)) for letter in all_letters("x")]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.sampled_from(
            [
                *("[cf:above]", "[CF:End]", "[cf:", "<b>", "</div>", '" onclick="', "<script>", "&lt;", "{{ 7*7 }}"),
                *("\nBcc: evil@example.org", "\r\n\r\n", "> ", "[#1042]", "Re: ", "=?utf-8?q?a?=", "\u202e", "x" * 99),
            ]
        ),
        min_size=1,
        max_size=8,
    ).map("".join)
)
def test_i28_no_text_of_others_sets_a_mark_or_an_element_or_a_header(text: str) -> None:
    for letter, (plain, page) in zip(all_letters(text), PLAIN, strict=True):
        assert sorted(MARK.findall(letter.text)) == sorted(MARK.findall(plain))
        ours = {tag for tag, _ in page.tags} | {"p", "br", "b"}
        own = elements(letter)
        assert {tag for tag, _ in own.tags} <= ours and own.links == page.links
        assert not any(name.startswith("on") for _, names in own.tags for name in names)
        assert "\n" not in letter.subject and "49" not in letter.text.replace("[#1049]", "")
        compose(letter)


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_mail_to_an_agent_begins_with_a_mark_and_keeps_its_lines_short(language: str) -> None:
    for letter in all_letters("word " * 40, Desk("support", "Support", "support@example.com", language)):
        assert letter.text.startswith((ABOVE, NOTICE)) and letter.automatic == "auto-generated"
        assert all(len(line) <= 72 or URL.fullmatch(line) for line in letter.text.split("\n"))
        shown = re.sub(r"<[^>]*>|\s", "", (letter.html or "").partition("<body")[2].partition(">")[2])
        assert shown.startswith((ABOVE.replace(" ", ""), NOTICE))


def test_what_belongs_to_a_ticket_stays_in_its_thread() -> None:
    what = Receipt("done", DESK, TICKET, ("#resolve",))
    by_ticket = [
        *(
            agents_letters.notification(TEMPLATES, SUPPORT, POST, kind, CUSTOMER, WORDS, TICKET)
            for kind in ("opened", "replied", "assigned", "noted", "mentioned", "answered", "crossed")
        ),
        agents_letters.receipt(TEMPLATES, SUPPORT, POST, what),
        agents_letters.unclear(TEMPLATES, SUPPORT, POST, Unclear(DESK, TICKET, FAULTS, "", None, None, 72)),
        agents_letters.sheet(TEMPLATES, SUPPORT, POST, Sheet(DESK, TICKET, HISTORY, ())),
    ]
    assert {letter.subject for letter in by_ticket} == {"[#1042] Invoice cannot be opened"}
    assert agents_letters.receipt(TEMPLATES, SUPPORT, POST, replace(what, ticket=None)).subject == "Support: Done"
    assert agents_letters.queue(TEMPLATES, SUPPORT, POST, Queue(DESK, "late", ROWS, 4)).subject == (
        "Support: Late requests (8)"
    )


def notified(kind: Occasion, **more: Any) -> Letter:
    return agents_letters.notification(TEMPLATES, SUPPORT, POST, kind, AGENT, NOTE, FULL_TICKET, **more)


def test_new_words_come_first_then_what_can_be_done_then_the_ticket_then_what_was_said_before() -> None:
    letter = notified("replied", history=HISTORY, actions=ACTIONS)
    for part in (letter.text, letter.html or ""):
        places = [part.index(each) for each in (ABOVE, "invoice was made anew", DO, "[cf:ticket]", PAST, "[cf:end]")]
        assert places == sorted(places)
    assert all(action.url in letter.text.split("\n") for action in ACTIONS)
    assert set(elements(letter).links) == {action.url for action in ACTIONS}


@pytest.mark.parametrize("kind", ["noted", "mentioned"])
def test_a_note_says_that_it_is_one_and_where_an_answer_goes(kind: Occasion) -> None:
    letter = notified(kind)
    assert "INTERNAL NOTE by Desk Agent" in letter.text and "unless it begins with #note" in letter.text
    assert "Internal note" in (letter.html or "") and "<b>#note</b>" in (letter.html or "")
    assert "INTERNAL NOTE" not in notified("replied").text


def test_history_stands_quoted_so_that_a_sentence_may_be_written_again() -> None:
    again = "Please switch it off and on again, then try once more."
    history = (Earlier("agent", AGENT, "Monday", again, False),)
    letter = notified("replied", history=history)
    assert f"\n> {again}\n" in letter.text
    assert agent_words(mail(again), letter.text) == Words(again)
    assert agent_words(mail(f"{again}\n\nOn Monday, Customer wrote:\n{quoted(letter.text)}"), letter.text) == Words(
        again
    )
    left = letter.text.replace(ABOVE, "")
    assert agent_words(mail(f"Yes.\n\n{left}"), letter.text) == Withheld("marker-missing")


def test_words_of_others_that_are_too_long_are_cut_and_say_so() -> None:
    history = (Earlier("customer", CUSTOMER, "Monday", "long " * 10_000, False),)
    letter = notified("replied", history=history)
    assert len(letter.text) < 10_000 and "[…]" in letter.text
    receipt = agents_letters.receipt(TEMPLATES, SUPPORT, POST, Receipt("done", DESK, TICKET, words="long " * 10_000))
    assert len(receipt.text) < 1_000 and "[…]" in receipt.text


def test_the_receipt_of_an_ordinary_mail_is_short() -> None:
    what = cast(Receipt, AGENTS_SAMPLES["receipt"][0])
    assert agents_letters.receipt(TEMPLATES, SUPPORT, POST, replace(what, words="")).text == (
        "[cf:above] Answer above this line to answer the customer.\n\n[cf:notice] Done: #resolve\n\n"
        "Status: Open → Resolved\nGoes to Customer <customer@example.com> after 20 s\n\n"
        "Undo:\nhttps://desk.example.com/undo/17-token\n"
    )


def test_the_receipt_of_a_note_names_nobody_as_its_reader_but_the_team() -> None:
    letter = agents_letters.receipt(TEMPLATES, SUPPORT, POST, cast(Receipt, AGENTS_SAMPLES["receipt"][2]))
    assert "For the team alone:\n> @agent the invoice" in letter.text and "Sent to" not in letter.text


def test_an_undo_says_what_it_could_not_take_back() -> None:
    letter = agents_letters.receipt(TEMPLATES, SUPPORT, POST, cast(Receipt, AGENTS_SAMPLES["receipt"][6]))
    assert "Answer: has left and cannot be taken back" in letter.text


def test_a_typo_gets_the_nearest_commands() -> None:
    letter = agents_letters.unclear(TEMPLATES, SUPPORT, POST, Unclear(DESK, TICKET, FAULTS, WORDS, None, None, 72))
    assert "#clsoe\n  This is no command. Did you mean #close or #cc?" in letter.text
    assert "“bob” is no agent of this desk. Did you mean Rob?" in letter.text
    assert "as it stands" not in letter.text.lower()


def test_a_row_of_a_list_is_answered_with_one_tap() -> None:
    letter = agents_letters.queue(TEMPLATES, SUPPORT, POST, Queue(DESK, "mine", ROWS, 0))
    assert all(f"\n  {row.reply}\n" in letter.text + "\n" for row in ROWS)
    assert {row.reply for row in ROWS} <= set(elements(letter).links)
    assert "First answer: 3 h 15 min late" in letter.text and "Next answer: 2 h 10 min left" in letter.text


@pytest.mark.parametrize(
    ("late", "open_", "says"),
    [
        (0, 0, "You have no open request."),
        (0, 1, "You have 1 open request; it is not late."),
        (1, 1, "You have 1 open request; it is late."),
        (0, 2, "You have 2 open requests; none of them is late."),
        (3, 12, "You have 12 open requests; 3 of them are late."),
    ],
)
def test_a_digest_begins_with_its_numbers(late: int, open_: int, says: str) -> None:
    letter = agents_letters.digest(TEMPLATES, SUPPORT, POST, Digest(DESK, "2026-03-30", (), (), late, open_))
    assert letter.text == f"[cf:notice] {says}\n" and letter.subject.endswith(f"{open_} open, {late} late")


def test_forty_rows_are_not_cut_off_by_a_mail_program() -> None:
    rows = tuple(replace(ROWS[1], ticket=replace(FULL_TICKET, number=number)) for number in range(1, 41))
    letter = agents_letters.queue(TEMPLATES, SUPPORT, POST, Queue(DESK, "team", rows, 0))
    assert len((letter.html or "").encode()) < 102_000  # Gmail shows no more than that


def test_a_held_mail_shows_what_its_author_had_not_seen_and_who_would_get_it() -> None:
    letter = agents_letters.confirmation(
        TEMPLATES, SUPPORT, POST, 1042, "Invoice", "crosses-customer", "Here it is.", "https://x.example/1", 72,
        (CUSTOMER,), "mailto:yes@example.com", "mailto:no@example.com", "It works again.",
    )  # fmt: skip
    assert "You had not seen this yet:\n\n> It works again." in letter.text
    assert "This would be sent to Customer <customer@example.com>:\n\n> Here it is." in letter.text
    assert {"mailto:yes@example.com", "mailto:no@example.com", "https://x.example/1"} == set(elements(letter).links)
    assert "Did you write it" not in letter.text


def test_a_failure_tells_another_address_and_the_state_of_the_ticket() -> None:
    other = Address("", "home@example.net")
    letter = agents_letters.failure(
        TEMPLATES, SUPPORT, POST, 1042, "Invoice", CUSTOMER, "550 no", gave_up=False, other=other, ticket=FULL_TICKET
    )
    assert "is known:\nhome@example.net\n" in letter.text and "[cf:ticket] Request #1042" in letter.text


def test_the_ticket_s_block_says_only_what_there_is_to_say() -> None:
    plain = TicketCard(7, "", "new", "medium", "", "", CUSTOMER, participants=(CUSTOMER,))
    letter = agents_letters.alert(TEMPLATES, SUPPORT, POST, "follow-up", plain)
    block = letter.text.partition("[cf:ticket]")[2].strip().split("\n")
    assert [line.split(":")[0] for line in block[1:]] == ["Subject", "Status", "Priority", "Assignee", "Requester"]


@pytest.mark.parametrize(("language", "goes_on"), [("en", "Merged into #1042"), ("de", "Zusammengeführt mit #1042")])
def test_a_merged_ticket_is_shown_with_the_one_in_which_it_goes_on(language: str, goes_on: str) -> None:
    desk = replace(SUPPORT, language=language)
    letter = agents_letters.queue(TEMPLATES, desk, POST, Queue(DESK, "mine", ROWS, 0))
    sheet = agents_letters.sheet(TEMPLATES, desk, POST, Sheet(DESK, MERGED_TICKET, (), ()))
    for one in (letter, sheet):
        assert goes_on in one.text and goes_on in (one.html or "")
