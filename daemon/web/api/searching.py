"""The list that ``q`` asks for: what answers it best first, page by page, while tickets arrive.

The newest that match are in order of how well they do, then the older ones by number. Among the former a place is how
many were shown, as a negative number, of the tickets that there were then (up to that number); among the latter it is
the number of the last one. So what arrives meanwhile moves nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from daemon.core.query import NoWords, SearchError, parse
from daemon.store import client_search, listing, people
from daemon.store.listing import Page, Place, Wanted
from daemon.store.search import Search
from daemon.web.api.callers import Caller
from daemon.web.api.problems import Fault, invalid


def found(text: str, caller: Caller) -> Any:
    """What must hold of the tickets that a search finds. Reads rows."""
    search = _search(text, caller)
    return _condition(search, caller) if search is not None else listing.among(())


def best_first(text: str, wanted: Wanted, after: Place | None, limit: int, caller: Caller) -> Page:
    """The next tickets that a search finds among those of a list. Reads rows."""
    search = _search(text, caller)
    if search is None:
        return Page((), None)

    def newest(wanted: Wanted, after: Place | None, count: int) -> list[int]:
        def look(since: int) -> list[int]:
            there = replace(wanted, found=_condition(search, caller, since))
            places = listing.page(there, "number", descending=True, after=after, limit=count)
            return [place.ticket for place in places]

        return search.newest(look, count) if caller.requester is None else look(0)

    if after is not None and after.value > 0:
        numbers = newest(wanted, after, limit + 1)
        return Page(tuple(numbers[:limit]), _place(numbers, limit))
    shown, until = (-after.value, after.ticket) if after is not None else (0, listing.newest())
    last = shown + limit
    numbers = newest(replace(wanted, until=until), None, max(search.most, last) + 1)
    best = search.best_first(numbers[: search.most], _alike(numbers[: search.most], caller))
    here = (best + numbers[search.most :])[shown:last]
    end = _place(numbers, last)
    return Page(tuple(here), Place(-last, until) if end is not None and last < search.most else end)


def _place(numbers: list[int], last: int) -> Place | None:
    """The place of the last of so many, where there are more."""
    return Place(numbers[last - 1], numbers[last - 1]) if len(numbers) > last else None


def _search(text: str, caller: Caller) -> Search | None:
    """What is asked; None for signs alone. A requester's may not ask for what only the desk sees."""
    try:
        if caller.requester is not None and any(term.place == "tag" for term in parse(text)):
            raise SearchError("tags are the desk's own")
        return Search(text, notes=caller.requester is None and caller.may("notes:read"))
    except NoWords:
        return None
    except SearchError as error:
        raise invalid((Fault("q", f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}.", "query"),)) from None


def _condition(search: Search, caller: Caller, since: int = 0) -> Any:
    if caller.requester is None:
        return listing.among(search.tickets(since))
    return client_search.condition(search, people.today(caller.requester))


def _alike(numbers: list[int], caller: Caller) -> frozenset[int]:
    """Of these tickets those that a requester does not read whole: of them words tell nothing."""
    return client_search.in_part(numbers, people.today(caller.requester)) if caller.requester else frozenset()
