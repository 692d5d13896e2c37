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
# # What if
#
# Other promises, or other opening hours, replayed over all that happened: what would have been kept? Statuses and replies
# stay as they were, so this tells how a promise would have fared, not how people would have worked under it.

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
from reports import Calendar, Policy

urgent = Policy("urgent", priorities=["urgent"], first_response="1h", next_response="2h", resolution="8h")
stricter = [urgent, Policy("everyone", first_response="2h", next_response="4h", resolution="16h")]
compared = reports.what_if(desk, stricter)
show.chart(charts.side_by_side(compared, "Stricter for everyone", "2 h for a first answer, 4 h for the next, 16 h to solve"), "stricter")

# %%
show.compared(compared, "Then, and so", "shares of promises kept", name="stricter")

# %% [markdown]
# ## Longer opening hours
#
# The same budgets on a calendar that is open on Saturdays and in the evening: its clocks run faster.

# %%
longer = Calendar("Europe/Berlin", ("mon-sat 08:00-20:00",), "DE-BE")
same = [Policy(p.name, p.first_response, p.next_response, p.resolution, p.priorities, calendar=longer) for p in stricter]
compared = reports.what_if(desk, same, by=["promise"], period=period, zone=zone).query("n_so >= 10")
show.compared(compared, "On the longer calendar", "by quarter in which they were due", name="longer")
