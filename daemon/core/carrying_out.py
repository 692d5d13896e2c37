"""One agent at one ticket: what their words and commands do, now and when the words are released."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from daemon.core import hearing, routing
from daemon.core.acting.act import act
from daemon.core.acting.work import BECAUSE, Work
from daemon.core.acts import NOTHING, Changed, Did, Merging, News, Notice, Receipt, Wait
from daemon.core.case import move, notices, told_of
from daemon.core.commands.reading import Orders
from daemon.core.plan import AgentFacts, Event, Facts, Filing, Outgoing, Plan, Policy, TicketFacts
from daemon.core.status import after_agent_replied
from daemon.core.typed import is_blank
from daemon.core.values import Address, Instant


@dataclass(frozen=True, slots=True)
class CarryingOut:
    """``because`` is the rule by which the mail acts."""

    facts: Facts
    policy: Policy
    agent: int
    ticket: TicketFacts | None
    now: Instant
    because: str

    @property
    def who(self) -> AgentFacts:
        return next(a for a in self.facts.agents if a.person == self.agent)

    @property
    def at(self) -> Instant:
        return max(self.now, self.ticket.last_event_at) if self.ticket else self.now

    def work(self, orders: Orders) -> Work:
        return act(orders, self.facts, self.who, self.ticket, self.policy, self.at, self.now)

    def public(self, work: Work, orders: Orders) -> str:
        """The words that go to customers; '' for none."""
        if orders.note is not None:
            return ""
        return "\n\n".join(part for part in (*work.words, orders.words.strip("\n")) if not is_blank(part))

    def without_ticket(self, work: Work) -> Plan:
        """Commands that concern no ticket: questions, and the agent's own affairs."""
        receipt = self._receipt(work, Receipt("dry" if work.dry else "done")) if work.changes else None
        letters = tuple(work.asks) + ((Outgoing("receipt", self.agent, self.because),) if receipt else ())
        if work.dry:
            return Plan("ignored", "asked-by-agent", outgoing=letters, receipt=receipt, orders_of=self.agent)
        return Plan(
            "ignored",
            "commands-of-agent",
            outgoing=letters,
            deeds=tuple(work.deeds),
            did=tuple(work.did),
            receipt=receipt,
            orders_of=self.agent,
        )

    def carried_out(self, work: Work, orders: Orders, filing: Filing, wait: int) -> Plan:
        """The whole consequence: changes now; public words now or after ``wait`` seconds, and the status with them."""
        ticket = self.ticket
        assert ticket is not None
        public = self.public(work, orders)
        note = orders.note if orders.note is not None and orders.note.strip() else None
        commanded = bool(orders.commands) or note is not None
        people = routing.receivers_after(work.deeds, ticket, self.facts) if public else ()
        becomes = self._becoming(work, ticket, public)
        # By the time that words leave, what waited before them has been told.
        then = replace(ticket, unheard=False) if public and wait else ticket
        told = self._told(then, becomes, people if public else None)
        receipt = Receipt(
            "dry" if work.dry else "done",
            recipients=people,
            words=public or note or "",
            internal=note is not None,
            waits=wait if public or told else 0,
            told=told,
            readers=self._readers(work, ticket),
        )
        if work.dry:
            rehearsed = self._receipt(work, receipt, becomes)
            asks = (*work.asks, Outgoing("receipt", self.agent, "asked-by-agent"))
            return Plan("ignored", "asked-by-agent", ticket.id, outgoing=asks, receipt=rehearsed, orders_of=self.agent)
        events, letters, news, did = list(work.events), list(work.asks), list[News](), list(work.did)
        if public:
            did.append(Did("reply"))
            filing = replace(filing, state="waiting" if wait else "filed", words=public)
        elif note is not None:
            filing = replace(filing, kind="note", words=note)
            did.append(Did("note"))
            events.append(Event("note_added", self.because, self.at, self.agent))
        aside = work.values.get("snoozed_until")
        until = work.until if work.until is not None or becomes != ticket.status else aside
        if until != aside and not work.merges:
            did.append(Did("snooze", "", cast("int | None", aside), until))  # before the status: it is undone after it
        if becomes != ticket.status and not work.merges:
            did.append(Did("column", "status", ticket.status, becomes))
        if told:
            did.append(Did("notice", becomes=becomes))
        if orders.commands and not did and not work.asks:
            did += NOTHING
        if not (public and wait):
            out = released(
                self.facts,
                ticket,
                self.agent,
                self.policy,
                self.at,
                self.because,
                people if public else None,
                becomes,
                work.until if not work.merges else None,
                tells=not wait,
            )
            events = [*out.events, *events] if public else [*events, *out.events]
            letters += out.outgoing
            news += out.news
        heard, kept = self._heard(work, ticket, note)
        letters += heard
        news += kept
        letters += self._merged(work, ticket)
        wants = self.policy.receipts == "always" or (self.policy.receipts == "commands" and commanded)
        told_agent = self._receipt(work, receipt, becomes) if wants and not (work.asks and not work.changes) else None
        if told_agent is not None:
            letters.append(Outgoing("receipt", self.agent, self.because))
        return Plan(
            "filed",
            self.because,
            ticket.id,
            filing=filing if public or note is not None else None,
            events=tuple(events),
            outgoing=tuple(letters),
            links=tuple(work.links),
            deeds=tuple(work.deeds),
            did=tuple(did),
            orders_of=self.agent,
            words=public,
            wait=Wait(self.agent, self.now + wait, work.becomes, work.until, people) if public and wait else None,
            notice=Notice(self.now + wait, becomes, told_of(ticket, becomes), told)
            if told and wait and not public
            else None,
            receipt=told_agent,
            news=tuple(news),
        )

    def _becoming(self, work: Work, ticket: TicketFacts, public: str) -> str:
        """The status after this mail: the one that it asks for, else what an answer makes of the present one."""
        if work.merges:
            return "merged"
        if work.becomes is not None:
            return work.becomes
        return after_agent_replied(ticket.status) if public else ticket.status

    def _heard(
        self, work: Work, ticket: TicketFacts, note: str | None
    ) -> tuple[tuple[Outgoing, ...], tuple[News, ...]]:
        """Colleagues who hear of it, each once, of what concerns them most."""
        facts = self.facts
        people: dict[int, tuple[hearing.Occasion, bool]] = {}
        if note is not None:
            for person in hearing.holders(facts, ticket.team, ticket.assignee, ticket.watchers):
                people[person] = ("noted", False)
            for person in hearing.mentioned(note, facts.agents):
                people[person] = ("mentioned", True)
        if work.assigned is not None:
            people.setdefault(work.assigned, ("assigned", True))
        elif work.team is not None and work.values.get("assignee") is None:
            for person in hearing.holders(facts, work.team):
                people.setdefault(person, ("assigned", False))
        letters: list[Outgoing] = []
        news: list[News] = []
        people.pop(self.agent, None)
        for person, (occasion, away_too) in people.items():
            now, later = hearing.told(occasion, (person,), facts, self.because, away_too=away_too)
            letters += now
            news += later
        return tuple(letters), tuple(news)

    def _told(
        self, ticket: TicketFacts, becomes: str, people: tuple[int | Address, ...] | None
    ) -> tuple[int | Address, ...]:
        """Who hears that the ticket has another status: ``people``, else all who take part."""
        if becomes in (ticket.status, "merged"):
            return ()
        people = tuple(sorted(ticket.participants - {self.agent})) if people is None else people
        return people if notices(ticket, told_of(ticket, becomes), people, self.policy) else ()

    def _into(self, work: Work) -> TicketFacts | None:
        """The ticket into which this one is merged."""
        return next((self.facts.tickets[deed.into] for deed in work.deeds if isinstance(deed, Merging)), None)

    def _merged(self, work: Work, ticket: TicketFacts) -> tuple[Outgoing, ...]:
        into = self._into(work)
        return hearing.of_merge("merged", ticket.id, into, self.facts, self.agent, self.because) if into else ()

    def _readers(self, work: Work, ticket: TicketFacts) -> tuple[int, ...]:
        into = self._into(work)
        return tuple(sorted(ticket.participants | into.participants)) if into else ()

    def _receipt(self, work: Work, receipt: Receipt, becomes: str | None = None) -> Receipt:
        changes = list(work.changes)
        if work.until is not None:
            changes.append(Changed("snooze", "", str(work.until)))
        elif self.ticket is not None and becomes is not None and becomes != self.ticket.status and not work.merges:
            changes.append(Changed("status", self.ticket.status, becomes))
        says = receipt.words or receipt.told or receipt.readers
        kind = "nothing" if receipt.kind == "done" and not changes and not says else receipt.kind
        return replace(receipt, kind=kind, understood=tuple(work.understood), changes=tuple(changes))


