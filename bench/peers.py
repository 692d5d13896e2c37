"""What others answer when they are asked for the open time between two instants.

Each is given the opening hours and the pairs in the form it works on before its clock starts, and answers in seconds.
Those that take long are asked for a sample. They are extras of this measurement: requirements-bench.lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from bench.office import ZONE, Office
from reports.clock import Column

Answer = Callable[[], Column]


@dataclass(frozen=True, slots=True)
class Peer:
    """``unit``: what it counts in, in seconds. ``most``: it is asked for so many pairs a round."""

    name: str
    module: str
    unit: int
    most: int
    prepare: Callable[[Office, Column, Column], Answer]

    @property
    def installed(self) -> bool:
        return find_spec(self.module) is not None


def _duckdb(office: Office, start: Column, end: Column) -> Answer:
    """Two ASOF joins on opens, on as many threads as there are cores; the answer leaves it as columns of numpy."""
    connection: Any = import_module("duckdb").connect()
    line = office.timeline
    # A span of no length at the beginning is the last one of what comes before the first opening.
    spans = {"opens": (line.since, *line.opens), "closes": (line.since, *line.closes), "before": (0, *line.before)}
    connection.register("spans", {name: np.array(column) for name, column in spans.items()})
    connection.register("pairs", {"id": np.arange(len(start)), "start": start, "finish": end})
    connection.execute("create table span as select * from spans; create table pair as select * from pairs")

    def answer() -> Column:
        found = connection.execute(
            "select id, b.before + least(finish, b.closes) - b.opens"
            " - (a.before + least(start, a.closes) - a.opens) as seconds"
            " from pair asof join span a on start >= a.opens asof join span b on finish >= b.opens"
        ).fetchnumpy()
        seconds = np.empty(len(start), np.int64)
        seconds[found["id"]] = found["seconds"]
        return seconds

    return answer


def _business_duration(office: Office, start: Column, end: Column) -> Answer:
    """It knows no zones: it is given local times."""
    duration: Any = import_module("business_duration").businessDuration
    pairs, holidays = _local(start, end), sorted(office.holidays)

    def answer() -> Column:
        ask = (office.opens, office.closes)
        return np.array([duration(a, b, *ask, holidaylist=holidays, unit="sec") for a, b in pairs])

    return answer


def _businesstimedelta(office: Office, start: Column, end: Column) -> Answer:
    peer: Any = import_module("businesstimedelta")
    zone: Any = import_module("pytz").timezone(ZONE)
    days = peer.WorkDayRule(start_time=office.opens, end_time=office.closes, working_days=[0, 1, 2, 3, 4], tz=zone)
    off = [peer.HolidayRule(office.holidays, tz=zone)] if office.holidays else []
    rules = peer.Rules([days, *off])
    pairs = [(a.astimezone(zone), b.astimezone(zone)) for a, b in _aware(start, end)]
    return lambda: np.array([int(rules.difference(a, b).timedelta.total_seconds()) for a, b in pairs])


def _custom_business_hour(office: Office, start: Column, end: Column) -> Answer:
    """It knows no zones and no part of an hour: the hours that begin between two local times are counted."""
    pandas: Any = import_module("pandas")
    hour = pandas.offsets.CustomBusinessHour(
        start=f"{office.opens:%H:%M}", end=f"{office.closes:%H:%M}", holidays=sorted(office.holidays)
    )
    pairs = _local(start, end)

    def answer() -> Column:
        return np.array([max(len(pandas.date_range(a, b, freq=hour)) - 1, 0) * 3600 for a, b in pairs])

    return answer


def _aware(start: Column, end: Column) -> list[tuple[datetime, datetime]]:
    zone = ZoneInfo(ZONE)
    pairs = zip(start.tolist(), end.tolist(), strict=True)
    return [(datetime.fromtimestamp(a, zone), datetime.fromtimestamp(b, zone)) for a, b in pairs]


def _local(start: Column, end: Column) -> list[tuple[datetime, datetime]]:
    return [(a.replace(tzinfo=None), b.replace(tzinfo=None)) for a, b in _aware(start, end)]


PEERS = (
    Peer("DuckDB, two ASOF joins", "duckdb", 1, 1_000_000, _duckdb),
    Peer("business-duration", "business_duration", 1, 2_000, _business_duration),
    Peer("businesstimedelta", "businesstimedelta", 1, 200, _businesstimedelta),
    Peer("pandas CustomBusinessHour (whole hours)", "pandas", 3600, 200, _custom_business_hour),
)
