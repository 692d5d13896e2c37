"""The daemon of a crash run: it is started, killed without warning, and started again."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import psutil

from tests.journey.commands import FAULTY, environment
from tests.journey.running import DESKS, DOORS, LISTENERS, Door, until

Blow = Literal["main", "group", "worker"]

RELAY = """
[relay]
host = "127.0.0.1"
port = {port}
tls = "none"
timeout = 1
retry_first = 1
retry_longest = 2
"""
LIMITS = """
[agents]
undo_seconds = 1
guards = []

[limits]
automatic_per_address = 1000000
automatic_per_ticket = 1000000
tickets_per_address = 1000000
mails_per_minute = 1000000
connections_per_address = 200
attached_to_notifications = 100000
"""
PROMISES = """
[[calendar]]
name = "office"
zone = "Europe/Berlin"
hours = ["daily 00:00-24:00"]

[[policy]]
name = "standard"
first_response = "1h"
next_response = "1h"
resolution = "8h"
"""


class Victim:
    """A daemon in a session of its own; ``ports`` is empty whenever it may be dead."""

    def __init__(
        self,
        folder: Path,
        relay_port: int,
        database: str,
        tables: str = "",
        program: Path = FAULTY,
        environment: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.folder = folder
        self._program = program
        self._environment = environment
        self.log = folder / "log"
        self.config = folder / "config.toml"
        self.ports: dict[Door, int] = {}
        self.http = ""
        self.generation = 0
        self.starts: list[float] = []
        self._process: subprocess.Popen[str] | None = None
        self._ready = threading.Event()
        self._sessions: set[int] = set()
        (folder / "switches").mkdir()
        storage = f"[storage]\nfolder = {json.dumps(str(folder / 'var'))}\ndatabase = {json.dumps(database)}\n"
        relay = RELAY.format(port=relay_port)
        self.config.write_text(f"{storage}{relay}{LIMITS}{PROMISES}{tables}{DESKS}{LISTENERS}", "utf-8")

    def launch(self) -> None:
        """Start it and return at once."""
        with self.log.open("a") as log:
            process = subprocess.Popen(
                [
                    sys.executable,
                    str(self._program),
                    str(self.folder / "switches"),
                    "run",
                    "--config",
                    str(self.config),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.folder,
                env=environment() | dict(self._environment),
                start_new_session=True,
            )
        self.generation += 1
        self._process, self._ready = process, threading.Event()
        self._sessions.add(process.pid)
        listening = threading.Thread(target=self._listen, args=(process, self._ready, time.monotonic()), daemon=True)
        listening.start()

    def _listen(self, process: subprocess.Popen[str], ready: threading.Event, since: float) -> None:
        assert process.stdout is not None
        with process.stdout:
            line = process.stdout.readline()
            found = re.findall(r"MTP on 127\.0\.0\.1:(\d+)", line)
            if len(found) == len(DOORS) and process is self._process:
                self.http = re.findall(r"http://127\.0\.0\.1:\d+", line)[0]
                self.starts.append(time.monotonic() - since)
                self.ports = dict(zip(DOORS, map(int, found), strict=True))
                ready.set()
            process.stdout.read()

    def is_ready(self, seconds: float) -> bool:
        """Wait until its doors are open, or so long."""
        return self._ready.wait(seconds)

    def must_be_ready(self, seconds: float = 30.0) -> None:
        """Wait until its doors are open; AssertionError with its log if it ends before."""
        process = self._process
        assert process is not None
        until(lambda: self._ready.is_set() or process.poll() is not None, seconds)
        assert self._ready.is_set(), f"the daemon does not start:\n{self.log.read_text()[-3000:]}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def lives(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def strike(self, blow: Blow, choice: float = 0.0) -> bool:
        """Kill its main process, everything that it started, or one (``choice`` in 0..1) of its children.

        Returns whether it must be launched again.
        """
        if blow == "worker":
            children = psutil.Process(self.pid).children(recursive=True)
            if children:
                with contextlib.suppress(psutil.NoSuchProcess):
                    children[int(choice * len(children))].kill()
            return False
        self.ports = {}
        process = self._process
        assert process is not None
        self._process = None
        if blow == "group":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        process.wait()
        return True

    def end(self) -> int:
        """Have it stop in order; its exit code (None of a daemon that does not run counts as 0)."""
        process, self._process = self._process, None
        self.ports = {}
        if process is None:
            return 0
        process.send_signal(signal.SIGTERM)
        try:
            return process.wait(20)
        finally:
            process.kill()

    def survivors(self) -> list[int]:
        """Processes that it left behind; the dead ones have a moment to be found dead."""
        end = time.monotonic() + 5
        while (left := [p for p in psutil.pids() if self._is_ours(p)]) and time.monotonic() < end:
            time.sleep(0.02)
        return left

    def _is_ours(self, pid: int) -> bool:
        try:
            return os.getsid(pid) in self._sessions and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
        except (OSError, psutil.NoSuchProcess):
            return False
