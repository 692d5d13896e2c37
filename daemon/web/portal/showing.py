"""Messages as a page shows them: formatted where the mail was, as text where that is too much.

Customers' mail is read in the parser's worker processes, since hostile bytes are their trade. Of an agent nothing is
shown but what was sent to customers. What was read is kept for a while, up to some megabytes.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from daemon.core.values import Attachment, Mail
from daemon.desk import following
from daemon.mail import viewing
from daemon.mail.compose import html_part
from daemon.mail.filters import paragraphs
from daemon.mail.worker import Overloaded
from daemon.store.clients import Said
from daemon.web.portal.site import Site

HAS_HTML = re.compile(rb"text/html", re.IGNORECASE)
LARGEST_MAIL = 30_000_000
MOST_KEPT = 4_000_000
ROOM = 14_000
"""Characters of messages on one page, which keep it under 30 KB; the longest of them have a page of their own."""
LEAST = 600
AT_ONCE = 20
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True)
class Shown:
    """A message in a page: ``html`` is safe; ``is_cut`` and ``is_plain`` say that there is more of it, or better.

    ``hosts`` are those of pictures that were not loaded; ``files`` the attachments that are not shown in place.
    """

    id: int
    is_agent: bool
    is_own: bool
    name: str
    at: int
    html: Markup
    is_cut: bool
    is_plain: bool
    hosts: tuple[str, ...]
    files: tuple[Attachment, ...]


class Showing:
    """Makes what pages show of messages; ``site`` has the words and the parser."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._kept: OrderedDict[str, str | None] = OrderedDict()
        self._size = 0

    async def conversation(self, said: Sequence[Said], place: str, person: int, blocked: str) -> tuple[Shown, ...]:
        """Messages of one page; the newest have the room, and of the others the beginning is shown."""
        room = ROOM
        shown: list[Shown] = []
        for one in reversed(said):
            html = await self._html(one)
            made = self._whole(one, html, place, person, blocked)
            if len(made.html) > room:
                made = _cut(made, one, max(LEAST, room), is_plain=html is not None)
            room = max(0, room - len(made.html))
            shown.append(made)
        return tuple(reversed(shown))

    async def whole(self, said: Said, place: str, person: int, blocked: str, *, remote: bool = False) -> Shown:
        """One message on a page of its own; ``remote``: with its pictures from elsewhere."""
        return self._whole(said, await self._html(said), place, person, blocked, remote=remote)

    def _whole(
        self, said: Said, html: str | None, place: str, person: int, blocked: str, *, remote: bool = False
    ) -> Shown:
        used: set[int] = set()

        def inline(content_id: str) -> str | None:
            wanted = content_id.strip().strip("<>")
            for file in said.files:
                if file.content_id == wanted and file.content_type in PICTURES:
                    used.add(file.part)
                    return f"{place}/messages/{said.id}/files/{file.part}"
            return None

        hosts = viewing.hosts_of(html) if html else ()
        safe = viewing.shown(html, inline, blocked, remote=remote) if html else str(paragraphs(said.words, links=True))
        return Shown(
            said.id,
            said.is_agent,
            said.author == person,
            said.name,
            said.at,
            Markup(safe),  # noqa: S704 - sanitised when it was read
            False,
            False,
            hosts,
            tuple(file for file in said.files if file.part not in used),
        )

    async def _html(self, said: Said) -> str | None:
        """What a message says as HTML, for ``viewing.shown``; None where its text says it all."""
        key = said.sent if said.is_agent else said.raw
        if key is None:
            return None
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        raw: bytes = await self._site.read(lambda: following.content(key))
        html = None
        if len(raw) <= LARGEST_MAIL and HAS_HTML.search(raw):
            html = await (asyncio.to_thread(_of_letter, raw) if said.is_agent else self._of_mail(raw))
        self._keep(key, html)
        return html

    async def _of_mail(self, raw: bytes) -> str | None:
        try:
            mail = await self._site.pool.view(raw, "portal")
        except Overloaded:
            return None
        return mail.html if isinstance(mail, Mail) else None

    def _keep(self, key: str, html: str | None) -> None:
        self._kept[key] = html
        self._size += len(html or "")
        while self._size > MOST_KEPT or len(self._kept) > 1000:
            _, old = self._kept.popitem(last=False)
            self._size -= len(old or "")


def _of_letter(raw: bytes) -> str | None:
    page = html_part(raw)
    return viewing.view_answer(page) if page else None


def _cut(shown: Shown, said: Said, room: int, *, is_plain: bool) -> Shown:
    words = said.words
    is_cut = len(words) > room
    html = paragraphs(words[:room].rsplit(maxsplit=1)[0] + " …" if is_cut else words, links=True)
    return Shown(shown.id, shown.is_agent, shown.is_own, shown.name, shown.at, html, is_cut, is_plain, (), said.files)
