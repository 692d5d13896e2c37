"""The delivery loop: at least once, in order, patient with one mail and with all (invariants 8 and 26)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from daemon.config import Relay
from daemon.core.values import Parcel
from daemon.edge.delivery import Delivery
from daemon.edge.relay import SmtpRelay
from tests.fakes import FakeRelay

DAY = 86_400


@dataclass
class Box:
    """An outbox in memory; ``away`` makes it fail as a database does."""

    now: int = 1_700_000_000
    queued: dict[int, tuple[Parcel, int]] = field(default_factory=dict)
    ended: dict[int, tuple[str, int, str]] = field(default_factory=dict)
    tries: list[tuple[int, int]] = field(default_factory=list)
    away: bool = False
    news: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, recipient: str = "customer@example.org", ticket: int | None = 1042, **parcel: Any) -> int:
        number = len(self.queued) + len(self.ended) + 1
        values = {"sender": "support@example.com", "attempts": 0, "created_at": self.now} | parcel
        self.queued[number] = (Parcel(number, ticket, recipient, message_id=f"{number}@x", **values), self.now)
        return number

    def _answer(self) -> None:
        if self.away:
            raise OSError("the database is away")

    async def due(self, now: int, limit: int, exclude: Collection[int]) -> Sequence[Parcel]:
        self._answer()
        first: dict[tuple[int | None, str], tuple[Parcel, int]] = {}
        for number in sorted(self.queued):
            parcel, at = self.queued[number]
            first.setdefault((parcel.ticket, parcel.recipient), (parcel, at))
        return [p for p, at in first.values() if at <= now and p.id not in exclude][:limit]

    async def content(self, parcel: int) -> bytes:
        self._answer()
        return b"Subject: %d\r\n\r\nHello.\r\n" % parcel

    async def delivered(self, parcel: int, now: int, response: str) -> None:
        self._end(parcel, "delivered", 250, response)

    async def refused(self, parcel: int, now: int, code: int, response: str) -> None:
        self._end(parcel, "refused", code, response)

    async def deferred(self, parcel: int, now: int, until: int, response: str) -> None:
        self._answer()
        self.queued[parcel] = (replace(self.queued[parcel][0], attempts=self.queued[parcel][0].attempts + 1), until)
        self.tries.append((parcel, until - now))
        self.news.set()

    def _end(self, parcel: int, state: str, code: int, response: str) -> None:
        self._answer()
        del self.queued[parcel]
        self.ended[parcel] = (state, code, response)
        self.news.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        async def wait() -> None:
            while not condition():
                self.news.clear()
                await self.news.wait()

        await asyncio.wait_for(wait(), 10)


@dataclass
class Post:
    """A delivery loop between a box and a fake relay, with hands on the clock."""

    box: Box
    delivery: Delivery
    fake: FakeRelay
    running: asyncio.Task[None]

    async def later(self, seconds: int) -> None:
        self.box.now += seconds
        self.delivery.wake()
        await asyncio.sleep(0.05)


Start = Callable[..., Awaitable[Post]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    posts: list[Post] = []

    async def build(fake: FakeRelay, box: Box, poll: float = 5.0, **options: Any) -> Post:
        relay = Relay(**({"host": "127.0.0.1", "port": fake.port, "tls": "none", "timeout": 5} | options))
        transport = SmtpRelay(relay, "desk.example.com", lambda: float(box.now))
        delivery = Delivery(
            box, transport, relay, lambda: box.now, lambda seconds: 0, lambda: float(box.now), poll=poll
        )
        posts.append(Post(box, delivery, fake, asyncio.create_task(delivery.run())))
        return posts[-1]

    yield build
    for post in posts:
        await post.delivery.close(0.1)
        await asyncio.wait_for(post.running, 5)


def subjects(fake: FakeRelay) -> list[int]:
    return [int(arrived.content.split()[1]) for arrived in fake.arrived]


async def test_what_waits_is_delivered_and_written_down(start: Start) -> None:
    async with FakeRelay() as fake:
        box = Box()
        box.put()
        await start(fake, box)
        await box.until(lambda: not box.queued)
        assert box.ended == {1: ("delivered", 250, "250 2.0.0 taken")}


async def test_a_wake_delivers_at_once_and_the_poll_finds_what_nobody_announced(start: Start) -> None:
    async with FakeRelay() as fake:
        box = Box()
        woken = await start(fake, box, poll=60)
        await asyncio.sleep(0.02)
        box.put()
        woken.delivery.wake()
        await box.until(lambda: not box.queued)
        other = Box()
        await start(fake, other, poll=0.05)
        await asyncio.sleep(0.02)
        other.put()
        await other.until(lambda: not other.queued)


async def test_i08_mails_of_one_ticket_and_recipient_leave_in_order_and_one_at_a_time(start: Start) -> None:
    async with FakeRelay() as fake:
        box = Box()
        for _ in range(10):
            box.put()
        await start(fake, box)
        await box.until(lambda: not box.queued)
        assert subjects(fake) == list(range(1, 11))
        assert fake.busiest == 1


async def test_mails_to_different_people_leave_side_by_side(start: Start) -> None:
    async with FakeRelay(hangs_at="final", times=4) as fake:
        box = Box()
        for i in range(8):
            box.put(f"customer{i}@example.org")
        await start(fake, box, connections=4)
        await asyncio.sleep(0.2)
        assert (fake.busy, fake.connections) == (4, 4)


async def test_a_slow_recipient_does_not_hold_up_the_others(start: Start) -> None:
    async with FakeRelay(hangs_at="rcpt", times=1) as fake:
        box = Box()
        for i in range(20):
            box.put(f"customer{i}@example.org")
        await start(fake, box, connections=2)
        await box.until(lambda: len(box.ended) == 19)


async def test_a_deferred_mail_is_tried_again_after_pauses_that_double(start: Start) -> None:
    async with FakeRelay(answers={"customer@example.org": "450 later"}) as fake:
        box = Box()
        box.put()
        post = await start(fake, box, retry_first=60, retry_longest=300)
        for tries in range(1, 6):
            await box.until(lambda n=tries: len(box.tries) == n)
            await post.later(box.tries[-1][1])
        assert [pause for _, pause in box.tries[:5]] == [60, 120, 240, 300, 300]


async def test_a_deferred_mail_holds_back_later_ones_to_the_same_person(start: Start) -> None:
    async with FakeRelay(answers={"rcpt": "450 later"}, times=1) as fake:
        box = Box()
        box.put()
        box.put()
        post = await start(fake, box)
        await box.until(lambda: bool(box.tries))
        await post.later(1)
        assert fake.arrived == []
        await post.later(60)
        await box.until(lambda: not box.queued)
        assert subjects(fake) == [1, 2]


async def test_i08_5xx_is_final(start: Start) -> None:
    async with FakeRelay(answers={"customer@example.org": "550 5.1.1 gone"}) as fake:
        box = Box()
        box.put()
        box.put("manager@example.org")
        await start(fake, box)
        await box.until(lambda: not box.queued)
        assert box.ended[1] == ("refused", 550, "550 5.1.1 gone")
        assert box.ended[2][0] == "delivered"


async def test_a_mail_that_is_too_old_is_given_up_with_the_last_answer(start: Start) -> None:
    async with FakeRelay(answers={"customer@example.org": "450 later"}) as fake:
        box = Box()
        box.put()
        post = await start(fake, box, give_up_after=100, retry_first=60)
        await box.until(lambda: len(box.tries) == 1)
        await post.later(60)
        await box.until(lambda: len(box.tries) == 2)
        assert box.tries[1][1] == 40  # the last try is made when the time is up
        await post.later(40)
        await box.until(lambda: not box.queued)
        assert box.ended[1] == ("refused", 450, "450 later")


async def test_i08_a_connection_lost_behind_the_final_dot_sends_the_same_bytes_again(start: Start) -> None:
    async with FakeRelay(drops_at="final", times=1) as fake:
        box = Box()
        box.put()
        post = await start(fake, box)
        await box.until(lambda: bool(box.tries))
        await post.later(60)
        await box.until(lambda: not box.queued)
        assert len(fake.arrived) == 2
        assert fake.arrived[0] == fake.arrived[1]


async def test_i26_a_relay_that_is_away_is_probed_by_one_mail_and_told_of_once(start: Start) -> None:
    async with FakeRelay(answers={"greeting": "421 down for maintenance"}) as fake:
        box = Box()
        for i in range(40):
            box.put(f"customer{i}@example.org")
        with capture_logs() as logs:
            post = await start(fake, box, connections=4)
            await box.until(lambda: len(box.tries) == 4)
            for _ in range(20):
                await post.later(0)
            assert fake.connections == 4
            for probes, pause in enumerate((5, 10, 20, 40, 80, 160, 300, 300), start=1):
                await post.later(pause)
                assert fake.connections == 4 + probes
            assert post.delivery.trouble is not None
            assert len([line for line in logs if line["event"] == "mail_does_not_leave"]) == 1
            fake.answers = {}
            await post.later(300)
            await box.until(lambda: not box.queued)
            assert [line["event"] for line in logs].count("mail_leaves_again") == 1
        assert post.delivery.trouble is None
        assert sorted(subjects(fake)) == list(range(1, 41))


async def test_i26_a_relay_that_stays_away_gives_up_the_old_mails_and_only_them(start: Start) -> None:
    async with FakeRelay(drops_at="greeting") as fake:
        box = Box()
        for i in range(10):
            box.put(f"customer{i}@example.org", created_at=box.now - 6 * DAY)
        box.put("manager@example.org")
        await start(fake, box)
        await box.until(lambda: len(box.ended) == 10)
        assert list(box.queued) == [11]
        assert all(state == "refused" and "127.0.0.1" in said for state, _, said in box.ended.values())


async def test_a_wrong_password_is_told_loudly_and_loses_no_mail(start: Start, tmp_path: Any) -> None:
    (tmp_path / "password").write_text("old")
    async with FakeRelay(credentials={"desk": "new"}) as fake:
        box = Box()
        box.put()
        with capture_logs() as logs:
            post = await start(
                fake, box, username="desk", password_file=str(tmp_path / "password"), insecure_login=True
            )
            await box.until(lambda: bool(box.tries))
        [told] = [line for line in logs if line["event"] == "mail_does_not_leave"]
        assert told["log_level"] == "error"
        assert "refuses the login as desk" in told["because"]
        (tmp_path / "password").write_text("new")
        await post.later(5)
        await box.until(lambda: not box.queued)


async def test_i26_an_outbox_that_is_away_is_waited_for_and_nothing_is_sent_twice(start: Start) -> None:
    async with FakeRelay() as fake:
        box = Box(away=True)
        box.put()
        with capture_logs() as logs:
            await start(fake, box, poll=0.02)
            await asyncio.sleep(0.1)
            box.away = False
            await box.until(lambda: not box.queued)
        assert [line["event"] for line in logs if line["event"].startswith("outbox")] == ["outbox_away", "outbox_back"]
        assert len(fake.arrived) == 1


async def test_what_was_sent_is_written_down_however_long_the_outbox_is_away(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("daemon.edge.delivery.RECORD_PAUSES", (0.02,))
    async with FakeRelay() as fake:
        box = Box()
        box.put()

        async def breaks(server: Any, session: Any, envelope: Any) -> str:
            box.away = True
            return await FakeRelay.handle_DATA(fake, server, session, envelope)

        monkeypatch.setattr(fake, "handle_DATA", breaks)
        post = await start(fake, box, poll=0.02)
        await asyncio.sleep(0.2)
        assert len(fake.arrived) == 1
        box.away = False
        await box.until(lambda: not box.queued)
        assert len(fake.arrived) == 1
        assert post.delivery.trouble is None


async def test_i27_closing_lets_a_mail_arrive_and_waits_no_longer_than_told(start: Start) -> None:
    async with FakeRelay(hangs_at="final") as fake:
        box = Box()
        box.put()
        post = await start(fake, box)
        await asyncio.sleep(0.1)
        await asyncio.wait_for(post.delivery.close(0.1), 3)
        assert box.ended == {} and box.tries == []
        await asyncio.wait_for(post.running, 1)


async def test_the_log_tells_neither_addresses_nor_bodies(start: Start) -> None:
    async with FakeRelay(answers={"manager@example.org": "550 5.1.1 gone"}) as fake:
        box = Box()
        box.put()
        box.put("manager@example.org")
        with capture_logs() as logs:
            await start(fake, box)
            await box.until(lambda: not box.queued)
        assert "example.org" not in str(logs) and "Hello." not in str(logs)
