"""Which event an endpoint is told next, and what follows when it took it, would not, or was given up.

Rules: an endpoint hears of events in the order of their commits, one at a time, and of the next only after it has taken
the one before; its cursor moves after its success and never before. One that takes nothing for long is paused, and
the operator is told of that once. What came meanwhile waits.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from daemon.config import Webhook
from daemon.core import webhooks as core
from daemon.core.values import Address, Instant
from daemon.core.webhooks import Accepted, Declined, Happening
from daemon.desk import post
from daemon.desk.house import House
from daemon.mail import letters
from daemon.mail.address import message_id
from daemon.mail.contexts import Paused
from daemon.store import webhooks
from daemon.store.webhooks import Endpoint

LOOK = 200
BY_OPERATOR = "paused by the operator"


class NoWebhook(Exception):
    """What was asked of a webhook cannot be done; one sentence."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Where an endpoint stands and what it is told next; without an event, ``passed`` are those that it does not want,
    up to the last that was looked at, and ``more``: there are others behind."""

    standing: Endpoint | None
    event: Happening | None = None
    passed: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """An endpoint for people: what is configured, where it stands (None: the daemon has not met it), what waits."""

    webhook: Webhook
    standing: Endpoint | None
    waiting: int


class Webhooks:
    """What ``daemon.edge.webhooks`` asks of the store."""

    def __init__(self, house: House) -> None:
        self._house = house

    def introduce(self) -> None:
        """Let new endpoints begin now, and forget those that are no longer configured."""
        names = [webhook.name for webhook in self._house.config.webhook]
        self._house.store.write(lambda: webhooks.introduce(names)).result()

    async def look(self, webhook: Webhook) -> Turn:
        """What the endpoint is to be told next."""
        return await asyncio.to_thread(self._house.store.read, lambda: _look(webhook))

    async def passed_over(self, standing: Endpoint, turn: Turn) -> None:
        """Note that none of these was wanted."""
        await self._write(lambda: webhooks.move(standing.name, standing.event, turn.passed, standing.response))

    async def accepted(self, standing: Endpoint, event: Happening, answer: Accepted) -> None:
        """Note that the endpoint took the event."""
        response = f"HTTP {answer.status}"
        await self._write(lambda: webhooks.move(standing.name, standing.event, event.id, response))

    async def declined(self, standing: Endpoint, answer: Declined, since: Instant, due_at: Instant) -> None:
        """Note that it did not, and when to try again."""
        attempts = standing.attempts + 1
        await self._write(
            lambda: webhooks.failed(standing.name, standing.event, attempts, since, due_at, answer.reason)
        )

    async def given_up(self, webhook: Webhook, standing: Endpoint, answer: Declined, since: Instant) -> None:
        """Pause the endpoint and tell the operator, if nobody paused it meanwhile."""
        await self._write(lambda: _give_up(self._house, webhook, standing, answer, since))

    async def _write(self, job: Callable[[], None]) -> None:
        await asyncio.wrap_future(self._house.store.write(job))


def _look(webhook: Webhook) -> Turn:
    standing = webhooks.standing(webhook.name)
    if standing is None or standing.paused_at is not None:
        return Turn(standing)
    wish, events = webhook.wish, webhooks.behind(standing.event, LOOK)
    wanted = next((one for one in events if wish.wants(one.kind, one.desk, one.team)), None)
    return Turn(standing, wanted, events[-1].id if events else standing.event, len(events) == LOOK)


def _give_up(house: House, webhook: Webhook, standing: Endpoint, answer: Declined, since: Instant) -> None:
    """Runs in the writer's transaction."""
    now, present = house.now(), webhooks.standing(webhook.name)
    if present is None or present.paused_at is not None or present.event != standing.event:
        return
    webhooks.failed(standing.name, standing.event, standing.attempts + 1, since, now, answer.reason)
    webhooks.pause(standing.name, now, now, answer.reason)
    tell_operator(house, webhook, standing.event, answer, since, now)


def tell_operator(house: House, webhook: Webhook, event: int, answer: Declined, since: Instant, now: Instant) -> None:
    """Report to the operator, if there is one, that an endpoint hears nothing more."""
    if not house.config.operator:
        return
    what = Paused(
        webhook.name,
        webhook.host,
        answer.gone,
        answer.reason,
        house.local_time(since),
        webhooks.waiting(event, webhook.wish),
        f"counterfoil webhook resume {webhook.name}",
    )
    desk = house.config.desk[0].name
    mid = message_id(0, house.keyring.token(0, 0), house.nonce(), house.domain(desk))
    to = letters.Post(mid, now, (Address("", house.config.operator),))
    post.queue(house, letters.paused(house.templates, house.stationery(desk), to, what), "report", desk, now)


# -- what the operator asks for; those that change something run in the writer's transaction


def overview(house: House) -> list[Overview]:
    """Every endpoint that is configured."""
    found = []
    for webhook in house.config.webhook:
        standing = webhooks.standing(webhook.name)
        waiting = webhooks.waiting(standing.event, webhook.wish) if standing else 0
        found.append(Overview(webhook, standing, waiting))
    return found


def configured(house: House, name: str) -> Webhook:
    """The endpoint of this name; NoWebhook tells which there are."""
    webhook = house.config.webhook_named(name)
    if webhook is None:
        names = ", ".join(one.name for one in house.config.webhook) or "none"
        raise NoWebhook(f"there is no webhook {name!r}; configured: {names}")
    return webhook


def pause(house: House, name: str) -> None:
    """Tell it nothing more until it is resumed; nothing is lost."""
    if _standing(house, name).paused_at is not None:
        raise NoWebhook(f"webhook {name} is paused already; counterfoil webhook resume {name} ends that")
    webhooks.pause(name, house.now(), None, BY_OPERATOR)


def resume(house: House, name: str) -> None:
    """Go on where it stands, and try at once what waits for its next try."""
    _standing(house, name)
    webhooks.resume(name)


def replay(house: House, name: str, event: int) -> tuple[int, bool]:
    """Tell it again from this event on, or skip to it; how many events it will hear of, and whether it is paused."""
    standing = _standing(house, name)
    last = webhooks.newest()
    if not 1 <= event <= last + 1:
        raise NoWebhook(f"there is no event {event}; the newest is {last}, and {last + 1} skips all that waits")
    webhooks.replay(name, event - 1)
    return webhooks.waiting(event - 1, configured(house, name).wish), standing.paused_at is not None


def trial(house: House, name: str) -> core.Told:
    """A message that tries the endpoint and tells of nothing."""
    return core.trial(name, house.nonce(), house.now())


def _standing(house: House, name: str) -> Endpoint:
    configured(house, name)
    standing = webhooks.standing(name)
    if standing is None:
        raise NoWebhook(f"the daemon has not met webhook {name} yet; start it with this configuration first")
    return standing
