"""A daemon that runs as it does in production, in a process of its own, and what a test may ask of it.

Mail goes in by SMTP through one of four doors: ``outside`` proves nothing, ``inside`` is a trusted network,
``submission`` knows the agents' passwords, ``lmtp`` is a mail server. What the daemon wrote down is read from its
database; what it sent, from the relay.
"""

from __future__ import annotations

import json
import re
import signal
import smtplib
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping
from email.message import EmailMessage
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, TypeVar

from tests.databases import look, rewrite
from tests.fakes import Arrived
from tests.journey.commands import PASSWORD, Launched, commands
from tests.journey.mails import address_of
from tests.journey.receipt import Letter, Receipt, parsed
from tests.journey.sink import Sink

T = TypeVar("T")
Door = Literal["outside", "inside", "submission", "lmtp"]

DEADLINE_SECONDS = 20.0
AGENT, SECOND = "agent@desk.example", "second@desk.example"
DOORS: tuple[Door, ...] = ("outside", "inside", "submission", "lmtp")

DESKS = """
[[desk]]
name = "support"
address = "support@desk.example"
signature = "The support desk"

[[desk]]
name = "billing"
address = "billing@desk.example"
title = "Billing"
team = "billing"

[[agent]]
name = "Desk Agent"
address = "agent@desk.example"
password_env = "DESK_TEST_PASSWORD"

[[agent]]
name = "Second Agent"
address = "second@desk.example"
"""
LISTENERS = """
[[listen]]
port = 0

[[listen]]
port = 0
trust = ["network"]
trusted_networks = ["127.0.0.0/8"]

[[listen]]
port = 0
trust = ["submission"]
insecure_login = true

[[listen]]
protocol = "lmtp"
port = 0

[http]
port = 0
"""


def until(question: Callable[[], T], seconds: float = DEADLINE_SECONDS) -> T:
    """The answer, as soon as it is not empty."""
    end = time.monotonic() + seconds
    while not (answer := question()):
        assert time.monotonic() < end, f"waited {seconds} s in vain"
        time.sleep(0.01)
    return answer


