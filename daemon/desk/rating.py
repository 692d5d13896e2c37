"""How a customer was served, by the link in a letter: a page that asks, and a click that answers.

The link bears a token of this person on this ticket. It says nothing to anyone else, and lapses some months after the
ticket is closed. Rating again replaces; the last word counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.values import Instant
from daemon.desk.change import rate
from daemon.desk.house import House
from daemon.store import facts, people, ratings

DAY = 86_400
RATE_WITHIN = 90 * DAY
HIGHEST = 10**12


@dataclass(frozen=True, slots=True)
class Rating:
    """What the page shows: whose desk it is, and what this person said last, if anything. ``lapsed``: too late.

    ``ticket`` is the number that this person knows, ``about`` the ticket that it was merged into, else the same.
    """

    ticket: int
    about: int
    person: int
    desk: str
    language: str
    said: bool | None
    lapsed: bool


def question(house: House, ticket: int, token: str) -> Rating | None:
    """What the page behind a link shows; None for a link that is not genuine. Reads only."""
    person = _rater(house, ticket, token)
    if person is None:
        return None
    known = facts.ticket(ticket, None, None, house.now())
    while known is not None and known.merged_into is not None:
        known = facts.ticket(known.merged_into, None, None, house.now())
    assert known is not None
    desk = house.desk(known.desk)
    said, late = ratings.last(known.id, person), lapsed(known.closed_at, house.now())
    return Rating(ticket, known.id, person, desk.title, desk.language, said, late)


def by_click(house: House, ticket: int, token: str, positive: bool) -> bool:
    """Note a rating, in the writer's transaction; False if the link is not genuine or has lapsed."""
    asked = question(house, ticket, token)
    if asked is None or asked.lapsed:
        return False
    if asked.said is not positive:
        rate(house, asked.about, positive, "rated-by-customer", asked.person)
    return True


def _rater(house: House, ticket: int, token: str) -> int | None:
    """Who was given this token: one of all who were ever on the ticket."""
    persons = facts.customers(ticket) if 0 < ticket < HIGHEST else ()
    found = house.keyring.rater(token, ticket, persons)
    return people.today(found) if found is not None else None


def lapsed(closed_at: Instant | None, now: Instant) -> bool:
    """Whether a ticket was closed too long ago for the links of its mails."""
    return closed_at is not None and now - closed_at > RATE_WITHIN
