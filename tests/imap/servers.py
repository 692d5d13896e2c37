"""What tests ask of an IMAP server, whichever it is: room for a test of its own, and mail put there and looked at."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

from imapclient import IMAPClient

SECRET = "correct horse"
"""The password of every account; the daemon reads it from the variable that ``tests.journey.commands`` sets."""


@dataclass(frozen=True)
class Account:
    """A folder on a server, with the way in."""

    host: str
    port: int
    user: str
    folder: str = "INBOX"
    tls: str = "none"
    ca_file: str = ""
    kept: list[IMAPClient] | None = field(default=None, compare=False)
    """Where connections wait for their next use; None = each is made anew."""

    def table(self, name: str = "support", **options: Any) -> str:
        """The [[mailbox]] of a configuration."""
        values = {
            "name": name,
            "host": self.host,
            "port": self.port,
            "tls": self.tls,
            "ca_file": self.ca_file,
            "insecure_login": self.tls == "none",
            "username": self.user,
            "password_env": "DESK_TEST_PASSWORD",
            "folders": [self.folder],
            "poll": 1,
            "timeout": 5,
        } | options
        lines = [f"{key} = {json.dumps(value)}" for key, value in values.items() if value != ""]
        return "\n".join(["", "[[mailbox]]", *lines, ""])

    def at(self, folder: str) -> Account:
        return replace(self, folder=folder)

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Another mail program, logged in, with the folder selected (made where there is none)."""
        client = self.kept.pop() if self.kept else self._connected()
        try:
            if self.folder != "INBOX" and not client.folder_exists(self.folder):
                client.create_folder(self.folder)
            client.select_folder(self.folder)
            yield client
        except BaseException:
            client.shutdown()
            raise
        if self.kept is None:
            client.shutdown()
        else:
            self.kept.append(client)

    def _connected(self) -> IMAPClient:
        context = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        client = IMAPClient(self.host, self.port, ssl=self.tls == "implicit", ssl_context=context, timeout=20)
        if self.tls == "starttls":
            client.starttls(context)
        client.login(self.user, SECRET)
        return client

    def make(self) -> Account:
        with self.client():
            return self

    def append(self, *mails: EmailMessage | bytes, flags: tuple[bytes, ...] = (), date: int | None = None) -> None:
        """Put mail into the folder; ``date`` is its INTERNALDATE, else now."""
        when = None if date is None else datetime.fromtimestamp(date, UTC)
        with self.client() as client:
            for mail in mails:
                raw = mail if isinstance(mail, bytes) else mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))
                client.append(self.folder, raw, flags, when)

    def uids(self, criteria: str = "ALL") -> list[int]:
        with self.client() as client:
            return sorted(client.search(criteria))

    def flags(self, uid: int) -> tuple[bytes, ...]:
        with self.client() as client:
            return tuple(client.get_flags([uid])[uid])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
