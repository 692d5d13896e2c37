"""The customer in a mail that an agent forwards: as mail programs write it, and as a forger would."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.core.values import Address, Forwarded, Mail
from daemon.mail.forwarded import find_forwarded, says_forwarded
from daemon.mail.parse import parse

CUSTOMER = "customer@example.net"
WORDS = "The printer is on fire.\n\nPlease send someone."
ABOVE = "Can you take this one?"
RULE = "_" * 32 + "\n"


def labelled(labels: str, sender: str = f"Customer Example <{CUSTOMER}>", order: str = "from sent to subject") -> str:
    """A block of headers: the labels of From, Sent, To and Subject, written in this order."""
    values = {
        "from": sender,
        "sent": "Monday, 5 January 2026 10:00",
        "to": "Desk Agent <agent@desk.example>",
        "subject": "Printer on fire",
    }
    names = dict(zip(values, labels.split("|"), strict=True))
    return "".join(f"{names[kind]} {values[kind]}\n" for kind in order.split())


GMAIL = "---------- Forwarded message ---------\n"
THUNDERBIRD = "subject sent from to"
INLINE = {
    "gmail, english": (
        "Fwd: Printer on fire",
        GMAIL + labelled("From:|Date:|To:|Subject:", order="from sent subject to"),
    ),
    "gmail, german": (
        "Fwd: Printer on fire",
        GMAIL + labelled("Von:|Date:|To:|Subject:", order="from sent subject to"),
    ),
    "gmail, french": ("Fwd: Printer on fire", GMAIL + labelled("De :|Date :|To :|Subject :")),
    "gmail, bold name": (
        "Fwd: Printer on fire",
        GMAIL + labelled("From:|Date:|To:|Subject:", f"*Customer Example* <{CUSTOMER}>"),
    ),
    "outlook, english": ("FW: Printer on fire", RULE + labelled("From:|Sent:|To:|Subject:")),
    "outlook, no rule": ("FW: Printer on fire", labelled("From:|Sent:|To:|Subject:")),
    "outlook, original message": (
        "FW: Printer on fire",
        "-----Original Message-----\n" + labelled("From:|Sent:|To:|Subject:"),
    ),
    "outlook, mailto": (
        "FW: Printer on fire",
        labelled("From:|Sent:|To:|Subject:", f"Customer Example [mailto:{CUSTOMER}]"),
    ),
    "outlook, address twice": (
        "FW: Printer on fire",
        labelled("From:|Sent:|To:|Subject:", f"Customer Example <{CUSTOMER}<mailto:{CUSTOMER}>>"),
    ),
    "outlook, german": ("WG: Printer on fire", labelled("Von:|Gesendet:|An:|Betreff:")),
    "outlook, french": ("TR: Printer on fire", RULE + labelled("De :|Envoyé :|À :|Objet :")),
    "outlook, spanish": ("RV: Printer on fire", RULE + labelled("De:|Enviado:|Para:|Asunto:")),
    "outlook, italian": ("I: Printer on fire", RULE + labelled("Da:|Inviato:|A:|Oggetto:")),
    "outlook, portuguese": ("ENC: Printer on fire", RULE + labelled("De:|Enviado:|Para:|Assunto:")),
    "outlook, dutch": ("FW: Printer on fire", RULE + labelled("Van:|Verzonden:|Aan:|Onderwerp:")),
    "outlook, danish": ("VS: Printer on fire", labelled("Fra:|Sendt:|Til:|Emne:")),
    "outlook, swedish": ("VB: Printer on fire", labelled("Från:|Skickat:|Till:|Ämne:")),
    "outlook, finnish": ("VL: Printer on fire", labelled("Lähettäjä:|Lähetetty:|Vastaanottaja:|Aihe:")),
    "outlook, polish": ("PD: Printer on fire", labelled("Od:|Wysłano:|Do:|Temat:")),
    "outlook, czech": ("FW: Printer on fire", labelled("Od:|Odesláno:|Komu:|Předmět:")),
    "outlook, hungarian": ("FW: Printer on fire", labelled("Feladó:|Elküldve:|Címzett:|Tárgy:")),
    "outlook, turkish": ("İlt: Printer on fire", labelled("Kimden:|Gönderildi:|Kime:|Konu:")),
    "outlook, russian": ("FW: Printer on fire", labelled("От:|Отправлено:|Кому:|Тема:")),
    "outlook, chinese": ("转发: Printer on fire", labelled("发件人:|发送时间:|收件人:|主题:")),
    "outlook, japanese": ("転送: Printer on fire", labelled("差出人:|送信日時:|宛先:|件名:")),
    "apple mail": (
        "Fwd: Printer on fire",
        "Begin forwarded message:\n\n" + labelled("From:|Date:|To:|Subject:", order="from subject sent to"),
    ),
    "apple mail, german": (
        "Fwd: Printer on fire",
        "Anfang der weitergeleiteten Nachricht:\n\n"
        + labelled("Von:|Datum:|An:|Betreff:", order="from subject sent to"),
    ),
    "apple mail, french": (
        "Fwd: Printer on fire",
        "Début du message réexpédié :\n\n" + labelled("De:|Date:|À:|Objet:", order="from subject sent to"),
    ),
    "apple mail, bold": (
        "Fwd: Printer on fire",
        "Begin forwarded message:\n\n" + labelled("*From: *|*Date: *|*To: *|*Subject: *"),
    ),
    "thunderbird": (
        "Fwd: Printer on fire",
        "-------- Forwarded Message --------\n" + labelled("From: \t|Date: \t|To: \t|Subject: \t", order=THUNDERBIRD),
    ),
    "thunderbird, german": (
        "Fwd: Printer on fire",
        "-------- Weitergeleitete Nachricht --------\n"
        + labelled("Von: \t|Datum: \t|An: \t|Betreff: \t", order=THUNDERBIRD),
    ),
    "thunderbird, spanish": (
        "Fwd: Printer on fire",
        "-------- Mensaje reenviado --------\n" + labelled("De: \t|Fecha: \t|Para: \t|Asunto: \t", order=THUNDERBIRD),
    ),
    "thunderbird, russian": (
        "Fwd: Printer on fire",
        "-------- Перенаправленное сообщение --------\n"
        + labelled("От: \t|Дата: \t|Кому: \t|Тема: \t", order=THUNDERBIRD),
    ),
    "yahoo": ("Fw: Printer on fire", "----- Forwarded Message -----\n" + labelled("From:|Sent:|To:|Subject:")),
    "proton": ("Fw: Printer on fire", "------- Forwarded Message -------\n" + labelled("From:|Date:|To:|Subject:")),
    "web mail, german": ("Fw: Printer on fire", labelled("Von:|Gesendet:|An:|Betreff:", order="sent from to subject")),
    "behind a tag": ("[External] FW: Printer on fire", RULE + labelled("From:|Sent:|To:|Subject:")),
}


def inline(head: str, above: str = ABOVE, words: str = WORDS) -> str:
    return f"{above}\n\n{head}\n{words}\n" if above else f"{head}\n{words}\n"


@pytest.mark.parametrize("program", INLINE)
def test_the_customer_of_an_inline_forward_is_found_for_certain(program: str) -> None:
    subject, head = INLINE[program]
    found = find_forwarded(subject, inline(head))
    assert found is not None
    assert found.sender == Address("Customer Example", CUSTOMER)
    assert (found.words, found.above) == (WORDS, ABOVE)
    assert found.subject == "Printer on fire"
    assert found.certain and not found.attached


@pytest.mark.parametrize("program", INLINE)
def test_a_quoted_forward_is_found_as_well(program: str) -> None:
    subject, head = INLINE[program]
    quoted = "".join(f"> {line}\n".replace("> \n", ">\n") for line in inline(head, above="").splitlines())
    found = find_forwarded(subject, f"{ABOVE}\n\n{quoted}")
    assert found is not None
    assert (found.sender.address, found.words, found.certain) == (CUSTOMER, WORDS, True)


@pytest.mark.parametrize("above", ["", "-- \nDesk Agent\nDesk GmbH"])
def test_a_forward_without_a_word_above_is_certain(above: str) -> None:
    subject, head = INLINE["gmail, english"]
    found = find_forwarded(subject, inline(head, above))
    assert found is not None
    assert found.certain
    assert found.above == ""


def test_what_the_customer_quotes_is_not_what_the_customer_says() -> None:
    subject, head = INLINE["gmail, english"]
    thread = f"{WORDS}\n\nOn Sun, 4 Jan 2026 at 09:00, Desk Agent <agent@desk.example> wrote:\n> How are you?\n"
    found = find_forwarded(subject, inline(head, words=thread))
    assert found is not None
    assert (found.words, found.certain) == (WORDS, True)


def test_a_date_with_a_zone_is_kept_and_any_other_is_not_guessed() -> None:
    head = labelled("From:|Date:|To:|Subject:")
    for sent, known in (("Mon, 5 Jan 2026 10:00:00 +0100", 1767603600), ("Mon, 5 Jan 2026 10:00", None)):
        found = find_forwarded("Fwd: x", inline(head.replace("Monday, 5 January 2026 10:00", sent)))
        assert found is not None
        assert found.date == known


HEAD = labelled("From:|Sent:|To:|Subject:")
VICTIM = labelled("From:|Sent:|To:|Subject:", "Victim <victim@example.org>")
UNCERTAIN = {
    "two heads": ("FW: x", inline(HEAD, words=f"{WORDS}\n\n{VICTIM}\nMine.")),
    "two authors in one From": (
        "FW: x",
        inline(labelled("From:|Sent:|To:|Subject:", f"{CUSTOMER}, victim@example.org")),
    ),
    "on behalf of": (
        "FW: x",
        inline(labelled("From:|Sent:|To:|Subject:", f"A <{CUSTOMER}> On Behalf Of B <b@example.org>")),
    ),
    "an address as a name": (
        "FW: x",
        inline(labelled("From:|Sent:|To:|Subject:", f'"{CUSTOMER}" <attacker@example.org>')),
    ),
    "From twice": ("FW: x", inline(HEAD.replace("Sent:", "From: Victim <victim@example.org>\nSent:"))),
    "a subject that does not say so": ("Printer", inline(GMAIL + HEAD)),
    "a reply to a forward": ("Re: Fwd: Printer", inline(GMAIL + HEAD)),
    "words of others above": (
        "Fwd: x",
        inline(HEAD, above="Look.\n\nOn Sun, 4 Jan 2026, A <a@example.org> wrote:\n> Hm."),
    ),
    "a head of a program we do not know above": (
        "Fwd: x",
        inline(HEAD, above="---------- Ujumbe ---------\nKutoka: V <v@example.org>\n\nWords of V."),
    ),
    "two lines that announce one": ("Fwd: x", inline(GMAIL + HEAD, words=f"{WORDS}\n\n{GMAIL}Something")),
    "a name alone": ("FW: x", inline(labelled("From:|Sent:|To:|Subject:", "Customer Example"))),
    "an address that is none": ("FW: x", inline(labelled("From:|Sent:|To:|Subject:", "<customer@@example..net>"))),
    "words below the quote": (
        "Fwd: x",
        "".join(f"> {line}\n" for line in inline(HEAD, "").splitlines()) + "\nAnd mine.",
    ),
}


@pytest.mark.parametrize("case", UNCERTAIN)
def test_what_could_be_read_otherwise_is_uncertain(case: str) -> None:
    found = find_forwarded(*UNCERTAIN[case])
    assert found is not None
    assert not found.certain


def test_the_best_guess_is_the_nearest_one_and_the_others_are_known() -> None:
    found = find_forwarded(*UNCERTAIN["two heads"])
    assert found is not None
    assert found.sender.address == CUSTOMER
    assert found.words == WORDS
    assert [(one.sender.address, one.words) for one in found.others] == [("victim@example.org", "Mine.")]


@pytest.mark.parametrize(
    "text",
    [
        f"FYI\n\nOn Mon, 5 Jan 2026 at 10:00, Customer Example <{CUSTOMER}> wrote:\n\n> The printer is on fire.\n",
        f"FYI\n\n-------- Пересылаемое сообщение --------\n05.01.2026, 10:00, <{CUSTOMER}>:\n\nThe printer.\n",
    ],
)
def test_without_a_head_the_first_address_named_is_a_guess(text: str) -> None:
    found = find_forwarded("Fwd: Printer", text)
    assert found is not None
    assert (found.sender.address, found.certain, found.above) == (CUSTOMER, False, "FYI")
    assert found.words.startswith("The printer")


@pytest.mark.parametrize("text", ["", "The printer.", HEAD + "\nAnswer.", "From: me\n", "-- \nFwd\n"])
def test_other_mail_forwards_nothing(text: str) -> None:
    assert find_forwarded("Printer", text) is None


@pytest.mark.parametrize(
    "subject", ["Re: x", "Forward planning: x", "Invoice: 3", "", "TRX: x", "Fwd", "Information: x"]
)
def test_a_subject_without_a_prefix_says_nothing(subject: str) -> None:
    assert not says_forwarded(subject)


# -- attached


def attached(*senders: str, text: str = ABOVE, subject: str = "Look", **headers: str) -> Mail:
    outer = EmailMessage()
    outer["From"], outer["To"], outer["Subject"] = "agent@desk.example", "support@desk.example", subject
    outer.set_content(text)
    for sender in senders:
        inner = EmailMessage()
        inner["From"], inner["To"], inner["Subject"] = sender, "agent@desk.example", "Printer on fire"
        inner["Message-ID"], inner["Date"] = "<inner@example.net>", "Mon, 5 Jan 2026 10:00:00 +0100"
        for name, value in headers.items():
            inner[name.replace("_", "-")] = value
        inner.set_content(WORDS + "\n")
        outer.add_attachment(inner)
    parsed = parse(outer.as_bytes())
    assert isinstance(parsed, Mail)
    return parsed


def test_the_one_attached_mail_is_certain_whatever_the_subject() -> None:
    found = attached(f"Customer Example <{CUSTOMER}>").forwarded
    assert found == Forwarded(
        Address("Customer Example", CUSTOMER), "Printer on fire", WORDS, "inner@example.net", 1767603600,
        attached=True, certain=True, above=ABOVE, language="en",
    )  # fmt: skip


@pytest.mark.parametrize(
    "mail",
    [
        attached(CUSTOMER, "victim@example.org"),
        attached(f"{CUSTOMER}, victim@example.org"),
        attached("Customer Example"),
        attached(CUSTOMER, Auto_Submitted="auto-replied"),
        attached(CUSTOMER, text=inline(VICTIM), subject="FW: x"),
    ],
    ids=["two mails", "two authors", "no address", "a machine's", "and one inline"],
)
def test_an_attached_mail_that_is_not_alone_or_of_no_one_person_is_uncertain(mail: Mail) -> None:
    assert mail.forwarded is not None
    assert not mail.forwarded.certain


def test_a_mail_within_an_attached_mail_is_not_looked_for() -> None:
    inner = EmailMessage()
    inner["From"], inner["Subject"] = "agent@desk.example", "FW: x"
    inner.set_content("See below.")
    outer = EmailMessage()
    outer["From"], outer["Subject"] = "agent@desk.example", "FW: x"
    outer.set_content("Look.")
    innermost = EmailMessage()
    innermost["From"] = CUSTOMER
    innermost.set_content("x")
    inner.add_attachment(innermost)
    outer.add_attachment(inner)
    parsed = parse(outer.as_bytes())
    assert isinstance(parsed, Mail)
    assert parsed.forwarded is not None
    assert parsed.forwarded.sender.address == "agent@desk.example"


def test_a_broken_attached_mail_breaks_nothing() -> None:
    raw = (
        b"From: agent@desk.example\nSubject: FW: x\nContent-Type: multipart/mixed; boundary=b\n\n"
        b"--b\n\nLook.\n--b\nContent-Type: message/rfc822\n\n\xff\xfe: :\n--b--\n"
    )
    assert isinstance(parse(raw), Mail)


# -- whatever comes

LINES = st.sampled_from(
    [
        *HEAD.splitlines(), *VICTIM.splitlines(), *GMAIL.splitlines(), "", "> ", ">> From: x@y.example", "From:",
        "Von: <", "Begin forwarded message:", RULE.strip(), "words", "On Mon, 5 Jan 2026, A <a@example.org> wrote:",
        " <a@b.example>,",
    ]
)  # fmt: skip


@given(st.sampled_from(["Fwd: x", "x", "WG:"]), st.one_of(st.text(), st.lists(LINES, max_size=40).map("\n".join)))
def test_any_text_gives_an_answer(subject: str, text: str) -> None:
    found = find_forwarded(subject, text)
    assert found is None or "@" in found.sender.address or not found.certain


@given(st.lists(LINES, max_size=30).map("\n".join))
def test_no_words_of_a_customer_make_another_customer_certain(words: str) -> None:
    subject, head = INLINE["gmail, english"]
    found = find_forwarded(subject, inline(head, words=words))
    assert found is not None
    assert found.sender.address == CUSTOMER


@pytest.mark.parametrize(
    "line", ["From: a@b.example", "> " * 300, "-" * 600, "From: " + "a@" * 300, "x: " * 200, "From: x\nSent: y\nTo: z"]
)
def test_hostile_text_is_read_within_a_second(line: str) -> None:
    import time

    text = (line + "\n") * (400_000 // len(line))
    start = time.process_time()
    find_forwarded("Fwd: x", text)
    assert time.process_time() - start < 2
