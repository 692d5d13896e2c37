"""The content of one mail as it goes out behind DATA.

aiosmtplib's own ``data`` holds five copies of a mail and gives the time of one answer to its whole transfer. Here it
goes out piece by piece, as fast as the relay reads, each piece with that time; an answer that comes before the end is
heard.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator

import aiosmtplib

PIECE = 65_536
LINE_END = re.compile(rb"\r\n|\r|\n")


def wire(content: bytes, size: int = PIECE) -> Iterator[bytes]:
    """Pieces of about ``size`` bytes (2 or more): each line end as CRLF, leading dots doubled, the end behind them."""
    at, fresh_line = 0, True
    while at < len(content):
        end = at + size
        if end < len(content) and end - at > 1 and content[end - 1 : end] == b"\r":
            end -= 1  # it may be half of a CRLF
        piece = content[at:end]
        if not piece.count(b"\r") == piece.count(b"\n") == piece.count(b"\r\n"):
            piece = LINE_END.sub(b"\r\n", piece)
        piece = piece.replace(b"\r\n.", b"\r\n..")
        yield b"." + piece if fresh_line and piece.startswith(b".") else piece
        fresh_line = piece.endswith(b"\r\n")
        at = end
    yield b".\r\n" if fresh_line else b"\r\n.\r\n"


async def say_content(client: aiosmtplib.SMTP, content: bytes, patience: float) -> tuple[int, str, bool]:
    """Say DATA and the mail; code and text of the last answer, and whether the connection is still in step.

    Raises TimeoutError where the relay neither reads nor answers for ``patience`` seconds.
    """
    response = await client.execute_command(b"DATA")
    protocol = client.protocol
    if response.code != 354 or protocol is None:
        return response.code, response.message, response.code >= 400
    answer = asyncio.ensure_future(protocol.read_response())
    try:
        for piece in wire(content):
            protocol.write(piece)
            async with asyncio.timeout(patience):
                await protocol._drain_helper()  # aiosmtplib has no drain of its own name
            await asyncio.sleep(0)  # a relay that takes all at once must not keep all else waiting
            if answer.done():  # a relay that has heard enough
                response = answer.result()
                return response.code, response.message, False
        async with asyncio.timeout(patience):
            response = await answer
        return response.code, response.message, True
    except OSError:
        if answer.done() and not answer.cancelled() and answer.exception() is None:
            response = answer.result()
            return response.code, response.message, False
        raise
    finally:
        answer.cancel()
