"""What follows from a mail with an agent's From: an answer, a note, changes; or a question to the agent (invariant 11).

From, the agent's own reply token and the evidence that the door trusts, all three; short of it nothing is done until
the agent has confirmed it. What reads like our own words goes to no customer at all (invariant 28), and what may be for
other eyes, or crosses with other words, waits for its agent's word (``guarding``). Commands are done all or none.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from daemon.core import acting, guarding, hearing, matching, routing, undoing
from daemon.core.acting import Work
from daemon.core.acts import Changed, Did, Fault, News, Receipt, Wait
from daemon.core.case import Case, move, notices
from daemon.core.commands.reading import Orders
from daemon.core.from_customer import open_ticket
from daemon.core.plan import AgentFacts, Event, Facts, Filing, Holding, Outgoing, Plan, Policy, TicketFacts
from daemon.core.status import after_agent_replied
from daemon.core.values import Instant

TOKEN_ROOM = 10
NO_ORDERS = Orders()


def from_agent(case: Case) -> Plan:
    """Carry out an agent's mail, or hold it and ask."""
    facts = case.facts
    assert facts.author is not None and facts.author.person is not None
    agent = facts.author.person
    orders = facts.orders or NO_ORDERS
    if case.screened.automatic is not None:
        return Plan("ignored", "automatic-mail-from-agent")
    if not case.evidence.proved:
        return _hold(case, agent, "agent-unproved")
    match = matching.match(facts, proved=True)
    if match.ticket is None and facts.acted and orders.commands and not case.confirmed:
        return Plan("ignored", "agent-message-id-seen")
    if _sent_again(case, match.ticket):
        return _hold(case, agent, "agent-message-id-elsewhere")
    if match.ticket is None:
        personal = facts.token is not None and facts.token.ticket == 0 and facts.token.person == agent
        if (facts.referenced or orders.commands) and not personal and not case.confirmed:
            return _hold(case, agent, "agent-without-token")
        if orders.commands or (orders.strange and not case.confirmed):
            return _seen_to(case, None, agent, orders, "commands-of-agent")
        links = ((match.claimed, "mentioned"),) if match.claimed else ()
        return open_ticket(
            replace(case, screened=replace(case.screened, answerable=False)), match.because, links, proves=False
        )
    if match.because != "reply-token" and not case.confirmed:
        return _hold(case, agent, "token-of-another" if facts.token else "agent-without-token")
    if match.ticket.seen_from_author:
        return Plan("ignored", "agent-message-id-seen", match.ticket.id)
    return _seen_to(case, match.ticket, agent, orders, match.because)


def _seen_to(case: Case, ticket: TicketFacts | None, agent: int, orders: Orders, because: str) -> Plan:
    """Do what the mail says, all of it or nothing."""
    facts, policy = case.facts, case.policy
    if orders.strange and not case.confirmed:
        faults = tuple(Fault(s.line, s.because, s.word, s.nearest) for s in orders.strange)
        return _unclear(case, ticket, agent, faults, releasable=_only_words(orders))
    act = Acting(facts, policy, agent, ticket, case.now, because)
    work = act.work(orders)
    if work.faults:
        return _unclear(case, ticket, agent, tuple(work.faults), releasable=False)
    if work.undoes:
        return undoing.undo(facts.office.last_act, facts, ticket, agent, case.now)
    if ticket is None:
        return act.without_ticket(work)
    public = act.public(work, orders)
    if facts.withheld is not None or (public and not work.dry):
        if not ticket.participants:
            return _hold(case, agent, "nobody-to-write-to")
        if work.merges:
            return _unclear(case, ticket, agent, (Fault("#merge", "merge-stands-alone"),), releasable=False)
        doubt = guarding.doubt(facts, ticket, agent, policy, case.now)
        if doubt is not None and (doubt == facts.withheld or not case.confirmed):
            return _withhold(case, ticket, agent, because, doubt)
    filing = Filing("agent", "filed", because, case.evidence.because, case.evidence.detail)
    return act.carried_out(work, orders, filing, 0 if case.confirmed else policy.undo_seconds)


def _only_words(orders: Orders) -> bool:
    """Whether a mail can be sent as it stands: its only fault is what looks like a command and may be none."""
    return all(s.because in ("unknown-command", "command-at-the-end") for s in orders.strange)


