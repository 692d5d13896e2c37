"""One SMTP or LMTP conversation: aiosmtpd's command machinery with our own DATA, limits and manners.

What differs from aiosmtpd 1.4.6, and why:

- DATA is collected in one buffer (``content``), not in a list of lines, and is let go once it is handed over.
- A mail that is being kept is kept to the end even if its peer goes away: the peer sends it again and it is recognised.
- An end of file lets what was sent before it be answered; aiosmtpd drops it.
- A peer that does not read its answers is cut off; a plain close would wait for it for ever.
- No exception text and nothing unprintable goes out; refusals are counted, and too many end the conversation.
- Addresses are read by our own pattern (``path``): email's parser raises anything on hostile ones.
- AUTH stands on implicit TLS too, and EHLO names it only where a login means something.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import sys
from collections import defaultdict
from typing import Any

import structlog
from aiosmtpd import smtp

from daemon.core.values import Envelope, Outcome
from daemon.edge.answers import LATER, TOO_LARGE, answer, answer_for_all, printable
from daemon.edge.content import Content
from daemon.edge.door import Door
from daemon.edge.gate import within
from daemon.edge.path import read_path
from daemon.edge.tls import peer_of

log = structlog.get_logger()

PIECE = 65_536
COMMAND_LENGTH = 1024
LOGIN_LENGTH = 12_288  # RFC 4954, 4.
REFUSALS_PER_SESSION = 100
LOGINS_PER_SESSION = 3
IDLE_COMMANDS_PER_SESSION = 100  # of each kind that moves no mail
PATIENCE = 5.0  # seconds for a peer to read our farewell


class Conversation(smtp.SMTP):
    line_length_limit = PIECE
    command_size_limit = COMMAND_LENGTH
    session: smtp.Session
    envelope: smtp.Envelope
    transport: asyncio.Transport | None

    def __init__(self, door: Door, loop: asyncio.AbstractEventLoop) -> None:
        self.door = door
        self.peer = ""
        self.trusted = False
        self._refusal: str | None = None
        self._refusals = 0
        self._failed_logins = 0
        self._counted = False
        self._keeping = False
        self._session_timer: asyncio.TimerHandle | None = None
        self.command_size_limits = self._command_lengths()
        super().__init__(
            _Hooks(),
            data_size_limit=door.limits.message_size,
            enable_SMTPUTF8=True,
            hostname=door.hostname,
            ident="LMTP ready" if door.lmtp else "ESMTP ready",
            tls_context=None if door.implicit else door.context,
            timeout=door.limits.idle_seconds,
            auth_require_tls=not (door.implicit or door.listener.insecure_login),
            authenticator=_authenticate,
            command_call_limit={"*": IDLE_COMMANDS_PER_SESSION}
            | dict.fromkeys(("MAIL", "RCPT", "DATA", "RSET"), sys.maxsize),
            loop=loop,
        )

    @staticmethod
    def _command_lengths() -> defaultdict[str, int]:
        # aiosmtpd shares one table among all conversations, and lets each EHLO make it longer
        return defaultdict(lambda: COMMAND_LENGTH, AUTH=LOGIN_LENGTH)

    # -- coming and going

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        again = self._session_timer is not None  # after STARTTLS
        super().connection_made(transport)
        if again:
            return
        self.peer = peer_of(transport)
        self.trusted = within(self.peer, self.door.trusted)
        self._session_timer = self.loop.call_later(
            self.door.limits.session_seconds, self._hang_up, "421 4.4.2 This session has lasted too long"
        )
        self.door.conversations.add(self)
        if not self.door.implicit:  # there, the connection was counted before its handshake
            self._counted = True
            self._refusal = self.door.opens_to(self.peer)

    def connection_lost(self, error: Exception | None) -> None:
        if self._counted:
            self._counted = False
            self.door.gate.leave(self.peer)
        if self._session_timer is not None:
            self._session_timer.cancel()
        self.door.conversations.discard(self)
        super().connection_lost(error)

    def eof_received(self) -> bool:
        kept_open = asyncio.StreamReaderProtocol.eof_received(self)
        return bool(kept_open) and self.session.ssl is None

    async def _handle_client(self) -> None:
        if self._refusal is not None:
            log.info("connection_refused", peer=self.peer, because=self._refusal[10:])
            self._hang_up(self._refusal)
            return
        await super()._handle_client()

    def farewell(self) -> None:
        """The daemon stops: end the conversation, or let a mail that is being kept be answered first."""
        if not self._keeping:
            self._hang_up("421 4.3.2 Shutting down, please try again later")

    @property
    def ended(self) -> asyncio.Task[None] | None:
        return self._handler_coroutine

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    def _hang_up(self, line: str) -> None:
        transport = self.transport
        if transport is None or transport.is_closing():
            self.abort()
            return
        self._writer.write(line.encode("ascii") + b"\r\n")
        transport.close()
        self.loop.call_later(PATIENCE, transport.abort)

    def _timeout_cb(self) -> None:
        self._hang_up("421 4.4.2 Idle for too long")

    async def push(self, status: Any) -> None:
        if status is None:  # handle_exception has ended the conversation
            return
        if isinstance(status, str):
            status = printable(status)
            if status[:1] in ("4", "5"):
                self._refusals += 1
        await super().push(status)
        if self._refusals > REFUSALS_PER_SESSION and not self.trusted:
            self._hang_up("421 4.7.0 Too many errors")
        await asyncio.sleep(0)  # a peer that sends thousands of commands at once waits its turn like any other

    async def handle_exception(self, error: Exception) -> str:
        if isinstance(error, asyncio.IncompleteReadError | ConnectionError | smtp.TLSSetupException):
            self._writer.close()
            if self._handler_coroutine is not None:
                self._handler_coroutine.cancel()
            await asyncio.sleep(0)
        log.error("smtp_failed", peer=self.peer, error=type(error).__name__, exc_info=error)
        return LATER

    # -- commands

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """Address and parameters of MAIL or RCPT; '' for anything that is none, which is answered 501."""
        path = read_path(arg)
        if path is None:
            return "", ""
        address, parameters = path
        # AUTH= may come with any MAIL once AUTH is offered (RFC 4954, 5.), and means nothing to us
        return address, " ".join(p for p in parameters if not p.upper().startswith("AUTH="))

    @smtp.syntax("EHLO hostname")
    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        if self.door.lmtp:
            await self.push("500 5.5.1 This is LMTP: send LHLO")
        else:
            await self._greet(hostname)

    @smtp.syntax("HELO hostname")
    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802
        if self.door.lmtp:
            await self.push("500 5.5.1 This is LMTP: send LHLO")
        else:
            await super().smtp_HELO(hostname)

    @smtp.syntax("LHLO hostname")
    async def smtp_LHLO(self, hostname: str) -> None:  # noqa: N802
        if self.door.lmtp:
            await self._greet(hostname)
        else:
            await self.push("500 5.5.1 This is SMTP: send EHLO")

    async def _greet(self, hostname: str) -> None:
        if not hostname:
            await self.push("501 5.5.4 Your host name is missing")
            return
        self._set_rset_state()  # type: ignore[no-untyped-call]
        self.session.extended_smtp = True
        self.session.host_name = hostname
        lines = [self.hostname, f"SIZE {self.data_size_limit}", "8BITMIME", "SMTPUTF8", "PIPELINING"]
        if self.tls_context is not None and self._tls_protocol is None:
            lines.append("STARTTLS")
        if self._may_log_in():
            lines.append("AUTH PLAIN LOGIN")
        replies = [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]
        await self.push("\r\n".join(replies).encode("ascii"))

    async def check_helo_needed(self, helo: str = "EHLO") -> bool:
        return bool(await super().check_helo_needed("LHLO" if self.door.lmtp else helo))

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if self._tls_protocol is not None or self.door.implicit:
            await self.push("503 5.5.1 TLS is active already")
        else:
            await super().smtp_STARTTLS(arg)

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: N802
        await self.push("252 2.1.5 Send mail to find out")

    # -- login

    def _may_log_in(self) -> bool:
        encrypted = self._tls_protocol is not None or not self._auth_require_tls
        return "submission" in self.door.listener.trust and encrypted

    @smtp.syntax("AUTH <mechanism>")
    async def smtp_AUTH(self, arg: str) -> None:  # noqa: N802
        if "submission" not in self.door.listener.trust:
            await self.push("502 5.5.1 No login here")
        elif self.envelope.mail_from:
            await self.push("503 5.5.1 No login within a mail")
        elif not self.door.gate.admits_login(self.peer):
            await self.push("454 4.7.0 Too many failed logins, please try again later")
        else:
            mechanism, _, rest = (arg or "").partition(" ")
            await super().smtp_AUTH(f"{mechanism.upper()} {rest}".strip())
            if self._failed_logins >= LOGINS_PER_SESSION:
                self._hang_up("421 4.7.0 Too many failed logins")

    async def challenge_auth(self, *challenge: Any, **options: Any) -> Any:
        try:
            return await super().challenge_auth(*challenge, **options)
        except ValueError:  # the line is longer than any password; where it ends is unknown
            self._hang_up("421 4.7.0 This line is too long")
            return smtp.MISSING

    def checks(self, login: bytes, password: bytes) -> str | None:
        """The address that logged in, or None. Takes the same time for unknown agents and for wrong passwords."""
        name = login.decode("utf-8", "replace").casefold()
        right = self.door.credentials.get(name, "")
        same = hmac.compare_digest(hashlib.sha256(password).digest(), hashlib.sha256(right.encode()).digest())
        if same and right:
            return name
        self._failed_logins += 1
        self.door.gate.login_failed(self.peer)
        log.warning("login_failed", peer=self.peer)
        return None

    # -- the mail

    @smtp.syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        if await self.check_helo_needed():
            return
        if arg:
            await self.push("501 5.5.4 DATA takes no arguments")
        elif not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Name a recipient first")
        else:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            lines = await self._keep(await self._content())
            self._set_post_data_state()  # type: ignore[no-untyped-call]
            for line in lines:
                await self.push(line)
            if self.door.closing:
                self.farewell()

    async def _content(self) -> bytes | None:
        """The mail that follows, or None if it is too large."""
        content = Content(self.door.limits.message_size)
        while True:
            piece = await self._reader.read(PIECE)
            if not piece:
                raise asyncio.IncompleteReadError(b"", None)
            self._reset_timeout()
            behind = content.feed(piece)
            if behind is not None:
                self._reader._buffer[:0] = behind  # type: ignore[attr-defined]  # the next commands, sent ahead
                return None if content.too_large else content.value()

    async def _keep(self, raw: bytes | None) -> list[str]:
        """Hand a mail over; the answers: one, or by LMTP one for each RCPT that was accepted."""
        accepted = self.envelope.rcpt_tos
        if raw is None:
            log.info("mail_refused", peer=self.peer, because="too-large")
            return [TOO_LARGE] * (len(accepted) if self.door.lmtp else 1)
        recipients = tuple({r.casefold(): r for r in reversed(accepted)}.values())[::-1]
        sender = self.envelope.mail_from
        envelope = Envelope(
            source=self.door.listener.protocol,
            source_key="",
            sender="" if sender == "<>" else sender,
            recipients=recipients,
            received_at=self.door.now(),
            peer=self.peer,
            login=self.session.auth_data,
            trusted_network="network" in self.door.listener.trust and self.trusted,
            door=self.door.listener.door,
        )
        size = len(raw)
        task = self.loop.create_task(self.door.intake.receive(raw, envelope))
        del raw  # the intake alone says how long the bytes are needed
        outcomes = await self._kept(task)
        if len(outcomes) != len(recipients):
            return [LATER] * (len(accepted) if self.door.lmtp else 1)
        log.info(
            "mail_received",
            peer=self.peer,
            size=size,
            recipients=len(recipients),
            outcomes=[o.state for o in outcomes],
            because=[o.because for o in outcomes],
            inbound=[o.inbound for o in outcomes],
        )
        if not self.door.lmtp:
            return [answer_for_all(outcomes)]
        ended = {r.casefold(): outcome for r, outcome in zip(recipients, outcomes, strict=True)}
        return [answer(ended[r.casefold()]) for r in accepted]

    async def _kept(self, task: asyncio.Task[tuple[Outcome, ...]]) -> tuple[Outcome, ...]:
        """Wait for the intake; () if it failed. The task goes on if the peer goes, and our own time is no idleness."""
        self.door.receiving.add(task)
        task.add_done_callback(self.door.receiving.discard)
        self._keeping = True
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        try:
            return await asyncio.shield(task)
        except Exception as error:  # whatever it is, the peer is to keep its mail and come again
            log.error("intake_failed", peer=self.peer, error=type(error).__name__, exc_info=error)
            return ()
        finally:
            self._keeping = False
            if self.transport is not None:
                self._reset_timeout()


class _Hooks:
    """What aiosmtpd asks at MAIL and RCPT."""

    async def handle_MAIL(  # noqa: N802
        self, server: Conversation, session: smtp.Session, envelope: smtp.Envelope, address: str, options: list[str]
    ) -> str:
        if not server.door.gate.admits_mail(server.peer, server.trusted):
            return "450 4.7.1 Too many mails from your address, please try again in a minute"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: Conversation, session: smtp.Session, envelope: smtp.Envelope, address: str, options: list[str]
    ) -> str:
        if not server.door.intake.known(address):
            return "550 5.1.1 No such address here"
        if len(envelope.rcpt_tos) >= server.door.limits.recipients:
            return "452 4.5.3 Too many recipients, please send the rest in another mail"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"


def _authenticate(
    server: Any, session: smtp.Session, envelope: smtp.Envelope, mechanism: str, given: Any
) -> smtp.AuthResult:
    login = server.checks(given.login, given.password)
    return smtp.AuthResult(success=login is not None, handled=False, auth_data=login)
