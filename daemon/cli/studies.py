"""``counterfoil snapshot`` and ``counterfoil report``: the history as data, and reports made of it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.terms import ConfigFile, fail, fail_whole, load_config


def snapshot(
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for it; one that is there is brought up to date.")
    ],
    config: ConfigFile = None,
    pseudonymise: Annotated[
        bool | None,
        typer.Option("--pseudonymise/--with-names", help="Leave names and addresses out; else as configured."),
    ] = None,
) -> None:
    """Write the published views as Parquet, for analysts; the daemon may run meanwhile.

    Only what belongs to tickets that were touched since is written anew. Reading it needs no daemon and no
    configuration.

    Example: counterfoil snapshot --out history
    """
    from daemon.config import ConfigurationError
    from daemon.desk import studies

    configured = load_config(config)
    try:
        env = studies.environment(configured, pseudonymise=pseudonymise)
    except ConfigurationError as error:
        fail_whole(error, config)
    _become(studies.snapshot_command(out), env)


def report(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="weekly, overview, response_times, sla, backlog_and_flow …")
    ],
    snapshot: Annotated[
        str, typer.Option("--snapshot", metavar="DIR", help="Folder of a snapshot, or a database's URL.")
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder for the page, the PDF, tables and pictures.")
    ],
    zone: Annotated[str, typer.Option("--zone", help="Zone in which periods are cut; else the calendar's.")] = "",
) -> None:
    """Make a report for people who open no notebook: one page without scripts, a PDF, CSV of each table, pictures.

    Example: counterfoil report weekly --snapshot history --out weekly
    """
    more = ["--zone", zone] if zone else []
    _become(["report", name, "--snapshot", snapshot, "--out", str(out), *more], dict(os.environ))


def _become(arguments: list[str], env: dict[str, str]) -> None:
    """Go on as the process that does the work: reports live in a house of their own."""
    from daemon.desk import studies

    try:
        command = studies.command(arguments)
    except studies.StudyFailed as error:
        fail(str(error))
    sys.stdout.flush()
    os.execve(command[0], command, env)  # noqa: S606  our own interpreter, no shell
