"""From the fast path's rows to a desk: numbered as a database would have numbered them, several processes at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pyarrow as pa

from reports.arrow import STORED, stored
from reports.dataset import Desk
from reports.schema import TABLES
from reports.synth.fold import PROMISE, Rows, fold
from reports.synth.founding import Founding
from reports.synth.script import AGENTS, END, TEAMS, WRITE, Script

SHARE = 4_000
"""Tickets that a process lives through at a time."""
EVENT = ("recorded_at", "phase", "place", "ticket_id", "kind", "at", "actor_id", "because", "message_id", "data")
MESSAGE = ("place", "ticket_id", "kind", "state", "author_id", "channel", "because", "evidence", "at", "received_at",
           "released_at")  # fmt: skip


def persons_of(script: Script) -> Any:
    """The person of each ticket's customer: numbered after the agents, in the order in which they first wrote."""
    c = script.columns
    opens = c["ticket"][c["do"] == WRITE]
    _, first = np.unique(opens, return_index=True)
    order = opens[np.sort(first)] - 1
    customers = script.customer[order]
    known, place = np.unique(customers, return_index=True)
    ranks = np.empty(len(known), np.int64)
    ranks[np.argsort(place)] = np.arange(len(known))
    return len(AGENTS) + 1 + ranks[np.searchsorted(known, script.customer)]


def lived(
    script: Script,
    founded: Founding,
    until: int = END,
    processes: int = 1,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, pa.Table]:
    """The tables of the year: tickets, events, messages and promises, in stored types."""
    persons = persons_of(script)
    shares = [(low, min(low + SHARE, script.tickets + 1)) for low in range(1, script.tickets + 1, SHARE)]
    parts: list[Any] = []
    if processes == 1:
        for low, high in shares:
            parts.append(_columns(fold(script, persons, founded, low, high, until)))
            progress(high - 1)
    else:
        with ProcessPoolExecutor(processes, initializer=_begin, initargs=(script, persons, founded, until)) as pool:
            for (_, high), part in zip(shares, pool.map(_share, shares), strict=True):
                parts.append(part)
                progress(high - 1)
    return _numbered(parts)


_AT_HAND: list[Any] = []


def _begin(*values: Any) -> None:
    _AT_HAND[:] = values


def _share(bounds: tuple[int, int]) -> dict[str, pa.Table]:
    script, persons, founded, until = _AT_HAND
    return _columns(fold(script, persons, founded, *bounds, until))


def _columns(rows: Rows) -> dict[str, pa.Table]:
    """Tuples as Arrow; messages and promises point at rows of the same share."""
    ticket = tuple(TABLES["ticket"].published)
    return {
        "ticket": _table(rows.tickets, ticket),
        "event": _table(rows.events, EVENT),
        "message": _table(rows.messages, MESSAGE),
        "promise": _table(rows.promises, ("made", "ticket_id", *PROMISE)),
    }


NUMBERS = frozenset({"phase", "place", "made"})


def _table(rows: Sequence[tuple[Any, ...]], names: tuple[str, ...]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    return pa.table({name: pa.array(column, _type(name)) for name, column in zip(names, columns, strict=True)})


def _type(name: str) -> pa.DataType:
    for table in ("ticket", "event", "message", "promise"):
        column = TABLES[table].columns.get(name)
        if column is not None:
            return pa.int64() if column.type in ("whole", "instant") else pa.string()
    return pa.int64()


def _numbered(parts: list[dict[str, pa.Table]]) -> dict[str, pa.Table]:
    offsets = {name: np.cumsum([0, *(part[name].num_rows for part in parts)]) for name in ("event", "message")}
    whole = {name: pa.concat_tables([part[name] for part in parts]) for name in parts[0]}
    event, message, promise = whole["event"], whole["message"], whole["promise"]
    order = np.lexsort((event["ticket_id"], event["place"], event["phase"], event["recorded_at"]))
    numbers = np.empty(len(order), np.int64)
    numbers[order] = np.arange(1, len(order) + 1)
    sent = np.argsort(message["place"].to_numpy(), kind="stable")
    places = np.empty(len(sent), np.int64)
    places[sent] = np.arange(1, len(sent) + 1)
    made = _shifted(promise["made"], [p["promise"].num_rows for p in parts], offsets["event"])
    rank = np.argsort(numbers[made], kind="stable")
    filed = _shifted(event["message_id"], [p["event"].num_rows for p in parts], offsets["message"])
    carried = pa.array(places[np.maximum(filed, 0)], pa.int64(), mask=filed < 0)
    tables = {
        "ticket": whole["ticket"],
        "event": event.set_column(event.column_names.index("message_id"), "message_id", carried)
        .append_column("event_id", pa.array(numbers))
        .take(pa.array(order)),
        "message": message.append_column("message_id", pa.array(places)).take(pa.array(sent)),
        "promise": promise.take(pa.array(rank)).append_column("promise_id", pa.array(np.arange(1, len(rank) + 1))),
    }
    return {name: stored(_complete(table, name), TABLES[name]) for name, table in tables.items()}


def _shifted(column: pa.ChunkedArray, sizes: list[int], offsets: Any) -> Any:
    """Places within shares as places in the whole; -1 for none."""
    values = column.to_pandas().fillna(-1).to_numpy(np.int64)
    shift = np.repeat(offsets[:-1], sizes)
    return np.where(values < 0, -1, values + shift)


def _complete(table: pa.Table, name: str) -> pa.Table:
    """The columns of the view, in its order; those that nothing was said of are empty."""
    columns = {}
    for column in TABLES[name].published:
        found = column in table.column_names
        columns[column] = table[column] if found else pa.nulls(table.num_rows, _type(column))
    return pa.table(columns)


def desk_of(tables: dict[str, pa.Table], founding: Desk, until: int = END) -> Desk:
    """A desk of these tables, with the calendars and policies of a desk that was founded on the same settings."""
    kept = {name: founding._reader.columns(name, tuple(TABLES[name].columns)) for name in ("calendar", "policy")}
    return Desk.of({**tables, **kept}, until, f"a year of {len(TEAMS)} teams")


__all__ = ["STORED", "desk_of", "lived", "persons_of"]
