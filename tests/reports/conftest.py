"""What tests of reports share: the demo year, made once for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

import reports
from reports import Desk


@pytest.fixture(scope="session")
def year_folder() -> Path:
    """The snapshot of the demo year."""
    return Path(reports.demo())


@pytest.fixture(scope="session")
def year(year_folder: Path) -> Desk:
    return reports.open(year_folder)
