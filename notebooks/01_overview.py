# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Overview
#
# What came in, what was promised, and what lies there now. Times are open hours of the desk's calendar unless a chart
# says otherwise; tickets that are still open are counted, and what is uncertain is shown as such.

# %% tags=["parameters"]
snapshot = ""  # a snapshot's folder or a database's URL; empty: the demo year
period = "month"
zone = None  # None: that of the desk's calendar

# %%
import reports
from reports import charts, show

charts.enable()
desk = reports.open(snapshot or reports.demo())
desk

# %%
show.sentences(reports.summary(desk))

# %% [markdown]
# ## How much comes in
#
# Each bar counts the tickets that entered the backlog (up) or left it (down); the black line is what remained.

# %%
show.chart(charts.flow(reports.flow(desk, period="week", zone=zone), "In and out, by week", "black: in minus out"), "flow")

# %%
show.table(reports.volume(desk, period=period, zone=zone).query("statistic == 'opened'"), "Tickets opened", name="volume")

# %% [markdown]
# ## How long customers wait
#
# Half of all customers wait no longer than p50, nine of ten no longer than p90. Open tickets are in it.

# %%
first = reports.first_response(desk, by=["team"], period=period, zone=zone)
show.chart(
    charts.trend(first, "First response, nine of ten", "open hours; band: 95 %", statistic="p90", by="team"),
    "first response",
)

# %%
show.table(reports.first_response(desk, by=["team"]), "First response", "the whole time, open hours", name="first response")

# %% [markdown]
# ## What was promised
#
# Of the promises that were due, whether or not somebody has answered since.

# %%
kept = reports.kept(desk, by=["promise", "team"], zone=zone)
show.chart(charts.bars(kept, "Promises kept", "of those due; whiskers: 95 %", x="promise", by="team", unit="share"), "kept")

# %%
show.table(kept, "Promises kept", "of those due", name="kept")

# %% [markdown]
# ## When customers write

# %%
hours = reports.volume(desk, by=["weekday", "hour"], period=None, zone=zone)
show.chart(charts.hours_of_week(hours, "When customers write", "tickets opened, local time"), "hours of the week")
