"""Commands that change the ticket itself: in whose hands it is, its status, its fields, tags and links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import cast

from daemon.core.acting.people import agent_named
from daemon.core.acting.work import BECAUSE, Work
from daemon.core.acts import Changed, Did, Merging
from daemon.core.commands.reading import Command
from daemon.core.plan import AgentFacts, Event
from daemon.core.status import MOVES, STATUSES, Status
from daemon.core.when import when

TAG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
TAGS = re.compile(r'"[^"]*"|\S+')
LONGEST_SUBJECT = 250
LONGEST_TEXT = 2_000


def status(work: Work, command: Command, becomes: str) -> None:
    ticket = work.ticket
    assert ticket is not None
    if becomes not in STATUSES or becomes in ("new", "merged"):
        work.fault(command, "no-such-status", [s for s in STATUSES if s not in ("new", "merged")])
    elif becomes != ticket.status and becomes not in MOVES[cast(Status, ticket.status)]:
        work.fault(command, "move-not-allowed", MOVES[cast(Status, ticket.status)])
    else:
        work.becomes, work.until, work.moved_by = becomes, None, command.line


def known(column: str, values: Iterable[str], because: str) -> Callable[[Work, Command], None]:
    def carry_out(work: Work, command: Command) -> None:
        if command.argument in values:
            work.put(column, command.argument)
        else:
            work.fault(command, because, values)

    return carry_out


def take(work: Work, command: Command) -> None:
    give(work, work.agent)


def assign(work: Work, command: Command) -> None:
    found = agent_named(command.argument, work.facts.agents, work.agent)
    if command.argument == "none":
        give(work, None)
    elif found is None:
        work.fault(command, "no-such-agent", [n for a in work.facts.agents for n in (a.name, a.address)])
    else:
        give(work, found)


def give(work: Work, to: AgentFacts | None) -> None:
    before = work.values.get("assignee")
    person = to.person if to else None
    work.put("assignee", person, to.name if to else "none", work.name(cast("int | None", before)))
    if person != before:
        work.assigned = person


def team(work: Work, command: Command) -> None:
    if command.argument not in work.facts.office.teams:
        work.fault(command, "no-such-team", work.facts.office.teams)
        return
    if work.values.get("team") == command.argument:
        return
    work.put("team", command.argument)
    work.team = command.argument
    holder = next((a for a in work.facts.agents if a.person == work.values.get("assignee")), None)
    if holder is not None and command.argument not in holder.teams:
        give(work, None)


def resolution(work: Work, command: Command) -> None:
    work.put("resolution_text", command.argument[:LONGEST_TEXT])


def subject(work: Work, command: Command) -> None:
    work.put("subject", command.argument[:LONGEST_SUBJECT])


def tagging(given: bool) -> Callable[[Work, Command], None]:
    def carry_out(work: Work, command: Command) -> None:
        for tag in TAGS.findall(command.argument):
            if not TAG.fullmatch(tag):
                words = tag.strip('"')
                one = words.replace(" ", "-")
                among = work.tags | ({one} if TAG.fullmatch(one) else set())
                work.fault(replace(command, argument=words), "no-such-tag", among)
            elif (tag in work.tags) != given:
                work.tags ^= {tag}
                kind = "tagged" if given else "untagged"
                work.events.append(Event(kind, BECAUSE, work.at, work.agent.person, data=(("tag", tag),)))
                work.did.append(Did("tag", tag, int(not given), int(given)))
                work.changes.append(Changed("tag" if given else "untag", "", tag))

    return carry_out


def snooze(work: Work, command: Command) -> None:
    ticket = work.ticket
    assert ticket is not None
    try:
        then = when(command.argument, work.now, work.facts.office.zone)
    except ValueError:
        work.fault(command, "no-time")
        return
    if ticket.status != "on_hold" and "on_hold" not in MOVES[cast(Status, ticket.status)]:
        work.fault(command, "not-to-be-put-aside")
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


def merge(work: Work, command: Command) -> None:
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
    if (aside := work.values.get("snoozed_until")) is not None:
        work.did.append(Did("snooze", "", aside, None))
    work.did.append(Did("column", "status", ticket.status, "merged"))
    work.deeds.append(Merging(number, True, BECAUSE, work.at, work.agent.person))
    work.merges = True


def link(work: Work, command: Command) -> None:
    number = _number(work, command)
    if number is not None and number not in work.facts.office.links and (number, "related") not in work.links:
        work.links.append((number, "related"))
        work.did.append(Did("link", str(number), 0, 1))
        work.changes.append(Changed("link", "", f"#{number}"))
