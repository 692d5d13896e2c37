"""Where a page of a list ended, for the caller to hand back: opaque, and signed, so that it is one that we told.

A cursor belongs to one order and one set of filters. Whatever is no cursor of the list at hand names no page: 404.
"""

from __future__ import annotations

import json
import re
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode

from daemon.mail.address import Keyring
from daemon.store.listing import Place
from daemon.web.api.problems import Problem

FORM = re.compile(r"[A-Za-z0-9_-]{20,200}", re.ASCII)


def digest(asked: str) -> int:
    """A number for what a list was asked for."""
    return zlib.crc32(asked.encode("utf-8", "surrogatepass"))


def written(keyring: Keyring, place: Place, asked: int) -> str:
    """The cursor of a place in the list that was asked for."""
    numbers = (asked, place.value, place.ticket)
    text = json.dumps([*numbers, keyring.place_token(*numbers)], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read(keyring: Keyring, cursor: str, asked: int) -> Place:
    """The place that a cursor names; Problem 404 if it is none of this list."""
    try:
        if not FORM.fullmatch(cursor):
            raise ValueError(cursor)
        found = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        its, value, ticket, token = found
        if not all(isinstance(one, int) for one in (its, value, ticket)) or not isinstance(token, str):
            raise ValueError(cursor)
    except (ValueError, TypeError):
        raise no_page() from None
    if its != asked or not keyring.is_place_token(token, its, value, ticket):
        raise no_page()
    return Place(value, ticket)


def no_page() -> Problem:
    """What is handed back as the end of a page is none."""
    sentence = "The cursor is none of this list with these filters and this order; begin without one."
    return Problem(404, "no-such-page", "There is no such page", sentence)
