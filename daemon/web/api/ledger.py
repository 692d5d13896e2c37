"""``/v2/inbound``: the ledger of every mail seen, for operators. Where is my mail?"""

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import JSONResponse

from daemon.core.reasons import sentence
from daemon.core.values import Outcome
from daemon.desk import repair, settling
from daemon.desk.settling import NoSuchMail, NotWaiting
from daemon.store import ledger
from daemon.web.api import patterns, showing
from daemon.web.api.access import Access, number_of, told
from daemon.web.api.answers import says
from daemon.web.api.answers_of_desk import Mail, Mails, Settled
from daemon.web.api.callers import Caller
from daemon.web.api.problems import Problem, not_found

SIGNED = re.compile(r"-[a-z2-7]{26}(?=@)", re.IGNORECASE)
"""The token in an address: whoever has it may speak for its person."""

State = Literal["filed", "ignored", "quarantined", "failed"]
MailId = Annotated[str, Path(alias="mailId", pattern=patterns.number_of("inbound"), examples=["inbound_17"])]
Before = Annotated[str | None, Query(pattern=patterns.number_of("inbound"), description="Those before this one.")]
SETTLED: dict[int | str, dict[str, Any]] = {200: says(Settled, "What became of it.")}


def router(desk: Access) -> APIRouter:
    """The routes."""
    routes = APIRouter(prefix="/v2/inbound", tags=["ledger"])
    house = desk.house
    Reading = Annotated[Caller, Depends(desk.needs("ledger:read"))]  # noqa: N806 - a type
    Writing = Annotated[Caller, Depends(desk.needs("ledger:write"))]  # noqa: N806

    @routes.get("", operation_id="listInbound", responses={200: says(Mails, "Mails.")}, response_model=None)
    async def list_(
        caller: Reading,
        state: State | None = None,
        before: Before = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> JSONResponse:
        """The mails that came, the newest first, and how each of them ended."""
        until = number_of(before) if before else None
        found = (await desk.read(lambda: ledger.rows(state, limit + 1, until)))[::-1]
        more = f"inbound_{found[limit - 1]['id']}" if len(found) > limit else None
        return told({"data": [_mail(row) for row in found[:limit]], "nextBefore": more})

    @routes.get("/{mailId}", operation_id="getInbound", responses={200: says(Mail, "The mail.")}, response_model=None)
    async def retrieve(mail: MailId, caller: Reading) -> JSONResponse:
        """One mail."""
        return told(_mail(await _row(desk, mail)))

    @routes.post("/{mailId}/retry", operation_id="retryInbound", responses=SETTLED, response_model=None)
    async def retry(mail: MailId, caller: Writing) -> JSONResponse:
        """Try a failed or quarantined mail again, from the bytes that were kept."""
        row = await _row(desk, mail)
        if row["state"] not in ledger.TRIED_AGAIN:
            raise _not_waiting(f"Mail {row['id']} is {row['state']}; only failed and quarantined mail is tried again.")
        return _settled(mail, await repair.again(house, desk.reception, row["id"]))

    @routes.post("/{mailId}/release", operation_id="releaseInbound", responses=SETTLED, response_model=None)
    async def release(mail: MailId, caller: Writing) -> JSONResponse:
        """Vouch for a held agent's mail: it is carried out as if the agent had confirmed it."""
        return await settle(mail, "confirmed")

    @routes.post("/{mailId}/discard", operation_id="discardInbound", responses=SETTLED, response_model=None)
    async def discard(mail: MailId, caller: Writing) -> JSONResponse:
        """Let a held, quarantined or failed mail rest; it stays in the ledger."""
        return await settle(mail, "discarded")

    async def settle(mail: str, decision: Literal["confirmed", "discarded"]) -> JSONResponse:
        try:
            outcome = await desk.written(lambda: settling.settle(house, number_of(mail), decision))
        except NoSuchMail:
            raise not_found() from None
        except NotWaiting as error:
            raise _not_waiting(f"{str(error)[:1].upper()}{str(error)[1:].rstrip('.')}.") from None
        return _settled(mail, outcome)

    return routes


async def _row(desk: Access, mail: str) -> dict[str, Any]:
    row = await desk.read(lambda: ledger.row(number_of(mail)))
    if row is None:
        raise not_found()
    return row


def _not_waiting(detail: str) -> Problem:
    return Problem(409, "nothing-waits", "Nothing waits there", detail)


def _settled(mail: str, outcome: Outcome) -> JSONResponse:
    ticket = f"ticket_{outcome.ticket}" if outcome.ticket is not None else None
    return told({"id": mail, "outcome": outcome.state, "because": outcome.because, "ticketId": ticket})


def _mail(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"inbound_{row['id']}",
        "state": row["state"],
        "because": row["because"],
        "sentence": sentence(row["because"]),
        "source": row["source"],
        "desk": row["desk"],
        "recipient": SIGNED.sub("-…", row["recipient"]),
        "sender": row["sender"],
        "subject": row["subject"],
        "from": row["from_text"],
        "ticketId": f"ticket_{row['ticket']}" if row["ticket"] is not None else None,
        "messageId": f"message_{row['message']}" if row["message"] is not None else None,
        "attempts": row["attempts"],
        "retryAt": showing.moment(row["retry_at"]),
        "error": row["error"],
        "receivedAt": showing.moment(row["received_at"]),
        "recordedAt": showing.moment(row["recorded_at"]),
    }
