"""Servers that misbehave on purpose. Everything else in the tests talks to real ones."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from dataclasses import dataclass, field
from typing import Any, Self

from aiosmtpd import smtp


@dataclass(frozen=True)
class Arrived:
    """A mail as the relay took it."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    options: tuple[str, ...]


@dataclass
class FakeRelay:
    """A mail server on loopback whose every answer can be spoilt.

    ``answers`` maps a stage or a recipient's address to the line to say there in place of 250; ``hangs_at`` and
    ``drops_at`` name a stage at which it falls silent or hangs up. The stages: greeting, mail, rcpt, data, early
    (after 354, when a part of the mail has been read), final (behind the final dot, when it has been taken). ``times``
    limits how often it misbehaves, after which it is well.
    """

    answers: dict[str, str] = field(default_factory=dict)
    hangs_at: str = ""
    drops_at: str = ""
    times: int = 1_000_000
    refuses_null_sender: bool = False
    smtputf8: bool = True
    context: ssl.SSLContext | None = None
    implicit: bool = False
    credentials: dict[str, str] | None = None
    host: str = "127.0.0.1"
    port: int = 0
    arrived: list[Arrived] = field(default_factory=list)
    connections: int = 0
    busy: int = 0
    busiest: int = 0
    logins: int = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Session(self), self.host, self.port, ssl=self.context if self.implicit else None
        )
        self.port = self._server.sockets[0].getsockname()[1]
        self._sessions: set[_Session] = set()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for session in list(self._sessions):
            if session.transport is not None:
                with contextlib.suppress(AttributeError):  # a TLS transport that is gone already
                    session.transport.abort()
        await self._server.wait_closed()

    def misbehaves(self, stage: str) -> bool:
        """Whether this stage goes wrong this time."""
        if self.times > 0 and stage in (*self.answers, self.hangs_at, self.drops_at):
            self.times -= 1
            return True
        return False

    async def handle_DATA(self, server: _Session, session: smtp.Session, envelope: smtp.Envelope) -> str:  # noqa: N802
        if "final" in self.answers and self.misbehaves("final"):
            return self.answers["final"]
        sender = "" if envelope.mail_from == "<>" else str(envelope.mail_from)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.arrived.append(Arrived(sender, tuple(envelope.rcpt_tos), content, tuple(envelope.mail_options)))
        await server.goes_wrong("final")
        return "250 2.0.0 taken"


class _Session(smtp.SMTP):
    def __init__(self, relay: FakeRelay) -> None:
        self.relay = relay
        super().__init__(
            relay,
            data_size_limit=None,
            enable_SMTPUTF8=relay.smtputf8,
            hostname="relay.example.com",
            tls_context=None if relay.implicit else relay.context,
            auth_require_tls=relay.context is not None and not relay.implicit,
            authenticator=self._authenticates,
            loop=asyncio.get_running_loop(),
        )
        self.line_length_limit = 1_000_000
        if relay.credentials is None:
            self._auth_methods.clear()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        if self not in self.relay._sessions:
            self.relay.connections += 1
            self.relay._sessions.add(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.relay._sessions.discard(self)
        super().connection_lost(error)

    async def goes_wrong(self, stage: str) -> bool:
        relay = self.relay
        if not relay.misbehaves(stage):
            return False
        if relay.hangs_at == stage:
            await asyncio.Event().wait()
        if relay.drops_at == stage:
            self.transport.abort()
            return True
        await self.push(relay.answers[stage])
        return True

    async def _handle_client(self) -> None:
        if await self.goes_wrong("greeting"):
            self.transport.close()
            return
        await super()._handle_client()

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if self.relay.refuses_null_sender and arg and "<>" in arg:
            await self.push("550 5.7.1 the null sender is not taken here")
        elif not await self.goes_wrong("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        address = (arg or "").partition("<")[2].partition(">")[0]
        if address in self.relay.answers:
            await self.push(self.relay.answers[address])
        elif not await self.goes_wrong("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        self.relay.busy += 1
        self.relay.busiest = max(self.relay.busiest, self.relay.busy)
        try:
            if "early" in (*self.relay.answers, self.relay.hangs_at, self.relay.drops_at) and self.relay.times > 0:
                await self.push("354 go on")
                end = await self._reader.read(65_536)
                if not await self.goes_wrong("early"):
                    self.transport.abort()
                while not end.endswith(b"\r\n.\r\n") and (piece := await self._reader.read(65_536)):
                    end = end[-5:] + piece
            elif not await self.goes_wrong("data"):
                await super().smtp_DATA(arg)
        finally:
            self.relay.busy -= 1

    def _authenticates(self, server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> smtp.AuthResult:
        self.relay.logins += 1
        right = (self.relay.credentials or {}).get(given.login.decode())
        return smtp.AuthResult(success=right is not None and right == given.password.decode(), handled=False)
