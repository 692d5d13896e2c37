"""The page behind "undo" in a receipt: it shows what would be taken back, and acts only when a button is pressed."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from daemon.desk import undoing
from daemon.desk.house import House
from daemon.web.forms import pressed
from daemon.web.pages import Pages


def router(house: House, pages: Pages) -> APIRouter:
    """``GET`` and ``POST /undo/<act>-<token>``."""
    routes = APIRouter()

    @routes.get("/undo/{number}-{token}", response_class=HTMLResponse)
    async def show(number: int, token: str) -> HTMLResponse:
        act = await house.store.look(lambda: undoing.look(house, number, token))
        return pages.page("undo.html", 200 if act else 404, act=act)

    @routes.post("/undo/{number}-{token}", response_class=HTMLResponse)
    async def take_back(number: int, token: str, request: Request) -> HTMLResponse:
        if await pressed(request, "decision") == "undo":
            await asyncio.wrap_future(house.store.write(lambda: undoing.by_click(house, number, token)))
        return await show(number, token)

    return routes
