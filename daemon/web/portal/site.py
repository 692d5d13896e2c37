"""What all pages of the portal share: their frame, their style and colours, their headers, their words."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup

from daemon import almanac
from daemon.config_portal import DARK_GROUND, DARK_PAPER, PICTURES
from daemon.core.colours import lightened
from daemon.core.values import Instant
from daemon.desk.house import House
from daemon.desk.intake import Reception
from daemon.mail.filters import readable_size
from daemon.mail.worker import ParserPool
from daemon.web.pages import HEADERS, Pages, policy
from daemon.web.portal import forms, phrases
from daemon.web.portal.flood import Flood
from daemon.web.portal.visits import Visit, Visits

SHARE_OF_FILES = 0.7
"""Of the largest mail, what its files may have: as base64 they take four thirds of their size."""

Route = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Logo:
    content: bytes
    content_type: str


class Site:
    """The frame of every page; ``reception`` takes in what clients write, ``pool`` reads mail for pages."""

    def __init__(self, house: House, pages: Pages, reception: Reception, pool: ParserPool) -> None:
        config = house.config
        self.house = house
        self.reception = reception
        self.pool = pool
        self.words = phrases.load(house.templates_folder)
        self.visits = Visits(house, self.words)
        self.flood = Flood(config.limits.mails_per_minute)
        self.room = int(config.limits.message_size * SHARE_OF_FILES)
        self.logo = _logo(config.portal.logo_file)
        self.desks = tuple(desk for desk in config.desk if desk.portal)
        self.may_submit = config.portal.submit and bool(self.desks)
        self._root = urlsplit(config.http.url).path
        self._title = config.portal.title or config.desk[0].title
        self._zone = self.house.zone
        self._pages = pages
        accent, light = config.portal.colour, lightened(config.portal.colour, (DARK_PAPER, DARK_GROUND))
        by_night = f"@media (prefers-color-scheme:dark){{:root{{--act:{light};--on-act:{DARK_GROUND}}}}}"
        style = f"{pages.style}:root{{--act:{accent};--on-act:#fff}}{by_night}"
        self._style = Markup(style)  # noqa: S704 - a file of ours, and colours that are checked
        self._policy = policy(style)

    # -- requests

    async def visit(self, request: Request) -> Visit:
        return await self.visits.of(request)

    async def form(self, request: Request) -> tuple[Visit, forms.Sent]:
        """Who sent a form, and what stands in it; ``Refused`` where it is not theirs, or comes too often."""
        visit = await self.visit(request)
        if not self.flood.admits(visit.peer):
            raise forms.Refused(429, "too_many")
        sent = await forms.read(request, self.room)
        if not visit.wrote(sent.fields.get("form")):
            raise forms.Refused(403, "stale")
        return visit, sent

    def refusing(self, page: Route) -> Route:
        """A route whose forms may be refused: with a page that says why."""

        async def answer(request: Request) -> Response:
            try:
                return await page(request)
            except forms.Refused as refused:
                visit = await self.visit(request)
                response = self.wrong(visit, refused.status, refused.because)
                if refused.status == 429:
                    response.headers["Retry-After"] = "60"
                if refused.status in (408, 413):
                    response.headers["Connection"] = "close"
                return response

        return answer

    # -- answers

    def page(
        self, visit: Visit, name: str, status: int = 200, *, pictures: tuple[str, ...] = (), **more: Any
    ) -> Response:
        """A page; ``pictures`` are the hosts of which this one page may load some."""
        say = self.words[visit.language]
        content = self._pages.render(
            f"{name}.html",
            say=say,
            language=visit.language,
            languages={code: words["language"] for code, words in self.words.items()},
            visitor=visit.visitor,
            form_token=visit.form_token,
            root=self._root,
            portal=self._title,
            has_logo=self.logo is not None,
            may_submit=self.may_submit,
            style=self._style,
            zone=self._zone,
            when=lambda instant: self.when(visit, instant),
            iso=lambda instant: f"{almanac.there(instant, 'UTC'):%Y-%m-%dT%H:%M:%SZ}",
            size=readable_size,
            **more,
        )
        allowed = self._policy.replace("img-src 'self'", " ".join(("img-src 'self'", *pictures)))
        response = HTMLResponse(content, status, headers={**HEADERS, "Content-Security-Policy": allowed})
        self.visits.greet(response, visit)
        return response

    def wrong(self, visit: Visit, status: int, because: str) -> Response:
        """A page that says what did not work."""
        return self.page(visit, "wrong", status, because=because)

    def lost(self, visit: Visit) -> Response:
        """Nothing is there, or it is not this reader's."""
        return self.wrong(visit, 404, "not_found")

    def go(self, path: str) -> Response:
        """To another of our pages, after something was done."""
        return RedirectResponse(self.place(path), 303, headers=HEADERS)

    def place(self, path: str) -> str:
        """One of our pages, as a link in a page names it."""
        return self._root + path

    def when(self, visit: Visit, instant: Instant) -> str:
        """An instant as this reader reads it, in the zone of the first calendar."""
        return phrases.instant(self.words[visit.language], almanac.there(instant, self.house.zone))

    async def read(self, job: Callable[[], Any]) -> Any:
        """Ask the store, beside the loop."""
        return await self.house.store.look(job)

    async def write(self, job: Callable[[], Any]) -> Any:
        return await asyncio.wrap_future(self.house.store.write(job))


def _logo(file: str) -> Logo | None:
    path = Path(file)
    return Logo(path.read_bytes(), PICTURES[path.suffix.lower()]) if file else None
