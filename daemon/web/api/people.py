"""``/v2/users``: the cards of people."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse

from daemon.desk import contacts
from daemon.desk.contacts import NoContact
from daemon.store import people
from daemon.store.people import Contact
from daemon.web.api import cursors, patterns, showing
from daemon.web.api.access import Access, number_of, told
from daemon.web.api.answers import says
from daemon.web.api.answers_of_desk import Card, Cards
from daemon.web.api.bodies import MERGE_PATCH, validated
from daemon.web.api.callers import Caller
from daemon.web.api.models import CardChange, asks
from daemon.web.api.problems import Problem, not_found

After = Annotated[str | None, Query(pattern=patterns.number_of("user"), description="Those after this one.")]
UserId = Annotated[str, Path(alias="userId", pattern=patterns.number_of("user"), examples=["user_1"])]


def router(desk: Access) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v2/users", tags=["people"])
    house = desk.house
    Reading = Annotated[Caller, Depends(desk.needs("people:read"))]  # noqa: N806 - a type
    Writing = Annotated[Caller, Depends(desk.needs("people:write"))]  # noqa: N806

    @routes.get("", operation_id="listUsers", responses={200: says(Cards, "Cards.")}, response_model=None)
    async def list_(
        caller: Reading,
        q: Annotated[str, Query(max_length=200, description="Part of a name, an organisation or an address.")] = "",
        email: Annotated[str, Query(max_length=254, description="Whose address this is, in any spelling.")] = "",
        after: After = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> JSONResponse:
        """People, by name."""

        def look() -> list[Contact]:
            there = people.contact(number_of(after)) if after else None
            if after and there is None:
                raise cursors.no_page()
            owner = people.at(email.replace("\0", "")) if email else None
            if email and owner is None:
                return []
            return people.contacts(q.replace("\0", ""), limit + 1, there, owner)

        found = await desk.read(look)
        more = f"user_{found[limit - 1].id}" if len(found) > limit else None
        return told({"data": [showing.listed_card(one) for one in found[:limit]], "nextAfter": more})

    @routes.get("/{userId}", operation_id="getUser", responses={200: says(Card, "The card.")}, response_model=None)
    async def retrieve(user: UserId, caller: Reading) -> JSONResponse:
        """Somebody's card. Who was joined into another is shown as that one."""
        return told(showing.card(await desk.read(lambda: _card(number_of(user)))))

    @routes.patch(
        "/{userId}", operation_id="patchUser", responses={200: says(Card, "The card.")}, response_model=None,
        openapi_extra=asks(CardChange, "application/merge-patch+json"),
    )  # fmt: skip
    async def patch(user: UserId, request: Request, caller: Writing) -> JSONResponse:
        """Write on somebody's card; an agent's name stands in the configuration."""
        data = await desk.data(request, MERGE_PATCH)
        wanted = validated(CardChange, data).model_dump(exclude_unset=True)
        if "language" in wanted and wanted["language"] is None:
            wanted["language"] = "none"
        one = await desk.read(lambda: _card(number_of(user)))
        if not one.addresses:
            raise Problem(409, "no-address", "The card has no address", "Somebody without an address has none.")
        try:
            await desk.written(lambda: contacts.change(house, one.addresses[0], wanted))
        except NoContact as error:
            raise Problem(409, "card-not-changed", "The card cannot say that", f"It is not written: {error}.") from None
        return told(showing.card(await desk.read(lambda: _card(one.id))))

    return routes


def _card(number: int) -> Contact:
    found = people.contact(number)
    if found is None:
        raise not_found()
    found = people.contact(people.today(number))
    assert found is not None
    return found
