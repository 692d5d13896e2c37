"""``counterfoil inspect``: what is understood of a mail, without keeping it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.sources import mails
from daemon.cli.terms import FAILED, ConfigFile, as_json, fail, load_config


def inspect(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help=".eml, mbox, Maildir or - for standard input")],
    config: ConfigFile = None,
) -> None:
    """Print what is understood of each mail, one JSON object a line; nothing is stored.

    Example: counterfoil inspect strange.eml | python3 -m json.tool
    """
    from daemon.mail.inspection import as_dict
    from daemon.mail.worker import ParserPool

    limits = load_config(config).limits
    pool = ParserPool(workers=1, wall_seconds=float(limits.parse_seconds), memory_mb=limits.parse_memory)
    try:
        for name, raw in mails(paths):
            as_json(as_dict(name, pool.parse_now(raw, "inspect")))
    except OSError as error:
        fail(f"{error.filename} cannot be read: {error.strerror}", FAILED)
    finally:
        pool.close()
