"""A crash run: load, a relay in bad weather, kill -9 at random moments, then quiet, then the oracle.

The same seed gives the same mails, the same weather and the same blows; what the scheduler makes of them differs.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash import oracle, state
from tests.crash.clients import Books, Client
from tests.crash.mails import REFUSED, Writer
from tests.crash.oracle import Fault, World
from tests.crash.post import Feeder, Mailboxes
from tests.crash.relay import Weather
from tests.crash.state import State
from tests.crash.victim import Blow, Victim
from tests.fakes import FakeRelay
from tests.journey.running import until
from tests.journey.sink import Sink

DRAIN_SECONDS = 60.0
BLOWS: Sequence[Blow] = ("main",) * 8 + ("group", "worker")


@dataclass(frozen=True)
class Plan:
    """What a run is to be. It ends after so many ``seconds`` or ``kills``, whichever comes first; 0 kills: no blows."""

    seed: str
    database: str
    seconds: float = 1e9
    kills: int = 1_000_000
    clients: int = 6
    pace: float = 0.15
    mailboxes: Mailboxes | None = None
    trouble: Callable[[Scene], None] | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    clock_leaps: bool = False


@dataclass(frozen=True)
class Scene:
    """What a ``trouble`` may use, which takes the place of the blows: the daemon under load, and what clients hear."""

    victim: Victim
    books: Books
    relay: FakeRelay

    def until_taken(self, count: int = 10) -> None:
        """Wait until so many mails more are acknowledged."""
        enough = len(self.books.acknowledged) + count
        until(lambda: len(self.books.acknowledged) >= enough, 60)

    def until_deferred(self, count: int = 5) -> None:
        """Wait until clients were asked so often to come again."""
        enough = len(self.books.deferred) + count
        until(lambda: len(self.books.deferred) >= enough, 60)


@dataclass
class Report:
    """What happened; ``again`` counts mails that were sent once more because no 250 came."""

    plan: Plan
    kills: int = 0
    workers: int = 0
    acknowledged: int = 0
    again: int = 0
    appended: int = 0
    letters: int = 0
    repeated: int = 0
    seconds: float = 0.0
    starts: list[float] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    evidence: tuple[State, World] | None = None

    def count(self, kind: str) -> int:
        return sum(fault.kind == kind for fault in self.faults)

    def __str__(self) -> str:
        starts = sorted(self.starts)
        lines = [
            f"seed {self.plan.seed}: {self.kills} kills and {self.workers} of workers in {self.seconds:.0f} s "
            f"(a start takes {starts[len(starts) // 2] if starts else 0:.1f} s), "
            f"{self.acknowledged} mails acknowledged, {self.again} sent again, {self.appended} laid into mailboxes, "
            f"{self.letters} letters, {self.repeated} repeated; "
            f"{self.count('lost')} lost, {self.count('doubled')} doubled, {self.count('half')} half, "
            f"{self.count('wrong')} otherwise wrong"
        ]
        return "\n".join([*lines, *(f"  {fault.kind}: {fault.sentence}" for fault in self.faults[:20])])


def run(plan: Plan, folder: Path, tell: Callable[[Report], None] = lambda _: None) -> Report:
    """Run it in ``folder`` (empty); ``tell`` is called after each kill."""
    report, started = Report(plan), time.monotonic()
    with Sink() as sink:
        weather = Weather(sink, plan.seed, REFUSED)
        tables = plan.mailboxes.tables if plan.mailboxes else ""
        victim = Victim(folder, sink.port, plan.database, tables, environment=plan.environment)
        books = Books()
        clients: list[Client | Feeder] = [
            Client(victim, Writer(plan.seed, str(number)), weather.notes, books, plan.pace)
            for number in range(plan.clients)
        ]
        if plan.mailboxes:
            clients.append(Feeder(plan.mailboxes, Writer(plan.seed, "feeder"), weather.notes, books, plan.pace))
        try:
            victim.launch()
            victim.must_be_ready()
            if plan.kills and not plan.trouble:
                weather.start()
            for client in clients:
                client.start()
            if plan.trouble:
                plan.trouble(Scene(victim, books, sink.relay))
            else:
                _kill(plan, victim, report, tell)
            weather.calm()
            for client in clients:
                client.stop.set()
            for client in clients:
                client.join(DRAIN_SECONDS)
            report.faults += [Fault("wrong", f"a {c.name} is not done: {c.last}") for c in clients if c.is_alive()]
            report.faults += _settle(plan, victim)
        except AssertionError as error:
            report.faults.append(Fault("wrong", str(error)))
        finally:
            for client in clients:
                client.stop.set()
                client.give_up()
            weather.calm()
            code = victim.end()
            left = victim.survivors()
        if plan.trouble and victim.generation != 1:
            report.faults.append(Fault("wrong", "it was started again"))
        if code != 0:
            report.faults.append(Fault("wrong", f"SIGTERM ended it with {code}"))
        report.faults += [Fault("wrong", f"process {pid} outlived it") for pid in left]
        _judge(plan, books, weather, report)
    report.starts = victim.starts
    report.seconds = time.monotonic() - started
    return report


def _kill(plan: Plan, victim: Victim, report: Report, tell: Callable[[Report], None]) -> None:
    chance = random.Random(f"{plan.seed} killer")
    if not plan.kills:
        time.sleep(plan.seconds)
    end = time.monotonic() + plan.seconds
    while time.monotonic() < end and report.kills < plan.kills:
        early = chance.random() < 0.2
        if not early:
            victim.must_be_ready()
        time.sleep(chance.uniform(0.0, 1.3 if early else 1.6))
        if not early:
            assert victim.lives(), f"it ended by itself:\n{victim.log.read_text()[-3000:]}"
        blow = chance.choice(BLOWS)
        if blow == "worker" and early:
            blow = "main"
        if victim.strike(blow, chance.random()):
            report.kills += 1
            victim.launch()
        else:
            report.workers += 1
        tell(report)
    victim.must_be_ready()


def _settle(plan: Plan, victim: Victim) -> list[Fault]:
    """Wait until nothing waits any more."""
    try:
        until(lambda: not state.count(plan.database, "waiting"), DRAIN_SECONDS)
        until(lambda: not state.count(plan.database, "outbox WHERE state = 'queued'"), DRAIN_SECONDS)
        if plan.mailboxes:
            until(plan.mailboxes.all_done, DRAIN_SECONDS)
    except AssertionError:
        return [Fault("wrong", f"mail still waits {DRAIN_SECONDS:.0f} s after the last kill")]
    return [] if victim.lives() else [Fault("wrong", "it ended by itself")]


def _judge(plan: Plan, books: Books, weather: Weather, report: Report) -> None:
    lying = plan.mailboxes.lying() if plan.mailboxes else []
    world = World(books.acknowledged, weather.notes.postmarks, REFUSED, lying, report.workers > 0, plan.clock_leaps)
    report.faults += [Fault("wrong", f"{sent.marker} was answered {said}") for sent, said in books.refused]
    report.evidence = (state.read(plan.database), world)
    report.faults += oracle.faults(*report.evidence)
    marks = Counter(weather.notes.postmarks)
    report.acknowledged, report.again = len(books.acknowledged), len(books.again)
    report.letters, report.repeated = len(marks), sum(marks.values()) - len(marks)
    report.appended = len(books.appended)
