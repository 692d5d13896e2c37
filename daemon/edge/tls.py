"""Encryption on our own listeners, and the count of connections that are still shaking hands."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import sslproto
from collections.abc import Callable
from typing import cast

from daemon.config import Listener
from daemon.edge import StartError

HANDSHAKE_SECONDS = 20


def server_context(listener: Listener) -> ssl.SSLContext | None:
    """The TLS context of a listener, or None if it has no TLS; StartError says what is wrong with its files."""
    if listener.tls == "none":
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    names = f"listen.certificate_file {listener.certificate_file} and listen.key_file {listener.key_file}"
    try:
        context.load_cert_chain(listener.certificate_file, listener.key_file)
    except ssl.SSLError as error:
        mismatch = error.reason == "KEY_VALUES_MISMATCH"
        cause = "do not belong together" if mismatch else "hold no usable certificate and key"
        raise StartError(f"{names} {cause}; write the certificate chain and its unencrypted key in PEM") from None
    except OSError as error:
        raise StartError(f"{names} cannot be read: {error.strerror}; set their paths and permissions right") from None
    return context


def peer_of(transport: asyncio.BaseTransport) -> str:
    """The peer's IP address, '' where there is none."""
    return str((transport.get_extra_info("peername") or ("",))[0])


class CountedTls(sslproto.SSLProtocol):
    """Implicit TLS that is counted from the first byte on, so that unfinished handshakes cannot pile up unseen.

    ``arrived(self)`` is called when the connection is made and refuses it by False, ``left(self)`` when it is gone.
    """

    max_size = 65_536  # read buffer of each connection; 256 KB otherwise

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        conversation: asyncio.Protocol,
        context: ssl.SSLContext,
        arrived: Callable[[CountedTls], bool],
        left: Callable[[CountedTls], None],
    ) -> None:
        super().__init__(
            loop,
            conversation,
            context,
            None,  # type: ignore[arg-type]  # nobody waits for the handshake
            server_side=True,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
            ssl_shutdown_timeout=HANDSHAKE_SECONDS,
        )
        self._arrived = arrived
        self._left = left
        self._wire: asyncio.WriteTransport | None = None
        self.peer = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._wire = cast(asyncio.WriteTransport, transport)
        self.peer = peer_of(transport)
        if self._arrived(self):
            super().connection_made(transport)
        else:
            self.abort()

    def abort(self) -> None:
        if self._wire is not None:
            self._wire.abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._wire is not None:
            self._left(self)
            self._wire = None
        super().connection_lost(exc)
