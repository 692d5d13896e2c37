"""Commands of ours, run from a loaded process: they take their own time alone, not that which Python takes to start."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
FAULTY = Path(__file__).with_name("faulty.py")
PASSWORD = "correct horse"


class Commands:
    """A process that has our commands loaded and forks for each: a command costs its own time alone."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(FAULTY), ".", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )

    def run(
        self, folder: Path, arguments: list[str], given: bytes = b"", environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in a folder, with these variables besides; after 30 s it is ended."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with TemporaryDirectory() as place:
            files = {name: Path(place) / name for name in ("in", "out", "err")}
            for file in files.values():
                file.write_bytes(given if file.name == "in" else b"")
            request = {
                "switches": str(folder / "switches"),
                "folder": str(folder),
                "arguments": arguments,
                "environment": environment or {},
            }
            print(json.dumps(request | {k: str(v) for k, v in files.items()}), file=self._process.stdin, flush=True)
            code = int(self._process.stdout.readline())
            return subprocess.CompletedProcess(arguments, code, files["out"].read_text(), files["err"].read_text())

    def end(self) -> None:
        self._process.communicate()


@cache
def commands() -> Commands:
    """The one that all tests share."""
    started = Commands()
    atexit.register(started.end)
    return started


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "DESK_TEST_PASSWORD": PASSWORD}
