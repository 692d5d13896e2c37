"""What the configuration says of snapshots and reports: when they are made, and who gets them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

from daemon.config_options import MailAddress, Section, option
from daemon.core.schedule import schedule


def _time(value: str) -> str:
    schedule(value)
    return value


def _time_or_never(value: str) -> str:
    return _time(value) if value else value


Time = Annotated[str, AfterValidator(_time)]


class Snapshot(Section):
    """The history as Parquet, for analysts: ``counterfoil snapshot`` makes it by hand, the daemon on a schedule."""

    at: Annotated[str, AfterValidator(_time_or_never)] = option(
        "",
        "When the daemon takes one: 03:00 (each day) or mon 03:00, in the first calendar's zone; empty = never.",
        example="03:00",
    )
    folder: str = option("", "Folder for it; empty = snapshot in the folder of storage.")
    pseudonymise: bool = option(False, "Leave names and addresses out, and give persons other numbers.")


class Report(Section):
    """A report that the daemon makes of a fresh snapshot and mails: a page, a PDF, charts."""

    name: str = option("weekly", "Which notebook: weekly, overview, sla, or any other.", pattern="^[a-z0-9_]{1,40}$")
    at: Time = option("mon 07:00", "When: mon 07:00 or 07:00 (each day), in the first calendar's zone.")
    to: tuple[MailAddress, ...] = option(..., "To whom it is mailed.", example=["manager@example.com"])
