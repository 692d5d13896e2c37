"""How fast the API answers on a desk with a past, beside an empty FastAPI route, and what mail notices of it.

    bin/bench api [--tickets N] [--seconds N] [--mails N]

Eight connections that stay open ask as fast as they are answered, from a process of its own: an empty route of FastAPI
on the same uvicorn settings, then the list of the newest 50 tickets, other lists, one ticket, a search, and creating.
Latencies are the client's. Created is what was committed: SQLite, WAL, synchronous=FULL. Then mail comes in over eight
connections, alone and while 50 requests a second arrive, whether or not the earlier ones are answered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import multiprocessing
import os
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import quantiles
from typing import Any

from fastapi import FastAPI

from bench import client, corpus, preload, servers
from daemon.app import listen
from daemon.store import indexing
from daemon.store.db import open_store
from daemon.web.server import server

CONNECTIONS, OPEN_RATE, SEED = 8, 50, 7
WARM_UP = 1.0
BODY = {"subject": "Order", "description": "Where is it? " * 20, "user": {"email": "bench@client.example.net"}}
EXTRA = "[api]\nrequests_per_minute = 0\n"
LIST, RETRIEVE, CREATE, SEARCH = "list of 50", "retrieve", "create", "search"
SHARES = {LIST: (0.05, 0.1), RETRIEVE: (0.2, 0.3)}
P99_OF_LISTS, P95_OF_SEARCH, CREATED, MAIL = 150.0, 50.0, 100.0, 0.7
"""Bounds: milliseconds twice, a second, share of the rate."""
Asked = Sequence[bytes]


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        preload.tickets(folder / "desk", options.tickets)
        _index(folder / "desk")
        desk = stack.enter_context(servers.daemon(folder / "desk", sends=False, level="warning", extra=EXTRA))
        empty = stack.enter_context(_empty_route())
        token = _token(folder / "desk" / "config.toml")
        port = _http_port(folder / "desk" / "config.toml")
        asks = _asks(token, options.tickets)
        print(f"database   SQLite, WAL, synchronous=FULL, {options.tickets:,} tickets")
        print(f"client     {CONNECTIONS} connections, {options.seconds:g} s each\n")
        nothing = _closed_loop(empty, [_get("/", "")], options.seconds)
        print(f"{'':<24}{'a second':>10}{'share':>8}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
        _row("an empty route", nothing, nothing)
        measured = {name: _closed_loop(port, asked, options.seconds) for name, asked in asks.items()}
        for name, took in measured.items():
            _row(name, took, nothing)
        share = _mail(desk, port, asks[LIST], options.mails)
        _verdicts(measured, len(nothing), options.seconds, share)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench api", description="Measure how fast the API answers.")
    parser.add_argument("--tickets", type=int, default=100_000, help="tickets that the desk has")
    parser.add_argument("--seconds", type=float, default=10.0, help="seconds for each kind of request")
    parser.add_argument("--mails", type=int, default=400, help="mails that come in, alone and beside requests")
    return parser.parse_args(arguments)


def _index(folder: Path) -> None:
    """Make what was written in bulk findable."""
    store = open_store(f"sqlite:///{folder}/counterfoil.db")
    indexing.rebuild(lambda job: store.write(job).result())
    store.close()


def _token(config: Path) -> str:
    command = [sys.executable, "-P", "-m", "daemon", "token", "create", "bench", "--scope", "admin"]
    env = os.environ | {"PYTHONPATH": str(servers.ROOT)}
    made = subprocess.run([*command, "--config", str(config)], env=env, capture_output=True, text=True, check=True)
    return made.stdout.strip()


def _http_port(config: Path) -> int:
    return int(config.read_text().partition("[http]\nport = ")[2].partition("\n")[0])


def _asks(token: str, tickets: int) -> dict[str, Asked]:
    chosen = random.Random(SEED)
    path = "/v2/support-tickets"
    numbers = [chosen.randint(1, tickets) for _ in range(1_000)]
    return {
        LIST: [_get(path, token)],
        "list of open ones": [_get(f"{path}?status=open", token)],
        "list of a customer's": [_get(f"{path}?requester={corpus.customer(n % 20_000)}", token) for n in numbers],
        RETRIEVE: [_get(f"{path}/ticket_{number}", token) for number in numbers],
        SEARCH: [_get(f"{path}?q=order%20{number}", token) for number in numbers],
        CREATE: [_post(path, token, BODY)],
    }


def _get(path: str, token: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def _post(path: str, token: str, body: Any) -> bytes:
    content = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {token}\r\n"
    return f"{head}Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


def _apart(work: Callable[..., None], *arguments: Any) -> Any:
    """Run work in a process of its own; what it says."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=work, args=(theirs, *arguments))
    process.start()
    theirs.close()
    try:
        return ours.recv()
    except EOFError:
        raise SystemExit("the client ended early; see above") from None
    finally:
        process.join()


