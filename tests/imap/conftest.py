"""IMAP servers that run, real ones, and desks that fetch from them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.imap.dovecot import MISSING, Dovecot, dovecot, installed
from tests.imap.pymap import Pymap, pymap
from tests.journey.conftest import open_desk, own_sink

__all__ = ["open_desk", "own_sink"]


@pytest.fixture(scope="session")
def real_dovecot() -> Iterator[Dovecot]:
    if not installed():
        pytest.skip(MISSING)
    with dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def real_pymap() -> Iterator[Pymap]:
    with pymap() as server:
        yield server


@pytest.fixture(scope="session", params=["dovecot", "pymap"])
def server(request: pytest.FixtureRequest) -> Dovecot | Pymap:
    """Each real server in turn."""
    found: Dovecot | Pymap = request.getfixturevalue(f"real_{request.param}")
    return found


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """Tests of both servers are tests of both databases."""
    on_dovecot = "server" in request.fixturenames and isinstance(request.getfixturevalue("server"), Dovecot)
    return "postgresql" if on_dovecot else "sqlite"


@pytest.fixture
def stoppable() -> Iterator[Dovecot]:
    """A Dovecot that a test may stop and start."""
    if not installed():
        pytest.skip(MISSING)
    with dovecot() as server:
        yield server
