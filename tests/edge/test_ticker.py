"""The loop of the clock: it sleeps until something is due, and nothing ends it but its close."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from daemon.edge.ticker import Ticker


class Turns:
    """Answers each turn with what was set; raises what is an exception."""

    def __init__(self, *answers: float | Exception | None) -> None:
        self.answers: Iterator[float | Exception | None] = iter(answers)
        self.count = 0
        self.all_answered = asyncio.Event()

    async def turn(self) -> float | None:
        self.count += 1
        try:
            answer = next(self.answers)
        except StopIteration:
            self.all_answered.set()
            return None
        if isinstance(answer, Exception):
            raise answer
        return answer


async def ended(ticker: Ticker, running: asyncio.Task[None]) -> None:
    ticker.close()
    await asyncio.wait_for(running, 5)


async def test_it_turns_again_at_once_while_there_is_more_to_do() -> None:
    turns = Turns(0.0, 0.0, 0.0)
    ticker = Ticker(turns, lambda: 1000)
    running = asyncio.create_task(ticker.run())
    await asyncio.wait_for(turns.all_answered.wait(), 5)
    assert turns.count == 4
    await ended(ticker, running)


async def test_news_of_something_earlier_wakes_it_and_of_something_later_does_not() -> None:
    turns = Turns(25.0)
    ticker = Ticker(turns, lambda: 1000)
    running = asyncio.create_task(ticker.run())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    ticker.wake(1026)
    await asyncio.sleep(0.05)
    assert turns.count == 1
    ticker.wake(1010)
    await asyncio.wait_for(turns.all_answered.wait(), 5)
    await ended(ticker, running)


async def test_a_turn_that_fails_does_not_end_it() -> None:
    turns = Turns(RuntimeError("a fault of ours"))
    ticker = Ticker(turns, lambda: 1000)
    running = asyncio.create_task(ticker.run())
    await asyncio.sleep(0.05)
    ticker.wake()
    await asyncio.wait_for(turns.all_answered.wait(), 5)
    assert turns.count == 2
    await ended(ticker, running)
