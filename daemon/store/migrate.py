"""Bringing a database up to this version's schema, and its published views with it.

The migrations are scripts of ``playhouse.migrations`` (also usable by hand: ``pwmigrate``). Views hold no data and are
made anew whenever their text changes, and so are the entries of the search when their version does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import partial
from importlib import resources
from pathlib import Path
from typing import Any

import peewee as pw
from playhouse.migrations import Runner

from daemon.store import indexing
from daemon.store.tables import About

FOLDER = Path(__file__).with_name("migrations")


class TooNew(Exception):
    """The database knows a migration that this program does not."""


def up(database: pw.Database) -> list[str]:
    """Apply what is pending, all or nothing a step; returns the names applied. The caller holds the lock."""
    runner = Runner(database, str(FOLDER))
    unknown = [m.name for m in runner.status() if m.path is None]
    if unknown:
        raise TooNew(unknown[-1])
    applied = runner.up()
    _views(database)
    if not indexing.is_current():
        indexing.rebuild(partial(_step, database))
    return list(applied or [])


def _step(database: pw.Database, job: Callable[[], Any]) -> None:
    with database.atomic():
        job()


def _views(database: pw.Database) -> None:
    text = resources.files("daemon.store").joinpath("public.sql").read_text("utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = About.get_or_none(About.key == "views")
    if known is not None and known.value == digest:
        return
    with database.atomic():
        for statement in text.split(";\n"):
            if statement.strip():
                database.execute_sql(statement)
        About.insert(key="views", value=digest).on_conflict(
            conflict_target=[About.key], preserve=[About.value]
        ).execute()
