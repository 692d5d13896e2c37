"""``/v2/support-tickets``: list, open, retrieve, change, merge."""

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse

from daemon.core.values import Address
from daemon.desk.asking import Changes, Refused
from daemon.store import display, facts, people
from daemon.web.api import cursors, declared, etags, showing
from daemon.web.api.access import (
    Access,
    TicketNumber,
    as_read_by,
    by,
    for_the_desk,
    number_of,
    seen,
    told,
    unless_changed,
)
from daemon.web.api.answers import TICKET, TICKETS
from daemon.web.api.bodies import MERGE_PATCH
from daemon.web.api.callers import Caller
from daemon.web.api.enclosing import draft, enclosed
from daemon.web.api.filters import Asked, page
from daemon.web.api.models import READ_ONLY, Merge, NewTicket, TicketChange, asks

SHOWN_OF_DESCRIPTIONS = 2_000
LAST_INSTANT = 253_402_300_799
"""9999-12-31T23:59:59Z: later ones have no form in RFC 3339."""


def router(desk: Access) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix=showing.PATH, tags=["tickets"])
    house, needs = desk.house, desk.needs
    Reading = Annotated[Caller, Depends(needs("tickets:read"))]  # noqa: N806 - a type
    Writing = Annotated[Caller, Depends(needs("tickets:write"))]  # noqa: N806

    @routes.get("", operation_id="listTickets", responses=TICKETS, response_model=None)
    async def list_(asked: Annotated[Asked, Query()], caller: Reading) -> JSONResponse:
        """List tickets, page by page.

        A page begins after the last ticket of the one before, so nothing is shown twice or left out while tickets
        arrive. Descriptions are cut after 2,000 characters.
        """
        if asked.is_for_the_desk:
            for_the_desk(caller)
        digest = cursors.digest(asked.model_dump_json(exclude={"cursor", "limit"}) + str(caller.requester))
        after = cursors.read(house.keyring, asked.cursor, digest) if asked.cursor is not None else None

        shown = await desk.read(lambda: page(desk, asked, caller, after))
        found = await desk.read(
            lambda: [as_read_by(caller, one) for one in display.tickets(shown.tickets, SHOWN_OF_DESCRIPTIONS)], few=True
        )
        cursor = cursors.written(house.keyring, shown.end, digest) if shown.end is not None else None
        tickets = [desk.object(caller, one, SHOWN_OF_DESCRIPTIONS) for one in found]
        return told({"data": tickets, "nextCursor": cursor})

    @routes.post(
        "", status_code=201, operation_id="createTicket", responses={201: TICKET}, response_model=None,
        openapi_extra=asks(NewTicket, house=house),
    )  # fmt: skip
    async def create(request: Request, caller: Writing) -> JSONResponse:
        """Open a ticket: acknowledged, routed and promised as if its words had come by mail."""
        new = declared.read(house, NewTicket, await desk.data(request), caller, lacks_user=caller.person is None)
        author = await desk.read(lambda: _author(desk, caller, new))
        changes = await desk.read(lambda: _changes(desk, new.model_dump(include=set(SETTABLE), exclude_unset=True)))
        files, drop = await enclosed(desk, caller, new.attachments)
        at, said = new.desk or house.config.desk[0].name, draft(request, house, new.description, files, new.subject)
        outcome = await desk.ticketing.create(by(caller), author, at, said, changes)
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
        wanted = declared.read(house, TicketChange, data, caller)
        await desk.read(lambda: seen(caller, number))
        changes = await desk.read(lambda: _changes(desk, wanted.model_dump(exclude_unset=True)))
        await desk.ticketing.update(by(caller), number, changes, unless_changed(request, caller))
        return await desk.answer(caller, number)

    @routes.put(
        "/{ticketId}", operation_id="updateTicket", responses={200: TICKET}, response_model=None,
        openapi_extra=asks(TicketChange, house=house),
    )  # fmt: skip
    async def put(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """Set the members that are given; the others stay. The status moves along the table of moves, else 409."""
        return await change(ticket, request, caller, await desk.data(request))

    @routes.patch(
        "/{ticketId}", operation_id="patchTicket", responses={200: TICKET}, response_model=None,
        openapi_extra=asks(TicketChange, "application/merge-patch+json", house=house),
    )  # fmt: skip
    async def patch(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """The same as JSON Merge Patch (RFC 7396)."""
        data = await desk.data(request, MERGE_PATCH)
        return await change(ticket, request, caller, data)

    @routes.post(
        "/{ticketId}/merge", operation_id="mergeTicket", responses={200: TICKET}, response_model=None,
        openapi_extra=asks(Merge),
    )  # fmt: skip
    async def merge(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """Let a ticket go into another: its people take part there, and what comes for it is filed there."""
        for_the_desk(caller)
        into = (await desk.body(request, Merge)).into
        number = number_of(ticket)
        await desk.ticketing.merge(by(caller), number, number_of(into), unless_changed(request, caller))
        return await desk.answer(caller, number)

    return routes


SETTABLE = frozenset({"priority", "type", "team", "assigned_to", "tags", "fields"})


def _existing(number: int) -> display.Display:
    found = display.ticket(number)
    assert found is not None
    return found


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
    assert agent is not None  # of a program it is required, and a token whose agent has left is none
    return Address(agent.name, agent.address)


COLUMNS = {"subject": "subject", "status": "status", "priority": "priority", "type": "type", "team": "team"}


def _changes(desk: Access, wanted: Mapping[str, Any]) -> Changes:
    """What a body asks for, as the desk's own values. Reads rows."""
    values: dict[str, str | None] = {
        column: wanted[name] for name, column in COLUMNS.items() if wanted.get(name) is not None
    }
    if "assigned_to" in wanted:
        values["assignee"] = declared.agent(desk.house, wanted["assigned_to"])
    if "resolution" in wanted:
        told = wanted["resolution"] or {"code": None, "text": None}
        values |= {f"resolution_{name}": value for name, value in told.items()}
    changes = Changes(values)
    if "tags" in wanted:
        changes = dataclasses.replace(changes, tags=frozenset(wanted["tags"]))
    if "snoozed_until" in wanted:
        until = wanted["snoozed_until"]
        if until is not None and until.timestamp() > LAST_INSTANT:
            raise Refused("conflict", "time-too-far", "the years of four digits end before that", "snooze")
        changes = dataclasses.replace(changes, snooze=until.isoformat() if until is not None else "")
    if "fields" in wanted:
        filled = {name: declared.text(value) for name, value in wanted["fields"].items()}
        changes = dataclasses.replace(changes, fields=filled)
    return changes
