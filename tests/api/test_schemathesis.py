"""The served document and the served API are of one mind: schemathesis, all checks, for a short while.

Longer by hand: ``COUNTERFOIL_SCHEMATHESIS_SECONDS=600 bin/test tests/api/test_schemathesis.py``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.asking import PROMISES, Api, opened
from tests.journey.conftest import PATIENT
from tests.journey.mails import fresh
from tests.journey.running import AGENT, RunningDesk
from tests.journey.sink import Sink

SECONDS = int(os.environ.get("COUNTERFOIL_SCHEMATHESIS_SECONDS", "20"))
ROOT = Path(__file__).parents[2]
PATIENT_API = "\n[api]\nrequests_per_minute = 0\n"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Api]:
    """A desk that strange requests may fill."""
    with Sink() as sink:
        desk = RunningDesk(tmp_path, sink, tables=PATIENT + PROMISES + PATIENT_API)
        api = Api(desk)
        try:
            desk.start()
            yield api
        finally:
            api.close()
            desk.end()


def test_all_checks_find_nothing(own: Api, tmp_path: Path) -> None:
    token = own.token("admin", agent=AGENT)
    opened(own.client(token), fresh())
    command = [sys.executable, "-m", "schemathesis.cli", "run", f"{own.desk.http}/v2/openapi.json"]
    command += ["--header", f"Authorization: Bearer {token}", "--checks", "all", "--continue-on-failure"]
    command += ["--phases", "examples,fuzzing,stateful", "--max-examples", "20", "--max-time", str(SECONDS)]
    ran = subprocess.run(
        command,
        cwd=tmp_path,
        env=os.environ | {"SCHEMATHESIS_HOOKS": "tests.api.unlike_keys", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS * 3 + 120,
        check=False,
    )
    told = "\n".join(line[:1_000] for line in ran.stdout.splitlines())
    assert ran.returncode == 0, told[-20_000:] + ran.stderr[-2_000:]
    assert '"level": "error"' not in own.desk.log.read_text()
