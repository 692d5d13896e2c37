"""Looking for tickets by what is said in them: the language of ``core.query`` in the words of each database.

Each term is looked for in all of a ticket: its subject, its messages with the names of what is attached, its requester
and, for agents, notes and the tickets that were merged into it. Who is no agent (``notes`` False) is shown none of
these. A set of numbers is made of each term, but for a word that stands everywhere beside one that hardly does: that
one is looked for in the few tickets that the other leaves.

Ranking. Of the tickets that match, the newest (``Dialect.most``) are in order of how many of the words stand in their
subject or requester, words that stand everywhere not counted; where that is the same, and for all older ones, the newer
comes first. A ticket's rank depends on itself alone: measures that weigh a word by how rare it is (BM25) would move
what was shown already when another ticket arrives.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import peewee as pw

from daemon.core.query import SearchError, Term, parse
from daemon.store.dialects import EVERYWHERE, Sql, dialect, marked, run
from daemon.store.indexing import SHIFT

__all__ = ["Search", "SearchError", "ranked"]

T = TypeVar("T")

PLACES = {"anywhere": EVERYWHERE, "from": ("who",), "subject": ("subject",)}
TICKET = f"number >> {SHIFT}"


def ranked(text: str, limit: int, offset: int = 0, *, notes: bool) -> list[int]:
    """The numbers of so many tickets that a search finds, the best first; SearchError with a sentence."""
    asked = Search(text, notes=notes)
    wanted = max(asked.most, limit + offset)
    numbers = asked.newest(lambda since: asked.numbers(since, wanted), wanted)
    if offset < asked.most:
        numbers[: asked.most] = asked.best_first(numbers[: asked.most])
    return numbers[offset : offset + limit]


class Search:
    """A search within one read, in which it is looked at once how common its words are. ``notes``: for an agent.

    SearchError with a sentence for a text that cannot be read. ``most``: how many of the newest tickets are told apart
    by how well they answer it; none where all its words stand everywhere.
    """

    def __init__(self, text: str, *, notes: bool) -> None:
        self.terms = parse(text)
        self._notes = notes
        self._counts = _counts(self.terms, notes)
        self._telling = [term for term, count in self._counts.items() if not term.negated and count < dialect().common]
        self.most = dialect().most if self._telling else 0

    def tickets(self, since: int = 0) -> pw.Node:
        """The numbers of the tickets that it finds, from a number on, for ``Ticket.id.in_``."""
        found = _matching(self.terms, self._counts, self._notes, since)
        return pw.SQL(f"({marked(found.text)})", found.values)

    def numbers(self, since: int, limit: int) -> list[int]:
        """The same, the newest first."""
        found = _matching(self.terms, self._counts, self._notes, since)
        return [row[0] for row in run(f"{found.text} ORDER BY t.id DESC LIMIT ?", *found.values, limit)]

    def newest(self, look: Callable[[int], list[T]], wanted: int) -> list[T]:
        """What ``look`` finds of the newest so many tickets, from a number on that is lowered until it is as much as is
        ``wanted``; at last from 0 on. Of words that stand everywhere not all is read."""
        sought = [count for term, count in self._counts.items() if not term.negated]
        steps: list[int] = []
        if sought and min(sought) >= dialect().common:
            last = run("SELECT MAX(id) FROM ticket")[0][0] or 0
            steps = [last - newest for newest in dialect().newest if newest < last]
        for since in steps:
            if len(found := look(since)) >= wanted:
                return found
        return look(0)

    def best_first(self, numbers: Sequence[int], alike: frozenset[int] = frozenset()) -> list[int]:
        """These tickets, at most ``most``, the best first; those that are ``alike`` are not told apart."""
        ranks = _ranks(self._telling, [number for number in numbers if number not in alike])
        return sorted(numbers, key=lambda number: (-ranks[number], -number))


def _counts(terms: Iterable[Term], notes: bool) -> dict[Term, int]:
    """In how many entries each term stands, about, up to where it stands everywhere."""
    ways = dialect()
    ways.heed_values()
    return {
        term: ways.count(ways.sought(term, _places(term, notes)), "person" if term.place == "from" else "ticket")
        for term in terms
        if term.place in PLACES
    }


def _matching(terms: Sequence[Term], counts: dict[Term, int], notes: bool, since: int) -> Sql:
    """The numbers of tickets, from ``since`` on where it is not 0, for which all terms hold."""
    few = min((count for term, count in counts.items() if not term.negated), default=dialect().few) < dialect().few
    sets: list[Sql] = []
    conditions = [Sql("t.id >= ?", (since,))] if since else []
    of_few: list[Sql] = []
    for term in sorted(terms, key=lambda term: counts.get(term, 0)):
        one_by_one = few and term.place != "from" and counts.get(term, 0) >= dialect().common
        if one_by_one:
            holds = _one_by_one(term, notes)
        elif term.place == "from":
            holds = _from(term)
        elif term.place in PLACES:
            entries = dialect().entries(dialect().sought(term, _places(term, notes)), since)
            holds = Sql(_within(f"e{len(sets)}", notes))
            sets.append(Sql(f"e{len(sets)} (number) AS MATERIALIZED ({entries.text})", entries.values))
        else:
            holds = Sql(OWN[term.place], term.words)
        (of_few if one_by_one else conditions).append(Sql(f"NOT {holds.text}", holds.values) if term.negated else holds)
    chosen = _all("SELECT t.id, t.requester_id FROM ticket t", conditions)
    if of_few:  # a set of its own, lest the database asks for these before it knows which are few
        sets.append(Sql(f"few (id, requester_id) AS MATERIALIZED ({chosen.text})", chosen.values))
        chosen = _all("SELECT t.id FROM few t", of_few)
    else:
        chosen = _all("SELECT t.id FROM ticket t", conditions)
    made = f"WITH {', '.join(one.text for one in sets)} " if sets else ""
    return Sql(made + chosen.text, (*(value for one in sets for value in one.values), *chosen.values))


def _all(chosen: str, conditions: Sequence[Sql]) -> Sql:
    """Those of which all conditions hold."""
    where = " AND ".join(one.text for one in conditions)
    return Sql(f"{chosen} WHERE {where}", tuple(value for one in conditions for value in one.values))


OWN = {"status": "(t.status = ?)", "tag": "(t.id IN (SELECT ticket_id FROM ticket_tag WHERE tag = ?))"}
"""Conditions on a ticket itself."""


def _within(entries: str, notes: bool) -> str:
    """That the ticket ``t`` is one of those whose entries, or whose requester's, are in a set."""
    said = f"SELECT {TICKET} FROM {entries} WHERE number > 0"
    ways = [said, f"SELECT r.id FROM ticket r WHERE r.requester_id IN (SELECT -number FROM {entries} WHERE number < 0)"]
    if notes:
        merged = f"IS NOT NULL AND m.id IN ({said})"
        ways.append(f"SELECT m.merged_into_id FROM ticket m WHERE m.merged_into_id {merged}")
    return f"(t.id IN ({' UNION ALL '.join(ways)}))"


