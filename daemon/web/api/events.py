"""``/v2/support-tickets/{ticketId}/events``: what happened to a ticket, and why."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse

from daemon.store import conversation
from daemon.store.conversation import Happened
from daemon.web.api import patterns, showing
from daemon.web.api.access import Access, TicketNumber, eyes, number_of, seen, told
from daemon.web.api.answers import Events, says
from daemon.web.api.callers import Caller

After = Annotated[str | None, Query(pattern=patterns.number_of("event"), description="Those after this one.")]


def router(desk: Access) -> APIRouter:
    """The route."""
    routes = APIRouter(prefix=f"{showing.PATH}/{{ticketId}}/events", tags=["events"])
    Reading = Annotated[Caller, Depends(desk.needs("tickets:read"))]  # noqa: N806 - a type

    @routes.get("", operation_id="listEvents", responses={200: says(Events, "Events.")}, response_model=None)
    async def list_(
        ticket: TicketNumber,
        caller: Reading,
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 100,
    ) -> JSONResponse:
        """The history of a ticket, oldest first. A requester sees what a customer knows of it."""
        number, since = number_of(ticket), number_of(after) if after else 0

        def look() -> list[Happened]:
            seen(caller, number)
            return conversation.events(number, eyes(caller), since, limit + 1)

        found = await desk.read(look)
        more = f"event_{found[limit - 1].id}" if len(found) > limit else None
        whole = caller.requester is None
        return told({"data": [showing.event(one, number, whole=whole) for one in found[:limit]], "nextAfter": more})

    return routes
