"""The configuration: one TOML file turned into frozen, validated values.

Each option is declared here and nowhere else, with its default, its unit and one sentence; ``config.example.toml``
and ``docs/configuration.md`` are generated from these declarations (``daemon.config_reference``). A broken file is
reported whole: every fault with its path and with what would be right. Secrets never stand in the file itself: an
option ``password`` is written as ``password_file`` or ``password_env``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ValidationError

from daemon.config_agents import Agents, Digest, How, Macro, Occasion
from daemon.config_api import Api
from daemon.config_doors import NEEDS_ENCRYPTION, Listener, Mailbox
from daemon.config_faults import ConfigurationError, conflicts_beside, sentences
from daemon.config_fields import Field, field_faults
from daemon.config_options import (
    Line,
    MailAddress,
    Name,
    PerhapsMailAddress,
    PerhapsName,
    Port,
    Section,
    WithPassword,
    option,
    table,
)
from daemon.config_portal import Portal
from daemon.config_promises import Automation, Calendar, Escalation, Policy, promise_faults, rule_faults
from daemon.config_routing import Routing, Team, name_faults, routing_faults
from daemon.config_studies import Report, Snapshot
from daemon.config_webhooks import Webhook, webhook_faults

__all__ = [
    "Agent",
    "Agents",
    "Api",
    "Automation",
    "Calendar",
    "Config",
    "ConfigurationError",
    "Desk",
    "Escalation",
    "Field",
    "Listener",
    "Macro",
    "Mailbox",
    "Policy",
    "Portal",
    "Relay",
    "Routing",
    "Team",
    "Webhook",
    "built_in",
    "load",
    "parse",
    "unreadable",
]

LONGEST_LOCAL_PART = 64
LONGEST_REPLY_SUFFIX = 1 + 12 + 1 + 26  # "+", a ticket number of 12 digits, "-", the token


class Desk(Section):
    """A mail address that customers write to."""

    name: Name = option(..., "Short name of the desk, used in commands and views.", example="support")
    address: MailAddress = option(..., "Address that customers write to.", example="support@example.com")
    title: Line = option("Support", "Name of the desk as people see it in From and in texts.")
    language: str = option(
        "en", "Language of its mails: a folder below templates/mail.", pattern=r"^[a-z]{2,3}(-[A-Za-z]+)?$"
    )
    team: Name = option("support", "Team that hears of its tickets.")
    reply_address: Literal["plus", "separator", "catch-all", "none"] = option(
        "plus",
        "How replies find their ticket: plus = support+TICKET-TOKEN@, separator = another character in place of the +, "
        "catch-all = TICKET-TOKEN@, none = the desk's own address and Message-IDs alone.",
    )
    separator: str = option("-", 'The character used with reply_address = "separator".', pattern=r"^[-_=.]$")
    signature: str = option("", "Text below each answer, under the agent's name.")
    acknowledge: bool = option(True, "Acknowledge a new ticket to the customer who wrote.")
    portal: bool = option(True, "Clients may submit requests to it, and follow them, in the portal.")
    cc_joins: bool = option(
        False, "Whom a customer of proved address copies takes part in the ticket, and receives its answers."
    )

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        room = LONGEST_LOCAL_PART - LONGEST_REPLY_SUFFIX
        local = self.address.rpartition("@")[0]
        if self.reply_address in ("plus", "separator") and len(local) > room:
            shorter = f'choose one of at most {room} characters before the @, or reply_address = "catch-all"'
            yield ("address", "reply_address"), f"{local}@ leaves no room for reply addresses; {shorter}"


class Agent(WithPassword):
    """Someone who answers customers from an ordinary mail program."""

    name: Line = option(..., "Name that customers see.", example="Desk Agent")
    address: MailAddress = option(..., "The agent's own mail address.", example="agent@example.com")
    teams: tuple[Name, ...] = option(("support",), "Teams the agent belongs to.")
    leads: tuple[Name, ...] = option((), "Teams that the agent leads; escalations go to leads.", example=["support"])
    skills: tuple[Name, ...] = option(
        (), "Tags of tickets that the agent knows best, for teams that go by skill.", example=["invoice"]
    )
    calendar: PerhapsName = option("", "Calendar of the agent's own working hours; empty = none is known.")
    signature: str = option("", "Text below each answer of this agent, in place of the desk's.")
    signatures: Annotated[dict[str, str], AfterValidator(table)] = option(
        {}, 'Another one for answers at a desk, by its name: support = "…".'
    )
    language: str = option(
        "", "Language of the mails to this agent; empty = the desk's.", pattern=r"^([a-z]{2,3}(-[A-Za-z]+)?)?$"
    )
    notify: Annotated[dict[Occasion, How], AfterValidator(table)] = option(
        {},
        "What the agent hears of not at once but in the digest, or never: opened, replied, assigned, noted, mentioned, "
        "answered, alert, failure.",
        example={"opened": "digest", "answered": "never"},
    )


class Http(Section):
    """Health, metrics and the pages behind confirmation links."""

    host: str = option("127.0.0.1", "Address to listen on.")
    port: Port = option(8025, "Port to listen on.")
    url: str = option(
        "http://127.0.0.1:8025",
        "Address under which people reach it; links in mails begin with it.",
        pattern=r"^https?://[^\s/]+(/[^\s]*[^\s/])?$",
    )
    metrics: Literal["local", "token", "off"] = option(
        "local",
        "Who may read /metrics: whoever asks from this machine and not through a proxy, whoever has a token with the "
        "scope ledger:read, nobody.",
    )


class Relay(WithPassword):
    """The mail server that takes our outgoing mail. Without a host, mail is put into the Maildir var/outbox."""

    host: str = option("", "Name of the relay; empty = Maildir.", example="smtp.example.com")
    port: Port = option(587, "Port of the relay.")
    tls: Literal["starttls", "implicit", "none"] = option(
        "starttls", "Encryption towards the relay; certificates are verified."
    )
    ca_file: str = option("", "Certificates to trust in place of the system's.", example="/etc/ssl/relay-ca.pem")
    username: str = option("", "User to log in as; empty = no login.")
    insecure_login: bool = option(False, "Allow login without TLS.")
    connections: int = option(4, "Mails handed over at the same time.", "connections", ge=1, le=50)
    timeout: int = option(60, "Time that the relay has for one answer.", "seconds", ge=1, le=600)
    retry_first: int = option(60, "Pause before the second try; it doubles with each further one.", "seconds", ge=1)
    retry_longest: int = option(3600, "Longest pause between two tries.", "seconds", ge=1)
    give_up_after: int = option(
        432_000, "Age at which an undelivered mail is given up and its agent told.", "seconds", ge=60
    )
    null_sender: bool = option(
        True, "Send automatic mail with the null envelope sender; false for relays that refuse it."
    )

    def conflicts(self) -> Iterator[tuple[tuple[str, ...], str]]:
        yield from super().conflicts()
        if self.username and not (self.password_file or self.password_env):
            yield ("username", "password_file", "password_env"), "has no password; write password_file or password_env"
        if self.username and self.tls == "none" and not self.insecure_login:
            yield ("username", "tls", "insecure_login"), NEEDS_ENCRYPTION
        if self.username and not self.host:
            yield ("host", "username"), "is missing; a username is for a relay, so write its name"
        if self.retry_longest < self.retry_first:
            yield ("retry_longest", "retry_first"), f"{self.retry_longest} is shorter than retry_first; write more"


class Limits(Section):
    """What one mail, one peer and one address may ask of us."""

    message_size: int = option(26_214_400, "Largest mail accepted.", "bytes", ge=10_000)
    recipients: int = option(100, "Most envelope recipients of one mail.", "recipients", ge=1)
    connections: int = option(500, "Most connections at the same time.", "connections", ge=1)
    connections_per_address: int = option(
        20, "Most connections at the same time from one address outside trusted_networks.", "connections", ge=1
    )
    mails_per_minute: int = option(600, "Most mails a minute from one address outside trusted_networks.", "mails", ge=1)
    session_seconds: int = option(1800, "Longest session.", "seconds", ge=1)
    idle_seconds: int = option(120, "Longest silence within a session.", "seconds", ge=1)
    parse_workers: int = option(2, "Processes that read mail.", "processes", ge=1, le=64)
    parse_seconds: int = option(
        1, "Processor time that a worker has for an ordinary mail; by the clock five times as much.", "seconds", ge=1
    )
    parse_memory: int = option(512, "Memory that a worker may use.", "megabytes", ge=128)
    automatic_per_address: int = option(5, "Most automatic mails to one address within an hour.", "mails", ge=0)
    automatic_per_ticket: int = option(
        10, "Most automatic mails to customers on one ticket within a day.", "mails", ge=0
    )
    tickets_per_address: int = option(
        60,
        "Tickets that one address may open within an hour; further ones open without an answer or a notification.",
        "tickets",
        ge=1,
    )
    attached_to_notifications: int = option(
        10_485_760, "Attachments up to this sum travel along with a notification; larger ones are named.", "bytes", ge=0
    )


class Tickets(Section):
    """How tickets live."""

    follow_up_after: int = option(
        14, "A reply to a ticket closed longer than this opens a linked follow-up.", "days", ge=0
    )
    acknowledge_within: int = option(86_400, "Mail received longer ago is never acknowledged.", "seconds", ge=60)
    confirm_within: int = option(259_200, "Time an agent has to confirm a held mail.", "seconds", ge=60)
    notify_customer: tuple[Literal["pending", "resolved", "closed", "reopened"], ...] = option(
        ("resolved",), "Status changes that the customer is told of."
    )


class Dns(Section):
    """Where names are looked up: signing keys and sender policies, for DKIM, SPF and DMARC."""

    servers: tuple[str, ...] = option(
        (), "Name servers, as IP or IP:PORT; none = those of this machine.", example=["127.0.0.1:53"]
    )
    timeout: int = option(5, "Time for all look-ups of one mail.", "seconds", ge=1, le=60)


class Storage(WithPassword):
    """Where things are kept. The password is that of a PostgreSQL database."""

    folder: str = option("var", "Folder for the database, the secret key and the Maildir.")
    database: str = option(
        "",
        "Database: sqlite:///FILE or postgresql://USER@HOST/NAME; empty = counterfoil.db in that folder.",
        example="postgresql://counterfoil@db.example.com/desk",
    )
    connections: int = option(8, "Connections to PostgreSQL, one of them for writing.", "connections", ge=2, le=200)
    key_file: str = option(
        "",
        "File with the keys that sign reply addresses and links; empty = secret.key in that folder, made at the "
        "first start.",
    )
    templates: str = option(
        "", "Folder whose files replace the built-in templates of the same name.", example="/etc/counterfoil/templates"
    )

    def path(self, name: str) -> Path:
        return Path(self.folder) / name

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.path('counterfoil.db')}"

    @property
    def key_path(self) -> Path:
        return Path(self.key_file) if self.key_file else self.path("secret.key")


class Log(Section):
    """What the daemon writes to standard error: one JSON object a line."""

    level: Literal["debug", "info", "warning", "error"] = option("info", "Least level that is written.")


class Config(Section):
    """The whole file."""

    operator: PerhapsMailAddress = option(
        "",
        "Address that hears of quarantined and failed mail; empty = the log alone.",
        example="postmaster@example.com",
    )
    storage: Storage = Storage()
    desk: tuple[Desk, ...] = ()
    agent: tuple[Agent, ...] = ()
    agents: Agents = Agents()
    macro: tuple[Macro, ...] = ()
    digest: Digest = Digest()
    team: tuple[Team, ...] = ()
    field: tuple[Field, ...] = ()
    routing: tuple[Routing, ...] = ()
    calendar: tuple[Calendar, ...] = ()
    policy: tuple[Policy, ...] = ()
    escalation: tuple[Escalation, ...] = ()
    automation: tuple[Automation, ...] = ()
    snapshot: Snapshot = Snapshot()
    report: tuple[Report, ...] = ()
    mailbox: tuple[Mailbox, ...] = ()
    listen: tuple[Listener, ...] = (Listener(),)
    http: Http = Http()
    api: Api = Api()
    webhook: tuple[Webhook, ...] = ()
    portal: Portal = Portal()
    relay: Relay = Relay()
    dns: Dns = Dns()
    limits: Limits = Limits()
    tickets: Tickets = Tickets()
    log: Log = Log()

    def desk_named(self, name: str) -> Desk | None:
        return next((d for d in self.desk if d.name == name), None)

    @property
    def teams(self) -> frozenset[str]:
        """The names of all teams: those of desks, and those of agents."""
        return frozenset({d.team for d in self.desk} | {team for a in self.agent for team in (*a.teams, *a.leads)})

    def agent_at(self, address: str) -> Agent | None:
        key = address.casefold()
        return next((a for a in self.agent if a.address.casefold() == key), None)

    def webhook_named(self, name: str) -> Webhook | None:
        return next((w for w in self.webhook if w.name == name), None)

    def team_named(self, name: str) -> Team | None:
        return next((t for t in self.team if t.name == name), None)

    def members(self, name: str) -> tuple[Agent, ...]:
        """The agents of a team; of an empty team, all agents."""
        members = tuple(a for a in self.agent if name in a.teams)
        return members or self.agent


def built_in() -> Config:
    """The defaults on which ``bin/run`` starts: one desk, one agent, this machine only, no mail leaves it."""
    return Config(
        desk=(Desk(name="support", address="support@example.com"),),
        agent=(Agent(name="Desk Agent", address="agent@example.com"),),
        listen=(Listener(trust=("network",), trusted_networks=("127.0.0.0/8",)),),
        portal=Portal(enabled=True),
    )


def load(path: str | Path) -> Config:
    """Read and validate a file; ConfigurationError tells every fault of it."""
    try:
        data = tomllib.loads(Path(path).read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError([f"{path}: cannot be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigurationError([f"{path}: is not UTF-8; save it as UTF-8"]) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError([f"{path}: is no valid TOML: {error}"]) from None
    return parse(data)


def parse(data: Mapping[str, Any]) -> Config:
    """Validate what a TOML file held; ConfigurationError tells every fault of it."""
    values = _lists_to_tuples(data)
    faults = cross_faults(values)
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        for fault in error.errors():
            faults += sentences(Config, fault)
        faults += conflicts_beside(Config, values, [fault["loc"] for fault in error.errors()])
    else:
        faults += rule_faults(
            config.policy,
            config.escalation,
            config.automation,
            desks=frozenset(d.name for d in config.desk),
            teams=config.teams,
            agents=frozenset(a.address.casefold() for a in config.agent),
        )
        faults += routing_faults(
            config.routing,
            config.team,
            desks=frozenset(d.name for d in config.desk),
            known_teams=config.teams,
            agents=frozenset(a.address.casefold() for a in config.agent),
            staffed=frozenset(team for a in config.agent for team in a.teams),
        )
        faults += field_faults(config.field, [rule.fields for rule in config.routing], config.teams)
        faults += webhook_faults(config.webhook, frozenset(d.name for d in config.desk), config.teams)
    if faults:
        raise ConfigurationError(sorted(set(faults)))
    return config


def unreadable(config: Config) -> list[str]:
    """Files and secrets that the configuration names and that cannot be read, as faults with their paths."""
    faults = []
    sections: list[tuple[str, Section]] = [("relay", config.relay), ("storage", config.storage)]
    sections += [(f"agent[{i}]", agent) for i, agent in enumerate(config.agent)]
    sections += [(f"mailbox[{i}]", mailbox) for i, mailbox in enumerate(config.mailbox)]
    sections += [(f"listen[{i}]", listener) for i, listener in enumerate(config.listen)]
    sections += [(f"webhook[{i}]", webhook) for i, webhook in enumerate(config.webhook)]
    for path, section in sections:
        if isinstance(section, WithPassword | Webhook):
            try:
                section.secrets() if isinstance(section, Webhook) else section.password()
            except ConfigurationError as error:
                faults += [f"{path}.{fault}" for fault in error.faults]
        for name in {"certificate_file", "key_file", "ca_file"} & set(type(section).model_fields):
            if (file := getattr(section, name)) and not os.access(file, os.R_OK):
                faults.append(f"{path}.{name}: {file} cannot be read; is it there, and may this user read it?")
    faults += [f"portal.{fault}" for fault in config.portal.faults()]
    if config.storage.templates and not Path(config.storage.templates).is_dir():
        faults.append(f"storage.templates: {config.storage.templates} is no folder; make it or leave the option out")
    return sorted(faults)


def cross_faults(data: Mapping[str, Any]) -> list[str]:
    """Faults between sections, found even where single options are wrong as well."""
    faults = []
    desks, agents, mailboxes = (_tables(data, name) for name in ("desk", "agent", "mailbox"))
    if not data.get("desk"):
        faults.append("desk: none is configured; write at least one [[desk]] with name and address")
    unique = (("desk", desks, "name"), ("desk", desks, "address"), ("agent", agents, "address"))
    promising = {name: _tables(data, name) for name in ("calendar", "policy", "automation")}
    routed = {name: _tables(data, name) for name in ("team", "routing", "field")}
    repeated = promising | routed | {"mailbox": mailboxes, "macro": _tables(data, "macro")}
    repeated["webhook"] = _tables(data, "webhook")
    named = tuple((kind, rows, "name") for kind, rows in repeated.items())
    for kind, rows, key in (*unique, *named):
        seen: dict[str, int] = {}
        for i, row in enumerate(rows):
            value = _folded(row, key)
            if value and value in seen:
                faults.append(
                    f"{kind}[{i}].{key}: {row[key]!r} is that of {kind}[{seen[value]}] too; give each its own"
                )
            seen.setdefault(value, i)
    addresses = {_folded(desk, "address") for desk in desks} - {""}
    for i, row in enumerate(agents):
        if _folded(row, "address") in addresses:
            faults.append(f"agent[{i}].address: {row['address']!r} is a desk's; an agent needs one of their own")
    names = {_folded(desk, "name") for desk in desks}
    for i, row in enumerate(mailboxes):
        if _folded(row, "desk") and _folded(row, "desk") not in names:
            faults.append(f"mailbox[{i}].desk: there is no desk {row['desk']!r}; write the name of one")
    faults += name_faults(agents, promising["calendar"])
    faults += promise_faults(**promising, escalation=_tables(data, "escalation"))
    if _folded(data, "operator") in addresses:
        faults.append("operator: is a desk's address; reports to the operator would become tickets; use another")
    doors: dict[str, str] = {}
    listeners = [(f"listen[{i}]", row, Listener.model_fields) for i, row in enumerate(_tables(data, "listen"))]
    for path, row, fields in [*listeners, *(("http", row, Http.model_fields) for row in _tables(data, "http"))]:
        host, port = (row.get(name, fields[name].default) for name in ("host", "port"))
        door = f"{port} on {host}"
        if port != 0 and door in doors:
            faults.append(f"{path}.port: {door} is that of {doors[door]} too; give each its own")
        doors.setdefault(door, path)
    return faults


def _folded(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    return value.casefold() if isinstance(value, str) else ""


def _tables(data: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    rows = data.get(key, ())
    return [row for row in (rows if isinstance(rows, tuple) else [rows]) if isinstance(row, Mapping)]


def _lists_to_tuples(value: Any) -> Any:
    """TOML knows lists only; the values here are frozen, so lists are tuples all the way down."""
    if isinstance(value, Mapping):
        return {key: _lists_to_tuples(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_lists_to_tuples(item) for item in value)
    return value
