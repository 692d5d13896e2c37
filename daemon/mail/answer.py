"""What an agent wrote, and nothing else (invariant 28).

Each mail of ours about a ticket begins with the mark ``[cf:above]``, and each further block of it bears a mark of its
own (``marks``), in every language, through every way of quoting. From an agent's reply:

- Mark there: what stands above it, without the line in which the mail program introduces the quote. Is the mark itself
  quoted (``>``), unquoted lines below it are the agent's as well; is it not, all the rest is ours.
- Mark gone, but another mark of ours there, or a line of the notification outside the quotes: withheld.
- No mark at all: the agent removed the quote; the new words go.
- Nothing left, one of our marks or addresses among the words, or a text longer than any answer: withheld. Never "show
  everything".

HTML goes along only if its text is the same as these words, letter by letter; otherwise HTML is made from the text.
``leaks`` is the second lock behind this one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from daemon.core.commands.closing import signature_start
from daemon.core.commands.reading import Orders, read
from daemon.core.values import Mail
from daemon.mail import phrases
from daemon.mail.leaks import leaks
from daemon.mail.marks import ABOVE, MARK
from daemon.mail.same_words import html_of
from daemon.mail.text import split_reply

__all__ = ["Withheld", "Words", "agent_words", "as_given", "leaks", "may_leave", "with_orders"]

LONGEST = 400_000
LONGEST_ATTRIBUTION = 4
SHORTEST_LINE_OF_OURS = 20

_ABOVE = re.compile(re.escape(ABOVE), re.IGNORECASE)
_ADDRESS_OF_OURS = re.compile(r"(?<![0-9A-Za-z])[bcu]?[0-9]{1,12}-[a-z2-7]{26}(?![0-9A-Za-z])", re.IGNORECASE)
_RULE = re.compile(r"[-_=*─—\s]{5,}|[-_=*]{2,}[^-_=*]{3,60}[-_=*]{2,}")


@dataclass(frozen=True, slots=True)
class Words:
    """What goes to the customer. ``html`` is sanitised and says the same as ``text``, or is None.

    ``orders`` are the commands that stood above it, and the note; without any, there were none to read.
    """

    text: str
    html: str | None = None
    orders: Orders = field(default_factory=Orders)


@dataclass(frozen=True, slots=True)
class Withheld:
    """Nothing may go: ``marker-missing``, ``our-words-outside``, ``no-words`` or ``too-long``."""

    because: str


def agent_words(mail: Mail, notification: str = "") -> Words | Withheld:
    """Take an agent's own words out of a reply; ``notification`` is the text that was answered, where it is known."""
    text = mail.text.replace("\r\n", "\n")
    if len(text) > LONGEST:
        return Withheld("too-long")
    found = _ABOVE.search(text)
    if found:
        above, below = _around(text, found.start())
        if _repeats(below, notification):
            return Withheld("our-words-outside")
        new = "\n\n".join(part for part in (above, below) if part.strip())
    elif MARK.search(text) or MARK.search(mail.html or "") or _repeats(text, notification):
        return Withheld("marker-missing")
    else:
        new = _new(text)
    new = new.strip("\n")
    if not new.strip():
        return Withheld("no-words")
    if _holds_ours(new):
        return Withheld("our-words-outside")
    return Words(new, html_of(mail.html, new) if mail.html else None)


def as_given(mail: Mail) -> Words | Withheld:
    """The whole text of a mail as words, where nothing was quoted and nothing is a command."""
    text = mail.text.replace("\r\n", "\n").strip("\n")
    if len(text) > LONGEST:
        return Withheld("too-long")
    if _holds_ours(text):
        return Withheld("our-words-outside")
    return Words(text, None, Orders(words=text))


def with_orders(words: Words, mail: Mail, signatures: tuple[str, ...] = ()) -> Words:
    """Words apart from the commands in their head; ``signatures`` are those that the agent is known to use."""
    orders = read(words.text, signatures)
    if orders.note is not None:
        lines = orders.note.split("\n")
        own = "\n".join(lines[: signature_start(lines, signatures)]).rstrip()
        orders = replace(orders, note=own or orders.note)
    if not orders.commands and orders.note is None:
        return replace(words, orders=orders)
    html = html_of(mail.html, orders.words, orders.head) if mail.html and orders.words else None
    return Words(orders.words, html, orders)


