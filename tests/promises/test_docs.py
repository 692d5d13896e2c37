"""The examples of docs/promises.md happen as it says."""

from __future__ import annotations

import re
import tomllib
from contextlib import redirect_stdout
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from daemon.cli.promise import length, tell
from daemon.config import parse
from daemon.desk.explaining import explain_promise
from tests.promises.desk import AGENT, DESK, LEAD, SimulatedDesk, simulated

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "promises.md").read_text("utf-8")
SETTINGS, *FURTHER = [tomllib.loads(text) for text in re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)]
LIVES = re.findall(r"```life\n(.*?)```", PAGE, re.DOTALL)
SHOWN = re.search(r"<!-- why: .*? -->\n\n```text\n(.*?)```", PAGE, re.DOTALL)
BERLIN = ZoneInfo("Europe/Berlin")
LINE = re.compile(r"(\d{4}-\d\d-\d\d [\d:]+)? +(.+)")
BECOMES = re.compile(r"the (priority|status) becomes (\w+)")
PROMISE = re.compile(
    r"(\w+?_response|resolution)(?: (\d))? (is due|was kept|was broken at|was cancelled|stands with) ?(.*)"
)


def instant(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=BERLIN).timestamp())


def live(desk: SimulatedDesk, story: str) -> int:
    """Let it happen line by line, and hold what is said against the desk; the number of the ticket."""
    ticket = 0
    for line in story.splitlines():
        found = LINE.fullmatch(line)
        assert found is not None, line
        when, what = found.groups()
        if when is None:
            holds(desk, ticket, what)
            continue
        desk.live_until(instant(when))
        if what == "the customer writes" and not ticket:
            ticket = desk.open()
        elif what == "the customer writes":
            desk.customer_replies(ticket)
        elif what == "the agent answers":
            desk.agent_replies(ticket)
        else:
            becomes = BECOMES.fullmatch(what)
            assert becomes is not None, what
            desk.set(ticket, **{becomes[1]: becomes[2]})
    return ticket


def holds(desk: SimulatedDesk, ticket: int, said: str) -> None:
    found = PROMISE.fullmatch(said)
    assert found is not None, said
    metric, cycle, how, more = found.groups()
    promise = desk.promise(ticket, metric, int(cycle or 1))
    match how:
        case "is due":
            assert (promise["state"], promise["due_at"]) == ("running", instant(more)), said
        case "was kept":
            assert promise["state"] == "kept", said
        case "was broken at":
            assert (promise["state"], promise["broken_at"]) == ("broken", instant(more)), said
        case "was cancelled":
            assert promise["state"] == "cancelled", said
        case _:
            assert promise["state"] == "paused", said
            assert f"{length(promise['budget'] - promise['spent'])} left" == more, said


def begin(story: str) -> int:
    return instant(story[:16]) - 60


@pytest.mark.parametrize("story", LIVES, ids=range(len(LIVES)))
def test_a_life_goes_as_the_page_says(story: str, tmp_path: Path) -> None:
    with simulated(tmp_path, SETTINGS, begin(story)) as desk:
        assert live(desk, story)


def test_the_other_examples_are_good_configuration() -> None:
    assert len(FURTHER) == 2
    agents = [AGENT, LEAD | {"address": "lead@example.com"}]
    for further in FURTHER:
        known: dict[str, Any] = {"desk": [DESK], "agent": agents} | SETTINGS | further
        config = parse(known)
        assert config.escalation or config.automation


def test_the_table_of_the_dispute_is_what_the_command_prints(tmp_path: Path) -> None:
    assert SHOWN is not None
    with simulated(tmp_path, SETTINGS, begin(LIVES[-1])) as desk:
        ticket = live(desk, LIVES[-1])
        told = desk.house.store.read(lambda: explain_promise(ticket, "first_response", desk.now))
        out = StringIO()
        with redirect_stdout(out):
            tell(told, ticket, "first_response", json=False)
    assert out.getvalue().strip() == SHOWN[1].strip()
