"""``counterfoil play``: a script of mails and acts, played on a desk of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from daemon.cli.terms import USAGE, ConfigFile, fail, fail_whole, house, read_config, say


def play(
    script: Annotated[Path, typer.Argument(metavar="SCRIPT", help="One JSON object a line, in the order of time.")],
    config: ConfigFile = None,
) -> None:
    """Play a script of mails and acts on an empty desk, at the instants that it names; no letter is written.

    Decisions and rows are what they would have been: this is how the demo year of the reports is made.

    Example: counterfoil play year.jsonl --config year.toml
    """
    from daemon.config import ConfigurationError
    from daemon.desk.change import Unchangeable
    from daemon.desk.playing import Player, Unplayable
    from daemon.store import tickets

    if not script.is_file():
        fail(f"there is no script {script}", USAGE)
    first = next(_acts(script), None)
    if first is None:
        fail(f"{script} is empty", USAGE)
    with house(config, lambda: int(first["at"])) as here:
        if here.store.read(lambda: tickets.rows(None, 1)):
            fail(f"{here.config.storage.database_url} has tickets already; name a new database: a script makes history")
        player = Player(here, lambda name: read_config(script.parent / name))
        played = 0
        try:
            for played in player.play(_acts(script)):
                say(f"{played}")
        except ConfigurationError as error:
            fail_whole(error, script)
        except (Unplayable, Unchangeable) as error:
            fail(str(error))
        except (KeyError, ValueError) as error:
            fail(f"{script}, after act {played}: an act lacks {error}; see the examples in the guide for analysts")


def _acts(script: Path) -> Iterator[dict[str, Any]]:
    with script.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
