"""Versions of a ticket as strong ETags: nobody overwrites what they have not seen, and nothing is sent twice.

A ticket's version is its number and that of its last event, since every change of it is an event. ``If-Match`` is
compared in the transaction that changes the ticket. Who sends none is not refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import Request

from daemon.web.api.problems import Problem

_TAGS = re.compile(r'\s*((?:W/)?"[^"]*")\s*(?:,|$)')


def tag(ticket: int, event: int) -> str:
    """The strong tag of a ticket whose last event this is."""
    return f'"{ticket}-{event}"'


@dataclass(frozen=True, slots=True)
class Expected:
    """What a caller wants the ticket to be still: one of these tags, or (``anything``) whatever it is."""

    tags: tuple[str, ...] = ()
    anything: bool = True

    def check(self, current: str) -> None:
        """Problem 412 if the ticket is another by now; for the transaction that would change it."""
        if not self.anything and current not in self.tags:
            raise Problem(
                412, "changed-meanwhile", "The ticket was changed meanwhile",
                "Retrieve it again, and send the change with its new ETag.", headers={"ETag": current},
            )  # fmt: skip


def expected(request: Request) -> Expected:
    """What ``If-Match`` asks for; a weak tag matches nothing, and neither does what is no tag."""
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return Expected()
    return Expected(tuple(_TAGS.findall(header)), anything=False)


def is_known(request: Request, current: str) -> bool:
    """Whether ``If-None-Match`` names this very version, so that 304 says all."""
    header = request.headers.get("if-none-match", "")
    return header.strip() == "*" or current in [one.removeprefix("W/") for one in _TAGS.findall(header)]
