"""Where the sample mails are that belong to others: beside this project, or where ``COUNTERFOIL_SHARED`` says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def corpus() -> Path:
    """The folder of sample mails; skip the test where it is missing."""
    shared = os.environ.get("COUNTERFOIL_SHARED")
    folder = (Path(shared) if shared else Path(__file__).resolve().parents[1] / ".." / "shared") / "corpus"
    if not folder.is_dir():
        pytest.skip("the shared sample mails (../shared/corpus) are not here")
    return folder.resolve()
