"""A desk with agents in this process, to which a test may send any mail, and whose every letter it may read.

Everything is the product's own but the wall clock and the delivery. One office serves many histories: each has people
of its own, and begins a week after the one before.
"""

from __future__ import annotations

import asyncio
import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path
from typing import Any

from daemon.core.values import Envelope, Outcome
from daemon.desk import confirm, rating, undoing
from daemon.desk.intake import Reception
from daemon.desk.releasing import Releasing
from daemon.mail.compose import plain_text
from tests.databases import rewrite
from tests.promises.desk import InThisProcess, SimulatedDesk, utc

DESK = "support@desk.example"
ALICE, BOB = "alice@desk.example", "bob@desk.example"
AGENTS = (ALICE, BOB)
DOMAIN = "desk.example"
FIRST_NUMBER = 90_180
"""Tickets have numbers that stand in no token: those are letters and the digits from 2 to 7."""
UNDO_SECONDS = 20
WEEK = 7 * 86_400

SETTINGS: dict[str, Any] = {
    "desk": [{"name": "support", "address": DESK}],
    "agent": [
        {"name": "Alice Agent", "address": ALICE, "teams": ["support"], "leads": ["support"]},
        {"name": "Bob Agent", "address": BOB, "teams": ["support", "billing"]},
    ],
    "team": [{"name": "support"}, {"name": "billing"}],
    "tickets": {"notify_customer": ["resolved", "closed", "reopened"]},
    "macro": [
        {"name": "thanks", "text": "Thank you for your patience.", "commands": ["#tag thanked"]},
        {
            "name": "greeting",
            "text": "Hello {{ customer }},\n\nplease wait.",
            "texts": {"de": "Guten Tag {{customer}},\n\n{% if not customer %}wir bitten{% endif %} um Geduld."},
        },
        {"name": "urgent", "commands": ["#priority urgent", "#take"]},
    ],
    "limits": {"automatic_per_address": 1_000_000, "automatic_per_ticket": 1_000_000, "tickets_per_address": 1_000_000},
}
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True)
class Sent:
    """A letter in the outbox."""

    id: int
    kind: str
    to: str
    ticket: int | None
    message: int | None
    person: int
    raw: bytes
    mail: Message

    @property
    def to_agent(self) -> bool:
        return self.to in AGENTS

    @property
    def text(self) -> str:
        return plain_text(self.raw)

    @property
    def readable(self) -> str:
        """All that its reader can find in it: headers and parts, decoded, in small letters."""
        return "\n".join(_readable(self.raw, self.mail)).casefold()

    @property
    def reply_to(self) -> str:
        """Where an answer to it goes."""
        return parseaddr(str(self.mail["Reply-To"] or self.mail["From"]))[1]


class Office(SimulatedDesk):
    """``now`` is what its clock shows."""

    def __init__(self, url: str, folder: Path, agents: dict[str, Any]) -> None:
        super().__init__(url, folder, SETTINGS | {"agents": agents}, utc("2026-03-02 09:00"))
        self._reception = Reception(self.house, InThisProcess())
        self._releasing = Releasing(self.house)
        self._reader = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
        self._reader.row_factory = sqlite3.Row
        self._mails = 0
        self._read: dict[int, Sent] = {}
        self._loop = asyncio.new_event_loop()
        rewrite(
            url,
            "INSERT INTO ticket (id, desk, subject, status, priority, type, team, requester_id, escalation_level,"
            " channel, opened_at, updated_at) SELECT ?, 'support', '', 'spam', 'low', 'task', 'support', min(id), 0,"
            " 'smtp', 1, 1 FROM person",
            FIRST_NUMBER,
        )

    def close(self) -> None:
        self._loop.close()
        self._reader.close()
        super().close()

    # -- mail in

    def mail(self, sender: str, text: str, to: str = DESK, name: str = "", **headers: str) -> EmailMessage:
        """A mail; ``headers`` replace or add, with _ for -, and an empty one is left out."""
        self._mails += 1
        domain = sender.rpartition("@")[2]
        wanted = {
            "From": formataddr((name, sender)),
            "To": to,
            "Subject": "Printer",
            "Message-ID": f"<mail.{self._mails}@{domain}>",
        }
        made = EmailMessage()
        for header, value in (wanted | {key.replace("_", "-"): value for key, value in headers.items()}).items():
            if value:
                made[header] = value
        made["Date"] = format_datetime(self.date)
        made.set_content(text)
        return made

    def send(self, mail: EmailMessage, sender: str, login: str | None = None, recipient: str = "") -> Outcome:
        """A mail arrives, its author logged in where ``login`` says so; what became of it."""
        to = recipient or str(mail["To"])
        raw = mail.as_bytes(policy=mail.policy.clone(linesep="\r\n", max_line_length=998))
        envelope = Envelope("smtp", "", sender, (to,), self.now, "192.0.2.1", login)
        (outcome,) = self._loop.run_until_complete(self._reception.receive(raw, envelope))
        assert outcome.state in ("filed", "ignored", "quarantined"), outcome
        return outcome

    def agent_sends(self, agent: str, text: str, to: str, **headers: str) -> Outcome:
        """A mail that an agent sends with their password."""
        return self.send(self.mail(agent, text, to, **headers), agent, agent)

    @property
    def date(self) -> datetime:
        """What its clock shows."""
        return datetime.fromtimestamp(self.now, UTC)

    # -- time

    def pass_time(self, seconds: int) -> None:
        """Time passes, and what is due then happens."""
        self.now += seconds
        self.release()

    def release(self) -> None:
        """Let go the answers whose undo time is over."""
        while self._loop.run_until_complete(self._releasing.turn()) == 0.0:
            pass

    # -- pages

    def click_undo(self, act: int) -> str:
        token = self.house.keyring.undo_token(act)
        return self._write(lambda: undoing.by_click(self.house, act, token))

    def click_confirm(self, inbound: int, decision: confirm.Decision) -> bool:
        token = self.house.keyring.confirm_token(inbound)
        return self._write(lambda: confirm.by_click(self.house, inbound, token, decision))

    def click_rate(self, ticket: int, token: str, positive: bool) -> bool:
        return self._write(lambda: rating.by_click(self.house, ticket, token, positive))

    def _write(self, job: Callable[[], Any]) -> Any:
        return self.house.store.write(job).result()

    # -- what was written down

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self._reader.execute(sql, values)]

    def last(self, table: str) -> int:
        return int(self.rows(f"SELECT coalesce(max(id), 0) AS last FROM {table}")[0]["last"])

    def person(self, address: str) -> int | None:
        found = self.rows("SELECT person_id AS p FROM mail_address WHERE key = ?", address)
        return int(found[0]["p"]) if found else None

    def reply_address(self, ticket: int, address: str) -> str:
        """The address under which this person answers this ticket."""
        person = self.person(address)
        assert person is not None
        return self.house.book.reply_address("support", ticket, self.house.keyring.token(ticket, person))

    def letters(self, after: int = 0) -> list[Sent]:
        """The letters that were queued since."""
        newest = max(self._read, default=0)
        self._read |= {row["id"]: _sent(row) for row in self.rows(_LETTERS, max(newest, after))}
        return [letter for number, letter in self._read.items() if number > after]

    def forget(self) -> None:
        """Forget the letters that were read."""
        self._read.clear()

    def facts_of(self, ticket: int) -> dict[str, object]:
        """All that commands may change about a ticket, as it stands."""
        (row,) = self.rows(_FIELDS, ticket)
        sets = {name: {tuple(found.values()) for found in self.rows(sql, ticket)} for name, sql in _SETS.items()}
        return {**row, **sets}


