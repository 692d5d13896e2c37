"""Taking an act back: by ``#undo``, by a mail to the address that its receipt names, or by a click on its page.

The address and the link go to the agent's own mailbox and bear a token of this one act: who has them, reads that
mailbox. A machine's mail undoes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from daemon.core import undoing
from daemon.core.acts import ActFacts
from daemon.core.commands.reading import Orders
from daemon.core.plan import DeskFacts, Facts, Plan, TicketFacts
from daemon.core.values import Mail, Outcome
from daemon.desk import office, post, promising, receive
from daemon.desk.arrival import Arrival, without_mail
from daemon.desk.house import House
from daemon.store import acts, facts, staffing


@dataclass(frozen=True, slots=True)
class Undoable:
    """What the page shows of an act: what it was, and whether its answer still waits."""

    act: ActFacts
    ticket: int | None
    subject: str
    waits: bool
    words: str


def by_mail(house: House, arrival: Arrival) -> Outcome | None:
    """Take a mail to the address of an act; None if it is none, and so an ordinary mail. On the writer."""
    mail, to, now = arrival.parsed, arrival.to, house.now()
    if not isinstance(mail, Mail) or not house.keyring.is_undo_token(to.token, to.number):
        return None
    act = acts.find(to.number)
    agent = house.agent(act.agent) if act else None
    if act is None or agent is None or mail.sender is None or mail.sender.key != agent.address.casefold():
        return None
    if known := receive.duplicate(arrival, now):
        plan = Plan("ignored", "duplicate", known.ticket)
    elif mail.automatic is not None or arrival.envelope.sender == "":
        plan = Plan("ignored", "automatic-answer-to-a-question")
    else:
        plan = _plan(house, act, now)
    return receive.perform(house, plan, arrival, now)


def look(house: House, number: int, token: str) -> Undoable | None:
    """What the page behind a link shows; None for a link that is not genuine. Reads only."""
    act = acts.find(number) if house.keyring.is_undo_token(token, number) else None
    if act is None:
        return None
    subject = facts.ticket_row(act.ticket).subject if act.ticket is not None else ""
    words = facts.words_of(act.message) if act.message is not None else ""
    return Undoable(act, act.ticket, subject, act.reply == "waiting", words)


def by_click(house: House, number: int, token: str) -> Literal["undone", "nothing"]:
    """Undo by the link; runs in the writer's transaction."""
    act = acts.find(number) if house.keyring.is_undo_token(token, number) else None
    if act is None or act.undone:
        return "nothing"
    now = house.now()
    plan = _plan(house, act, now)
    desk = facts.desk_of(act.ticket) if act.ticket is not None else house.config.desk[0].name
    plan, written = promising.carry_out(house, plan, None, desk, None, now, message=act.message)
    post.send(house, plan, replace(written, ticket=act.ticket), without_mail(house.desk(desk).name), 0, now)
    return "undone" if plan.undoes is not None else "nothing"


def _plan(house: House, act: ActFacts, now: int) -> Plan:
    ticket: TicketFacts | None = facts.ticket(act.ticket, None, None, now) if act.ticket is not None else None
    into = ticket.merged_into if ticket else None
    other = facts.ticket(into, None, None, now) if into is not None else None
    known = Facts(
        desk=DeskFacts("", "", "", False),
        author=None,
        agents=house.agents,
        tickets={other.id: other} if other else {},
        office=office.office_of(house, Orders(), ticket, act.agent, act),
        absent=frozenset(staffing.away(now)),
    )
    return undoing.undo(act, known, ticket, act.agent, now, house.policy.fields)
