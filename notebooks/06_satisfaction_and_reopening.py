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
# # Satisfaction and reopening
#
# What customers say, how many of them say anything, and how often a solution did not last.

# %% tags=["parameters"]
snapshot = ""  # a snapshot's folder or a database's URL; empty: the demo year
period = "quarter"
zone = None  # None: that of the desk's calendar

# %%
import reports
from reports import charts, show

charts.enable()
desk = reports.open(snapshot or reports.demo())
desk

# %%
liked = reports.satisfaction(desk, when="resolved", period=period, zone=zone)
show.chart(charts.trend(liked, "Content customers", "share of those who rated; band: 95 %", statistic="share", unit="share"), "satisfaction")

# %%
show.table(liked, "Satisfaction", "by when the ticket was resolved", name="satisfaction")

# %% [markdown]
# The response rate says how far to trust the share: those who do not answer may think otherwise.

# %%
back = reports.reopening(desk, within=7, period=period, zone=zone)
show.chart(charts.trend(back, "Reopened by the customer", "within 7 days of a resolution; band: 95 %", unit="share"), "reopening")

# %%
show.table(back, "Reopening", "young resolutions are listed apart: they may still come back", name="reopening")

# %%
show.table(reports.reopening(desk, by=["team"]), "Reopening, by team", "within 7 days", name="by team")
