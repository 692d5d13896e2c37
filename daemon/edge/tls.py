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

    ``arrived(peer)`` is called when the connection is made and refuses it by False, ``left(peer)`` when it is gone.
    """

    max_size = 65_536  # read buffer of each connection; 256 KB otherwise

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        conversation: asyncio.Protocol,
        context: ssl.SSLContext,
        arrived: Callable[[str], bool],
        left: Callable[[str], None],
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
        self._peer: str | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._peer = peer_of(transport)
        if self._arrived(self._peer):
            super().connection_made(transport)
        else:
            cast(asyncio.WriteTransport, transport).abort()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._peer is not None:
            self._left(self._peer)
            self._peer = None
        super().connection_lost(exc)
