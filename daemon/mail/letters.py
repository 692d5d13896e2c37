"""The mails that the desk writes: one function for each kind, values in, a ``Letter`` out.

Rules:
- What a customer gets looks like a mail from a person: subject kept, so that threads hold, and little around the words.
- To an address that has not proved itself goes no word that it did not vouch for: no subject, no display name, whatever
  the template says (invariant 10).
- A mail to an agent never looks like an answer: each of its blocks bears a mark (``marks``), and no text of others can
  set one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from markupsafe import Markup

from daemon.core.values import Address, Instant
from daemon.mail.answer import Words
from daemon.mail.contexts import (
    Acknowledgement,
    Alarm,
    Alert,
    Answer,
    Change,
    Confirmation,
    Context,
    DeskCard,
    Failure,
    Figures,
    File,
    Notification,
    Occasion,
    Reminder,
    Report,
    Status,
    TicketCard,
    values,
)
from daemon.mail.fields import clean
from daemon.mail.filters import wrapped
from daemon.mail.letter import MARK, AutomaticReply, Enclosure, Letter
from daemon.mail.marks import defused
from daemon.mail.templates import Templates

LONGEST_SUBJECT = 200
LONGEST_PREVIEW = 4_000
LONGEST_WORDS = 100_000
ORDINARY = "acknowledgement"
_REPLY_WORDS = "re|aw|antw|antwort|sv|vs|ref|rif|r|odp|ynt|回复|答复|返信"
_REPLY_PREFIX = re.compile(rf"(?:{_REPLY_WORDS})(?:\[\d{{1,3}}\])?\s?[:：]\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk that writes: its short name, its title and address as people see them, language, signature."""

    name: str
    title: str
    address: str
    language: str = "en"
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """What a letter needs from outside: its identity, its instant, its readers, its place in the thread.

    ``reply_to`` is the signed address, without a name; Message-IDs are without angle brackets.
    """

    message_id: str
    date: Instant
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()


def base_subject(subject: str, number: int | None = None) -> str:
    """A subject without its Re: and without the tag of this ticket, on one line, of at most 200 characters."""
    subject = clean(subject)
    if number:
        subject = clean(subject.replace(f"[#{number}]", " "))
    while match := _REPLY_PREFIX.match(subject):
        subject = subject[match.end() :]
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 1].rstrip() + "…"


def acknowledgement(
    templates: Templates, desk: Desk, post: Post, number: int, subject: str, *, proved: bool, name: str = ORDINARY
) -> Letter:
    """Tell a customer that a new ticket has come into being; ``name`` may be a template of the operator's own."""
    context = Acknowledgement(_card(desk), number, _vouched(subject, number, proved), desk.signature)
    return _letter(templates, name, context, desk, _vouched_post(post, proved), number, "auto-replied")


def notification(
    templates: Templates,
    desk: Desk,
    post: Post,
    kind: Occasion,
    author: Address,
    words: str,
    ticket: TicketCard,
    files: tuple[File, ...] = (),
    enclosures: tuple[Enclosure, ...] = (),
) -> Letter:
    """Tell one agent what a customer wrote, so that an answer to this mail answers the customer."""
    author = _harmless_person(author)
    ticket = _harmless_ticket(ticket)
    files = tuple(replace(file, name=defused(clean(file.name))) for file in files)
    context = Notification(kind, _card(desk), author, _beginning(words, LONGEST_WORDS), files, ticket)
    letter = _letter(templates, "notification", context, desk, post, ticket.number, "auto-generated", enclosures)
    via = f"{author.name or author.address.rpartition('@')[0]} via {desk.title}"
    reply_to = Address(via, post.reply_to) if post.reply_to else None
    return replace(letter, sender=Address(via, desk.address), reply_to=reply_to, text=wrapped(letter.text) + "\n")


def answer(
    templates: Templates,
    desk: Desk,
    post: Post,
    number: int,
    subject: str,
    agent: str,
    words: Words,
    signature: str = "",
    enclosures: tuple[Enclosure, ...] = (),
    *,
    proved: bool = True,
) -> Letter:
    """Carry an agent's words to the customer; ``signature`` is the agent's own, '' = the desk's.

    ``proved`` keeps the subject that the customer's thread has had so far; the words are an agent's in any case.
    """
    context = Answer(
        _card(desk),
        number,
        _vouched(subject, number, proved),
        clean(agent),
        words.text,
        words.html,
        signature or desk.signature,
    )
    letter = _letter(templates, "answer", context, desk, post, number, None, enclosures)
    return replace(letter, sender=Address(f"{agent} ({desk.title})", desk.address))


def status(
    templates: Templates, desk: Desk, post: Post, kind: Change, number: int, subject: str, *, proved: bool
) -> Letter:
    """Tell a customer what became of the ticket."""
    context = Status(kind, _card(desk), number, _vouched(subject, number, proved), desk.signature)
    return _letter(templates, "status", context, desk, _vouched_post(post, proved), number, "auto-generated")


