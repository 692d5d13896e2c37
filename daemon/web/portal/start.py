"""The first page, the language, the logo, which is the icon as well."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from daemon.web.pages import HEADERS
from daemon.web.portal.site import Logo, Site

KEPT = {**HEADERS, "Cache-Control": "max-age=3600"}


def router(site: Site) -> APIRouter:
    """``GET /``, ``POST /lang``, ``GET /favicon.ico``, ``GET /logo``."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/")
    async def start(request: Request) -> Response:
        return site.page(await site.visit(request), "start", signed_out="signed-out" in request.query_params)

    @routes.post("/lang")
    @site.refusing
    async def speak(request: Request) -> Response:
        _, sent = await site.form(request)
        response = site.go(_path(sent.fields.get("back", "")))
        if (wanted := sent.fields.get("language", "")) in site.words:
            site.visits.speak(response, wanted)
        return response

    @routes.get("/favicon.ico")
    async def icon() -> Response:
        return _picture(site.logo) if site.logo is not None else Response(status_code=204, headers=KEPT)

    if (logo := site.logo) is not None:

        @routes.get("/logo")
        async def picture() -> Response:
            return _picture(logo)

    return routes


def _picture(logo: Logo) -> Response:
    return Response(logo.content, media_type=logo.content_type, headers=KEPT)


def _path(back: str) -> str:
    """Where the reader was, if that is a page of ours; else the first page."""
    ours = back.startswith("/") and not back.startswith("//") and back.isascii() and back.isprintable()
    return back if ours and "\\" not in back and len(back) < 500 else "/"
