"""Clients sign in by a link sent to their address; no password, and nothing tells whether an address is known.

Rules:
- A link works once and for minutes, a session for hours; of both a digest is kept. A session begins under a new token.
- The link of one ticket, in a mail to its customer, opens that ticket alone. It lapses as the link to rate does.
- Agents never sign in here: their words act on what their mail door trusts, and on nothing else (invariant 11).
"""

from __future__ import annotations

from dataclasses import dataclass

from daemon.core.values import Address
from daemon.desk import links, post
from daemon.desk.house import House
from daemon.desk.rating import lapsed
from daemon.mail import letters
from daemon.mail.address import message_id
from daemon.store import clients, facts, people, sign_ins

HOUR, MINUTE = 3_600, 60
SIGN_IN = "sign-in"


@dataclass(frozen=True, slots=True)
class Visitor:
    """A client who is signed in; ``ticket`` is the one number to which a session is confined, if it is."""

    person: int
    name: str
    address: str
    ticket: int | None = None

    def may_see(self, number: int) -> bool:
        return self.ticket is None or self.ticket == number


def send_link(house: House, address: str, language: str, token: str) -> bool:
    """Send a link to an address that is known as a client's, within the limit for automatic mail.

    Runs in the writer's transaction.
    """
    now, key = house.now(), Address("", address).key
    known = facts.person_at(key)
    if known is None or _is_agent(house, known.id) or house.book.read(address) is not None:
        return False
    if facts.automatic_lately(key, (SIGN_IN,), now) >= house.policy.automatic_per_address:
        return False
    minutes = house.config.portal.link_minutes
    sign_ins.add(token, sign_ins.LINK, known.id, now, now + minutes * MINUTE)
    desk = next(one for one in house.config.desk if one.portal).name
    mid = message_id(0, house.keyring.token(0, known.id), house.nonce(), house.domain(desk))
    there = letters.Post(mid, now, (Address("", known.address),))
    link = links.sign_in(house, token)
    letter = letters.sign_in(house.templates, house.stationery(desk, language), there, link, minutes)
    post.queue(house, letter, SIGN_IN, desk, now, person=known.id)
    return True


def is_link(house: House, token: str) -> bool:
    """Whether a link would sign in now. Reads only."""
    found = sign_ins.find(token, house.now())
    return found is not None and found.is_link


def by_link(house: House, token: str, session: str) -> bool:
    """Use a link up and begin a session; False if it is none, or over. Runs in the writer's transaction."""
    now = house.now()
    found = sign_ins.find(token, now)
    if found is None or not found.is_link:
        return False
    sign_ins.use_up(token, now)
    sign_ins.add(session, sign_ins.SESSION, found.person, now, now + house.config.portal.session_hours * HOUR)
    return True


def reader_of(house: House, number: int, token: str) -> int | None:
    """Whose the link of a ticket is; None for one that is not genuine or has lapsed. Reads only."""
    persons = facts.customers(number) if 0 < number < clients.HIGHEST else ()
    found = house.keyring.reader(token, number, persons)
    person = people.today(found) if found is not None else None
    seen = clients.ticket(number, person) if person is not None else None
    if seen is None or _is_agent(house, person) or lapsed(seen.closed_at, house.now()):
        return None
    return person if house.desk(seen.desk).portal else None


def by_ticket_link(house: House, number: int, token: str, session: str) -> bool:
    """Begin a session that sees one ticket; False for a link that leads nowhere. Runs in the writer's transaction."""
    person, now = reader_of(house, number, token), house.now()
    if person is None:
        return False
    until = now + house.config.portal.session_hours * HOUR
    sign_ins.add(session, f"{sign_ins.OF_TICKET}{number}", person, now, until)
    return True


def visitor(house: House, session: str) -> Visitor | None:
    """Who this session belongs to; None if it is none, or over. Reads only."""
    found = sign_ins.find(session, house.now())
    if found is None or found.is_link:
        return None
    person = people.today(found.person)
    known = facts.person(person)
    if known is None or _is_agent(house, person):
        return None
    return Visitor(person, known.name, known.address, found.ticket)


def sign_out(house: House, session: str) -> None:
    """End a session. Runs in the writer's transaction."""
    sign_ins.use_up(session, house.now())


def _is_agent(house: House, person: int | None) -> bool:
    return any(agent.person == person for agent in house.agents)
