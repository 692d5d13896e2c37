"""``/v2/support-tickets``: list, open, retrieve, change, merge."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from daemon.core import hours
from daemon.core.query import SearchError, parse
from daemon.core.status import Priority, Status, Type
from daemon.core.values import Address
from daemon.desk.asking import Changes, Refused
from daemon.store import display, facts, listing, people, search
from daemon.store.listing import Order, Place, Wanted
from daemon.web.api import cursors, etags, showing
from daemon.web.api.access import Access, TicketNumber, by, for_the_desk, number_of, seen, told
from daemon.web.api.answers import TICKET, TICKETS
from daemon.web.api.bodies import MERGE_PATCH, read_json, validated
from daemon.web.api.callers import Caller
from daemon.web.api.enclosing import draft, enclosed
from daemon.web.api.models import READ_ONLY, Merge, NewTicket, TicketChange, asks
from daemon.web.api.problems import Fault, invalid

SHOWN_OF_DESCRIPTIONS = 2_000
Sort = Literal[
    "createdAt", "-createdAt", "updatedAt", "-updatedAt", "priority", "-priority", "due", "-due"
]  # fmt: skip


Text = Annotated[str, Field(max_length=254, pattern="^[^\x00]*$")]
OF_THE_DESK = frozenset({"team", "assignee", "tag", "promise", "due_within"})


class Asked(BaseModel):
    """What a list is asked for. A filter that stands several times asks for any of its values, ``tag`` for all."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")
    q: Annotated[str, Field(max_length=500, description="Words to search for; see the guide.")] = ""
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
    created_since: AwareDatetime | None = None
    created_before: AwareDatetime | None = None
    updated_since: AwareDatetime | None = None
    updated_before: AwareDatetime | None = None
    promise: Annotated[
        Literal["running", "paused", "broken"] | None, Field(description="Of a promise on the ticket.")
    ] = None
    due_within: Annotated[
        str | None, Field(pattern=r"^[1-9][0-9]{0,3}[mhd]$", description="A running promise is due so soon: 4h, 2d.")
    ] = None
    sort: Annotated[Sort, Field(description="With - the greatest come first. due: those without come last.")] = (
        "-createdAt"
    )
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[str | None, Field(max_length=200, description="nextCursor of the page before.")] = None


