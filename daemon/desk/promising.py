"""What a decision, or the clock, does to promises: followed and written in the transaction of what caused it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from daemon.core import hearing
from daemon.core.acts import News
from daemon.core.calendar import BeyondHorizon
from daemon.core.plan import AgentFacts, Outgoing, Plan
from daemon.core.sla import telling
from daemon.core.sla.follow import Course, follow
from daemon.core.sla.life import Life
from daemon.core.sla.terms import Rule, Subject, Terms
from daemon.core.sla.tick import tick, wake_at
from daemon.core.status import FIRST_PRIORITY, FIRST_TYPE
from daemon.core.values import Envelope, Instant, Mail
from daemon.desk import post
from daemon.desk.arrival import without_mail
from daemon.desk.house import House
from daemon.store import commit, facts, lives, staffing
from daemon.store.commit import Written

MOVING = frozenset(
    {
        "ticket_opened",
        "customer_replied",
        "agent_replied",
        "status_changed",
        "priority_changed",
        "type_changed",
        "team_changed",
        "assigned",
        "tagged",
        "untagged",
        "snoozed",
    }
)
"""The events that a ticket's promises, or the rules of automation, look at."""

WAIT = 60
"""Seconds until a ticket is looked at again with which a rule may not act yet."""

Value = TypeVar("Value")


def carry_out(
    house: House,
    plan: Plan,
    mail: Mail | None,
    desk: str,
    envelope: Envelope | None,
    now: int,
    message: int | None = None,
) -> tuple[Plan, Written]:
    """Write a decision with what follows for the ticket's promises; the plan with the letters that follow too."""
    if not plan.events or (plan.ticket is None and plan.opening is None):
        return plan, commit.plan(plan, mail, desk, envelope, now, message)
    before = None
    if plan.opening is not None:
        life = _opened(plan, mail, desk)
    else:
        assert plan.ticket is not None
        at = plan.events[-1].at
        if not any(e.kind in MOVING for e in plan.events) and not lives.is_due(plan.ticket, at):
            return plan, commit.plan(plan, mail, desk, envelope, now, message)
        life = before = _load(house, plan.ticket)
    course, wakes = _within_horizon(house, now, lambda terms: _followed(life, plan, terms))
    written = commit.plan(plan, mail, desk, envelope, now, message, course.events)
    assert written.ticket is not None
    _save(house, written.ticket, before, course.life, wakes)
    if not course.alerts:
        return plan, written
    letters, news = _heard(house, lambda agents: telling.of_alerts(course.alerts, course.life, agents), now)
    commit.news(news, written.ticket, written.message, now)
    return replace(plan, outgoing=plan.outgoing + letters), written


def _heard(
    house: House, tell: Callable[[tuple[AgentFacts, ...]], tuple[Outgoing, ...]], now: int
) -> tuple[tuple[Outgoing, ...], tuple[News, ...]]:
    """Letters as those agents who are there want to hear of it."""
    absent = frozenset(staffing.away(now))
    return hearing.sift(tell(hearing.present(house.agents, absent)), house.agents, absent)


def look_at(house: House, number: int, now: int, *, acting: bool = True) -> None:
    """Do what the clock, or changed terms, have to do with a ticket, and tell whom it concerns.

    Without ``acting`` promises are dated, but rules of automation wait.
    """
    now = max(now, lives.last_event_at(number))  # a clock that was set back: lives never run backwards
    before = _load(house, number)
    desk = before.subject.desk
    course, acted, wakes = _within_horizon(house, now, lambda terms: _ticked(before, terms, now, acting))
    if not course.events:
        _save(house, number, before, course.life, wakes)
        return
    ticket = facts.ticket(number, None, None, now)
    assert ticket is not None

    def tell(agents: tuple[AgentFacts, ...]) -> tuple[Outgoing, ...]:
        letters = telling.of_alerts(course.alerts, course.life, agents)
        if acted:
            customers = tuple(sorted(ticket.participants))
            letters += telling.of_rules(acted, course.life, agents, customers, ticket.automatic_lately, house.policy)
        if any(e.because == "snooze-over" for e in course.events):
            letters += telling.of_snooze(course.life, agents)
        return letters

    outgoing, news = _heard(house, tell, now)
    plan = Plan("filed", "clock", number, events=course.events, outgoing=outgoing, news=news)
    written = commit.plan(plan, None, desk, None, now)
    if outgoing:
        post.send(house, plan, written, without_mail(desk), 0, now)
    _save(house, number, before, course.life, wakes)


def _ticked(life: Life, terms: Terms, now: int, acting: bool) -> tuple[Course, tuple[Rule, ...], Instant | None]:
    course, acted = tick(life, terms, now, acting=acting)
    wakes = wake_at(course.life, terms)
    return course, acted, now + WAIT if wakes is not None and wakes <= now else wakes


def _followed(life: Life, plan: Plan, terms: Terms) -> tuple[Course, Instant | None]:
    course = follow(life, plan.events, terms)
    return course, wake_at(course.life, terms)


def _load(house: House, number: int) -> Life:
    """A life, with the versions that its promises stand on at hand."""
    life = lives.load(number)
    for promise in life.promises:
        if promise.is_owed:
            house.agreement.include(promise.policy, promise.calendar)
    return life


def _opened(plan: Plan, mail: Mail | None, desk: str) -> Life:
    opening = plan.opening
    assert opening is not None
    sender = opening.requester or (mail.sender if mail is not None else None)
    requester = sender.key if sender is not None else ""
    subject = Subject(desk, opening.team, FIRST_PRIORITY, FIRST_TYPE, frozenset(), requester)
    return Life(subject, "new", opening.at, opening.at)


def _within_horizon(house: House, now: int, decide: Callable[[Terms], Value]) -> Value:
    """A decision, with calendars laid out as far as it turns out to need them."""
    while True:
        try:
            return decide(house.agreement.terms)
        except BeyondHorizon as beyond:
            house.agreement.extend(beyond, now, lambda keep: house.store.write(keep))


def _save(house: House, number: int, before: Life | None, after: Life, wakes: Instant | None) -> None:
    lives.save(number, before, after, wakes)
    if wakes is not None and (house.wakes is None or wakes < house.wakes):
        house.wakes = wakes
