"""What follows from a mail that bears no agent's From: it joins a ticket, or it opens one.

A machine's mail joins and opens like a person's, changes no status and is never answered; only a machine's answer that
belongs to nothing goes no further than the ledger.
"""

from __future__ import annotations

from daemon.core import hearing, matching, placing
from daemon.core.acts import Joining, News
from daemon.core.case import Case, move, notices, told_of
from daemon.core.plan import Event, Filing, Opening, Outgoing, Plan, TicketFacts
from daemon.core.status import after_customer_wrote
from daemon.core.values import Instant

ANSWERS_OF_MACHINES = frozenset({"auto-reply", "receipt", "feedback", "challenge"})
MOST_COPIED = 20
SURE_SIGNS_OF_AN_ANSWER = frozenset({"auto-submitted", "null-sender"})


def from_customer(case: Case) -> Plan:
    """Join the ticket that the mail belongs to (invariant 12), else open one."""
    match = matching.match(case.facts, case.proves_address)
    automatic = case.screened.automatic
    if automatic is not None and automatic.kind in ANSWERS_OF_MACHINES:
        sent = case.facts.sent
        ticket = match.ticket or (case.facts.tickets.get(sent.ticket) if sent and sent.ticket else None)
        if ticket is not None:
            return _file_quietly(case, ticket, match.because if match.ticket else "answer-to-our-mail")
        if case.screened.because in SURE_SIGNS_OF_AN_ANSWER:
            return Plan("ignored", "automatic-reply-to-no-ticket")
    proves = match.because == "reply-token" or case.proves_address
    if match.ticket is None:
        return open_ticket(case, match.because, ((match.claimed, "mentioned"),) if match.claimed else (), proves)
    if automatic is not None:
        return _file_quietly(case, match.ticket, match.because)
    if _closed_too_long(case, match.ticket):
        links = ((match.ticket.id, "follow-up"),)
        return open_ticket(case, match.because, links, proves, subject=match.ticket.subject)
    return _join(case, match.ticket, match.because, proves)


def _join(case: Case, ticket: TicketFacts, because: str, proves: bool) -> Plan:
    at = case.at(ticket)
    history: tuple[tuple[str, str], ...] = (("by", "history"),) if case.envelope.silent else ()
    replied = Event("customer_replied", because, at, "author", data=history)
    moved = move(ticket, after_customer_wrote(ticket.status), "customer-replied", at, "author")
    letters: tuple[Outgoing, ...] = ()
    news: tuple[News, ...] = ()
    if ticket.status != "spam":
        letters, news = hearing.of_customers_mail("replied", case.facts, ticket.team, ticket.assignee, ticket.watchers)
    if case.screened.answerable and (told := told_of(ticket, after_customer_wrote(ticket.status))) == "reopened":
        letters += notices(ticket, told, ("author",), case.policy)
    filing = Filing("customer", "filed", because, case.evidence.because, case.evidence.detail)
    return Plan(
        "filed",
        because,
        ticket.id,
        filing=filing,
        events=(replied, *moved, *settled(ticket, "customer-replied", at)),
        outgoing=letters,
        proves=proves,
        deeds=_copied(case, proves, at),
        news=news,
    )


def settled(ticket: TicketFacts, because: str, at: Instant) -> tuple[Event, ...]:
    """That an answer did not arrive matters no longer."""
    if ticket.undelivered is None:
        return ()
    return (Event("delivery_settled", because, at, None, "undelivered", ticket.undelivered, None),)


def _copied(case: Case, proves: bool, at: Instant) -> tuple[Joining, ...]:
    """Whom a proved customer copied takes part, where the desk is set to it (invariant 13)."""
    if not (proves and case.facts.desk.cc_joins) or case.envelope.silent:
        return ()
    return tuple(Joining(one, True, "copied-by-customer", at, None) for one in case.facts.copied[:MOST_COPIED])


def _file_quietly(case: Case, ticket: TicketFacts, because: str) -> Plan:
    event = Event("automatic_received", case.screened.because, case.at(ticket), "author")
    filing = Filing("automatic", "filed", because, case.evidence.because, case.evidence.detail)
    return Plan("filed", because, ticket.id, filing=filing, events=(event,))


def open_ticket(
    case: Case, because: str, links: tuple[tuple[int, str], ...], proves: bool, subject: str | None = None
) -> Plan:
    """A new ticket, acknowledged where its author may be answered, told to its assignee or team, unless it is part of a
    flood; of one that a rule takes for spam nobody hears."""
    facts, screened, at = case.facts, case.screened, case.envelope.received_at
    placed = placing.place(case)
    if facts.sibling is not None:
        links = (*links, (facts.sibling, "same-mail"))
    agent = facts.author is not None and facts.author.agent
    by = "agent" if agent else "automatic" if screened.automatic else "customer"
    letters: list[Outgoing] = []
    news: tuple[News, ...] = ()
    if screened.answerable and facts.desk.acknowledge and not placed.spam:
        letters.append(Outgoing("acknowledgement", "author", screened.because, placed.template))
    if not screened.quiet and not placed.spam:
        told, news = hearing.of_customers_mail("opened", facts, placed.team, placed.assignee)
        letters += told
    return Plan(
        "filed",
        because,
        opening=Opening(subject or matching.plain_subject(case.mail.subject), facts.desk.team, at),
        filing=Filing(
            "automatic" if screened.automatic else "customer",
            "filed",
            because,
            case.evidence.because,
            case.evidence.detail,
        ),
        events=(
            Event(
                "ticket_opened",
                because,
                at,
                "author",
                data=(
                    ("answered", screened.because),
                    ("by", "history" if case.envelope.silent else by),
                    *placed.unassigned,
                ),
            ),
            *placed.events,
        ),
        outgoing=tuple(letters),
        links=links,
        proves=proves,
        deeds=_copied(case, proves, at),
        news=news,
    )


def _closed_too_long(case: Case, ticket: TicketFacts) -> bool:
    if ticket.status != "closed" or ticket.closed_at is None:
        return False
    return case.envelope.received_at - ticket.closed_at > case.policy.follow_up_after
