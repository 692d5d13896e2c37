"""``counterfoil check``: is the configuration right, and does everything answer?"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.terms import FAILED, USAGE, AsJson, ConfigFile, fail, fail_for_now, fail_whole, load_config, say
from daemon.config import Config, ConfigurationError, unreadable
from daemon.store.writer import StoreUnavailable


def check(
    config: ConfigFile = None,
    connect: Annotated[
        bool,
        typer.Option(
            "--connect", help="Also try the database, the certificates, the relay, the mailboxes and reply addresses."
        ),
    ] = False,
    mail: Annotated[
        Path | None,
        typer.Option("--mail", metavar="FILE", help="Tell what would happen to this mail if it came, and why."),
    ] = None,
    to: Annotated[
        str,
        typer.Option("--to", metavar="ADDRESS", help="With --mail: envelope recipient; else as in file."),
    ] = "",
    door: Annotated[
        str,
        typer.Option("--door", metavar="NAME", help="With --mail: listener or mailbox (imap:NAME) that it comes by."),
    ] = "",
    at: Annotated[
        str,
        typer.Option("--at", metavar="TIME", help="With --mail: when it comes, such as '2026-12-01 22:00'; else now."),
    ] = "",
    json: AsJson = False,
) -> None:
    """Check the configuration and the templates; with --connect, what they name as well; with --mail, one mail.

    Examples: counterfoil check --connect --config /etc/counterfoil.toml · counterfoil check --mail letter.eml
    """
    if mail is None and (to or door or at or json):
        fail("--to, --door, --at and --json are for --mail FILE; name one", USAGE)
    settings = load_config(config)
    try:
        faults = _local_faults(settings)
    except StoreUnavailable as error:
        fail_for_now(error)
    if faults:
        fail_whole(ConfigurationError(faults), config)
    if mail is not None:
        from daemon.cli.rehearsal import rehearse_file

        rehearse_file(config, mail, to, door, at, json=json)
        return
    say(f"Configuration: good. Desks: {', '.join(d.address for d in settings.desk)}. Agents: {len(settings.agent)}.")
    if connect:
        say("Templates, keys, passwords, database: good.")
        if faults := _faults_of_others(settings):
            print("\n".join(f"counterfoil: {fault}" for fault in faults), file=sys.stderr)
            raise typer.Exit(FAILED)


def _faults_of_others(settings: Config) -> list[str]:
    """Try the relay and the mailboxes, each by itself, and say what works; the faults."""
    from daemon.app import build_house
    from daemon.cli.mailboxes import check_mailboxes, check_reply_addresses
    from daemon.edge.relay import check_relay

    reason = asyncio.run(check_relay(settings.relay)) if settings.relay.host else None
    if not settings.relay.host:
        say(f"No relay: mail goes into the Maildir {settings.storage.path('outbox')}.")
    elif reason is None:
        say(f"Relay {settings.relay.host}: good.")
    house = build_house(settings)
    try:
        faults = [reason] if reason else []
        faults += check_mailboxes(house)
        return faults if reason else faults + check_reply_addresses(house)
    finally:
        house.store.close()


def _local_faults(settings: Config) -> list[str]:
    """Everything that this machine alone can tell, each fault a sentence."""
    from daemon.app import build_house
    from daemon.edge import StartError
    from daemon.edge.tls import server_context
    from daemon.store.db import StoreError

    faults = unreadable(settings)
    attempts: list[Callable[[], object]] = [
        lambda: build_house(settings).store.close(),
        *(partial(server_context, listener) for listener in settings.listen if not faults),
    ]
    for attempt in attempts:
        try:
            attempt()
        except ConfigurationError as error:
            faults += [fault for fault in error.faults if not fault.startswith("storage.templates")]
        except (StoreError, StartError) as error:
            faults.append(str(error))
    return faults
