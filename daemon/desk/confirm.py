"""A held mail and its agent's word: by a reply to the question, or by a click on the page that the question links.

The question goes to the agent's own address and bears a token of this one hold: who can quote it, reads that mailbox.
A machine's reply is no word. A hold that was decided or has lapsed stays as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from daemon.core import from_agent
from daemon.core.acts import Receipt
from daemon.core.plan import Plan
from daemon.core.values import Mail, Outcome, Unreadable
from daemon.desk import foreseeing, forwards, post, promising, receive, to_agents, words
from daemon.desk.arrival import Arrival
from daemon.desk.house import House
from daemon.mail import answer
from daemon.mail.address import Recipient
from daemon.mail.cards import Changed
from daemon.mail.parse import parse
from daemon.store import facts, holds

Decision = Literal["confirmed", "discarded"]


@dataclass(frozen=True, slots=True)
class Question:
    """What the page shows of a hold: who is asked about what, what a yes would do, and whether it still waits."""

    hold: holds.Held
    subject: str
    words: str
    recipients: tuple[str, ...]
    does: tuple[str, ...]
    changes: tuple[Changed, ...]
    internal: bool
    state: Literal["waiting", "confirmed", "discarded", "lapsed"]


def by_mail(house: House, arrival: Arrival) -> Outcome | None:
    """Take a reply to a question; None if it is none, and so an ordinary mail. Runs in the writer's transaction."""
    mail, to, now = arrival.parsed, arrival.to, house.now()
    held = holds.find(to.number)
    if held is None or not isinstance(mail, Mail) or not house.keyring.is_confirm_token(to.token, to.number):
        return None
    agent = house.agent(held.agent)
    if agent is None or mail.sender is None or mail.sender.key != agent.address.casefold():
        return None
    if known := receive.duplicate(arrival, now):
        plan = Plan("ignored", "duplicate", known.ticket)
    elif mail.automatic is not None or arrival.envelope.sender == "":
        plan = Plan("ignored", "automatic-answer-to-a-question")
    else:
        decision: Decision = "discarded" if _says_no(mail.reply_text) else "confirmed"
        outcome = settle(house, held, decision, now)
        because = f"agent-{decision}" if outcome else "question-settled-already"
        plan = Plan("ignored", because, outcome.ticket if outcome else None)
    return receive.perform(house, plan, arrival, now)


def _says_no(words: str) -> bool:
    first = words.split(None, 1)[0].strip(".,!#:").casefold() if words.split() else ""
    return first in ("discard", "no", "verwerfen", "nein")


def question(house: House, number: int, token: str) -> Question | None:
    """What the page behind a link shows; None for a link that is not genuine. Reads only."""
    if not house.keyring.is_confirm_token(token, number):
        return None
    held = holds.find(number)
    if held is None:
        return None
    mail = parse(holds.content(held))
    if isinstance(mail, Unreadable):
        return None
    arrival, now = _arrival(house, held), house.now()
    state = _state(held, now)
    ticket = held.ticket if held.message is not None else None
    told = Receipt("dry")
    if state == "waiting":
        told = foreseeing.foreseen(house, arrival, receive.gather, ticket, held.agent, held.message, now)
    return Question(
        held,
        mail.subject,
        forwards.told(house, mail, arrival.to) or told.words or words.preview(mail),
        tuple(address.address for address in to_agents.addressed(told.recipients)),
        told.understood,
        to_agents.changed(house, told.changes),
        told.internal,
        state,
    )


def by_click(house: House, number: int, token: str, decision: Decision) -> bool:
    """Settle a hold by its link, in the writer's transaction; False if it is not genuine or nothing waits."""
    held = holds.find(number) if house.keyring.is_confirm_token(token, number) else None
    if held is None:
        return False
    return settle(house, held, decision, house.now()) is not None


def settle(house: House, held: holds.Held, decision: Decision, now: int, *, lapsed_too: bool = False) -> Outcome | None:
    """Carry out the agent's word (or, ``lapsed_too``, the operator's); None if nothing waits for it."""
    if _state(held, now) not in (("waiting", "lapsed") if lapsed_too else ("waiting",)) or (
        decision == "confirmed" and not _releasable(held)
    ):
        return None
    holds.decide(held.id, decision, now)
    if held.message is not None:
        return _settle_reply(house, held, decision, now)
    if decision == "discarded":
        holds.ledger_state(held.inbound, "ignored", "discarded-by-agent", now)
        return Outcome("", "ignored", "discarded-by-agent", held.inbound)
    return receive.receive_at(house, _arrival(house, held))


def _arrival(house: House, held: holds.Held) -> Arrival:
    """The held mail as it came, now with the agent's word for it."""
    raw, envelope = holds.content(held), holds.envelope(held.inbound)
    parsed = parse(raw)
    to = house.book.read(envelope.recipients[0]) or Recipient(held.desk, "desk")
    said = words.said_in(house, parsed, raw, to, envelope.source)
    return Arrival(raw, parsed, envelope, to, said, held.inbound, foreseeing.CONFIRMED)


def _releasable(held: holds.Held) -> bool:
    """Whether a word suffices: a secret, or lines of ours among the agent's, leave on nobody's (invariant 28)."""
    if held.because == words.SECRET_INSIDE:
        return False
    mail = parse(holds.content(held)) if held.message is not None else None
    return not isinstance(mail, Mail) or answer.may_leave(words.preview(mail), mail)


def _settle_reply(house: House, held: holds.Held, decision: Decision, now: int) -> Outcome:
    """A reply that was filed as held is released to the customer, or withdrawn."""
    assert held.message is not None and held.ticket is not None
    arrival = _arrival(house, held)
    ticket = facts.final(held.ticket, now)
    if decision == "discarded":
        plan = from_agent.withdraw(ticket, held.agent, "discarded-by-agent", now, held.message)
    else:
        plan, arrival = foreseeing.confirmed(
            house, arrival, receive.gather, held.ticket, held.agent, held.message, house.policy, now
        )
        if plan.withdraws is None:
            holds.message_state(held.message, "filed", now)
            holds.message_words(held.message, plan.words or "")
    plan, written = promising.carry_out(house, plan, None, held.desk, None, now, message=held.message)
    post.send(house, plan, written, arrival, held.inbound, now)
    return Outcome("", "filed", plan.because, held.inbound, ticket.id, held.message)


def _state(held: holds.Held, now: int) -> Literal["waiting", "confirmed", "discarded", "lapsed"]:
    if held.decision == "confirmed":
        return "confirmed"
    if held.decision == "discarded":
        return "discarded"
    return "lapsed" if now > held.expires_at else "waiting"
