"""Letters that ask agents: about a mail that is held, and about lines that were not understood."""

from __future__ import annotations

from daemon.core import acts
from daemon.desk import forwards, to_agents
from daemon.desk.drafting import Writing
from daemon.desk.words import SECRET_INSIDE
from daemon.mail import agents_letters, letters
from daemon.mail.answer import may_leave
from daemon.mail.cards import Fault
from daemon.mail.contexts import Unclear
from daemon.mail.letter import Letter
from daemon.mail.letters import card
from daemon.mail.mailto import mailto
from daemon.store import dossier as rows

HOUR = 3_600
MOST_LATELY = 20


def question(w: Writing) -> Letter:
    """Ask about a held mail."""
    token = w.house.keyring.confirm_token(w.inbound)
    reply_to = w.house.book.confirm_address(w.desk.name, w.inbound, token)
    can = w.outgoing.because != SECRET_INSIDE and (
        w.written.message is None or bool(w.words.orders.commands) or may_leave(w.words.text, w.mail)
    )
    ticket = w.written.ticket or (w.arrival.to.number if w.arrival.to.kind == "reply" else None)
    crossed = w.outgoing.because.startswith("crosses")
    shown = _unseen(ticket, w.outgoing.because, w.person.address) if crossed and ticket else ""
    told = (w.plan.receipt if can else None) or acts.Receipt("dry")
    return agents_letters.confirmation(
        w.house.templates,
        w.desk,
        letters.Post(w.message_id, w.now, w.to, reply_to=reply_to),
        ticket,
        w.mail.subject,
        w.outgoing.because,
        (forwards.told(w.house, w.mail, w.arrival.to) or told.words or w.words.text) if can else "",
        f"{w.house.config.http.url}/confirm/{w.inbound}-{token}" if can else None,
        w.house.policy.confirm_within // HOUR,
        to_agents.addressed(told.recipients),
        mailto(reply_to, "Confirm", "confirm") if can else None,
        mailto(reply_to, "Discard", "discard"),
        shown,
        told.understood,
        to_agents.changed(w.house, told.changes),
        internal=told.internal,
    )


def _unseen(ticket: int, because: str, agent: str) -> str:
    """The newest words of whoever crossed with this agent."""
    kind = "customer" if because == "crosses-customer" else "agent"
    said = rows.said(ticket, limit=MOST_LATELY)
    return next((one.words for one in said if one.kind == kind and one.author.address != agent), "")


def unclear(w: Writing) -> Letter:
    """Which lines were not understood; a typo that is none can be sent as it stands."""
    releasable = w.outgoing.because == "command-unknown" and w.written.ticket is not None
    token = w.house.keyring.confirm_token(w.inbound)
    link = f"{w.house.config.http.url}/confirm/{w.inbound}-{token}"
    faults = tuple(Fault(f.line, f.because, f.argument, f.nearest) for f in w.plan.faults)
    ticket = to_agents.card_of(w) if w.written.ticket else None
    what = Unclear(
        card(w.desk),
        ticket,
        faults,
        w.words.text,
        link if releasable else None,
        link if releasable else None,
        w.house.policy.confirm_within // HOUR,
    )
    return agents_letters.unclear(w.house.templates, w.desk, to_agents.post_of(w), what)
