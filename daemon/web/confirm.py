"""The page behind the link in "a mail of yours is held": it shows, and acts only when a button is pressed."""

from __future__ import annotations

import asyncio
from typing import cast, get_args

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from daemon.desk import confirm
from daemon.desk.house import House
from daemon.web.forms import pressed
from daemon.web.pages import Pages


def router(house: House, pages: Pages) -> APIRouter:
    """``GET`` and ``POST /confirm/<number>-<token>``."""
    routes = APIRouter()

    def look(number: int, token: str) -> confirm.Question | None:
        return house.store.read(lambda: confirm.question(house, number, token))

    @routes.get("/confirm/{number}-{token}", response_class=HTMLResponse)
    async def show(number: int, token: str) -> HTMLResponse:
        question = await asyncio.to_thread(look, number, token)
        return pages.page("confirm.html", 200 if question else 404, question=question)

    @routes.post("/confirm/{number}-{token}", response_class=HTMLResponse)
    async def act(number: int, token: str, request: Request) -> HTMLResponse:
        wanted = await pressed(request, "decision")
        if wanted not in get_args(confirm.Decision):
            return await show(number, token)
        decision = cast(confirm.Decision, wanted)
        await asyncio.wrap_future(house.store.write(lambda: confirm.by_click(house, number, token, decision)))
        question = await asyncio.to_thread(look, number, token)
        return pages.page("confirm.html", 200 if question else 404, question=question)

    return routes
