"""What several notebooks share: the sentences that matter first, the balance of the backlog, distributions, names."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from daemon import almanac
from reports import survival
from reports.dataset import Desk
from reports.figures import LEAST, group, rows_of
from reports.flow import EXITS, backlog, flow
from reports.forecast import forecast
from reports.periods import Period, periods
from reports.response import first_response
from reports.rows import ClockName, Question
from reports.sla import kept
from reports.words import duration, share

ENTRIES = ("opened", "reopened")


def summary(desk: Desk, *, period: Period | None = None, zone: str | None = None) -> list[str]:
    """Three sentences: how much came and lies there, how long customers waited, what was kept.

    Of all the time, or of the last whole period.
    """
    if not len(desk):
        return ["There are no tickets yet."]
    when, chosen = _last_whole(desk, period, zone)
    flows = chosen(flow(desk, period=period or "year", zone=zone))
    came, back, solved = (int(flows.loc[flows["cause"] == cause, "n"].sum()) for cause in (*ENTRIES, "resolved"))
    lying = int(backlog(desk, at=[desk.taken_at])["n"].sum())
    return [
        f"{when} {came:,} tickets came in{f', {back:,} came back' if back else ''} and {solved:,} were resolved; "
        f"{lying:,} are open now.",
        _waited(chosen(first_response(desk, period=period, zone=zone))),
        _kept(chosen(kept(desk, by=("promise",), period=period, zone=zone))),
    ]


def _last_whole(desk: Desk, period: Period | None, zone: str | None) -> tuple[str, Any]:
    if period is None:
        return "In all,", lambda figures: figures
    opened = desk.whole("ticket", "opened_at")
    cut = periods(period, zone or desk.calendars.zone, int(opened.min()), desk.taken_at)
    last = max(len(cut) - 2, 0)
    label = pd.Timestamp(cut.labels[last])
    return f"In the {period} from {label:%-d %B},", lambda figures: figures[figures["period"] == label]


def _waited(figures: pd.DataFrame) -> str:
    by = {row.statistic: row for row in figures.itertuples()}
    half, most = by.get("p50"), by.get("p90")
    if half is None or half.note:
        return f"Too few customers wrote to tell how long they waited for a first answer (fewer than {LEAST})."
    said = f"Half of the customers had their first answer within {duration(half.estimate)} of open time"
    if most is None or most.note:
        return f"{said}; nine of ten have not been reached."
    upper = "more" if math.isinf(most.high) else duration(most.high)
    return f"{said}, nine of ten within {duration(most.estimate)} (95 %: {duration(most.low)} to {upper})."


def _kept(figures: pd.DataFrame) -> str:
    told = [
        f"{share(row.estimate)} of {row.n:,} {str(row.promise).replace('_', ' ')}s"
        for row in figures.itertuples()
        if not row.note
    ]
    return (
        f"Of what was promised and due, the desk kept {', '.join(told)}."
        if told
        else "Too little was promised to tell."
    )


def balance(desk: Desk, *, period: Period = "quarter", zone: str | None = None) -> pd.DataFrame:
    """For each period: the backlog at its beginning, entries and exits by cause, the backlog at its end. It adds up."""
    moves = flow(desk, period=period, zone=zone)
    table = moves.pivot_table(index="period", columns="cause", values="n", aggfunc="sum", fill_value=0)
    opened = desk.whole("ticket", "opened_at")
    if not len(opened):
        return pd.DataFrame()
    where = zone or desk.calendars.zone
    cut = periods(period, where, int(opened.min()), desk.taken_at)
    instants = [int(edge) - 1 if i == 0 else min(int(edge), desk.taken_at) for i, edge in enumerate(cut.edges)]
    lying = backlog(desk, at=[t - (0 if t == desk.taken_at else 1) for t in instants])["n"].to_list()
    made = pd.DataFrame({"period": [str(label)[:10] for label in cut.labels], "at the beginning": lying[:-1]})
    entries = [c for c in ENTRIES if c in table]
    exits = [c for c in EXITS if c in table]
    for cause in (*entries, *exits):
        made[cause] = [int(table[cause].get(pd.Timestamp(label), 0)) for label in cut.labels]
    made["at the end"] = lying[1:]
    return made


def curve(desk: Desk, metric: str, *, clock: ClockName = "business", by: Sequence[str] = ()) -> pd.DataFrame:
    """The whole distribution of a duration by cumulative incidence: after so many ``hours`` which ``share`` is done."""
    question = Question(metric, clock, tuple(by))
    rows = rows_of(desk, question)
    groups = group(desk, rows, question)
    found = []
    for number, members in enumerate(groups.members()):
        made = survival.cumulative_incidence(rows.columns["seconds"][members], rows.columns["cause"][members])
        pick = np.unique(np.linspace(0, len(made.times) - 1, min(len(made.times), 400)).astype(int))
        label = " · ".join(str(value) for value in groups.labels.iloc[number].tolist()) or "all"
        found.append(pd.DataFrame({"hours": made.times[pick] / 3600, "share": made.done[pick], "what": label}))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame({"hours": [], "share": [], "what": []})


def names(desk: Desk) -> dict[str, str]:
    """What agents are called, by their numbers as text; the numbers themselves where names were left out."""
    persons = desk.persons
    called = persons["name"].where(persons["name"].fillna("") != "", persons["address"])
    known = dict(zip(persons["person_id"].astype(str), called, strict=True))
    replied = desk.whole("event", "actor_id")[desk.word("event", "kind").among({"agent_replied"})]
    agents = np.unique(np.concatenate((replied, desk.whole("ticket", "assignee_id"), desk.life.assignee)))
    return {str(number): str(known.get(str(number), number)) for number in agents[agents >= 0].tolist()}


def weeks_before(desk: Desk, weeks: int, *, zone: str | None = None) -> pd.Timestamp:
    """The first day (local) of the week that began so many weeks before the end of the data."""
    there = almanac.there(desk.taken_at - weeks * 7 * 86_400, zone or desk.calendars.zone)
    return pd.Timestamp(there.date()) - pd.Timedelta(days=there.weekday())


def today(desk: Desk, *, zone: str | None = None) -> pd.Timestamp:
    """The end of the data on the local clock: periods that begin later are still to come."""
    return pd.Timestamp(almanac.there(desk.taken_at, zone or desk.calendars.zone).replace(tzinfo=None))


def watch_list(desk: Desk, most: int = 10, *, zone: str | None = None) -> pd.DataFrame:
    """The open promises that are likeliest to break, as people read them."""
    likeliest = forecast(desk).head(most)
    where = zone or desk.calendars.zone
    due = likeliest["due_at"].dt.tz_convert(where).dt.strftime("%a %-d %b, %H:%M")
    return pd.DataFrame(
        {
            "ticket": likeliest["ticket_id"],
            "promise": likeliest["promise"].astype("str").str.replace("_", " "),
            "team": likeliest["team"],
            "priority": likeliest["priority"],
            "left": likeliest["left"].map(duration),
            "due": due.fillna("when it runs again"),
            "chance": likeliest["chance"].map(share),
        }
    )
