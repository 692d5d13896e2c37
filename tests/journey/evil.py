"""The hostile mails of ``tests/corpus/evil`` with what must become of them, and how they are sent.

Where a mail names a Message-ID of ours by the corpus's own invention, a second one is sent that names a real one.
"""

from __future__ import annotations

import json
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.journey.big_mail import BIG

FOLDER = Path(__file__).parents[1] / "corpus" / "evil"
INVENTED_ID = b"desk.1001.7.0123456789abcdef@desk.example"
REAL = "with a real Message-ID: "


@dataclass(frozen=True)
class Evil:
    """One hostile mail; ``states`` are the ends that it may come to."""

    name: str
    kind: str
    raw: bytes
    states: frozenset[str]
    on_the_wire: bool
    recipient: str
    sender: str


def mails() -> list[Evil]:
    return [_evil(json.loads(line)) for line in (FOLDER / "EXPECT.jsonl").read_text("utf-8").splitlines()]


def with_real_id(evil: Evil, message_id: str) -> Evil:
    """The same attack, with a Message-ID that we did send."""
    raw = evil.raw.replace(INVENTED_ID, message_id.strip("<>").encode()).replace(b"<evil.", b"<evil.real.")
    return Evil(REAL + evil.name, evil.kind, raw, evil.states, evil.on_the_wire, evil.recipient, evil.sender)


def _evil(row: dict[str, Any]) -> Evil:
    name = row["file"]
    raw = BIG[name]() if name in BIG else (FOLDER / name).read_bytes()
    guessed = re.search(rb"^To: (support\+\S+@desk\.example)", raw, re.M)
    reports = name.startswith("loop-dsn")
    author = re.search(rb"^From: [^<\r\n]*<([\w.]+@[\w.]+)>\r?$", raw, re.M)
    return Evil(
        name=name,
        kind=row["class"],
        raw=raw,
        states=frozenset({row["must"], *row.get("also_ok", ())}),
        on_the_wire=bool(row.get("wire")),
        recipient=guessed[1].decode() if guessed else "support@desk.example",
        sender="" if reports else author[1].decode() if author else "mallory@evil.example",
    )


def say_on_the_wire(port: int, evil: Evil) -> list[str]:
    """Send a mail byte for byte behind DATA and hang up politely; all answers that came."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        file = line.makefile("rb")

        def hear() -> str:
            while (answer := file.readline().decode("ascii"))[3:4] == "-":
                pass
            return answer.rstrip()

        answers = [hear()]
        for command in (
            b"EHLO evil.example",
            b"MAIL FROM:<%s>" % evil.sender.encode(),
            b"RCPT TO:<support@desk.example>",
            b"DATA",
        ):
            line.sendall(command + b"\r\n")
            answers.append(hear())
        line.sendall(evil.raw + b"\r\n.\r\nQUIT\r\n")
        while answer := hear():
            answers.append(answer)
        return answers
