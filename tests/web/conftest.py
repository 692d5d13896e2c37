"""The API's manners on a server of its own, in a house on each database."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from daemon import clock
from daemon.app import build_house, listen
from daemon.config import parse
from daemon.core.values import Address
from daemon.store import commit
from daemon.web import server
from tests.databases import DATABASES
from tests.web.served import AGENT, CUSTOMER, Served, routes_of_tests


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        return ""
    return str(request.getfixturevalue("postgres").new_database())


@pytest.fixture
def serve(tmp_path: Path, database: str) -> Iterator[Callable[..., Served]]:
    """Start a server with further options of the API: ``serve(body_seconds=1)``."""
    ends: list[Callable[[], None]] = []

    def start(**api: Any) -> Served:
        http = {"metrics": api.pop("metrics", "local")}
        config = parse(
            {
                "storage": {"folder": str(tmp_path / "var"), "database": database},
                "desk": [{"name": "support", "address": "support@desk.example"}],
                "agent": [{"name": "Desk Agent", "address": AGENT}],
                "http": http,
                "api": api,
            }
        )
        house = build_house(config)
        served = Served(house)
        house.now = served.now
        house.store.write(lambda: commit.person(Address("", CUSTOMER), "", clock.now())).result()
        app = server.application(house, lambda: None)
        app.include_router(routes_of_tests(served))
        web = server.server(app)
        sock = listen("127.0.0.1", 0)
        served.url = f"http://127.0.0.1:{sock.getsockname()[1]}"
        thread = threading.Thread(target=lambda: asyncio.run(web.serve([sock])))
        thread.start()

        def end() -> None:
            web.should_exit = True
            for client in served.clients:
                client.close()
            thread.join(10)
            house.store.close()

        ends.append(end)
        return served

    yield start
    for end in ends:
        end()
