"""Opens the doors through which mail comes in by SMTP and LMTP, and closes them.

Rules: only the desks' own recipients (invariant 19: no relaying); 250 only after the intake has kept the mail
(invariants 1 and 3); limits on everything a peer can ask for. The conversation itself is in ``conversation``, its
content in ``content``, its answers in ``answers``, its limits in ``gate``.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import structlog

from daemon.config import Limits, Listener
from daemon.edge import StartError
from daemon.edge.conversation import Conversation
from daemon.edge.door import Door, Intake
from daemon.edge.gate import Gate, networks
from daemon.edge.tls import CountedTls, server_context

__all__ = ["Doors", "Intake"]

log = structlog.get_logger()
BACKLOG = 256
NAME_SECONDS = 2.0

# aiosmtpd logs each command line and each line of mail; what is worth a line is logged here
logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)


class Doors:
    """All listeners; ``credentials`` maps agents' casefolded addresses to passwords, ``now`` is the wall clock."""

    def __init__(
        self,
        listeners: Sequence[Listener],
        limits: Limits,
        intake: Intake,
        credentials: Mapping[str, str],
        now: Callable[[], int],
        hostname: str = "",
    ) -> None:
        self._listeners = listeners
        self._limits = limits
        self._intake = intake
        self._credentials = credentials
        self._now = now
        self._hostname = hostname
        self._gate = Gate(limits)
        self._doors: list[Door] = []
        self._servers: list[asyncio.Server] = []

    @property
    def servers(self) -> Sequence[asyncio.Server]:
        return self._servers

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Host and port of each listener, in the order of the configuration."""
        return [server.sockets[0].getsockname()[:2] for server in self._servers]

    async def open(self) -> None:
        """Listen everywhere, or nowhere: StartError names the listener that cannot."""
        contexts = [server_context(listener) for listener in self._listeners]
        hostname = self._hostname or await own_name()
        try:
            for listener, context in zip(self._listeners, contexts, strict=True):
                door = Door(
                    listener,
                    self._limits,
                    self._intake,
                    self._credentials,
                    self._now,
                    self._gate,
                    hostname,
                    context,
                    networks(listener.trusted_networks),
                )
                self._servers.append(await _listen(door))
                self._doors.append(door)
        except StartError:
            await self.close(0)
            raise
        for listener, (host, port) in zip(self._listeners, self.addresses, strict=True):
            log.info("listening", protocol=listener.protocol, host=host, port=port, tls=listener.tls)

    async def close(self, grace: float = 5.0) -> None:
        """Let nobody in any more, answer the mails that are being kept, and end all else within ``grace`` seconds."""
        for server in self._servers:
            server.close()
        for door in self._doors:
            door.closing = True
            for conversation in list(door.conversations):
                conversation.farewell()
        waiting: set[asyncio.Task[Any]] = {task for door in self._doors for task in door.receiving}
        waiting |= {c.ended for door in self._doors for c in door.conversations if c.ended is not None}
        if waiting:
            await asyncio.wait(waiting, timeout=grace)
        for door in self._doors:
            for conversation in list(door.conversations):
                conversation.abort()
            for connection in list(door.encrypted):
                connection.abort()
            for task in door.receiving:
                task.cancel()
        for server in self._servers:
            await server.wait_closed()
        self._servers.clear()
        self._doors.clear()


async def _listen(door: Door) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    listener = door.listener

    def conversation() -> asyncio.Protocol:
        return Conversation(door, loop)

    def arrived(connection: CountedTls) -> bool:
        door.encrypted.add(connection)
        return door.opens_to(connection.peer) is None

    def left(connection: CountedTls) -> None:
        door.encrypted.discard(connection)
        door.gate.leave(connection.peer)

    def conversation_in(context: ssl.SSLContext) -> asyncio.BaseProtocol:
        return CountedTls(loop, conversation(), context, arrived, left)

    factory: Callable[[], asyncio.BaseProtocol] = conversation
    if door.implicit and door.context is not None:
        factory = partial(conversation_in, door.context)
    try:
        return await loop.create_server(factory, listener.host, listener.port, backlog=BACKLOG)
    except OSError as error:
        raise StartError(_why_not(listener, error)) from None


def _why_not(listener: Listener, error: OSError) -> str:
    where = f"port {listener.port} on {listener.host}"
    if error.errno == errno.EADDRINUSE:
        return f"{where} is taken by another program; stop it or set listen.port"
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"{where} may not be opened; set listen.port above 1023 or grant the right to open low ports"
    # newer Pythons pass over addresses of other machines, and then raise without a number
    if error.errno in (None, errno.EADDRNOTAVAIL) or isinstance(error, socket.gaierror):
        return f"{listener.host} is no address of this machine; set listen.host"
    return f"{where} cannot be opened ({error.strerror}); set listen.host and listen.port"


async def own_name() -> str:
    """This machine's full name, or its short one if the name service takes its time."""
    try:
        name = await asyncio.wait_for(asyncio.to_thread(socket.getfqdn), NAME_SECONDS)
    except TimeoutError:
        name = socket.gethostname()
    return name if name.isascii() and name.isprintable() and name else "localhost"
