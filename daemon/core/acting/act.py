"""Each command is looked at in its order; a table says what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from daemon.core import query
from daemon.core.acting import fields, filling, people
from daemon.core.acting.work import Work
from daemon.core.acts import Changed
from daemon.core.commands.declared import declaration
from daemon.core.commands.reading import Command, Orders
from daemon.core.plan import AgentFacts, Facts, Outgoing, Policy, TicketFacts
from daemon.core.status import PRIORITIES, STATUSES, TYPES
from daemon.core.values import Instant


def act(
    orders: Orders,
    facts: Facts,
    agent: AgentFacts,
    ticket: TicketFacts | None,
    policy: Policy,
    at: Instant,
    now: Instant,
) -> Work:
    """Look at each command; what they come to together. ``at``: when changes count."""
    office = facts.office
    work = Work(
        facts,
        agent,
        ticket,
        policy,
        at,
        now,
        values=dict(office.values),
        tags=set(office.tags),
        contacts=set(office.contacts),
        watchers=set(ticket.watchers) if ticket else set(),
        fields=dict(office.fields),
    )
    for command in orders.commands:
        work.understood.append(f"#{command.word} {command.argument}".rstrip())
        _carry_out(work, command)
    filling.check(work)
    work.changes += (Changed("in-note", "", one) for one in orders.in_note)
    return work


def _carry_out(work: Work, command: Command) -> None:
    declared = declaration(command.word)
    assert declared is not None
    if declared.needs_ticket and work.ticket is None:
        work.fault(replace(command, argument=f"#{command.word}"), "needs-a-ticket")
    elif command.word in work.policy.leads_only and not work.agent.leads:
        work.fault(replace(command, argument=f"#{command.word}"), "not-allowed")
    elif declared.sets is not None:
        fields.status(work, command, declared.sets[1])
    else:
        CARRIED_OUT[command.word](work, command)


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
    asked = command.argument[:200] or "mine"
    try:
        query.parse(asked)
    except query.NoStatus as error:
        work.fault(replace(command, argument=error.status), "no-such-status", STATUSES)
        return
    except query.SearchError:
        work.fault(command, "no-search")
        return
    work.asks.append(Outgoing("queue", work.agent.person, "asked-by-agent", (("asked", asked),)))


CARRIED_OUT: dict[str, Callable[[Work, Command], None]] = {
    "note": lambda work, command: None,
    "take": fields.take,
    "assign": fields.assign,
    "team": fields.team,
    "status": lambda work, command: fields.status(work, command, command.argument),
    "resolution": fields.resolution,
    "priority": fields.known("priority", PRIORITIES, "no-such-priority"),
    "type": fields.known("type", TYPES, "no-such-type"),
    "tag": fields.tagging(True),
    "untag": fields.tagging(False),
    "subject": fields.subject,
    "field": filling.field,
    "snooze": fields.snooze,
    "merge": fields.merge,
    "link": fields.link,
    "cc": people.cc,
    "uncc": people.uncc,
    "requester": people.requester,
    "macro": _macro,
    "watch": people.watching(True),
    "unwatch": people.watching(False),
    "away": people.away,
    "dry": _dry,
    "undo": _undo,
    "help": _help,
    "show": _show,
    "queue": _queue,
}
"""What each command that is no short form of a status does; a test holds this complete."""