def orders_alone(mail: Mail, signatures: tuple[str, ...] = ()) -> Words | None:
    """Commands and a note above a quote from which the words of an answer could not be told: these need no mark of
    ours, for they reach no customer. None where there is anything else."""
    words = with_orders(Words(mail.reply_text), mail, signatures)
    orders = words.orders
    only = bool(orders.commands) and not orders.strange and not words.text.strip()
    return Words("", None, orders) if only else None


def may_leave(words: str, mail: Mail) -> bool:
    """Whether a withheld reply may go with these words if its agent says so: none of ours among them, and not empty."""
    return not _holds_ours(words) and bool(words.strip() or mail.attachments)


def _holds_ours(words: str) -> bool:
    return bool(MARK.search(words) or _ADDRESS_OF_OURS.search(words))


def _around(text: str, start: int) -> tuple[str, str]:
    """The words above our mark and, where the mark is quoted, those between and below the quoted lines."""
    line_start = text.rfind("\n", 0, start) + 1
    before = text[line_start:start]
    is_quoted = before.lstrip().startswith(">")
    head = text[:line_start] + ("" if is_quoted else before)
    above = _new(_without_introduction(head) + "\n\n> " + ABOVE)
    return above.strip("\n"), _new("> " + text[start:]).strip("\n") if is_quoted else ""


def _new(text: str) -> str:
    """New words with a closing phrase, but without a signature that announces itself: the answer gets its own."""
    reply = split_reply(text)
    if reply.nothing_new:
        return ""
    lines = reply.new.rstrip().split("\n")
    first, *more = reply.signature.strip("\n").split("\n")
    if first.strip().strip("-_"):
        lines += ["", first, *more]
    lines = lines[: next((at for at, line in enumerate(lines) if line.rstrip() == "--"), len(lines))]
    while lines and (not lines[-1].strip() or _is_advertisement(lines[-1])):
        lines.pop()
    return "\n".join(lines)


def _is_advertisement(line: str) -> bool:
    """ "Sent from my phone", but not a sentence that begins so."""
    return bool(phrases.SENT_FROM.match(line)) and len(line) < 90 and not line.rstrip().endswith((".", "!", "?", ":"))


def _without_introduction(words: str) -> str:
    """Drop what a mail program put between the words and our mark, in a language that ``split_reply`` does not know.

    Either a block of ``label: value`` lines with an address in it, or up to four lines that end in a colon and hold an
    address or a date; and a rule above them.
    """
    lines = words.rstrip().split("\n")
    cut = _header_block(lines) or _attribution(lines)
    lines = lines[: len(lines) - cut]
    while lines and (not lines[-1].strip() or _RULE.fullmatch(lines[-1].strip())):
        lines.pop()
    return "\n".join(lines)


def _header_block(lines: list[str]) -> int:
    """How many lines at the end are mail headers: two or more labelled ones whose labels we know, in one block."""
    known, size = set(), 0
    for line in reversed(lines[-14:]):
        match = phrases.LABEL.match(line)
        kind = phrases.LABEL_KINDS.get(match[1].strip().lower()) if match else None
        if kind is None and (line.strip() and not line.startswith((" ", "\t"))):
            break
        size += 1
        if kind:
            known.add(kind)
    while size and not lines[len(lines) - size].strip():
        size -= 1
    return size if "from" in known and len(known) >= 2 else 0


def _attribution(lines: list[str]) -> int:
    for span in range(1, min(LONGEST_ATTRIBUTION, len(lines)) + 1):
        joined = " ".join(line.strip() for line in lines[-span:])
        if not joined.endswith((":", "：")) or len(joined) > 400 or not lines[-span].strip():
            return 0
        if phrases.ADDRESS.search(joined) and phrases.DATE.search(joined):
            return span
    return 0


def _repeats(text: str, notification: str) -> bool:
    """Whether a whole line of our notification stands in the mail without being quoted."""
    ours = {line for line in map(_plain, notification.split("\n")) if len(line) >= SHORTEST_LINE_OF_OURS}
    return any(_plain(line) in ours for line in text.split("\n")) if ours else False


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
