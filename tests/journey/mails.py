"""Mail as customers and agents write it: first mails, and replies as a mail program makes them."""

from __future__ import annotations

import itertools
from email.message import EmailMessage
from email.utils import formatdate, parseaddr

_numbers = itertools.count(1)


def fresh(name: str = "customer") -> str:
    """An address that no other test has written from."""
    return f"{name}-{next(_numbers)}@customer.example"


def new_mail(sender: str, text: str = "The printer is on fire.", **headers: str) -> EmailMessage:
    """A first mail to the desk; ``headers`` replace or add, with _ for -, and an empty one is left out."""
    number = next(_numbers)
    wanted = {
        "From": sender,
        "To": "support@desk.example",
        "Subject": "Printer on fire",
        "Date": formatdate(1_790_000_000 + number),
        "Message-ID": f"<mail.{number}@customer.example>",
    }
    wanted |= {name.replace("_", "-"): value for name, value in headers.items()}
    mail = EmailMessage()
    for name, value in wanted.items():
        if value:
            mail[name] = value
    mail.set_content(text)
    return mail


def reply_to(original: EmailMessage, sender: str, text: str, *, quote: bool = True, **headers: str) -> EmailMessage:
    """An answer as mail programs write it: to Reply-To, threaded, the original quoted below."""
    to = str(original["Reply-To"] or original["From"])
    subject = str(original["Subject"])
    message_id = str(original["Message-ID"])
    quoted = "".join(f"> {line}\n" for line in text_of(original).splitlines()) if quote else ""
    body = f"{text}\n\nOn Mon, 5 Jan 2026 at 10:00, {parseaddr(to)[1]} wrote:\n{quoted}" if quote else text
    return new_mail(
        sender,
        body,
        **{
            "To": to,
            "Subject": subject if subject.startswith("Re:") else f"Re: {subject}",
            "In_Reply_To": message_id,
            "References": f"{original['References'] or ''} {message_id}".strip(),
        }
        | headers,
    )


def address_of(header: object) -> str:
    """The bare address in a header such as From or Reply-To."""
    return parseaddr(str(header))[1]


def text_of(mail: EmailMessage) -> str:
    """The plain part."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def html_of(mail: EmailMessage) -> str:
    """The HTML part, '' if there is none."""
    body = mail.get_body(("html",))
    return str(body.get_content()) if body is not None else ""
