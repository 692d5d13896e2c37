"""How much memory the daemon needs: at rest, and while a mail as large as the limit allows comes in.

    bin/bench memory [--mb N]

The resident size of the main process and of the worker that reads the mail, sampled every 10 ms while the mail comes
in, is read, kept, told of and delivered; and once more when all that is done. Growth is over the size before the mail,
when some hundred others have filled the database's cache.
"""

from __future__ import annotations

import argparse
import base64
import random
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import psutil

from bench import client, corpus, servers

SAMPLE_SECONDS = 0.01
REST_SECONDS = 3.0
WARM_UP = 400
MB = 1024 * 1024
IDLE_MB = 120
GROWTH = {"main process": 3, "worker": 10}
GIVEN_BACK_MB = 10


class Watch:
    """Samples the resident size of processes in a thread of its own, as a context."""

    def __init__(self, processes: dict[str, psutil.Process]) -> None:
        self._processes = processes
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.most = dict.fromkeys(processes, 0.0)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(SAMPLE_SECONDS):
            for name, process in self._processes.items():
                self.most[name] = max(self.most[name], resident(process))


def resident(process: psutil.Process) -> float:
    """Resident megabytes; 0 once the process is gone."""
    try:
        return float(process.memory_info().rss) / MB
    except psutil.NoSuchProcess:
        return 0.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="bin/bench memory", description="Measure the daemon's memory.")
    parser.add_argument("--mb", type=float, default=24.9, help="size of the large mail")
    size = parser.parse_args(arguments).mb
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        sink = stack.enter_context(servers.aiosmtpd())
        daemon = stack.enter_context(servers.daemon(folder, sink, sends=True))
        time.sleep(REST_SECONDS)
        idle = resident(daemon.process)
        print(f"at rest: main process {idle:.0f} MB, {_verdict(idle < IDLE_MB, f'under {IDLE_MB} MB')}")
        client.send(daemon.port, corpus.batch("warm-up", WARM_UP, []), 1, lambda: None)
        daemon.drain()
        time.sleep(REST_SECONDS)
        for kind in ("one attachment", "text alone"):
            _large(daemon, large_mail(int(size * MB), kind), kind)
    return 0


def _large(daemon: servers.Daemon, sample: corpus.Sample, kind: str) -> None:
    """Send one large mail and tell what it took."""
    processes = {"main process": daemon.process}
    processes |= {f"worker {n}": worker for n, worker in enumerate(daemon.workers(), 1)}
    before = {name: resident(process) for name, process in processes.items()}
    with Watch(processes) as watch:
        client.send(daemon.port, [sample], 1, lambda: None)
        daemon.drain()
        time.sleep(REST_SECONDS)
    print(f"a mail of {len(sample.raw) / MB:.1f} MB, {kind}; {_filed(daemon)}")
    for name, process in processes.items():
        grown = (watch.most[name] - before[name]) / (len(sample.raw) / MB)
        left = resident(process) - before[name]
        if name != "main process" and grown < 0.5:
            continue
        most = GROWTH[name.partition(" ")[0] if name.startswith("worker") else name]
        print(
            f"  {name}: {before[name]:.0f} MB, grows by {grown:.1f} times the mail, "
            f"{_verdict(grown < most, f'under {most} times')}; then {resident(process):.0f} MB, "
            f"{_verdict(left < GIVEN_BACK_MB, 'given back')}"
        )


def _filed(daemon: servers.Daemon) -> str:
    state, because = daemon.last()
    return f"{state} ({because})"


def large_mail(size: int, kind: str) -> corpus.Sample:
    """A mail of this size: a short text with one attachment, or one long text."""
    head = (
        f"Date: {corpus.DATE}\r\nFrom: {corpus.customer(0)}\r\nTo: {corpus.DESK}\r\nSubject: Large\r\n"
        f"Message-ID: <{kind.replace(' ', '-')}@client.example.net>\r\nMIME-Version: 1.0\r\n"
    )
    if kind == "text alone":
        line = "All the words of a long log, line after line, as programs write them.\r\n"
        text = head + "Content-Type: text/plain; charset=utf-8\r\n\r\n" + line * ((size - len(head)) // len(line))
        return corpus.Sample(corpus.customer(0), corpus.DESK, text.encode(), False)
    content = random.Random("large").randbytes(size * 73 // 100)
    parts = (
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSee the attachment.\r\n"
        '--b\r\nContent-Type: application/zip; name="large.zip"\r\nContent-Transfer-Encoding: base64\r\n'
        'Content-Disposition: attachment; filename="large.zip"\r\n\r\n'
    )
    body = base64.encodebytes(content).replace(b"\n", b"\r\n")
    return corpus.Sample(corpus.customer(0), corpus.DESK, (head + parts).encode() + body + b"--b--\r\n", False)


def _verdict(good: bool, wanted: str) -> str:
    return f"{wanted}: {'yes' if good else 'NO'}"
