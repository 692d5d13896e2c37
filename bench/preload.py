"""A database with a past: tickets of two years, each with its mails, events, letters and keys, written in bulk.

Of each ticket: a customer's mail, an acknowledgement, a notification and an agent's answer with its own mail; of
every second one also a customer's reply, whose notification went out. Nine in ten are closed. The bytes of the
mails are small; their count, which is what indexes feel, is real.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.corpus import CUSTOMERS, DESK, customer
from daemon import clock
from daemon.store.db import open_store

PEOPLE = 20_000
AGENT = "agent@example.com"
SPAN = 2 * 365 * 86_400
AT_ONCE = 2_000
Rows = dict[str, list[dict[str, Any]]]


def tickets(folder: Path, count: int) -> None:
    """Make a database below ``folder`` and fill it with ``count`` tickets."""
    file = folder / "counterfoil.db"
    open_store(f"sqlite:///{file}").close()
    database = sqlite3.connect(file, isolation_level=None)
    database.execute("PRAGMA synchronous = off")
    since = clock.now() - SPAN - 86_400
    rows: Rows = defaultdict(list)
    rows["person"] = [{"name": "Customer", "created_at": since} for _ in range(PEOPLE + 1)]
    rows["mail_address"] = [
        {"key": address, "address": address, "person_id": number}
        for number, address in enumerate([AGENT, *map(customer, range(PEOPLE))], 1)
    ]
    _insert(database, rows)
    history = _History()
    for first in range(1, count + 1, AT_ONCE):
        for ticket in range(first, min(first + AT_ONCE, count + 1)):
            history.add(ticket, since + SPAN * ticket // count)
        _insert(database, history.rows)
        history.rows.clear()
    database.execute("PRAGMA wal_checkpoint(truncate)")
    database.close()
    with file.open("rb") as written:
        os.fsync(written.fileno())  # now, and not while something is measured


class _History:
    def __init__(self) -> None:
        self.rows: Rows = defaultdict(list)
        self._messages = 0
        self._letters = 0

    def add(self, ticket: int, at: int) -> None:
        """One ticket; every fourth is of a customer who will write again, the others of anyone."""
        number = ticket // 4 % CUSTOMERS if ticket % 4 == 0 else ticket * 7919 % PEOPLE
        person, address = number + 2, customer(number)
        closed = ticket % 10 != 0
        self._row(
            "ticket",
            id=ticket,
            desk="support",
            subject=f"Order {ticket}",
            status="closed" if closed else "open",
            priority="medium",
            type="question",
            team="support",
            requester_id=person,
            escalation_level=0,
            channel="smtp",
            opened_at=at,
            updated_at=at + 900,
            first_response_at=at + 600,
            resolved_at=at + 900 if closed else None,
            closed_at=at + 900 if closed else None,
        )
        self._row("participant", ticket_id=ticket, person_id=person, proved=1, since=at)
        self._mail(ticket, at, "customer", person, address)
        self._event(ticket, at, "ticket_opened", person)
        self._letter(ticket, at, "acknowledgement", person, address)
        self._letter(ticket, at, "notification", 1, AGENT)
        self._mail(ticket, at + 600, "agent", 1, AGENT)
        self._event(ticket, at + 600, "agent_replied", 1)
        self._letter(ticket, at + 600, "answer", person, address)
        if ticket % 2:
            self._mail(ticket, at + 700, "customer", person, address)
            self._event(ticket, at + 700, "customer_replied", person)
            self._letter(ticket, at + 700, "notification", 1, AGENT)
        if closed:
            self._event(ticket, at + 900, "status_changed", 1)

    def _mail(self, ticket: int, at: int, kind: str, author: int, address: str) -> None:
        self._messages += 1
        name = f"past-{self._messages}@client.example.net"
        raw = self._raw(name)
        fingerprint = hashlib.sha256(raw.encode()).hexdigest()
        self._row(
            "message",
            id=self._messages,
            ticket_id=ticket,
            kind=kind,
            state="filed",
            author_id=author,
            channel="smtp",
            subject=f"Order {ticket}",
            words="The words of this mail. " * 8,
            rfc_message_id=name,
            raw=raw,
            because="no-ticket-named",
            evidence="no-evidence",
            at=at,
            received_at=at,
        )
        self._row("thread_key", rfc_message_id=name, ticket_id=ticket)
        self._row("named_address", ticket_id=ticket, key=f"colleague{self._messages}@example.org")
        self._row(
            "inbound",
            source="smtp",
            source_key="",
            desk="support",
            recipient=DESK,
            sender=address,
            peer="",
            trusted_network=0,
            fingerprint=fingerprint,
            claim=hashlib.sha256(fingerprint.encode()).hexdigest(),
            state="filed",
            because="no-ticket-named",
            from_text=address,
            subject=f"Order {ticket}",
            rfc_message_id=name,
            raw=raw,
            ticket_id=ticket,
            message_id=self._messages,
            attempts=1,
            received_at=at,
            recorded_at=at,
        )

    def _letter(self, ticket: int, at: int, kind: str, person: int, address: str) -> None:
        self._letters += 1
        name = f"{ticket}-{'a' * 26}.past{self._letters}@example.com"
        self._row(
            "outbox",
            desk="support",
            ticket_id=ticket,
            message_id=self._messages,
            person_id=person,
            kind=kind,
            recipient=address,
            lane=address,
            automatic=kind == "acknowledgement",
            rfc_message_id=name,
            raw=self._raw(name),
            state="delivered",
            attempts=1,
            due_at=at,
            created_at=at,
            settled_at=at,
            code="250",
            response="250 OK",
        )
        self._row("thread_key", rfc_message_id=name, ticket_id=ticket)
        self._event(ticket, at, "mail_delivered", None)

    def _event(self, ticket: int, at: int, kind: str, actor: int | None) -> None:
        self._row(
            "event",
            ticket_id=ticket,
            kind=kind,
            at=at,
            recorded_at=at,
            actor_id=actor,
            because="past",
            message_id=self._messages,
            data="{}",
        )

    def _raw(self, name: str) -> str:
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        content = f"Message-ID: <{name}>\r\n\r\n".encode() + b"The words of this mail.\r\n" * 12
        self._row("raw", sha256=sha256, size=len(content), content=content)
        return sha256

    def _row(self, table: str, **values: Any) -> None:
        self.rows[table].append(values)


def _insert(database: sqlite3.Connection, rows: Rows) -> None:
    database.execute("BEGIN")
    for table, values in _in_order(rows):
        columns = ", ".join(values[0])
        marks = ", ".join(f":{column}" for column in values[0])
        database.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)  # noqa: S608 - ours
    database.execute("COMMIT")


def _in_order(rows: Rows) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """What others point at comes first."""
    first = ("person", "ticket", "raw", "message")
    for table in (*first, *(table for table in rows if table not in first)):
        if rows.get(table):
            yield table, rows[table]
