"""A customer's search on both databases: what they may read is found by them, and nothing else tells them anything."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from daemon.core import folding
from daemon.core.query import parse, stands
from daemon.core.values import Address
from daemon.store import client_search, commit, dialects, indexing, listing, people, query
from daemon.store.db import Store
from daemon.store.listing import Wanted
from daemon.store.search import Search
from daemon.store.tables import Message, Participant
from tests.store.test_search import opened, says

OWNER, LATER = Address("Anna Müller", "anna@example.net"), Address("Cleo", "cleo@example.org")
JOINED_AT = 100


@pytest.fixture
def later(store: Store) -> tuple[int, int]:
    """Somebody who was added to a ticket in which something was said before: the ticket, and they."""

    def join() -> int:
        person = commit.person(LATER, "", 0)
        owner = people.at(OWNER.address)
        Participant.insert(ticket=ticket, person=owner, since=0).execute()
        Participant.insert(ticket=ticket, person=person, since=JOINED_AT).execute()
        for words, author in (("Now a heron.", owner), ("My own stork.", person)):
            message = says(ticket, words)
            Message.update(at=JOINED_AT, author=author).where(Message.id == message).execute()
        return person

    ticket = opened(store, "Printer", "Before that, a zebra.", by=OWNER)
    return ticket, store.write(join).result(5)


def finds(store: Store, text: str, person: int) -> list[int]:
    """The tickets that somebody's own search finds."""

    def read() -> list[int]:
        wanted = Wanted(theirs=person, found=client_search.condition(Search(text, notes=False), person))
        return [place.ticket for place in listing.page(wanted, "createdAt", descending=True, after=None, limit=50)]

    return store.read(read)


def test_who_came_later_finds_what_was_said_since_and_what_the_ticket_shows(
    store: Store, later: tuple[int, int]
) -> None:
    ticket, person = later
    for text in ("heron", "stork", "her*", "printer", "subject:printer heron", '"Anna Müller"', "from:anna", "-zebra"):
        assert finds(store, text, person) == [ticket], text
    for text in ("zebra", "zeb*", '"a zebra"', "printer zebra", "-heron", "-printer", "from:cleo", "status:closed"):
        assert finds(store, text, person) == [], text


def test_whose_ticket_it_is_finds_all_of_it(store: Store, later: tuple[int, int]) -> None:
    ticket, _ = later
    owner = store.read(lambda: people.at(OWNER.address))
    assert owner is not None
    assert finds(store, "zebra stork", owner) == finds(store, "from:anna", owner) == [ticket]


TEXT = st.text(alphabet="abAB é東京-. ", max_size=20)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=TEXT, wanted=TEXT, phrase=st.booleans(), star=st.sampled_from(["", "*"]))
@example(said="a b a", wanted="a b", phrase=True, star="*")
def test_a_term_stands_in_a_text_where_the_index_finds_it(
    store: Store, said: str, wanted: str, phrase: bool, star: str
) -> None:
    text = f'"{wanted}"{star}' if phrase else f"{wanted.strip()}{star}"
    if not folding.words(text):
        return
    terms = parse(text)
    ticket = opened(store, "", said)
    number = store.read(lambda: query.first(Message.select(Message.id).where(Message.ticket == ticket)))
    assert number is not None
    entry = ticket << indexing.SHIFT | number[0]
    ways = dialects.dialect()
    for term in terms:
        sought = ways.sought(term, ("subject", "words"))
        in_index = store.read(lambda sought=sought: ways.of(sought, [entry]))  # type: ignore[misc]
        assert stands(term, folding.words(said)) == bool(in_index)
