"""Two desks that know nothing of each other and answer each other automatically stop by themselves (invariant 9)."""

from __future__ import annotations

import re
import smtplib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fakes import Arrived
from tests.journey.mails import new_mail, reply_to
from tests.journey.running import RunningDesk
from tests.journey.sink import Sink

HANDFUL = 8
QUIET_SECONDS = 1.5
NAMES = ("north", "south")
TABLES = """[agents]
undo_seconds = 0

[tickets]
notify_customer = ["pending", "resolved", "closed", "reopened"]
"""
MARKS = ("auto-submitted", "x-auto-response-suppress", "precedence", "x-loop", "list-id")


def address(name: str) -> str:
    return f"support@{name}.example"


def desks(name: str) -> str:
    return f"""
[[desk]]
name = "support"
address = "{address(name)}"

[[agent]]
name = "Desk Agent"
address = "agent@{name}.example"
"""


@dataclass
class Courier:
    """Carries what each desk sends to the other, and what goes to an agent to nobody; ``carried`` is what crossed."""

    desks: dict[str, RunningDesk]
    sinks: dict[str, Sink]
    strips: bool
    carried: list[Arrived] = field(default_factory=list)
    _taken: dict[str, int] = field(default_factory=lambda: dict.fromkeys(NAMES, 0))

    def carry(self) -> bool:
        """Carry all that lies there; whether anything did."""
        before = len(self.carried)
        for name, sink in self.sinks.items():
            arrived = sink.arrived[self._taken[name] :]
            self._taken[name] += len(arrived)
            other = next(one for one in NAMES if one != name)
            for mail in arrived:
                if mail.recipients[0].endswith(f"@{other}.example") and not mail.recipients[0].startswith("agent@"):
                    self.carried.append(mail)
                    self._deliver(self.desks[other], mail)
        return len(self.carried) > before

    def _deliver(self, desk: RunningDesk, mail: Arrived) -> None:
        content = stripped(mail.content) if self.strips else mail.content
        with smtplib.SMTP("127.0.0.1", desk.ports["outside"], timeout=30) as smtp:
            smtp.sendmail(mail.sender, mail.recipients, content)

    def until_quiet(self) -> None:
        """Carry until nothing came for a while."""
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < QUIET_SECONDS:
            if self.carry():
                quiet_since = time.monotonic()
                assert len(self.carried) <= 10 * HANDFUL, "they do not stop"
            time.sleep(0.02)


def stripped(content: bytes) -> bytes:
    """A mail whose way took every mark of a machine from it."""
    head, _, body = content.partition(b"\r\n\r\n")
    lines = re.split(rb"\r\n(?![ \t])", head)
    kept = [line for line in lines if line.partition(b":")[0].decode().lower() not in MARKS]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body


@contextmanager
def two_desks(folder: Path, relay: str, *, strips: bool) -> Iterator[Courier]:
    with ExitStack() as stack:
        running, sinks = {}, {}
        for name in NAMES:
            (folder / name).mkdir()
            sinks[name] = stack.enter_context(Sink())
            desk = RunningDesk(folder / name, sinks[name], tables=relay + TABLES, desks=desks(name))
            stack.callback(desk.end)
            running[name] = desk.start()
        yield Courier(running, sinks, strips)


def resolves(desk: RunningDesk, agent: str) -> None:
    """The agent answers what they were told last, and thinks that this is the end of it."""
    told = [letter for letter in desk.letters() if letter.kind == "notification"]
    reply = reply_to(told[-1].mail, agent, "#resolve\n\nIt is mended.")
    assert desk.send(reply, "inside").outcome == ("filed", "reply-token")


WAYS = [
    pytest.param("", False, id="as they are"),
    pytest.param("null_sender = false\n", False, id="without the null sender"),
    pytest.param("", True, id="without the marks of a machine"),
    pytest.param("null_sender = false\n", True, id="without either"),
]


@pytest.mark.parametrize(("relay", "strips"), WAYS)
def test_i09_two_desks_that_answer_each_other_automatically_stop_by_themselves(
    tmp_path: Path, relay: str, strips: bool
) -> None:
    with two_desks(tmp_path, relay, strips=strips) as courier:
        north, south = (courier.desks[name] for name in NAMES)
        first = south.send(new_mail(address("north"), To=address("south")))
        assert first.kinds == [("acknowledgement", address("north")), ("notification", "agent@south.example")]
        courier.until_quiet()
        opened = len(courier.carried)
        assert 1 <= opened <= HANDFUL

        resolves(south, "agent@south.example")
        courier.until_quiet()
        answered = len(courier.carried) - opened
        assert 1 <= answered <= HANDFUL

        resolves(north, "agent@north.example")
        courier.until_quiet()
        answered_again = len(courier.carried) - opened - answered
        assert 1 <= answered_again <= HANDFUL

        for name, desk in courier.desks.items():
            tickets = len(desk.rows("SELECT id FROM ticket"))
            print(f"{name}: {tickets} tickets")
            assert tickets <= 2
            assert '"level": "error"' not in desk.log.read_text()
        print(f"crossed: {opened} at first, {answered} after an answer, {answered_again} after another")
