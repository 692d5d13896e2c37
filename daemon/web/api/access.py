"""What the resources share: who may see which ticket, how refusals are told, rows read beside the loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, TypeAdapter

from daemon.desk.asking import By, Refused
from daemon.desk.house import House
from daemon.desk.intake import Reception
from daemon.desk.ticketing import Check, Ticketing
from daemon.store import clients, conversation, display, people, versions
from daemon.store.conversation import Eyes
from daemon.store.display import Display
from daemon.web.api import etags, patterns, showing
from daemon.web.api.bodies import JSON, read_json, validated
from daemon.web.api.callers import Caller, Needs, callers
from daemon.web.api.problems import Fault, Problem, invalid, not_found, pointer
from daemon.web.api.spool import Spool

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

ANYTHING = TypeAdapter(Any)
TicketNumber = Annotated[
    str, Path(alias="ticketId", pattern=patterns.TICKET_ID, description="Such as ticket_1042.", examples=["ticket_1"])
]
POINTERS = {
    "assignee": "/assignedTo",
    "resolution_text": "/resolution/text",
    "resolution_code": "/resolution/code",
    "snooze": "/snoozedUntil",
    "user": "/user/email",
}
TITLES = {
    "move-not-allowed": "The status may not become that",
    "not-allowed": "This token may not do that",
    "ticket-ended": "The ticket has ended",
}


class Json(JSONResponse):
    """JSON, written a few times as fast as Python's own module does."""

    def render(self, content: Any) -> bytes:
        return ANYTHING.dump_json(content)


@dataclass(frozen=True, slots=True)
class Access:
    """The desk as the resources use it."""

    house: House
    ticketing: Ticketing
    reception: Reception
    needs: Callable[..., Needs]
    spool: Spool

    async def read(self, look: Callable[[], T], *, few: bool = False) -> T:
        """Rows, read beside the loop; ``few`` of them by their keys maybe at once."""
        return await self.house.store.look(look, few=few)

    async def body(self, request: Request, model: type[M], types: Collection[str] = JSON) -> M:
        """The body of a request, read and checked."""
        return validated(model, await self.data(request, types))

    async def data(self, request: Request, types: Collection[str] = JSON) -> object:
        """The value that the body of a request holds."""
        api = self.house.config.api
        return await read_json(request, api.body_size, types, api.body_seconds)

    async def written(self, job: Callable[[], T]) -> T:
        """Rows, written in the writer's next transaction."""
        return await asyncio.wrap_future(self.house.store.write(job))

    async def ticket(self, caller: Caller, number: int) -> Display:
        """A ticket; Problem 404 where there is none, or none that this caller may see."""
        return await self.read(lambda: seen(caller, number), few=True)

    async def answer(self, caller: Caller, number: int, status: int = 200) -> JSONResponse:
        """A ticket as it is now, with its version."""
        one = await self.ticket(caller, number)
        return self.shown(caller, one, status)

    def object(self, caller: Caller, one: Display, cut: int | None = None) -> dict[str, Any]:
        """A ticket as this caller is shown it."""
        if caller.requester is None:
            return showing.ticket(one, whole=True, cut=cut)
        theirs = {field.name for field in self.house.policy.fields if field.portal}
        fields = {name: value for name, value in one.fields if name in theirs}
        return showing.ticket(one, whole=False, cut=cut) | {"fields": fields}

    def shown(self, caller: Caller, one: Display, status: int = 200) -> JSONResponse:
        """A ticket as an answer."""
        headers = {"ETag": etags.tag(one.number, one.revision), "Cache-Control": "no-store"}
        if status == 201:
            headers["Location"] = f"{showing.PATH}/ticket_{one.number}"
        return Json(self.object(caller, one), status, headers=headers)


def access(house: House, ticketing: Ticketing, reception: Reception) -> Access:
    """The same for all resources of one house."""
    return Access(house, ticketing, reception, callers(house), Spool(house.config.storage.path("uploads"), house))


def seen(caller: Caller, number: int) -> Display:
    """A ticket that this caller may see; Problem 404 for any other. Reads rows."""
    may_see(caller, number)
    one = display.ticket(number)
    if one is None:
        raise not_found()
    return as_read_by(caller, one)


