"""One ticket as its rows would be: what plans do to it, and what an agent's commands find there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from daemon.core.acting.work import Work
from daemon.core.acts import (
    ActFacts,
    Away,
    Joining,
    Macro,
    Merging,
    Office,
    Requesting,
    Unlinking,
    Watching,
)
from daemon.core.carrying_out import CarryingOut
from daemon.core.commands.reading import read
from daemon.core.plan import AgentFacts, Facts, Filing, Plan, Policy, TicketFacts
from daemon.core.undoing import undo
from tests.core.examples import AGENT, COLLEAGUE, CUSTOMER, NOW, POLICY, facts, ticket

AGENTS = (
    AgentFacts(AGENT, "agent@example.com", frozenset({"support"}), frozenset({"support"}), "Desk Agent"),
    AgentFacts(COLLEAGUE, "colleague@example.com", frozenset({"billing"}), frozenset(), "Other Agent"),
)
MACROS = {
    "thanks": Macro("Thank you.", read("#tag thanked\n").commands),
    "mine": Macro("", read("#take\n#priority urgent\n").commands),
}
PEOPLE = {"customer@example.net": CUSTOMER, "guest@example.net": 20, "boss@example.net": 21}
FILING = Filing("agent", "filed", "reply-token", "submission")
OTHERS = (1041, 1043)


@dataclass
class Bench:
    """The ticket 1042 on the bench; ``done`` are the acts on it that were not undone."""

    status: str = "open"
    values: dict[str, Any] = field(
        default_factory=lambda: {
            "priority": "medium", "type": "question", "team": "support", "assignee": None, "subject": "Printer",
            "resolution_text": None, "requester": CUSTOMER, "merged_into": None, "snoozed_until": None,
        }
    )  # fmt: skip
    tags: set[str] = field(default_factory=set)
    contacts: dict[str, int] = field(default_factory=lambda: {"customer@example.net": CUSTOMER})
    watchers: set[int] = field(default_factory=set)
    links: set[int] = field(default_factory=set)
    merged: set[int] = field(default_factory=set)
    away: set[int] = field(default_factory=set)
    policy: Policy = POLICY
    done: list[ActFacts] = field(default_factory=list)

    @property
    def facts(self) -> Facts:
        """What a decision knows."""
        found = Office(
            values=dict(self.values),
            tags=frozenset(self.tags),
            teams=frozenset({"support", "billing"}),
            macros=MACROS,
            people=PEOPLE,
            names={a.person: a.name for a in AGENTS},
            ours=frozenset({"support@example.com"}),
            contacts=dict(self.contacts),
            links=frozenset(self.links),
        )
        others = {number: ticket(id=number, status="open") for number in OTHERS}
        known = facts(AGENT, "agent@example.com", office=found, tickets={1042: self.ticket, **others})
        return replace(known, agents=AGENTS)

    @property
    def ticket(self) -> TicketFacts:
        return ticket(
            status=self.status,
            team=self.values["team"],
            assignee=self.values["assignee"],
            requester=self.values["requester"],
            merged_into=self.values["merged_into"],
            participants=frozenset(self.contacts.values()),
            watchers=frozenset(self.watchers),
        )

    @property
    def state(self) -> dict[str, Any]:
        """All that an undo can bring back."""
        names = ("status", "values", "tags", "contacts", "watchers", "links", "merged")
        return {name: getattr(self, name).copy() if name != "status" else self.status for name in names}

    # -- an agent's mail

    def carrying_out(self) -> CarryingOut:
        return CarryingOut(self.facts, self.policy, AGENT, self.ticket, NOW, "reply-token")

    def work(self, words: str) -> Work:
        return self.carrying_out().work(read(words))

    def plan(self, words: str, wait: int = 0) -> Plan:
        """What follows from a mail with these words, of which each line can be carried out."""
        carrying_out, orders = self.carrying_out(), read(words)
        work = carrying_out.work(orders)
        assert not orders.strange and not work.faults, (words, orders.strange, work.faults)
        return carrying_out.carried_out(work, orders, FILING, wait)

    def does(self, words: str, wait: int = 0) -> Plan:
        """The same, and it is written."""
        plan = self.plan(words, wait)
        self.write(plan)
        reply = "waiting" if plan.wait else "filed" if plan.filing else None
        self.done.append(ActFacts(len(self.done) + 1, AGENT, 1042, 7 if plan.filing else None, reply, plan.did))
        return plan

    def undoes(self) -> Plan:
        """The last act that was not undone is taken back."""
        plan = undo(self.done.pop(), self.facts, self.ticket, AGENT, NOW)
        self.write(plan)
        return plan

    # -- what a plan does to the rows

    def write(self, plan: Plan) -> None:
        for event in plan.events:
            if event.column == "status":
                assert self.status == event.was
                self.status, self.values["snoozed_until"] = str(event.becomes), None
            elif event.column is not None:
                assert self.values[event.column] == event.was
                self.values[event.column] = event.becomes
            data = dict(event.data)
            if event.kind == "snoozed":
                self.values["snoozed_until"] = data["until"]
            elif event.kind == "tagged":
                self.tags.add(str(data["tag"]))
            elif event.kind == "untagged":
                self.tags.discard(str(data["tag"]))
        self.links |= {number for number, kind in plan.links if kind == "related"}
        for deed in plan.deeds:
            self._do(deed)

    def _do(self, deed: object) -> None:
        match deed:
            case Joining():
                self._join(deed)
            case Requesting():
                person = deed.who if isinstance(deed.who, int) else PEOPLE[deed.who.key]
                self.values["requester"] = person
                if deed.joins:
                    self.contacts |= {key: who for key, who in PEOPLE.items() if who == person}
            case Watching():
                (self.watchers.add if deed.on else self.watchers.discard)(deed.person)
            case Unlinking():
                self.links.discard(deed.other)
            case Merging():
                (self.merged.add if deed.on else self.merged.discard)(deed.into)
            case Away():
                (self.away.discard if deed.since is None else self.away.add)(deed.person)

    def _join(self, deed: Joining) -> None:
        if isinstance(deed.who, int):
            self.contacts = {key: who for key, who in self.contacts.items() if who != deed.who}
        elif deed.joins:
            self.contacts[deed.who.key] = PEOPLE[deed.who.key]
        else:
            self.contacts.pop(deed.who.key)


def events(plan: Plan) -> list[tuple[str, Any, Any]]:
    """Kind, value before and value after of each event."""
    return [(e.kind, e.was, e.becomes) for e in plan.events]
