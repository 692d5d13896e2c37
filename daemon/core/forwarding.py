"""A customer's mail that an agent forwards to the desk: it opens a ticket for that customer.

It is certain who the customer is, or the agent is asked first; addresses of ours are never a customer's. What the agent
says above the forwarded mail becomes a note; the agent hears what was opened, and is told of the request like a
colleague where it is given to them. The customer wrote long ago, and to someone else: nothing is acknowledged,
and no promise runs before they write to the desk.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from daemon.core import hearing, matching
from daemon.core.acts import Changed, News, Receipt
from daemon.core.case import Case
from daemon.core.from_customer import open_ticket
from daemon.core.plan import Outgoing, Plan
from daemon.core.values import Forwarded

UNCERTAIN = "forward-uncertain"
NOBODY_NAMED = "forward-without-address"


def of_customer(forwarded: Forwarded | None, ours: frozenset[str]) -> tuple[Forwarded | None, bool]:
    """The forwarded mail that is a customer's, as far as can be told, and whether that is certain.

    ``ours`` are those of the addresses in it that are the desk's or an agent's. Where no address can be read, the best
    guess has none; (None, True) if nothing but mail of ours was forwarded.
    """
    if forwarded is None:
        return None, True
    strangers = [one for one in (forwarded, *forwarded.others) if one.sender.key not in ours]
    if not strangers:
        return None, True
    best = next((one for one in strangers if one.sender.address), strangers[0])
    return best, forwarded.certain and best is forwarded


def open_for_customer(case: Case, hold: Callable[[str], Plan]) -> Plan | None:
    """Open the ticket of the customer whose mail was forwarded, or ``hold`` it; None if it is no such mail.

    An agent who confirms a mail in which no address can be read opens a ticket of their own with all that stands in it.
    """
    forwarded, certain = of_customer(case.mail.forwarded, case.facts.ours)
    if forwarded is None:
        return None
    if not (certain or case.confirmed):
        return hold(UNCERTAIN if forwarded.sender.address else NOBODY_NAMED)
    if not forwarded.sender.address:
        own = open_ticket(_unanswerable(case), NOBODY_NAMED, (), proves=False)
        assert own.filing is not None
        return replace(own, filing=replace(own.filing, words=case.mail.text.replace("\r\n", "\n").strip()))
    subject = matching.plain_subject(forwarded.subject)
    plan = open_ticket(_unanswerable(case), "forwarded-by-agent", (), proves=False, subject=subject)
    assert plan.opening is not None
    assert plan.filing is not None
    assert case.mail.forwarded is not None
    note = case.mail.forwarded.above
    letters, news = _to_forwarder(case, plan)
    return replace(
        plan,
        opening=replace(plan.opening, requester=forwarded.sender),
        filing=replace(plan.filing, evidence="forwarded", seen=_seen(case), forwarded=forwarded),
        note=note,
        outgoing=(*plan.outgoing, *letters),
        news=(*plan.news, *news),
        receipt=Receipt("done", changes=(Changed("opened", "", _named(forwarded)),), words=note, internal=True),
    )


def _to_forwarder(case: Case, plan: Plan) -> tuple[tuple[Outgoing, ...], tuple[News, ...]]:
    """A receipt, and the mail to answer if the new ticket is the forwarder's."""
    author = case.facts.author
    assert author is not None
    assert author.person is not None
    mine = [e for e in plan.events if e.column == "assignee" and e.becomes == author.person]
    letters, news = hearing.told("opened", [author.person] if mine else [], case.facts, "assignee", away_too=True)
    if case.policy.receipts != "never":
        letters += (Outgoing("receipt", author.person, "forwarded-by-agent"),)
    return letters, news


def _named(forwarded: Forwarded) -> str:
    """Whose mail it is, as a receipt says it."""
    sender = forwarded.sender
    return f"{sender.name} <{sender.address}>" if sender.name else sender.address


def _seen(case: Case) -> str:
    """What stands behind the agent."""
    return "; ".join(filter(None, (case.evidence.because, case.evidence.detail)))


def _unanswerable(case: Case) -> Case:
    return replace(case, screened=replace(case.screened, answerable=False))
