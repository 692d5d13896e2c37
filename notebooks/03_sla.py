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
# # Promises (SLA)
#
# A promise counts in the period in which it was *due*. One that is open and overdue is broken; one that is not due yet, is
# paused or was cancelled counts neither way and is listed apart.

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
today = reports.today(desk, zone=zone)
kept = reports.kept(desk, by=["promise"], period=period, zone=zone).query("period < @today")
show.chart(charts.trend(kept, "Promises kept", "of those due; band: 95 %", by="promise", unit="share"), "kept")

# %%
show.table(reports.kept(desk, by=["promise", "priority"]), "Promises kept, by priority", "of those due", name="by priority")

# %% [markdown]
# ## What promises take of their budgets

# %%
show.table(reports.promise_spent(desk), "Spent until fulfilled", "on each promise's own clock", name="spent")

# %% [markdown]
# ## Under which policy

# %%
show.table(reports.kept(desk, by=["policy", "promise"]), "Promises kept, by policy", "of those due", name="by policy")

# %% [markdown]
# ## Can these figures be trusted?
#
# Every promise, recomputed from what happened to its ticket, and held against what the desk wrote down. There must be no
# difference.

# %%
differences = reports.reconcile(desk)
show.table(differences, f"{differences.attrs['checked']:,} promises recomputed", f"{len(differences)} differences", name="reconcile")
