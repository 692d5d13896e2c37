"""The socket that pages and the API are served from."""

from __future__ import annotations

import asyncio
import socket

from daemon.app import listen


async def test_no_answer_waits_for_the_acknowledgement_of_its_head() -> None:
    accepted: asyncio.Queue[int] = asyncio.Queue()

    def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = writer.get_extra_info("socket")
        accepted.put_nowait(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with await asyncio.start_server(note, sock=listen("127.0.0.1", 0)) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        assert await accepted.get() == 1
        writer.close()
        await writer.wait_closed()
