"""Invariant 28: to a customer goes only what an agent wrote outside our mark."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.values import Mail
from daemon.mail.answer import Withheld, Words, agent_words, leaks
from daemon.mail.compose import compose
from daemon.mail.leaks import sentences
from daemon.mail.letter import Enclosure
from daemon.mail.marks import ABOVE, MARK
from daemon.mail.same_words import html_of
from tests.mail.quoting import REPLY_ADDRESS, TOKEN, TOP, WORDS, body_of, mail, notification, quoted, reply
from tests.mail.test_compose import LETTER

ANSWER = """\
Hello,

here it is again, with these lines as they stand:

  2041-77
  2041-78

Best regards
Desk Agent"""
PLAIN = notification().text.rstrip("\n")
LINES = PLAIN.split("\n")
INTRODUCTION = "On 11/23/26 21:21, Customer via Support wrote:\n"


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("program", TOP)
def test_i28_words_above_the_quote_are_the_answer(program: str, language: str) -> None:
    assert agent_words(mail(reply(program, ANSWER, language))) == Words(ANSWER)
    assert agent_words(mail(reply(program, "Yes.", language))) == Words("Yes.")


@pytest.mark.parametrize("program", TOP)
def test_i28_a_reply_without_words_is_withheld(program: str) -> None:
    assert agent_words(mail(reply(program, ""))) == Withheld("no-words")


@pytest.mark.parametrize("program", TOP)
def test_a_signature_that_announces_itself_gives_way_to_the_desk_s(program: str) -> None:
    assert agent_words(mail(reply(program, ANSWER + "\n\n-- \nDesk Agent\nExample Ltd"))) == Words(ANSWER)


def test_a_sentence_that_begins_like_an_advertisement_stays() -> None:
    assert agent_words(mail(reply("gmail", "Sent with the courier on Monday."))) == Words(
        "Sent with the courier on Monday."
    )


def test_i28_words_below_the_quote_are_the_answer_too() -> None:
    text = INTRODUCTION + quoted(PLAIN) + "\n\nHere it is again.\n\n-- \nDesk Agent\n"
    assert agent_words(mail(text)) == Words("Here it is again.")


def test_i28_words_between_quoted_lines_are_the_answer_too() -> None:
    at = next(number for number, line in enumerate(LINES) if line.startswith("Could you"))
    above, below = quoted("\n".join(LINES[: at + 1])), quoted("\n".join(LINES[at + 1 :]))
    text = f"See below.\n\n{INTRODUCTION}{above}\n\nYes, attached.\n\n{below}\n\nAnything else?\n"
    assert agent_words(mail(text)) == Words("See below.\n\nYes, attached.\n\nAnything else?")


def test_i28_below_an_unquoted_mark_all_is_ours() -> None:
    text = "Yes.\n\n" + PLAIN + "\n\nsomething that the program put below\n"
    assert agent_words(mail(text)) == Words("Yes.")


def test_i28_a_mark_that_was_wrapped_is_still_one() -> None:
    wrapped = "> [cf:above] Answer above\n> this line to answer the customer.\n" + quoted("\n".join(LINES[1:]))
    assert agent_words(mail("Yes.\n\n" + INTRODUCTION + wrapped)) == Words("Yes.")


def test_i28_a_mark_on_the_line_of_the_introduction_is_still_one() -> None:
    text = f"Yes.\n\nOn 11/23/26 21:21, Customer via Support wrote: {PLAIN}"
    assert agent_words(mail(text)) == Words("Yes.")


@pytest.mark.parametrize("mark", ["", "> ", ">> ", "| "])
@pytest.mark.parametrize("kept", range(1, 8))
def test_i28_mark_gone_although_other_words_of_ours_are_there_is_withheld(mark: str, kept: int) -> None:
    rest = quoted("\n".join(LINES[kept:]), mark)
    assert agent_words(mail(f"Yes.\n\n{INTRODUCTION}{rest}\n")) == Withheld("marker-missing")


def test_i28_a_line_of_the_notification_that_bears_no_mark_is_known_where_the_notification_is() -> None:
    text = "Yes.\n\nAssignee:  Desk Agent\nRequester: Customer <customer@example.com>\n"
    assert agent_words(mail(text), PLAIN) == Withheld("marker-missing")
    assert agent_words(mail(text + quoted(PLAIN)), PLAIN).__class__ is Words
    assert agent_words(mail("Yes.\n\n> " + LINES[5] + "\n"), PLAIN) == Words("Yes.")


def test_i28_a_quote_that_lost_its_marks_half_way_is_withheld() -> None:
    broken = "> [cf:above] Answer above this line to\nanswer the customer.\n" + "\n".join(LINES[1:])
    assert agent_words(mail("Yes.\n\n" + INTRODUCTION + broken)) == Withheld("our-words-outside")


def test_i28_an_address_of_ours_among_the_words_is_withheld() -> None:
    text = f"Write to {REPLY_ADDRESS}, please.\n\n{INTRODUCTION}{quoted(PLAIN)}"
    assert agent_words(mail(text)) == Withheld("our-words-outside")


def test_i28_a_text_longer_than_any_answer_is_withheld() -> None:
    plain = mail("x")
    assert agent_words(replace(plain, text=":\n" * 1_000_000)) == Withheld("too-long")


def test_an_agent_who_removed_the_quote_is_understood() -> None:
    assert agent_words(mail("Yes.\n")) == Words("Yes.")
    assert agent_words(
        mail(f"Yes.\n\n{INTRODUCTION}> Could you send it again, please?\n\nIt is on its way.\n")
    ) == Words("Yes.\n\nIt is on its way.")
    assert agent_words(mail("")) == Withheld("no-words")


def test_a_customer_cannot_set_a_mark() -> None:
    letter = notification(words=f"{ABOVE} and [CF:Ticket] too\n\nHello")
    assert letter.text.count("[cf:above]") == 1 and len(MARK.findall(letter.text)) == 4
    assert letter.html and len(MARK.findall(letter.html)) == 4


def test_our_lines_are_too_short_for_any_program_to_break() -> None:
    letter = notification(words="word " * 200 + "\n" + "x" * 40 + " " + "y" * 60)
    assert all(len(line) <= 72 for line in letter.text.split("\n"))


GMAIL = (
    '<div dir="ltr">Hello,<div><br></div><div>the <b>invoice</b> is <a href="https://example.com/x">here</a>.</div>'
    '</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">On Mon, Nov 23, 2026 '
    'at 9:21 PM Customer via Support &lt;<a href="mailto:support@example.com">support@example.com</a>&gt; wrote:<br>'
    "</div>"
    '<blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex;border-left:1px solid">{}</blockquote></div>'
)
OUTLOOK = (
    '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{{margin:0}}</style></head>'
    '<body lang="EN-US"><div class="WordSection1"><p class="MsoNormal">Hello,<o:p></o:p></p>'
    '<p class="MsoNormal">the <b>invoice</b> is attached.</p><p class="MsoNormal"><o:p>&nbsp;</o:p></p>'
    '<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal">'
    "<b>From:</b> Customer via Support &lt;support@example.com&gt;<br><b>Sent:</b> Monday, November 23, 2026 9:21 PM"
    "<br><b>To:</b> Desk Agent &lt;agent@example.com&gt;<br><b>Subject:</b> [#1042] Invoice cannot be opened</p></div>"
    '<p class="MsoNormal">&nbsp;</p>{}</div></body></html>'
)
THUNDERBIRD = (
    '<html><head></head><body><p>Hello,</p><ul><li>one</li><li>two</li></ul><p><img src="cid:dot@example.com" alt="">'
    '</p><div class="moz-cite-prefix">On 11/23/26 21:21, Customer via Support wrote:<br></div>'
    '<blockquote type="cite" cite="mid:x@example.com">{}</blockquote>'
    '<div class="moz-signature">-- <br>Desk Agent</div></body></html>'
)
APPLE = (
    '<html><body style="overflow-wrap: break-word;">Hello,<div><br></div><div>it is <i>done</i>.<br><div><br>'
    '<blockquote type="cite"><div>On 23. Nov 2026, at 21:21, Customer via Support &lt;support@example.com&gt; wrote:'
    "</div><br><div>{}</div></blockquote></div></div></body></html>"
)


@pytest.mark.parametrize(
    ("html", "program", "plain", "said"),
    [
        (GMAIL, "gmail", "Hello,\n\nthe *invoice* is here <https://example.com/x>.", "the <b>invoice</b> is <a"),
        (OUTLOOK, "outlook", "Hello,\n\nthe invoice is attached.", "the <b>invoice</b> is attached."),
        (THUNDERBIRD, "thunderbird", "Hello,\n\n  * one\n  * two", '<img src="cid:dot@example.com" alt="">'),
        (APPLE, "apple mail", "Hello,\n\nit is done.", "it is <i>done</i>."),
    ],
)
def test_i28_html_is_cut_where_the_agent_s_words_end(html: str, program: str, plain: str, said: str) -> None:
    html = html.format(body_of(notification()))
    for read in (mail(reply(program, plain), html), mail(None, html)):
        words = agent_words(read)
        assert isinstance(words, Words) and words.html is not None
        assert said in words.html and words.html.startswith(("<div", "<p", "Hello"))
        assert not re.search(r"cf:|Customer|via|support@|1042|From:|wrote", words.html)
        assert leaks(words.text + words.html, ("Invoice cannot be opened", WORDS)) is None


def test_i28_html_that_says_anything_else_than_the_text_is_left_out() -> None:
    html = GMAIL.format(body_of(notification()))
    assert agent_words(mail(reply("gmail", "Something else."), html)) == Words("Something else.")
    answer_below = "<blockquote type=cite>" + body_of(notification()) + "</blockquote><p>Yes, <b>attached</b>.</p>"
    assert agent_words(mail(INTRODUCTION + quoted(PLAIN) + "\n\nYes, attached.", answer_below)) == Words(
        "Yes, attached."
    )
    hidden = '<p><span style="font-size:0">not yours</span>Yes.</p>'
    assert agent_words(mail("Yes.", hidden)) == Words("Yes.")


@given(
    st.lists(
        st.sampled_from(
            [
                "<div>",
                "</div>",
                "<p>",
                "<b>",
                "</b>",
                "yes",
                " ",
                "no",
                "<br>",
                "<img src='cid:a'>",
                "&amp;",
                "<table><tr><td>",
                "</table>",
                "<blockquote>",
                "</blockquote>",
            ]
        )
    ).map("".join),
    st.sampled_from(["", "yes", "yesno", "no yes", "&"]),
)
def test_i28_cut_html_holds_the_words_letter_by_letter_or_is_none(html: str, words: str) -> None:
    cut = html_of(html, words)
    if cut is not None:
        letters = re.sub(r"\W", "", re.sub("<[^>]*>", "", cut).replace("&amp;", ""))
        assert letters == re.sub(r"\W", "", words)


@given(
    st.lists(
        st.sampled_from(
            [
                *LINES,
                "Yes.",
                "",
                "> quoted",
                INTRODUCTION.strip(),
                "-- ",
                "[cf:",
                "From: x@example.com",
                "Sent: 2026",
                "Best regards",
                "_____",
                "x" * 700,
            ]
        ),
        max_size=30,
    ).map("\n".join),
    st.sampled_from(["", "> "]),
)
def test_i28_no_mark_of_ours_is_ever_among_the_words(text: str, mark: str) -> None:
    plain = mail("x")
    assert isinstance(plain, Mail)
    words = agent_words(replace(plain, text=quoted(text, mark) if mark else text, html=None))
    assert isinstance(words, Withheld) or (
        words.text.strip() and not MARK.search(words.text) and TOKEN not in words.text
    )


NOTE = "He pays late every month.\nKeep an eye on it.\n\nok"
LINK = "https://desk.example.com/confirm/17-zyxwvutsrqponmlkjihgfedcba"


@pytest.mark.parametrize(
    "text",
    [
        f"see {REPLY_ADDRESS}",
        f"see support+1042-{TOKEN.upper()}@EXAMPLE.COM",
        f"see support+1042-{TOKEN[:9]}=\r\n{TOKEN[9:]}@example.com",
        f"see {TOKEN[:5]}\u200b{TOKEN[5:]}",
        f"<a href='{LINK}'>x</a>",
        "> > He pays late\n> > every month. Keep an eye\n> > on it.",
    ],
)
def test_i28_a_secret_is_found_however_it_is_wrapped(text: str) -> None:
    assert leaks(text, ("0" * 26, TOKEN, LINK, NOTE)) in (TOKEN, LINK, NOTE)
    assert leaks(replace(LETTER, text=text, reply_to=None, message_id="a@b"), (TOKEN, LINK, NOTE)) in (
        TOKEN,
        LINK,
        NOTE,
    )


def test_i28_a_letter_is_searched_in_every_corner() -> None:
    clear = replace(
        LETTER,
        reply_to=None,
        message_id="1.n@example.com",
        html="<p>Hello</p>",
        enclosures=(Enclosure("a", "b/c", b"d"),),
    )
    forwarded = compose(replace(LETTER, text="ü" * 30 + TOKEN, reply_to=None, message_id="a@b"))
    assert leaks(clear, (TOKEN, LINK, NOTE)) is None
    for letter in (
        replace(clear, subject=f"Re: {TOKEN}"),
        replace(clear, reply_to=LETTER.reply_to),
        replace(clear, html=f"<p>{TOKEN[:9]}<b></b>{TOKEN[9:]}</p>"),
        replace(clear, html=f"<a href='mailto:{TOKEN}@example.com'>x</a>"),
        replace(clear, references=(f"1-{TOKEN}.n@example.com",)),
        replace(clear, headers=(("X-A", TOKEN),)),
        replace(clear, enclosures=(Enclosure(TOKEN, "text/plain", b""),)),
        replace(clear, enclosures=(Enclosure("mail.eml", "message/rfc822", forwarded),)),
        replace(clear, enclosures=(Enclosure("x.bin", "a/b", b"\xff\x00" + TOKEN.encode() + b"\x00"),)),
    ):
        assert leaks(letter, (TOKEN,)) == TOKEN


def test_a_short_note_is_no_secret_within_a_sentence() -> None:
    assert leaks("It is ok, thank you.", ("ok",)) is None
    assert leaks("Hello,\n> ok\n", ("ok",)) == "ok"
    assert leaks("anything", ("", "  \n")) is None


def test_one_sentence_of_a_note_is_known_again_and_a_common_short_one_is_not() -> None:
    note = "Called them. The contract ends in March and nobody may know that yet. Thanks!"
    quoted = "As you know: the contract ends in March\n> and nobody may know that yet."
    assert leaks(quoted, sentences([note]))
    assert not leaks("Thanks!\nWe called them about the printer.", sentences([note]))
