"""Programs, agents and customers who ask the API of a running desk."""

from __future__ import annotations

import itertools
from typing import Any

import httpx

from tests.journey.running import RunningDesk

_names = itertools.count(1)

PROMISES = """
[[calendar]]
name = "always"
zone = "Europe/Berlin"
hours = ["daily 00:00-24:00"]

[[policy]]
name = "quick"
first_response = "4h"
resolution = "8h"

[[field]]
name = "serial"
title = "Serial number"
portal = true

[[field]]
name = "cause"
kind = "choice"
choices = ["wear", "fire"]
required_on_resolve = true
teams = ["billing"]

[[routing]]
name = "invoices"
subject = ["invoice"]
team = "billing"
tags = ["money"]
"""


class Api:
    """The API of one desk; each client has a token of its own, made by the command."""

    def __init__(self, desk: RunningDesk) -> None:
        self.desk = desk
        self.clients: list[httpx.Client] = []

    def token(self, *scopes: str, **options: str) -> str:
        """A new token; ``agent``, ``requester``, ``expires`` as the command has them."""
        arguments = [f"--scope={scope}" for scope in scopes]
        arguments += [f"--{name}={value}" for name, value in options.items()]
        made = self.desk.run("token", "create", f"token-{next(_names)}", *arguments)
        assert made.returncode == 0, made.stderr
        return made.stdout.strip()

    def client(self, token: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.clients.append(httpx.Client(base_url=self.desk.http, headers=headers, timeout=30))
        return self.clients[-1]

    def of(self, *scopes: str, **options: str) -> httpx.Client:
        """A client with a new token."""
        return self.client(self.token(*scopes, **options))

    def of_requester(self, address: str) -> httpx.Client:
        """A customer's client, with all that customers may."""
        scopes = ("tickets:read", "tickets:write", "messages:read", "messages:write")
        return self.of(*scopes, requester=address)

    def close(self) -> None:
        for client in self.clients:
            client.close()


def opened(client: httpx.Client, address: str, subject: str = "Printer on fire", **more: Any) -> dict[str, Any]:
    """A ticket that was just opened."""
    body = {"subject": subject, "description": "It burns.", "user": {"email": address}} | more
    return done(client.post("/v2/support-tickets", json=body), 201)


def done(answer: httpx.Response, status: int = 200) -> dict[str, Any]:
    """What was answered, with this status."""
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    """The problem that was answered."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    found: dict[str, Any] = answer.json()
    assert found["type"] == f"/problems/{kind}"
    return found


def path(ticket: dict[str, Any], below: str = "") -> str:
    return f"/v2/support-tickets/{ticket['id']}{below}"
