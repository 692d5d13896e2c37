"""A desk whose portal is open, and a client who uses it as a browser without scripts does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import httpx

from tests.journey.mails import text_of
from tests.journey.running import DESKS, RunningDesk, until
from tests.journey.sink import Sink

PORTAL = "[portal]\nenabled = true\n"
PATIENT = """
[limits]
automatic_per_address = 10000
tickets_per_address = 10000
mails_per_minute = 100000
connections_per_address = 200
"""
CLIENT = "client@customer.example"


def open_portal(
    folder: Path, sink: Sink, portal: str = PORTAL, limits: str = PATIENT, desks: str = DESKS, database: str = ""
) -> Iterator[RunningDesk]:
    """Start a desk with a portal; ends when the generator does."""
    desk = RunningDesk(folder, sink, tables=portal + limits, desks=desks, database=database)
    try:
        yield desk.start()
        log = desk.log.read_text()
        assert '"level": "error"' not in log, log
    finally:
        desk.end()


class Browser:
    """Keeps cookies, fills in forms, and follows where they lead."""

    def __init__(self, desk: RunningDesk, language: str = "en") -> None:
        self.desk = desk
        self.http = httpx.Client(base_url=desk.http, headers={"Accept-Language": language}, follow_redirects=True)
        self.page: httpx.Response | None = None

    def __enter__(self) -> Browser:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str) -> httpx.Response:
        """Open a page, by its path or by a link in a mail."""
        self.page = self.http.get(re.sub(r"https?://[^/]+", "", path))
        return self.page

    def hidden(self, name: str) -> str:
        """A hidden field of the page."""
        assert self.page is not None
        found = re.search(rf'type="hidden" name="{name}" value="([^"]*)"', self.page.text)
        return found[1] if found else ""

    def send(self, path: str, files: Any = None, **fields: str) -> httpx.Response:
        """Send a form of the page as it stands."""
        data = {"form": self.hidden("form"), "once": self.hidden("once")} | fields
        self.page = self.http.post(re.sub(r"https?://[^/]+", "", path), data=data, files=files)
        return self.page

    def submit(self, words: str = "The printer is on fire.", subject: str = "Printer", **more: Any) -> httpx.Response:
        """Submit a request."""
        self.get("/submit")
        fields = {"name": "A Client", "address": CLIENT, "desk": "support", "subject": subject, "words": words} | more
        return self.send("/submit", **fields)

    def sign_in(self, address: str) -> httpx.Response:
        """Ask for a link, take it from the mail, and click."""
        before = [letter.id for letter in self.desk.letters()]
        self.get("/sign-in")
        self.send("/sign-in", address=address)
        letter = until(
            lambda: next((one for one in self.desk.letters() if one.kind == "sign-in" and one.id not in before), None)
        )
        link = link_in(text_of(letter.mail), "sign-in")
        self.get(link)
        return self.send(link)

    def text(self) -> str:
        """What the page says, without tags."""
        assert self.page is not None
        body = self.page.text.partition("<body")[2]
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def link_in(text: str, kind: str) -> str:
    """The link of a kind in a letter."""
    found = re.search(rf"https?://[^/\s]+/{kind}/\S+", text)
    assert found, text
    return found[0]


def letters_to(desk: RunningDesk, address: str, kind: str) -> list[Any]:
    """The letters of a kind to an address."""
    return [one for one in desk.letters() if one.recipient == address and one.kind == kind]
