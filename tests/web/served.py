"""A server of the API with routes that only tests have."""

# Annotations are evaluated where they stand: they name what a fixture made.

import asyncio
from dataclasses import dataclass, field
from typing import Annotated, Any

import httpx
from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from daemon import clock
from daemon.desk import tokens
from daemon.desk.house import House
from daemon.store import versions
from daemon.web.api import etags
from daemon.web.api.bodies import read_json, validated
from daemon.web.api.callers import Caller, callers
from daemon.web.api.problems import not_found
from daemon.web.api.repeats import asked

AGENT, CUSTOMER = "agent@desk.example", "customer@example.net"


class Order(BaseModel):
    """What the test's POST takes."""

    model_config = ConfigDict(extra="forbid")
    subject: str = Field(min_length=1, max_length=20)
    number: int = Field(1, ge=1)
    lines: list[str] = []


@dataclass(slots=True)
class Served:
    """A running server: ``done`` are the orders that were carried out, with nonce and instant."""

    house: House
    url: str = ""
    done: list[tuple[str, str, int]] = field(default_factory=list)
    offset: int = 0
    clients: list[httpx.Client] = field(default_factory=list)

    def now(self) -> int:
        return clock.now() + self.offset

    def token(self, *scopes: str, name: str = "", **options: Any) -> str:
        """A new token in force."""
        made = tokens.PREFIX + clock.token()
        named = name or clock.nonce()
        self.house.store.write(lambda: tokens.create(self.house, made, named, scopes, **options)).result()
        return made

    def client(self, token: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.clients.append(httpx.Client(base_url=self.url, headers=headers, timeout=20))
        return self.clients[-1]


def routes_of_tests(served: Served) -> APIRouter:
    routes, needs = APIRouter(tags=["orders"]), callers(served.house)
    limit = served.house.config.api.body_size
    seconds = float(served.house.config.api.body_seconds)

    @routes.get("/v2/who", summary="Who asks")
    async def who(caller: Annotated[Caller, Depends(needs("tickets:read"))]) -> dict[str, Any]:
        return {"name": caller.name, "agent": caller.agent, "requester": caller.requester}

    @routes.post("/v2/orders", status_code=201, summary="Order")
    async def order(request: Request, caller: Annotated[Caller, Depends(needs("tickets:write"))]) -> Response:
        wanted = validated(Order, await read_json(request, limit, seconds=seconds))
        once = asked(request, served.house)
        if wanted.subject == "wait":
            await asyncio.sleep(0.5)
        if wanted.subject == "crash":
            served.done.append((wanted.subject, once.nonce, once.at))
            raise RuntimeError("secret words")
        served.done.append((wanted.subject, once.nonce, once.at))
        return Response(
            f'{{"order": {len(served.done)}}}', 201, {"Location": "/v2/orders/1"}, media_type="application/json"
        )

    @routes.put("/v2/versions/{number}", summary="Change")
    async def change(
        number: int, request: Request, caller: Annotated[Caller, Depends(needs("tickets:write"))]
    ) -> dict[str, str]:
        expected = etags.expected(request)

        def act() -> str:
            expected.check(etags.tag(number, versions.last_event(number)))
            return etags.tag(number, versions.last_event(number))

        return {"tag": await asyncio.wrap_future(served.house.store.write(act))}

    @routes.get("/v2/nothing/{number}", summary="Nothing")
    async def nothing(
        number: int, caller: Annotated[Caller, Depends(needs())], limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> None:
        raise not_found()

    return routes
