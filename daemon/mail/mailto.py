"""``mailto:`` URLs: a tap on one opens a mail to us that is written already (RFC 6068)."""

from __future__ import annotations

from urllib.parse import quote

from daemon.mail.fields import clean

LONGEST_SUBJECT = 60
"""Characters of the subject: it is for people, and some programs take no URL of more than 2,000."""

_ADDRESS = "@+!$'*=_.~-"


def mailto(address: str, subject: str = "", body: str = "") -> str:
    """A URL that opens a mail with these; its address stays legible, so that a token in it can be found."""
    subject = clean(clean(subject)[:LONGEST_SUBJECT])
    body = body.replace("\n", "\r\n")
    fields = "&".join(f"{name}={quote(text, safe='')}" for name, text in (("subject", subject), ("body", body)) if text)
    return f"mailto:{quote(address, safe=_ADDRESS)}" + (f"?{fields}" if fields else "")
