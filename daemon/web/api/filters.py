"""What a list of tickets may be asked for, and what the rows are asked then."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from daemon.core import hours
from daemon.core.query import LONGEST
from daemon.core.status import Priority, Status, Type
from daemon.store import listing, people
from daemon.store.listing import Order, Page, Place, Wanted
from daemon.web.api import patterns, searching
from daemon.web.api.access import Access
from daemon.web.api.callers import Caller
from daemon.web.api.models import Instant

Sort = Literal[
    "createdAt", "-createdAt", "updatedAt", "-updatedAt", "priority", "-priority", "due", "-due", "relevance"
]  # fmt: skip

Text = Annotated[str, Field(max_length=254, pattern=patterns.NO_NUL)]
OF_THE_DESK = frozenset({"team", "assignee", "tag", "promise", "due_within"})


class Asked(BaseModel):
    """What a list is asked for. A filter that stands several times asks for any of its values, ``tag`` for all."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    q: Annotated[str, Field(max_length=LONGEST, description="Words to search for; see the guide.")] = ""
    status: list[Status] = []
    priority: list[Priority] = []
    type: list[Type] = []
    team: Annotated[list[Text], Field(max_length=50)] = []
    desk: Annotated[list[Text], Field(max_length=50)] = []
    assignee: Annotated[
        list[Text],
        Field(max_length=50, description="An agent's address or id; none; me = the token's own."),
    ] = []
    requester: Annotated[list[Text], Field(max_length=50, description="A customer's address or id.")] = []
    tag: Annotated[list[Text], Field(max_length=50)] = []
    created_since: Instant | None = None
    created_before: Instant | None = None
    updated_since: Instant | None = None
    updated_before: Instant | None = None
    resolved_since: Instant | None = None
    resolved_before: Instant | None = None
    promise: Annotated[list[listing.Promised], Field(description="States of a promise on the ticket.")] = []
    due_within: Annotated[
        str | None, Field(pattern=patterns.SOON, description="A running promise is due so soon: 4h, 2d.")
    ] = None
    sort: Annotated[
        Sort | None,
        Field(
            description="With - the greatest come first. due: those without come last. relevance: what answers q best, "
            "as with q alone; without q the newest."
        ),
    ] = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=200, description="nextCursor of the page before.")] = None

    @property
    def order(self) -> Sort:
        """The order, also where none is asked for."""
        if self.sort is None or self.sort == "relevance":
            return "relevance" if self.q.strip() else "-createdAt"
        return self.sort

    @property
    def is_for_the_desk(self) -> bool:
        """Whether it asks by what only the desk sees."""
        return bool(self.model_fields_set & OF_THE_DESK) or self.order.endswith("due")


def page(desk: Access, asked: Asked, caller: Caller, after: Place | None) -> Page:
    """The next tickets of a list. Reads rows."""
    wanted, order = _wanted(desk, asked, caller), asked.order
    if order == "relevance":
        return searching.best_first(asked.q, wanted, after, asked.limit, caller)
    if asked.q.strip():
        wanted = replace(wanted, found=searching.found(asked.q, caller))
    by: Order = order.removeprefix("-")  # type: ignore[assignment]
    return _page(wanted, by, descending=order.startswith("-"), after=after, limit=asked.limit)


def _page(wanted: Wanted, order: Order, *, descending: bool, after: Place | None, limit: int) -> Page:
    places = listing.page(wanted, order, descending=descending, after=after, limit=limit + 1)
    end = places[limit - 1] if len(places) > limit else None
    return Page(tuple(place.ticket for place in places[:limit]), end)


def _wanted(desk: Access, asked: Asked, caller: Caller) -> Wanted:
    """What the rows are asked for. Whoever is not known is nobody's requester and has no ticket."""
    now = desk.house.now()
    assignees = [person for one in asked.assignee if one != "none" for person in _persons(one, caller)]
    nobody = bool(asked.assignee) and not assignees and "none" not in asked.assignee
    return Wanted(
        statuses=tuple(asked.status),
        priorities=tuple(asked.priority),
        types=tuple(asked.type),
        teams=tuple(asked.team),
        desks=tuple(asked.desk),
        assignees=tuple(assignees) or ((0,) if nobody else ()),
        unassigned="none" in asked.assignee,
        requesters=tuple(p for one in asked.requester for p in _persons(one, caller)) if asked.requester else None,
        tags=tuple(asked.tag),
        created_since=_instant(asked.created_since),
        created_before=_instant(asked.created_before),
        updated_since=_instant(asked.updated_since),
        updated_before=_instant(asked.updated_before),
        resolved_since=_instant(asked.resolved_since),
        resolved_before=_instant(asked.resolved_before),
        promised=tuple(asked.promise),
        due_before=now + hours.duration(asked.due_within) if asked.due_within else None,
        theirs=people.today(caller.requester) if caller.requester is not None else None,
    )


def _instant(moment: Instant | None) -> int | None:
    return int(moment.timestamp()) if moment is not None else None


def _persons(named: str, caller: Caller) -> tuple[int, ...]:
    """The person of an address, of an id, or ``me``; none for whoever is not known."""
    if named == "me":
        return (caller.agent,) if caller.agent is not None else ()
    digits = named.removeprefix("user_")
    if digits != named:
        return (int(digits),) if digits.isascii() and digits.isdigit() and len(digits) <= 12 else ()
    found = people.at(named)
    return (found,) if found is not None else ()
