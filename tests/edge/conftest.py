"""A door that is open on a free port, an intake that remembers, and raw SMTP for what smtplib would not say."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from daemon.config import Limits, Listener
from daemon.core.values import Envelope, Outcome
from daemon.edge.smtp_in import Doors

RECEIVED_AT = 1_700_000_000
PASSWORD = "correct horse"
TLS = ("starttls", "implicit")
FALSE_ENDS = [b"\n.\n", b"\r\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\r", b"\r\n.\r\r\n", b"\r\n\0.\r\n"]


@dataclass
class Intake:
    """Knows support@ and sales@ of example.com; says what ``becomes`` names for a recipient, else ``filed``."""

    received: list[tuple[bytes, Envelope]] = field(default_factory=list)
    becomes: dict[str, tuple[str, str]] = field(default_factory=dict)
    error: Exception | None = None
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    called: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.may_answer.set()

    def known(self, recipient: str) -> bool:
        name, _, domain = recipient.casefold().partition("@")
        return domain == "example.com" and name.partition("+")[0] in ("support", "sales")

    async def receive(self, raw: bytes, envelope: Envelope) -> tuple[Outcome, ...]:
        self.called.set()
        await self.may_answer.wait()
        if self.error is not None:
            raise self.error
        self.received.append((raw, envelope))
        ends = [self.becomes.get(r, ("filed", "new-ticket")) for r in envelope.recipients]
        return tuple(
            Outcome(r, state, because, inbound=len(self.received))  # type: ignore[arg-type]
            for r, (state, because) in zip(envelope.recipients, ends, strict=True)
        )

    @property
    def mails(self) -> list[bytes]:
        return [raw for raw, _ in self.received]


@dataclass
class House:
    """Open doors with one listener."""

    doors: Doors
    intake: Intake
    port: int
    talks: list[Talk] = field(default_factory=list)

    async def talk(self) -> Talk:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 22)
        self.talks.append(Talk(reader, writer))
        return self.talks[-1]


@dataclass
class Talk:
    """SMTP by hand."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def answer(self) -> str:
        """The next reply, its lines joined; '' at the end of the connection."""
        lines = []
        while line := (await asyncio.wait_for(self.reader.readline(), 10)).decode():
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    async def say(self, line: str | bytes) -> str:
        self.send((line.encode() if isinstance(line, str) else line) + b"\r\n")
        return await self.answer()

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def greeted(self, name: str = "EHLO") -> Talk:
        assert (await self.answer()).startswith("220 ")
        assert (await self.say(f"{name} client.example.org")).startswith("250")
        return self

    async def in_data(self, *recipients: str, name: str = "EHLO") -> Talk:
        """Up to the 354 of DATA."""
        await self.greeted(name)
        assert (await self.say("MAIL FROM:<customer@example.org>"))[:3] == "250"
        for recipient in recipients or ("support@example.com",):
            assert (await self.say(f"RCPT TO:<{recipient}>"))[:3] == "250"
        assert (await self.say("DATA"))[:3] == "354"
        return self

    async def is_over(self) -> bool:
        """Whether the server hangs up (what it still says is skipped)."""
        with contextlib.suppress(ConnectionError):
            await asyncio.wait_for(self.reader.read(), 10)
        return True


@pytest.fixture
def unhandled() -> list[dict[str, Any]]:
    """What reached the loop's exception handler; must stay empty."""
    return []


@pytest.fixture
async def open_house(unhandled: list[dict[str, Any]]) -> AsyncIterator[Callable[..., Awaitable[House]]]:
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    houses: list[House] = []

    async def build(limits: dict[str, Any] | None = None, **listener: Any) -> House:
        intake = Intake()
        doors = Doors(
            [Listener(**({"port": 0} | listener))],
            Limits(**(limits or {})),
            intake,
            {"agent@example.com": PASSWORD},
            lambda: RECEIVED_AT,
            "desk.example.com",
        )
        await doors.open()
        houses.append(House(doors, intake, doors.addresses[0][1]))
        return houses[-1]

    yield build
    for house in houses:
        for talk in house.talks:
            talk.writer.close()
        house.intake.may_answer.set()
        await house.doors.close(1)
    await asyncio.sleep(0)
    assert unhandled == []


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def certificate(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """certificate_file, key_file and ca_file for localhost and 127.0.0.1."""
    folder: Path = tmp_path_factory.mktemp("tls")
    issued = authority.issue_cert("localhost", "127.0.0.1")
    (folder / "cert.pem").write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    (folder / "key.pem").write_bytes(issued.private_key_pem.bytes())
    (folder / "ca.pem").write_bytes(authority.cert_pem.bytes())
    return {
        "certificate_file": str(folder / "cert.pem"),
        "key_file": str(folder / "key.pem"),
        "ca_file": str(folder / "ca.pem"),
    }


@pytest.fixture
def client_context(certificate: dict[str, str]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate["ca_file"])
