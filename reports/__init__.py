"""For analysts: a help desk's history as frames, and figures that are right.

    import reports
    desk = reports.open("snapshot")

Nothing of the daemon is imported but its values and arithmetic (``daemon.core``) and its almanac.
"""

from __future__ import annotations

from reports.dataset import Desk, open_desk
from reports.problems import QuestionError, ReportError, SourceError

open = open_desk

__all__ = ["Desk", "QuestionError", "ReportError", "SourceError", "open"]
