"""The mail of a crash run: each bears a marker of its own and says what is to become of it."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import formatdate
from functools import cached_property
from typing import Literal

from tests.crash.relay import Letter
from tests.journey.running import AGENT, SECOND, Door

Intent = Literal["opens", "joins", "answers", "held", "unreadable"]

ADDRESSES = {"support": "support@desk.example", "billing": "billing@desk.example"}
CUSTOMERS, GONE = 30, 3
START = 1_790_000_000
LARGE = 1_200_000  # above the size from which bytes are written piece by piece
WIDE = 20_000  # above the longest header that is read
REFUSED = frozenset(f"gone-{number}@customer.example" for number in range(GONE))
"""Customers whose mail the relay refuses for good."""


@dataclass(frozen=True)
class Sent:
    """A mail and what is to become of it at each of its ``desks``; ``marker`` is its Message-ID.

    opens: a ticket; joins: the ticket; answers: an agent's answer on the ticket; held: until the agent confirms it;
    unreadable: quarantined.
    """

    marker: str
    raw: bytes
    sender: str
    recipients: tuple[str, ...]
    door: Door | Literal["mailbox"]
    intent: Intent
    desks: tuple[str, ...]
    ticket: int | None = None

    @cached_property
    def digest(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()


class Writer:
    """Writes one mail after another: the same seed, name and letters make the same mails."""

    def __init__(self, seed: str, name: str) -> None:
        self.chance = random.Random(f"{seed} {name}")
        self._name = f"{seed}.{name}"
        self._number = 0

    def next(self, letters: Sequence[Letter], earlier: Sequence[Sent]) -> Sent:
        """The next mail: something new, or an answer to one of the letters, or one of the earlier mails once more."""
        kind = self.chance.random()
        to_customers = [x for x in letters if x.recipient not in (AGENT, SECOND)]
        to_agents = [x for x in letters if x.recipient in (AGENT, SECOND)]
        if kind < 0.22 and to_customers:
            return self._reply(self.chance.choice(to_customers), "joins", "outside")
        if kind < 0.38 and to_agents:
            return self._reply(self.chance.choice(to_agents), "answers", "inside")
        if kind < 0.42 and to_agents:
            return self._reply(self.chance.choice(to_agents), "held", "outside")
        if kind < 0.48 and earlier:
            return self.chance.choice(earlier)
        return self._new()

    def _new(self) -> Sent:
        kind = self.chance.random()
        sender = self._customer()
        desks: tuple[str, ...] = (self.chance.choice(("support", "support", "support", "billing")),)
        if kind < 0.08:
            desks = ("support", "billing")
        wide = 0.08 <= kind < 0.12
        headers = {"X-Wide": "x" * WIDE} if wide else {}
        return self._sent(
            "unreadable" if wide else "opens",
            sender,
            tuple(ADDRESSES[desk] for desk in desks),
            desks,
            headers | {"Subject": f"Order {self._number}"},
            large=0.12 <= kind < 0.18,
        )

    def _reply(self, letter: Letter, intent: Intent, door: Door) -> Sent:
        """As a mail program answers a letter; held: an agent's answer through a door that proves nothing."""
        headers = {
            "Subject": f"Re: {letter.subject}",
            "In-Reply-To": f"<{letter.message_id}>",
            "References": f"<{letter.message_id}>",
        }
        return self._sent(
            intent, letter.recipient, (letter.reply_to,), (letter.desk,), headers, door=door, ticket=letter.ticket
        )

    def _sent(
        self,
        intent: Intent,
        sender: str,
        recipients: tuple[str, ...],
        desks: tuple[str, ...],
        headers: dict[str, str],
        *,
        door: Door = "outside",
        ticket: int | None = None,
        large: bool = False,
    ) -> Sent:
        self._number += 1
        marker = f"{self._name}.{self._number}@client.example"
        if door == "outside" and self.chance.random() < 0.25:
            door = "lmtp"
        lines = [
            *(f"{name}: {value}" for name, value in headers.items()),
            f"From: {sender}",
            f"To: {', '.join(recipients)}",
            f"Date: {formatdate(START + self._number)}",
            f"Message-ID: <{marker}>",
        ]
        words = f"This is {marker}.\r\nDot:\r\n.\r\n..\r\n" + "A line of words.\r\n" * self.chance.randrange(40)
        raw = "\r\n".join(lines).encode() + b"\r\n"
        raw += self._with_attachment(words, marker) if large else b"\r\n" + words.encode()
        return Sent(marker, raw, sender, recipients, door, intent, desks, ticket)

    def _with_attachment(self, words: str, marker: str) -> bytes:
        content = base64.encodebytes(self.chance.randbytes(LARGE)).replace(b"\n", b"\r\n")
        return (
            'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="cut"\r\n\r\n'
            f"--cut\r\nContent-Type: text/plain\r\n\r\n{words}\r\n--cut\r\n"
            "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            f'Content-Disposition: attachment; filename="{marker}.bin"\r\n\r\n'
        ).encode() + (content + b"--cut--\r\n")

    def _customer(self) -> str:
        if self.chance.random() < 0.05:
            return self.chance.choice(sorted(REFUSED))
        return f"customer-{self.chance.randrange(CUSTOMERS)}@customer.example"
