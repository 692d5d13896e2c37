"""pymap in a process of its own: an IMAP server out of a wheel, which keeps its mail in memory. One user."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient import IMAPClient

from tests.imap.servers import SECRET, Account, free_port

USER = "demo"
START_SECONDS = 30.0


class Pymap:
    """A running server; ``account`` gives a folder of one's own."""

    def __init__(self) -> None:
        self.port = free_port()
        self._folders = 0
        self._kept: list[IMAPClient] = []  # a login costs it a third of a second
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        where = [
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-service",
            "admin",
            "--no-service",
            "managesieve",
        ]
        user = ["dict", "--demo-user", USER, "--demo-password", SECRET]
        code = "import sys; from pymap.main import main; sys.exit(main())"
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, *where, *user], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                IMAPClient("127.0.0.1", self.port, ssl=False, timeout=5).shutdown()
                return
            except OSError:
                assert time.monotonic() < end, "pymap does not start"
                time.sleep(0.02)

    def stop(self) -> None:
        for client in self._kept:
            client.shutdown()
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def account(self) -> Account:
        self._folders += 1
        return Account("127.0.0.1", self.port, USER, f"Folder {self._folders}", kept=self._kept).make()


@contextmanager
def pymap() -> Iterator[Pymap]:
    server = Pymap()
    server.start()
    try:
        yield server
    finally:
        server.stop()
