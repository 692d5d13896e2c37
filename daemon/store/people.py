"""People as rows: their card, their addresses, their language, and persons who turn out to be one.

When two persons become one, what was written and done stays under the number of who was known then, for events are
append-only; addresses, tickets and places in conversations go over, each ticket with an event that says so.
``selves`` are all the numbers that one person ever had.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from daemon.core.people import languages
from daemon.core.values import Address, Instant
from daemon.store import indexing, query
from daemon.store.prepared import Prepared, Slot, Slots
from daemon.store.tables import MailAddress, Participant, Person, Ticket


@dataclass(frozen=True, slots=True)
class Contact:
    """The card of a person; of ``addresses`` the one they are written to comes first, ``tickets`` are those they opened
    or are in, the newest first."""

    id: int
    name: str
    language: str | None
    phone: str
    organisation: str
    remark: str
    created_at: Instant
    addresses: tuple[str, ...] = ()
    proved: frozenset[str] = frozenset()
    tickets: tuple[int, ...] = ()


AT = Prepared(MailAddress.select(MailAddress.person).where(MailAddress.key == Slot("key")))
ADDRESSES = Prepared(
    MailAddress.select(MailAddress.address, MailAddress.proved_at)
    .where(MailAddress.person == Slot("person"))
    .order_by(MailAddress.proved_at.is_null(), MailAddress.key)
)
TONGUES = Prepared(Person.select(Person.language, Person.other_language).where(Person.id == Slot("person")))
SELVES = Prepared(Person.select(Person.id).where(Person.joined_into.in_(Slots("persons"))))
JOINED_INTO = Prepared(Person.select(Person.joined_into).where(Person.id == Slot("person")))
CARD = (Person.id, Person.name, Person.language, Person.phone, Person.organisation, Person.remark, Person.created_at)


def at(address: str) -> int | None:
    """The person at this address, in any spelling."""
    number: int | None = AT.value(key=Address("", address).key)
    return number


def other_addresses(person: int, but: str) -> tuple[str, ...]:
    """The addresses of a person besides this one, those that they proved first."""
    key = Address("", but).key
    return tuple(one for one, _ in ADDRESSES.rows(person=person) if Address("", one).key != key)


def selves(persons: Iterable[int]) -> tuple[int, ...]:
    """These persons, and after them those who were joined into them."""
    wanted = tuple(dict.fromkeys(persons))
    return (*wanted, *SELVES.column(persons=wanted)) if wanted else ()


def today(person: int) -> int:
    """Who somebody is by now: themselves, or whom they were joined into."""
    return int(JOINED_INTO.value(person=person) or person)


def hear(person: int, written: str | None) -> None:
    """Learn a person's language from a mail of theirs."""
    if written is None:
        return
    before = TONGUES.first(person=person)
    assert before is not None
    known, other = before
    after = languages(known, other, written)
    if after != (known, other):
        Person.update(language=after[0], other_language=after[1]).where(Person.id == person).execute()


def contact(number: int) -> Contact | None:
    """Somebody's card."""
    row = query.first(Person.select(*CARD).where(Person.id == number))
    if row is None:
        return None
    asked = query.column(Ticket.select(Ticket.id).where(Ticket.requester == number))
    part = query.column(Participant.select(Participant.ticket).where(Participant.person == number))
    tickets = tuple(sorted({*asked, *part}, reverse=True))
    return _card(row, ADDRESSES.rows(person=number), tickets)


def contacts(words: str, limit: int, after: Contact | None = None, only: int | None = None) -> list[Contact]:
    """Cards of those in whose name, organisation or address these words stand, by name; without their tickets.

    ``after``: those that follow this person; ``only``: this one, if they are among them.
    """
    owning = Person.select(*CARD).join(MailAddress, on=(MailAddress.person == Person.id))
    wanted = owning.order_by(Person.name, Person.id).distinct().limit(limit)
    if after is not None:
        later = (Person.name == after.name) & (Person.id > after.id)
        wanted = wanted.where((Person.name > after.name) | later)
    if only is not None:
        wanted = wanted.where(Person.id == only)
    if words:
        wanted = wanted.where(
            Person.name.contains(words) | Person.organisation.contains(words) | MailAddress.address.contains(words)
        )
    rows = query.rows(wanted)
    theirs = (
        MailAddress.select(MailAddress.person, MailAddress.address, MailAddress.proved_at)
        .where(MailAddress.person.in_([row[0] for row in rows]))
        .order_by(MailAddress.proved_at.is_null(), MailAddress.key)
    )
    owned: dict[int, list[tuple[str, Instant | None]]] = {}
    for person, address, proved_at in query.rows(theirs):
        owned.setdefault(person, []).append((address, proved_at))
    return [_card(row, owned.get(row[0], [])) for row in rows]


def _card(row: Sequence[Any], addresses: Iterable[tuple[Any, ...]], tickets: tuple[int, ...] = ()) -> Contact:
    number, name, language, phone, organisation, remark, created_at = row
    owned = tuple(addresses)
    proved = frozenset(one for one, proved_at in owned if proved_at is not None)
    return Contact(
        number, name, language, phone, organisation, remark, created_at, tuple(one for one, _ in owned), proved, tickets
    )


def write(number: int, fields: dict[str, str | None]) -> None:
    """Change what stands on a card; a language set so is known, whatever the last mail was in."""
    if not fields:
        return
    more = {"other_language": None} if "language" in fields else {}
    Person.update(fields | more).where(Person.id == number).execute()
    indexing.index_person(number)
