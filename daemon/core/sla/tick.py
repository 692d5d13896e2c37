"""What the clock alone does to a ticket: promises come due, a snooze ends, a rule of automation acts.

Promises are dated at the instants at which things became true; what a rule does is done now, and says when it was due.
"""

from __future__ import annotations

from daemon.core.plan import Event
from daemon.core.sla.follow import Course, follow, next_mark, pass_time, settle
from daemon.core.sla.life import Life
from daemon.core.sla.terms import CALENDAR_TIME, Act, Rule, Terms
from daemon.core.values import Instant

BECOMES: dict[Act, str] = {"resolve": "resolved", "close": "closed", "reopen": "open"}
"""The status into which each of these acts puts a ticket."""
EVENTS: dict[Act, str] = {"remind": "reminded", "follow-up": "follow_up"}
REASONS: dict[Act, str] = {
    "remind": "auto-remind",
    "follow-up": "auto-follow-up",
    "resolve": "auto-resolve",
    "close": "auto-close",
    "reopen": "auto-reopen",
}


def wake_at(life: Life, terms: Terms) -> Instant | None:
    """The first instant at which ``tick`` would find something to do; None if never."""
    mark = next_mark(life, terms)
    instants = [mark.at] if mark is not None else []
    instants += [due for _, due in _rules(life, terms)]
    if life.snoozed_until is not None:
        instants.append(life.snoozed_until)
    return min(instants) + 1 if instants else None


def tick(life: Life, terms: Terms, now: Instant, *, acting: bool = True) -> tuple[Course, tuple[Rule, ...]]:
    """Everything that is due before ``now``, what changed terms do to promises as of now; and the rules that acted.

    Without ``acting``, rules and snoozes wait: mail that would have stopped them may still be on its way to us.
    """
    course = pass_time(life, now, terms)
    life, settled = settle(course.life, now, terms)
    happened, alerts, acted = [*course.events, *settled], [*course.alerts], []
    while acting and (due := _next(life, terms, now)) is not None:
        rule, event = due
        further = follow(life, (event,), terms)
        life = further.life
        happened += further.events
        alerts += further.alerts
        if rule is not None:
            acted.append(rule)
    return Course(life, tuple(happened), tuple(alerts)), tuple(acted)


def _next(life: Life, terms: Terms, now: Instant) -> tuple[Rule | None, Event] | None:
    if life.snoozed_until is not None and life.snoozed_until < now:
        data = (("due", life.snoozed_until),)
        return None, Event("status_changed", "snooze-over", now, None, "status", life.status, "open", data)
    for rule, due in _rules(life, terms):
        if due < now:
            return rule, _act(life, rule, due, now)
    return None


def _act(life: Life, rule: Rule, due: Instant, now: Instant) -> Event:
    data = (("rule", rule.name), ("due", due))
    because = REASONS[rule.act]
    if rule.act in BECOMES:
        return Event("status_changed", because, now, None, "status", life.status, BECOMES[rule.act], data)
    return Event(EVENTS[rule.act], because, now, data=data)


def _rules(life: Life, terms: Terms) -> list[tuple[Rule, Instant]]:
    if life.dormant:
        return []
    waiting = []
    for rule in terms.rules:
        if rule.status == life.status and rule.name not in life.acted and rule.when.holds(life.subject):
            version = terms.calendars[rule.calendar] if rule.after.open else CALENDAR_TIME
            waiting.append((rule, terms.timeline(version).after(life.idle_since, rule.after.seconds)))
    return sorted(waiting, key=lambda pair: pair[1])
