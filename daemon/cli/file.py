"""``counterfoil file``: mail from files and pipes."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.sources import mails, received_at
from daemon.cli.terms import FAILED, TRY_AGAIN, USAGE, ConfigFile, as_json, fail, house
from daemon.core.values import Envelope, Mail, Outcome, Parsed
from daemon.desk.house import House


def file(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help=".eml, mbox, Maildir or - for standard input")],
    config: ConfigFile = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would happen; store and send nothing.")] = False,
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="ADDRESS", help="Envelope recipient; else the desk found in To and Cc, else the first desk."
        ),
    ] = "",
    sender: Annotated[
        str | None, typer.Option("--from", metavar="ADDRESS", help="Envelope sender; '' = the null sender.")
    ] = None,
) -> None:
    """File mail from files, or from an MTA's pipe; one JSON object a mail.

    Examples: counterfoil file --dry-run letter.eml · counterfoil file ~/Maildir · counterfoil file - < letter.eml

    As a pipe of a mail server it exits with 75 when the mail could not be stored.
    """
    with ExitStack() as opened:
        try:
            here = opened.enter_context(house(config))
        except typer.Exit as ended:
            # a mail server must keep what its pipe could not take, whatever the reason
            raise (typer.Exit(TRY_AGAIN) if Path("-") in paths else ended) from None
        if to and here.book.read(to) is None:
            fail(f"--to {to} is no address of a desk; desks: {', '.join(d.address for d in here.config.desk)}", USAGE)
        try:
            worst = asyncio.run(_file(here, paths, dry_run, to, sender))
        except OSError as error:
            fail(f"{error.filename} cannot be read: {error.strerror}", FAILED)
    raise typer.Exit(worst)


async def _file(here: House, paths: list[Path], dry_run: bool, to: str, sender: str | None) -> int:
    """File each mail and say so; the exit code."""
    from daemon.app import intake

    worst = 0
    with intake(here, rehearsal=dry_run) as (reception, pool):
        for name, raw in mails(paths):
            parsed = await pool.parse(raw, "file")
            recipients = (to,) if to else recipients_of(here, parsed)
            envelope = Envelope("file", name, sender, recipients, received_at(raw, here.now()))
            if len(raw) > here.config.limits.message_size:
                outcomes: tuple[Outcome, ...] = (Outcome(recipients[0], "rejected", "too-large"),)
            else:
                outcomes = await reception.settle(raw, parsed, envelope)
            for outcome in outcomes:
                as_json(_line(name, outcome))
                worst = max(worst, {"deferred": TRY_AGAIN, "rejected": FAILED}.get(outcome.state, 0))
    return worst


def _line(name: str, outcome: Outcome) -> dict[str, object]:
    return {
        "path": name,
        "outcome": outcome.state,
        "because": outcome.because,
        "ticket": outcome.ticket,
        "message": outcome.message,
    }


def recipients_of(here: House, parsed: Parsed) -> tuple[str, ...]:
    """Our addresses among To and Cc; the first desk's if there are none."""
    found = (
        [a.address for a in (*parsed.to, *parsed.cc) if here.book.read(a.address)] if isinstance(parsed, Mail) else []
    )
    return tuple(dict.fromkeys(found)) or (here.config.desk[0].address,)
