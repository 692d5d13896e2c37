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
# # Forecast
#
# Which open promises are likely to break? Told from how long such waits lasted before, given how long each has lasted
# already.

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
show.table(reports.watch_list(desk, 15, zone=zone), "Likeliest to break", "of the promises that are open now", name="forecast")

# %% [markdown]
# ## How good are such forecasts?
#
# For each day of the past the same was told with what was known then, and held against what came. Near the diagonal, a
# chance of 30 % means that three of ten broke.

# %%
past = reports.calibration(desk, every=86_400)
told = f"Brier score {past.attrs['brier']:.3f}; always telling the mean: {past.attrs['base']:.3f}"
show.chart(charts.calibration(past, "What was told, and what came", told), "calibration")

# %%
show.table(show.shares(past, ["from", "to", "told", "broke", "low", "high"]), "Calibration", told, name="calibration")
