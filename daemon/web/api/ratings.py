"""``/v2/ratings``, and those of one ticket: how customers say that they were served."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from daemon.desk.change import rate
from daemon.store import people, ratings
from daemon.web.api import patterns, showing
from daemon.web.api.access import Access, TicketNumber, for_the_desk, number_of, seen, told
from daemon.web.api.answers import says
from daemon.web.api.answers_of_desk import Ratings
from daemon.web.api.callers import Caller
from daemon.web.api.models import NewRating, asks

After = Annotated[str | None, Query(pattern=patterns.number_of("rating"), description="Those after this one.")]
Limit = Annotated[int, Query(ge=1, le=200)]
RATINGS: dict[int | str, dict[str, Any]] = {200: says(Ratings, "Ratings.")}


def router(desk: Access) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v2", tags=["ratings"])
    house = desk.house
    Reading = Annotated[Caller, Depends(desk.needs("tickets:read"))]  # noqa: N806 - a type
    Writing = Annotated[Caller, Depends(desk.needs("tickets:write"))]  # noqa: N806

    @routes.get("/ratings", operation_id="listRatings", responses=RATINGS, response_model=None)
    async def every(caller: Reading, after: After = None, limit: Limit = 100) -> JSONResponse:
        """All ratings, oldest first. Of one person on one ticket the last one counts."""
        for_the_desk(caller)
        since = number_of(after) if after else 0
        return _page(await desk.read(lambda: ratings.after(since, limit + 1)), limit)

    @routes.get(
        "/support-tickets/{ticketId}/ratings", operation_id="listTicketRatings", responses=RATINGS, response_model=None
    )
    async def of_ticket(ticket: TicketNumber, caller: Reading, after: After = None, limit: Limit = 100) -> JSONResponse:
        """The ratings of one ticket; a requester sees their own."""
        number, since = number_of(ticket), number_of(after) if after else 0

        def look() -> list[ratings.Rated]:
            seen(caller, number)
            mine = people.selves((caller.requester,)) if caller.requester is not None else None
            return ratings.after(since, limit + 1, number, mine)

        return _page(await desk.read(look), limit)

    @routes.post(
        "/support-tickets/{ticketId}/ratings", status_code=201, operation_id="rateTicket",
        responses={201: says(Ratings, "The ratings of that person.")}, response_model=None,
        openapi_extra=asks(NewRating),
    )  # fmt: skip
    async def note(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """Note how a customer was served: the token's requester, else the ticket's."""
        number = number_of(ticket)
        positive = (await desk.body(request, NewRating)).positive
        one = await desk.read(lambda: seen(caller, number))
        person = caller.requester if caller.requester is not None else one.requester.id
        because = "rated-by-customer" if caller.requester is not None else "told-by-program"
        await desk.written(lambda: rate(house, number, positive, because, person))
        found = await desk.read(lambda: ratings.after(0, 200, number, people.selves((person,))))
        return _page(found, 200, 201)

    return routes


def _page(found: list[ratings.Rated], limit: int, status: int = 200) -> JSONResponse:
    more = f"rating_{found[limit - 1].id}" if len(found) > limit else None
    data = [
        {
            "id": f"rating_{one.id}",
            "ticketId": f"ticket_{one.ticket}",
            "userId": f"user_{one.person}" if one.person is not None else None,
            "positive": one.positive,
            "at": showing.moment(one.at),
        }
        for one in found[:limit]
    ]
    return told({"data": data, "nextAfter": more}, status)
