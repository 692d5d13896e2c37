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
# # Agents and load
#
# How much lay with each agent, and who answered. Load is weighted by open time: ten tickets for a day weigh as much as one
# for ten days. A reply is credited to whoever wrote it.

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
names = reports.names(desk)
load = reports.load(desk, period=period, zone=zone)
load["agent"] = load["assignee"].map(names)
show.chart(charts.trend(load, "Load", "open tickets at a time, over open hours", by="agent", unit="plain"), "load")

# %%
replies = reports.replies(desk, period=None)
replies["agent"] = replies["agent"].map(names)
show.chart(charts.bars(replies, "Public replies", "in all the time", x="agent", axis="replies"), "replies")

# %%
show.table(replies, "Public replies", name="replies")

# %% [markdown]
# ## Read with care
#
# Tickets are not alike, and agents do not choose them. These figures show where help is needed; they rank nobody.

# %%
show.table(reports.next_response(desk, by=["agent"]).query("statistic == 'p50'").assign(
    agent=lambda f: f["agent"].map(names).fillna("nobody yet")), "Next response, half of all", "open hours, by who replied",
    name="by agent")
