"""One message on a page of its own, with pictures from elsewhere if its reader asks for them; and its files.

Files are downloads: never shown in place by their own address, never run, their type told only for pictures that
browsers draw.
"""

from __future__ import annotations

import asyncio
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from daemon.desk import following
from daemon.mail.attachments import attachment_bytes
from daemon.store.clients import Said
from daemon.web.portal.forms import Refused
from daemon.web.portal.showing import PICTURES, Showing
from daemon.web.portal.site import Site
from daemon.web.portal.visits import Visit

FILE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def router(site: Site, showing: Showing) -> APIRouter:
    """``/tickets/<number>/messages/<id>`` and its ``files/<part>``."""
    routes = APIRouter(include_in_schema=False)

    async def said_in(visit: Visit, request: Request) -> Said | None:
        visitor, number, wanted = visit.visitor, request.path_params["number"], request.path_params["message"]
        if visitor is None:
            return None
        said: Said | None = await site.read(lambda: following.message(site.house, visitor, number, wanted))
        return said

    async def page(visit: Visit, request: Request, said: Said, *, remote: bool) -> Response:
        assert visit.visitor is not None
        number = request.path_params["number"]
        blocked = site.words[visit.language]["picture"]
        place = site.place(f"/tickets/{number}")
        shown = await showing.whole(said, place, visit.visitor.person, blocked, remote=remote)
        return site.page(
            visit, "message", pictures=shown.hosts if remote else (), number=number, message=shown, remote=remote
        )

    @routes.get("/tickets/{number:int}/messages/{message:int}")
    async def show(request: Request) -> Response:
        visit = await site.visit(request)
        said = await said_in(visit, request)
        return await page(visit, request, said, remote=False) if said else site.lost(visit)

    @routes.post("/tickets/{number:int}/messages/{message:int}")
    @site.refusing
    async def show_pictures(request: Request) -> Response:
        visit, _ = await site.form(request)
        said = await said_in(visit, request)
        if said is None:
            raise Refused(404, "not_found")
        return await page(visit, request, said, remote=True)

    @routes.get("/tickets/{number:int}/messages/{message:int}/files/{part:int}")
    async def download(request: Request) -> Response:
        visit = await site.visit(request)
        said = await said_in(visit, request)
        file = next((one for one in said.files if one.part == request.path_params["part"]), None) if said else None
        if said is None or file is None:
            return site.lost(visit)
        raw: bytes = await site.read(lambda: following.content(said.raw))
        content = await asyncio.to_thread(attachment_bytes, raw, file)
        kind = file.content_type if file.content_type in PICTURES else "application/octet-stream"
        named = f"attachment; filename*=UTF-8''{quote(file.name, safe='')}"
        return Response(content, media_type=kind, headers={**FILE_HEADERS, "Content-Disposition": named})

    return routes
