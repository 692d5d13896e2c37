"""Random histories: what customers, spoofers, machines and agents may do at a desk, step by step.

A step is a few numbers, so that a history that goes wrong shrinks: whom, which ticket, which command they mean is
found among what there is by then.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field

from hypothesis import strategies as st

from tests.agents.office import AGENTS, ALICE, DESK, WEEK, Office, Sent, any_of, quoted, threaded

COMMANDS = (
    "#take", "#assign Bob Agent", "#assign none", "#team billing", "#status on_hold", "#pending", "#hold", "#resolve",
    "#close", "#reopen", "#spam", "#resolution Replaced the cable.", "#priority high", "#priority low",
    "#type incident", "#tag vpn contract", "#untag vpn", "#subject {word}", "#snooze 2d", "#merge {other}",
    "#link {other}", "#cc {guest}", "#uncc {customer}", "#uncc {guest}", "#requester {guest}", "#macro thanks",
    "#macro urgent", "#watch", "#unwatch", "#away until tomorrow", "#away off", "#show", "#show {other}",
    "#queue unassigned", "#help", "#dry",
)  # fmt: skip
PLACES = ("head", "tail", "subject", "name", "quoted", "html", "attachment", "nowhere")
WAYS = ("desk", "reply", "reply-of-another", "tag", "reference", "agents-reply", "undo", "confirm")
MACHINES = (
    {"Auto-Submitted": "auto-replied"},
    {"X-Auto-Response-Suppress": "All", "Precedence": "bulk"},
    {"List-Id": "<list.example>"},
)


@dataclass(frozen=True)
class Step:
    """Something that happens: what, and numbers that choose among what there is."""

    what: str
    who: int = 0
    ticket: int = 0
    how: int = 0
    commands: tuple[int, ...] = ()
    words: bool = True


def steps(*kinds: str, most: int = 12) -> st.SearchStrategy[list[Step]]:
    """Histories of steps of these kinds."""
    small = st.integers(0, 60)
    step = st.builds(
        Step,
        st.sampled_from(kinds),
        small,
        small,
        small,
        st.lists(st.integers(0, len(COMMANDS) - 1), max_size=3).map(tuple),
        st.booleans(),
    )
    return st.lists(step, min_size=1, max_size=most)


@dataclass
class Story:
    """One history at an office: its people, its tickets, and what may be found where.

    Customers who are ``discreet`` name no ticket and no address of others themselves.
    """

    office: Office
    first_letter: int
    first_inbound: int
    customers: tuple[str, ...]
    guest: str
    discreet: bool = False
    tickets: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    said: dict[str, list[str]] = field(default_factory=dict)
    strangers: set[tuple[str, int]] = field(default_factory=set)
    _words: int = 0

    @classmethod
    def begin(cls, office: Office, *, discreet: bool = False) -> Story:
        """A history with a ticket for each of two customers; the agents are there."""
        office.pass_time(WEEK)
        number = office.last("inbound")
        office.forget()
        customers = tuple(f"{name}@{name}-{number}.example" for name in ("ann", "ben"))
        story = cls(office, office.last("outbox"), number, customers, f"guest@guest-{number}.example", discreet)
        for agent in AGENTS:
            office.agent_sends(agent, "#away off", office.reply_address(0, agent))
        for who in range(len(customers)):
            story.customer(Step("customer", who, how=0))
        return story

    # -- words

    def word(self) -> str:
        """Twenty letters that stand nowhere else."""
        self._words += 1
        digest = hashlib.sha256(f"{self.customers[0]} {self._words}".encode()).digest()
        return "".join(chr(ord("a") + byte % 26) for byte in digest[:20])

    def command(self, number: int, ticket: int, known: list[int] | None = None) -> str:
        """A command for a ticket that names, where it names another, one of those that are ``known``."""
        other = any_of(number, [t for t in known or self.tickets if t != ticket]) or ticket
        named = known is None or not self.discreet
        customer = any_of(number, self.customers) if named else "someone@elsewhere.example"
        guest = self.guest if named else customer
        return COMMANDS[number % len(COMMANDS)].format(word=self.word(), other=other, guest=guest, customer=customer)

    # -- steps

    def live(self, history: list[Step]) -> None:
        for step in history:
            getattr(self, step.what)(step)

    def customer(self, step: Step) -> None:
        """A customer writes, with a command somewhere."""
        self._outside(any_of(step.who, self.customers), step)

    def spoofer(self, step: Step) -> None:
        """Somebody writes in an agent's name."""
        ways = [way for way in WAYS if way not in ("undo", "confirm")]  # who has such an address, reads the mailbox
        self._outside(any_of(step.who, AGENTS), step, any_of(step.how, ways))

    def machine(self, step: Step) -> None:
        """A machine writes in a customer's name, or in an agent's."""
        sender = any_of(step.who, (*self.customers, *AGENTS))
        ways = WAYS if sender in self.customers else WAYS[:6]
        self._outside(sender, step, any_of(step.how, ways), any_of(step.who, MACHINES))

    def _outside(self, sender: str, step: Step, way: str = "", marks: dict[str, str] | None = None) -> None:
        office = self.office
        is_discreet = self.discreet and bool(self.tickets) and sender in self.customers
        known = sorted(self.known_to(sender)) if is_discreet else self.tickets
        ticket = any_of(step.ticket, known)
        way = way or any_of(step.how, WAYS)
        orders = "\n".join(self.command(number, ticket or 0, known) for number in step.commands)
        mine, place = self.word(), any_of(step.who + step.ticket, PLACES)
        self.said.setdefault(sender, []).append(mine)
        headers = dict(marks or {})
        to = DESK
        if ticket is not None:
            latest = self.letters_to(sender, ticket)
            if way == "reply" and latest:
                to, headers = latest[-1].reply_to, headers | threaded(latest[-1])
            elif way == "reply-of-another":
                to = office.reply_address(ticket, any_of(step.who + 1, self.customers))
                self.strangers.add((sender, ticket))
            elif way == "tag":
                headers["Subject"] = f"Re: [#{ticket}] Printer"
            elif way == "reference":
                (found,) = office.rows("SELECT rfc_message_id AS m FROM message WHERE ticket_id = ? LIMIT 1", ticket)
                headers["In-Reply-To"] = f"<{found['m']}>"
                self.strangers.add((sender, ticket))
            elif way == "agents-reply":
                to = office.reply_address(ticket, any_of(step.who, AGENTS))
                self.strangers.add((sender, ticket))
            elif way in ("undo", "confirm"):
                to = self._signed(way, step) or DESK
        text = f"Dear desk, {mine}."
        text = {"head": f"{orders}\n{text}", "tail": f"{text}\n\n{orders}"}.get(place, text)
        if place == "quoted":
            text += "\n\nOn Monday the desk wrote:\n" + "".join(f"> {line}\n" for line in orders.splitlines())
        if place == "subject":
            headers["Subject"] = f"{headers.get('Subject', 'Printer')} {' '.join(orders.split())}"
        name = " ".join(re.sub(r"[<>@]", "", orders).split()) if place == "name" else ""
        mail = office.mail(sender, text, to, name, **headers)
        if place == "html":
            lines = "".join(f"<p>{line}</p>" for line in orders.splitlines())
            mail.add_alternative(f"{lines}<p>{text}</p>", subtype="html")
        if place == "attachment":
            mail.add_attachment(orders, filename="commands.txt")
        outcome = office.send(mail, sender)
        if outcome.ticket is not None and outcome.ticket not in self.tickets:
            self.tickets.append(outcome.ticket)

    def _signed(self, way: str, step: Step) -> str | None:
        office = self.office
        if way == "undo":
            act = any_of(step.who, self.acts())
            return act and office.house.book.undo_address("support", act, office.house.keyring.undo_token(act))
        held = any_of(step.who, self.holds())
        return held and office.house.book.confirm_address("support", held, office.house.keyring.confirm_token(held))

    def agent(self, step: Step) -> None:
        """An agent answers a letter that they got: commands, words for the customer, a note."""
        self.agent_mail(step, note=False)

    def note(self, step: Step) -> None:
        """An agent writes a note, below commands."""
        self.agent_mail(step, note=True)

    def agent_mail(self, step: Step, *, note: bool) -> int | None:
        """What an agent's mail did: the number of the act, if it is one."""
        agent, ticket = any_of(step.who, AGENTS), any_of(step.ticket, self.tickets)
        lines = [self.command(number, ticket) for number in step.commands]
        words = self.word()
        if note:
            self.notes.append(words)
            lines.append(f"#note For @{'bob' if agent == ALICE else 'alice'} alone: {words}")
        elif step.words or not lines:
            lines += ["", f"Dear customer, {words}."]
        letters = self.letters_to(agent, ticket)
        headers: dict[str, str] = {}
        text = "\n".join(lines)
        to = self.office.reply_address(ticket, agent)
        if letters and step.how % 3:
            letter = letters[-1] if step.how % 3 == 1 else any_of(step.how, letters)
            headers, text = threaded(letter), quoted(text, letter)
        before = self.office.last("act")
        self.office.agent_sends(agent, text, to, **headers)
        after = self.office.last("act")
        return after if after > before else None

    def agent_sends(self, agent: str, ticket: int, text: str) -> None:
        """An agent writes to a ticket, answering no letter."""
        self.office.agent_sends(agent, text, self.office.reply_address(ticket, agent))

    def undo(self, step: Step) -> None:
        """An agent takes back what a mail did: by a click, by a mail, or by the command."""
        act = any_of(step.ticket, self.acts())
        if act is None:
            return
        self.undo_act(act, step.how)

    def undo_act(self, act: int, how: int) -> None:
        office = self.office
        (row,) = office.rows(
            "SELECT a.key, ticket_id FROM act JOIN mail_address a ON a.person_id = agent_id WHERE id = ?", act
        )
        if how % 3 == 0:
            office.click_undo(act)
        elif how % 3 == 1:
            to = office.house.book.undo_address("support", act, office.house.keyring.undo_token(act))
            office.send(office.mail(row["key"], "#undo", to), row["key"])
        else:
            office.agent_sends(row["key"], "#undo", office.reply_address(row["ticket_id"] or 0, row["key"]))

    def word_on_hold(self, step: Step) -> None:
        """An agent confirms or discards what is held: by a click or by a mail."""
        held = any_of(step.ticket, self.holds())
        if held is None:
            return
        yes = step.words
        if step.how % 2:
            self.office.click_confirm(held, "confirmed" if yes else "discarded")
            return
        (row,) = self.office.rows(
            "SELECT a.key FROM hold JOIN mail_address a ON a.person_id = agent_id WHERE inbound_id = ?"
            " ORDER BY hold.id DESC LIMIT 1",
            held,
        )
        to = self.office.house.book.confirm_address("support", held, self.office.house.keyring.confirm_token(held))
        self.office.send(self.office.mail(row["key"], "Yes" if yes else "Discard", to), row["key"])

    def wait(self, step: Step) -> None:
        """Time passes."""
        self.office.pass_time(any_of(step.how, (1, 5, 25, 4_000)))

    def end(self) -> None:
        """Whatever waits for its time goes out."""
        self.office.pass_time(60)

    # -- who may know what

    def known_to(self, address: str) -> set[int]:
        """The tickets that someone is on by their own right: not because theirs was merged into them."""
        person = self.office.person(address)
        rows = self.office.rows(
            "SELECT ticket_id, kind, actor_id, data FROM event WHERE ticket_id >= ?", self.tickets[0]
        )
        own = set()
        for row in rows:
            if row["ticket_id"] in self.tickets:
                data = json.loads(row["data"])
                joined = row["kind"] == "participant_added" and data["person"] == person and "via" not in data
                became = row["kind"] == "requester_changed" and data["to"] == person
                opened = row["kind"] == "ticket_opened" and row["actor_id"] == person
                own |= {row["ticket_id"]} if joined or became or opened else set()
        return own

    def unknown_to(self, address: str) -> list[str]:
        """What no letter to this address may hold: numbers, words, subjects and domains of what they are not on."""
        known = self.known_to(address)
        subjects = " ".join(
            row["subject"]
            for row in self.office.rows("SELECT id, subject FROM ticket WHERE id >= ?", self.tickets[0])
            if row["id"] in known
        )
        unknown = [str(ticket) for ticket in self.tickets if ticket not in known and str(ticket) not in subjects]
        for other in {*self.customers, self.guest} - {address}:
            unknown += [word for word in self.said.get(other, ()) if word not in subjects]
            unknown += [] if self.have_met(address, other) else [other.rpartition("@")[2]]
        return unknown

    def have_met(self, one: str, other: str) -> bool:
        """Whether both are on a ticket by their own right, or one wrote to the other's."""
        mine, theirs = self.known_to(one), self.known_to(other)
        return bool(mine & theirs) or any(who == other and ticket in mine for who, ticket in self.strangers)

    # -- what there is

    def acts(self) -> list[int]:
        rows = self.office.rows("SELECT id FROM act WHERE ticket_id >= ? ORDER BY id", self.tickets[0])
        return [row["id"] for row in rows]

    def holds(self) -> list[int]:
        rows = self.office.rows("SELECT DISTINCT inbound_id AS i FROM hold WHERE inbound_id > ?", self.first_inbound)
        return [row["i"] for row in rows]

    def letters(self) -> list[Sent]:
        return self.office.letters(self.first_letter)

    def letters_to(self, address: str, ticket: int) -> list[Sent]:
        """Those that belong to a ticket and may be answered there."""
        return [
            letter
            for letter in self.letters()
            if letter.to == address and letter.reply_to.startswith(f"support+{ticket}-")
        ]
