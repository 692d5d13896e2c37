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
from collections.abc import Iterable, Sequence

import peewee as pw

from daemon.core.query import SearchError, Term, parse
from daemon.store.dialects import EVERYWHERE, Sql, dialect, marked, run
from daemon.store.indexing import SHIFT

__all__ = ["SearchError", "best_first", "most_ranked", "ranked", "tickets"]

FEW = 1_000
"""Entries up to which a word stands in hardly any."""
PLACES = {"anywhere": EVERYWHERE, "from": ("who",), "subject": ("subject",)}
TICKET = f"number >> {SHIFT}"


def tickets(text: str, *, notes: bool) -> pw.Node:
    """The numbers of the tickets that a search finds, for ``Ticket.id.in_``; SearchError with a sentence.

    Within a read, for it looks how common the words are. ``notes``: for an agent.
    """
    terms = parse(text)
    found = _matching(terms, _counts(terms, notes), notes, 0)
    return pw.SQL(f"({marked(found.text)})", found.values)


def ranked(text: str, limit: int, offset: int = 0, *, notes: bool) -> list[int]:
    """The numbers of so many tickets that a search finds, the best first; SearchError with a sentence."""
    terms = parse(text)
    counts = _counts(terms, notes)
    most = dialect().most
    numbers = _newest(terms, counts, notes, max(most, limit + offset))
    if offset < most:
        numbers[:most] = _ordered(counts, numbers[:most])
    return numbers[offset : offset + limit]


def most_ranked() -> int:
    """How many tickets are told apart by how well they answer a search."""
    return dialect().most


def best_first(text: str, numbers: Sequence[int], *, notes: bool, alike: frozenset[int] = frozenset()) -> list[int]:
    """These tickets, at most so many, that a search finds, the best first; SearchError with a sentence.

    Those that are ``alike`` are not told apart by their words.
    """
    return _ordered(_counts(parse(text), notes), numbers, alike)


def _ordered(counts: dict[Term, int], numbers: Sequence[int], alike: frozenset[int] = frozenset()) -> list[int]:
    telling = [term for term, count in counts.items() if not term.negated and count < dialect().common]
    ranks = _ranks(telling, [number for number in numbers if number not in alike])
    return sorted(numbers, key=lambda number: (-ranks[number], -number))


def _counts(terms: Iterable[Term], notes: bool) -> dict[Term, int]:
    """In how many entries each term stands, about, up to where it stands everywhere."""
    ways = dialect()
    return {
        term: ways.count(ways.sought(term, _places(term, notes)), "person" if term.place == "from" else "ticket")
        for term in terms
        if term.place in PLACES
    }


def _newest(terms: Sequence[Term], counts: dict[Term, int], notes: bool, wanted: int) -> list[int]:
    """So many tickets that match, the newest first; words that stand everywhere are looked for in the newest first."""
    last = run("SELECT MAX(id) FROM ticket")[0][0] or 0
    sought = [count for term, count in counts.items() if not term.negated]
    steps = [0]
    if sought and min(sought) >= dialect().common and last > dialect().newest:
        steps = [last - dialect().newest, 0]
    numbers: list[int] = []
    for since in steps:
        found = _matching(terms, counts, notes, since)
        numbers = [row[0] for row in run(f"{found.text} ORDER BY t.id DESC LIMIT ?", *found.values, wanted)]
        if len(numbers) == wanted:
            break
    return numbers


def _matching(terms: Sequence[Term], counts: dict[Term, int], notes: bool, since: int) -> Sql:
    """The numbers of tickets, from ``since`` on where it is not 0, for which all terms hold."""
    few = min((count for term, count in counts.items() if not term.negated), default=FEW) < FEW
    sets: list[Sql] = []
    conditions = [Sql("t.id >= ?", (since,))] if since else []
    for term in sorted(terms, key=lambda term: counts.get(term, 0)):
        if term.place == "from":
            holds = _from(term)
        elif few and counts.get(term, 0) >= dialect().common:
            holds = _one_by_one(term, notes)
        elif term.place in PLACES:
            entries = dialect().entries(dialect().sought(term, _places(term, notes)), since)
            holds = Sql(_within(f"e{len(sets)}", notes))
            sets.append(Sql(f"e{len(sets)} (number) AS MATERIALIZED ({entries.text})", entries.values))
        else:
            holds = Sql(OWN[term.place], term.words)
        conditions.append(Sql(f"NOT {holds.text}", holds.values) if term.negated else holds)
    made = f"WITH {', '.join(one.text for one in sets)} " if sets else ""
    return Sql(
        f"{made}SELECT t.id FROM ticket t WHERE {' AND '.join(one.text for one in conditions)}",
        tuple(value for one in (*sets, *conditions) for value in one.values),
    )


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
    kinds.append(Sql(f"EXISTS ({ways.holds.format('t')})", (sought,)))
    if notes:
        merged = f"m.merged_into_id = t.id AND EXISTS ({ways.holds.format('m')})"
        kinds.append(Sql(f"EXISTS (SELECT 1 FROM ticket m WHERE {merged})", (sought,)))
    return Sql(f"({' OR '.join(kind.text for kind in kinds)})", tuple(value for kind in kinds for value in kind.values))


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
