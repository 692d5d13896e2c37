"""Attachments: uploaded before the message that they belong to, and fetched as downloads (invariant 16).

Bytes are told apart by nobody: whatever they claim to be, they leave as ``application/octet-stream``, to be saved.
"""

import re
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse

from daemon.core.values import Attachment
from daemon.mail.attachments import attachment_bytes
from daemon.store import conversation
from daemon.store import raw as kept
from daemon.store.conversation import File
from daemon.web.api import patterns, showing
from daemon.web.api.access import Access, TicketNumber, eyes, may_see, number_of, seen, told
from daemon.web.api.answers import BYTES, FILES, UPLOAD
from daemon.web.api.callers import Caller
from daemon.web.api.problems import Problem, not_found
from daemon.web.api.uploading import FORM, received

AttachmentId = Annotated[
    str,
    Path(alias="attachmentId", pattern=patterns.ATTACHMENT_ID, examples=["attachment_1-2"]),
]
RANGE = re.compile(r"bytes=([0-9]{0,100})-([0-9]{0,100})", re.ASCII)
RANGES = [
    {
        "name": name,
        "in": "header",
        "description": sentence,
        "required": False,
        "schema": {"type": "string", "examples": [example]},
    }
    for name, sentence, example in (
        ("Range", "Which bytes are wanted; one span. What is none is not looked at.", "bytes=0-1023"),
        ("If-Range", "The ETag of the part that is there: where it is another, all of it comes.", '"b94d27b9934d"'),
    )
]
SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "no-store",
    "Accept-Ranges": "bytes",
}


def router(desk: Access) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v2", tags=["attachments"])
    needs = desk.needs
    Reading = Annotated[Caller, Depends(needs("messages:read"))]  # noqa: N806 - a type
    Writing = Annotated[Caller, Depends(needs("messages:write"))]  # noqa: N806
    Opening = Annotated[Caller, Depends(needs("tickets:write"))]  # noqa: N806

    @routes.post(
        "/uploads", status_code=201, operation_id="upload", responses={201: UPLOAD}, response_model=None,
        openapi_extra=FORM,
    )  # fmt: skip
    async def upload(request: Request, caller: Opening) -> JSONResponse:
        """Upload a file for a ticket that is about to be opened; it waits an hour."""
        return told(await received(desk, caller, request), 201)

    @routes.post(
        "/support-tickets/{ticketId}/attachments", status_code=201, operation_id="uploadAttachment",
        responses={201: UPLOAD}, response_model=None, openapi_extra=FORM,
    )  # fmt: skip
    async def attach(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """Upload a file for a message that is about to be written; it waits an hour."""
        await desk.read(lambda: seen(caller, number_of(ticket)))
        return told(await received(desk, caller, request), 201)

    @routes.get(
        "/support-tickets/{ticketId}/attachments", operation_id="listAttachments", responses=FILES, response_model=None
    )
    async def list_(ticket: TicketNumber, caller: Reading) -> JSONResponse:
        """The files of all messages that this token may see."""
        number = number_of(ticket)

        def look() -> list[File]:
            seen(caller, number)
            return conversation.files(number, eyes(caller))

        return told({"data": [showing.file(one, number) for one in await desk.read(look)]})

    @routes.get(
        "/support-tickets/{ticketId}/attachments/{attachmentId}", operation_id="downloadAttachment", responses=BYTES,
        response_class=Response, openapi_extra={"parameters": RANGES},
    )  # fmt: skip
    async def download(ticket: TicketNumber, attachment: AttachmentId, request: Request, caller: Reading) -> Response:
        """The bytes of a file, to be saved; with Range a part of them."""
        number = number_of(ticket)
        message, part = map(int, attachment.removeprefix("attachment_").split("-"))

        def look() -> tuple[Attachment, bytes]:
            may_see(caller, number)
            found = conversation.file(number, message, part, eyes(caller))
            if found is None:
                raise not_found()
            return found[0], attachment_bytes(kept.read(found[1]), found[0])

        one, content = await desk.read(look)
        return _part(request, one, content)

    return routes


def _part(request: Request, one: Attachment, content: bytes) -> Response:
    """The whole of a file, or the part that is asked for: 206, or 416 where it has no such part."""
    tag, size = f'"{one.sha256}"', len(content)
    name = one.name.encode("ascii", "replace").decode().replace('"', "_").replace("\\", "_").replace("?", "_")
    disposition = f"attachment; filename=\"{name}\"; filename*=UTF-8''{quote(one.name, safe='')}"
    headers = {**SAFE, "ETag": tag, "Content-Disposition": disposition}
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers=headers)
    asked = RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if asked is None or asked[0] == "bytes=-" or request.headers.get("if-range", tag) != tag:
        return Response(content, headers=headers, media_type="application/octet-stream")
    first, last = _span(asked[1], asked[2], size)
    if first > last:
        raise Problem(
            416, "no-such-range", "The file has no such part", f"It has {size:,} bytes.",
            headers={"Content-Range": f"bytes */{size}"},
        )  # fmt: skip
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Response(content[first : last + 1], 206, headers=headers, media_type="application/octet-stream")


def _span(first: str, last: str, size: int) -> tuple[int, int]:
    """The first and last byte of a range as the header says it; first > last where there is none."""
    if not first:
        return (max(0, size - int(last)), size - 1) if int(last) else (1, 0)
    end = min(int(last), size - 1) if last else size - 1
    return (int(first), end) if not last or int(last) >= int(first) else (1, 0)
