"""The commands around reports, as they are typed, and the guide for analysts, as it says."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import reports
from daemon.desk import studies

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "analysts.md"
CONFIG = """
[storage]
folder = "{folder}"
[[desk]]
name = "support"
address = "support@desk.example"
[[agent]]
name = "Desk Agent"
address = "agent@desk.example"
"""
YEAR = [
    {"at": 1772442000, "do": "write", "ticket": 1, "from": "customer@example.net", "desk": "support"},
    {"at": 1772449200, "do": "reply", "ticket": 1, "agent": "agent@desk.example"},
    {"at": 1772452800, "do": "set", "ticket": 1, "agent": "agent@desk.example", "status": "resolved"},
    {"at": 1772539200, "do": "rate", "ticket": 1, "positive": True},
    {"at": 1773000000, "do": "end"},
]


def counterfoil(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "c.toml").write_text(CONFIG.format(folder=folder))
    return subprocess.run(
        [sys.executable, "-P", "-m", "daemon", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COUNTERFOIL_CONFIG": str(folder / "c.toml"), **environment},
    )


def play(folder: Path, acts: list[dict[str, Any]]) -> subprocess.CompletedProcess[str]:
    (folder / "year.jsonl").write_text("".join(json.dumps(act) + "\n" for act in acts))
    return counterfoil(folder, "play", str(folder / "year.jsonl"))


def test_a_script_is_played_a_snapshot_taken_and_the_figures_are_there(tmp_path: Path) -> None:
    assert play(tmp_path, YEAR).stdout == "5\n"
    done = counterfoil(tmp_path, "snapshot", "--out", str(tmp_path / "history"))
    assert re.fullmatch(r".*/history: 1 tickets, \d+ events, 0\.\d MB \(snapshot [0-9a-f]{12}\)\n", done.stdout)
    desk = reports.open(tmp_path / "history")
    assert desk.tickets["status"].tolist() == ["resolved"]
    assert desk.ratings["positive"].tolist() == [True]
    assert [int(at.timestamp()) for at in desk.events.query("kind == 'agent_replied'")["at"]] == [1772449200]
    assert desk.frame("delivery").empty  # nobody was written to
    again = play(tmp_path, YEAR)
    assert (again.returncode, "has tickets already" in again.stderr) == (1, True)


def test_a_rating_is_noted_and_the_last_one_counts(tmp_path: Path) -> None:
    play(tmp_path, YEAR[:1])
    for verdict in ("good", "bad"):
        assert counterfoil(tmp_path, "ticket", "rate", "1", verdict).stdout == f"#1: rated {verdict}\n"
    assert counterfoil(tmp_path, "ticket", "rate", "1", "so-so").returncode == 2
    assert "there is no ticket 7" in counterfoil(tmp_path, "ticket", "rate", "7", "good").stderr
    desk = reports.open(f"sqlite:///{tmp_path}/counterfoil.db")
    assert reports.drill(desk, reports.satisfaction(desk), 0)["positive"].tolist() == [False]


def test_without_names_the_key_stays_with_the_desk(tmp_path: Path) -> None:
    play(tmp_path, YEAR)
    out = tmp_path / "hidden"
    assert "without names" in counterfoil(tmp_path, "snapshot", "--out", str(out), "--pseudonymise").stdout
    key = tmp_path / "pseudonym.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert not any(key.read_bytes().strip() in path.read_bytes() for path in out.iterdir())


@pytest.mark.parametrize(
    ("acts", "cause"),
    [
        ([YEAR[1]], "an act lacks 1"),
        ([YEAR[0], {"at": 5, "do": "end"}], "is earlier than what came before it"),
        ([YEAR[0], {"at": YEAR[1]["at"], "do": "dance", "ticket": 1}], "'dance' is nothing that can be done"),
        ([YEAR[0], YEAR[1] | {"do": "set", "status": "merged"}], "may become"),
        ([], "is empty"),
    ],
)
def test_a_script_that_cannot_be_played_says_which_act(tmp_path: Path, acts: list[dict[str, Any]], cause: str) -> None:
    done = play(tmp_path, acts)
    assert (done.returncode > 0, cause in done.stderr, "Traceback" in done.stderr) == (True, True, False), done.stderr


def test_without_the_libraries_of_reports_the_cure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(studies, "__file__", "/nowhere/daemon/desk/studies.py")
    with pytest.raises(studies.StudyFailed, match="bin/notebooks --set-up installs them"):
        studies.command(["snapshot"])


def test_other_terms_from_an_instant_on(tmp_path: Path) -> None:
    config = CONFIG.format(folder=tmp_path) + '[[policy]]\nname = "p"\nfirst_response = "{} calendar"\n'
    for name, budget in (("c.toml", "4h"), ("stricter.toml", "1h")):
        (tmp_path / name).write_text(config.replace("{}", budget))
    acts = [YEAR[0], {"at": 1772445000, "do": "configure", "config": "stricter.toml"}, YEAR[-1]]
    (tmp_path / "year.jsonl").write_text("".join(json.dumps(act) + "\n" for act in acts))
    command = ["play", str(tmp_path / "year.jsonl"), "--config", str(tmp_path / "c.toml")]
    subprocess.run([sys.executable, "-P", "-m", "daemon", *command], check=True, capture_output=True)
    desk = reports.open(f"sqlite:///{tmp_path}/counterfoil.db")
    assert desk.promises["budget"].tolist() == [3600]
    assert desk.events["kind"].tolist()[:3] == ["ticket_opened", "promise_made", "promise_changed"]


def test_the_guide_for_analysts_shows_what_its_code_prints() -> None:
    blocks = re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)\n```\n)?", GUIDE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 6
    names: dict[str, Any] = {}
    for code, shown in blocks:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, names)  # noqa: S102  our own guide
        lines = [line.rstrip() for line in printed.getvalue().rstrip("\n").split("\n")]
        assert "\n".join(lines) == shown, code