def router(desk: Access) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix=showing.PATH, tags=["tickets"])
    house, needs = desk.house, desk.needs
    Reading = Annotated[Caller, Depends(needs("tickets:read"))]  # noqa: N806 - a type
    Writing = Annotated[Caller, Depends(needs("tickets:write"))]  # noqa: N806
    enums = {"team": sorted(house.config.teams)}

    @routes.get("", operation_id="listTickets", responses=TICKETS, response_model=None)
    async def list_(asked: Annotated[Asked, Query()], caller: Reading) -> JSONResponse:
        """List tickets, page by page.

        A page begins after the last ticket of the one before, so nothing is shown twice or left out while tickets
        arrive. Descriptions are cut after 2,000 characters.
        """
        if caller.requester is not None and (asked.model_fields_set & OF_THE_DESK or asked.sort.endswith("due")):
            for_the_desk(caller)
        digest = cursors.digest(asked.model_dump_json(exclude={"cursor", "limit"}) + str(caller.requester))
        after = cursors.read(house.keyring, asked.cursor, digest) if asked.cursor is not None else None

        def look() -> tuple[list[Place], list[display.Display]]:
            places = _page(desk, asked, caller, after)
            return places, display.tickets([p.ticket for p in places[: asked.limit]], SHOWN_OF_DESCRIPTIONS)

        places, found = await desk.read(look)
        more = len(places) > asked.limit
        cursor = cursors.written(house.keyring, places[asked.limit - 1], digest) if more else None
        tickets = [desk.object(caller, one, SHOWN_OF_DESCRIPTIONS) for one in found]
        return told({"data": tickets, "nextCursor": cursor})

    @routes.post(
        "", status_code=201, operation_id="createTicket", responses={201: TICKET}, response_model=None,
        openapi_extra=asks(NewTicket, enums=enums | {"desk": [d.name for d in house.config.desk]}),
    )  # fmt: skip
    async def create(request: Request, caller: Writing) -> JSONResponse:
        """Open a ticket: acknowledged, routed and promised as if its words had come by mail."""
        new = validated(NewTicket, await read_json(request, house.config.api.body_size))
        author, at = await desk.read(lambda: (_author(desk, caller, new), _desk(desk, new)))
        changes = await desk.read(lambda: _changes(desk, new.model_dump(include=set(SETTABLE), exclude_unset=True)))
        files, drop = await enclosed(desk, caller, new.attachments)
        outcome = await desk.ticketing.create(
            by(caller), author, at, draft(request, house, new.description, files, new.subject), changes
        )
        drop()
        assert outcome.ticket is not None
        number = outcome.ticket
        return desk.shown(caller, await desk.read(lambda: _existing(number)), 201)

    @routes.get("/{ticketId}", operation_id="getTicket", responses={200: TICKET}, response_model=None)
    async def retrieve(ticket: TicketNumber, request: Request, caller: Reading) -> Response:
        """One ticket. Its ETag changes with every change."""
        one = await desk.ticket(caller, number_of(ticket))
        if etags.is_known(request, tag := etags.tag(one.number, one.revision)):
            return Response(status_code=304, headers={"ETag": tag, "Cache-Control": "no-store"})
        return desk.shown(caller, one)

    async def change(ticket: str, request: Request, caller: Caller, data: object) -> JSONResponse:
        number = number_of(ticket)
        if isinstance(data, dict):
            data = {key: value for key, value in data.items() if key not in READ_ONLY}
        wanted = validated(TicketChange, data)
        await desk.read(lambda: seen(caller, number))
        changes = await desk.read(lambda: _changes(desk, wanted.model_dump(exclude_unset=True)))
        await desk.ticketing.update(by(caller), number, changes, etags.expected(request).check)
        return await desk.answer(caller, number)

    @routes.put(
        "/{ticketId}", operation_id="updateTicket", responses={200: TICKET}, response_model=None,
        openapi_extra=asks(TicketChange, enums=enums),
    )  # fmt: skip
    async def put(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """Set the members that are given; the others stay. The status moves along the table of moves, else 409."""
        return await change(ticket, request, caller, await read_json(request, house.config.api.body_size))

    @routes.patch(
        "/{ticketId}", operation_id="patchTicket", responses={200: TICKET}, response_model=None,
        openapi_extra=asks(TicketChange, "application/merge-patch+json", enums=enums),
    )  # fmt: skip
    async def patch(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """The same as JSON Merge Patch (RFC 7396)."""
        data = await read_json(request, house.config.api.body_size, MERGE_PATCH)
        return await change(ticket, request, caller, data)

    @routes.post(
        "/{ticketId}/merge", operation_id="mergeTicket", responses={200: TICKET}, response_model=None,
        openapi_extra=asks(Merge),
    )  # fmt: skip
    async def merge(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """Let a ticket go into another: its people take part there, and what comes for it is filed there."""
        for_the_desk(caller)
        into = validated(Merge, await read_json(request, house.config.api.body_size)).into
        number = number_of(ticket)
        await desk.ticketing.merge(by(caller), number, number_of(into), etags.expected(request).check)
        return await desk.answer(caller, number)

    return routes


SETTABLE = frozenset({"priority", "type", "team", "assigned_to", "tags", "fields"})


def _existing(number: int) -> display.Display:
    found = display.ticket(number)
    assert found is not None
    return found


def _page(desk: Access, asked: Asked, caller: Caller, after: Place | None) -> list[Place]:
    order: Order = asked.sort.removeprefix("-")  # type: ignore[assignment]
    wanted = _wanted(desk, asked, caller)
    return listing.page(wanted, order, descending=asked.sort.startswith("-"), after=after, limit=asked.limit + 1)


def _found(asked: Asked, caller: Caller) -> Any:
    """The tickets that a search finds; a requester's finds nothing by what only the desk sees."""
    try:
        if caller.requester is not None and any(term.place == "tag" for term in parse(asked.q)):
            raise SearchError("tags are the desk's own")
        return search.tickets(asked.q, notes=caller.requester is None and caller.may("notes:read"))
    except SearchError as error:
        raise invalid((Fault("q", f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}.", "query"),)) from None


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
        promised=asked.promise,
        due_before=now + hours.duration(asked.due_within) if asked.due_within else None,
        theirs=people.today(caller.requester) if caller.requester is not None else None,
        found=_found(asked, caller) if asked.q.strip() else None,
    )


def _instant(moment: AwareDatetime | None) -> int | None:
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


def _author(desk: Access, caller: Caller, new: NewTicket) -> Address:
    """In whose name a ticket is opened: the requester's of the token, else the one that is named, else the agent's."""
    if caller.requester is not None:
        person = facts.person(people.today(caller.requester))
        if person is None:
            raise Refused("conflict", "no-usable-sender", "whoever has this token has no address any longer")
        if new.user is not None and Address("", new.user.email).key != Address("", person.address).key:
            raise Refused("forbidden", "not-allowed", "a requester's token opens tickets of their own alone", "user")
        return Address(person.name, person.address)
    if new.user is not None:
        return Address(new.user.name, new.user.email)
    agent = desk.house.agent(caller.agent)
    if agent is None:
        raise invalid((Fault("/user", "This is required of a program."),))
    return Address(agent.name, agent.address)


def _desk(desk: Access, new: NewTicket) -> str:
    config = desk.house.config
    if new.desk is None:
        return config.desk[0].name
    if config.desk_named(new.desk) is None:
        raise invalid((Fault("/desk", "There is no such desk."),))
    return new.desk


COLUMNS = {"subject": "subject", "status": "status", "priority": "priority", "type": "type", "team": "team"}


def _changes(desk: Access, wanted: Mapping[str, Any]) -> Changes:
    """What a body asks for, as the desk's own values. Reads rows."""
    values: dict[str, str | None] = {
        column: wanted[name] for name, column in COLUMNS.items() if wanted.get(name) is not None
    }
    if "assigned_to" in wanted:
        values["assignee"] = _agent(desk, wanted["assigned_to"])
    if "resolution" in wanted:
        told = wanted["resolution"] or {"code": None, "text": None}
        values |= {f"resolution_{name}": value for name, value in told.items()}
    changes = Changes(values)
    if "tags" in wanted:
        changes = dataclasses.replace(changes, tags=frozenset(wanted["tags"]))
    if "snoozed_until" in wanted:
        until = wanted["snoozed_until"]
        changes = dataclasses.replace(changes, snooze=until.isoformat() if until is not None else "")
    if "fields" in wanted:
        filled = {name: "" if value is None else str(value) for name, value in wanted["fields"].items()}
        changes = dataclasses.replace(changes, fields=filled)
    return changes


def _agent(desk: Access, named: str | None) -> str | None:
    """The address of the agent that is meant; None for nobody."""
    if named is None:
        return None
    digits = named.removeprefix("user_")
    for agent in desk.house.agents:
        if agent.address == named.casefold() or (digits != named and str(agent.person) == digits):
            return agent.address
    raise invalid((Fault("/assignedTo", "There is no such agent."),))
