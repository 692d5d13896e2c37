"""Commands of ours, and daemons, run from a loaded process: they take their own time, not that of Python's start."""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

ROOT = Path(__file__).parents[2]
FAULTY = Path(__file__).with_name("faulty.py")
PASSWORD = "correct horse"
PAUSE = 0.01


class Commands:
    """A process that has our commands loaded and forks for each: a command costs its own time alone."""

    def __init__(self) -> None:
        self._place = TemporaryDirectory(prefix="started-")
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
            code = self._ask(request | {name: str(file) for name, file in files.items()})
            return subprocess.CompletedProcess(arguments, code, files["out"].read_text(), files["err"].read_text())

    def start(self, folder: Path, arguments: list[str], log: Path) -> Launched:
        """Start a daemon in a folder, its standard error at the end of ``log``."""
        place = Path(mkdtemp(dir=self._place.name))
        out, code = place / "out", place / "code"
        out.touch()
        log.touch()
        request = {
            "switches": str(folder / "switches"),
            "folder": str(folder),
            "arguments": arguments,
            "environment": {},
            "in": os.devnull,
            "out": str(out),
            "err": str(log),
            "code": str(code),
        }
        return Launched(self._ask(request), out, code)

    def end(self) -> None:
        self._process.communicate()
        self._place.cleanup()

    def _ask(self, request: dict[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps(request), file=self._process.stdin, flush=True)
        return int(self._process.stdout.readline())


@dataclass(frozen=True, slots=True)
class Launched:
    """A daemon that was started; like ``Popen``, as far as tests need it."""

    pid: int
    out: Path
    code: Path

    def line(self, seconds: float = 60.0) -> str:
        """The first line that it said, or what it said before it ended."""
        end = time.monotonic() + seconds
        while "\n" not in (said := self.out.read_text()) and self.poll() is None and time.monotonic() < end:
            time.sleep(PAUSE)
        return said.partition("\n")[0]

    def poll(self) -> int | None:
        """Its exit code; None while it lives."""
        return int(self.code.read_text()) if self.code.exists() else None

    def wait(self, seconds: float) -> int:
        """Its exit code; TimeoutError where it lives on."""
        end = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > end:
                raise TimeoutError(f"process {self.pid} lives after {seconds} s")
            time.sleep(PAUSE)
        return code

    def send_signal(self, how: signal.Signals) -> None:
        if self.poll() is None:
            os.kill(self.pid, how)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


@cache
def commands() -> Commands:
    """The one that all tests share."""
    started = Commands()
    atexit.register(started.end)
    return started


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "DESK_TEST_PASSWORD": PASSWORD}
