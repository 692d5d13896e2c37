"""A desk in this process whose clock the test sets: mail, words of agents and the ticker go the whole way to the rows.

Everything is the product's own but the wall clock, the nonces and the delivery: letters stay in the outbox.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

from daemon.app import build_house
from daemon.config import Config, parse
from daemon.core.values import Envelope, Outcome, Parsed
from daemon.desk.change import change
from daemon.desk.house import House
from daemon.desk.intake import Reception
from daemon.desk.ticking import Ticking
from daemon.mail.parse import parse as parse_mail
from daemon.store import lives
from tests.databases import look

START = int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp())
DESK = {"name": "support", "address": "support@desk.example"}
AGENT = {"name": "Desk Agent", "address": "agent@desk.example", "teams": ["support"]}
LEAD = {"name": "Desk Lead", "address": "lead@desk.example", "teams": ["support"], "leads": ["support"]}


class InThisProcess:
    """Reads mail here and now: what the tests write is harmless."""

    async def parse(self, raw: bytes, source: str) -> Parsed:
        return parse_mail(raw)


class SimulatedDesk:
    """``now`` is what the desk's clock shows; ``tick`` lets the ticker do all that is due."""

    def __init__(self, url: str, folder: Path, settings: dict[str, Any], now: int = START) -> None:
        self.url = url
        self._folder = folder
        self._count = 0
        self.mailboxes_are_read = True
        self.grace = 0
        self.restart_every = 0
        self.now = now
        self.configure(settings)

    def configure(self, settings: dict[str, Any]) -> None:
        """Start (again), with this configuration."""
        storage = {"folder": str(self._folder), "database": self.url}
        config: Config = parse(
            {"desk": [DESK], "agent": [AGENT, LEAD], "agents": {"undo_seconds": 0}, "storage": storage} | settings
        )
        self.house: House = build_house(config, sole=True, now=lambda: self.now)
        self._reception = Reception(self.house, InThisProcess())
        self.ticking = Ticking(self.house, lambda: self.mailboxes_are_read, grace=self.grace)

    def restart(self, settings: dict[str, Any]) -> None:
        self.close()
        self.configure(settings)

    def close(self) -> None:
        self.house.store.close()

    def tick(self) -> None:
        """Let the ticker do all that is due."""

        async def turns() -> None:
            while await self.ticking.turn() == 0.0:
                pass

        asyncio.run(turns())

    def write(self, sender: str, to: str = DESK["address"], **more: Any) -> Outcome:  # type: ignore[assignment]
        """A mail arrives; what became of it (see ``arrive``)."""
        return asyncio.run(self.arrive(sender, to, **more))

    async def arrive(
        self,
        sender: str,
        to: str = DESK["address"],  # type: ignore[assignment]
        subject: str = "Printer",
        login: str | None = None,
        received_at: int | None = None,
        headers: tuple[str, ...] = (),
        *,
        silent: bool = False,
    ) -> Outcome:
        """A mail arrives, received now or earlier; what became of it. For use within a loop."""
        self._count += 1
        date = format_datetime(datetime.fromtimestamp(self.now, UTC))
        head = (f"From: {sender}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{self._count}.{sender}>")
        raw = "\r\n".join([*head, *headers, f"Date: {date}", "", f"Words number {self._count}.", ""]).encode()
        envelope = Envelope("smtp", "", sender, (to,), received_at or self.now, "127.0.0.1", login, silent=silent)
        return (await self._reception.receive(raw, envelope))[0]

    def open(self, customer: str = "customer@example.net", received_at: int | None = None) -> int:
        """A customer's mail that opens a ticket; its number."""
        ticket = self.write(customer, received_at=received_at).ticket
        assert ticket is not None
        return ticket

    def customer_replies(
        self, ticket: int, customer: str = "customer@example.net", received_at: int | None = None
    ) -> None:
        self._reply(ticket, customer, None, received_at)

    def agent_replies(self, ticket: int, agent: str = AGENT["address"]) -> None:  # type: ignore[assignment]
        self._reply(ticket, agent, agent)

    def set(self, ticket: int, **fields: str) -> None:
        """Somebody changes the ticket by hand."""
        self.house.store.write(lambda: change(self.house, ticket, fields, None, "operator")).result()

    def fill_in(self, ticket: int, **fields: str) -> None:
        """Somebody fills in fields of the operator's own."""
        self.house.store.write(lambda: change(self.house, ticket, {}, None, "operator", filled=fields)).result()

    def tag(self, ticket: int, *tags: str) -> None:
        self.house.store.write(lambda: change(self.house, ticket, {}, None, "operator", tags)).result()

    def snooze(self, ticket: int, until: str) -> None:
        self.house.store.write(lambda: change(self.house, ticket, {}, None, "operator", snooze=until)).result()

    def next_wake(self) -> int | None:
        """When the ticker has something to do next."""
        return self.house.store.read(lives.next_wake)

    def live_until(self, then: int) -> None:
        """Let time pass, with the ticker waking at each instant that is due."""
        while (wake := self.next_wake()) is not None and wake <= then:
            self.now = max(self.now, wake)
            self.tick()
        self.now = max(self.now, then)

    def status(self, ticket: int) -> str:
        return str(look(self.url, "SELECT status FROM ticket WHERE id = ?", ticket)[0]["status"])

    def promises(self, ticket: int) -> list[dict[str, Any]]:
        return look(self.url, "SELECT * FROM promise WHERE ticket_id = ? ORDER BY id", ticket)

    def promise(self, ticket: int, metric: str, cycle: int = 1) -> dict[str, Any]:
        return next(p for p in self.promises(ticket) if (p["metric"], p["cycle"]) == (metric, cycle))

    def events(self, ticket: int) -> list[dict[str, Any]]:
        return look(self.url, "SELECT * FROM event WHERE ticket_id = ? ORDER BY id", ticket)

    def letters(self, kind: str) -> list[str]:
        """To whom letters of this kind were queued."""
        return [row["recipient"] for row in look(self.url, "SELECT * FROM outbox WHERE kind = ? ORDER BY id", kind)]

    def _reply(self, ticket: int, author: str, login: str | None, received_at: int | None = None) -> None:
        person = look(self.url, "SELECT person_id AS p FROM mail_address WHERE key = ?", author)[0]["p"]
        address = self.house.book.reply_address("support", ticket, self.house.keyring.token(ticket, person))
        assert address is not None
        outcome = self.write(author, address, login=login, received_at=received_at)
        assert (outcome.state, outcome.ticket) == ("filed", ticket), outcome


@contextmanager
def simulated(folder: Path, settings: dict[str, Any], now: int = START, url: str = "") -> Iterator[SimulatedDesk]:
    desk = SimulatedDesk(url or f"sqlite:///{folder}/desk.db", folder, settings, now)
    try:
        yield desk
    finally:
        desk.close()


def utc(text: str) -> int:
    """``2026-03-02 09:00`` in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())
