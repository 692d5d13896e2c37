"""``counterfoil check``: is the configuration right, and does everything answer?"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from daemon.cli.terms import FAILED, ConfigFile, fail, fail_for_now, fail_whole, load_config, say
from daemon.config import Config, ConfigurationError, unreadable
from daemon.store.writer import StoreUnavailable


def check(
    config: ConfigFile = None,
    connect: Annotated[
        bool, typer.Option("--connect", help="Also open the database, the ports' certificates and the relay.")
    ] = False,
) -> None:
    """Check the configuration and the templates; with --connect, what they name as well.

    Example: counterfoil check --connect --config /etc/counterfoil.toml
    """
    settings = load_config(config)
    try:
        faults = _local_faults(settings)
    except StoreUnavailable as error:
        fail_for_now(error)
    if faults:
        fail_whole(ConfigurationError(faults), config)
    say(f"Configuration: good. Desks: {', '.join(d.address for d in settings.desk)}. Agents: {len(settings.agent)}.")
    if connect:
        say("Templates, keys, passwords, database: good.")
        if settings.relay.host:
            from daemon.edge.relay import check_relay

            reason = asyncio.run(check_relay(settings.relay))
            if reason:
                fail(reason, FAILED)
            say(f"Relay {settings.relay.host}: good.")
        else:
            say(f"No relay: mail goes into the Maildir {settings.storage.path('outbox')}.")


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
