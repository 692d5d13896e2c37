"""The README's requests by curl do what it says, as they stand there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journey.mails import new_mail
from tests.journey.running import RunningDesk
from tests.journey.sink import Sink

ROOT = Path(__file__).resolve().parent.parent
SHOWN = re.compile(r"<!-- curl: .*? -->\n\n```sh\n(.*?)```\n\n<!-- end of curl -->", re.DOTALL)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_requests_in_the_readme_do_what_it_says(tmp_path: Path) -> None:
    (shown,) = SHOWN.findall((ROOT / "README.md").read_text("utf-8"))
    with Sink() as sink:
        desk = RunningDesk(tmp_path, sink)
        try:
            desk.start()
            desk.send(new_mail("customer@example.net"))
            script = shown.replace(".venv/bin/counterfoil", f"'{sys.executable}' -P -m daemon")
            script = script.replace("http://127.0.0.1:8025", desk.http)
            place = tmp_path / "downloads"
            place.mkdir()
            ran = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", script],
                cwd=place,
                env=os.environ | {"COUNTERFOIL_CONFIG": str(desk.config), "PYTHONPATH": str(ROOT)},
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
        finally:
            desk.end()
    assert ran.returncode == 0, ran.stdout + ran.stderr
    created, listed, updated = (json.loads(line) for line in ran.stdout.splitlines() if line)
    assert (created["id"], created["status"]) == ("ticket_2", "new")
    assert [ticket["id"] for ticket in listed["data"]] == ["ticket_2", "ticket_1"]
    assert (updated["priority"], updated["tags"], updated["status"]) == ("high", ["paper"], "open")
    assert (place / "tray.txt").read_text() == "tray 2\n"
