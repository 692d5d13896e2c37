"""Snapshots and reports on a schedule, made by a process of their own; what a report shows becomes a mail.

What was done stands written down by its instant, so that a daemon that was away catches up once, and only once.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import structlog

from daemon import almanac, clock
from daemon.config import Config, ConfigurationError
from daemon.config_studies import Report
from daemon.core.schedule import Schedule, schedule
from daemon.core.values import Address
from daemon.desk import post
from daemon.desk.house import House
from daemon.mail import letters
from daemon.mail.address import message_id
from daemon.mail.contexts import Figures
from daemon.mail.letter import Enclosure
from daemon.store import terms
from daemon.store.writer import StoreUnavailable

log = structlog.get_logger()
KIND = "report"
LONGEST = 3600
AGAIN = 900
MOST_CHARTS = 6
NEEDS = ("adbc_driver_manager", "pandas", "pyarrow")


class StudyFailed(Exception):
    """A snapshot or report could not be made; what the process said of it."""


@dataclass(frozen=True, slots=True)
class _Job:
    """``key`` under which it is noted when it was done last; ``report`` None: the snapshot itself."""

    key: str
    when: Schedule
    report: Report | None


class Studies:
    """What the ticker drives: ``turn`` does what is due, one at a time."""

    def __init__(self, house: House) -> None:
        self._house = house
        config = house.config
        zone = config.calendar[0].zone if config.calendar else "UTC"
        self._zone = almanac.zone(zone)
        self._jobs = [_Job("snapshot", schedule(config.snapshot.at), None)] if config.snapshot.at else []
        self._jobs += [_Job(f"report {i} {r.name}", schedule(r.at), r) for i, r in enumerate(config.report)]
        self._not_before: dict[str, int] = {}

    async def turn(self) -> float | None:
        """Make what is due; seconds until the next is."""
        if not self._jobs:
            return None
        for job in self._jobs:
            await self._look(job)
        now = self._house.now()
        return float(max(min(job.when.next(now, self._zone) for job in self._jobs) - now, 1))

    async def _look(self, job: _Job) -> None:
        now = self._house.now()
        due = job.when.last(now, self._zone)
        try:
            last = await asyncio.to_thread(self._house.store.read, lambda: terms.noted(job.key))
            if last is None:  # the first start: what was due before there was a desk is nobody's loss
                await self._note(job, due)
            elif int(last) < due and self._not_before.get(job.key, 0) <= now:
                await self._make(job)
                await self._note(job, due)
        except (StudyFailed, StoreUnavailable, OSError) as error:
            self._not_before[job.key] = now + AGAIN
            log.error("study_failed", what=job.key, error=str(error), again_in=AGAIN)

    async def _note(self, job: _Job, at: int) -> None:
        await asyncio.wrap_future(self._house.store.write(lambda: terms.note(job.key, str(at))))

    async def _make(self, job: _Job) -> None:
        config = self._house.config
        folder = snapshot_folder(config)
        await run(snapshot_command(folder), environment(config))
        if job.report is None:
            log.info("snapshot_taken", folder=str(folder))
            return
        with tempfile.TemporaryDirectory(prefix="counterfoil-report-") as temporary:
            out = Path(temporary)
            await run(["report", job.report.name, "--snapshot", str(folder), "--out", str(out)], environment(config))
            made = await asyncio.to_thread(read_report, out)
        await asyncio.wrap_future(self._house.store.write(partial(mail, self._house, made, job.report)))
        log.info("report_mailed", name=job.report.name, to=len(job.report.to))


def snapshot_folder(config: Config) -> Path:
    return Path(config.snapshot.folder) if config.snapshot.folder else config.storage.path("snapshot")


def snapshot_command(folder: Path) -> list[str]:
    return ["snapshot", "--out", str(folder)]


def environment(config: Config, *, pseudonymise: bool | None = None) -> dict[str, str]:
    """The environment of the process: what names the database, password and all, is no argument that others can
    read.
    """
    storage = config.storage
    url, password = storage.database_url, storage.password()
    if password is not None and url.startswith("postgres"):
        from urllib.parse import quote, urlsplit, urlunsplit

        parts = urlsplit(url)
        user = parts.username or ""
        host = parts.netloc.rpartition("@")[2]
        url = urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}@{host}"))
    added = {"COUNTERFOIL_DATABASE": url}
    if config.snapshot.pseudonymise if pseudonymise is None else pseudonymise:
        added["COUNTERFOIL_PSEUDONYM_KEY"] = pseudonym_key(storage.path("pseudonym.key"))
    return {**os.environ, **added}


def pseudonym_key(path: Path) -> str:
    """The key under which persons have other numbers, made where there is none."""
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(clock.key() + "\n")
        return path.read_text("ascii").strip()
    except OSError as error:
        raise ConfigurationError(
            [f"{path}: cannot be used: {error.strerror}; let this user read and write it"]
        ) from None


def command(arguments: list[str]) -> list[str]:
    """How reports are called; StudyFailed where what they need is not installed."""
    return [interpreter(), "-P", "-m", "reports", *arguments]


def interpreter() -> str:
    """A Python that has what reports need: this one, else that of ``bin/notebooks`` in this checkout."""
    if all(importlib.util.find_spec(name) for name in NEEDS):
        return sys.executable
    beside = Path(__file__).resolve().parents[2] / ".venv-reports" / "bin" / "python"
    if (beside.parent.parent / "built-from").exists() and beside.exists():
        return str(beside)
    raise StudyFailed(
        "reports need libraries that are not installed: bin/notebooks --set-up installs them in a checkout, "
        "pip install 'counterfoil[reports]' elsewhere"
    )


async def run(arguments: list[str], env: Mapping[str, str]) -> None:
    """Run it, and wait; StudyFailed with what it said."""
    process = await asyncio.create_subprocess_exec(
        *command(arguments), env=env, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        async with asyncio.timeout(LONGEST):
            _, said = await process.communicate()
    except TimeoutError:
        raise StudyFailed(f"{arguments[0]} took longer than {LONGEST // 60} minutes and was ended") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    if process.returncode:
        raise StudyFailed(
            said.decode(errors="replace").strip()[-2000:] or f"{arguments[0]} ended with {process.returncode}"
        )


@dataclass(frozen=True, slots=True)
class Made:
    """A report as it lies in its folder."""

    title: str
    sentences: tuple[str, ...]
    charts: tuple[Enclosure, ...]
    pdf: Enclosure | None


def read_report(folder: Path) -> Made:
    """What ``reports`` wrote; StudyFailed where it is not all there."""
    try:
        summary = json.loads((folder / "summary.json").read_text("utf-8"))
        charts = tuple(
            Enclosure(name, "image/png", (folder / "charts" / name).read_bytes(), f"chart{i}@counterfoil.local", True)
            for i, name in enumerate(summary["charts"][:MOST_CHARTS], 1)
        )
        pdf = folder / f"{summary['name']}.pdf"
        enclosed = Enclosure(pdf.name, "application/pdf", pdf.read_bytes()) if pdf.exists() else None
        return Made(summary["title"], tuple(summary["sentences"]), charts, enclosed)
    except (OSError, ValueError, KeyError) as error:
        raise StudyFailed(f"the report is incomplete: {error}") from None


def mail(house: House, made: Made, report: Report) -> None:
    """Queue a report for each of those who get it; runs in the writer's transaction."""
    now = house.now()
    desk = house.config.desk[0].name
    zone = house.config.calendar[0].zone if house.config.calendar else "UTC"
    day = f"{almanac.there(now, zone):%Y-%m-%d}"
    names = tuple((c.content_id or "", c.name.removesuffix(".png").replace("-", " ")) for c in made.charts)
    what = Figures(made.title, day, made.sentences, names)
    files = (*made.charts, *((made.pdf,) if made.pdf else ()))
    for address in report.to:
        mid = message_id(0, house.keyring.token(0, 0), house.nonce(), house.domain(desk))
        to = letters.Post(mid, now, (Address("", address),))
        post.queue(house, letters.figures(house.templates, house.stationery(desk), to, what, files), KIND, desk, now)