def released(
    facts: Facts,
    ticket: TicketFacts,
    agent: int,
    policy: Policy,
    at: Instant,
    because: str,
    people: tuple[int | Address, ...] | None,
    becomes: str,
    until: Instant | None,
    *,
    tells: bool = True,
) -> Plan:
    """An answer leaves for ``people`` (None: there is none), and the status becomes what its agent asked for.

    ``tells``: customers hear of the status now, where they hear of it at all.
    """
    events: list[Event] = []
    letters: tuple[Outgoing, ...] = ()
    news: tuple[News, ...] = ()
    public = people is not None
    people = people if people is not None else tuple(sorted(ticket.participants - {agent}))
    if public:
        events.append(Event("agent_replied", because, at, agent, data=(("first", ticket.first_response_at is None),)))
        letters += tuple(Outgoing("answer", person, because) for person in people)
        colleagues = [p for p in (ticket.assignee, *sorted(ticket.watchers)) if p is not None and p != agent]
        heard, news = hearing.told("answered", colleagues, facts, because)
        letters += heard
    if becomes != ticket.status and becomes != "merged":
        moved = "agent-replied" if public and becomes == after_agent_replied(ticket.status) else BECAUSE
        events += move(ticket, becomes, moved, at, agent)
        letters += notices(ticket, told_of(ticket, becomes), people, policy) if tells else ()
    if until is not None:
        events.append(Event("snoozed", BECAUSE, at, agent, data=(("until", until),)))
    return Plan("filed", because, ticket.id, events=tuple(events), outgoing=letters, news=news)
