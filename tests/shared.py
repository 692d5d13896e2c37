"""Where samples are that belong to others: beside this project, or where ``COUNTERFOIL_SHARED`` says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def corpus() -> Path:
    """The folder of sample mails; skip the test where it is missing."""
    return _there("corpus", "the shared sample mails (../shared/corpus) are not here")


def incidents() -> Path:
    """The log of a real service desk; skip the test where it is missing."""
    return _there(
        "data/incidents/incident_event_log.csv.gz", "the shared log of a desk (../shared/data/incidents) is not here"
    )


def _there(name: str, missing: str) -> Path:
    shared = os.environ.get("COUNTERFOIL_SHARED")
    path = (Path(shared) if shared else Path(__file__).resolve().parents[1] / ".." / "shared") / name
    if not path.exists():
        pytest.skip(missing)
    return path.resolve()
