"""To whom an agent's answer goes (invariant 29): nobody twice, nobody who has the mail already."""

from __future__ import annotations

from collections.abc import Iterable

from daemon.core.acts import Deed, Joining, Requesting
from daemon.core.plan import Facts, TicketFacts
from daemon.core.values import Address


def receivers(ticket: TicketFacts, facts: Facts) -> tuple[int, ...]:
    """Those to whom an agent's answer goes: the participants, less those whom it has reached already."""
    author = facts.author.person if facts.author else None
    return tuple(p for p in sorted(ticket.participants) if p != author and p not in facts.reached)


def receivers_after(deeds: Iterable[Deed], ticket: TicketFacts, facts: Facts) -> tuple[int | Address, ...]:
    """The same, with those whom an agent's commands bring in, and without those whom they take out."""
    author = facts.author.person if facts.author else None
    copied = {one.key for one in facts.copied}
    people: dict[int | Address, None] = dict.fromkeys(receivers(ticket, facts))
    for deed in deeds:
        if not isinstance(deed, Joining | Requesting):
            continue
        who = _known(deed.who, facts)
        if isinstance(deed, Joining) and not deed.joins:
            people.pop(who, None)
        elif who != author and who not in facts.reached and not (isinstance(who, Address) and who.key in copied):
            people[who] = None
    return tuple(people)


def _known(who: Address | int, facts: Facts) -> Address | int:
    """The person of an address, if anybody is known at it."""
    return who if isinstance(who, int) else facts.office.people.get(who.key, who)
