"""Files of a message that is being written: those that stand in its body, and those that were uploaded before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from fastapi import Request

from daemon.desk.asking import Draft
from daemon.desk.house import House
from daemon.mail.letter import Enclosure
from daemon.web.api.access import Access
from daemon.web.api.callers import Caller
from daemon.web.api.models import Enclosed, Uploaded
from daemon.web.api.problems import Fault, Problem, invalid
from daemon.web.api.repeats import asked


async def enclosed(
    desk: Access, caller: Caller, files: Sequence[Uploaded | Enclosed]
) -> tuple[tuple[Enclosure, ...], Callable[[], None]]:
    """The files, and what forgets the uploads among them once the message is written."""
    found: list[Enclosure] = []
    for at, one in enumerate(files):
        if isinstance(one, Enclosed):
            try:
                found.append(Enclosure(one.name, one.content_type, one.data()))
            except ValueError:
                raise invalid((Fault(f"/attachments/{at}/content", "This is no base64."),)) from None
            continue
        upload = await asyncio.to_thread(desk.spool.take, caller.token, one.upload)
        if upload is None:
            fault = Fault(f"/attachments/{at}/upload", "There is no such upload of this token, or its hour is over.")
            raise Problem(409, "no-such-upload", "An upload is gone", "Upload the file again.", faults=(fault,))
        found.append(upload)
    uploads = [one.upload for one in files if isinstance(one, Uploaded)]
    return tuple(found), lambda: desk.spool.drop(uploads)


def draft(request: Request, house: House, words: str, files: tuple[Enclosure, ...], subject: str = "") -> Draft:
    """What a request says, so that the same request makes the same mail."""
    known = asked(request, house)
    return Draft(words, subject, files, known.nonce, known.at)
