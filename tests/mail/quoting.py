"""Mail programs that answer a notification: each quotes it in its own way."""

from __future__ import annotations

from email.message import EmailMessage

from daemon.core.values import Address, Mail
from daemon.mail import letters
from daemon.mail.contexts import File, TicketCard
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
    post = letters.Post("1042-x.nonce@example.com", 1_795_468_886, (Address("Desk Agent", "agent@example.com"),),
                        reply_to=REPLY_ADDRESS)
    files = (File("invoice.png", 48_211, True),)
    return letters.notification(TEMPLATES, desk, post, "opened", CUSTOMER, words, TICKET, files)


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


TOP = {
    "gmail": "{words}\n\nOn Mon, Nov 23, 2026 at 9:21 PM Customer via Support <\nsupport@example.com> wrote:\n\n{quoted}\n",
    "gmail, german": "{words}\n\nAm Mo., 23. Nov. 2026 um 21:21 Uhr schrieb Customer via Support <\nsupport@example.com>:\n\n{quoted}\n",
    "gmail, french": "{words}\n\nLe lun. 23 nov. 2026 à 21:21, Customer via Support <support@example.com> a\nécrit :\n\n{quoted}\n",
    "gmail, a language nobody listed": "{words}\n\nMnamo Jum, 23 Nov 2026 saa 21:21 Customer via Support <support@example.com>\naliandika:\n\n{quoted}\n",
    "outlook": "{words}\n\nFrom: Customer via Support <support@example.com>\nSent: Monday, November 23, 2026 9:21 PM\n"
    "To: Desk Agent <agent@example.com>\nSubject: [#1042] Invoice cannot be opened\n\n{plain}\n",
    "outlook, german": "{words}\n\nVon: Customer via Support <support@example.com>\nGesendet: Montag, 23. November 2026 21:21\n"
    "An: Desk Agent <agent@example.com>\nBetreff: [#1042] Invoice cannot be opened\n\n{plain}\n",
    "outlook, french": "{words}\n\nDe : Customer via Support <support@example.com>\nEnvoyé : lundi 23 novembre 2026 21:21\n"
    "À : Desk Agent <agent@example.com>\nObjet : [#1042] Invoice cannot be opened\n\n{plain}\n",
    "outlook, old": "{words}\n\n-----Original Message-----\nFrom: Customer via Support [mailto:support@example.com]\n"
    "Sent: Monday, November 23, 2026 9:21 PM\nTo: Desk Agent\nSubject: [#1042] Invoice cannot be opened\n\n{plain}\n",
    "outlook for phones": "{words}\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n"
    "From: Customer via Support <support@example.com>\nSent: Monday, November 23, 2026 9:21:26 PM\n"
    "To: Desk Agent <agent@example.com>\nSubject: [#1042] Invoice cannot be opened\n\n{plain}\n",
    "outlook on the web, german": "{words}\n________________________________\nVon: Customer via Support <support@example.com>\n"
    "Gesendet: Montag, 23. November 2026 21:21\nAn: Desk Agent <agent@example.com>\n"
    "Betreff: [#1042] Invoice cannot be opened\n\n{plain}\n",
    "apple mail": "{words}\n\n> On 23. Nov 2026, at 21:21, Customer via Support <support@example.com> wrote:\n> \n{quoted}\n",
    "apple mail, german": "{words}\n\n> Am 23.11.2026 um 21:21 schrieb Customer via Support <support@example.com>:\n> \n{quoted}\n",
    "iphone": "{words}\n\nSent from my iPhone\n\n> On 23 Nov 2026, at 21:21, Customer via Support <support@example.com> wrote:\n> \n{quoted}\n",
    "thunderbird": "{words}\n\nOn 11/23/26 21:21, Customer via Support wrote:\n{quoted}\n",
    "thunderbird, german": "{words}\n\nAm 23.11.26 um 21:21 schrieb Customer via Support:\n{quoted}\n",
    "k-9": "{words}\n\nOn November 23, 2026 9:21:26 PM UTC, Customer via Support <support@example.com> wrote:\n{tight}\n",
    "k-9, german": "{words}\n\nAm 23. November 2026 21:21:26 MEZ schrieb Customer via Support <support@example.com>:\n{tight}\n",
    "gmx": "{words}\n\nGesendet: Montag, 23. November 2026 um 21:21\nVon: \"Customer via Support\" <support@example.com>\n"
    "An: agent@example.com\nBetreff: [#1042] Invoice cannot be opened\n{plain}\n",
    "yahoo": "{words}\n\n    On Monday, November 23, 2026 at 09:21:26 PM UTC, Customer via Support <support@example.com> wrote:  \n \n{indented}\n",
    "proton": "{words}\n\nOn Monday, 23 November 2026 at 21:21, Customer via Support <support@example.com> wrote:\n\n{quoted}\n",
    "mutt": "{words}\n\nOn Mon, Nov 23, 2026 at 09:21:26PM +0000, Customer via Support wrote:\n{quoted}\n",
    "no introduction at all": "{words}\n\n{quoted}\n",
    "no introduction, no quote marks": "{words}\n\n{plain}\n",
}


def reply(program: str, words: str, language: str = "en") -> str:
    """The plain text that a program sends when the agent writes above the quote."""
    plain = notification(language).text.rstrip("\n")
    return TOP[program].format(
        words=words, plain=plain, quoted=quoted(plain), tight=quoted(plain, ">"), indented=quoted(plain, "  ")
    )
