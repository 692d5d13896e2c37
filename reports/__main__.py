"""``python -m reports``: what ``counterfoil snapshot`` and ``counterfoil report`` call, in a process of its own.

A snapshot of a large desk takes gigabytes of memory for a while; the daemon that asks for one keeps its own small.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TextIO

from reports.problems import ReportError

FAILED, USAGE = 1, 2
KEY = "COUNTERFOIL_PSEUDONYM_KEY"
DATABASE = "COUNTERFOIL_DATABASE"
WIDE = 24


def main(arguments: list[str] | None = None) -> int:
    """Run a command; the exit code."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except ReportError as error:
        print(f"counterfoil: {error}", file=sys.stderr)  # noqa: T201
        return USAGE if options.run is _snapshot and "database" in str(error) else FAILED
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("snapshot", help="the published views as Parquet")
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--database", default=os.environ.get(DATABASE, ""))
    one.set_defaults(run=_snapshot)
    one = commands.add_parser("report", help="a notebook as a page, a PDF, tables and pictures")
    one.add_argument("name")
    one.add_argument("--snapshot", required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--zone", default=None)
    one.set_defaults(run=_report)
    return parser


def _snapshot(options: argparse.Namespace) -> int:
    from reports import snapshot
    from reports.sources import connect

    key = os.environ.get(KEY, "").encode() or None
    if key is not None and len(key) < 16:
        raise ReportError(f"{KEY} is too short to hide anyone; make it 16 characters or more")
    with Bar("snapshot") as bar, connect(options.database) as source:
        manifest = snapshot.take(source, options.out, key, progress=lambda name, done, of: bar.show(done, of, name))
    size = sum(f.bytes for f in manifest.files)
    rows = {name: sum(f.rows for f in manifest.files if f.table == name) for name in ("ticket", "event")}
    print(  # noqa: T201
        f"{options.out}: {rows['ticket']:,} tickets, {rows['event']:,} events, {size / 1e6:,.1f} MB"
        f"{', without names' if manifest.pseudonymised else ''} (snapshot {manifest.digest[:12]})"
    )
    return 0


def _report(options: argparse.Namespace) -> int:
    from reports.render import report

    parameters = {"zone": options.zone} if options.zone else {}
    with Bar(options.name) as bar:
        written = report(options.name, options.snapshot, options.out, parameters, bar.show)
    for path in written:
        print(path)  # noqa: T201
    return 0


class Bar:
    """How far it is, on one line of a terminal; nothing where nobody looks."""

    def __init__(self, what: str, to: TextIO = sys.stderr) -> None:
        self._what, self._to = what, to
        self._shown = to.isatty()

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._shown:
            self._to.write("\r" + " " * 78 + "\r")
            self._to.flush()

    def show(self, done: int, of: int, name: str = "") -> None:
        """Draw it."""
        if self._shown:
            full = WIDE * done // max(of, 1)
            self._to.write(f"\r{self._what} [{'█' * full}{'·' * (WIDE - full)}] {done}/{of} {name:<12}")
            self._to.flush()


if __name__ == "__main__":
    sys.exit(main())
