"""Signing in by a link: asking for it, and using it with a click, so that no link scanner uses it up."""

from __future__ import annotations

import re
from concurrent.futures import Future

import structlog
from fastapi import APIRouter, Request, Response

from daemon import clock
from daemon.config_options import ADDRESS
from daemon.desk import signing_in
from daemon.web.portal.site import Site
from daemon.web.portal.visits import TOKEN, Visit

log = structlog.get_logger()
OF_TICKET = re.compile(r"([1-9][0-9]{0,11})-([a-z2-7]{26})", re.IGNORECASE | re.ASCII)


def router(site: Site) -> APIRouter:
    """``/sign-in``, ``/sign-in/asked``, ``/sign-in/<token>``, ``/open/<ticket>-<token>``, ``/sign-out``."""
    routes = APIRouter(include_in_schema=False)
    house = site.house

    @routes.get("/sign-in")
    async def show(request: Request) -> Response:
        return site.page(await site.visit(request), "sign-in", sent={}, faults={})

    @routes.post("/sign-in")
    @site.refusing
    async def ask(request: Request) -> Response:
        """The answer is the same whether or not the address is known, and does not wait for what follows of it."""
        visit, sent = await site.form(request)
        address = sent.line("address")
        if not ADDRESS.fullmatch(address):
            faults = {"address": "no_address"}
            return site.page(visit, "sign-in", 422, sent=sent.fields, faults=faults)
        token, language = clock.key(), visit.language
        house.store.write(lambda: signing_in.send_link(house, address, language, token)).add_done_callback(_tell)
        return site.go("/sign-in/asked")

    @routes.get("/sign-in/asked")
    async def asked(request: Request) -> Response:
        return site.page(await site.visit(request), "asked", minutes=house.config.portal.link_minutes)

    @routes.get("/sign-in/{token}")
    async def enter(request: Request) -> Response:
        visit, token = await site.visit(request), request.path_params["token"]
        good = TOKEN.fullmatch(token) and await site.read(lambda: signing_in.is_link(house, token))
        return site.page(visit, "enter" if good else "dead", 200 if good else 404)

    @routes.post("/sign-in/{token}")
    @site.refusing
    async def entered(request: Request) -> Response:
        visit, _ = await site.form(request)
        token, session = request.path_params["token"], clock.key()
        if not await site.write(lambda: signing_in.by_link(house, token, session)):
            return site.page(visit, "dead", 404)
        return await _inside(site, visit, session, "/tickets")

    @routes.get("/open/{link}")
    async def look(request: Request) -> Response:
        visit = await site.visit(request)
        number, person = await _reader(site, request)
        if person is None:
            return site.page(visit, "dead", 404, of_ticket=True)
        if visit.visitor is not None and visit.visitor.person == person and visit.visitor.may_see(number):
            return site.go(f"/tickets/{number}")
        return site.page(visit, "open", number=number)

    @routes.post("/open/{link}")
    @site.refusing
    async def opened(request: Request) -> Response:
        visit, _ = await site.form(request)
        number, person = await _reader(site, request)
        session, token = clock.key(), request.path_params["link"].partition("-")[2]
        if person is None or not await site.write(lambda: signing_in.by_ticket_link(house, number, token, session)):
            return site.page(visit, "dead", 404, of_ticket=True)
        return await _inside(site, visit, session, f"/tickets/{number}")

    @routes.post("/sign-out")
    @site.refusing
    async def leave(request: Request) -> Response:
        visit, _ = await site.form(request)
        if visit.visitor is not None:
            await site.write(lambda: signing_in.sign_out(house, visit.session))
        response = site.go("/?signed-out=1")
        site.visits.leave(response)
        return response

    return routes


async def _reader(site: Site, request: Request) -> tuple[int, int | None]:
    """The ticket that a link names, and whose the link is, if it is good."""
    found = OF_TICKET.fullmatch(request.path_params["link"])
    if found is None:
        return 0, None
    number, token = int(found[1]), found[2]
    return number, await site.read(lambda: signing_in.reader_of(site.house, number, token))


async def _inside(site: Site, visit: Visit, session: str, path: str) -> Response:
    """Begin a session; the one before it, if there was one, ends."""
    if visit.visitor is not None:
        await site.write(lambda: signing_in.sign_out(site.house, visit.session))
    response = site.go(path)
    site.visits.enter(response, session)
    return response


def _tell(done: Future[bool]) -> None:
    if (error := done.exception()) is not None:
        log.error("sign-in-link-not-sent", error=f"{type(error).__name__}: {error}")
