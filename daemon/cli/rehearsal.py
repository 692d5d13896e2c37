"""``counterfoil check --mail``: what would happen to a mail and why, for people and for programs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from daemon import almanac
from daemon.cli.file import recipients_of
from daemon.cli.sources import mails
from daemon.cli.terms import FAILED, USAGE, as_json, fail, house, plain, say
from daemon.core.hours import WEEKDAYS
from daemon.core.reasons import sentence
from daemon.core.routing_rules import Given, Seen, Tried
from daemon.core.values import Envelope, Mail, Parsed
from daemon.desk.house import House, trusts
from daemon.desk.rehearsing import Rehearsal, rehearse

COLUMN = 11
FURTHEST = 366 * 86_400
FIELDS = {
    "status": "status_changed",
    "team": "team_changed",
    "assignee": "assigned",
    "priority": "priority_changed",
    "type": "type_changed",
}
"""What is told of a ticket, and the events that tell why."""


def rehearse_file(config: Path | None, path: Path, to: str, door: str, at: str, *, json: bool) -> None:
    """Tell of each mail in a file; nothing is stored and nothing is sent."""
    with house(config) as here:
        if to and here.book.read(to) is None:
            fail(f"--to {to} is no address of a desk; desks: {', '.join(d.address for d in here.config.desk)}", USAGE)
        if door and door not in (known := trusts(here.config)):
            are = ", ".join(known) or "none; doors need names of their own"
            fail(f"--door {door} is no door with a name of its own; there are: {are}", USAGE)
        if at:
            instant = _instant(here, at)
            here.now = lambda: instant
        try:
            asyncio.run(_rehearse(here, path, to, door, json=json))
        except OSError as error:
            fail(f"{error.filename} cannot be read: {error.strerror}", FAILED)


def _instant(here: House, text: str) -> int:
    """A time in the zone of the first calendar."""
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--at {text} is no time; write one such as '2026-12-01 22:00'", USAGE)
    instant = int((local if local.tzinfo else local.replace(tzinfo=almanac.zone(here.zone))).timestamp())
    if abs(instant - here.now()) > FURTHEST:
        fail(f"--at {text} is too far away; write a time within a year from now", USAGE)
    return instant


async def _rehearse(here: House, path: Path, to: str, door: str, *, json: bool) -> None:
    from daemon.app import intake

    with intake(here, rehearsal=True) as (reception, pool):
        for name, raw in mails([path]):
            parsed = await pool.parse(raw, "file")
            if len(raw) > here.config.limits.message_size:
                fail(f"{name}: {sentence('too-large')} It would be refused at the door", FAILED)
            recipients = (to,) if to else recipients_of(here, parsed)
            sender = parsed.return_path if isinstance(parsed, Mail) else None
            envelope = Envelope("file", name, sender, recipients, here.now(), door=door)
            for one in await rehearse(here, reception, raw, parsed, envelope):
                if json:
                    as_json(_row(here, name, one))
                else:
                    _tell(here, name, parsed, one)


def _tell(here: House, name: str, parsed: Parsed, told: Rehearsal) -> None:
    author = parsed.sender.address if isinstance(parsed, Mail) and parsed.sender else parsed.from_text or "nobody"
    say(f'{plain(name)}: "{plain(parsed.subject)}" from {plain(author)}, {parsed.size:,} bytes')
    came = here.local_time(here.now())
    say(f"  at the desk {told.desk}, for {plain(told.recipient)}, if it came {came}; nothing is kept or sent\n")
    for title, lines in _lines(here, told):
        for line in lines:
            say(f"  {title.ljust(COLUMN)} {plain(line)}".rstrip())
            title = ""


def _lines(here: House, told: Rehearsal) -> Iterator[tuple[str, list[str]]]:
    if told.kept_as:
        number = f", on ticket #{told.kept_as.ticket}" if told.kept_as.ticket else ""
        yield "kept", [f"The very same mail is kept already{number}. As if it came for the first time:"]
    outcome, message = told.outcome, told.message
    yield "outcome", [f"{outcome.state} ({outcome.because}): {sentence(outcome.because)}"]
    if told.doubt:
        yield "doubt", [told.doubt]
    if message is not None:
        yield "author", [f"{message['evidence']}: {sentence(message['evidence'])}"]
    if told.ticket is not None:
        opened = "opens a new one" if told.opens else f"joins #{told.ticket['id']}" if message else _number(told)
        yield "ticket", [f"{opened}: {told.ticket['subject'] or '(no subject)'}"]
    if told.opens and told.ticket is not None:
        assert told.seen is not None
        yield "rules", [_rule(here, tried, told.seen) for tried in told.tried] or ["none is configured"]
        for field in FIELDS:
            yield field, [_field(told, field)]
        yield "tags", [f"{tag}{_because(_event(told, 'tagged', tag=tag))}" for tag in told.tags] or ["none"]
    yield "told", [_agent(here, address) for address in _agents(here, told)] or ["no agent"]
    yield "mails", [f"{one.kind} to {one.recipient}: {one.subject}" for one in told.leaving] or ["none"]


def _number(told: Rehearsal) -> str:
    return f"#{told.outcome.ticket}, which stays as it is"


def _rule(here: House, tried: Tried, seen: Seen) -> str:
    name = tried.rule.name.ljust(max(len(rule.name) for rule in here.rules))
    if tried.stopped_by:
        return f"{name}  is not reached, because {tried.stopped_by} stops"
    if tried.misfits:
        whys = (f"{option} ({_seen(option, seen)})" for option in tried.misfits)
        return f"{name}  does not fit, because of {', '.join(whys)}"
    gives = ", ".join(_gift(here, given) for given in tried.rule.gives)
    return f"{name}  fits: {gives or 'nothing'}{', and stops' if tried.rule.stop else ''}"


def _gift(here: House, given: Given) -> str:
    if given.field == "spam":
        return "spam"
    if given.field == "assignee":
        agent = here.agent(int(given.value))
        return f"assignee {agent.address if agent else given.value}"
    return f"{given.name or given.field} {given.value}"


def _seen(option: str, seen: Seen) -> str:
    """What a condition saw of the mail, in a few words."""
    match option:
        case "desks":
            return seen.desk
        case "senders":
            return seen.sender or "no author"
        case "languages":
            return seen.language or "it names none"
        case "larger_than" | "smaller_than":
            return f"{seen.size:,} bytes"
        case "hours":
            return f"{WEEKDAYS[seen.weekday]} {seen.second // 3600:02}:{seen.second // 60 % 60:02}"
        case "attachments":
            return ", ".join(name for name, _ in seen.attachments[:5]) or "it has none"
        case "writer":
            return "a machine wrote it" if seen.automatic else "a person wrote it"
        case "headers":
            return "none of them"
        case _:
            return "none of the words"


def _field(told: Rehearsal, field: str) -> str:
    assert told.ticket is not None
    if field != "assignee":
        return f"{told.ticket[field]}{_because(_event(told, FIELDS[field]))}"
    if told.ticket["assignee_name"]:
        return f"{told.ticket['assignee_name']}{_because(_event(told, 'assigned'))}"
    because = told.happened[0]["data"].get("unassigned")
    return f"nobody ({because}): {sentence(because)}" if because else "nobody"


def _event(told: Rehearsal, kind: str, **data: object) -> dict[str, Any] | None:
    """The event of the mail that gave a field its value; None for what every ticket has at first."""
    fits = (e for e in told.happened if e["kind"] == kind and data.items() <= e["data"].items())
    return next(fits, None)


def _because(event: dict[str, Any] | None) -> str:
    if event is None:
        return ""
    if rule := event["data"].get("rule"):
        return f" (the rule {rule})"
    return f" ({event['because']}): {sentence(event['because'])}"


def _agents(here: House, told: Rehearsal) -> list[str]:
    return [one.recipient for one in told.leaving if here.config.agent_at(one.recipient)]


def _agent(here: House, address: str) -> str:
    agent = here.config.agent_at(address)
    return f"{agent.name} <{agent.address}>" if agent else address


def _row(here: House, name: str, told: Rehearsal) -> dict[str, Any]:
    ticket, message = told.ticket or {}, told.message
    reasons = {field: _event(told, kind) for field, kind in FIELDS.items()}
    return {
        "path": name,
        "desk": told.desk,
        "recipient": told.recipient,
        "kept_already": told.kept_as is not None,
        "outcome": told.outcome.state,
        "because": told.outcome.because,
        "sentence": sentence(told.outcome.because),
        "doubt": told.doubt or None,
        "evidence": message["evidence"] if message else None,
        "opens": told.opens,
        "ticket": None if told.opens else told.outcome.ticket,
        "subject": ticket.get("subject"),
        **{field: ticket.get("assignee_name" if field == "assignee" else field) for field in FIELDS},
        "tags": list(told.tags),
        "reasons": {
            field: {"because": event["because"], "rule": event["data"].get("rule")}
            for field, event in reasons.items()
            if event is not None
        },
        "unassigned": told.happened[0]["data"].get("unassigned") if told.opens else None,
        "rules": [
            {"name": t.rule.name, "fits": t.fits, "misfits": list(t.misfits), "stopped_by": t.stopped_by or None}
            for t in told.tried
        ],
        "told": _agents(here, told),
        "mails": [{"kind": x.kind, "recipient": x.recipient, "subject": x.subject} for x in told.leaving],
    }
