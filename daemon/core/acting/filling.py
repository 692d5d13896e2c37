"""``#field NAME VALUE``: fields of the operator's own; and what has to be filled in before a ticket is resolved."""

from __future__ import annotations

from dataclasses import replace

from daemon.core import fields
from daemon.core.acting.work import BECAUSE, Work
from daemon.core.acts import Changed, Did, Fault
from daemon.core.case import fill_in
from daemon.core.commands.reading import Command

NONE = "none"
FAULTS = {"text": "too-long", "number": "no-number", "date": "no-date", "choice": "no-such-choice"}


def field(work: Work, command: Command) -> None:
    """Fill in a field, or empty it."""
    here = [one for one in work.policy.fields if one.belongs_to(str(work.values.get("team")))]
    name, _, text = command.argument.partition(" ")
    found = fields.named(here, name.rstrip(":="))
    if found is None:
        work.fault(replace(command, argument=name), "no-such-field", [one.name for one in here])
        return
    text = text.lstrip(":= ")
    if not text:
        work.fault(command, "argument-missing")
        return
    try:
        becomes = "" if text.casefold() == NONE and NONE not in found.choices else fields.value(found, text)
    except ValueError:
        work.fault(replace(command, argument=text), FAULTS[found.kind], found.choices)
        return
    was = work.fields.get(found.name, "")
    if becomes == was:
        return
    work.fields[found.name] = becomes
    work.events.append(fill_in(found, was, becomes, BECAUSE, work.at, work.agent.person))
    work.did.append(Did("field", found.name, was, becomes))
    work.changes.append(Changed(found.title, was, becomes))


def check(work: Work) -> None:
    """A ticket is not resolved before what it needs for that is filled in, be it by another line of the same mail."""
    if work.ticket is None or not fields.resolves(work.ticket.status, work.becomes):
        return
    for one in fields.lacking(work.policy.fields, str(work.values.get("team")), work.fields):
        work.faults.append(Fault(work.moved_by[:200], "field-required", f"#field {one.name}"))
