"""The server's own way with callers who do not speak to the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from daemon.app import listen
from daemon.web import protocol
from daemon.web.server import server

GET = b"GET /there HTTP/1.1\r\nHost: a\r\n\r\n"
SECONDS = 0.3


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    """Where a server listens that waits for headers so long."""
    monkeypatch.setattr(protocol, "HEADERS_SECONDS", SECONDS)
    app = FastAPI()
    app.get("/there")(lambda: "here")
    socket = listen("127.0.0.1", 0)
    serving = server(app)
    task = asyncio.create_task(serving.serve(sockets=[socket]))
    yield socket.getsockname()
    serving.should_exit = True
    await task


@pytest.mark.parametrize("before", [b"", GET])
@pytest.mark.parametrize("sent", [b"GET / HTTP/1.1\r\nX: ", b"G"])
async def test_headers_that_do_not_end_are_not_waited_for(address: tuple[str, int], before: bytes, sent: bytes) -> None:
    reader, writer = await asyncio.open_connection(*address)
    if before:
        writer.write(before)
        assert (await reader.readuntil(b'"here"')).startswith(b"HTTP/1.1 200")
    writer.write(sent)
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_who_connects_and_says_nothing_is_not_waited_for(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    async with asyncio.timeout(5):
        assert await reader.read() == b""
    writer.close()


async def test_who_asks_again_and_again_is_answered(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    for _ in range(4):
        writer.write(GET)
        assert (await reader.readuntil(b'"here"')).startswith(b"HTTP/1.1 200")
        await asyncio.sleep(SECONDS / 2)
    writer.close()
