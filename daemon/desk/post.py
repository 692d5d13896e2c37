"""Outgoing mail: from a Plan's letters to bytes in the outbox.

Runs in the writer's transaction: Message-ID and bytes are fixed with the decision that they follow from, and a repeat
of the delivery is recognisable.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import cast

from daemon.core.plan import Outgoing, Plan
from daemon.core.values import Address
from daemon.desk import to_agents, writing
from daemon.desk.arrival import Arrival
from daemon.desk.drafting import Shared, Writing
from daemon.desk.house import House
from daemon.desk.words import secrets_of
from daemon.mail.address import message_id
from daemon.mail.compose import compose
from daemon.mail.leaks import leaks
from daemon.mail.letter import Letter
from daemon.store import commit, facts, outbox
from daemon.store import raw as kept
from daemon.store.commit import Written
from daemon.store.facts import KnownPerson

TO_CUSTOMERS = ("acknowledgement", "answer", "status", "reminder")
OF_ANOTHER_TICKET = ("sheet", "merged", "unmerged")
KINDS = dict.fromkeys(("opened", "replied", "assigned", "noted", "mentioned", "answered", "crossed"), "notification")
KINDS |= {"unmerged": "merged"}
WITH_BOUNCE_ADDRESS = ("answer", "notification", "merged")
NOBODY = 0


class SecretInLetter(Exception):
    """A letter to a customer holds what only agents may see; nothing of its plan is kept."""


def send(house: House, plan: Plan, written: Written, arrival: Arrival, inbound: int, now: int) -> None:
    """Compose and queue every letter of a Plan. All copies of an answer in a thread bear one Message-ID (invariant 29):
    those who came by a merge have a thread of their own, and hear nothing of the other."""
    if house.mute:
        return
    desk, ticket = arrival.to.desk, written.ticket
    alike = Shared()
    shared = _shared(house, plan, written, desk)
    for outgoing in plan.outgoing:
        person = _reader(outgoing, written)
        if person is None:
            continue
        token = house.keyring.token(ticket or 0, person.id)
        to_customer = ticket is not None and outgoing.kind in TO_CUSTOMERS
        number = facts.thread_of(ticket, person.id) if ticket is not None and to_customer else ticket or 0
        copy = shared.get(number) if outgoing.kind == "answer" else None
        mid = copy or _message_id(house, desk, number, person.id)
        letter = writing.write(
            Writing(house, plan, written, arrival, inbound, now, outgoing, person, mid, token, alike)
        )
        if to_customer and ticket is not None and leaks(letter, secrets_of(house, {ticket})):
            raise SecretInLetter(outgoing.kind)
        kind, about, message = KINDS.get(outgoing.kind, outgoing.kind), ticket, written.message
        if outgoing.kind in OF_ANOTHER_TICKET:  # not that of the mail at hand; and it shows that one's newest words
            about = cast(int, dict(outgoing.data)["number"])
            message = facts.newest_message(about)
        queue(house, letter, kind, desk, now, ticket=about, message=message, person=person.id)


def _shared(house: House, plan: Plan, written: Written, desk: str) -> dict[int, str]:
    """The Message-IDs of answers of which several copies go out, by the number under which their readers know it."""
    ticket = written.ticket
    readers = [_reader(outgoing, written) for outgoing in plan.outgoing if outgoing.kind == "answer"]
    threads = Counter(facts.thread_of(ticket, one.id) for one in readers if ticket is not None and one is not None)
    return {number: _message_id(house, desk, number, NOBODY) for number, copies in threads.items() if copies > 1}


def _reader(outgoing: Outgoing, written: Written) -> KnownPerson | None:
    """Whoever a letter is for; None for someone without an address."""
    if isinstance(outgoing.to, Address):
        return facts.person_at(outgoing.to.key)
    who = commit.who(outgoing.to, written.author)
    return facts.person(who) if who is not None else None


def _message_id(house: House, desk: str, number: int, person: int) -> str:
    return message_id(number, house.keyring.token(number, person), house.nonce(), house.domain(desk))


def failures(
    house: House, plan: Plan, written: Written, row: outbox.Waiting, response: str, gave_up: bool, now: int
) -> None:
    """Tell the agents of an answer that the relay would not take."""
    for outgoing in plan.outgoing:
        person, ticket = facts.person(cast(int, outgoing.to)), written.ticket
        if person is None or ticket is None:
            continue
        token = house.keyring.token(ticket, person.id)
        mid = _message_id(house, row.desk, ticket, person.id)
        agent = house.agent(person.id)
        letter = to_agents.failure(
            house,
            house.stationery(row.desk, agent.language if agent else None),
            to_agents.to_agent(house, row.desk, ticket, person, mid, token, now),
            ticket,
            row,
            response,
            now,
            gave_up=gave_up,
        )
        queue(house, letter, "failure", row.desk, now, ticket=ticket, message=written.message, person=person.id)


def queue(
    house: House,
    letter: Letter,
    kind: str,
    desk: str,
    now: int,
    *,
    ticket: int | None = None,
    message: int | None = None,
    person: int | None = None,
) -> None:
    """Fix a letter's bytes and put it into the outbox."""
    content = compose(letter)
    digest = hashlib.sha256(content).hexdigest()
    kept.keep(digest, content)
    commit.queue(
        desk=desk,
        ticket=ticket,
        message=message,
        person=person,
        kind=kind,
        recipient=letter.to[0].address,
        automatic=kind not in WITH_BOUNCE_ADDRESS,
        message_id=letter.message_id,
        sha256=digest,
        now=now,
    )
    house.has_queued = True
