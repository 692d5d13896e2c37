"""All resources of the API, put together."""

from __future__ import annotations

from fastapi import FastAPI

from daemon.desk.house import House
from daemon.desk.intake import Reception
from daemon.desk.ticketing import Ticketing
from daemon.web.api import attachments, desk, events, ledger, messages, people, ratings, tickets
from daemon.web.api.access import access, answer_refusals


def mount(app: FastAPI, house: House, reception: Reception) -> None:
    """Have an application serve them."""
    shared = access(house, Ticketing(house, reception.parser), reception)
    answer_refusals(app)
    for resource in (tickets, messages, attachments, events, ratings, people, desk, ledger):
        app.include_router(resource.router(shared))
