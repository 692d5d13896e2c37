"""The fast path: the same decisions as ``counterfoil play``, in memory, ticket by ticket, without a database.

What comes out are the rows of the published views, with the numbers that a database would have given them. It calls
``daemon.core`` for each act, so that it can differ from the real path in nothing but what is written here: which facts
a decision sees, and in which order rows are numbered. A test holds the two equal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from daemon.core import decide
from daemon.core.plan import AgentFacts, AuthorFacts, DeskFacts, Event, Facts, Plan, Policy, TicketFacts, TokenFacts
from daemon.core.sla.follow import follow
from daemon.core.sla.life import Life, Promise
from daemon.core.sla.terms import Subject, Terms
from daemon.core.sla.tick import tick, wake_at
from daemon.core.status import BACKLOG, PRIORITIES, STATUSES, TYPES
from daemon.core.values import NO_EVIDENCE, Address, Envelope, Evidence, Mail
from reports.synth.founding import Founding
from reports.synth.script import AGENTS, NONE, RATE, REPLY, SET, TEAM_OF, TEAMS, WRITE, Script

DAY = 86_400
POLICY = Policy(
    follow_up_after=14 * DAY,
    acknowledge_within=DAY,
    confirm_within=DAY,
    notify_customer=frozenset(),
    automatic_per_address=10**9,
    automatic_per_ticket=10**6,
    tickets_per_address=10**9,
)
AGENT_FACTS = tuple(
    AgentFacts(person, address, frozenset({TEAMS[TEAM_OF[person - 1]]})) for person, address in enumerate(AGENTS, 1)
)
SUBMISSION = Evidence(True, "submission", "submission")
STAMPS = {"resolved": "resolved_at", "closed": "closed_at"}
TICK, TERMS, ACT = range(3)
MAIL = Mail(
    size=0,
    sha256="",
    fingerprint="",
    subject="",
    sender=None,
    from_text="",
    to=(),
    cc=(),
    reply_to=(),
    date=None,
    message_id="",
    in_reply_to=(),
    references=(),
    text="",
    html=None,
    reply_text=".",
    quoted_text="",
    signature_text="",
    attachments=(),
    automatic=None,
    bounce=None,
    language=None,
    defects=(),
)
PROMISE = tuple(field.name for field in fields(Promise) if field.name != "done")
Row = dict[str, Any]


class Lived:
    """One ticket as its acts come by; rows are collected with the keys by which they will be numbered."""

    def __init__(self, number: int, customer: str, person: int, desk: int, out: Rows) -> None:
        self.number, self.person, self.out = number, person, out
        self.customer = Address("", customer)
        self.desk = TEAMS[desk]
        self.life: Life | None = None
        self.row: Row = {}
        self.wakes: int | None = None
        self.last = 0
        self.made: dict[tuple[str, int], int] = {}

    def pass_time(self, until: int, terms: Terms) -> None:
        while self.wakes is not None and self.wakes <= until:
            now = self.wakes
            self._tick(now, terms, TICK)

    def under(self, at: int, terms: Terms) -> None:
        """Other terms from now on."""
        if self.row["status"] not in ("closed", "merged", "spam"):
            self._tick(at, terms, TERMS)

    def _tick(self, now: int, terms: Terms, phase: int) -> None:
        assert self.life is not None
        course, _ = tick(self.life, terms, max(now, self.last))
        self._record(course.events, now, phase, 0, None, None)
        self._become(course.life, wake_at(course.life, terms))

    def write(self, at: int, place: int, terms: Terms) -> None:
        plan = decide.receive(
            replace(MAIL, sender=self.customer),
            Envelope("smtp", "", self.customer.address, (f"{self.desk}@desk.example",), at),
            self._facts(AuthorFacts(self.customer.address, self.person, False), self.person),
            NO_EVIDENCE,
            POLICY,
            at,
        )
        self._carry_out(plan, at, place, self.person, terms, "customer", "none")

    def reply(self, at: int, place: int, agent: int, terms: Terms) -> None:
        address = AGENTS[agent]
        plan = decide.receive(
            replace(MAIL, sender=Address("", address)),
            Envelope("smtp", "", address, (f"{self.desk}@desk.example",), at, login=address),
            self._facts(AuthorFacts(address, agent + 1, True), agent + 1),
            SUBMISSION,
            POLICY,
            at,
        )
        self._carry_out(plan, at, place, agent + 1, terms, "agent", "submission")

    def set(self, at: int, place: int, agent: int, values: Mapping[str, Any], terms: Terms) -> None:
        current = {name: self.row["assignee_id" if name == "assignee" else name] for name in values}
        plan = decide.change(self._ticket(), dict(values), current, agent + 1, "changed-by-agent", POLICY, at)
        self._carry_out(plan, at, place, None, terms)

    def rate(self, at: int, place: int, positive: bool, terms: Terms) -> None:
        plan = decide.rate(self._ticket(), self.person, positive, "rated-by-customer", at)
        self._carry_out(plan, at, place, None, terms)

    def _ticket(self) -> TicketFacts:
        row = self.row
        return TicketFacts(
            id=self.number,
            desk=self.desk,
            subject="",
            status=row["status"],
            team=row["team"],
            requester=self.person,
            assignee=row["assignee_id"],
            participants=frozenset((self.person,)),
            named=False,
            merged_into=None,
            closed_at=row["closed_at"],
            first_response_at=row["first_response_at"],
            last_event_at=self.last,
            automatic_lately=0,
            seen_from_author=False,
        )

    def _facts(self, author: AuthorFacts, person: int) -> Facts:
        desk = DeskFacts(self.desk, f"{self.desk}@desk.example", self.desk, True)
        if not self.row:
            return Facts(desk, author, AGENT_FACTS)
        return Facts(
            desk,
            author,
            AGENT_FACTS,
            token=TokenFacts(self.number, person),
            tickets={self.number: self._ticket()},
        )

    def _carry_out(
        self, plan: Plan, at: int, place: int, author: int | None, terms: Terms, kind: str = "", evidence: str = ""
    ) -> None:
        if not plan.events:
            return
        if plan.opening is not None:
            opening = plan.opening
            subject = Subject(self.desk, opening.team, "medium", "question", frozenset(), self.customer.address)
            self.life = Life(subject, "new", opening.at, opening.at)
            self.row = _new_ticket(self.number, self.desk, opening.team, self.person, opening.at)
        assert self.life is not None
        message = None
        if plan.filing is not None:
            message = len(self.out.messages)
            self.out.messages.append(
                (
                    place, self.number, plan.filing.kind, plan.filing.state, author, "smtp", plan.filing.because,
                    plan.filing.evidence, plan.events[0].at, at,
                    plan.events[0].at if plan.filing.kind == "agent" else None,
                )
            )  # fmt: skip
        course = follow(self.life, plan.events, terms)
        self._record(course.events, at, ACT, place, message, author)
        self._become(course.life, wake_at(course.life, terms))

    def _record(
        self, events: Sequence[Event], now: int, phase: int, place: int, message: int | None, author: int | None
    ) -> None:
        for event in events:
            data = dict(event.data)
            if event.column is not None:
                data |= {"from": event.was, "to": event.becomes}
                self._change(event)
            if event.kind == "agent_replied" and data.get("first"):
                self.row["first_response_at"] = event.at
            if event.kind == "promise_made":
                self.made[str(data["metric"]), int(data["cycle"])] = len(self.out.events)  # type: ignore[arg-type]
            actor = author if event.actor == "author" else event.actor
            self.out.events.append(
                (
                    now, phase, place, self.number, event.kind, event.at, actor, event.because, message,
                    json.dumps(data, separators=(",", ":")),
                )
            )  # fmt: skip
            self.last = event.at
        if events:
            self.row["updated_at"] = events[-1].at

    def _change(self, event: Event) -> None:
        row = self.row
        assert event.column is not None
        row["assignee_id" if event.column == "assignee" else event.column] = event.becomes
        if event.column == "status":
            for status, column in STAMPS.items():
                if event.becomes == status:
                    row[column] = event.at
                elif event.becomes in BACKLOG:
                    row[column] = None

    def _become(self, life: Life, wakes: int | None) -> None:
        self.life, self.wakes = life, wakes

    def end(self) -> None:
        """Hand in what is left: the ticket and its promises."""
        assert self.life is not None
        self.out.tickets.append(tuple(self.row.values()))
        for p in self.life.promises:
            row = tuple(getattr(p, name) for name in PROMISE)
            self.out.promises.append((self.made[p.metric, p.cycle], self.number, *row))


def _new_ticket(number: int, desk: str, team: str, requester: int, at: int) -> Row:
    return {
        "ticket_id": number,
        "desk": desk,
        "status": "new",
        "priority": "medium",
        "type": "question",
        "team": team,
        "assignee_id": None,
        "requester_id": requester,
        "resolution_code": None,
        "escalation_level": 0,
        "channel": "smtp",
        "opened_at": at,
        "updated_at": at,
        "first_response_at": None,
        "resolved_at": None,
        "closed_at": None,
        "merged_into_id": None,
    }


class Rows:
    """What was collected, as tuples."""

    def __init__(self) -> None:
        self.tickets: list[tuple[Any, ...]] = []
        self.events: list[tuple[Any, ...]] = []
        self.messages: list[tuple[Any, ...]] = []
        self.promises: list[tuple[Any, ...]] = []


def fold(script: Script, persons: Sequence[int], founded: Founding, first: int, last: int, until: int) -> Rows:
    """The lives of the tickets from ``first`` up to ``last`` (not included), counted from 1."""
    out = Rows()
    c = script.columns
    mine = np.flatnonzero((c["ticket"] >= first) & (c["ticket"] < last))
    mine = mine[np.argsort(c["ticket"][mine], kind="stable")]
    lists = {name: c[name][mine].tolist() for name in c}
    places = mine.tolist()
    (_, before), (changed, after) = founded.terms
    lived: Lived | None = None
    terms = before

    def over(lived: Lived, terms: Terms) -> None:
        if terms is before:
            lived.pass_time(changed, before)
            lived.under(changed, after)
        lived.pass_time(until, after)
        lived.end()

    for i, (number, at, do) in enumerate(zip(lists["ticket"], lists["at"], lists["do"], strict=True)):
        if lived is None or lived.number != number:
            if lived is not None:
                over(lived, terms)
            lived = Lived(number, script.customer_of(number), persons[number - 1], int(script.desk[number - 1]), out)
            terms = before if at < changed else after
        elif terms is before and at >= changed:
            lived.pass_time(changed, before)
            lived.under(changed, after)
            terms = after
        lived.pass_time(at, terms)
        if do == WRITE:
            lived.write(at, places[i], terms)
        elif do == REPLY:
            lived.reply(at, places[i], lists["agent"][i], terms)
        elif do == RATE:
            lived.rate(at, places[i], bool(lists["positive"][i]), terms)
        elif do == SET:
            lived.set(at, places[i], lists["agent"][i], _values(lists, i), terms)
    if lived is not None:
        over(lived, terms)
    return out


def _values(lists: Mapping[str, list[int]], i: int) -> dict[str, str | int | None]:
    known: dict[str, Sequence[Any]] = {
        "team": TEAMS,
        "assignee": range(1, len(AGENTS) + 1),
        "priority": PRIORITIES,
        "type": TYPES,
        "status": STATUSES,
    }
    return {name: words[lists[name][i]] for name, words in known.items() if lists[name][i] != NONE}
