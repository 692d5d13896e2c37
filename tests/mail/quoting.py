"""Mail programs that answer a notification: each quotes it in its own way."""

from __future__ import annotations

from email.message import EmailMessage

from daemon.core.values import Address, Mail
from daemon.mail import agents_letters, letters
from daemon.mail.cards import File, TicketCard
from daemon.mail.letter import Letter
from daemon.mail.parse import parse
from daemon.mail.templates import Templates

TEMPLATES = Templates(None)
CUSTOMER = Address("Customer", "customer@example.com")
TOKEN = "abcdefghijklmnopqrstuvwxyz"
REPLY_ADDRESS = f"support+1042-{TOKEN}@example.com"
WORDS = """\
Hello,

I cannot open the invoice that came on Monday. The page says "Document not found", and nothing happens.
Could you send it again, please?

Thank you
Customer"""
TICKET = TicketCard(1042, "Invoice cannot be opened", "open", "high", "billing", "Desk Agent", CUSTOMER)
VIA = "Customer via Support <support@example.com>"


def notification(language: str = "en", words: str = WORDS) -> Letter:
    desk = letters.Desk("support", "Support", "support@example.com", language)
    post = letters.Post(
        "1042-x.nonce@example.com", 1_795_468_886, (Address("Desk Agent", "agent@example.com"),), reply_to=REPLY_ADDRESS
    )
    files = (File("invoice.png", 48_211, True),)
    return agents_letters.notification(TEMPLATES, desk, post, "opened", CUSTOMER, words, TICKET, files)


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join((mark + line).rstrip() for line in text.rstrip("\n").split("\n"))


def mail(text: str | None, html: str | None = None) -> Mail:
    """The agent's reply as it is read from the wire."""
    message = EmailMessage()
    message["From"], message["To"] = "Desk Agent <agent@example.com>", f"{VIA.partition(' <')[0]} <{REPLY_ADDRESS}>"
    message["Subject"], message["Message-ID"] = "Re: [#1042] Invoice cannot be opened", "<reply@example.com>"
    message["Date"] = "Mon, 23 Nov 2026 21:30:00 +0000"
    if text is not None:
        message.set_content(text)
        if html is not None:
            message.add_alternative(html, subtype="html")
    else:
        message.set_content(html, subtype="html")
    parsed = parse(message.as_bytes())
    assert isinstance(parsed, Mail)
    return parsed


def body_of(letter: Letter) -> str:
    """What stands between <body> and </body> of a notification: what programs quote."""
    assert letter.html
    return letter.html.partition("<body")[2].partition(">")[2].partition("</body>")[0]


def top(introduction: str, quote: str = "{quoted}", between: str = "\n\n") -> str:
    return "{words}" + between + introduction + quote + "\n"


def headed(labels: str, rule: str = "", date: str = "Monday, November 23, 2026 9:21 PM") -> str:
    """The block of headers with which Outlook and its relatives introduce a quote that bears no marks."""
    names = labels.split("|")
    values = (VIA, date, "Desk Agent <agent@example.com>", "[#1042] Invoice cannot be opened")
    block = "".join(f"{name}: {value}\n" for name, value in zip(names, values, strict=True))
    return rule + block + "\n"


GERMAN = "Montag, 23. November 2026 21:21"
RULE = "_" * 32 + "\n"
TOP = {
    "gmail": top(f"On Mon, Nov 23, 2026 at 9:21 PM {VIA.replace('<', '<' + chr(10))} wrote:\n\n"),
    "gmail, german": top(f"Am Mo., 23. Nov. 2026 um 21:21 Uhr schrieb {VIA.replace('<', '<' + chr(10))}:\n\n"),
    "gmail, french": top(f"Le lun. 23 nov. 2026 à 21:21, {VIA} a\nécrit :\n\n"),
    "gmail, a language nobody listed": top(f"Mnamo Jum, 23 Nov 2026 saa 21:21 {VIA}\naliandika:\n\n"),
    "outlook": top(headed("From|Sent|To|Subject"), "{plain}"),
    "outlook, german": top(headed("Von|Gesendet|An|Betreff", date=GERMAN), "{plain}"),
    "outlook, french": top(headed("De |Envoyé |À |Objet ", date="lundi 23 novembre 2026 21:21"), "{plain}"),
    "outlook, old": top(headed("From|Sent|To|Subject", "-----Original Message-----\n"), "{plain}"),
    "outlook for phones": top(
        headed("From|Sent|To|Subject", f"Get Outlook for iOS<https://aka.ms/o0ukef>\n{RULE}"), "{plain}"
    ),
    "outlook on the web": top(headed("Von|Gesendet|An|Betreff", RULE, GERMAN), "{plain}", "\n"),
    "apple mail": top(f"> On 23. Nov 2026, at 21:21, {VIA} wrote:\n> \n"),
    "apple mail, german": top(f"> Am 23.11.2026 um 21:21 schrieb {VIA}:\n> \n"),
    "iphone": top(f"Sent from my iPhone\n\n> On 23 Nov 2026, at 21:21, {VIA} wrote:\n> \n"),
    "thunderbird": top("On 11/23/26 21:21, Customer via Support wrote:\n"),
    "thunderbird, german": top("Am 23.11.26 um 21:21 schrieb Customer via Support:\n"),
    "k-9": top(f"On November 23, 2026 9:21:26 PM UTC, {VIA} wrote:\n", "{tight}"),
    "k-9, german": top(f"Am 23. November 2026 21:21:26 MEZ schrieb {VIA}:\n", "{tight}"),
    "gmx": top(
        'Gesendet: Montag, 23. November 2026 um 21:21\nVon: "Customer via Support" <support@example.com>\n'
        "An: agent@example.com\nBetreff: [#1042] Invoice cannot be opened\n",
        "{plain}",
    ),
    "yahoo": top(f"    On Monday, November 23, 2026 at 09:21:26 PM UTC, {VIA} wrote:  \n \n", "{indented}"),
    "proton": top(f"On Monday, 23 November 2026 at 21:21, {VIA} wrote:\n\n"),
    "mutt": top("On Mon, Nov 23, 2026 at 09:21:26PM +0000, Customer via Support wrote:\n"),
    "no introduction": top(""),
    "no introduction, no quote marks": top("", "{plain}"),
}


def reply(program: str, words: str, language: str = "en") -> str:
    """The plain text that a program sends when the agent writes above the quote."""
    plain = notification(language).text.rstrip("\n")
    return TOP[program].format(
        words=words, plain=plain, quoted=quoted(plain), tight=quoted(plain, ">"), indented=quoted(plain, "  ")
    )
