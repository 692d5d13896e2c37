"""What the commands share: finding the configuration, opening the house, saying things on a terminal."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from daemon import clock
from daemon import config as configuration
from daemon.config import Config, ConfigurationError
from daemon.desk.house import House
from daemon.store.db import StoreError
from daemon.store.writer import StoreUnavailable

USAGE, FAILED, TRY_AGAIN = 2, 1, 75

ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Configuration file; else $COUNTERFOIL_CONFIG, else ./config.toml, else built-in defaults.",
    ),
]
HIGHEST = 2**63 - 1  # that a database can number
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line in place of a table.")]


def say(text: str = "") -> None:
    print(text)


def fail(sentence: str, code: int = FAILED) -> NoReturn:
    """End with one sentence on standard error."""
    print(f"counterfoil: {sentence}", file=sys.stderr)
    raise typer.Exit(code)


def load_config(path: Path | None) -> Config:
    """The configuration in force; ends the program with every fault of it."""
    try:
        return read_config(path)
    except ConfigurationError as error:
        fail_whole(error, _chosen(path))


def read_config(path: Path | None) -> Config:
    """The configuration in force; ConfigurationError with every fault of it."""
    chosen = _chosen(path)
    return configuration.load(chosen) if chosen else configuration.built_in()


def _chosen(path: Path | None) -> Path | None:
    chosen = path or (Path(found) if (found := os.environ.get("COUNTERFOIL_CONFIG")) else None)
    if chosen is None and Path("config.toml").exists():
        return Path("config.toml")
    return chosen


def fail_whole(error: ConfigurationError, path: Path | None = None) -> NoReturn:
    head = f"{path or 'the configuration'} has {len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}:"
    print("\n".join([f"counterfoil: {head}", *(f"  {fault}" for fault in error.faults)]), file=sys.stderr)
    raise typer.Exit(USAGE)


def fail_for_now(error: StoreUnavailable) -> NoReturn:
    cure = "nothing was changed; free space on its disk, or stop what holds it, and try again"
    fail(f"{error}; {cure}", TRY_AGAIN)


@contextmanager
def house(path: Path | None, now: Callable[[], int] = clock.now) -> Iterator[House]:
    """The desk's house, opened beside a running daemon; faults end the program with a sentence."""
    from daemon import logs
    from daemon.app import build_house

    config = load_config(path)
    logs.configure("warning")
    try:
        opened = build_house(config, now=now)
    except ConfigurationError as error:
        fail_whole(error, path)
    except StoreError as error:
        fail(str(error), USAGE)
    except StoreUnavailable as error:
        fail_for_now(error)
    try:
        yield opened
    except StoreUnavailable as error:
        fail_for_now(error)
    finally:
        opened.store.close()


def plain(value: object) -> str:
    """Text that is safe on a terminal: control and direction characters are shown, not obeyed (one line)."""
    text = "" if value is None else str(value)
    return "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Zl", "Zp") else "�" for c in text)


def block(text: str) -> str:
    """Several lines of foreign text, each made safe."""
    return "\n".join(plain(line) for line in text.split("\n"))


def moment(seconds: int | None) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S") if seconds is not None else ""


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Columns under their names, the last one cut at the terminal's edge."""
    from shutil import get_terminal_size

    cells = [[plain(c) for c in row] for row in rows]
    widths = [max(len(r[i]) for r in [list(columns), *cells]) for i in range(len(columns))]
    edge = max(get_terminal_size((120, 24)).columns, 60)
    for row in [[c.upper() for c in columns], *cells]:
        line = "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        say(line if len(line) <= edge or not sys.stdout.isatty() else line[: edge - 1] + "…")


def as_json(row: dict[str, Any]) -> None:
    say(json.dumps(row, ensure_ascii=True, default=str))
