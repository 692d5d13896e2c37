"""The cards of people, and two persons who turn out to be one: by the operator's or an agent's word."""

from __future__ import annotations

import re
from collections.abc import Iterable

from daemon.core.plan import Event, Plan
from daemon.core.values import Address
from daemon.desk import promising
from daemon.desk.house import House
from daemon.mail.fields import clean
from daemon.store import facts, joining, lives, people
from daemon.store.people import Contact

LONGEST = {"name": 200, "phone": 60, "organisation": 200, "remark": 4_000}
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]+)?")
PARTED = "persons-parted"


class NoContact(Exception):
    """The card cannot be shown or changed; one sentence says why, or what would be right."""


def card(address: str) -> Contact:
    """The card of whoever has this address. Reads rows."""
    found = people.contact(_at(address))
    assert found is not None
    return found


def change(house: House, address: str, wanted: dict[str, str]) -> Contact:
    """Write name, phone, organisation, remark or language (``none`` forgets it) on a card.

    In the writer's transaction.
    """
    number = _at(address)
    if "name" in wanted and _is_agent(house, number):
        raise NoContact(f"{address} is an agent, whose name stands in the configuration; change it there")
    people.write(number, {name: _value(name, text) for name, text in wanted.items()})
    return card(address)


def join(house: House, address: str, other: str) -> Contact:
    """Make two persons one, under the number of the first: all that is still the other's becomes theirs.

    In the writer's transaction.
    """
    person, gone = _at(address), _at(other)
    if person == gone:
        raise NoContact(f"{address} and {other} are one person already; see: counterfoil contact show {address}")
    _no_agents(house, (person, address), (gone, other))
    _hand_over(house, gone, person, joining.requested(gone), joining.taking_part(gone), joining.JOINED)
    joining.join(person, gone)
    return card(address)


def split(house: House, address: str) -> Contact:
    """Make the owner of one of several addresses a person of their own again; the card of that person.

    An address that came by a join goes back to who had it, with all that came with it and is still there; another one
    is somebody new from now on, and tickets stay where they are. In the writer's transaction.
    """
    person, key = _at(address), Address("", address).key
    _no_agents(house, (person, address))
    origin = joining.origin(key)
    if not joining.stays(person, key, origin):
        raise NoContact(f"{address} is the only address of its person; there is nothing to split")
    if origin is None:
        joining.part(key, person, house.now())
        return card(address)
    asked = joining.came_from(origin, joining.requested(person))
    part = joining.came_from(origin, joining.taking_part(person))
    _hand_over(house, person, origin, asked, part, PARTED)
    joining.revive(origin, person)
    return card(address)


def _hand_over(
    house: House, person: int, to: int, requested: Iterable[int], taking_part: Iterable[int], because: str
) -> None:
    """Move tickets from one person to another, each with an event."""
    now = house.now()
    asked = set(requested)
    for number in sorted(asked | set(taking_part)):
        at = max(now, lives.last_event_at(number))
        if number in asked:
            told = Event("field_changed", because, at, None, "requester", person, to, data=(("field", "requester"),))
        else:
            told = Event("field_changed", because, at, data=(("field", "participant"), ("from", person), ("to", to)))
        ticket = facts.ticket(number, None, None, now)
        assert ticket is not None
        promising.carry_out(house, Plan("filed", because, number, events=(told,)), None, ticket.desk, None, now)
        joining.take_part(number, person, to)


def _at(address: str) -> int:
    number = people.at(address)
    if number is None:
        raise NoContact(f"nobody is known at {address}; see: counterfoil contact list")
    return number


def _is_agent(house: House, number: int) -> bool:
    return any(agent.person == number for agent in house.agents)


def _no_agents(house: House, *persons: tuple[int, str]) -> None:
    for number, address in persons:
        if _is_agent(house, number):
            raise NoContact(f"{address} is an agent, who is nobody else; agents stand in the configuration")


def _value(name: str, text: str) -> str | None:
    if name == "language":
        if text == "none":
            return None
        if not LANGUAGE.fullmatch(text):
            raise NoContact(f"{text!r} is no language; write one such as de, pt-BR or none")
        return text
    text = text.strip() if name == "remark" else clean(text)
    if len(text) > LONGEST[name]:
        raise NoContact(f"the {name} has {len(text)} characters; write at most {LONGEST[name]}")
    return text
