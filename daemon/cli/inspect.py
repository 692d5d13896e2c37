"""``counterfoil inspect``: what is understood of a mail, without keeping it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from daemon.cli.sources import mails
from daemon.cli.terms import FAILED, as_json, fail


def inspect(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help=".eml, mbox, Maildir or - for standard input")],
) -> None:
    """Print what is understood of each mail, one JSON object a line; nothing is stored.

    Example: counterfoil inspect strange.eml | python3 -m json.tool
    """
    from daemon.mail.inspection import as_dict
    from daemon.mail.worker import ParserPool

    pool = ParserPool(workers=1)
    try:
        for name, raw in mails(paths):
            as_json(as_dict(name, pool.parse_now(raw, "inspect")))
    except OSError as error:
        fail(f"{error.filename} cannot be read: {error.strerror}", FAILED)
    finally:
        pool.close()