class RunningDesk:
    """Start with ``start``; ``options`` is TOML that goes before the tables, ``sink`` the relay (else a Maildir).

    ``database`` is the URL of another database than the SQLite file in its own folder; ``doors`` are further listeners:
    a name, and in TOML what it trusts.
    """

    def __init__(
        self,
        folder: Path,
        sink: Sink | None,
        options: str = "",
        tables: str = "",
        desks: str = DESKS,
        database: str = "",
        doors: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.folder = folder
        self.sink = sink
        self.config = folder / "config.toml"
        self.database = folder / "var" / "counterfoil.db"
        self.url = database or f"sqlite:///{self.database}"
        self.log = folder / "log"
        (folder / "switches").mkdir()
        relay = (
            f'[relay]\nhost = "127.0.0.1"\nport = {sink.port}\ntls = "none"\nretry_first = 1\ntimeout = 5\n'
            if sink
            else ""
        )
        storage = f"[storage]\nfolder = {json.dumps(str(folder / 'var'))}\ndatabase = {json.dumps(database)}\n"
        more = "".join(f'\n[[listen]]\nname = "{name}"\nport = 0\n{trust}\n' for name, trust in doors.items())
        self.doors: tuple[str, ...] = (*DOORS, *doors)
        agents = "" if "[agents]" in tables + desks else "[agents]\nundo_seconds = 0\n"
        self.config.write_text(f"{options}\n{storage}{relay}{tables}{desks}\n{agents}{LISTENERS}{more}", "utf-8")
        self.ports: dict[str, int] = {}
        self.http = ""
        self.process: Launched | None = None

    # -- coming and going

    def start(self) -> RunningDesk:
        """Start the daemon and wait until it says that its doors are open."""
        self.process = commands().start(self.folder, ["run", "--config", str(self.config)], self.log)
        line = self.process.line()
        found = re.findall(r"MTP on 127\.0\.0\.1:(\d+)", line)
        assert len(found) == len(self.doors), f"{line}\n{self.log.read_text()}"
        self.ports = dict(zip(self.doors, map(int, found), strict=True))
        self.http = re.findall(r"http://127\.0\.0\.1:\d+", line)[0]
        return self

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and wait for the end; the exit code. The process must go within 10 s."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        try:
            code = self.process.wait(10)
        finally:
            self.process.kill()
            self.process = None
        return code

    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def switch(self, fault: Literal["full", "bug"], on: bool) -> None:
        """Switch a fault on or off (see ``faulty``)."""
        file = self.folder / "switches" / fault
        if on:
            file.touch()
        else:
            file.unlink()

    def run(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run a command of ours beside the daemon, in a process of its own."""
        return commands().run(self.folder, [*arguments, "--config", str(self.config)], given)

    def json(self, *arguments: str, given: bytes = b"") -> list[dict[str, Any]]:
        """The objects that a command printed, one a line; it must succeed."""
        done = self.run(*arguments, given=given)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    # -- mail in

    def send(
        self,
        mail: EmailMessage | bytes,
        door: str = "outside",
        to: str | Iterable[str] = (),
        sender: str | None = None,
        login: str = "",
    ) -> Receipt:
        """Send a mail and tell what became of it; recipients and sender are those of its headers unless told."""
        raw = (
            mail
            if isinstance(mail, bytes)
            else mail.as_bytes(policy=mail.policy.clone(linesep="\r\n", max_line_length=998))
        )
        recipients = [to] if isinstance(to, str) else list(to)
        if not recipients and isinstance(mail, EmailMessage):
            recipients = [address_of(mail["To"])]
        if sender is None:
            sender = address_of(mail["From"]) if isinstance(mail, EmailMessage) else "someone@customer.example"
        before = self._last("inbound"), self._last("outbox")
        client = smtplib.LMTP if door == "lmtp" else smtplib.SMTP
        with client("127.0.0.1", self.ports[door], timeout=30) as smtp:
            smtp.ehlo_or_helo_if_needed()
            if login:
                smtp.login(login, PASSWORD)
            code, text = smtp.mail(sender)
            for recipient in recipients:
                if code == 250:
                    code, text = smtp.rcpt(recipient)
            if code == 250:
                code, text = smtp.data(raw)
                for _ in recipients[1:] if door == "lmtp" else ():
                    assert smtp.getreply()[0] == code
        return Receipt(code, text.decode(), tuple(self.inbound(before[0])), tuple(self.letters(before[1])))

    # -- what was written down

    def rows(self, sql: str, *values: object) -> list[dict[str, Any]]:
        return look(self.url, sql, *values)

    def rewrite(self, sql: str, *values: object) -> None:
        """Turn back time, or whatever else cannot be waited for, in the database itself."""
        rewrite(self.url, sql, *values)

    def inbound(self, after: int = 0) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM inbound WHERE id > ? ORDER BY id", after)

    def letters(self, after: int = 0) -> list[Letter]:
        return [
            Letter(r["id"], r["kind"], r["recipient"], r["ticket_id"], bool(r["automatic"]), r["content"])
            for r in self.rows(
                "SELECT o.*, r.content FROM outbox o JOIN raw r ON r.sha256 = o.raw WHERE o.id > ? ORDER BY o.id", after
            )
        ]

    def ticket(self, number: int) -> dict[str, Any]:
        return self.rows("SELECT * FROM ticket WHERE id = ?", number)[0]

    def status(self, number: int) -> str:
        return str(self.ticket(number)["status"])

    def messages(self, number: int) -> list[dict[str, Any]]:
        return self.rows("SELECT * FROM message WHERE ticket_id = ? ORDER BY id", number)

    def events(self, number: int) -> list[str]:
        return [r["kind"] for r in self.rows("SELECT kind FROM event WHERE ticket_id = ? ORDER BY id", number)]

    def links(self, number: int) -> list[tuple[int, str]]:
        return [(r["other_id"], r["kind"]) for r in self.rows("SELECT * FROM ticket_link WHERE ticket_id = ?", number)]

    def is_proved(self, address: str) -> bool:
        return bool(self.rows("SELECT 1 FROM mail_address WHERE key = ? AND proved_at IS NOT NULL", address))

    def _last(self, table: str) -> int:
        return int(self.rows(f"SELECT coalesce(max(id), 0) AS last FROM {table}")[0]["last"])

    # -- mail out

    def arrived(self, letter: Letter) -> Arrived:
        """The letter as the relay got it."""
        assert self.sink is not None
        sink, wanted = self.sink, str(letter.mail["Message-ID"])
        return until(
            lambda: next(
                (
                    a
                    for a in sink.arrived
                    if a.recipients == (letter.recipient,) and str(parsed(a.content)["Message-ID"]) == wanted
                ),
                None,
            )
        )

    def settled(self, letter: Letter, *states: str) -> dict[str, Any]:
        """The letter's row, once it is in one of these states."""
        return until(
            lambda: next(
                (r for r in self.rows("SELECT * FROM outbox WHERE id = ?", letter.id) if r["state"] in states), None
            )
        )

    # -- pages

    def get(self, url: str) -> tuple[int, str]:
        return self._http(urllib.request.Request(self._here(url)))

    def post(self, url: str, form: str) -> tuple[int, str]:
        return self._http(urllib.request.Request(self._here(url), form.encode(), method="POST"))

    def _here(self, url: str) -> str:
        return self.http + "/" + url.partition("://")[2].partition("/")[2]

    def _http(self, request: urllib.request.Request) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
