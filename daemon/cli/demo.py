"""``counterfoil demo``: a sandbox in which a customer and an agent exchange real mail; none leaves.

Everything is real but the people: the daemon in this process, SMTP on a free port of loopback, outgoing mail in a
Maildir below a temporary folder. The transcript in the README comes from here, by a test.
"""

from __future__ import annotations

import asyncio
import re
import smtplib
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.cli.terms import block, fail, plain, say
from daemon.config import Agent, Agents, Config, Desk, Http, Listener, Log, Storage, Tickets

if TYPE_CHECKING:
    from daemon.app import Daemon

CUSTOMER, AGENT, DESK = "customer@example.net", "agent@example.com", "support@example.com"
PATIENCE = 20.0
DIFFERS = (
    (re.compile(r"\b[a-z2-7]{26}\b"), "…"),
    (re.compile(r"(?<=\?subject=)[^&\s]+"), "…"),
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}\b"), "today"),
)
"""Tokens and days differ each time, and subjects make links long; what stands for them."""


def demo() -> None:
    """Play a whole conversation between a customer and an agent, by real SMTP in a temporary folder; no mail leaves.

    Example: counterfoil demo
    """
    from daemon import logs
    from daemon.config import ConfigurationError
    from daemon.edge import StartError
    from daemon.store.db import StoreError

    logs.configure("error")
    with tempfile.TemporaryDirectory(prefix="counterfoil-demo-") as folder:
        try:
            asyncio.run(_play(Path(folder), say))
        except (ConfigurationError, StoreError, StartError) as error:
            fail(str(error))


def sandbox(folder: Path) -> Config:
    """One desk and one agent, on free ports of this machine alone."""
    return Config(
        storage=Storage(folder=str(folder)),
        desk=(Desk(name="support", address=DESK),),
        agent=(Agent(name="Desk Agent", address=AGENT),),
        agents=Agents(undo_seconds=0),
        listen=(Listener(port=0, trust=("network",), trusted_networks=("127.0.0.0/8",)),),
        http=Http(port=0),
        tickets=Tickets(notify_customer=("resolved",)),
        log=Log(level="error"),
    )


@asynccontextmanager
async def _running(config: Config) -> AsyncIterator[Daemon]:
    from daemon.app import Daemon

    daemon = Daemon(config)
    await daemon.start()
    waiting = asyncio.create_task(daemon.wait())
    try:
        yield daemon
    finally:
        daemon.stop()
        await waiting