def confirmation(
    templates: Templates,
    desk: Desk,
    post: Post,
    number: int | None,
    subject: str,
    because: str,
    words: str,
    link: str | None,
    hours: int,
) -> Letter:
    """Ask an agent about a held mail; ``post.reply_to`` is the confirm address, no ``link`` = it cannot be released."""
    subject = defused(base_subject(subject, number))
    context = Confirmation(_card(desk), number, subject, because, _beginning(words, LONGEST_PREVIEW), link, hours)
    return _letter(templates, "confirmation", context, desk, post, number or 0, "auto-generated")


def failure(
    templates: Templates,
    desk: Desk,
    post: Post,
    number: int,
    subject: str,
    recipient: Address,
    response: str,
    *,
    gave_up: bool,
) -> Letter:
    """Tell an agent that an answer did not arrive."""
    context = Failure(
        _card(desk),
        number,
        defused(base_subject(subject, number)),
        _harmless_person(recipient),
        defused(clean(response))[:1000],
        gave_up,
    )
    return _letter(templates, "failure", context, desk, post, number, "auto-generated")


def alert(
    templates: Templates,
    desk: Desk,
    post: Post,
    kind: Alarm,
    ticket: TicketCard,
    metric: str = "",
    due: str = "",
    share: int = 0,
    level: int = 0,
) -> Letter:
    """Tell an agent what the clock did to a ticket."""
    context = Alert(kind, _card(desk), _harmless_ticket(ticket), metric, due, share, level)
    return _letter(templates, "alert", context, desk, post, ticket.number, "auto-generated")


def reminder(templates: Templates, desk: Desk, post: Post, number: int, subject: str, *, proved: bool) -> Letter:
    """Remind a customer that a word from them is missing."""
    context = Reminder(_card(desk), number, _vouched(subject, number, proved), desk.signature)
    return _letter(templates, "reminder", context, desk, _vouched_post(post, proved), number, "auto-generated")


def report(templates: Templates, desk: Desk, post: Post, what: Report) -> Letter:
    """Tell the operator of a mail that was quarantined or failed."""
    what = replace(
        what, subject=clean(what.subject)[:300], from_text=clean(what.from_text)[:300], detail=clean(what.detail)[:1000]
    )
    letter = _letter(templates, "report", what, desk, post, 0, "auto-generated")
    return replace(letter, sender=Address("Counterfoil", desk.address))


def figures(templates: Templates, desk: Desk, post: Post, what: Figures, files: tuple[Enclosure, ...]) -> Letter:
    """A report: the sentences that matter first, its charts in place, the PDF beside."""
    letter = _letter(templates, "figures", what, desk, post, 0, "auto-generated", files)
    return replace(letter, sender=Address("Counterfoil", desk.address))


def _letter(
    templates: Templates,
    name: str,
    context: Context,
    desk: Desk,
    post: Post,
    number: int,
    automatic: AutomaticReply | None,
    enclosures: tuple[Enclosure, ...] = (),
) -> Letter:
    rendered = templates.render(desk.language, name, **template_values(context))
    return Letter(
        message_id=post.message_id,
        date=post.date,
        sender=Address(desk.title, desk.address),
        to=post.to,
        cc=post.cc,
        reply_to=Address(desk.title, post.reply_to) if post.reply_to else None,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        in_reply_to=post.in_reply_to,
        references=post.references,
        automatic=automatic,
        headers=((MARK, f"{desk.name}/{number}"),),
        enclosures=enclosures,
    )


def _card(desk: Desk) -> DeskCard:
    return DeskCard(desk.title, desk.address)


def _vouched(subject: str, number: int, proved: bool) -> str | None:
    return (base_subject(subject, number) or None) if proved else None


def _vouched_post(post: Post, proved: bool) -> Post:
    if proved:
        return post
    to, cc = (tuple(Address("", one.address) for one in people) for people in (post.to, post.cc))
    return replace(post, to=to, cc=cc)


def _harmless_ticket(ticket: TicketCard) -> TicketCard:
    subject = defused(base_subject(ticket.subject, ticket.number))
    return replace(ticket, subject=subject, requester=_harmless_person(ticket.requester))


def _beginning(words: str, most: int) -> str:
    words = defused(words).strip()
    return words if len(words) <= most else words[:most].rstrip() + " […]"


def _harmless_person(person: Address) -> Address:
    name = defused(clean(person.name))[:100]
    return Address("" if "@" in name else name, defused(clean(person.address)))  # a name is no place for an address


def template_values(context: Context) -> dict[str, object]:
    """The variables of a context with its sanitised HTML declared as such."""
    variables = values(context)
    if variables.get("words_html"):
        variables["words_html"] = Markup(variables["words_html"])  # noqa: S704 - sanitised when the mail was read
    return variables
