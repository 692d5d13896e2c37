"""A day at a desk as a script: who writes what, and every letter that comes of it, in its order.

Each step sends real mail to a daemon that runs, and ``Day.brought`` says which letters came of it: all of them from the
last time on, each by its kind, its reader and what matters of its words (as its text has them, but for line breaks;
``no(...)`` for what may not be there).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import groupby
from urllib.parse import parse_qs, unquote

from daemon.core.commands.reading import read
from tests.journey.mails import new_mail, reply_to, text_of
from tests.journey.receipt import Letter, Receipt
from tests.journey.running import RunningDesk, until
from tests.journey.sink import Sink

TOKEN = re.compile(r"[0-9]-([a-z2-7]{26})(?![a-z2-7])")
TOOLS = ("notification", "sheet", "failure", "alert")
"""Letters to agents to which an answer goes to the customer."""


class no(str):  # noqa: N801 - read as a word: no("...")
    """Words that may not stand in a letter."""


@dataclass(frozen=True)
class Person:
    """Someone who takes part in the day, with an address and a mail program of their own."""

    day: Day = field(repr=False)
    name: str
    address: str
    door: str

    def __str__(self) -> str:
        return self.address

    def writes(self, subject: str, words: str, to: str = "support@desk.example", **headers: str) -> Receipt:
        """A mail of its own."""
        wanted = {"Subject": subject, "To": to} | headers
        return self.day.takes(self, new_mail(f"{self.name} <{self.address}>", words, **wanted), words)

    def replies(self, letter: Letter, words: str, door: str = "") -> Receipt:
        """An answer to a letter, with the letter quoted below; ``door``: another way in than usual."""
        mail = reply_to(letter.mail, f"{self.name} <{self.address}>", words)
        return self.day.takes(self, mail, words, door)

    def answers(self, ticket: int, words: str, door: str = "") -> Receipt:
        """An answer to the newest letter about a ticket to which one can be given."""
        return self.replies(self.latest(ticket), words, door)

    def latest(self, ticket: int, *kinds: str) -> Letter:
        """The newest letter that this person got about a ticket; of tools, where none is named."""
        wanted = kinds or (TOOLS if self.door == "inside" else ("acknowledgement", "answer", "status"))
        return [x for x in self.letters(*wanted) if x.ticket == ticket][-1]

    def letters(self, *kinds: str) -> list[Letter]:
        return [x for x in self.day.desk.letters() if x.recipient == self.address and (not kinds or x.kind in kinds)]

    def taps(self, letter: Letter, action: str) -> Receipt:
        """Tap an action of a letter and send the mail that it opens."""
        links = re.findall(r"^mailto:(\S+)\?(\S+)$", text_of(letter.mail), re.MULTILINE)
        bodies = {unquote(parse_qs(query).get("body", [""])[0]): (to, query) for to, query in links}
        body = next(one for one in bodies if one.casefold().strip("# ").startswith(action))
        to, query = bodies[body]
        return self.writes(parse_qs(query)["subject"][0], body.replace("\r\n", "\n"), unquote(to))

    def asks(self, words: str) -> Receipt:
        """A mail to the agent's own address at the desk, as ``#help`` tells it."""
        told = " ".join(text_of(self.letters("help")[0].mail).split())
        found = re.findall(r"goes to: (\S+@\S+)", told)
        return self.writes("A question", words, found[0])

    def clicks(self, letter: Letter, page: str, form: str) -> str:
        """Open a page that a letter links, look at it, and press a button; what the page says then."""
        [link] = dict.fromkeys(re.findall(rf"https?://\S+/{page}/\S+", text_of(letter.mail)))
        assert self.day.desk.get(link)[0] == 200
        code, said = self.day.desk.post(link, form)
        assert code == 200
        return said


