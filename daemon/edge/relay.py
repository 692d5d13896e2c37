"""The outbox as a relay: hands mail to the operator's mail server by SMTP.

Rules: TLS is verified, and no login before it unless the operator wrote so (invariant 18); connections are kept for
the next mail, for so many mails and seconds; a mail's line ends are CRLF on the wire (invariant 20) and its addresses
are checked before they become part of a command. What the relay says of one mail is told apart from trouble that all
mail has: not reachable, TLS, login, gone before it took a mail. A connection lost behind the final dot is no answer:
the mail goes again, with the same Message-ID and bytes (invariant 8).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import aiosmtplib

from daemon.config import Relay
from daemon.core.values import Parcel
from daemon.edge.path import is_address
from daemon.edge.relay_data import say_content
from daemon.edge.relay_line import Line, RelayTrouble, open_line
from daemon.edge.transport import Away, Deferred, Delivered, Refused, Result, spoken

MAILS_PER_LINE = 100
IDLE_SECONDS = 30.0
FAREWELL_SECONDS = 2.0
NEEDS_LOGIN = (530, 538)


class SmtpRelay:
    """A transport to ``relay.host``; ``hostname`` is the name to say in EHLO, '' = the machine's own."""

    def __init__(self, relay: Relay, hostname: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._relay = relay
        self._hostname = hostname
        self._clock = clock
        self._idle: list[Line] = []
        self._farewells: set[asyncio.Task[None]] = set()

    async def send(self, parcel: Parcel, content: bytes) -> Result:
        try:
            line = self._kept()
            result = await self._over(line, parcel, content) if line else None
            if result is None:  # none was kept, or the relay had closed it meanwhile
                line = await open_line(self._relay, self._hostname)
                result = await self._over(line, parcel, content)
        except RelayTrouble as trouble:
            return Away(str(trouble))
        return result or Away(f"{self._relay.host} closes the connection before it takes a mail; its log tells why")

    async def close(self) -> None:
        """Say goodbye on the kept connections."""
        lines, self._idle = self._idle, []
        for line in lines:
            self._dismiss(line)
        await asyncio.gather(*self._farewells)

    # -- connections

    def _kept(self) -> Line | None:
        self._dismiss_the_old()
        while self._idle:
            line = self._idle.pop()
            if line.client.is_connected:
                return line
        return None

    def _keep(self, line: Line) -> None:
        line.mails += 1
        if not line.client.is_connected:
            return
        if line.mails >= MAILS_PER_LINE:
            self._dismiss(line)
            return
        line.used_at = self._clock()
        self._idle.append(line)
        asyncio.get_running_loop().call_later(IDLE_SECONDS + 1, self._dismiss_the_old)

    def _dismiss_the_old(self) -> None:
        since = self._clock() - IDLE_SECONDS
        for line in [line for line in self._idle if line.used_at < since]:
            self._idle.remove(line)
            self._dismiss(line)

    def _dismiss(self, line: Line) -> None:
        task = asyncio.get_running_loop().create_task(_quit(line))
        self._farewells.add(task)
        task.add_done_callback(self._farewells.discard)

    # -- one mail

    async def _over(self, line: Line, parcel: Parcel, content: bytes) -> Result | None:
        """Hand a mail over; None if the connection was lost before the relay had answered anything of it."""
        taken = False
        try:
            result, taken = await self._transaction(line, parcel, content)
            return result
        finally:
            if taken:
                self._keep(line)
            else:
                line.break_off()

    async def _transaction(self, line: Line, parcel: Parcel, content: bytes) -> tuple[Result | None, bool]:
        """The result, and whether the connection is good for another mail."""
        client = line.client
        for address in (parcel.sender, parcel.recipient) if parcel.sender else (parcel.recipient,):
            if not is_address(address):
                return Refused(501, f"{spoken(address)} is no mail address"), True
        options = self._options(client, parcel, content)
        if options is None:
            return Refused(553, f"{self._relay.host} takes no addresses beyond ASCII (SMTPUTF8)"), True
        try:
            if line.mails:
                await client.execute_command(b"RSET")
            sender = b"FROM:<" + parcel.sender.encode() + b">"
            response = await client.execute_command(b"MAIL", sender, *options)
        except aiosmtplib.SMTPServerDisconnected:
            return None, False
        except aiosmtplib.SMTPException as error:
            raise RelayTrouble(f"{self._relay.host} does not answer to MAIL ({spoken(error.message)})") from None
        if response.code == 421:
            if line.mails:
                return None, False
            raise RelayTrouble(f"{self._relay.host} takes no mail at present (421 {spoken(response.message)})")
        if not _yes(response.code):
            return self._no(response.code, response.message), True
        try:
            response = await client.execute_command(b"RCPT", b"TO:<" + parcel.recipient.encode() + b">")
            if not _yes(response.code):
                return self._no(response.code, response.message), response.code != 421
            code, message, in_step = await say_content(client, content, self._relay.timeout)
            if in_step and _yes(code):
                return Delivered(spoken(f"{code} {message}")), True
            return self._no(code, message), in_step and code != 421
        except TimeoutError:
            return Deferred(0, f"{self._relay.host} did not answer in time"), False
        except (aiosmtplib.SMTPException, OSError) as error:
            return Deferred(0, f"{self._relay.host} broke off: {spoken(str(error))}"), False

    def _options(self, client: aiosmtplib.SMTP, parcel: Parcel, content: bytes) -> list[bytes] | None:
        """What to say with MAIL; None if the relay cannot take such addresses."""
        options = []
        if client.supports_extension("size"):
            options.append(b"SIZE=%d" % len(content))
        if client.supports_extension("8bitmime") and not content.isascii():
            options.append(b"BODY=8BITMIME")
        if not (parcel.sender + parcel.recipient).isascii():
            if not client.supports_extension("smtputf8"):
                return None
            options.append(b"SMTPUTF8")
        return options

    def _no(self, code: int, message: str) -> Result:
        said = spoken(f"{code} {message}")
        if code in NEEDS_LOGIN:
            host = self._relay.host
            raise RelayTrouble(f"{host} wants a login or TLS first ({said}); set relay.username and relay.tls")
        return Refused(code, said) if 500 <= code < 600 else Deferred(code, said)


def _yes(code: int) -> bool:
    return 200 <= code < 300


async def check_relay(relay: Relay, hostname: str = "") -> str | None:
    """Connect, encrypt, log in and leave; None, or one sentence with cause and cure."""
    try:
        line = await open_line(relay, hostname)
        response = await line.client.execute_command(b"NOOP")
        await _quit(line)
    except RelayTrouble as trouble:
        return str(trouble)
    except aiosmtplib.SMTPException as error:
        return f"{relay.host} lets us in and then breaks off ({spoken(error.message)}); its log tells why"
    if response.code != 250:
        return f"{relay.host} answers NOOP with {response.code} {spoken(response.message)}; its log tells why"
    return None


async def _quit(line: Line) -> None:
    try:
        await line.client.quit(timeout=FAREWELL_SECONDS)
    except (aiosmtplib.SMTPException, OSError):
        line.client.close()
