"""Taking a file out of a multipart form: the part named ``file``; others are not looked at."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from daemon.web.api import showing
from daemon.web.api.access import Access
from daemon.web.api.bodies import read_body
from daemon.web.api.callers import Caller
from daemon.web.api.problems import Fault, Problem, invalid
from daemon.web.api.spool import Full

ROOM_FOR_HEADERS = 10_000
MOST_OTHERS = 100
SECONDS = 300.0
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary", "description": "The file."}},
                }
            }
        },
    }
}


async def received(desk: Access, caller: Caller, request: Request) -> dict[str, Any]:
    """Keep the file of a form; what the caller is told of it."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        raise Problem(
            415, "unsupported-media-type", "The body is of another type", "Send multipart/form-data.",
            headers={"Accept-Post": "multipart/form-data"},
        )  # fmt: skip
    largest = desk.house.config.limits.message_size * 7 // 10  # in base64 it is a third larger
    body = await read_body(request, largest + ROOM_FOR_HEADERS, SECONDS)
    name, content_type, content = await _file(request, body)
    try:
        upload = await asyncio.to_thread(desk.spool.keep, caller.token, name, content_type, content)
    except Full:
        raise Problem(
            429, "too-many-uploads", "Too many uploads wait", "Write the messages that they are for.",
            headers={"Retry-After": "60"},
        ) from None  # fmt: skip
    return {
        "id": upload.id,
        "name": upload.name,
        "contentType": upload.content_type,
        "size": upload.size,
        "expiresAt": showing.moment(upload.expires_at),
    }


async def _file(request: Request, body: bytes) -> tuple[str, str, bytes]:
    """Name, type and bytes of the one part of a form."""

    async def stream() -> Any:
        yield body
        yield b""

    try:
        parser = MultiPartParser(
            request.headers, stream(), max_files=MOST_OTHERS, max_fields=MOST_OTHERS, max_part_size=len(body) + 1
        )
        form = await parser.parse()
    except (MultiPartException, FormParserError, ValueError, KeyError, UnicodeError):
        sentence = "It is no sound multipart/form-data."
        raise Problem(400, "body-unreadable", "The body cannot be read", sentence) from None
    file = form.get("file")
    if not isinstance(file, UploadFile):
        raise invalid((Fault("/file", "This is required, and with a filename."),))
    content = await file.read()
    await file.close()
    return file.filename or "attachment", file.content_type or "application/octet-stream", content
