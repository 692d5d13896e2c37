"""For analysts: a help desk's history as frames, and figures that are right.

    import reports
    desk = reports.open("snapshot")
    reports.first_response(desk, by=["team"], period="month")

Nothing of the daemon is imported but its values and arithmetic (``daemon.core``) and its almanac.
"""

from __future__ import annotations

from daemon.almanac import Definition as Calendar
from reports.dataset import Desk, open_desk
from reports.dictionary import dictionary
from reports.figures import drill
from reports.flow import backlog, flow, volume, waiting
from reports.forecast import calibration, forecast
from reports.people import load, replies
from reports.problems import QuestionError, ReportError, SourceError
from reports.reconcile import reconcile
from reports.response import first_response, next_response, resolution
from reports.satisfaction import reopening, satisfaction
from reports.sla import kept, promise_spent
from reports.story import balance, curve, names, summary, today, watch_list, weeks_before
from reports.what_if import Policy, policies_of, what_if

open = open_desk


def demo() -> str:
    """The folder of the demo snapshot: a believable year of 2,000 tickets, made by the desk itself at the first
    call.
    """
    from reports import synth

    return str(synth.demo())


__all__ = [
    "Calendar",
    "Desk",
    "Policy",
    "QuestionError",
    "ReportError",
    "SourceError",
    "backlog",
    "balance",
    "calibration",
    "curve",
    "demo",
    "dictionary",
    "drill",
    "first_response",
    "flow",
    "forecast",
    "kept",
    "load",
    "names",
    "next_response",
    "open",
    "policies_of",
    "promise_spent",
    "reconcile",
    "reopening",
    "replies",
    "resolution",
    "satisfaction",
    "summary",
    "today",
    "volume",
    "waiting",
    "watch_list",
    "weeks_before",
    "what_if",
]