@dataclass
class Day:
    """What was sent so far, which commands were written, and how far the letters were looked at."""

    desk: RunningDesk
    sent: int = 0
    commands: set[str] = field(default_factory=set)
    mails: dict[str, list[EmailMessage]] = field(default_factory=dict)
    seen: int = 0

    @property
    def sink(self) -> Sink:
        assert self.desk.sink is not None
        return self.desk.sink

    def customer(self, name: str) -> Person:
        return Person(self, f"The {name}", f"{name}@customer.example", "outside")

    def agent(self, name: str) -> Person:
        return Person(self, f"{name.title()} Agent", f"{name}@desk.example", "inside")

    def takes(self, author: Person, mail: EmailMessage, words: str, door: str = "") -> Receipt:
        """Send a mail by SMTP; it must be taken."""
        if author.door == "inside":
            self.commands |= {command.word for command in read(words).commands}
        self.sent += 1
        self.mails.setdefault(author.address, []).append(mail)
        receipt = self.desk.send(mail, door or author.door)
        assert receipt.code == 250
        return receipt

    def returns(self, letter: Letter, report: bytes) -> Receipt:
        """Another host sends a letter back, to the envelope sender that it came from."""
        self.sent += 1
        return self.desk.send(report, to=self.desk.arrived(letter).sender, sender="")

    def waits(self) -> None:
        """Let the undo time of all answers go by."""
        until(lambda: not self.desk.rows("SELECT 1 FROM waiting LIMIT 1"))
        until(lambda: not self.desk.rows("SELECT 1 FROM notice LIMIT 1"))

    def brought(self, *expected: Sequence[object]) -> None:
        """These letters and no others came since the last time."""
        letters = self.desk.letters(self.seen)
        self.seen = letters[-1].id if letters else self.seen
        found = [(x.kind, x.recipient) for x in letters]
        assert found == [(str(kind), str(to)) for kind, to, *_ in expected], found
        for letter, (_, _, *words) in zip(letters, expected, strict=True):
            told = " ".join(f"{letter.mail['Subject']} {text_of(letter.mail)}".split())
            for one in words:
                assert (str(one) in told) is not isinstance(one, no), (one, text_of(letter.mail))

    def is_over(self) -> None:
        """All that was to leave has arrived at the relay."""
        until(lambda: not self.desk.rows("SELECT 1 FROM outbox WHERE state NOT IN ('delivered', 'bounced') LIMIT 1"))

    # -- what was written down

    def ticket(self, number: int) -> list[str]:
        """A ticket as a row: number and subject, status, priority, type, team, assignee, requester, tags."""
        row = self.desk.ticket(number)
        tags = self.desk.rows("SELECT tag FROM ticket_tag WHERE ticket_id = ? ORDER BY tag", number)
        whose = (self._name(row["assignee_id"]), self._name(row["requester_id"]))
        return [
            f"{number} {row['subject']}",
            *(row[name] for name in ("status", "priority", "type", "team")),
            *whose,
            " ".join(t["tag"] for t in tags),
        ]

    def story(self, number: int) -> list[str]:
        """What happened to a ticket, in its order: who, and what they did in a row. Deliveries are left out."""
        sql = "SELECT actor_id, kind FROM event WHERE ticket_id = ? AND kind <> 'mail_delivered' ORDER BY id"
        told: list[str] = []
        for actor, events in groupby(self.desk.rows(sql, number), lambda row: self._name(row["actor_id"])):
            told.append(f"{actor}: {' '.join(event['kind'] for event in events)}")
        return told

    def secrets(self) -> set[str]:
        """The tokens that letters to agents bear."""
        agents = (x for x in self.desk.letters() if not x.recipient.endswith("@customer.example"))
        return {token for letter in agents for token in TOKEN.findall(letter.mail.as_string() + text_of(letter.mail))}

    def _name(self, person: int | None) -> str:
        rows = self.desk.rows("SELECT key FROM mail_address WHERE person_id = ?", person)
        return str(rows[0]["key"]).partition("@")[0] if rows else "-"