@dataclass(frozen=True, slots=True)
class Acting:
    """One agent at one ticket: what their commands come to, and what their words do."""

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
        return acting.act(orders, self.facts, self.who, self.ticket, self.policy, self.at, self.now)

    def public(self, work: Work, orders: Orders) -> str:
        """The words that go to customers; '' for none."""
        if orders.note is not None:
            return ""
        return "\n\n".join(part for part in (*work.words, orders.words.strip("\n")) if part.strip())

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
        kind = "dry" if work.dry else "done"
        receipt = Receipt(
            kind,
            changes=(),
            recipients=routing.receivers(ticket, self.facts) if public else (),
            words=public or note or "",
            internal=note is not None,
            waits=wait if public else 0,
        )
        if work.dry:
            told = self._receipt(work, receipt, self._becoming(work, ticket, public))
            letters = (*work.asks, Outgoing("receipt", self.agent, "asked-by-agent"))
            return Plan("ignored", "asked-by-agent", ticket.id, outgoing=letters, receipt=told, orders_of=self.agent)
        events, letters, news, did = list(work.events), list(work.asks), list[News](), list(work.did)
        if public:
            did.append(Did("reply"))
            filing = replace(filing, state="waiting" if wait else "filed")
        elif note is not None:
            filing = replace(filing, kind="note", words=note)
            did.append(Did("note"))
            events.append(Event("note_added", self.because, self.at, self.agent))
        becomes = self._becoming(work, ticket, public)
        if becomes != ticket.status and not work.merges:
            did.append(Did("column", "status", ticket.status, becomes))
        if not (public and wait):
            out = released(
                self.facts, ticket, self.agent, self.policy, self.at, self.because, bool(public), becomes, work.until
            )
            events = [*out.events, *events] if public else [*events, *out.events]
            letters += out.outgoing
            news += out.news
        heard, kept = self._heard(work, ticket, note)
        letters += heard
        news += kept
        wants = self.policy.receipts == "always" or (self.policy.receipts == "commands" and commanded)
        told = self._receipt(work, receipt, becomes) if wants and not (work.asks and not work.changes) else None
        if told is not None:
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
            wait=Wait(self.agent, self.now + wait, work.becomes, work.until) if public and wait else None,
            receipt=told,
            news=tuple(news),
        )

    def _becoming(self, work: Work, ticket: TicketFacts, public: str) -> str:
        """The status after this mail: the one that it asks for, else what an answer makes of the present one."""
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
            for person in hearing.holders(facts, ticket.team, ticket):
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

    def _receipt(self, work: Work, receipt: Receipt, becomes: str | None = None) -> Receipt:
        changes = list(work.changes)
        if work.until is not None:
            changes.append(Changed("snooze", "", str(work.until)))
        elif self.ticket is not None and becomes is not None and becomes != self.ticket.status and not work.merges:
            changes.append(Changed("status", self.ticket.status, becomes))
        return replace(receipt, understood=tuple(work.understood), changes=tuple(changes))


def released(
    facts: Facts,
    ticket: TicketFacts,
    agent: int,
    policy: Policy,
    at: Instant,
    because: str,
    public: bool,
    becomes: str,
    until: Instant | None,
) -> Plan:
    """An answer leaves (``public``), and the status becomes what its agent asked for."""
    events: list[Event] = []
    letters: tuple[Outgoing, ...] = ()
    news: tuple[News, ...] = ()
    people = routing.receivers(ticket, facts) if public else tuple(sorted(ticket.participants - {agent}))
    if public:
        events.append(Event("agent_replied", because, at, agent, data=(("first", ticket.first_response_at is None),)))
        letters += tuple(Outgoing("answer", person, because) for person in people)
        colleagues = [p for p in (ticket.assignee, *sorted(ticket.watchers)) if p is not None and p != agent]
        heard, news = hearing.told("answered", colleagues, facts, because)
        letters += heard
    if becomes != ticket.status and becomes != "merged":
        told = "reopened" if becomes == "open" and ticket.status in ("resolved", "closed") else becomes
        moved = "agent-replied" if public and becomes == after_agent_replied(ticket.status) else acting.BECAUSE
        events += move(ticket, becomes, moved, at, agent)
        letters += notices(ticket, told, people, policy)
    if until is not None:
        events.append(Event("snoozed", acting.BECAUSE, at, agent, data=(("until", until),)))
    return Plan("filed", because, ticket.id, events=tuple(events), outgoing=letters, news=news)


def _sent_again(case: Case, ticket: TicketFacts | None) -> bool:
    """Whether a mail that acted before comes to another place: a replay, or one mail for two tickets.

    One mail to two desks may open a ticket at each.
    """
    facts = case.facts
    if not facts.acted or case.confirmed:
        return False
    return facts.sibling is None if ticket is None else not ticket.seen_from_author


