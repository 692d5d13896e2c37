"""Any life of tickets that a state machine finds, on a real desk that is started anew in between."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from tests.promises.agreed import AFTER, BEFORE, RULES_AFTER, RULES_BEFORE, agrees_with_the_judge, settings
from tests.promises.desk import SimulatedDesk, utc
from tests.promises.test_quarter import MOVES_BY_HAND

START = utc("2026-03-26 09:00")
HOUR = 3600
PAUSES = st.one_of(st.integers(1, 300), st.integers(1, 12 * HOUR), st.integers(1, 4 * 24 * HOUR))
TICKETS = st.integers(0, 5)
STATUSES = st.sampled_from(["open", "on_hold", "resolved", "closed", "spam"])


class Lives(RuleBasedStateMachine):
    """Each rule is something that happens so many seconds later, to the ticket of that number if it is there."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="lives-")
        path = Path(self.folder.name)
        self.desk = SimulatedDesk(f"sqlite:///{path}/desk.db", path, settings(BEFORE), START)
        self.customers: list[tuple[int, str]] = []
        self.terms = [(START, RULES_BEFORE)]
        self.asleep = False
        self.opens(1)

    def later(self, pause: int) -> None:
        """Time passes; if the ticker sleeps, whatever happens next comes before it."""
        if self.asleep:
            self.desk.now += pause
        else:
            self.desk.live_until(self.desk.now + pause)
        self.asleep = False

    @rule(pause=PAUSES)
    def opens(self, pause: int) -> None:
        self.later(pause)
        customer = f"customer{len(self.customers)}@example.net"
        self.customers.append((self.desk.open(customer), customer))

    @rule(pause=PAUSES, which=TICKETS)
    def the_customer_writes(self, pause: int, which: int) -> None:
        number, customer = self.customers[which % len(self.customers)]
        self.later(pause)
        if self.desk.status(number) != "closed":
            self.desk.customer_replies(number, customer)

    @rule(pause=PAUSES, which=TICKETS)
    def the_agent_answers(self, pause: int, which: int) -> None:
        number, _ = self.customers[which % len(self.customers)]
        self.later(pause)
        if self.desk.status(number) != "spam":
            self.desk.agent_replies(number)

    @rule(pause=PAUSES, which=TICKETS, becomes=STATUSES)
    def the_status_changes(self, pause: int, which: int, becomes: str) -> None:
        number, _ = self.customers[which % len(self.customers)]
        self.later(pause)
        if becomes in MOVES_BY_HAND[self.desk.status(number)]:
            self.desk.set(number, status=becomes)

    @rule(pause=PAUSES, which=TICKETS, becomes=st.sampled_from(["low", "medium", "urgent"]))
    def the_priority_changes(self, pause: int, which: int, becomes: str) -> None:
        self.later(pause)
        self.desk.set(self.customers[which % len(self.customers)][0], priority=becomes)

    @rule(pause=PAUSES, which=TICKETS)
    def it_is_tagged(self, pause: int, which: int) -> None:
        self.later(pause)
        self.desk.tag(self.customers[which % len(self.customers)][0], "vip")

    @rule(pause=PAUSES)
    def the_daemon_starts_anew(self, pause: int) -> None:
        self.later(pause)
        self.desk.restart(settings(BEFORE if self.terms[-1][1] is RULES_BEFORE else AFTER))
        self.desk.tick()

    @rule()
    def the_ticker_sleeps(self) -> None:
        self.asleep = True

    @precondition(lambda self: len(self.terms) < 3)
    @rule(pause=PAUSES)
    def the_terms_change(self, pause: int) -> None:
        self.later(pause)
        self.desk.tick()
        before = self.terms[-1][1] is RULES_AFTER
        self.desk.restart(settings(BEFORE if before else AFTER))
        self.terms.append((self.desk.now, RULES_BEFORE if before else RULES_AFTER))
        self.desk.tick()

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        self.later(24 * HOUR)
        self.desk.tick()
        try:
            agrees_with_the_judge(self.desk, self.terms, self.desk.now)
        finally:
            self.desk.close()
            self.folder.cleanup()


TestLives = Lives.TestCase
TestLives.settings = hypothesis_settings(max_examples=8, stateful_step_count=14, deadline=None)
