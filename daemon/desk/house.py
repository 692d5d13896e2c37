"""What every use-case works with: the configuration turned into the values that decisions and letters take."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from daemon import almanac, clock
from daemon.config import Agent, Config, ConfigurationError, Desk, Listener, Mailbox
from daemon.core.plan import AgentFacts, DeskFacts, Policy
from daemon.core.routing_rules import Rule
from daemon.core.values import Address, Envelope
from daemon.desk import terms
from daemon.desk.terms import Agreement
from daemon.mail import letters
from daemon.mail.address import AddressBook, DeskAddress, Keyring
from daemon.mail.authentication import Trust
from daemon.mail.templates import Templates
from daemon.store import commit
from daemon.store.db import Store

DAY = 86_400
PROMISING = ("calendar", "policy", "escalation", "automation")
"""The sections of the configuration that a running daemon can take anew."""
PRECEDENCE = ("bounce", "confirm", "undo", "probe", "reply", "desk")


@dataclass(slots=True)
class House:
    """Configuration, store, templates and keys of one running desk.

    ``queued`` is called (in the writer's thread) after a commit that put mail into the outbox, ``waited`` after one
    that left a reply waiting for its release, ``woken`` after one
    that gave the clock something to do at an instant; ``wakes`` is the earliest such. A ``mute`` house decides and
    remembers as ever, and writes no letters.
    """

    config: Config
    store: Store
    templates: Templates
    keyring: Keyring
    now: Callable[[], int] = clock.now
    nonce: Callable[[], str] = clock.nonce
    queued: Callable[[], None] = lambda: None
    book: AddressBook = field(init=False)
    policy: Policy = field(init=False)
    agents: tuple[AgentFacts, ...] = field(init=False, default=())
    rules: tuple[Rule, ...] = field(init=False, default=())
    has_queued: bool = field(init=False, default=False)
    waited: Callable[[], None] = lambda: None
    has_waiting: bool = field(init=False, default=False)
    woken: Callable[[int], None] = lambda _: None
    wakes: int | None = field(init=False, default=None)
    agreement: Agreement = field(init=False, default_factory=Agreement)
    mute: bool = field(init=False, default=False)

    def __post_init__(self) -> None:
        self.book = AddressBook(
            [DeskAddress(d.name, d.address, d.reply_address, d.separator) for d in self.config.desk]
        )
        tickets, limits = self.config.tickets, self.config.limits
        self.policy = Policy(
            follow_up_after=tickets.follow_up_after * DAY,
            acknowledge_within=tickets.acknowledge_within,
            confirm_within=tickets.confirm_within,
            notify_customer=frozenset(tickets.notify_customer),
            automatic_per_address=limits.automatic_per_address,
            automatic_per_ticket=limits.automatic_per_ticket,
            tickets_per_address=limits.tickets_per_address,
            undo_seconds=self.config.agents.undo_seconds,
            receipts=self.config.agents.receipts,
            guards=frozenset(self.config.agents.guards),
            crossing_within=self.config.agents.crossing_seconds,
            leads_only=frozenset(self.config.agents.leads_only),
            fields=tuple(one.field for one in self.config.field),
        )
        self.store.writer.committed = self._committed

    def _committed(self) -> None:
        if self.has_queued:
            self.has_queued = False
            self.queued()
        if self.has_waiting:
            self.has_waiting = False
            self.waited()
        if self.wakes is not None:
            wakes, self.wakes = self.wakes, None
            self.woken(wakes)

    @property
    def templates_folder(self) -> Path | None:
        """The operator's own templates, if there are any."""
        return Path(self.config.storage.templates) if self.config.storage.templates else None

    def introduce_agents(self) -> None:
        """Give each configured agent a person of their own, under the name that the configuration says."""
        self.agents = self.store.write(self._introduce).result()
        people = {agent.address: agent.person for agent in self.agents}
        self.rules = tuple(rule.rule(people, self.policy.fields) for rule in self.config.routing)

    def agree(self, *, anew: bool = False) -> None:
        """Take the configured terms into force; ConfigurationError, and the old ones stay, where they cannot be."""
        agreed = self.store.write(lambda: terms.agree(self.config, self.agents, self.now(), anew=anew))
        self.agreement = agreed.result()

    def promise(self, config: Config) -> None:
        """Take the calendars, policies, escalations and rules of another configuration into force, and nothing else."""
        before = self.config
        self.config = before.model_copy(update={name: getattr(config, name) for name in PROMISING})
        try:
            self.agree(anew=True)
        except BaseException:
            self.config = before
            raise

    def _introduce(self) -> tuple[AgentFacts, ...]:
        now = self.now()
        known = []
        for agent in self.config.agent:
            person = commit.person(Address(agent.name, agent.address), agent.name, now)
            commit.rename(person, agent.name)
            teams, leads = frozenset(agent.teams), frozenset(agent.leads)
            hears = {str(occasion): how for occasion, how in agent.notify.items()}
            known.append(AgentFacts(person, agent.address.casefold(), teams, leads, agent.name, hears))
        return tuple(known)

    @property
    def zone(self) -> str:
        """The zone in which agents read and write times: that of the first calendar, else UTC."""
        return self.config.calendar[0].zone if self.config.calendar else "UTC"

    def local_time(self, instant: int) -> str:
        """An instant as agents read it: in the zone of the first calendar, else in UTC."""
        return almanac.local(instant, self.zone)

    def desk(self, name: str) -> Desk:
        """The desk of that name; of one that is no longer configured, the first (its tickets live on)."""
        return self.config.desk_named(name) or self.config.desk[0]

    def recipient(self, envelope: Envelope, desk: str) -> str:
        """The most telling of the recipients at this desk: one that names a mail of ours before the plain address."""
        ours = [
            (PRECEDENCE.index(found.kind), address)
            for address in envelope.recipients
            if (found := self.book.read(address)) and found.desk == desk
        ]
        return min(ours, key=lambda pair: pair[0])[1] if ours else self.book.address(desk)

    def domain(self, name: str) -> str:
        """The domain of a desk's Message-IDs."""
        return self.desk(name).address.rpartition("@")[2]

    def stationery(self, name: str, language: str | None = None) -> letters.Desk:
        """The desk as its letters show it: in this language if there are templates in it, else in its own."""
        desk = self.desk(name)
        spoken = desk.language
        if language and language.partition("-")[0] != spoken.partition("-")[0] and self.templates.speaks(language):
            spoken = language
        return letters.Desk(desk.name, desk.title, desk.address, spoken, desk.signature)

    def desk_facts(self, name: str) -> DeskFacts:
        desk = self.desk(name)
        return DeskFacts(desk.name, desk.address, desk.team, desk.acknowledge, desk.cc_joins)

    def agent(self, person: int | None) -> Agent | None:
        """The configured agent who is this person."""
        address = next((a.address for a in self.agents if a.person == person), None)
        return self.config.agent_at(address) if address else None


def trusts(config: Config) -> dict[str, Trust]:
    """What each door trusts, by its name in the ledger; doors that share a name trust nothing."""
    doors: tuple[Listener | Mailbox, ...] = (*config.listen, *config.mailbox)
    names = Counter(door.door for door in doors)
    return {
        door.door: Trust(
            dkim="dkim" in door.trust,
            results="authentication-results" in door.trust,
            received_by=door.received_by,
            authserv_id=door.authserv_id,
            header=door.header if "header" in door.trust else "",
            receives_first=isinstance(door, Listener) and door.receives_first,
            networks=door.trusted_networks if isinstance(door, Listener) else (),
        )
        for door in doors
        if names[door.door] == 1
    }


def load_keyring(path: Path) -> Keyring:
    """Read the signing keys, making the first one where there is none; ConfigurationError names cause and cure."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(f"1 {clock.key()}\n")
                file.flush()
                os.fsync(file.fileno())
        return Keyring.from_text(path.read_text("ascii"))
    except OSError as error:
        raise ConfigurationError(
            [f"storage.key_file: {path} cannot be used: {error.strerror}; let this user read and write it"]
        ) from None
    except ValueError as error:
        raise ConfigurationError([f"storage.key_file: {path}: {error}"]) from None
