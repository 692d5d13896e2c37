"""A desk that runs, on each database, and those who ask its API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.api.asking import PROMISES, Api
from tests.databases import DATABASES
from tests.journey.conftest import PATIENT
from tests.journey.running import AGENT, RunningDesk
from tests.journey.sink import Sink


@pytest.fixture(scope="session", params=DATABASES)
def api(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The API of a desk that all tests share: each writes from addresses of its own."""
    url: Any = request.getfixturevalue("postgres").new_database() if request.param == "postgresql" else ""
    with Sink() as sink:
        desk = RunningDesk(tmp_path_factory.mktemp("api"), sink, tables=PATIENT + PROMISES, database=url)
        found = Api(desk)
        try:
            desk.start()
            yield found
            assert '"level": "error"' not in desk.log.read_text()
        finally:
            found.close()
            desk.end()


@pytest.fixture(scope="session")
def desk(api: Api) -> RunningDesk:
    return api.desk


@pytest.fixture(scope="session")
def shop(api: Api) -> httpx.Client:
    """A program that acts as itself."""
    return api.of("tickets:read", "tickets:write", "messages:read", "messages:write", "notes:read")


@pytest.fixture(scope="session")
def agent(api: Api) -> httpx.Client:
    """The desk's agent, by a program of theirs."""
    return api.of("tickets:read", "tickets:write", "messages:read", "messages:write", "notes:read", agent=AGENT)