def _closed_loop(port: int, asked: Asked, seconds: float) -> list[float]:
    """Ask over all connections, each as fast as it is answered; the seconds that each answer took."""
    took: list[float] = _apart(_ask_all, port, asked, seconds)
    return took


def _ask_all(line: Connection, port: int, asked: Asked, seconds: float) -> None:
    end = time.perf_counter() + WARM_UP + seconds
    took: list[float] = []

    def ask(first: int) -> None:
        number, one = first, _Line(port)
        while (began := time.perf_counter()) < end:
            one.ask(asked[number % len(asked)])
            number += CONNECTIONS
            if began > end - seconds:
                took.append(time.perf_counter() - began)

    threads = [threading.Thread(target=ask, args=(first,)) for first in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    line.send(took)


class _Line:
    """One connection that stays open."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = self._socket.makefile("rb")

    def ask(self, request: bytes) -> None:
        self._socket.sendall(request)
        status = self._file.readline().split()[1]
        length = 0
        while (header := self._file.readline()) != b"\r\n":
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        body = self._file.read(length)
        if status not in (b"200", b"201"):
            raise SystemExit(f"{status.decode()}: {body.decode()}")


@contextmanager
def _empty_route() -> Any:
    """FastAPI that answers nothing, in a process of its own; its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve_nothing, args=(theirs,), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve_nothing(line: Connection) -> None:
    app = FastAPI(openapi_url=None)

    @app.get("/")
    async def nothing() -> dict[str, str]:
        return {}

    sock = listen("127.0.0.1", 0)
    line.send(sock.getsockname()[1])
    asyncio.run(server(app).serve([sock]))


def _mail(desk: servers.Daemon, port: int, asked: Asked, mails: int) -> float:
    """The rate of mail while requests arrive, as a share of its rate alone."""
    rates = []
    for name in ("warm", "alone", "beside"):
        stop = threading.Event()
        beside = threading.Thread(target=_open_loop, args=(port, asked, stop))
        if name == "beside":
            beside.start()
        samples = corpus.batch(f"api-{name}", mails, desk.known(1_000))
        elapsed, _, _ = client.send(desk.port, samples, CONNECTIONS, lambda: None)
        stop.set()
        if name == "beside":
            beside.join()
        rates.append(mails / elapsed)
    print(f"\nmail: {rates[1]:.0f} a second alone, {rates[2]:.0f} while {OPEN_RATE} lists a second are asked for")
    return rates[2] / rates[1]


def _open_loop(port: int, asked: Asked, stop: threading.Event) -> None:
    """Ask at a fixed rate, whether or not the earlier ones are answered."""

    def ask() -> None:
        _Line(port).ask(asked[0])

    due = time.perf_counter()
    while not stop.is_set():
        threading.Thread(target=ask).start()
        due += 1 / OPEN_RATE
        time.sleep(max(0.0, due - time.perf_counter()))


def _row(name: str, took: list[float], nothing: list[float]) -> None:
    cuts = quantiles(took, n=100)
    share = len(took) / len(nothing)
    rate = len(took) / sum(took) * CONNECTIONS
    print(
        f"{name:<24}{rate:>10,.0f}{share:>8.2f}{cuts[49] * 1e3:>9.1f}{cuts[94] * 1e3:>9.1f}{cuts[98] * 1e3:>9.1f}",
        flush=True,
    )


def _verdicts(measured: dict[str, list[float]], nothing: int, seconds: float, mail: float) -> None:
    print()
    for name, (floor, aim) in SHARES.items():
        _verdict(f"{name}: share of an empty route", len(measured[name]) / nothing, floor, aim)
    _verdict("list of 50: p99 in ms", quantiles(measured[LIST], n=100)[98] * 1e3, P99_OF_LISTS, low=True)
    _verdict("search: p95 in ms", quantiles(measured[SEARCH], n=100)[94] * 1e3, P95_OF_SEARCH, low=True)
    _verdict("create: durable ones a second", len(measured[CREATE]) / seconds, CREATED)
    _verdict("mail: share of its rate beside requests", mail, MAIL)


def _verdict(what: str, value: float, bound: float, aim: float | None = None, *, low: bool = False) -> None:
    kept = value <= bound if low else value >= bound
    said = "reaches the aim" if aim is not None and value >= aim else "keeps the bound" if kept else "MISSES the bound"
    print(f"{what} {value:.2f}, {said} (bound {bound:g}{'' if aim is None else f', aim {aim:g}'})")
