"""``/health``: whether mail is taken, kept and let out, for people and for monitors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from fastapi import APIRouter, Response

from daemon import __version__
from daemon.clock import now
from daemon.store import ledger, outbox
from daemon.store.db import Store
from daemon.store.writer import StoreUnavailable


def router(store: Store, trouble: Callable[[], str | None]) -> APIRouter:
    """The route; ``trouble`` says why no mail leaves at present."""
    routes = APIRouter()

    @routes.get("/health")
    async def health(response: Response) -> dict[str, object]:
        """200 and ``ok``, or 503 and what is wrong."""
        answer: dict[str, object] = {"status": "ok", "version": __version__}
        try:
            waiting, oldest = await asyncio.to_thread(store.read, outbox.waiting)
            states = await asyncio.to_thread(store.read, ledger.counts)
            await asyncio.wrap_future(store.write(lambda: None))
        except StoreUnavailable as error:
            response.status_code = 503
            return answer | {"status": "failing", "because": str(error)}
        answer |= {"inbound": states, "outbox": {"waiting": waiting, "oldest_seconds": now() - oldest if oldest else 0}}
        if reason := trouble():
            answer |= {"status": "degraded", "because": reason}
        return answer

    return routes