def _one_by_one(term: Term, notes: bool) -> Sql:
    """That a term stands in the ticket ``t``, for which its entries alone are looked at."""
    ways = dialect()
    sought = ways.sought(term, _places(term, notes))
    kinds = [_from(term)] if term.place == "anywhere" else []
    kinds.append(Sql(_there(ways.holds.format("t")), (sought,)))
    if notes:
        merged = f"m.merged_into_id = t.id AND {_there(ways.holds.format('m'))}"
        kinds.append(Sql(_there(f"SELECT 1 FROM ticket m WHERE {merged}"), (sought,)))
    return Sql(f"({' OR '.join(kind.text for kind in kinds)})", tuple(value for kind in kinds for value in kind.values))


def _there(question: str) -> str:
    """That a question has an answer. EXISTS says the same, and lets PostgreSQL find all answers before the first."""
    return f"(({question} LIMIT 1) IS NOT NULL)"


def _from(term: Term) -> Sql:
    """That a term stands in the name or an address of the requester of the ticket ``t``."""
    return Sql(f"(t.requester_id IN ({dialect().persons}))", (dialect().sought(term, ("who",)),))


def _places(term: Term, notes: bool) -> tuple[str, ...]:
    """Where a term may stand in entries."""
    return tuple(place for place in PLACES[term.place] if notes or place != "notes")


def _ranks(terms: Sequence[Term], numbers: Sequence[int]) -> Counter[int]:
    """How many of the terms stand in the subject of each of these tickets, and in its requester."""
    found: Counter[int] = Counter()
    if len(numbers) < 2:
        return found
    ways = dialect()
    marks = ", ".join("?" * len(numbers))
    theirs = f"SELECT id FROM ticket WHERE id IN ({marks}) AND requester_id IN ({ways.persons})"
    for term in terms:
        if term.place != "from":
            found.update(number for (number,) in ways.among(ways.sought(term, ("subject",)), numbers))
        if term.place != "subject":
            found.update(number for (number,) in run(theirs, *numbers, ways.sought(term, ("who",))))
    return found
