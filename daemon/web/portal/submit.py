"""The form for a new request. Who is signed in need not say who they are; what a robot fills in is thrown away."""

from __future__ import annotations

import structlog
from fastapi import APIRouter, Request, Response

from daemon import clock
from daemon.config_options import ADDRESS
from daemon.core.fields import Field
from daemon.core.values import Address
from daemon.desk import fields, submitting
from daemon.desk.signing_in import Visitor
from daemon.desk.submitting import Form
from daemon.mail.compose import Unsafe
from daemon.web.portal.forms import Refused, Sent
from daemon.web.portal.site import Site
from daemon.web.portal.visits import Visit

log = structlog.get_logger()
LONGEST_NAME, LONGEST_SUBJECT, LONGEST_WORDS = 100, 200, 100_000
OWN = "field-"
"""What the operator's own fields begin with in the form."""
TRAP = "website"
"""A field that people do not see."""


def router(site: Site) -> APIRouter:
    """``GET`` and ``POST /submit``, ``GET /submit/sent``."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/submit")
    async def show(request: Request) -> Response:
        visit = await site.visit(request)
        return _page(site, visit, Sent({"desk": request.query_params.get("desk", "")}), {})

    @routes.post("/submit")
    @site.refusing
    async def take(request: Request) -> Response:
        visit, sent = await site.form(request)
        if sent.fields.get(TRAP):
            log.info("portal-form-thrown-away", because="robot", peer=visit.peer)
            return site.go("/submit/sent")
        faults = _faults(site, visit, sent)
        if faults:
            return _page(site, visit, sent, faults, 422)
        return await _submit(site, visit, sent)

    @routes.get("/submit/sent")
    async def thanks(request: Request) -> Response:
        return site.page(await site.visit(request), "sent")

    return routes


async def _submit(site: Site, visit: Visit, sent: Sent) -> Response:
    client = _client(visit)
    author = Address(client.name, client.address) if client else Address(sent.line("name"), sent.line("address"))
    desk = sent.fields.get("desk") or site.desks[0].name
    try:
        form, subject = written(visit, sent, "words"), sent.line("subject")
        values = fields.canonical(site.house, site.house.desk(desk).team, _values(site, sent, desk), portal=True)
        outcome = await submitting.submit(site.house, site.reception, desk, author, subject, form, client, values)
    except Unsafe:
        return _page(site, visit, sent, {"words": "not_written"}, 422)
    if outcome.state == "deferred":
        raise Refused(503, "unavailable")
    if client is not None and outcome.ticket is not None:
        return site.go(f"/tickets/{outcome.ticket}")
    return site.go("/submit/sent")


def written(visit: Visit, sent: Sent, name: str) -> Form:
    """What a form says, as the mail that it becomes needs it."""
    once, _, shown_at = sent.fields.get("once", "").partition(".")
    if not (len(once) == 16 and once.isascii() and once.isalnum()):
        once = clock.nonce()
    instant = int(shown_at) if shown_at.isascii() and shown_at.isdigit() and len(shown_at) < 12 else 0
    return Form(sent.text(name), sent.files, once, instant, visit.peer, visit.language)


def once(site: Site) -> str:
    """What tells one form from another, and when it was shown."""
    return f"{site.house.nonce()}.{site.house.now()}"


def _client(visit: Visit) -> Visitor | None:
    """Who is signed in, to more than one ticket."""
    return visit.visitor if visit.visitor is not None and visit.visitor.ticket is None else None


def _faults(site: Site, visit: Visit, sent: Sent) -> dict[str, str]:
    """What is wrong with a form: the field, and the word that says it; in the order of the fields."""
    faults: dict[str, str] = {}
    if _client(visit) is None:
        address = sent.line("address")
        if len(sent.line("name")) > LONGEST_NAME:
            faults["name"] = "too_long"
        if not ADDRESS.fullmatch(address) or len(address) > 254:
            faults["address"] = "no_address"
        elif site.house.book.read(address) is not None:
            faults["address"] = "own_address"
    if len(site.desks) > 1 and sent.fields.get("desk") not in {desk.name for desk in site.desks}:
        faults["desk"] = "no_desk"
    if not sent.line("subject"):
        faults["subject"] = "no_subject"
    elif len(sent.line("subject")) > LONGEST_SUBJECT:
        faults["subject"] = "too_long"
    if not sent.text("words"):
        faults["words"] = "no_words"
    elif len(sent.text("words")) > LONGEST_WORDS:
        faults["words"] = "too_long"
    desk = sent.fields.get("desk") or site.desks[0].name
    try:
        fields.canonical(site.house, site.house.desk(desk).team, _values(site, sent, desk), portal=True)
    except fields.Unsuitable as unsuitable:
        faults |= {f"{OWN}{name}": "no_value" for name, _ in unsuitable.faults}
    return faults


def _values(site: Site, sent: Sent, desk: str) -> dict[str, str | None]:
    """What stands in the fields of the operator's own that this desk has; of other desks' nothing counts."""
    own = fields.of_team(site.house, site.house.desk(desk).team, portal=True)
    return {one.name: sent.line(f"{OWN}{one.name}") for one in own}


def _own(site: Site) -> list[tuple[Field, tuple[str, ...]]]:
    """The operator's own fields that clients fill in, each with the titles of the desks that have it; none = all."""
    found = []
    for one in site.house.policy.fields:
        having = tuple(desk for desk in site.desks if one.belongs_to(desk.team))
        if one.portal and having:
            found.append((one, tuple(desk.title for desk in having) if len(having) < len(site.desks) else ()))
    return found


def _page(site: Site, visit: Visit, sent: Sent, faults: dict[str, str], status: int = 200) -> Response:
    return site.page(
        visit,
        "submit",
        status,
        sent=sent.fields,
        faults=faults,
        lost_files=bool(sent.files),
        desks=site.desks,
        client=_client(visit),
        once=once(site),
        room=site.room,
        trap=TRAP,
        own=_own(site),
    )
