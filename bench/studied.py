"""The steps of ``bin/bench reports``; each returns seconds, without what it takes to import."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

import reports
from reports import Policy
from reports.synth import script

NEEDED = {
    "ticket": ("ticket_id", "desk", "status", "priority", "type", "team", "assignee_id", "requester_id", "opened_at"),
    "event": ("ticket_id", "event_id", "kind", "at", "actor_id", "because", "was", "becomes", "by"),
    "promise": ("ticket_id", "promise_id", "metric", "policy", "calendar", "budget", "state", "started_at",
                "running_since", "spent", "due_at", "ended_at", "because"),
}  # fmt: skip
Result = dict[str, Any]


def snapshot(database: str, folder: str) -> Result:
    from reports import snapshot as snapshots
    from reports.sources import connect

    shutil.rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    with connect(f"sqlite:///{database}") as source:
        manifest = snapshots.take(source, Path(folder), at=script.END)
    seconds = time.perf_counter() - began
    events = sum(f.rows for f in manifest.files if f.table == "event")
    size = sum(f.bytes for f in manifest.files)
    return {"seconds": seconds, "said": f"{events:,} events, {size / 1e6:,.0f} MB of Parquet"}


def open(database: str, folder: str) -> Result:
    paths = {name: sorted(Path(folder).glob(f"{name}-*.parquet")) for name in NEEDED}

    def bare() -> list[Any]:
        """What is read stays in memory, as it does in a desk."""
        return [pq.read_table(paths[name], columns=list(columns)) for name, columns in NEEDED.items()]

    def ours() -> reports.Desk:
        desk = reports.open(folder)
        for name, columns in NEEDED.items():
            desk.load(name, columns)
        return desk

    bare()  # the files are in memory from here on
    ours()
    plain, own = zip(*((_seconds(bare), _seconds(ours)) for _ in range(5)), strict=True)
    return {"seconds": median(own), "bare": median(plain)}


def spells(database: str, folder: str) -> Result:
    desk = _loaded(folder)
    return {"seconds": _seconds(lambda: desk.life), "said": f"{len(desk.life):,} spells"}


def metrics(database: str, folder: str) -> Result:
    """Every metric of METRICS for the year, by team and month, durations on both clocks."""
    desk = _loaded(folder)
    by, period = ["team"], "month"

    def every() -> None:
        for clock in ("business", "calendar"):
            for metric in (reports.first_response, reports.next_response, reports.resolution, reports.waiting):
                metric(desk, by=by, period=period, clock=clock)  # type: ignore[arg-type]
            reports.resolution(desk, which="last", by=by, period=period, clock=clock)  # type: ignore[arg-type]
            reports.promise_spent(desk, by=["promise", "team"], period=period, clock=clock)  # type: ignore[arg-type]
        reports.kept(desk, by=["promise", "team"], period=period)  # type: ignore[arg-type]
        reports.backlog(desk, by=by, period=period)  # type: ignore[arg-type]
        reports.flow(desk, by=by, period=period)  # type: ignore[arg-type]
        reports.volume(desk, by=by, period=period)  # type: ignore[arg-type]
        reports.volume(desk, by=["weekday", "hour"], period=None)
        reports.load(desk, by=["assignee"], period=period)  # type: ignore[arg-type]
        reports.replies(desk, period=period)  # type: ignore[arg-type]
        for when in ("rated", "resolved"):
            reports.satisfaction(desk, when=when, by=by, period=period)  # type: ignore[arg-type]
        reports.reopening(desk, by=by, period=period)  # type: ignore[arg-type]

    return {"seconds": _seconds(every)}


def what_if(database: str, folder: str) -> Result:
    desk = _loaded(folder)
    policies = [Policy(**policy) for policy in script.STRICTER]
    return {"seconds": _seconds(lambda: reports.what_if(desk, policies))}


def ours(database: str, _: str) -> Result:
    def ask() -> None:
        desk = reports.open(f"sqlite:///{database}")
        for clock in ("business", "calendar"):
            reports.first_response(desk, by=["team"], period="month", clock=clock)

    return {"seconds": _seconds(ask)}


def peer(database: str, _: str) -> Result:
    """As it is written every day: closed tickets alone, an offset for each, and a mean."""
    import sqlite3

    import numpy as np
    import pandas as pd
    from holidays import country_holidays

    def ask() -> None:
        connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
        frame = pd.read_sql("SELECT team, opened_at, first_response_at FROM v1_ticket", connection)
        connection.close()
        frame = frame.dropna()
        days = sorted(country_holidays("DE", subdiv="BE", years=[2024, 2025, 2026]))
        hour = pd.tseries.offsets.CustomBusinessHour(start="09:00", end="17:30", holidays=days)
        start, end = (
            pd.to_datetime(frame[name], unit="s", utc=True).dt.tz_convert("Europe/Berlin").dt.tz_localize(None)
            for name in ("opened_at", "first_response_at")
        )
        frame["hours"] = [len(pd.date_range(a, b, freq=hour)) for a, b in zip(start, end, strict=True)]
        frame["month"] = start.dt.to_period("M")
        frame.groupby(["team", "month"])["hours"].quantile([0.5, 0.9])
        assert np.isfinite(frame["hours"]).all()

    return {"seconds": _seconds(ask)}


def _loaded(folder: str) -> reports.Desk:
    desk = reports.open(folder)
    for name, columns in NEEDED.items():
        desk.load(name, columns)
    desk.calendars.clock()
    return desk


def _seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
