"""``counterfoil run``: the daemon."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from daemon.cli.terms import USAGE, ConfigFile, fail, fail_for_now, fail_whole, load_config, read_config, say

if TYPE_CHECKING:
    from daemon.app import Daemon


def run(config: ConfigFile = None) -> None:
    """Start the daemon and serve until SIGTERM or Ctrl-C.

    Without a configuration it serves support@example.com on this machine alone, and no mail leaves it. SIGHUP makes it
    read calendars, policies, escalations and rules of automation again; where they are wrong, the old ones stay.

    Example: counterfoil run --config /etc/counterfoil.toml
    """
    from daemon import app, logs
    from daemon.config import ConfigurationError
    from daemon.edge import StartError
    from daemon.store.db import StoreError
    from daemon.store.writer import StoreUnavailable

    settings = load_config(config)
    logs.configure(settings.log.level)
    try:
        app.run(settings, welcome, partial(read_config, config))
    except ConfigurationError as error:
        fail_whole(error, config)
    except (StoreError, StartError) as error:
        fail(str(error), USAGE)
    except StoreUnavailable as error:
        fail_for_now(error)


def welcome(daemon: Daemon) -> None:
    """Say what listens where, and the three lines to type next."""
    config = daemon.config
    desk = config.desk[0]
    doors = [
        f"{listener.protocol.upper()} on {host}:{port}"
        for listener, (host, port) in zip(config.listen, daemon.doors.addresses, strict=True)
    ]
    doors += [f"mailbox {box.name} on {box.host}:{box.port}" for box in config.mailbox]
    out = (
        f"{config.relay.host}:{config.relay.port}"
        if config.relay.host
        else f"the Maildir {config.storage.path('outbox')} (no relay is configured)"
    )
    ways = ", ".join(doors) or "no listener and no mailbox"
    pages = "portal and API" if config.portal.enabled else "API"
    say(f"Counterfoil is running: {ways}, {pages} on http://{config.http.host}:{daemon.http_port}.")
    say(f"Desk {desk.address}, database {config.storage.database_url}, outgoing mail to {out}.")
    smtp = next(
        (a for listener, a in zip(config.listen, daemon.doors.addresses, strict=True) if listener.protocol == "smtp"),
        None,
    )
    if smtp and not config.relay.host:
        here = Path(sys.executable).with_name("counterfoil")
        command = here.relative_to(Path.cwd()) if here.is_relative_to(Path.cwd()) else here
        mail = f"From: customer@example.net\\nTo: {desk.address}\\nSubject: Printer\\n\\nIt is on fire."
        people = f'"customer@example.net", "{desk.address}"'
        say("")
        say("Type next, in another terminal here:")
        say(f"""  python3 -c 'import smtplib; smtplib.SMTP("{smtp[0]}", {smtp[1]}).sendmail({people}, "{mail}")'""")
        say(f"  {command} ticket show 1")
        say(f"  cat {config.storage.path('outbox')}/new/*")
    sys.stdout.flush()