def confirmed(facts: Facts, ticket: TicketFacts, agent: int, policy: Policy, now: Instant) -> Plan:
    """A held mail of this agent's is carried out after all, with its commands: the response counts from now."""
    act = Acting(facts, policy, agent, ticket, now, "confirmed-by-agent")
    orders = facts.orders or NO_ORDERS
    work = act.work(orders)
    if work.faults:
        letters = (Outgoing("unclear", agent, "command-unclear"),)
        return replace(
            withdraw(ticket, agent, "command-unclear", now), outgoing=letters, faults=tuple(work.faults)
        )
    return replace(act.carried_out(work, orders, Filing("agent", "filed", "", ""), 0), filing=None)


def release(
    facts: Facts, ticket: TicketFacts, agent: int, policy: Policy, wait: Wait, now: Instant
) -> Plan:
    """A reply's undo time is over: it goes out, unless it may not any more; then its agent is asked."""
    doubt = guarding.doubt(facts, ticket, agent, policy, now)
    if doubt is not None:
        return Plan(
            "filed",
            doubt,
            ticket.id,
            events=(Event("reply_held", doubt, max(now, ticket.last_event_at), agent),),
            outgoing=(Outgoing("confirmation", agent, doubt),),
            holding=Holding(agent, doubt, now + policy.confirm_within),
        )
    becomes = wait.becomes if wait.becomes is not None else after_agent_replied(ticket.status)
    at = max(now, ticket.last_event_at)
    return released(facts, ticket, agent, policy, at, "undo-time-over", True, becomes, wait.until)


def withdraw(ticket: TicketFacts, actor: int | None, because: str, now: Instant, message: int | None = None) -> Plan:
    """A held or waiting reply will not go out."""
    event = Event("reply_withdrawn", because, max(now, ticket.last_event_at), actor)
    return Plan("ignored", because, ticket.id, events=(event,), withdraws=message)


def _withhold(case: Case, ticket: TicketFacts, agent: int, because: str, doubt: str) -> Plan:
    """File the reply as held: it is the agent's, but its words may not go out as they are."""
    crossed = guarding.crossing(case.facts, agent, case.policy, case.now) if doubt == "crosses-colleague" else None
    letters = _ask(case, agent, doubt)
    if crossed is not None and crossed.author is not None:
        letters += (Outgoing("crossed", crossed.author, doubt),)
    return Plan(
        "filed",
        because,
        ticket.id,
        filing=Filing("agent", "held", because, case.evidence.because, case.evidence.detail),
        events=(Event("reply_held", doubt, case.at(ticket), agent),),
        outgoing=letters,
        holding=Holding(agent, doubt, case.now + case.policy.confirm_within),
    )


def _unclear(case: Case, ticket: TicketFacts | None, agent: int, faults: tuple[Fault, ...], *, releasable: bool) -> Plan:
    """Nothing of the mail is done; the agent hears which line is why."""
    because = "command-unknown" if releasable else "command-unclear"
    holding = Holding(agent, because, case.now + case.policy.confirm_within)
    letters = (Outgoing("unclear", agent, because),) if _ask(case, agent, because) else ()
    return Plan(
        "quarantined", because, ticket.id if ticket else None, holding=holding, outgoing=letters, faults=faults
    )


def _hold(case: Case, agent: int, because: str) -> Plan:
    """Do nothing until the agent has said that the mail is theirs."""
    holding = Holding(agent, because, case.now + case.policy.confirm_within)
    return Plan("quarantined", because, holding=holding, outgoing=_ask(case, agent, because), doubt=_doubt(case))


def _doubt(case: Case) -> str:
    """The reason and what was seen; where several ways were tried, what was seen names the reason of each itself."""
    because, detail = case.evidence.because, case.evidence.detail
    if not detail:
        return because
    return detail if detail.startswith(because) else f"{because}: {detail}"


def _ask(case: Case, agent: int, because: str) -> tuple[Outgoing, ...]:
    """Ask for confirmation, unless someone makes us ask the same agent over and over.

    Mail with the agent's own token has room beyond what forged mail without one can use up.
    """
    own_token = case.facts.token is not None and case.facts.token.person == agent
    most = max(case.policy.automatic_per_address, 1) * (TOKEN_ROOM if own_token else 1)
    if case.facts.automatic_lately >= most:
        return ()
    return (Outgoing("confirmation", agent, because),)
