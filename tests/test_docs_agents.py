"""The page that agents are given on the first day shows what is so: commands that are read, mails that were sent."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from daemon.config import parse
from daemon.core.commands.declared import DECLARED, Declaration, markdown
from daemon.core.commands.reading import read
from tests.journey.mails import new_mail, reply_to, text_of
from tests.journey.receipt import Letter
from tests.journey.running import RunningDesk

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = (DOCS / "agents.md").read_text("utf-8")
BEGIN, END = "<!-- commands: daemon.core.commands.declared.markdown() -->\n\n", "\n<!-- end of commands -->"
GUIDE = PAGE.partition(BEGIN)[0]
SHOWN = dict(re.findall(r"<!-- mail: (\w+) -->\n\n```text\n(.*?)```\n", GUIDE, re.DOTALL))
TYPED = next(block for block in re.findall(r"```text\n(.*?)```", GUIDE, re.DOTALL) if block.startswith("#"))

DESK, CUSTOMER, AGENT = "support@example.com", "customer@example.net", "agent@example.com"
DESKS = f"""
[agents]
undo_seconds = 20

[[desk]]
name = "support"
address = "{DESK}"

[[agent]]
name = "Desk Agent"
address = "{AGENT}"
"""


def written() -> list[str]:
    """The commands that the page shows in its sentences, such as ``#snooze 3d``."""
    return [line for line in re.findall(r"`(#[^`\n]+)`", GUIDE) if re.match(r"#[a-zäöü]", line, re.IGNORECASE)]


@pytest.fixture(scope="module")
def mails(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Letter]:
    """The mails of an agent's first morning, by the names under which the page shows them."""
    here = RunningDesk(tmp_path_factory.mktemp("desk"), None, desks=DESKS).start()
    try:
        words = "Hello,\n\nthe printer is on fire. Can you help?"
        told = here.send(new_mail(CUSTOMER, words, To=DESK)).letter("notification")
        done = here.send(reply_to(told.mail, AGENT, TYPED), "inside")
        slipped = here.send(reply_to(told.mail, AGENT, "#resolv\n\nAll is well again."), "inside")
        return {"notification": told, "receipt": done.letter("receipt"), "unclear": slipped.letter("unclear")}
    finally:
        here.end()


def test_all_commands_stand_in_the_table() -> None:
    assert PAGE.partition(BEGIN)[2].partition(END)[0] == markdown()


@pytest.mark.parametrize("line", written())
def test_each_command_in_the_text_is_one(line: str) -> None:
    orders = read(f"{line} words" if line in ("#note", "#uncc") else line)
    assert orders.commands, line
    assert (orders.words, orders.strange) == ("", ())


def test_the_words_below_commands_are_for_the_customer_and_the_commands_are_not() -> None:
    orders = read(TYPED)
    assert [command.word for command in orders.commands] == ["take", "tag"]
    assert not orders.strange
    assert orders.words == "Please pull the plug. Help is on its way."


@pytest.mark.parametrize("one", DECLARED, ids=[one.word for one in DECLARED])
def test_each_command_has_an_example_that_is_read(one: Declaration) -> None:
    orders = read(one.example)
    assert [command.word for command in orders.commands] == [one.word]
    assert not orders.strange


@pytest.mark.parametrize("name", SHOWN)
def test_each_mail_that_the_page_shows_was_sent(name: str, mails: dict[str, Letter]) -> None:
    mail = mails[name].mail
    sent = f"From: {mail['From']}\nSubject: {mail['Subject']}\n\n{text_of(mail)}"
    shown = ".*?".join(re.escape(part) for part in SHOWN[name].rstrip("\n").split("…"))
    assert re.search(f"(?m:^){shown}", sent, re.DOTALL), sent


def test_the_operators_example_is_valid() -> None:
    told = (DOCS / "operate.md").read_text("utf-8").partition("<!-- agents: the tests read this example -->")[2]
    config = parse(tomllib.loads(told.partition("```toml\n")[2].partition("```")[0]))
    assert config.agents.leads_only == ("merge", "spam")
    assert [macro.commands for macro in config.macro] == [("#tag password", "#resolve")]
