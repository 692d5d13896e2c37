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
# # Backlog and flow
#
# What lay there at the end of each period, replayed from what happened: the backlog of last March is not today's guess.

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
lying = reports.backlog(desk, by=["team"], period=period, zone=zone)
show.chart(charts.trend(lying, "Backlog", "open tickets at the end of each week", by="team", unit="plain", x="at"), "backlog")

# %%
flow = reports.flow(desk, by=["team"], period="month", zone=zone)
show.chart(charts.flow(flow, "In and out, by month", "black: in minus out"), "flow")

# %% [markdown]
# ## It adds up
#
# The backlog at the end is that at the beginning, plus what came, minus what went. Not roughly: exactly.

# %%
show.table(reports.balance(desk, period="quarter", zone=zone), "The balance", "tickets, by quarter", name="balance")

# %% [markdown]
# ## Who was waited for
#
# Each second of each ticket's life lies in exactly one of these.

# %%
show.table(reports.waiting(desk, by=["team"], zone=zone), "Waited for", "sums over all tickets, open hours", name="waiting")

# %% [markdown]
# ## What lies there now

# %%
import itables

itables.init_notebook_mode(connected=False)
now = desk.tickets.query("status in ['new', 'open', 'pending', 'on_hold']")
itables.show(now[["ticket_id", "team", "status", "priority", "assignee_id", "opened_at"]], classes="compact display")
