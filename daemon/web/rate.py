"""The page behind "How did we do?": it shows, and notes an answer only when a button is pressed."""

from __future__ import annotations

import asyncio
import re

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from daemon.desk import rating
from daemon.desk.house import House
from daemon.web.pages import Pages

LINK = re.compile(r"([1-9][0-9]{0,11})-([a-z2-7]{26})", re.IGNORECASE | re.ASCII)
LONGEST_FORM = 200
VERDICTS = {b"verdict=good": True, b"verdict=bad": False}


def router(house: House, pages: Pages) -> APIRouter:
    """``GET`` and ``POST /rate/<ticket>-<token>``."""
    routes = APIRouter()

    async def page(link: str) -> HTMLResponse:
        found = LINK.fullmatch(link)
        asked = None
        if found:
            ticket, token = int(found[1]), found[2]
            asked = await house.store.look(lambda: rating.question(house, ticket, token))
        language = asked.language if asked else house.config.desk[0].language
        return pages.page("rate.html", 200 if asked else 404, rating=asked, language=language.partition("-")[0])

    @routes.get("/rate/{link}", response_class=HTMLResponse)
    async def show(link: str) -> HTMLResponse:
        return await page(link)

    @routes.post("/rate/{link}", response_class=HTMLResponse)
    async def note(link: str, request: Request) -> HTMLResponse:
        positive, found = await _verdict(request), LINK.fullmatch(link)
        if positive is not None and found:
            ticket, token = int(found[1]), found[2]
            job = house.store.write(lambda: rating.by_click(house, ticket, token, positive))
            await asyncio.wrap_future(job)
        return await page(link)

    return routes


async def _verdict(request: Request) -> bool | None:
    """Which button was pressed; the form has one short field, so no more than that is read."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            return None
    return VERDICTS.get(body.strip())
