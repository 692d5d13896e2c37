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
# # Response times
#
# From the customer's first message to the first reply by a person, and from each further question to its answer. Leaving
# out what is still open, or what was closed without an answer, would make every figure here too good.

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
first = reports.first_response(desk, by=["team"], period=period, zone=zone)
show.chart(charts.trend(first, "First response, half of all", "open hours; band: 95 %", statistic="p50", by="team"), "p50")

# %%
show.chart(charts.trend(first, "First response, nine of ten", "open hours; band: 95 %", statistic="p90", by="team"), "p90")

# %% [markdown]
# ## The whole distribution
#
# Each curve tells which share has its answer after so many open hours. It need not reach 100 %: some tickets end without.

# %%
curve = reports.curve(desk, "first_response", by=["team"])
show.chart(charts.curves(curve, "Answered within", "share of all tickets, open hours", most=40), "curves")

# %% [markdown]
# ## Each next answer
#
# A turn begins with the oldest unanswered message; three mails in a row are one turn.

# %%
show.table(reports.next_response(desk, by=["team"]), "Next response", "open hours", name="next response")

# %% [markdown]
# ## The customer's own clock
#
# Customers do not count open hours. The same waits, nights and weekends included:

# %%
show.table(reports.first_response(desk, by=["team"], clock="calendar"), "First response", "calendar time", name="calendar")

# %% [markdown]
# ## Which tickets are these?
#
# Every figure can be taken apart: the longest waits of the first row above.

# %%
rows = reports.drill(desk, reports.first_response(desk, by=["team"]), 0)
show.table(rows.nlargest(10, "seconds")[["ticket_id", "start", "end", "end_reason", "seconds"]], "Longest waits", name="longest")
