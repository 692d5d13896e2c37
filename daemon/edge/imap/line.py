"""A connection to a mailbox, encrypted and logged in; or one sentence that says why there is none.

TLS is verified, and no login goes before it unless the operator wrote so (invariant 18). One way to log in is tried,
once: a wrong password tried in several ways looks like an attack.
"""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator

from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError, ProtocolError

from daemon.config import ConfigurationError, Mailbox
from daemon.edge.imap.wire import Client, Wake, Wire
from daemon.edge.peer import Peer, Unverifiable, verifying
from daemon.edge.transport import spoken

BROKEN = (imaplib.IMAP4.error, IMAPClientError, ProtocolError, OSError, EOFError, ValueError, AssertionError)
"""What a connection raises that ended, or whose server says what cannot be understood."""
FAREWELL_SECONDS = 1.0
FOR_NOW = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
"""Codes of a refusal that says nothing of name and password (RFC 5530)."""


class MailboxTrouble(Exception):
    """Why a mailbox cannot be used: one sentence with cause and cure. ``patience``: trying again soon is no use."""

    def __init__(self, reason: str, *, patience: bool = False) -> None:
        super().__init__(reason)
        self.patience = patience


def named(box: Mailbox) -> str:
    return f"the mailbox {box.name} on {box.host}:{box.port}"


def open_line(box: Mailbox, wake: Wake, largest: int) -> Client:
    """Connect, encrypt and log in as configured. The password is read anew, so that a mended one is used at once."""
    try:
        password = box.password()
    except ConfigurationError as error:
        raise MailboxTrouble(f"mailbox {box.name}: {error.faults[0]}", patience=True) from None
    context = None if box.tls == "none" else _context(box)
    at_once = context if box.tls == "implicit" else None
    client = None
    try:
        client = Client(
            lambda: Wire(box.host, box.port, at_once, box.timeout, largest, wake),
            box.host,
            box.port,
            box.timeout,
            encrypted=at_once is not None,
        )
        if box.tls == "starttls":
            _encrypt(client, box, context)
        _log_in(client, box, password)
    except BaseException as error:
        if client is not None:
            hang_up(client)
        if isinstance(error, BROKEN):
            raise MailboxTrouble(sentence(box, error)) from None
        raise
    return client


def hang_up(client: IMAPClient) -> None:
    """Close the connection at once."""
    with contextlib.suppress(*BROKEN):
        client.shutdown()


def say_goodbye(client: Client) -> None:
    """Log out if the server is quick about it, then close."""
    with contextlib.suppress(*BROKEN):
        client.wire.hurry(FAREWELL_SECONDS)
        client.logout()
    hang_up(client)


@contextlib.contextmanager
def opened(box: Mailbox, wake: Wake, largest: int) -> Iterator[Client]:
    """A connection for as long as it is needed; what it raises comes as MailboxTrouble."""
    client = open_line(box, wake, largest)
    try:
        yield client
    except BROKEN as error:
        hang_up(client)
        raise MailboxTrouble(sentence(box, error)) from error
    except BaseException:
        hang_up(client)
        raise
    say_goodbye(client)


def _context(box: Mailbox) -> ssl.SSLContext:
    try:
        return verifying(box.ca_file, "ca_file")
    except Unverifiable as error:
        raise MailboxTrouble(f"mailbox {box.name}: {error}", patience=True) from None


def _encrypt(client: Client, box: Mailbox, context: ssl.SSLContext | None) -> None:
    if client.wire.state != "NONAUTH" or not client.has_capability("STARTTLS"):
        raise MailboxTrouble(
            f"{named(box)} offers no STARTTLS; enable it there, or set its tls to implicit", patience=True
        )
    client.starttls(context)


def _log_in(client: Client, box: Mailbox, password: str) -> None:
    if client.wire.state == "AUTH":
        return
    plain = client.has_capability("AUTH=PLAIN")
    if not plain and client.has_capability("LOGINDISABLED"):
        raise MailboxTrouble(f"{named(box)} offers no login that we know; set its tls or enable one", patience=True)
    if not plain and not (box.username + password).isascii():
        raise MailboxTrouble(
            f"{named(box)} takes no login beyond ASCII (AUTH=PLAIN); choose such a username and password", patience=True
        )
    try:
        if plain:
            client.plain_login(box.username, password)
        else:
            client.login('"' + box.username.replace("\\", "\\\\").replace('"', '\\"') + '"', password)
    except LoginError as error:
        if isinstance(error.__context__, imaplib.IMAP4.abort):
            raise error.__context__ from None  # the connection broke, which says nothing of the password
        raise _refused(box, error) from None
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        raise _refused(box, error) from None


def _refused(box: Mailbox, error: Exception) -> MailboxTrouble:
    said = spoken(str(error))
    if any(code in said.upper() for code in FOR_NOW):
        return MailboxTrouble(f"{named(box)} lets nobody in at present ({said}); its log tells why")
    return MailboxTrouble(
        f"{named(box)} refuses the login as {box.username} ({said}); set its username and password right", patience=True
    )


def sentence(box: Mailbox, error: BaseException) -> str:
    """What went wrong on a connection, and the cure."""
    where = named(box)
    if why := Peer(where, "its ", box.timeout).why(error):
        return why
    if isinstance(error, OSError):
        return f"the connection to {where} broke ({spoken(str(error))}); check its host and port"
    if isinstance(error, imaplib.IMAP4.abort):
        return f"{where} broke off ({spoken(str(error))}); its log tells why"
    return f"{where} does not do what it is asked ({spoken(str(error))}); its log tells why"
