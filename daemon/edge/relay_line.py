"""A connection to the relay, encrypted and logged in; or one sentence that says why there is none."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import aiosmtplib

from daemon.config import ConfigurationError, Relay
from daemon.edge.peer import Peer, Unverifiable, verifying
from daemon.edge.transport import spoken


class RelayTrouble(Exception):
    """Trouble that all mail has: one sentence with cause and cure."""


@dataclass
class Line:
    """An open connection: the mails that it carried, and when it was last used (monotonic seconds)."""

    client: aiosmtplib.SMTP
    mails: int = 0
    used_at: float = 0.0

    def break_off(self) -> None:
        """Close at once: what the relay has not read of a mail must not reach it later."""
        transport = self.client.transport
        self.client.close()
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()


async def open_line(relay: Relay, hostname: str = "") -> Line:
    """Connect, encrypt and log in as configured. The password is read anew, so that a mended one is used at once."""
    try:
        password = relay.password() if relay.username else ""
        context = None if relay.tls == "none" else await asyncio.to_thread(verifying, relay.ca_file, "relay.ca_file")
    except ConfigurationError as error:
        raise RelayTrouble(f"relay.{error.faults[0]}") from None
    except Unverifiable as error:
        raise RelayTrouble(str(error)) from None
    client = aiosmtplib.SMTP(
        hostname=relay.host,
        port=relay.port,
        timeout=relay.timeout,
        use_tls=relay.tls == "implicit",
        start_tls=False,
        tls_context=context,
        local_hostname=hostname or None,
    )
    try:
        await client.connect()
        if relay.tls == "starttls":
            await _encrypt(client, relay)
        await client.ehlo()
        if relay.username:
            await _log_in(client, relay, password)
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        client.close()
        raise RelayTrouble(_sentence(relay, error)) from None
    except BaseException:
        client.close()
        raise
    return Line(client)


async def _encrypt(client: aiosmtplib.SMTP, relay: Relay) -> None:
    await client.ehlo()
    if not client.supports_extension("starttls"):
        raise RelayTrouble(
            f"the relay {_name(relay)} offers no STARTTLS; enable it there, or set relay.tls to implicit or none"
        )
    await client.starttls()


async def _log_in(client: aiosmtplib.SMTP, relay: Relay, password: str) -> None:
    """Try one way to log in, once: a wrong password tried in three ways looks like an attack."""
    offered = client.server_auth_methods
    if "plain" in offered:
        await client.auth_plain(relay.username, password)
    elif "login" in offered:
        await client.auth_login(relay.username, password)
    elif "cram-md5" in offered:
        await client.auth_crammd5(relay.username, password)
    else:
        raise RelayTrouble(
            f"the relay {_name(relay)} offers no login that we know; leave relay.username empty, or set relay.tls"
        )


def _name(relay: Relay) -> str:
    return f"{relay.host}:{relay.port}"


def _sentence(relay: Relay, error: BaseException) -> str:
    the_relay = f"the relay {_name(relay)}"
    cause = error.__cause__ or error
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        said = spoken(f"{error.code} {error.message}")
        return f"{the_relay} refuses the login as {relay.username} ({said}); set relay.username and its password right"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"{the_relay} takes no mail at present ({spoken(f'{error.code} {error.message}')}); its log tells why"
    if why := Peer(the_relay, "relay.", relay.timeout).why(cause):
        return why
    return f"{the_relay} cannot be reached ({spoken(str(cause))}); check relay.host and relay.port"
