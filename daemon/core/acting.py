"""What an agent's commands come to: events, deeds, and what an undo needs; or why a line cannot be carried out.

Rules:
- All or nothing: one line that names nothing, and nothing of the mail is done.
- What is as it should be already changes nothing, and is understood all the same.
- A new status goes along with public words: it becomes true when they are released, or at once where there are none.
- What a command names is looked up in ``Facts.office``; nothing here reads rows.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import cast

from daemon.core.acts import Away, Changed, Deed, Did, Fault, Joining, Merging, Requesting, Watching
from daemon.core.commands.declared import declaration
from daemon.core.commands.reading import Command, Orders
from daemon.core.plan import AgentFacts, Event, Facts, Outgoing, Policy, TicketFacts
from daemon.core.status import MOVES, PRIORITIES, STATUSES, TYPES, Status
from daemon.core.values import Address, Instant
from daemon.core.when import until, when

BECAUSE = "changed-by-agent"
EVENTS = {
    "priority": "priority_changed",
    "type": "type_changed",
    "team": "team_changed",
    "assignee": "assigned",
    "subject": "subject_changed",
    "resolution_text": "resolution_set",
    "merged_into": "merged",
}
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*/=?^_`{|}~+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
TAG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
LONGEST_TEXT = 250
MOST_FAULTS = 20


@dataclass(slots=True)
class Work:
    """What the commands of one mail come to, as far as they have been looked at.

    ``becomes`` is the status that is asked for; ``asks`` are the letters that answer a question; ``words`` what a
    macro says.
    """

    facts: Facts
    agent: AgentFacts
    ticket: TicketFacts | None
    policy: Policy
    at: Instant
    now: Instant
    events: list[Event] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    changes: list[Changed] = field(default_factory=list)
    did: list[Did] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    asks: list[Outgoing] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    becomes: str | None = None
    until: Instant | None = None
    assigned: int | None = None
    team: str | None = None
    dry: bool = False
    undoes: bool = False
    merges: bool = False
    values: dict[str, str | int | None] = field(default_factory=dict)
    tags: set[str] = field(default_factory=set)

    def fault(self, command: Command, because: str, among: Iterable[str] = ()) -> None:
        """A line that names nothing."""
        near = difflib.get_close_matches(command.argument.casefold(), list(among), 3, 0.4) or sorted(among)[:3]
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(command.line[:200], because, command.argument[:200], tuple(near)))

    def name(self, person: int | None) -> str:
        return self.facts.office.names.get(person, "") if person is not None else ""

    def put(self, column: str, becomes: str | int | None, told: str = "", was: str = "") -> None:
        """Set a column of the ticket, unless it is so already."""
        before = self.values.get(column)
        if before == becomes:
            return
        self.values[column] = becomes
        self.events.append(Event(EVENTS[column], BECAUSE, self.at, self.agent.person, column, before, becomes))
        self.did.append(Did("column", column, before, becomes))
        field_ = {"resolution_text": "resolution", "merged_into": "merge"}.get(column, column)
        self.changes.append(Changed(field_, was or str(before or ""), told or str(becomes or "")))


def act(
    orders: Orders, facts: Facts, agent: AgentFacts, ticket: TicketFacts | None, policy: Policy, at: Instant, now: Instant
) -> Work:
    """Look at each command; what they come to together. ``at``: when changes count."""
    office = facts.office
    work = Work(facts, agent, ticket, policy, at, now, values=dict(office.values), tags=set(office.tags))
    for command in orders.commands:
        work.understood.append(f"#{command.word} {command.argument}".rstrip())
        _carry_out(work, command)
    return work


def _carry_out(work: Work, command: Command) -> None:
    declared = declaration(command.word)
    assert declared is not None
    if declared.needs_ticket and work.ticket is None:
        work.fault(command, "needs-a-ticket")
    elif command.word in work.policy.leads_only and not work.agent.leads:
        work.fault(command, "not-allowed")
    elif declared.sets is not None:
        _status(work, command, declared.sets[1])
    else:
        CARRIED_OUT[command.word](work, command)


def _status(work: Work, command: Command, becomes: str) -> None:
    ticket = work.ticket
    assert ticket is not None
    if becomes not in STATUSES or becomes in ("new", "merged"):
        work.fault(command, "no-such-status", [s for s in STATUSES if s not in ("new", "merged")])
    elif becomes != ticket.status and becomes not in MOVES[cast(Status, ticket.status)]:
        work.fault(command, "move-not-allowed", MOVES[cast(Status, ticket.status)])
    else:
        work.becomes, work.until = becomes, None


def _known(column: str, values: Iterable[str], because: str) -> Callable[[Work, Command], None]:
    def carry_out(work: Work, command: Command) -> None:
        if command.argument in values:
            work.put(column, command.argument)
        else:
            work.fault(command, because, values)

    return carry_out


def _take(work: Work, command: Command) -> None:
    _give(work, work.agent)


def _assign(work: Work, command: Command) -> None:
    found = agent_named(command.argument, work.facts.agents, work.agent)
    if command.argument == "none":
        _give(work, None)
    elif found is None:
        work.fault(command, "no-such-agent", [n for a in work.facts.agents for n in (a.name, a.address)])
    else:
        _give(work, found)


def _give(work: Work, to: AgentFacts | None) -> None:
    before = work.values.get("assignee")
    person = to.person if to else None
    work.put("assignee", person, to.name if to else "none", work.name(cast("int | None", before)))
    if person != before:
        work.assigned = person


def _team(work: Work, command: Command) -> None:
    if command.argument not in work.facts.office.teams:
        work.fault(command, "no-such-team", work.facts.office.teams)
        return
    if work.values.get("team") == command.argument:
        return
    work.put("team", command.argument)
    work.team = command.argument
    holder = next((a for a in work.facts.agents if a.person == work.values.get("assignee")), None)
    if holder is not None and command.argument not in holder.teams:
        _give(work, None)


def _resolution(work: Work, command: Command) -> None:
    work.put("resolution_text", command.argument[:LONGEST_TEXT * 8])


def _subject(work: Work, command: Command) -> None:
    work.put("subject", command.argument[:LONGEST_TEXT])


def _tagging(given: bool) -> Callable[[Work, Command], None]:
    def carry_out(work: Work, command: Command) -> None:
        for tag in command.argument.split():
            if not TAG.fullmatch(tag):
                work.fault(command, "no-such-tag", work.tags)
            elif (tag in work.tags) != given:
                work.tags ^= {tag}
                kind = "tagged" if given else "untagged"
                work.events.append(Event(kind, BECAUSE, work.at, work.agent.person, data=(("tag", tag),)))
                work.did.append(Did("tag", tag, int(not given), int(given)))
                work.changes.append(Changed("tag" if given else "untag", "", tag))

    return carry_out


def _snooze(work: Work, command: Command) -> None:
    ticket = work.ticket
    assert ticket is not None
    try:
        then = when(command.argument, work.now, work.facts.office.zone)
    except ValueError:
        work.fault(command, "no-time")
        return
    if ticket.status != "on_hold" and "on_hold" not in MOVES[cast(Status, ticket.status)]:
        work.fault(command, "move-not-allowed", MOVES[cast(Status, ticket.status)])
        return
    work.becomes, work.until = "on_hold", then


def _number(work: Work, command: Command) -> int | None:
    """The other ticket that a command names."""
    text = command.argument.lstrip("#")
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0
    if number not in work.facts.tickets or (work.ticket is not None and number == work.ticket.id):
        work.fault(command, "no-such-ticket")
        return None
    return number


def _merge(work: Work, command: Command) -> None:
    ticket, number = work.ticket, _number(work, command)
    if ticket is None or number is None:
        return
    into = work.facts.tickets[number]
    if into.status in ("merged", "spam") or ticket.status in ("merged", "spam"):
        work.fault(command, "no-such-ticket")
        return
    work.put("merged_into", number, f"#{number}")
    work.events.append(
        Event("status_changed", "merged-by-agent", work.at, work.agent.person, "status", ticket.status, "merged")
    )
    work.did.append(Did("column", "status", ticket.status, "merged"))
    work.deeds.append(Merging(number, True, BECAUSE, work.at, work.agent.person))
    work.merges = True


def _link(work: Work, command: Command) -> None:
    number = _number(work, command)
    if number is not None:
        work.links.append((number, "related"))
        work.did.append(Did("link", str(number), 0, 1))
        work.changes.append(Changed("link", "", f"#{number}"))


def _addresses(work: Work, command: Command) -> list[str]:
    """The addresses that a command names; none where one of them is none."""
    named = command.argument.split()
    for one in named:
        if not ADDRESS.fullmatch(one) or one.casefold() in work.facts.office.ours:
            work.fault(command, "no-address", work.facts.office.contacts)
            return []
    return named


def _cc(work: Work, command: Command) -> None:
    for address in _addresses(work, command):
        key = address.casefold()
        colleague = next((a for a in work.facts.agents if a.address == key), None)
        if colleague is not None:
            _watch_as(work, colleague, True)
        elif key not in work.facts.office.contacts:
            work.deeds.append(Joining(Address("", address), True, BECAUSE, work.at, work.agent.person))
            work.did.append(Did("participant", address, 0, 1))
            work.changes.append(Changed("participant", "", address))


def _uncc(work: Work, command: Command) -> None:
    for address in _addresses(work, command):
        key = address.casefold()
        colleague = next((a for a in work.facts.agents if a.address == key), None)
        if colleague is not None and key not in work.facts.office.contacts:
            _watch_as(work, colleague, False)
        elif key not in work.facts.office.contacts:
            work.fault(command, "no-address", work.facts.office.contacts)
        else:
            work.deeds.append(Joining(Address("", address), False, BECAUSE, work.at, work.agent.person))
            work.did.append(Did("participant", address, 1, 0))
            work.changes.append(Changed("no-participant", "", address))


def _requester(work: Work, command: Command) -> None:
    ticket, addresses = work.ticket, _addresses(work, command)
    if ticket is None or len(addresses) != 1:
        if addresses:
            work.fault(command, "no-address", addresses)
        return
    (address,) = addresses
    office = work.facts.office
    if office.people.get(address.casefold()) == ticket.requester:
        return
    before = next((key for key, person in office.contacts.items() if person == ticket.requester), "")
    work.deeds.append(Requesting(Address("", address), BECAUSE, work.at, work.agent.person))
    if any(a.person == ticket.requester for a in work.facts.agents):  # a colleague opened it on the customer's behalf
        work.deeds.append(Joining(ticket.requester, False, BECAUSE, work.at, work.agent.person))
    work.did.append(Did("requester", address, ticket.requester, None))
    work.changes.append(Changed("requester", before, address))


def _macro(work: Work, command: Command) -> None:
    macro = work.facts.office.macros.get(command.argument.casefold())
    if macro is None:
        work.fault(command, "no-such-macro", work.facts.office.macros)
        return
    if macro.words:
        work.words.append(macro.words)
    work.changes.append(Changed("macro", "", command.argument))
    for one in macro.commands:
        _carry_out(work, one)


def _watching(on: bool) -> Callable[[Work, Command], None]:
    def carry_out(work: Work, command: Command) -> None:
        _watch_as(work, work.agent, on)

    return carry_out


def _watch_as(work: Work, agent: AgentFacts, on: bool) -> None:
    ticket = work.ticket
    assert ticket is not None
    if (agent.person in ticket.watchers) != on:
        work.deeds.append(Watching(agent.person, on))
        work.did.append(Did("watch", str(agent.person), int(not on), int(on)))
        work.changes.append(Changed("watch" if on else "unwatch", "", agent.name or agent.address))


def _away(work: Work, command: Command) -> None:
    argument = command.argument
    if argument == "off":
        work.deeds.append(Away(work.agent.person, None))
        work.changes.append(Changed("away", "", "off"))
        return
    try:
        then = until(argument, work.now, work.facts.office.zone)
    except ValueError:
        work.fault(command, "no-time")
        return
    work.deeds.append(Away(work.agent.person, work.now, then))
    work.did.append(Did("away", str(work.agent.person), work.now, then))
    work.changes.append(Changed("away", "", str(then)))


def _dry(work: Work, command: Command) -> None:
    work.dry = True


def _undo(work: Work, command: Command) -> None:
    work.undoes = True


def _help(work: Work, command: Command) -> None:
    work.asks.append(Outgoing("help", work.agent.person, "asked-by-agent"))


def _show(work: Work, command: Command) -> None:
    number = work.ticket.id if work.ticket is not None and not command.argument else None
    if number is None:
        text = command.argument.split()[0].lstrip("#") if command.argument else ""
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 12 else 0
        if number not in work.facts.tickets:
            work.fault(command, "no-such-ticket")
            return
    work.asks.append(Outgoing("sheet", work.agent.person, "asked-by-agent", (("number", number),)))


def _queue(work: Work, command: Command) -> None:
    asked = command.argument or "mine"
    work.asks.append(Outgoing("queue", work.agent.person, "asked-by-agent", (("asked", asked[:200]),)))


def agent_named(text: str, agents: Iterable[AgentFacts], me: AgentFacts | None = None) -> AgentFacts | None:
    """The one agent that a text can mean: by address, name, the beginning of one, or ``me``; None if none or several."""
    wanted = text.casefold().strip()
    if wanted == "me":
        return me
    known = tuple(agents)
    for fits in (
        lambda a: wanted in (a.address, a.name.casefold()),
        lambda a: wanted in (a.address.partition("@")[0], *a.name.casefold().split()),
        lambda a: len(wanted) >= 3 and (a.name.casefold().startswith(wanted) or a.address.startswith(wanted)),
    ):
        found = [a for a in known if fits(a)]
        if found:
            return found[0] if len(found) == 1 else None
    return None


CARRIED_OUT: dict[str, Callable[[Work, Command], None]] = {
    "note": lambda work, command: None,
    "take": _take,
    "assign": _assign,
    "team": _team,
    "status": lambda work, command: _status(work, command, command.argument),
    "resolution": _resolution,
    "priority": _known("priority", PRIORITIES, "no-such-priority"),
    "type": _known("type", TYPES, "no-such-type"),
    "tag": _tagging(True),
    "untag": _tagging(False),
    "subject": _subject,
    "snooze": _snooze,
    "merge": _merge,
    "link": _link,
    "cc": _cc,
    "uncc": _uncc,
    "requester": _requester,
    "macro": _macro,
    "watch": _watching(True),
    "unwatch": _watching(False),
    "away": _away,
    "dry": _dry,
    "undo": _undo,
    "help": _help,
    "show": _show,
    "queue": _queue,
}
"""What each command that is no short form of a status does; a test holds this complete."""