def as_read_by(caller: Caller, one: Display) -> Display:
    """A ticket with what this caller may read of it. Reads rows.

    A requester's that was merged is what the other one is by now. Who came to a ticket later reads what was said since
    then, and of others nothing but their names.
    """
    if caller.requester is None:
        return one
    person = people.today(caller.requester)
    into = conversation.merged_into(one.number) if one.merged_into is not None else None
    if into is not None and (other := display.ticket(into)) is not None:
        one = one._replace(
            status=other.status,
            updated_at=max(one.updated_at, other.updated_at),
            resolved_at=other.resolved_at,
            closed_at=other.closed_at,
            revision=max(one.revision, other.revision),
        )
    is_requester = one.requester.id in people.selves((person,))
    since = clients.since(one.number, person)
    if not is_requester:
        one = one._replace(requester=one.requester._replace(address="", phone="", organisation=""))
    if is_requester and since is not None and since <= one.opened_at:
        return one
    shown = display.opening(one.number) in clients.visible(one.number, person)
    return one if shown else one._replace(description="")


def unless_changed(request: Request, caller: Caller) -> Check:
    """What ``If-Match`` asks of a ticket, as ``as_read_by`` has it, in the transaction that changes it."""
    expected = etags.expected(request)

    def check(number: int) -> None:
        into = conversation.merged_into(number) if caller.requester is not None else None
        events = [versions.last_event(one) for one in (number, into) if one is not None]
        expected.check(etags.tag(number, max(events)))

    return check


def may_see(caller: Caller, number: int) -> None:
    """Problem 404 for a requester's token where the ticket is not theirs. Reads rows."""
    if caller.requester is not None and clients.ticket(number, people.today(caller.requester)) is None:
        raise not_found()


def told(content: Any, status: int = 200, headers: dict[str, str] | None = None) -> JSONResponse:
    """An answer that is nobody else's to keep."""
    return Json(content, status, headers={"Cache-Control": "no-store", **(headers or {})})


def number_of(identifier: str) -> int:
    """The number of ``ticket_1042``, ``user_7`` and the like."""
    return int(identifier.rpartition("_")[2])


def by(caller: Caller) -> By:
    """On whose behalf a caller does things."""
    return By("api", caller.agent, caller.requester, caller.may("spam"))


def eyes(caller: Caller) -> Eyes:
    """Which messages a caller sees."""
    return Eyes(caller.requester, caller.may("notes:read"))


def for_the_desk(caller: Caller) -> None:
    """Problem 403 for a requester's token."""
    if caller.requester is not None:
        raise Problem(
            403,
            "not-for-requesters",
            "This token may not do that",
            "A customer's token may not ask for this; one of the desk may.",
        )


def refused(error: Refused) -> Problem:
    """A refusal as a problem."""
    sentence = f"{str(error)[:1].upper()}{str(error)[1:]}."
    faults = [Fault(_where(name), f"{said[:1].upper()}{said[1:]}.") for name, said in error.faults]
    if error.field and not faults:
        faults = [Fault(_where(error.field), sentence)]
    match error.kind:
        case "unknown":
            return not_found()
        case "invalid":
            return invalid(faults or [Fault("", sentence)])
        case "forbidden":
            title = "This token may not do that"
            return Problem(403, error.because, title, sentence, faults=faults)
        case "too-large":
            return Problem(413, error.because, "It is too large", sentence)
        case "overloaded":
            return Problem(503, error.because, "Too much at once", sentence, headers={"Retry-After": "5"})
    allowed: dict[str, Any] = {"allowed": list(error.moves)} if error.moves is not None else {}
    title = TITLES.get(error.because, "That cannot be done now")
    return Problem(409, error.because, title, sentence, faults=faults, **allowed)


def _where(name: str) -> str:
    """The pointer to what a refusal names."""
    own = name.removeprefix("fields.")
    return pointer(("fields", own)) if own != name else POINTERS.get(name, f"/{name}")


def answer_refusals(app: FastAPI) -> None:
    """Have every refusal answered as a problem."""

    async def answer(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, Refused)
        return refused(error).response()

    app.add_exception_handler(Refused, answer)
