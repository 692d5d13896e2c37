"""Forms of the portal, read within limits of size and time; files are held on disk while they come."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from starlette.exceptions import HTTPException

from daemon.mail.compose import file_name
from daemon.mail.letter import Enclosure

MOST_FILES, MOST_FIELDS = 10, 40
ROOM_FOR_FIELDS = 2_000_000
SECONDS = 300.0


class Refused(Exception):
    """A form that is not read: the status of the answer, and the word that says why."""

    def __init__(self, status: int, because: str) -> None:
        super().__init__(because)
        self.status = status
        self.because = because


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form held: its fields by name, of each the first value, and its files."""

    fields: dict[str, str]
    files: tuple[Enclosure, ...] = ()

    def text(self, name: str) -> str:
        """A field without space around it, its line ends ``\\n``."""
        return self.fields.get(name, "").replace("\r\n", "\n").replace("\r", "\n").strip()

    def line(self, name: str) -> str:
        """A field of one line."""
        return " ".join(self.fields.get(name, "").split())


async def read(request: Request, most: int) -> Sent:
    """Read a form of at most ``most`` bytes of files; ``Refused`` for one that is too large, too slow or broken."""
    left = most + ROOM_FOR_FIELDS

    async def receive() -> dict[str, object]:
        nonlocal left
        message = await request.receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise Refused(413, "too_large")
        return dict(message)

    limited = Request(request.scope, receive)
    try:
        async with asyncio.timeout(SECONDS):
            form = await limited.form(max_files=MOST_FILES, max_fields=MOST_FIELDS, max_part_size=ROOM_FOR_FIELDS)
            try:
                return await _sent(form.multi_items(), most)
            finally:
                await form.close()
    except TimeoutError:
        raise Refused(408, "unreadable") from None
    except Refused:
        raise
    except (HTTPException, UnicodeDecodeError) as error:
        raise _unread(str(getattr(error, "detail", ""))) from None


def _unread(detail: str) -> Refused:
    """Why a form was not read, by the words of Starlette's parser."""
    if detail.startswith("Too many files"):
        return Refused(413, "too_many_files")
    return Refused(413, "too_large") if "exceeded maximum size" in detail else Refused(400, "unreadable")


async def _sent(items: list[tuple[str, Any]], most: int) -> Sent:
    fields: dict[str, str] = {}
    files: list[Enclosure] = []
    for name, value in items:
        if isinstance(value, str):
            fields.setdefault(name, value)
        elif value.filename or value.size:
            most -= value.size or 0
            if most < 0:
                raise Refused(413, "too_large")
            kind = (value.content_type or "").partition(";")[0].strip().lower() or "application/octet-stream"
            named = (value.filename or "").replace("%22", '"')  # as browsers write it there
            files.append(Enclosure(file_name(named), kind, await value.read()))
    return Sent(fields, tuple(files))
