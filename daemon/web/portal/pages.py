"""All pages of the portal, as the operator has them: none at all, those to follow requests, or those to submit too."""

from __future__ import annotations

from fastapi import APIRouter

from daemon.desk.house import House
from daemon.desk.intake import Reception
from daemon.mail.worker import ParserPool
from daemon.web.pages import Pages
from daemon.web.portal import messages, sign_in, start, submit, tickets
from daemon.web.portal.showing import Showing
from daemon.web.portal.site import Site


def router(house: House, pages: Pages, reception: Reception, pool: ParserPool) -> APIRouter:
    """The routes of the portal; none where it is switched off."""
    routes = APIRouter()
    if not house.config.portal.enabled or not any(desk.portal for desk in house.config.desk):
        return routes
    site = Site(house, pages, reception, pool)
    showing = Showing(site)
    routes.include_router(start.router(site))
    if site.may_submit:
        routes.include_router(submit.router(site))
    routes.include_router(sign_in.router(site))
    routes.include_router(tickets.router(site, showing))
    routes.include_router(messages.router(site, showing))
    return routes
