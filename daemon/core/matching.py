"""To which ticket does a mail belong? (invariant 12)

From, display name, Sender, Reply-To, a Message-ID or a number in the subject alone grant nothing. In this order:

1. *token*: a reply token that verified joins its ticket; whose words they are still says From;
2. *reference*: In-Reply-To or References name a Message-ID stored on a ticket, and the author is known there;
3. *subject tag*: ``[#1042]``, the author is known there, and this mail's authorship is proved;
4. otherwise nothing: a new ticket, linked to the one that was claimed.

Known on a ticket are its participants, its agents, and whoever was named in To or Cc of a filed message.
A match with a merged ticket is a match with the one it went into.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from daemon.core.plan import Facts, TicketFacts

TAG = re.compile(r"\[#([1-9][0-9]{0,11})\]")
_PREFIX = re.compile(
    r"\s*(?:(?:re|aw|wg|fw|fwd|sv|vs|rv|tr|antw|odp|res|ynt|回复|答复|转发)\s*(?:\[\d{1,3}\]|\(\d{1,3}\))?\s*[:：])",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Match:
    """The ticket, or None with the one that was claimed in vain, and the rule that said so."""

    ticket: TicketFacts | None
    because: str
    claimed: int | None = None


def tag_in(subject: str) -> int | None:
    """The ticket number of a subject's ``[#n]``, the last one if there are several."""
    found = TAG.findall(subject)
    return int(found[-1]) if found else None


def plain_subject(subject: str) -> str:
    """A subject without reply prefixes and our tag, at most 250 characters; linear in its length."""
    position = 0
    while match := _PREFIX.match(subject, position):
        position = match.end()
    return " ".join(TAG.sub(" ", subject[position:]).split())[:250].rstrip()


def match(facts: Facts, proved: bool) -> Match:
    """Find the ticket of a mail from what is known of it; ``proved`` is the verdict on its authorship."""
    if facts.token and (ticket := _final(facts, facts.token.ticket)):
        own = facts.author is not None and facts.author.person == facts.token.person
        return Match(ticket, "reply-token" if own else "reply-token-of-another")
    claimed = None
    for number in facts.referenced:
        if ticket := _final(facts, number):
            if _known(facts, number, ticket):
                return Match(ticket, "reference-from-known-author")
            claimed = claimed or ticket.id
    if facts.tagged is not None and (ticket := _final(facts, facts.tagged)):
        if proved and _known(facts, facts.tagged, ticket):
            return Match(ticket, "subject-tag-from-proved-author")
        claimed = claimed or ticket.id
    return Match(None, "claim-unproved" if claimed else "no-ticket-named", claimed)


def _final(facts: Facts, number: int) -> TicketFacts | None:
    """Follow merges, without trusting them to end."""
    for _ in range(32):
        ticket = facts.tickets.get(number)
        if ticket is None or ticket.merged_into is None:
            return ticket
        number = ticket.merged_into
    return None


def _known(facts: Facts, number: int, ticket: TicketFacts) -> bool:
    if facts.author is None:
        return False
    if facts.author.agent:
        return True
    named = facts.tickets[number]
    return (
        facts.author.person in named.participants
        or named.named
        or facts.author.person in ticket.participants
        or ticket.named
    )
