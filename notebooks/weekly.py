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
# # The week
#
# What came in, what was answered and promised, and what lies there; beside the weeks before.

# %% tags=["parameters"]
snapshot = ""  # a snapshot's folder or a database's URL; empty: the demo year
period = "week"
zone = None  # None: that of the desk's calendar

# %%
import reports
from reports import charts, show

charts.enable()
desk = reports.open(snapshot or reports.demo())
desk

# %%
show.sentences(reports.summary(desk, period="week", zone=zone))

# %%
weeks = 13
since = reports.weeks_before(desk, weeks, zone=zone)
flow = reports.flow(desk, period="week", zone=zone).query("period >= @since")
show.chart(charts.flow(flow, "In and out, by week", "the last quarter; black: in minus out"), "flow")

# %%
first = reports.first_response(desk, by=["team"], period="week", zone=zone).query("period >= @since")
show.chart(charts.trend(first, "First response, half of all", "open hours; band: 95 %", statistic="p50", by="team"), "first response")

# %%
show.table(first.query("statistic == 'p50'").tail(8), "First response", "the last weeks, half of all", name="first response")

# %%
today = reports.today(desk, zone=zone)
kept = reports.kept(desk, by=["promise"], period="week", zone=zone).query("@since <= period < @today")
show.chart(charts.trend(kept, "Promises kept", "of those due in the week; band: 95 %", by="promise", unit="share"), "kept")

# %%
lying = reports.backlog(desk, by=["team"], period="week", zone=zone).query("at >= @since.tz_localize('UTC')")
show.chart(charts.trend(lying, "Backlog", "open tickets at the end of each week", by="team", unit="plain", x="at"), "backlog")

# %%
show.table(reports.watch_list(desk, zone=zone), "Look at these first", "open promises that are likeliest to break", name="forecast")
