"""New words, quoted words, signatures."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.mail.markup import to_lines
from daemon.mail.text import split_reply

NEW = "Thank you, it works now.\nWill it stay so?"


@pytest.mark.parametrize(
    "attribution",
    [
        "On Mon, 5 Jan 2026 at 10:00, Support <support@desk.example> wrote:",
        "On Mon, 5 Jan 2026 at 10:00, Support\n<support@desk.example> wrote:",
        "On 5 Jan 2026, at 10:00, Support wrote:",
        "Le lun. 5 janv. 2026 à 10:00, Support <support@desk.example>\na écrit :",
        "Am 05.01.26 um 10:00 schrieb Support:",
        "Am Mo., 5. Jan. 2026 um 10:00 Uhr schrieb Support <\nsupport@desk.example>:",
        "El lun, 5 ene 2026 a las 10:00, Support (<support@desk.example>) escribió:",
        "Il giorno lun 5 gen 2026 alle ore 10:00 Support <support@desk.example> ha scritto:",
        "Em seg., 5 de jan. de 2026 às 10:00, Support <support@desk.example> escreveu:",
        "Op ma 5 jan 2026 om 10:00 schreef Support <support@desk.example>:",
        "Den mån 5 jan. 2026 kl 10:00 skrev Support <support@desk.example>:",
        "man. 5. jan. 2026 kl. 10:00 skrev Support <support@desk.example>:",
        "ma 5. tammik. 2026 klo 10.00 Support (support@desk.example) kirjoitti:",
        "pon., 5 sty 2026 o 10:00 Support <support@desk.example> napisał(a):",
        "пн, 5 янв. 2026 г. в 10:00, Support <support@desk.example>:",
        "po 5. 1. 2026 v 10:00 odesílatel Support <support@desk.example> napsal:",
        "2026年1月5日(月) 10:00 Support <support@desk.example>:",
        "5 Oca 2026 Pzt 10:00 tarihinde Support <support@desk.example> şunu yazdı:",
        '05.01.2026, 10:00, "Support" <support@desk.example>:',
        "---- On Mon, 05 Jan 2026 10:00:00 +0000 support@desk.example wrote ----",
    ],
)
@pytest.mark.parametrize("prefix", ["> ", ""])
def test_an_attribution_in_any_language_begins_the_quote(attribution: str, prefix: str) -> None:
    quoted = f"{attribution}\n\n{prefix}Hello Carol,\n{prefix}is it better?"
    reply = split_reply(f"{NEW}\n\n{quoted}")
    assert reply.new == NEW
    assert reply.quoted == quoted


@pytest.mark.parametrize(
    "block",
    [
        "From: Support <support@desk.example>\nSent: Monday, January 5, 2026 10:00 AM\nTo: Carol\nSubject: RE: help",
        "Von: Support\nGesendet: Montag, 5. Januar 2026 10:00\nAn: Carol\nBetreff: AW: help",
        "De : Support\nEnvoyé : lundi 5 janvier 2026 10:00\nÀ : Carol\nObjet : RE: help",
        "*From:* Support\n*Sent:* Monday\n*To:* Carol\n*Subject:* help",
        "________________________________\nVan: Support\nVerzonden: maandag\nAan: Carol\nOnderwerp: help",
        "-----Original Message-----\nFrom: Support",
        "----- Ursprüngliche Nachricht -----",
        "---------- Forwarded message ---------\nFrom: Support <support@desk.example>",
        "发件人: Support\n发送时间: 2026年1月5日 10:00\n收件人: Carol\n主题: help",
    ],
)
def test_a_block_of_headers_begins_the_quote(block: str) -> None:
    reply = split_reply(f"{NEW}\n\n{block}\n\nHello Carol,\nis it better?")
    assert reply.new == NEW
    assert "is it better" in reply.quoted


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nCarol\nACME",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Best regards,\nCarol",
        "Mit freundlichen Grüßen\nCarol Beispiel",
        "Cordialement,\nCarol",
        "__\nusers mailing list\nusers@lists.example",
    ],
)
def test_a_signature_is_no_new_word(signature: str) -> None:
    reply = split_reply(f"{NEW}\n\n{signature}\n\nOn 5 Jan 2026, at 10:00, Support wrote:\n> Hello")
    assert reply.new == NEW
    assert reply.signature == signature


def test_answers_between_and_below_quoted_lines_are_new() -> None:
    text = "On 5 Jan 2026, at 10:00, Support wrote:\n> Is it on?\n\nYes.\n\n> Is it warm?\n\nNo.\n"
    reply = split_reply(text)
    assert reply.new == "Yes.\n\nNo."
    assert "Is it warm" in reply.quoted


@pytest.mark.parametrize(
    "text",
    [
        "On the surface this looks fine.\n\nOn a separate note, thank you.",
        "Sent from my desk, is much easier than my mobile phone.",
        "See these:\n2024-01-15 14:30:25\nJan 15, 2024 at 14:30\n\nAll good.",
        "Service     Expires\n-------------------------\nDomain      June\n\nPlease renew.",
        "I have three points:\n-- first\n-- second\nWhat now?",
        "From: Bob\nSubject: my form\n\nThe words of a web form.",
        "",
    ],
)
def test_what_only_looks_like_a_quote_stays(text: str) -> None:
    reply = split_reply(text)
    assert reply.new == text
    assert (reply.quoted, reply.signature) == ("", "")


def test_with_nothing_new_everything_is_shown() -> None:
    text = "> Hello Carol\n> is it better?"
    reply = split_reply(text)
    assert (reply.new, reply.quoted, reply.nothing_new) == (text, "", True)


HTML = {
    "gmail": """<div dir="ltr">New</div>
        <div class="gmail_quote"><div class="gmail_attr">On Mon S &lt;s@d.example&gt; wrote:<br></div>
        <blockquote class="gmail_quote">Old</blockquote></div>""",
    "outlook": """<div><p>New</p>
        <div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p><b>From:</b> S<br></p>
        </div></div><p>Old</p></div>""",
    "outlook web": """<div>New</div>
        <div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>Von:</b> S</div><div>Old</div>""",
    "apple": """New<div><blockquote type="cite">
        On 5. Jan 2026, at 10:00, S &lt;s@d.example&gt; wrote:<br>Old</blockquote></div>""",
    "thunderbird": """<p>New</p>
        <div class="moz-cite-prefix">Am 05.01.26 schrieb S:</div><blockquote type="cite">Old</blockquote>""",
    "yahoo": """<div>New</div><div class="ydp yahoo_quoted"><div>S wrote</div><div>Old</div></div>""",
    "proton": """<div>New</div><div class="protonmail_quote">On Monday<blockquote>Old</blockquote></div>""",
}


@pytest.mark.parametrize("program", HTML)
def test_the_marks_of_html_mail_programs_count(program: str) -> None:
    lines = to_lines(HTML[program])
    reply = split_reply(lines.text, lines.marks)
    assert reply.new == "New"
    assert "Old" in reply.quoted


LINES = [
    "",
    "words",
    "> quoted",
    "-- ",
    "Sent from my iPhone",
    "On 5 Jan 2026, at 10:00, S wrote:",
    "From: a",
    "To: b",
    "Subject: c",
    "Best regards,",
    "-----Original Message-----",
    "__",
    "Le 5 janv. 2026",
    "a écrit :",
    "x" * 700,
]
ANY_LINE = st.text(max_size=30).filter(lambda text: "\n" not in text)


@given(st.lists(st.sampled_from(LINES) | ANY_LINE, max_size=30))
def test_every_line_is_in_exactly_one_of_the_three(lines: list[str]) -> None:
    reply = split_reply("\n".join(lines))
    parts = "\n".join((reply.new, reply.quoted, reply.signature)).split("\n")
    assert Counter(line.strip() for line in parts if line.strip()) == Counter(
        line.strip() for line in lines if line.strip()
    )
