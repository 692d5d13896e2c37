"""Builds the parts, starts and stops the loops. The only module that knows everyone.

Start: configuration, templates and keys are proved good before the database is opened, the database before a door is.
Stop: doors first, then what is under way, then the store; within 10 seconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from daemon import clock
from daemon.config import Config, ConfigurationError
from daemon.desk.deliveries import Deliveries
from daemon.desk.digests import Digests
from daemon.desk.fetching import Fetching
from daemon.desk.house import PROMISING, House, load_keyring, trusts
from daemon.desk.intake import Reception
from daemon.desk.releasing import Releasing
from daemon.desk.repair import Repairs
from daemon.desk.routing import missing_templates
from daemon.desk.studies import Studies
from daemon.desk.ticking import Ticking
from daemon.desk.webhooks import Webhooks as Journal
from daemon.edge import StartError
from daemon.edge.authentication import Authenticator
from daemon.edge.delivery import Delivery
from daemon.edge.dns import NoResolver, Resolver
from daemon.edge.imap.watch import Mailboxes
from daemon.edge.maildir import Maildir
from daemon.edge.relay import SmtpRelay
from daemon.edge.smtp_in import Doors
from daemon.edge.ticker import Ticker
from daemon.edge.webhook_call import Caller
from daemon.edge.webhooks import Webhooks
from daemon.mail.templates import Templates
from daemon.mail.worker import ParserPool
from daemon.store.db import open_store
from daemon.store.writer import StoreUnavailable
from daemon.web import server

log = structlog.get_logger()
M_MMAP_THRESHOLD = -3  # malloc.h
LARGE_BLOCK = 512 * 1024


def build_house(config: Config, *, sole: bool = False, now: Callable[[], int] = clock.now) -> House:
    """Everything that decides and remembers, opened and checked; ConfigurationError or StoreError with a sentence."""
    folder = Path(config.storage.templates) if config.storage.templates else None
    if folder is not None and not folder.is_dir():
        raise ConfigurationError([f"storage.templates: there is no folder {folder}; create it or leave the option out"])
    templates = Templates(folder, (rule.template for rule in config.routing if rule.template))
    faults = missing_templates(config, templates)
    faults += templates.check() if folder is not None else []  # our own are proved good by the tests
    if faults:
        raise ConfigurationError(faults)
    keyring = load_keyring(config.storage.key_path)
    storage = config.storage
    store = open_store(storage.database_url, sole=sole, password=storage.password(), connections=storage.connections)
    house = House(config, store, templates, keyring, now)
    try:
        house.introduce_agents()
        house.agree(anew=sole)
    except BaseException:
        store.close()
        raise
    return house


def build_pool(config: Config) -> ParserPool:
    verifies = any(trust.checks_dkim for trust in trusts(config).values())
    return ParserPool(
        verifies=verifies,
        workers=config.limits.parse_workers,
        cpu_seconds=float(config.limits.parse_seconds),
        memory_mb=config.limits.parse_memory,
    )


def authenticator_of(config: Config, pool: ParserPool, *, dns: bool = True) -> Authenticator | None:
    """What weighs the evidence of mail; None where no door asks for any, so that nothing is ever looked up."""
    known = trusts(config)
    if not any(trust.checks for trust in known.values()):
        return None
    return Authenticator(
        known,
        frozenset(agent.address.casefold() for agent in config.agent),
        pool,
        Resolver(config.dns.servers) if dns else NoResolver(),
        float(config.dns.timeout),
    )


@contextlib.contextmanager
def intake(house: House, *, rehearsal: bool = False) -> Iterator[tuple[Reception, ParserPool]]:
    """An intake of one's own for a command: mail is read and weighed as the daemon does it."""
    pool = build_pool(house.config)
    authenticator = authenticator_of(house.config, pool)
    try:
        yield Reception(house, pool, authenticator, rehearsal=rehearsal), pool
    finally:
        pool.close()
        if authenticator is not None:
            authenticator.close()


def webhooks_of(house: House) -> Webhooks:
    """What tells endpoints of events; those that are new are told of what comes from now on."""
    resolver = Resolver(house.config.dns.servers)
    callers = [Caller(webhook, resolver, clock.now) for webhook in house.config.webhook]
    journal = Journal(house)
    journal.introduce()
    return Webhooks(journal, callers, clock.now, clock.jitter)


def credentials(config: Config) -> dict[str, str]:
    """Passwords of the agents who have one, by casefolded address."""
    return {a.address.casefold(): password for a in config.agent if (password := a.password())}


def _wake(loop: asyncio.AbstractEventLoop, wake: Callable[[], None]) -> None:
    """From the writer's thread; a loop that has ended needs no news."""
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(wake)


