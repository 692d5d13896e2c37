"""Changing and merging tickets by the word of a program or a client; all of it in the writer's transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from daemon.core import decide
from daemon.core.plan import TicketFacts
from daemon.core.status import BACKLOG, ENDS
from daemon.desk import change, post, promising
from daemon.desk import fields as own_fields
from daemon.desk.arrival import without_mail
from daemon.desk.asking import By, Changes, Kind, Refused
from daemon.desk.change import Unchangeable, Unfilled
from daemon.desk.house import House
from daemon.store import conversation, facts, lives, people

MOVES_OF_REQUESTERS: dict[str, tuple[str, ...]] = {"resolved": ("closed", "open"), "closed": ("open",)}


def existing(number: int, now: int) -> TicketFacts:
    """A ticket that there is; Refused where there is none."""
    ticket = facts.ticket(number, None, None, now)
    if ticket is None:
        raise Refused("unknown", "no-such-ticket", "there is no such ticket")
    return ticket


def edit(house: House, by: By, number: int, changes: Changes) -> None:
    """Set what is to be set on a ticket; Refused, and nothing of it is, where a part cannot be."""
    ticket = existing(number, house.now())
    wanted = dict(changes.values)
    if by.requester is not None:
        _may_requester(house, by.requester, ticket, changes)
    _may_spam(by, ticket, wanted.get("status"))
    snooze = changes.snooze
    row = facts.ticket_row(number)
    if snooze and wanted.get("status", "on_hold") != "on_hold":
        raise Refused("conflict", "not-possible", "a ticket that is put aside is on_hold", "status")
    if snooze == "":
        snooze = None
        if row.snoozed_until is not None:
            wanted.setdefault("status", "open")
    elif snooze is not None:
        wanted.pop("status", None)
    _leave_team(house, wanted, row)
    has = facts.tags(number)
    tags = changes.tags if changes.tags is not None else has
    here = {one.name for one in own_fields.of_team(house, wanted.get("team") or ticket.team)}
    with _refusals(house, by, ticket, here):
        change.change(
            house, number, wanted, by.actor, by.because, sorted(tags - has), sorted(has - tags), snooze,
            changes.fields, telling=True,
        )  # fmt: skip


def check_answer(house: House, by: By, number: int, status: str) -> None:
    """Refused, as ``edit`` is, where an agent's answer cannot make a ticket this."""
    ticket = existing(conversation.merged_into(number) or number, house.now())
    _may_spam(by, ticket, status)
    with _refusals(house, by, ticket):
        change.check_move(ticket, status)
        change.check_filled(house, ticket, status, by.actor, ticket.team)


def _may_spam(by: By, ticket: TicketFacts, status: str | None) -> None:
    if status == "spam" and ticket.status != "spam" and not by.may_spam:
        raise Refused("forbidden", "not-allowed", "only a token with the scope spam may say so", "status")


@contextmanager
def _refusals(house: House, by: By, ticket: TicketFacts, here: Collection[str] = ()) -> Iterator[None]:
    """What cannot be changed, as it is refused to who asked; ``here`` are the fields of the ticket's team."""
    try:
        yield
    except Unfilled as error:
        lacking = tuple((f"fields.{name}", "this is required before the ticket is resolved") for name in error.fields)
        raise Refused("conflict", "field-required", str(error), faults=lacking) from None
    except Unchangeable as error:
        elsewhere = {one.name for one in house.policy.fields}
        clashes = error.moves is not None or error.field == "snooze"
        clashes |= bool(error.faults) and {name for name, _ in error.faults} <= elsewhere - set(here)
        kind: Kind = "conflict" if clashes else "invalid"
        if error.moves is not None:
            moves = tuple(one for one in error.moves if one != "spam" or by.may_spam)
            sentence = f"it is {ticket.status}; from there it may become {', '.join(moves) or 'nothing else'}"
            raise Refused(kind, "move-not-allowed", sentence, error.field, moves) from None
        faults = tuple((f"fields.{name}", sentence) for name, sentence in error.faults)
        raise Refused(kind, "not-possible", str(error), error.field, faults=faults) from None


def _leave_team(house: House, wanted: dict[str, str | None], row: facts.TicketRow) -> None:
    """A ticket that goes to a team of which its agent is none is nobody's, until someone takes it."""
    team = wanted.get("team")
    if team is None or team == row.team or "assignee" in wanted:
        return
    holder = next((a for a in house.agents if a.person == row.assignee_id), None)
    if holder is not None and team not in holder.teams:
        wanted["assignee"] = None


def merge(house: House, by: By, number: int, into: int) -> None:
    """Let a ticket go into another; Refused where one of them has ended."""
    now = house.now()
    for one in (number, into):
        if lives.is_due(one, now):
            promising.look_at(house, one, now, acting=False)
    ticket = existing(number, now)
    other = facts.ticket(into, None, None, now)
    if other is None or into == number:
        raise Refused("conflict", "no-such-ticket", "there is no such other ticket", "into")
    for place, end in (("", ticket), ("into", other)):
        if end.status in ENDS:
            raise Refused("conflict", "ticket-ended", f"ticket {end.id} is {end.status}", place)
    because = "merged-by-program" if by.actor is None else "merged-by-agent"
    plan = decide.merge(ticket, into, by.actor, because, now)
    plan, written = promising.carry_out(house, plan, None, ticket.desk, None, now)
    post.send(house, plan, written, without_mail(ticket.desk), 0, now)


def _may_requester(house: House, person: int, ticket: TicketFacts, changes: Changes) -> None:
    """Clients close the tickets that they asked for, open them again, and fill in what is for them; all else is the
    desk's to say."""
    theirs = {one.name for one in own_fields.of_team(house, ticket.team, portal=True)}
    others = [name.partition("_")[0] for name in changes.values if name != "status"]
    others += ["tags"] * (changes.tags is not None) + ["snooze"] * (changes.snooze is not None)
    others += [f"fields.{name}" for name in changes.fields if name not in theirs]
    if others:
        faults = tuple((name, "only the desk may set that") for name in dict.fromkeys(others))
        raise Refused("forbidden", "not-allowed", "only the desk may set that", faults=faults)
    if changes and ticket.requester not in people.selves((people.today(person),)):
        raise Refused("forbidden", "not-allowed", "only who asked for it may change it; a reply reaches all the same")
    status = changes.values.get("status")
    moves = ("closed",) if ticket.status in BACKLOG else MOVES_OF_REQUESTERS.get(ticket.status, ())
    if status is not None and status != ticket.status and status not in moves:
        sentence = f"it is {ticket.status}; its requester may make it {' or '.join(moves) or 'nothing else'}"
        if ticket.status == "merged":
            sentence = "it goes on with another request, whose requester alone closes it; a reply reaches us"
        raise Refused("conflict", "move-not-allowed", sentence, "status", moves)
