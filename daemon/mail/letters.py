"""The mails that the desk writes: one function for each kind, values in, a ``Letter`` out.

Those to customers and to the operator stand here, those to agents in ``agents_letters``.

Rules:
- What a customer gets looks like a mail from a person: subject kept, so that threads hold, and little around the words.
- To an address that has not proved itself goes no word that it did not vouch for: no subject, no display name, whatever
  the template says (invariant 10).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from markupsafe import Markup

from daemon.core.values import Address, Instant
from daemon.mail.answer import Words
from daemon.mail.cards import DeskCard
from daemon.mail.contexts import (
    Acknowledgement,
    Answer,
    Change,
    Context,
    Figures,
    Paused,
    Reminder,
    Report,
    SignIn,
    Status,
    values,
)
from daemon.mail.fields import clean
from daemon.mail.harmless import base_subject
from daemon.mail.letter import MARK, AutomaticReply, Enclosure, Letter
from daemon.mail.templates import Templates

__all__ = ["Desk", "Post", "base_subject"]

ORDINARY = "acknowledgement"


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


def acknowledgement(
    templates: Templates,
    desk: Desk,
    post: Post,
    number: int,
    subject: str,
    *,
    proved: bool,
    name: str = ORDINARY,
    page: str | None = None,
) -> Letter:
    """Tell a customer that a new ticket has come into being; ``name`` may be a template of the operator's own."""
    context = Acknowledgement(card(desk), number, _vouched(subject, number, proved), desk.signature, page)
    return made(templates, name, context, desk, _vouched_post(post, proved), number, "auto-replied")


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
    page: str | None = None,
) -> Letter:
    """Carry an agent's words to the customer; ``signature`` is the agent's own, '' = the desk's.

    ``proved`` keeps the subject that the customer's thread has had so far; the words are an agent's in any case.
    """
    context = Answer(
        card(desk),
        number,
        _vouched(subject, number, proved),
        clean(agent),
        words.text,
        words.html,
        signature or desk.signature,
        page,
    )
    letter = made(templates, "answer", context, desk, post, number, None, enclosures)
    return replace(letter, sender=Address(f"{agent} ({desk.title})", desk.address))


def status(
    templates: Templates,
    desk: Desk,
    post: Post,
    kind: Change,
    number: int,
    subject: str,
    *,
    proved: bool,
    rate: str | None = None,
    page: str | None = None,
) -> Letter:
    """Tell a customer what became of the ticket; ``rate`` is the page that asks how they were served."""
    context = Status(kind, card(desk), number, _vouched(subject, number, proved), desk.signature, rate, page)
    return made(templates, "status", context, desk, _vouched_post(post, proved), number, "auto-generated")


def reminder(
    templates: Templates,
    desk: Desk,
    post: Post,
    number: int,
    subject: str,
    *,
    proved: bool,
    page: str | None = None,
) -> Letter:
    """Remind a customer that a word from them is missing."""
    context = Reminder(card(desk), number, _vouched(subject, number, proved), desk.signature, page)
    return made(templates, "reminder", context, desk, _vouched_post(post, proved), number, "auto-generated")


def sign_in(templates: Templates, desk: Desk, post: Post, link: str, minutes: int) -> Letter:
    """Send someone the link by which they sign in to the portal."""
    context = SignIn(card(desk), link, minutes, desk.signature)
    return made(templates, "sign-in", context, desk, post, 0, "auto-generated")


def report(templates: Templates, desk: Desk, post: Post, what: Report) -> Letter:
    """Tell the operator of a mail that was quarantined or failed."""
    what = replace(
        what, subject=clean(what.subject)[:300], from_text=clean(what.from_text)[:300], detail=clean(what.detail)[:1000]
    )
    letter = made(templates, "report", what, desk, post, 0, "auto-generated")
    return replace(letter, sender=Address("Counterfoil", desk.address))


def paused(templates: Templates, desk: Desk, post: Post, what: Paused) -> Letter:
    """Tell the operator that a webhook hears nothing more."""
    letter = made(templates, "paused", replace(what, reason=clean(what.reason)), desk, post, 0, "auto-generated")
    return replace(letter, sender=Address("Counterfoil", desk.address))


def figures(templates: Templates, desk: Desk, post: Post, what: Figures, files: tuple[Enclosure, ...]) -> Letter:
    """A report: the sentences that matter first, its charts in place, the PDF beside."""
    letter = made(templates, "figures", what, desk, post, 0, "auto-generated", files)
    return replace(letter, sender=Address("Counterfoil", desk.address))


def made(
    templates: Templates,
    name: str,
    context: Context,
    desk: Desk,
    post: Post,
    number: int,
    automatic: AutomaticReply | None,
    enclosures: tuple[Enclosure, ...] = (),
) -> Letter:
    """A letter from its template; ``number`` is that of the ticket, 0 where there is none."""
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


def card(desk: Desk) -> DeskCard:
    """The desk as templates see it."""
    return DeskCard(desk.title, desk.address)


def _vouched(subject: str, number: int, proved: bool) -> str | None:
    return (base_subject(subject, number) or None) if proved else None


def _vouched_post(post: Post, proved: bool) -> Post:
    if proved:
        return post
    to, cc = (tuple(Address("", one.address) for one in people) for people in (post.to, post.cc))
    return replace(post, to=to, cc=cc)


def template_values(context: Context) -> dict[str, object]:
    """The variables of a context with its sanitised HTML declared as such."""
    variables = values(context)
    if variables.get("words_html"):
        variables["words_html"] = Markup(variables["words_html"])  # noqa: S704 - sanitised when the mail was read
    return variables
