"""The mails that the desk writes to its agents: one function for each kind, values in, a ``Letter`` out.

Rules:
- Each block of ours bears a mark (``marks``), and no text of others can set one (``harmless``).
- What is about a ticket begins with ``[cf:above]``: people answer the last mail of a conversation, whichever it is, and
  what is written above the mark goes to the customer. Questions, and what is about no ticket, begin with
  ``[cf:notice]``: no answer to them is meant for a customer.
- Lines are broken at 72 columns, a URL stands alone on its line: what a program breaks while quoting loses its ``>``.
- Words that an agent may well write again stand quoted, so that they are not taken for ours when they are.
- What belongs to a ticket keeps the subject of its thread; what is of the moment stands in the first line of ours.
"""

from __future__ import annotations

from dataclasses import replace

from daemon.core.values import Address
from daemon.mail.cards import Action, Changed, Earlier, File, TicketCard
from daemon.mail.contexts import (
    Alarm,
    Alert,
    Confirmation,
    Context,
    Digest,
    Failure,
    Help,
    Notification,
    Occasion,
    Queue,
    Receipt,
    Sheet,
    Unclear,
)
from daemon.mail.filters import wrapped
from daemon.mail.harmless import base_subject, beginning, harmless
from daemon.mail.letter import Enclosure, Letter
from daemon.mail.letters import Desk, Post, card, made
from daemon.mail.templates import Templates

LONGEST_PREVIEW = 4_000
LONGEST_MESSAGE = 4_000
LONGEST_EARLIER = 1_500
LONGEST_GLANCE = 280
LONGEST_RESPONSE = 1_000


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
    history: tuple[Earlier, ...] = (),
    actions: tuple[Action, ...] = (),
    by: str = "",
    other: int | None = None,
) -> Letter:
    """Tell one agent what was written, so that an answer to this mail answers the customer.

    ``history`` begins with the latest; ``by`` is the name of the colleague who gave the ticket to this agent,
    or merged the ``other`` one into it.
    """
    history = _cut(history, LONGEST_EARLIER)
    context = Notification(kind, card(desk), author, words, files, ticket, history, actions, by, other)
    letter = _to_agent(templates, "notification", context, desk, post, ticket.number, enclosures)
    author = harmless(author)
    via = f"{author.name or author.address.rpartition('@')[0]} via {desk.title}"
    reply_to = Address(via, post.reply_to) if post.reply_to else None
    return replace(letter, sender=Address(via, desk.address), reply_to=reply_to)


def sheet(templates: Templates, desk: Desk, post: Post, what: Sheet) -> Letter:
    """Show an agent a whole ticket; ``post.reply_to`` is the agent's address on it, an answer answers the customer."""
    what = replace(what, messages=_cut(what.messages, LONGEST_MESSAGE))
    return _to_agent(templates, "sheet", what, desk, post, what.ticket.number)


def receipt(templates: Templates, desk: Desk, post: Post, what: Receipt) -> Letter:
    """Tell an agent what a mail of theirs did."""
    what = replace(what, words=beginning(what.words, LONGEST_GLANCE))
    return _to_agent(templates, "receipt", what, desk, post, _number(what.ticket))


def unclear(templates: Templates, desk: Desk, post: Post, what: Unclear) -> Letter:
    """Tell an agent which commands were not understood; nothing was done."""
    what = replace(what, words=beginning(what.words, LONGEST_PREVIEW))
    return _to_agent(templates, "unclear", what, desk, post, _number(what.ticket))


def queue(templates: Templates, desk: Desk, post: Post, what: Queue) -> Letter:
    """List tickets for an agent, each to be answered from its line."""
    return _to_agent(templates, "queue", what, desk, post)


def digest(templates: Templates, desk: Desk, post: Post, what: Digest) -> Letter:
    """Tell an agent in the morning what waits and what happened."""
    news = tuple(replace(one, words=beginning(one.words, LONGEST_GLANCE)) for one in what.news)
    return _to_agent(templates, "digest", replace(what, news=news), desk, post)


def commands(templates: Templates, desk: Desk, post: Post, what: Help) -> Letter:
    """Tell an agent which commands there are."""
    return _to_agent(templates, "help", what, desk, post)


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
    recipients: tuple[Address, ...] = (),
    by_mail: str | None = None,
    discard_by_mail: str | None = None,
    shown: str = "",
    understood: tuple[str, ...] = (),
    changes: tuple[Changed, ...] = (),
    *,
    internal: bool = False,
) -> Letter:
    """Ask an agent about a held mail; ``post.reply_to`` is the confirm address, no ``link`` = it cannot be released.

    ``shown`` are newer words of others, which the agent had not seen; ``understood``, ``changes`` what would be done.
    """
    context = Confirmation(
        card(desk),
        number,
        base_subject(subject, number),
        because,
        beginning(words, LONGEST_PREVIEW),
        link,
        hours,
        recipients,
        by_mail,
        discard_by_mail,
        beginning(shown, LONGEST_PREVIEW),
        understood,
        changes,
        internal,
    )
    return _to_agent(templates, "confirmation", context, desk, post, number or 0)


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
    other: Address | None = None,
    ticket: TicketCard | None = None,
) -> Letter:
    """Tell an agent that an answer did not arrive; ``other`` is another address of the same customer."""
    context = Failure(
        card(desk),
        number,
        base_subject(subject, number),
        recipient,
        response[:LONGEST_RESPONSE],
        gave_up,
        other,
        ticket,
    )
    return _to_agent(templates, "failure", context, desk, post, number)


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
    context = Alert(kind, card(desk), ticket, metric, due, share, level)
    return _to_agent(templates, "alert", context, desk, post, ticket.number)


def _to_agent(
    templates: Templates,
    name: str,
    context: Context,
    desk: Desk,
    post: Post,
    number: int = 0,
    enclosures: tuple[Enclosure, ...] = (),
) -> Letter:
    letter = made(templates, name, harmless(context), desk, post, number, "auto-generated", enclosures)
    return replace(letter, text=wrapped(letter.text) + "\n")


def _number(ticket: TicketCard | None) -> int:
    return ticket.number if ticket else 0


def _cut(history: tuple[Earlier, ...], most: int) -> tuple[Earlier, ...]:
    return tuple(
        replace(one, words=one.words[:most].rstrip(), shortened=True) if len(one.words) > most else one
        for one in history
    )
