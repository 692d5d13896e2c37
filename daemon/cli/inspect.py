"""``counterfoil inspect``: what is understood of a mail, and whom a door would believe, without keeping it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.sources import mails, received_at
from daemon.cli.terms import FAILED, USAGE, ConfigFile, as_json, fail, load_config
from daemon.config import Config
from daemon.core.values import Envelope, Mail


def inspect(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help=".eml, mbox, Maildir or - for standard input")],
    config: ConfigFile = None,
    door: Annotated[
        str,
        typer.Option(
            "--door",
            metavar="NAME",
            help="Listener or mailbox (imap:NAME) whose trust is applied: would its author be believed there?",
        ),
    ] = "",
    peer: Annotated[
        str, typer.Option("--peer", metavar="IP", help="With --door: the address that handed the mail over.")
    ] = "",
    sender: Annotated[
        str, typer.Option("--from", metavar="ADDRESS", help="With --door: the envelope sender, for SPF.")
    ] = "",
    dns: Annotated[bool, typer.Option("--dns/--no-dns", help="With --door: look keys and policies up.")] = True,
) -> None:
    """Print what is understood of each mail, one JSON object a line; nothing is stored.

    Examples: counterfoil inspect strange.eml | python3 -m json.tool · counterfoil inspect --door imap:support held.eml
    """
    from daemon.desk.house import trusts

    loaded = load_config(config)
    if door and door not in trusts(loaded):
        known = ", ".join(trusts(loaded)) or "none; doors need names of their own"
        fail(f"--door {door} is no door with a name of its own; there are: {known}", USAGE)
    try:
        asyncio.run(_inspect(loaded, paths, door, peer, sender, dns))
    except OSError as error:
        fail(f"{error.filename} cannot be read: {error.strerror}", FAILED)


async def _inspect(config: Config, paths: list[Path], door: str, peer: str, sender: str, dns: bool) -> None:
    from daemon import clock
    from daemon.app import authenticator_of, build_pool
    from daemon.mail.inspection import as_dict

    pool = build_pool(config)
    authenticator = authenticator_of(config, pool, dns=dns) if door else None
    try:
        for name, raw in mails(paths):
            parsed, evidence = await pool.parse(raw, "inspect"), None
            if authenticator is not None and isinstance(parsed, Mail):
                at = received_at(raw, clock.now())
                envelope = Envelope("file", name, sender or parsed.return_path, (), at, peer, door=door)
                evidence = await authenticator.evidence(raw, parsed, envelope)
            as_json(as_dict(name, parsed, evidence))
    finally:
        pool.close()
        if authenticator is not None:
            authenticator.close()
