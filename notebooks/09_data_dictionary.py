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
# # Data dictionary
#
# Every table, column and metric with its sentence. The same words stand in `docs/data-dictionary.md`.

# %% tags=["parameters"]
snapshot = ""  # a snapshot's folder or a database's URL; empty: the demo year
period = "month"
zone = None  # None: that of the desk's calendar

# %%
import reports
from reports import charts

charts.enable()
desk = reports.open(snapshot or reports.demo())
desk

# %%
from IPython.display import Markdown

Markdown(reports.dictionary())

# %% [markdown]
# ## A look at the tables

# %%
desk.tickets.head()

# %%
desk.spells.head()

# %%
desk.promises.head()
