"""``/v2/support-tickets/{ticketId}/messages``: what was said, and saying more, publicly or to colleagues."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import JSONResponse

from daemon.core.values import Address
from daemon.store import conversation
from daemon.store.conversation import Said
from daemon.web.api import patterns, showing
from daemon.web.api.access import Access, TicketNumber, by, eyes, for_the_desk, may_see, number_of, seen, told
from daemon.web.api.answers import MESSAGE, MESSAGES
from daemon.web.api.callers import Caller
from daemon.web.api.enclosing import draft, enclosed
from daemon.web.api.models import NewMessage, NewNote, NewReply, asks
from daemon.web.api.problems import Fault, Problem, not_found

After = Annotated[str | None, Query(pattern=patterns.number_of("message"), description="Those after this one.")]
Limit = Annotated[int, Query(ge=1, le=200)]
MessageId = Annotated[str, Path(alias="messageId", pattern=patterns.number_of("message"), examples=["message_1"])]


def router(desk: Access) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix=f"{showing.PATH}/{{ticketId}}/messages", tags=["messages"])
    house, needs = desk.house, desk.needs
    Reading = Annotated[Caller, Depends(needs("messages:read"))]  # noqa: N806 - a type
    Writing = Annotated[Caller, Depends(needs("messages:write"))]  # noqa: N806

    @routes.get("", operation_id="listMessages", responses=MESSAGES, response_model=None)
    async def list_(ticket: TicketNumber, caller: Reading, after: After = None, limit: Limit = 50) -> JSONResponse:
        """The messages of a ticket, oldest first. Notes are for tokens with notes:read, and never for requesters."""
        number = number_of(ticket)
        since = number_of(after) if after else 0

        def look() -> list[Said]:
            seen(caller, number)
            return conversation.messages(number, eyes(caller), since, limit + 1)

        found = await desk.read(look)
        more = f"message_{found[limit - 1].id}" if len(found) > limit else None
        whole = caller.requester is None
        return told({"data": [showing.message(m, number, whole=whole) for m in found[:limit]], "nextAfter": more})

    @routes.get("/{messageId}", operation_id="getMessage", responses={200: MESSAGE}, response_model=None)
    async def retrieve(ticket: TicketNumber, message: MessageId, caller: Reading) -> JSONResponse:
        """One message."""
        number, wanted = number_of(ticket), number_of(message)

        def look() -> Said | None:
            may_see(caller, number)
            return conversation.message(number, wanted, eyes(caller))

        found = await desk.read(look)
        if found is None:
            raise not_found()
        return told(showing.message(found, number, whole=caller.requester is None))

    @routes.post(
        "", status_code=201, operation_id="createMessage", responses={201: MESSAGE}, response_model=None,
        openapi_extra=asks(NewMessage),
    )  # fmt: skip
    async def create(ticket: TicketNumber, request: Request, caller: Writing) -> JSONResponse:
        """Say something. A reply goes out by mail to everyone who takes part; a note stays in the house."""
        number = number_of(ticket)
        new = (await desk.body(request, NewMessage)).root
        if isinstance(new, NewNote):
            for_the_desk(caller)
        else:
            _fits(new, caller)
        await desk.read(lambda: seen(caller, number))
        files, drop = await enclosed(desk, caller, new.attachments)
        said = draft(request, house, new.body, files)
        if isinstance(new, NewNote):
            outcome = await desk.ticketing.note(by(caller), number, said)
        else:
            author = Address("", new.author) if new.author else None
            outcome = await desk.ticketing.reply(by(caller), number, said, author, new.status)
        drop()
        assert outcome.ticket is not None
        assert outcome.message is not None
        filed, wanted = outcome.ticket, outcome.message
        at = filed if caller.requester is None else number
        found = await desk.read(lambda: conversation.message(filed, wanted, conversation.Eyes()))
        assert found is not None
        place = {"Location": f"{showing.PATH}/ticket_{at}/messages/message_{wanted}"}
        return told(showing.message(found, at, whole=caller.requester is None), 201, place)

    return routes


def _fits(new: NewReply, caller: Caller) -> None:
    """Problem 403 for members that are not for this caller to say."""
    faults = []
    if new.author is not None and caller.person is not None:
        faults.append(Fault("/author", "Only a program that replies for a customer says who that is."))
    if new.status is not None and caller.agent is None:
        faults.append(Fault("/status", "Only an agent's reply says what becomes of the ticket."))
    if faults:
        raise Problem(403, "not-allowed", "This token may not do that", "See errors.", faults=faults)
