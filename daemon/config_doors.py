"""The doors of the house as the configuration declares them: listeners, mailboxes, and what evidence each trusts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from daemon.config_options import (
    Flag,
    Folder,
    Header,
    Host,
    Line,
    Name,
    Network,
    PerhapsName,
    Port,
    Section,
    WithPassword,
    option,
)

WRITTEN_BY_HOST = ("authentication-results", "header")
LOOPBACK = ("localhost", "::1")
NEEDS_ENCRYPTION = 'a login needs encryption; write tls = "starttls" or "implicit" (or insecure_login = true)'


class Trusting(Section):
    """What a door needs to know to weigh the evidence that a mail brings along (invariant 11)."""

    trust: tuple[str, ...] = ()
    received_by: Host = option(
        "",
        "For authentication-results: the mail server that receives from outside, as its Received headers say after "
        '"by"; with a leading dot, any below that domain.',
        example="mx.example.com",
    )
    authserv_id: Host = option(
        "",
        "For authentication-results: the name with which that server signs its Authentication-Results; empty = it "
        "gives none, as Microsoft 365 does.",
        example="mx.example.com",
    )
    header: Header = option(
        "",
        "For header: one that the host strips from outside mail and sets on that of its own logged-in users.",
        example="X-MS-Exchange-Organization-AuthAs: Internal",
    )

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield from super().conflicts()
        if "authentication-results" in self.trust and not self.received_by:
            yield ("received_by", "trust"), 'is missing; trust = ["authentication-results"] needs it'
        if "header" in self.trust and not self.header:
            yield ("header", "trust"), 'is missing; trust = ["header"] needs it'


class Mailbox(Trusting, WithPassword):
    """A mailbox on an IMAP server from which mail is fetched."""

    name: Name = option(..., "Name of the mailbox in the ledger; changing it makes it another one.", example="support")
    host: Line = option(..., "Name of the IMAP server.", example="imap.example.com")
    port: Port = option(993, "Port of the server; 143 as a rule with starttls.")
    tls: Literal["implicit", "starttls", "none"] = option("implicit", "Encryption; certificates are verified.")
    ca_file: str = option("", "Certificates to trust in place of the system's.", example="/etc/ssl/imap-ca.pem")
    username: Line = option(..., "User to log in as.", example="support@example.com")
    insecure_login: bool = option(False, "Allow login without TLS. The password then crosses the network readable.")
    desk: PerhapsName = option("", "Desk of mail that is addressed to none; empty = the first desk.", example="support")
    folders: tuple[Folder, ...] = option(("INBOX",), "Folders that are watched.", example=["INBOX", "Junk"])
    start: Literal["now", "unseen", "all"] = option(
        "now",
        "Where to begin in a folder seen for the first time: now = with mail that comes from now on, unseen = with "
        "what nobody has read too, all = with everything that is there, filed silently.",
    )
    when_filed: Literal["leave", "flag", "move", "delete"] = option(
        "leave", "What to do with a mail on the server once it is filed."
    )
    flag: Flag = option("$Counterfoil", 'Flag that when_filed = "flag" sets.', example="\\Seen")
    move_to: Folder = option("", 'Folder into which when_filed = "move" moves.', example="Counterfoil")
    poll: int = option(60, "Longest time between two looks, with and without IDLE.", "seconds", ge=1, le=86_400)
    timeout: int = option(60, "Time that the server has for one answer.", "seconds", ge=1, le=600)
    trust: tuple[Literal["dkim", "authentication-results", "header"], ...] = option(
        (),
        "Evidence that proves an agent here: dkim = an aligned signature over the headers that matter, "
        "authentication-results = what our own mail server found, header = one that only it can set.",
        example=["authentication-results"],
    )

    @property
    def door(self) -> str:
        """What the ledger calls it."""
        return f"imap:{self.name}"

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield from super().conflicts()
        if not (self.password_file or self.password_env):
            yield ("username", "password_file", "password_env"), "has no password; write password_file or password_env"
        if self.tls == "none" and not self.insecure_login:
            yield ("username", "tls", "insecure_login"), NEEDS_ENCRYPTION
        if not self.folders:
            yield ("folders",), 'names none; write at least ["INBOX"]'
        if self.when_filed == "move" and not self.move_to:
            yield ("move_to", "when_filed"), 'is missing; when_filed = "move" needs it'
        if self.when_filed == "move" and self.move_to in self.folders:
            yield ("move_to", "folders"), "is watched itself; mail moved there would be found again"


class Listener(Trusting):
    """A door through which mail comes in."""

    name: PerhapsName = option(
        "", "Name of the listener in the ledger; empty = its protocol, host and port.", example="inside"
    )
    protocol: Literal["smtp", "lmtp"] = option("smtp", "smtp, or lmtp for a mail server that hands over to us.")
    host: str = option("127.0.0.1", "Address to listen on; :: or 0.0.0.0 for all.")
    port: Port = option(2525, "Port to listen on.")
    tls: Literal["none", "starttls", "implicit"] = option(
        "none", "starttls offers encryption, implicit begins with it; both need certificate_file and key_file."
    )
    certificate_file: str = option("", "Certificate chain in PEM.", example="/etc/ssl/desk.pem")
    key_file: str = option("", "Private key in PEM.", example="/etc/ssl/desk.key")
    trust: tuple[Literal["submission", "network", "dkim", "authentication-results", "header"], ...] = option(
        (),
        "Evidence that proves an agent here: submission = logged in with the agent's password as that agent, "
        "network = the connection comes from one of trusted_networks; the others as for a mailbox.",
        example=["network"],
    )
    receives_first: bool = option(
        False,
        "Mail comes here straight from the internet: check SPF, DKIM and DMARC alignment of every mail, which proves "
        "its author's address and refuses nothing.",
    )
    trusted_networks: tuple[Network, ...] = option(
        (),
        'Networks for trust = ["network"]; with authentication-results and header, where the mail server stands whose '
        "word counts.",
        example=["192.0.2.0/24"],
    )
    insecure_login: bool = option(False, "Allow login without TLS. Passwords then cross the network readable.")

    @property
    def door(self) -> str:
        """What the ledger calls it."""
        return self.name or f"{self.protocol}:{self.host}:{self.port}"

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield from super().conflicts()
        if written := [one for one in WRITTEN_BY_HOST if one in self.trust]:
            if self.receives_first:
                yield (
                    ("receives_first", "trust"),
                    f'cannot go with trust = ["{written[0]}"]: what comes straight from the internet brings forged '
                    'headers along; use "dkim", or a listener of its own for the mail server that hands over',
                )
            elif not self.trusted_networks and self.host not in LOOPBACK and not self.host.startswith("127."):
                yield (
                    ("trusted_networks", "trust"),
                    f'is missing; trust = ["{written[0]}"] believes whoever can connect, so write the networks of the '
                    "mail server that hands over",
                )
        for name, value in (("certificate_file", self.certificate_file), ("key_file", self.key_file)):
            if self.tls != "none" and not value:
                yield (name, "tls"), f'is missing; tls = "{self.tls}" needs it'
        if "network" in self.trust and not self.trusted_networks:
            yield ("trusted_networks", "trust"), 'is missing; trust = ["network"] needs it, such as ["192.0.2.0/24"]'
        if "submission" in self.trust and self.tls == "none" and not self.insecure_login:
            yield ("trust", "tls", "insecure_login"), NEEDS_ENCRYPTION
