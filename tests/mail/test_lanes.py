"""Who is served next, and who is sent to the slow lane."""

from __future__ import annotations

import asyncio

import pytest

from daemon.mail.lanes import LIGHT_IN_A_ROW, Full, Lane, Suspects


async def order_of(waiting: list[tuple[str, bool]]) -> list[str]:
    """In which order the sources get the lane's only worker, each giving it back at once."""
    lane: Lane[str] = Lane(100)
    served: list[str] = []

    async def visit(source: str, heavy: bool) -> None:
        worker = await lane.take(source, heavy)
        assert worker is not None
        served.append(source)
        lane.give(worker)

    tasks = [asyncio.create_task(visit(source, heavy)) for source, heavy in waiting]
    await asyncio.sleep(0)
    lane.give("worker")
    await asyncio.gather(*tasks)
    return served


async def test_i05_a_source_with_much_mail_delays_another_by_one() -> None:
    assert await order_of([("flood", False)] * 4 + [("other", False)]) == ["flood", "other", "flood", "flood", "flood"]


async def test_i05_small_mail_goes_before_large_but_not_for_ever() -> None:
    order = await order_of([("large", True)] + [(f"small {number}", False) for number in range(LIGHT_IN_A_ROW + 5)])
    assert order.index("large") == LIGHT_IN_A_ROW


async def test_a_full_lane_refuses() -> None:
    lane: Lane[str] = Lane(1)
    waiting = asyncio.create_task(lane.take("a", False))
    await asyncio.sleep(0)
    with pytest.raises(Full):
        await lane.take("b", False)
    waiting.cancel()


async def test_who_gives_up_waiting_does_not_take_a_worker_along() -> None:
    lane: Lane[str] = Lane(10)
    waiting = asyncio.create_task(lane.take("a", False))
    await asyncio.sleep(0)
    lane.give("worker")
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await lane.take("b", False) == "worker"


async def test_a_source_that_is_sent_away_waits_no_longer() -> None:
    lane: Lane[str] = Lane(10)
    waiting = [asyncio.create_task(lane.take("a", heavy)) for heavy in (True, False)]
    await asyncio.sleep(0)
    lane.send_away("a")
    assert await asyncio.gather(*waiting) == [None, None]
    assert lane.waiting == 0


def test_two_strikes_make_a_suspect() -> None:
    suspects = Suspects()
    suspects.strike("a")
    assert "a" not in suspects
    suspects.strike("a")
    assert "a" in suspects
    assert "b" not in suspects