@dataclass
class _Stage:
    """The customer's and the agent's mail programs, and the Maildir in which they find their mail."""

    daemon: Daemon
    outbox: Path
    read: set[Path]

    async def send(self, sender: str, recipient: str, subject: str, words: str, answers: Message | None = None) -> None:
        thread = f"In-Reply-To: {answers['Message-ID']}\r\n" if answers else ""
        mail = (
            f"From: {sender}\r\nTo: {recipient}\r\nSubject: {subject}\r\n{thread}"
            f"Message-ID: <{len(self.read)}.{sender}>\r\n\r\n{words}\r\n"
        )
        host, port = self.daemon.doors.addresses[0]
        await asyncio.to_thread(_hand_over, host, port, sender, recipient, mail.encode())

    async def answer(self, tell: Callable[[str], None], mail: Message, words: str) -> None:
        """The agent answers a mail: the words above, what they answer quoted below."""
        address, subject = _address(mail), f"Re: {mail['Subject']}"
        _show(tell, AGENT, address, subject, words)
        quoted = "\n".join(f"> {line}" for line in _text(mail).splitlines())
        await self.send(AGENT, address, subject, f"{words}\n\nOn Monday, {DESK} wrote:\n{quoted}", mail)

    async def mail_for(self, address: str) -> Message:
        """The next mail that reaches this address."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for file in sorted(
                    self.outbox.glob("new/*"), key=lambda f: int(f.name.split(".")[1].partition("-")[0])
                ):
                    message = message_from_bytes(file.read_bytes())
                    if file not in self.read and message["X-Envelope-To"] == address:
                        self.read.add(file)
                        return message
                await asyncio.sleep(0.02)


def _hand_over(host: str, port: int, sender: str, recipient: str, mail: bytes) -> None:
    with smtplib.SMTP(host, port, timeout=PATIENCE) as client:
        client.sendmail(sender, [recipient], mail)


async def _play(folder: Path, tell: Callable[[str], None]) -> None:
    from daemon.store import tickets

    tell("Counterfoil runs in a temporary folder; no mail leaves this machine.\n")
    async with _running(sandbox(folder)) as daemon:
        stage = _Stage(daemon, folder / "outbox", set())

        _step(tell, 1, f"A customer writes to {DESK}")
        words = "Hello,\n\nthe printer on the second floor is on fire.\nCan you help?"
        _show(tell, CUSTOMER, DESK, "Printer on fire", words)
        await stage.send(CUSTOMER, DESK, "Printer on fire", words)

        _step(tell, 2, "The desk acknowledges, without a word that nobody has vouched for")
        _show_mail(tell, await stage.mail_for(CUSTOMER))

        _step(tell, 3, "The agent gets it as a mail")
        notification = await stage.mail_for(AGENT)
        _show_mail(tell, notification)

        _step(tell, 4, "and answers it in an ordinary mail program, the quoted mail below")
        await stage.answer(tell, notification, "Please leave the building. The fire brigade is on its way.")

        _step(tell, 5, "The customer gets the agent's words, in the same thread")
        answer = await stage.mail_for(CUSTOMER)
        _show_mail(tell, answer)

        _step(tell, 6, "and writes back")
        _show(tell, CUSTOMER, _address(answer), answer["Subject"], "It is out. Thank you!")
        await stage.send(CUSTOMER, _address(answer), answer["Subject"], "It is out. Thank you!", answer)
        tell("\n   The agent reads:\n")
        notification = await stage.mail_for(AGENT)
        _show_mail(tell, notification, brief=True)

        _step(tell, 7, "The agent resolves the ticket, by mail as well")
        await stage.answer(tell, notification, "#resolve")
        tell("\n   The agent is told what was done, and how to take it back:\n")
        _show_mail(tell, await stage.mail_for(AGENT))
        tell("\n   The customer hears of it:\n")
        _show_mail(tell, await stage.mail_for(CUSTOMER))

        _step(tell, 8, "What the desk knows: counterfoil ticket why 1")
        found = await asyncio.to_thread(daemon.house.store.read, lambda: tickets.one(1))
        assert found is not None
        for message in found["messages"]:
            tell(f"  {message['kind']:9} {plain(message['address']):22} joined by {message['because']}")
        for event in found["events"]:
            if "to" in event["data"] and event["kind"] == "status_changed":
                tell(f"  status    {event['data']['from']} → {event['data']['to']} ({event['because']})")


def _step(tell: Callable[[str], None], number: int, sentence: str) -> None:
    tell(f"\n── {number}. {sentence}\n" if number > 1 else f"── {number}. {sentence}\n")


def _show(tell: Callable[[str], None], sender: str, recipient: str, subject: str, words: str) -> None:
    tell(f"   From: {sender}\n   To: {_same(recipient)}\n   Subject: {subject}\n")
    tell("\n".join(f"   {line}".rstrip() for line in _same(words).splitlines()))


def _show_mail(tell: Callable[[str], None], mail: Message, brief: bool = False) -> None:
    words = _text(mail).strip()
    _show(
        tell,
        plain(mail["From"]),
        plain(mail["X-Envelope-To"]),
        plain(mail["Subject"]),
        block(words.split("\n", 1)[1].split("\n[cf:")[0].strip()) if brief else block(words),
    )


def _address(mail: Message) -> str:
    """Where an answer to this mail goes."""
    return str(mail["Reply-To"]).rpartition("<")[2].rstrip(">")


def _same(text: str) -> str:
    """What is the same each time, so that a transcript can be compared."""
    for differs, instead in DIFFERS:
        text = differs.sub(instead, text)
    return text


def _text(mail: Message) -> str:
    part = next(p for p in mail.walk() if p.get_content_type() == "text/plain")
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode("utf-8").replace("\r\n", "\n")
