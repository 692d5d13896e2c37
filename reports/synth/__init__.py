"""Demo data: a believable year of a help desk, made by the desk itself (see ``script``), in two ways.

    reports.synth.make("demo", tickets=2_000)     a snapshot, played by the daemon's own decide and commit
    reports.synth.fast(1_000_000)                 the same decisions in memory, for measurements

``demo()`` is where notebooks find the first kind: made once, and kept in a folder of the user's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from daemon.core.sla.terms import METRICS, Metric, policy_of
from reports import snapshot
from reports.dataset import Desk
from reports.manifest import MANIFEST, Manifest
from reports.problems import ReportError
from reports.schema import TABLES, VERSION
from reports.sla import policies
from reports.sources import connect
from reports.synth import frames, script
from reports.synth.founding import Founding, promised

TICKETS, SEED = 2_000, 1
KEPT_IN = "COUNTERFOIL_DEMO"
Progress = Callable[[int, int], None]


def demo() -> Path:
    """The folder of the demo snapshot (in $COUNTERFOIL_DEMO, else among the user's caches), made if there is none."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    kept = Path(os.environ.get(KEPT_IN) or Path(cache) / "counterfoil")
    folder = kept / f"demo-{_recipe()}"
    if not (folder / MANIFEST).exists():
        with _alone(kept):
            if not (folder / MANIFEST).exists():
                make(folder, progress=_tell)
    return folder


def make(
    folder: Path | str, tickets: int = TICKETS, seed: int = SEED, progress: Progress = lambda *_: None
) -> Manifest:
    """Have the daemon play a year of so many tickets, and take a snapshot of it into a folder."""
    with tempfile.TemporaryDirectory(prefix="counterfoil-year-") as temporary:
        here = Path(temporary)
        url = play(here, script.write(tickets, seed), progress)
        building = here / "snapshot"
        with connect(url) as source:
            manifest = snapshot.take(source, building, at=script.END)
        folder = Path(folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        moving = folder.with_name(folder.name + ".new")
        shutil.rmtree(moving, ignore_errors=True)
        shutil.copytree(building, moving)
        shutil.rmtree(folder, ignore_errors=True)
        moving.replace(folder)
    return manifest


def play(folder: Path, written: script.Script, progress: Progress = lambda *_: None) -> str:
    """Have the daemon play a script in a folder; the URL of its database."""
    url = f"sqlite:///{folder / 'desk.db'}"
    storage = {"storage": {"folder": str(folder), "database": url}}
    for name, terms in (("year", script.POLICIES), ("stricter", script.STRICTER)):
        (folder / f"{name}.toml").write_text(_toml(storage | script.settings(terms)), "utf-8")
    lines = list(written.lines())
    (folder / "year.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    command = [sys.executable, "-P", "-m", "daemon", "play", str(folder / "year.jsonl")]
    with subprocess.Popen(  # noqa: S603
        [*command, "--config", str(folder / "year.toml")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as playing:
        assert playing.stdout is not None and playing.stderr is not None
        for line in playing.stdout:
            progress(int(line), len(lines))
        said = playing.stderr.read()
    if playing.returncode:
        raise ReportError(f"the demo year could not be made: {said.strip() or 'the desk ended without a word'}")
    return url


def fast(
    tickets: int,
    seed: int = SEED,
    processes: int = 1,
    progress: Callable[[int], None] = lambda _: None,
    *,
    brief: bool = False,
) -> Desk:
    """The same year in memory, without a database. ``brief``: short lives, and first responses promised alone."""
    founding = founded()
    written = script.write(tickets, seed, brief=brief)
    terms = terms_of(founding, ("first_response",) if brief else METRICS)
    return frames.desk_of(frames.lived(written, terms, processes=processes, progress=progress), founding)


def founded() -> Desk:
    """A desk on the year's settings in which nothing happened: its calendar and policies."""
    with (
        tempfile.TemporaryDirectory(prefix="counterfoil-year-") as temporary,
        connect(play(Path(temporary), script.write(0))) as source,
    ):
        return Desk.of({name: source.table(table) for name, table in TABLES.items()}, script.END, source.name)


def terms_of(founding: Desk, promises: Sequence[Metric] = METRICS) -> Founding:
    """What such a desk promises, as the decisions take it; of these metrics alone."""
    versions = {
        version: policy_of(version, terms | {"targets": {name: terms["targets"][name] for name in promises}})
        for version, terms in policies(founding).items()
    }
    (calendar,) = set(founding.text("calendar", "calendar").to_pylist())
    return promised(versions, {calendar: founding.calendars.timeline(founding.calendars.default)})


@contextmanager
def _alone(folder: Path) -> Any:
    """One maker at a time: others wait, and then find it made."""
    import fcntl

    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "making").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _recipe() -> str:
    """What the demo is made of: the script, and the core that decides."""
    import daemon.core

    digest = hashlib.sha256()
    sources = [Path(script.__file__), *Path(daemon.core.__file__).parent.rglob("*.py")]
    for path in sorted(sources):
        digest.update(path.read_bytes())
    return f"{VERSION}-{digest.hexdigest()[:12]}"


def _tell(done: int, of: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done >= of else "\r"
        print(f"making the demo year: {done:,} of {of:,} mails and acts", end=end, file=sys.stderr)  # noqa: T201


def _toml(settings: dict[str, Any]) -> str:
    """Plain settings as TOML: tables, and lists of tables, of values that JSON writes alike."""
    lines = []
    for name, value in settings.items():
        for table in value if isinstance(value, list) else [value]:
            lines.append(f"[[{name}]]" if isinstance(value, list) else f"[{name}]")
            lines += [f"{key} = {json.dumps(one)}" for key, one in table.items()]
    return "\n".join(lines) + "\n"
