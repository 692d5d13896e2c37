"""What the search looks in: entries of folded words, written in the transaction of what they are about.

Each message has an entry, with its subject and the names of what is attached; a ticket has one where its subject is
no longer that of its first message; a person one with their names and addresses: a ticket's requester is looked up when
it is searched for, so that a new name costs one entry. What clients do not see (notes, machines' mail, answers that
are not out yet, and the subject under which an agent wrote one) has a place of its own in an entry. The ``number`` of
an entry is that of the ticket and the message in one, so that those of a ticket lie together; a person's is below 0.

SQLite: ``search``, an FTS5 table that keeps its words, for without them it could not forget any. Its tokenizer is
``ascii``, which leaves words as they are folded here. PostgreSQL: ``search_entry``, a tsvector with one weight a place.
All entries are made anew when the database's are of another ``VERSION``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import peewee as pw

from daemon.core import folding
from daemon.store import query
from daemon.store.prepared import Prepared, Slot
from daemon.store.tables import About, Attachment, MailAddress, Message, Person, Ticket, database

VERSION = "2"
"""Of the words that stand in entries: another one where they are folded otherwise."""
PLACES = ("subject", "who", "words", "notes")
SHIFT = 31
MERGING = "INSERT INTO search (search, rank) VALUES ('automerge', 8)"  # half the writing, a little more to read
TABLE = f"CREATE VIRTUAL TABLE search USING fts5 ({', '.join(PLACES)}, tokenize = 'ascii')"
AT_ONCE = 500
MOST_PLACES = 16_383
MERGED_AT_ONCE = 1_000

SAID = Prepared(
    Message.select(Message.ticket, Message.kind, Message.state, Message.subject, Message.words).where(
        Message.id == Slot("message")
    )
)
NAMES = Prepared(
    Attachment.select(Attachment.name).where(Attachment.message == Slot("message")).order_by(Attachment.part)
)
SUBJECT = Prepared(Ticket.select(Ticket.subject).where(Ticket.id == Slot("ticket")))
FIRST = Prepared(
    Message.select(Message.subject)
    .where(Message.ticket == Slot("ticket"), Message.state == "filed", Message.kind == "customer")
    .order_by(Message.id)
    .limit(1)
)
SELF = (Person.id == Slot("person")) | (Person.joined_into == Slot("person"))
CALLED = Prepared(Person.select(Person.name).where(SELF).order_by(Person.id))
ADDRESSES = Prepared(
    MailAddress.select(MailAddress.address).where(MailAddress.person == Slot("person")).order_by(MailAddress.key)
)
PUT_SQLITE = "INSERT OR REPLACE INTO search (rowid, subject, who, words, notes) VALUES (?, ?, ?, ?, ?)"
PUT_POSTGRESQL = (
    "INSERT INTO search_entry (number, ticket_id, person_id, found) VALUES (%s, %s, %s, %s::tsvector) "
    "ON CONFLICT (number) DO UPDATE SET found = excluded.found"
)
Run = Callable[[Callable[[], Any]], Any]


def index_message(message: int) -> None:
    """Let a message be found as it stands now: with other words, released, withdrawn."""
    row = SAID.first(message=message)
    assert row is not None
    ticket, kind, state, subject, words = row
    if state == "withdrawn":
        _drop(_number(ticket, message))
        index_ticket(ticket)
    else:
        add_message(message, ticket, kind, state, subject, words, NAMES.column(message=message))


def add_message(
    message: int, ticket: int, kind: str, state: str, subject: str, words: str, names: Iterable[str] = ()
) -> None:
    """Let a message be found; ``names`` are those of what is attached."""
    said = " ".join((words, *names))
    if state == "filed" and kind == "customer":
        _put(_number(ticket, message), subject=subject, words=said)
    elif state == "filed" and kind == "agent":
        _put(_number(ticket, message), words=said, notes=subject)  # it went out under the ticket's own subject
    else:
        _put(_number(ticket, message), notes=f"{subject} {said}")


def index_ticket(ticket: int) -> None:
    """Let a ticket be found by its subject, unless it is that of its first message, which is found by it."""
    subject = SUBJECT.value(ticket=ticket)
    if subject == FIRST.value(ticket=ticket):
        _drop(_number(ticket))
    else:
        _put(_number(ticket), subject=subject)


def index_person(person: int) -> None:
    """Let the tickets of somebody be found by their names and addresses, and by those of who turned out to be them."""
    add_person(person, *CALLED.column(person=person), *ADDRESSES.column(person=person))


def add_person(person: int, *called: str) -> None:
    """Let the tickets of somebody be found by these names and addresses."""
    _put(-person, who=" ".join(called))


def rebuild(run: Run) -> None:
    """Make all entries anew, in steps that ``run`` is given, each for a transaction of its own.

    Meanwhile what is not yet in them is not found; what is written meanwhile is.
    """
    run(_clear)
    for index, table in ((index_person, Person), (index_ticket, Ticket), (index_message, Message)):
        last = 0
        while numbers := query.column(table.select(table.id).where(table.id > last).order_by(table.id).limit(AT_ONCE)):
            run(partial(_each, index, tuple(numbers)))
            last = numbers[-1]
    run(_note_version)


def _each(index: Callable[[int], None], numbers: Iterable[int]) -> None:
    for number in numbers:
        index(number)


def is_current() -> bool:
    """Whether the entries are of this version."""
    known = About.get_or_none(About.key == "search")
    return known is not None and known.value == VERSION


def purge(run: Run) -> None:
    """Let no trace remain in the index of words that were dropped from it, in steps that ``run`` is given.

    SQLite alone leaves such: a word stays in older parts of the index until these are merged. What a PostgreSQL keeps
    of dropped rows goes with its VACUUM.
    """
    if not is_sqlite():
        return
    pages = -MERGED_AT_ONCE
    while run(partial(_merge, pages)) > 1:
        pages = MERGED_AT_ONCE


def _merge(pages: int) -> int:
    """Merge so many pages of the index, all parts into one where negative; how many rows that changed, 1 for none."""
    before = _changes()
    database.execute_sql("INSERT INTO search (search, rank) VALUES ('merge', ?)", (pages,))
    return _changes() - before


def _changes() -> int:
    return int(database.connection().total_changes)


def _clear() -> None:
    """Begin with no entry; to take each out of FTS5 would last longer than to make it."""
    About.delete().where(About.key == "search").execute()
    if is_sqlite():
        database.execute_sql("DROP TABLE search")
        database.execute_sql(TABLE)
        database.execute_sql(MERGING)
    else:
        database.execute_sql("TRUNCATE search_entry")


def _note_version() -> None:
    About.insert(key="search", value=VERSION).on_conflict_ignore().execute()


def _number(ticket: int, message: int = 0) -> int:
    return ticket << SHIFT | message


def _drop(number: int) -> None:
    if is_sqlite():
        database.execute_sql("DELETE FROM search WHERE rowid = ?", (number,))
    else:
        database.execute_sql("DELETE FROM search_entry WHERE number = %s", (number,))


def _put(number: int, *, subject: str = "", who: str = "", words: str = "", notes: str = "") -> None:
    """Write an entry, in place of one that is there."""
    texts = [folding.words(text) if text else [] for text in (subject, who, words, notes)]
    if is_sqlite():
        database.execute_sql(PUT_SQLITE, (number, *map(" ".join, texts)))
    else:
        ticket, person = (number >> SHIFT, None) if number > 0 else (None, -number)
        database.execute_sql(PUT_POSTGRESQL, (number, ticket, person, _vector(texts)))


def _vector(words: Iterable[Iterable[str]]) -> str:
    """Words as PostgreSQL reads them, each with the places at which it stands."""
    places: dict[str, list[str]] = {}
    at = 0
    for weight, some in zip("ABCD", words, strict=True):
        for word in some:
            at += 1
            places.setdefault(word, []).append(f"{min(at, MOST_PLACES)}{weight}")
        at += 1  # no phrase goes over from one place to the next
    return " ".join(f"'{word}':{','.join(at)}" for word, at in places.items())


def is_sqlite() -> bool:
    """Which of the two the database is."""
    return isinstance(database.obj, pw.SqliteDatabase)
