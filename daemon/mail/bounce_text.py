"""Bounces of mail servers that write for people only: qmail, Exim, old Sendmail, Exchange, web mailers.

The words above the returned message are scanned line by line: a line that begins with an address names a recipient, the
lines up to the next one say why. Where no line does, the address behind "to:" or "recipient" counts.
"""

from __future__ import annotations

import re

from daemon.core.values import BouncedRecipient
from daemon.mail.bounce_reason import Verdict, judge

ADDRESS = r"[^\s<>\"'(),;:\[\]|]{1,64}@[A-Za-z0-9_.-]{1,253}[A-Za-z0-9]"
AT_START = re.compile(
    rf"\s{{0,12}}(?:[-*>•]{{1,4}}\s?|(?:To|Recipient|Recipients?|RCPT TO|"
    rf"Address|Failed recipient|User|Addressee|Intended recipient)"
    rf"\s?:\s?)?"
    rf"(?:[45]\d\d )?[\"'\[(]?<?({ADDRESS})>?[\"'\])]?\s{{0,3}}(?:$|[:;,(|<-]|\.\.\.|on\s|\s)",
    re.IGNORECASE,
)
NAMED = re.compile(
    rf"(?:\bto|recipients?|user|addressee|address(?:es)?|mailbox|rcpt to|"
    rf"mail for|for|account|size|attempts|undeliverable)\s?(?:is|are|"
    rf"was)?\s?[:=]?\s{{0,3}}[\"'\[(]?<?({ADDRESS})",
    re.IGNORECASE,
)
ANY = re.compile(rf"<?({ADDRESS})>?")
RETURNED = re.compile(
    r"\s*(?:[-=*_>#]{2,60}\s{0,3})?(?:below this line|(?:this is |"
    r"here is |a copy of |the )?(?:a copy of the|original|returned|"
    r"undelivered|unsent|message headers|"
    r"the header of the original|headers? of the original|the following is|"
    r"text of|full text|copy of) ?(?:message|mail|e-?mail|headers?|"
    r"body|follow)|message (?:headers?|header) follow|"
    r"unsent message|received:\s|return-path:\s|the first \d+ |original message|begin message|message-id:)",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"warning message only|has(?: not yet)? been delayed|not yet been delivered|"
    r"will (?:be retried|keep trying|continue to try)|still (?:trying|"
    r"being)|"
    r"delivery (?:is |has been )?delayed|temporary (?:error|failure|"
    r"problem)|message delayed|do not need to resend|is queued",
    re.IGNORECASE,
)
MOST_LINES = 400
MOST_CHARACTERS = 50_000


def read_text(text: str, not_these: frozenset[str]) -> tuple[BouncedRecipient, ...]:
    """The recipients that ``text`` names, but for ``not_these`` (addresses of the bounce itself, in lower case)."""
    lines = above_the_returned(text).split("\n")
    found: dict[str, list[str]] = {}
    current: list[str] = []
    before: list[str] = []
    for line in lines:
        match = AT_START.match(line) if "@" in line and len(line) < 1000 else None
        if match and match[1].lower() not in not_these:
            current = found.setdefault(match[1], [])
            current.append(line)
        elif found:
            current.append(line)
        else:
            before.append(line)
    if not found:
        for line in lines:
            match = NAMED.search(line) if "@" in line and len(line) < 1000 else None
            if match and match[1].lower() not in not_these:
                found.setdefault(match[1], lines)
    return tuple(_recipient(address, reason, before) for address, reason in list(found.items())[:100])


def _recipient(address: str, about: list[str], before: list[str]) -> BouncedRecipient:
    words = " ".join(" ".join(about).split())
    verdict = judge(words.replace(address, ""), None, None)
    if verdict.reason == "undefined":
        verdict = judge(" ".join(" ".join([*about, *before]).split()), None, None)
    return described(address, verdict, [*before, *about])


def described(address: str, verdict: Verdict, lines: list[str]) -> BouncedRecipient:
    """The recipient with what the words say of the attempt: that it failed, or that it goes on."""
    delayed = DELAYED.search(" ".join(" ".join(lines).split())[:4000]) is not None
    return BouncedRecipient(
        address.rstrip("."),
        verdict.status,
        verdict.smtp_code,
        "delayed" if delayed else "failed",
        verdict.reason,
        verdict.permanent and not delayed,
    )


def above_the_returned(text: str) -> str:
    """What the mail server says, without the message that it returns."""
    kept: list[str] = []
    for line in text[:MOST_CHARACTERS].split("\n")[:MOST_LINES]:
        if len(kept) > 1 and RETURNED.match(line[:200]):
            break
        kept.append(line)
    return "\n".join(kept)