_LETTERS = (
    "SELECT o.id, o.kind, o.recipient, o.ticket_id, o.message_id, o.person_id, r.content"
    " FROM outbox o JOIN raw r ON r.sha256 = o.raw WHERE o.id > ? ORDER BY o.id"
)
_FIELDS = (
    "SELECT status, priority, type, team, assignee_id, requester_id, subject, resolution_text, merged_into_id,"
    " snoozed_until FROM ticket WHERE id = ?"
)
_SETS = {
    "tags": "SELECT tag FROM ticket_tag WHERE ticket_id = ?",
    "participants": "SELECT person_id, via_id FROM participant WHERE ticket_id = ?",
    "watchers": "SELECT person_id FROM watcher WHERE ticket_id = ?",
    "links": "SELECT other_id, kind FROM ticket_link WHERE ticket_id = ?",
    "notes": "SELECT words FROM message WHERE ticket_id = ? AND kind = 'note' AND state = 'filed'",
    "ratings": "SELECT id FROM event WHERE ticket_id = ? AND kind = 'rated'",
}


def _sent(row: dict[str, Any]) -> Sent:
    found = (row[name] for name in ("id", "kind", "recipient", "ticket_id", "message_id", "person_id", "content"))
    return Sent(*found, message_from_bytes(row["content"]))


def _readable(raw: bytes, mail: Message) -> Iterator[str]:
    yield raw.decode("utf-8", "replace")
    for part in mail.walk():
        for name, value in part.items():
            yield f"{name}: {_decoded(value)}"
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            text = content.decode("utf-8", "replace")
            yield text
            yield _TAGS.sub("", text)


def _decoded(header: object) -> str:
    return " ".join(str(make_header(decode_header(str(header)))).split())


def opened(desk: Office, name: str) -> int:
    """A ticket of a customer of this name."""
    ticket = desk.send(desk.mail(f"{name}@{name}.example", "Help, please."), f"{name}@{name}.example").ticket
    assert ticket is not None
    return ticket


@contextmanager
def office(folder: Path, agents: dict[str, Any] | None = None) -> Iterator[Office]:
    """An office in this folder; ``agents`` is that section of its configuration."""
    opened = Office(f"sqlite:///{folder}/desk.db", folder, agents or {"undo_seconds": UNDO_SECONDS})
    try:
        yield opened
    finally:
        opened.close()


def quoted(words: str, letter: Sent) -> str:
    """Words above a quote, as a mail program writes an answer to this letter."""
    lines = "".join(f"> {line}\n" for line in letter.text.splitlines())
    return f"{words}\n\nOn Mon, 2 Mar 2026 at 10:00, Support <{DESK}> wrote:\n{lines}"


def threaded(letter: Sent) -> dict[str, str]:
    """The headers of an answer to this letter."""
    mail = letter.mail
    message_id, subject = str(mail["Message-ID"]), _decoded(mail["Subject"])
    return {
        "Subject": subject if subject.startswith("Re:") else f"Re: {subject}",
        "In_Reply_To": message_id,
        "References": " ".join(f"{mail['References'] or ''} {message_id}".split()),
    }


def any_of(choice: int, among: Sequence[Any]) -> Any:
    """One of these, whichever number was drawn; None of none."""
    return among[choice % len(among)] if among else None
