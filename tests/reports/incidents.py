"""An adapter: the log of a real service desk as a Desk, in two readings.

``log()`` takes each row as an update of a case. ``cases()`` takes of each case's last row what it says of itself:
opened, resolved, closed. Times are taken for UTC.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa

from reports import Desk
from reports.arrow import stored
from reports.schema import TABLES
from tests.shared import incidents

STATUS = {
    "New": "new",
    "Active": "open",
    "Awaiting User Info": "pending",
    "Awaiting Vendor": "on_hold",
    "Awaiting Problem": "on_hold",
    "Awaiting Evidence": "on_hold",
    "Resolved": "resolved",
    "Closed": "closed",
}


@cache
def rows() -> pd.DataFrame:
    """All rows in the owner's order, instants as UTC seconds (-1: none)."""
    read = pd.read_csv(incidents(), dtype=str)
    for name in ("opened_at", "sys_updated_at", "resolved_at", "closed_at"):
        times = pd.to_datetime(read[name], format="%Y-%m-%dT%H:%M", utc=True)
        read[name] = times.dt.as_unit("s").astype("int64").where(times.notna(), -1)
    read["ticket"] = pd.factorize(read["number"], sort=True)[0] + 1
    return read


@cache
def last_rows() -> pd.DataFrame:
    return rows().groupby("ticket").tail(1).set_index("ticket").sort_index()


def desk(tickets: pd.DataFrame, events: pd.DataFrame, taken_at: int) -> Desk:
    """A desk of tickets (index: number; opened_at, status) and of events (ticket, at, was, becomes; was None opens)."""
    n = len(tickets)
    numbers = pa.nulls(n, pa.int64())
    told: dict[str, pa.Array] = dict.fromkeys(TABLES["ticket"].published, numbers)
    words = {"desk": "service", "team": "all", "priority": "medium", "type": "incident", "channel": "api"}
    told |= {name: pa.array([word] * n) for name, word in words.items()}
    told["ticket_id"] = pa.array(tickets.index.to_numpy(np.int64))
    told["opened_at"] = told["updated_at"] = pa.array(tickets["opened_at"].to_numpy(np.int64))
    told["status"] = pa.array(tickets["status"].to_list())
    told["requester_id"] = pa.array(np.ones(n, np.int64))
    told["resolution_code"] = pa.nulls(n, pa.string())
    m = len(events)
    opens = events["was"].isna().to_numpy()
    moves = zip(opens, events["was"], events["becomes"], strict=True)
    data = ['{"by":"customer"}' if first else f'{{"from":"{a}","to":"{b}"}}' for first, a, b in moves]
    happened = {
        "event_id": pa.array(np.arange(1, m + 1)),
        "ticket_id": pa.array(events["ticket"].to_numpy(np.int64)),
        "kind": pa.array(np.where(opens, "ticket_opened", "status_changed").tolist()),
        "at": pa.array(events["at"].to_numpy(np.int64)),
        "recorded_at": pa.array(events["at"].to_numpy(np.int64)),
        "actor_id": pa.nulls(m, pa.int64()),
        "because": pa.array(["log"] * m),
        "message_id": pa.nulls(m, pa.int64()),
        "data": pa.array(data),
    }
    tables = {
        "ticket": stored(pa.table({name: told[name] for name in TABLES["ticket"].published}), TABLES["ticket"]),
        "event": stored(pa.table(happened), TABLES["event"]),
    }
    return Desk.of(tables, taken_at, "a real service desk")


def log() -> Desk:
    """Every row as an update: a change of status where the state is another than before."""
    known = rows()[rows()["state"].isin(STATUS)]
    events = pd.DataFrame(
        {"ticket": known["ticket"], "at": known["sys_updated_at"], "becomes": known["state"].map(STATUS)}
    )
    opened = known.groupby("ticket")["opened_at"].first()
    events["at"] = np.maximum(events["at"], opened.loc[events["ticket"]].to_numpy())
    events["at"] = events.groupby("ticket")["at"].cummax()
    events["was"] = events.groupby("ticket")["becomes"].shift().fillna("new")
    moves = events[events["was"] != events["becomes"]]
    first = pd.DataFrame({"ticket": opened.index, "at": opened.to_numpy(), "becomes": "new", "was": None})
    every = pd.concat([first, moves], ignore_index=True)
    tickets = pd.DataFrame({"opened_at": opened, "status": events.groupby("ticket")["becomes"].last()})
    return desk(tickets, every, int(events["at"].max()) + 1)


def cases(of: pd.DataFrame | None = None) -> Desk:
    """Each case by what its last row says; of some cases alone, if they are given."""
    known = last_rows() if of is None else of
    parts = [
        pd.DataFrame(
            {"ticket": known.index, "at": known["opened_at"].to_numpy(), "was": None, "becomes": "new", "order": 0}
        )
    ]
    solved = known[known["resolved_at"] >= 0]
    parts.append(
        pd.DataFrame(
            {
                "ticket": solved.index,
                "at": solved["resolved_at"].to_numpy(),
                "was": "new",
                "becomes": "resolved",
                "order": 1,
            }
        )
    )
    closed = known[known["closed_at"] >= 0]
    was = np.where(closed["resolved_at"] >= 0, "resolved", "new")
    parts.append(
        pd.DataFrame(
            {"ticket": closed.index, "at": closed["closed_at"].to_numpy(), "was": was, "becomes": "closed", "order": 2}
        )
    )
    events = pd.concat(parts, ignore_index=True)
    events = events.sort_values(["ticket", "order"], kind="stable")
    status = np.where(known["closed_at"] >= 0, "closed", np.where(known["resolved_at"] >= 0, "resolved", "new"))
    tickets = pd.DataFrame({"opened_at": known["opened_at"], "status": status})
    return desk(tickets, events, int(events["at"].max()) + 1)
