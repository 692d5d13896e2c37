"""Builds the parts, starts and stops the loops. The only module that knows everyone.

Start: configuration, templates and keys are proved good before the database is opened, the database before a door is.
Stop: doors first, then what is under way, then the store; within 10 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import socket
from collections.abc import Callable
from pathlib import Path

import structlog

from daemon import clock
from daemon.config import Config, ConfigurationError
from daemon.desk.deliveries import Deliveries
from daemon.desk.house import House, load_keyring
from daemon.desk.intake import Reception
from daemon.edge import StartError
from daemon.edge.delivery import Delivery
from daemon.edge.maildir import Maildir
from daemon.edge.relay import SmtpRelay
from daemon.edge.smtp_in import Doors
from daemon.mail.templates import Templates
from daemon.mail.worker import ParserPool
from daemon.store.db import open_store
from daemon.web import server

log = structlog.get_logger()
M_MMAP_THRESHOLD = -3  # malloc.h
LARGE_BLOCK = 512 * 1024


def build_house(config: Config, *, sole: bool = False) -> House:
    """Everything that decides and remembers, opened and checked; ConfigurationError or StoreError with a sentence."""
    folder = Path(config.storage.templates) if config.storage.templates else None
    if folder is not None and not folder.is_dir():
        raise ConfigurationError([f"storage.templates: there is no folder {folder}; create it or leave the option out"])
    templates = Templates(folder)
    if faults := templates.check():
        raise ConfigurationError(faults)
    keyring = load_keyring(config.storage.key_path)
    storage = config.storage
    store = open_store(storage.database_url, sole=sole, password=storage.password(), connections=storage.connections)
    house = House(config, store, templates, keyring)
    house.introduce_agents()
    return house


def build_pool(config: Config) -> ParserPool:
    return ParserPool(
        workers=config.limits.parse_workers,
        wall_seconds=float(config.limits.parse_seconds),
        memory_mb=config.limits.parse_memory,
    )


def credentials(config: Config) -> dict[str, str]:
    """Passwords of the agents who have one, by casefolded address."""
    return {a.address.casefold(): password for a in config.agent if (password := a.password())}


def _wake(loop: asyncio.AbstractEventLoop, delivery: Delivery) -> None:
    """From the writer's thread; a loop that has ended needs no news."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(delivery.wake)


class Daemon:
    """One running desk: ``start``, then ``wait`` until ``stop`` or a signal."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.house = build_house(config, sole=True)
        try:
            self.pool = build_pool(config)
            self.reception = Reception(self.house, self.pool)
            transport = SmtpRelay(config.relay) if config.relay.host else Maildir(config.storage.path("outbox"))
            config.relay.password()
            self.delivery = Delivery(Deliveries(self.house), transport, config.relay, clock.now, clock.jitter)
            self.doors = Doors(config.listen, config.limits, self.reception, credentials(config), clock.now)
        except BaseException:
            self.house.store.close()
            raise
        self.web = server.server(server.application(self.house, lambda: self.delivery.trouble))
        self._tasks: list[asyncio.Task[None]] = []
        self._stop = asyncio.Event()
        self.http_port = config.http.port

    async def start(self) -> None:
        """Open every door; StartError with a sentence if one cannot be opened."""
        loop = asyncio.get_running_loop()
        try:
            sock = listen(self.config.http.host, self.config.http.port)
            self.http_port = sock.getsockname()[1]
            await self.doors.open()
        except BaseException:
            await self._close_parts()
            raise
        self.house.queued = lambda: _wake(loop, self.delivery)
        self._tasks = [
            asyncio.create_task(self.delivery.run(), name="delivery"),
            asyncio.create_task(self.web.serve([sock]), name="web"),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A loop that ends by itself is a fault: say so and stop, so that the supervisor starts afresh."""
        if not self._stop.is_set() and not task.cancelled():
            log.error("loop-ended", loop=task.get_name(), error=repr(task.exception()))
            self.stop()

    def stop(self) -> None:
        self._stop.set()

    async def wait(self) -> None:
        """Serve until told to stop, then end everything in order."""
        await self._stop.wait()
        log.info("stopping")
        await self.doors.close(5.0)
        await self.delivery.close(3.0)
        self.web.should_exit = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*self._tasks, return_exceptions=True), 3)
        await self._close_parts()

    async def _close_parts(self) -> None:
        await asyncio.to_thread(self.pool.close)
        await asyncio.to_thread(self.house.store.close)


def _let_go_of_large_blocks() -> None:
    """Have the memory of a large mail go back when it is freed; glibc would keep more of it from mail to mail."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; StartError names cause and cure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
        sock.listen(128)
    except OSError as error:
        sock.close()
        raise StartError(
            f"http.port {port} on {host} cannot be used: {error.strerror}; "
            "stop the program that has it, or set http.port"
        ) from None
    return sock


def run(config: Config, ready: Callable[[Daemon], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called once every door is open."""

    async def serve() -> None:
        daemon = Daemon(config)
        await daemon.start()
        ready(daemon)
        await daemon.wait()

    _let_go_of_large_blocks()
    asyncio.run(serve())