class Daemon:
    """One running desk: ``start``, then ``wait`` until ``stop`` or a signal."""

    def __init__(self, config: Config, read_again: Callable[[], Config] | None = None) -> None:
        self.config = config
        self._read_again = read_again
        self.house = build_house(config, sole=True)
        try:
            self.pool = build_pool(config)
            self.authenticator = authenticator_of(config, self.pool)
            self.reception = Reception(self.house, self.pool, self.authenticator)
            transport = SmtpRelay(config.relay) if config.relay.host else Maildir(config.storage.path("outbox"))
            config.relay.password()
            self.delivery = Delivery(Deliveries(self.house), transport, config.relay, clock.now, clock.jitter)
            fetching = Fetching(self.house, self.reception)
            self.mailboxes = Mailboxes(config.mailbox, fetching, config.limits.message_size, clock.now, clock.jitter)
            self.repairs = Repairs(self.house, self.reception)
            self.ticker = Ticker(Ticking(self.house, lambda: self.mailboxes.caught_up), clock.now)
            self.studies = Ticker(Studies(self.house), clock.now)
            self.releases = Ticker(Releasing(self.house), clock.now)
            self.digests = Ticker(Digests(self.house), clock.now)
            self.webhooks = webhooks_of(self.house)
            self.doors = Doors(config.listen, config.limits, self.reception, credentials(config), clock.now)
        except BaseException:
            self.house.store.close()
            raise
        self.web = server.server(server.application(self.house, self.trouble, self.reception, self.pool))
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
        self.house.queued = lambda: _wake(loop, self.delivery.wake)
        self.house.waited = lambda: _wake(loop, self.releases.wake)
        self.house.happened = lambda: _wake(loop, self.webhooks.wake)
        self.house.woken = lambda at: _wake(loop, lambda: self.ticker.wake(at))
        self._tasks = [
            asyncio.create_task(self.delivery.run(), name="delivery"),
            asyncio.create_task(self.repairs.run(), name="repairs"),
            asyncio.create_task(self.ticker.run(), name="ticker"),
            asyncio.create_task(self.studies.run(), name="studies"),
            asyncio.create_task(self.releases.run(), name="releases"),
            asyncio.create_task(self.digests.run(), name="digests"),
            asyncio.create_task(self.webhooks.run(), name="webhooks"),
            asyncio.create_task(self.web.serve([sock]), name="web"),
        ]
        for task in self._tasks:
            task.add_done_callback(self._ended)
        self.mailboxes.start(loop)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        if not os.isatty(0):  # in a terminal, SIGHUP says that it was closed
            loop.add_signal_handler(signal.SIGHUP, self._reload)

    def trouble(self) -> str | None:
        """What keeps mail from leaving or coming at present, in sentences; None if nothing does."""
        reasons = [self.delivery.trouble, *self.mailboxes.trouble]
        return "; ".join(reason for reason in reasons if reason) or None

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A loop that ends by itself is a fault: say so and stop, so that the supervisor starts afresh."""
        if not self._stop.is_set() and not task.cancelled():
            log.error("loop-ended", loop=task.get_name(), error=repr(task.exception()))
            self.stop()

    def stop(self) -> None:
        self._stop.set()

    def _reload(self) -> None:
        """Read the configuration again: what is promised is taken anew; where a file is wrong, the old terms stay."""
        task = asyncio.create_task(asyncio.to_thread(self.reload), name="reload")
        self._reloading = task  # a task that nobody holds may be forgotten

        def wake(_: object) -> None:
            self.ticker.wake()

        task.add_done_callback(wake)

    def reload(self) -> bool:
        """Take the promises of the configuration as it now is; False, and a line in the log, where it cannot be."""
        if self._read_again is None:
            return False
        try:
            config = self._read_again()
            self.house.promise(config)
        except ConfigurationError as error:
            log.error("reload_refused", faults=error.faults, kept="the terms that were in force")
            return False
        except StoreUnavailable as error:
            log.error("reload_refused", faults=[str(error)], kept="the terms that were in force")
            return False
        changed = [n for n in type(config).model_fields if n not in PROMISING]
        waiting = [n for n in changed if getattr(config, n) != getattr(self.config, n)]
        log.info("reloaded", policies=len(config.policy), calendars=len(config.calendar), needs_restart=waiting)
        return True

    async def wait(self) -> None:
        """Serve until told to stop, then end everything in order."""
        await self._stop.wait()
        log.info("stopping")
        self.repairs.close()
        self.ticker.close()
        self.studies.close()
        self.releases.close()
        self.digests.close()
        await asyncio.gather(self.doors.close(5.0), self.mailboxes.close(5.0), self.webhooks.close(3.0))
        await self.delivery.close(3.0)
        self.web.should_exit = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*self._tasks, return_exceptions=True), 3)
        await self._close_parts()

    async def _close_parts(self) -> None:
        if self.authenticator is not None:
            self.authenticator.close()
        await asyncio.to_thread(self.pool.close)
        await asyncio.to_thread(self.house.store.close)


def _let_go_of_large_blocks() -> None:
    """Have the memory of a large mail go back when it is freed; glibc would keep more of it from mail to mail."""
    with contextlib.suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; StartError names cause and cure."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, for asyncio to set TCP_NODELAY
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


def run(config: Config, ready: Callable[[Daemon], None], read_again: Callable[[], Config] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is called once every door is open.

    At SIGHUP ``read_again`` gives the configuration as it then is.
    """

    async def serve() -> None:
        daemon = Daemon(config, read_again)
        await daemon.start()
        ready(daemon)
        await daemon.wait()

    _let_go_of_large_blocks()
    asyncio.run(serve())
