"""What became of a mail that was sent to the desk: its answer, its rows, and the letters that followed."""

from __future__ import annotations

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any


@dataclass(frozen=True)
class Letter:
    """An outgoing mail as it was queued."""

    id: int
    kind: str
    recipient: str
    ticket: int | None
    automatic: bool
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return parsed(self.raw)


@dataclass(frozen=True)
class Receipt:
    """What became of one mail that was sent: the answer, its rows in the ledger, and the letters that followed."""

    code: int
    text: str
    rows: tuple[dict[str, Any], ...]
    letters: tuple[Letter, ...]

    @property
    def row(self) -> dict[str, Any]:
        assert len(self.rows) == 1, (self.code, self.text, self.rows)
        return self.rows[0]

    @property
    def outcome(self) -> tuple[str, str]:
        return self.row["state"], self.row["because"]

    @property
    def ticket(self) -> int:
        number = self.row["ticket_id"]
        assert number is not None, self.row
        return int(number)

    def letter(self, kind: str, to: str = "") -> Letter:
        """The one letter of this kind (to this address)."""
        found = [x for x in self.letters if x.kind == kind and (not to or x.recipient == to)]
        assert len(found) == 1, [(x.kind, x.recipient) for x in self.letters]
        return found[0]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        return sorted((x.kind, x.recipient) for x in self.letters)


def parsed(raw: bytes) -> EmailMessage:
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, EmailMessage)
    return mail
