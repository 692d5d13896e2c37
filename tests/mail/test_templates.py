"""Templates and letters: complete in each language, checked at start, and no words but those that belong there."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from daemon.core.values import Address
from daemon.mail import agents_letters, letters
from daemon.mail.answer import Words
from daemon.mail.compose import compose
from daemon.mail.contexts import CARDS, CONTEXTS, Report, variables
from daemon.mail.filters import FILTERS, paragraphs, readable_size
from daemon.mail.letter import MARK, Letter
from daemon.mail.letters import Desk, Post, template_values
from daemon.mail.marks import ABOVE
from daemon.mail.samples import CUSTOMER, FILES, SAMPLES, TICKET, WORDS
from daemon.mail.templates import Templates, built_in_folder

TEMPLATES = Templates(None)
DESK = Desk("support", "Support", "support@example.com", signature="Example Ltd")
POST = Post(
    "1042-x.n@example.com",
    1_795_468_886,
    (CUSTOMER,),
    reply_to="support+1042-x@example.com",
    in_reply_to="first@example.com",
    references=("first@example.com",),
)
HOSTILE = "Secret <b>words</b> {{ 7 * 7 }} {% raw %} [cf:above]"


def overridden(folder: Path, file: str, text: str) -> Templates:
    path = folder / "mail" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return Templates(folder)


def test_the_built_in_templates_have_no_fault() -> None:
    assert TEMPLATES.check() == []
    assert TEMPLATES.languages() == ["de", "en"]


@pytest.mark.parametrize("name", CONTEXTS)
def test_no_mail_leaves_a_blank_where_a_name_would_stand(name: str) -> None:
    for language in TEMPLATES.languages():
        for sample in SAMPLES[name]:
            rendered = TEMPLATES.render(language, name, **template_values(sample))
            assert not re.search(r"[ \t],", f"{rendered.text}\n{rendered.html}"), language


@pytest.mark.parametrize("name", CONTEXTS)
def test_every_mail_exists_in_every_language_as_text_and_html(name: str) -> None:
    for language in TEMPLATES.languages():
        for sample in SAMPLES[name]:
            rendered = TEMPLATES.render(language, name, **template_values(sample))
            assert rendered.subject and rendered.text.strip() and rendered.html
            assert f'lang="{language}"' in rendered.html
            assert not re.search(r"\n{4,}|\bNone\b|Undefined|[{}]", rendered.text)
            lines = rendered.text.split("\n") if name != "notification" else []  # wrapped as a whole by letters
            assert all(len(line) <= 78 or re.fullmatch(r" *(https?|mailto):\S+", line) for line in lines)


@pytest.mark.parametrize("name", CONTEXTS)
def test_i16_no_mail_loads_anything_from_elsewhere(name: str) -> None:
    for language in TEMPLATES.languages():
        for sample in SAMPLES[name]:
            html = TEMPLATES.render(language, name, **template_values(sample)).html or ""
            own = re.sub(r'<img src="cid:[^"]*"', "<!-- an image that travels along", html)
            assert not re.search(r"<(img|link|script|iframe|object|video)\b|url\(|@import|src=", own)
            assert "prefers-color-scheme: dark" in html and "style=" in html


@pytest.mark.parametrize(("asked", "got"), [("de", "de"), ("de-AT", "de"), ("en", "en"), ("fr", "en"), ("", "en")])
def test_a_language_without_templates_is_english(asked: str, got: str) -> None:
    html = TEMPLATES.render(asked, "acknowledgement", **template_values(SAMPLES["acknowledgement"][0])).html or ""
    assert f'lang="{got}"' in html


def test_the_operator_overrides_file_by_file(tmp_path: Path) -> None:
    templates = overridden(tmp_path, "en/status.txt", "Subject: Our own [#{{ number }}]\n\nOur own words\n")
    overridden(tmp_path, "en/status.html", "")
    context = template_values(SAMPLES["status"][0])
    own = Templates(tmp_path).render("en", "status", **context)
    assert (own.subject, own.text, own.html) == ("Our own [#1042]", "Our own words\n", None)
    assert Templates(tmp_path).render("de", "status", **context) == TEMPLATES.render("de", "status", **context)
    assert Templates(tmp_path).check() == [] and templates.languages() == ["de", "en"]


def test_a_language_of_the_operator_has_no_foreign_html_beside_its_text(tmp_path: Path) -> None:
    templates = overridden(tmp_path, "fr/status.txt", "Subject: [#{{ number }}] Votre message\n\nBonjour\n")
    assert templates.render("fr", "status", **template_values(SAMPLES["status"][0])).html is None
    faults = templates.check()
    assert any("fr/acknowledgement.txt: is missing" in fault for fault in faults)
    assert any("fr/status.html: is missing" in fault for fault in faults)


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        (
            "en/status.txt",
            "Subject: x\n{{ nummer }}\n",
            r"status.txt, line 2: there is no variable nummer .* did you mean number\?",
        ),
        ("en/status.txt", "Subject: x\n\n{% if kind %}\n", r"status.txt, line 3: .*(end of template|endif)"),
        ("en/status.txt", "Subject: x\n{{ desk.titel }}\n", r"status.txt, line 2: .*has no attribute 'titel'"),
        ("en/status.txt", "Hello\n", r"status.txt: its first line does not begin with 'Subject:'"),
        ("en/status.html", "{% extends 'nowhere.html' %}", r"status.html.*: it uses .*nowhere.html.*missing"),
        ("en/status.txt", "Subject: {{ number / 0 }}\n", r"status.txt, line 1: division by zero"),
        ("en/status.txt", "Subject: {{ ''.__class__.__mro__ }}\n", r"status.txt, line 1: .*unsafe"),
        ("en/failure.txt", "Subject: x\nno mark\n", r"failure.txt: lacks the mark \[cf:notice\]"),
        ("en/notification.html", "<p>{{ words }}</p>", r"notification.html: lacks the mark \[cf:above\]"),
        (
            "en/acknowledgment.txt",
            "Subject: x\n",
            r"acknowledgment.txt: no mail is made from it; did you mean acknowledgement.txt\?",
        ),
    ],
)
def test_a_broken_template_gets_a_sentence_with_file_and_line(tmp_path: Path, file: str, text: str, says: str) -> None:
    (fault,) = overridden(tmp_path, file, text).check()
    assert re.search(says, fault), fault
    assert "Traceback" not in fault


def test_a_branch_that_no_one_sees_at_first_is_tried_as_well(tmp_path: Path) -> None:
    templates = overridden(
        tmp_path, "en/status.txt", "Subject: x\n{% if kind == 'closed' %}\n{{ desk.nothing }}\n{% endif %}\n"
    )
    assert "line 3" in templates.check()[0]


def test_a_template_that_is_no_text_or_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    overridden(tmp_path, "en/status.txt", "")
    (tmp_path / "mail/en/status.txt").write_bytes(b"Subject: \xff\n")
    assert "status.txt: is not UTF-8" in Templates(tmp_path).check()[0]
    assert "there is no folder mail in it" in Templates(tmp_path / "nowhere").check()[0]


def all_letters(subject: str, name: str, *, proved: bool) -> list[Letter]:
    author = Address(name, "customer@example.com")
    ticket = replace(TICKET, subject=subject, requester=author)
    post = replace(POST, to=(author,))
    return [
        letters.acknowledgement(TEMPLATES, DESK, post, 1042, subject, proved=proved),
        *(
            letters.status(TEMPLATES, DESK, post, kind, 1042, subject, proved=proved)
            for kind in ("pending", "resolved", "closed", "reopened")
        ),
        agents_letters.notification(TEMPLATES, DESK, post, "opened", author, HOSTILE, ticket, FILES),
        agents_letters.confirmation(
            TEMPLATES, DESK, post, 1042, subject, "marker-missing", HOSTILE, "https://x.example/1", 72
        ),
        agents_letters.failure(TEMPLATES, DESK, post, 1042, subject, author, "550 " + HOSTILE, gave_up=False),
        letters.report(
            TEMPLATES, DESK, post, Report("failed", 1, "x", HOSTILE, subject, name, 1, "counterfoil inbound show 1")
        ),
        letters.answer(TEMPLATES, DESK, post, 1042, subject, "Desk Agent", Words(HOSTILE), proved=proved),
    ]


def test_i10_an_address_that_has_not_proved_itself_gets_no_word_that_is_not_ours() -> None:
    for letter in all_letters("Buy Untrusted Things", "Untrusted Name", proved=False)[:5]:
        assert letter.subject == "[#1042] Your message to Support"
        assert b"ntrusted" not in compose(letter)
        assert letter.references == POST.references
    for letter in all_letters("Re: Invoice [#1042]", "Customer", proved=True)[:5]:
        assert letter.subject == "Re: Invoice [#1042]"


def test_i10_no_template_can_repeat_what_it_is_not_given(tmp_path: Path) -> None:
    templates = overridden(tmp_path, "en/acknowledgement.txt", "Subject: {{ subject }}\n{{ subject }}\n")
    letter = letters.acknowledgement(templates, DESK, POST, 1042, "Untrusted", proved=False)
    assert "Untrusted" not in letter.subject + letter.text


def test_an_answer_keeps_the_subject_that_its_thread_has() -> None:
    words = Words("Hello")
    for subject, proved, written in (
        ("AW: Re: Invoice [#1042]", True, "Re: Invoice [#1042]"),
        ("Invoice", False, "[#1042] Your message to Support"),
        ("", True, "[#1042] Your message to Support"),
        ("Fwd: Invoice [#7]", True, "Re: Fwd: Invoice [#7] [#1042]"),
    ):
        assert (
            letters.answer(TEMPLATES, DESK, POST, 1042, subject, "Desk Agent", words, proved=proved).subject == written
        )


def test_i15_mail_text_is_data() -> None:
    for letter in all_letters(HOSTILE, HOSTILE, proved=True):
        assert "{{ 7 * 7 }}" in letter.text + letter.subject or letter.automatic
        assert "49" not in letter.text and "<b>words" not in (letter.html or "")
        compose(letter)


def test_i14_a_subject_of_several_lines_does_not_spill_into_the_text() -> None:
    for letter in all_letters("One\nBcc: evil@example.org\r\n\r\nTwo", "A\nB", proved=True):
        assert "\n" not in letter.subject and not re.search(r"(?m)^Bcc|^Two", letter.text)


def test_i28_no_text_of_a_customer_sets_a_mark_in_a_mail_to_an_agent() -> None:
    notification, confirmation, failure = all_letters(HOSTILE, HOSTILE, proved=True)[5:8]
    assert notification.text.startswith(ABOVE) and notification.text.count(ABOVE) == 1
    assert ABOVE not in confirmation.text + (confirmation.html or "")
    assert failure.text.startswith(ABOVE) and failure.text.count(ABOVE) == (failure.html or "").count(ABOVE) == 1


def test_i09_every_mail_of_a_machine_is_marked_and_an_answer_is_not() -> None:
    written = all_letters("Invoice", "Customer", proved=True)
    assert [letter.automatic for letter in written] == ["auto-replied", *["auto-generated"] * 8, None]
    assert {dict(letter.headers)[MARK] for letter in written} == {"support/1042", "support/0"}


def test_people_see_who_writes() -> None:
    written = all_letters("Invoice", "Customer", proved=True)
    assert written[0].sender == Address("Support", "support@example.com")
    assert written[5].sender == Address("Customer via Support", "support@example.com")
    assert written[5].reply_to == Address("Customer via Support", "support+1042-x@example.com")
    assert written[9].sender == Address("Desk Agent (Support)", "support@example.com")
    nameless = agents_letters.notification(
        TEMPLATES, DESK, POST, "replied", Address("", "kim@example.com"), "x", TICKET
    )
    assert nameless.sender.name == "kim via Support"


def test_an_answer_is_the_agent_s_words_and_a_signature_and_nothing_else() -> None:
    words = Words("Hello,\n\n\n\n  indented\nline", "<p>Hello, <b>you</b></p>")
    letter = letters.answer(TEMPLATES, DESK, POST, 1042, "Invoice", "Desk Agent", words)
    assert letter.text == "Hello,\n\n\n\n  indented\nline\n\n-- \nDesk Agent\nExample Ltd\n"
    assert letter.html and "<p>Hello, <b>you</b></p>" in letter.html
    plain = letters.answer(TEMPLATES, DESK, POST, 1042, "Invoice", "Desk Agent", Words("<b>\nx"), "Own signature")
    assert plain.html and "&lt;b&gt;<br>\nx" in plain.html and "Own signature" in plain.html


def test_very_long_words_are_cut_in_a_notification() -> None:
    letter = agents_letters.notification(TEMPLATES, DESK, POST, "opened", CUSTOMER, "x " * 2_000_000, TICKET)
    assert len(letter.text) < 110_000 and "[…]" in letter.text


@pytest.mark.parametrize(("size", "read"), [(0, "0 B"), (999, "999 B"), (48_211, "48 KB"), (62_100_233, "62.1 MB")])
def test_sizes_are_for_people(size: int, read: str) -> None:
    assert readable_size(size) == read
    assert readable_size(size, ",") == read.replace(".", ",")


def test_text_becomes_paragraphs_with_its_breaks_and_indents() -> None:
    assert paragraphs("a < b\n  c\n\n\nd") == "<p>a &lt; b<br>\n&nbsp; c</p>\n<p>d</p>"


def test_the_list_of_variables_in_the_docs_is_that_of_the_code() -> None:
    text = (built_in_folder().parent / "docs/templates.md").read_text("utf-8")
    for name, context in CONTEXTS.items():
        section = re.split(r"(?m)^## ", text.partition(f"\n## {name}\n")[2])[0]
        rows = dict(re.findall(r"(?m)^\| `(\w+)` \| (.*) \|$", section))
        assert rows == variables(context) and list(rows) == [one.name for one in fields(context)]
    for name, card in CARDS.items():
        section = re.split(r"(?m)^##+ ", text.partition(f"\n### {name}\n")[2])[0]
        assert dict(re.findall(r"(?m)^\| `(\w+)` \| (.*) \|$", section)) == variables(card)
    filters = text.partition("\n## Filters\n")[2]
    assert set(re.findall(r"(?m)^\| `(\w+)` \|", filters)) == set(FILTERS)


def test_a_notification_shows_the_words_as_they_were_written() -> None:
    assert WORDS in TEMPLATES.render("en", "notification", **template_values(SAMPLES["notification"][0])).text


def test_a_customer_is_asked_how_they_were_served_only_where_there_is_a_page_for_it() -> None:
    page = "https://desk.example.com/rate/1042-token"
    asked = letters.status(TEMPLATES, DESK, POST, "resolved", 1042, "Invoice", proved=True, rate=page)
    silent = letters.status(TEMPLATES, DESK, POST, "resolved", 1042, "Invoice", proved=True)
    assert f"How did we do? One click tells us:\n{page}\n" in asked.text and f'href="{page}"' in (asked.html or "")
    assert "How did we do" not in silent.text + (silent.html or "")
