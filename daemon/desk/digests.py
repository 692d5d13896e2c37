"""The morning mail of each agent, on a schedule: what waits, and what they chose to hear of in it.

What was sent stands written down by its instant: a daemon that was away sends one digest, not several. An agent who is
away gets none, and finds what happened in the first one after.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial

import structlog

from daemon import almanac
from daemon.core.plan import AgentFacts
from daemon.core.schedule import schedule
from daemon.core.values import Address, Instant
from daemon.desk import post, queues
from daemon.desk.house import House
from daemon.mail import agents_letters, letters
from daemon.mail.address import message_id
from daemon.mail.letter import Letter
from daemon.store import facts, news, staffing, terms
from daemon.store.writer import StoreUnavailable

log = structlog.get_logger()
KEY = "digest"
PAUSE = 60.0
LATEST = 6 * 3_600
"""Seconds after which a digest that was not sent is left out: a morning mail at night helps nobody."""


class Digests:
    """What the ticker drives: ``turn`` sends what is due."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._times = [schedule(text) for text in house.config.digest.at]

    async def turn(self) -> float | None:
        """Send the digests that are due; seconds until the next are."""
        if not self._times:
            return None
        house, now = self._house, self._house.now()
        zone = almanac.zone(house.zone)
        due = max(time.last(now, zone) for time in self._times)
        try:
            last = await asyncio.to_thread(house.store.read, lambda: terms.noted(KEY))
            if last is None or int(last) < due:
                if last is not None and now - due <= LATEST:
                    await self._send()
                await asyncio.wrap_future(house.store.write(lambda: terms.note(KEY, str(due))))
        except StoreUnavailable as error:
            log.warning("digest_waits", because="store-unavailable", error=str(error))
            return PAUSE
        return float(max(min(time.next(now, zone) for time in self._times) - now, 1))

    async def _send(self) -> None:
        house = self._house
        absent = await asyncio.to_thread(house.store.read, lambda: staffing.away(house.now()))
        sent = 0
        for agent in house.agents:
            if agent.person not in absent:
                made = await asyncio.to_thread(house.store.read, partial(compose, house, agent))
                if made is not None:
                    await asyncio.wrap_future(house.store.write(partial(queue, house, made)))
                    sent += 1
        log.info("digests_sent", agents=sent)


@dataclass(frozen=True, slots=True)
class Made:
    """One agent's digest; ``told`` is the last piece of news in it."""

    agent: int
    desk: str
    letter: Letter
    told: int | None


def compose(house: House, agent: AgentFacts) -> Made | None:
    """Write one agent's digest; None where there is nothing to tell. Reads rows, and holds up no mail."""
    now: Instant = house.now()
    person = facts.person(agent.person)
    if person is None:
        return None
    desk = next((d for d in house.config.desk if d.team in agent.teams), house.config.desk[0]).name
    options = house.agent(agent.person)
    stationery = house.stationery(desk, options.language if options else None)
    items = news.of(agent.person, queues.MOST_NEWS)
    what = queues.digest(house, agent.person, letters.card(stationery), now, items)
    if what is None:
        return None
    token = house.keyring.token(0, agent.person)
    mid = message_id(0, token, house.nonce(), house.domain(desk))
    reply_to = house.book.reply_address(desk, 0, token)
    to = letters.Post(mid, now, (Address(person.name, person.address),), reply_to=reply_to)
    letter = agents_letters.digest(house.templates, stationery, to, what)
    return Made(agent.person, desk, letter, items[-1].id if items else None)


def queue(house: House, made: Made) -> None:
    """Let a digest leave; what stands in it is told. Runs in the writer's transaction."""
    post.queue(house, made.letter, "digest", made.desk, house.now(), person=made.agent)
    if made.told is not None:
        news.forget(made.agent, made.told)
