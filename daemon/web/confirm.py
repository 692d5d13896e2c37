"""The page behind the link in "a mail of yours is held": it shows, and acts only when a button is pressed."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from daemon.desk import confirm
from daemon.desk.house import House
from daemon.web.pages import Pages

LONGEST_FORM = 200


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
        wanted = await _decision(request)
        if wanted is None:
            return await show(number, token)
        await asyncio.wrap_future(house.store.write(lambda: confirm.by_click(house, number, token, wanted)))
        question = await asyncio.to_thread(look, number, token)
        return pages.page("confirm.html", 200 if question else 404, question=question)

    return routes


async def _decision(request: Request) -> confirm.Decision | None:
    """Which button was pressed; the form has one short field, so no more than that is read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return None
    match body.strip():
        case b"decision=confirmed":
            return "confirmed"
        case b"decision=discarded":
            return "discarded"
    return None
