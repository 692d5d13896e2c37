"""A client's tickets: the list, the conversation, and what can be done: reply, close, reopen, rate."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response

from daemon.desk import following, submitting
from daemon.desk.following import Conversation
from daemon.desk.signing_in import Visitor
from daemon.mail.compose import Unsafe
from daemon.web.portal.forms import Refused, Sent
from daemon.web.portal.showing import AT_ONCE, Showing
from daemon.web.portal.site import Site
from daemon.web.portal.submit import LONGEST_WORDS, once, written
from daemon.web.portal.visits import Visit

VERDICTS = {"good": True, "bad": False}
PAGE = re.compile(r"[1-9][0-9]{0,4}", re.ASCII)
DID = ("replied", "closed_now")


def router(site: Site, showing: Showing) -> APIRouter:
    """``/tickets``, ``/tickets/<number>`` and, below it, ``reply``, ``close`` and ``rate``."""
    routes = APIRouter(include_in_schema=False)
    house = site.house

    @routes.get("/tickets")
    async def mine(request: Request) -> Response:
        visit = await site.visit(request)
        if (visitor := visit.visitor) is None:
            return site.go("/sign-in")
        page = int(asked) if PAGE.fullmatch(asked := request.query_params.get("page", "1")) else 1
        tickets, more = await site.read(lambda: following.tickets(house, visitor, page))
        return site.page(visit, "tickets", tickets=tickets, page=page, more=more)

    @routes.get("/tickets/{number:int}")
    async def show(request: Request) -> Response:
        visit = await site.visit(request)
        if visit.visitor is None:
            return site.go("/sign-in")
        seen = await _seen(site, visit.visitor, request)
        return await _page(site, showing, visit, seen, request) if seen else site.lost(visit)

    @routes.post("/tickets/{number:int}/reply")
    @site.refusing
    async def reply(request: Request) -> Response:
        visit, sent = await site.form(request)
        visitor, seen = await _theirs(site, visit, request)
        words = sent.text("words")
        if not words and not sent.files:
            return await _page(site, showing, visit, seen, request, sent, {"words": "no_reply"})
        if len(words) > LONGEST_WORDS:
            return await _page(site, showing, visit, seen, request, sent, {"words": "too_long"})
        thread = await site.read(lambda: submitting.thread_of(seen.ticket, visitor.person))
        form = written(visit, sent, "words")
        try:
            outcome = await submitting.reply(house, site.reception, visitor, seen.ticket, thread, form)
        except Unsafe:
            return await _page(site, showing, visit, seen, request, sent, {"words": "not_written"})
        if outcome.state == "deferred":
            raise Refused(503, "unavailable")
        follow_up = outcome.ticket if outcome.ticket not in (None, seen.ticket.id) else None
        number = follow_up if follow_up and visitor.may_see(follow_up) else seen.ticket.number
        return site.go(f"/tickets/{number}?did=replied#end")

    @routes.post("/tickets/{number:int}/close")
    @site.refusing
    async def close(request: Request) -> Response:
        visit, _ = await site.form(request)
        visitor, seen = await _theirs(site, visit, request)
        number = seen.ticket.number
        await site.write(lambda: following.close(house, visitor, number))
        return site.go(f"/tickets/{number}?did=closed_now")

    @routes.post("/tickets/{number:int}/rate")
    @site.refusing
    async def rate(request: Request) -> Response:
        visit, sent = await site.form(request)
        visitor, seen = await _theirs(site, visit, request)
        number, positive = seen.ticket.number, VERDICTS.get(sent.fields.get("verdict", ""))
        if positive is not None:
            await site.write(lambda: following.rate(house, visitor, number, positive))
        return site.go(f"/tickets/{number}#rate")

    return routes


async def _seen(site: Site, visitor: Visitor, request: Request) -> Conversation | None:
    number = request.path_params["number"]
    seen: Conversation | None = await site.read(lambda: following.conversation(site.house, visitor, number))
    return seen


async def _theirs(site: Site, visit: Visit, request: Request) -> tuple[Visitor, Conversation]:
    """The client who sent a form, and the ticket that it is about; ``Refused`` where it is not theirs."""
    seen = await _seen(site, visit.visitor, request) if visit.visitor is not None else None
    if visit.visitor is None or seen is None:
        raise Refused(404, "not_found")
    return visit.visitor, seen


async def _page(
    site: Site,
    showing: Showing,
    visit: Visit,
    seen: Conversation,
    request: Request,
    sent: Sent | None = None,
    faults: dict[str, str] | None = None,
) -> Response:
    assert visit.visitor is not None
    before = request.query_params.get("before", "")
    until = int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None
    numbers = [one.id for one in seen.said]
    end = numbers.index(until) if until in numbers else len(numbers)
    part = seen.said[max(0, end - AT_ONCE) : end]
    number = seen.ticket.number
    place = site.place(f"/tickets/{number}")
    say = site.words[visit.language]
    messages = await showing.conversation(part, place, visit.visitor.person, say["picture"])
    did = request.query_params.get("did", "")
    return site.page(
        visit,
        "ticket",
        422 if faults else 200,
        seen=seen,
        ticket=seen.ticket,
        messages=messages,
        earlier=part[0].id if part and part[0].id != numbers[0] else None,
        is_newest=end == len(numbers),
        sent=sent.fields if sent else {},
        lost_files=bool(sent and sent.files),
        faults=faults or {},
        did=did if did in DID else "",
        once=once(site),
        room=site.room,
    )
