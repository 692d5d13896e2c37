"""``/metrics`` for Prometheus: what came in, what left, what waits, how tickets stand, what HTTP was asked.

No label holds an address, a name or a number that somebody chose. What the database knows is counted there when it is
asked for, so it outlives a restart.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from fastapi import APIRouter, Request, Response
from prometheus_client import CollectorRegistry, Counter, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from daemon.core.status import STATUSES
from daemon.desk.house import House
from daemon.store.counts import Counts, counts
from daemon.web.api.callers import Known
from daemon.web.api.problems import Problem, not_found

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SCOPE = "ledger:read"
OF_PROXIES = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via")
OUTCOMES = ("filed", "ignored", "quarantined", "failed")
LETTERS = ("queued", "delivered", "failed", "bounced", "cancelled")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Requests:
    """Counts HTTP requests by method, route and status since the start."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self._counter = Counter(
            "counterfoil_http_requests", "HTTP requests.", ("method", "route", "status"), registry=self.registry
        )

    def count(self, method: str, route: str, status: int) -> None:
        """Count one; a path that is no route and a method of nobody's make no label of their own."""
        self._counter.labels(method if method in METHODS else "other", route or "none", str(status)).inc()


class Desk(Collector):
    """What stood in the database when it was read."""

    def __init__(self, read: Counts, now: int) -> None:
        self._read = read
        self._now = now

    def collect(self) -> Iterator[Metric]:
        read = self._read
        yield _by("counterfoil_mails_in", "Mails in the ledger.", "outcome", OUTCOMES, read.inbound)
        yield _by("counterfoil_letters_out", "Letters by what became of them.", "state", LETTERS, read.outbox)
        yield _by("counterfoil_tickets", "Tickets.", "status", STATUSES, read.tickets)
        yield GaugeMetricFamily("counterfoil_outbox_waiting", "Letters that wait to leave.", value=read.waiting)
        age = max(0, self._now - read.oldest) if read.oldest is not None else 0
        yield GaugeMetricFamily("counterfoil_outbox_oldest_seconds", "Age of the oldest of these.", value=age)


def router(house: House, requests: Requests) -> APIRouter:
    """The route, for those to whom ``http.metrics`` opens it."""
    routes, known = APIRouter(), Known(house)

    @routes.get("/metrics", include_in_schema=False)
    async def metrics(request: Request) -> Response:
        await _admit(house.config.http.metrics, request, known)
        read = await house.store.look(counts)
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Desk(read, house.now()))
        return Response(generate_latest(registry) + generate_latest(requests.registry), media_type=MEDIA_TYPE)

    return routes


async def _admit(who: str, request: Request, known: Known) -> None:
    if who == "token":
        if not (await known.caller(request)).may(SCOPE):
            raise Problem(403, "scope-missing", "This token may not do that", f"It needs the scope {SCOPE}.")
    elif who == "off" or not _is_local(request):
        raise not_found()


def _is_local(request: Request) -> bool:
    """Whether someone on this machine asks, and no proxy for someone else."""
    if request.client is None or any(name in request.headers for name in OF_PROXIES):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _by(name: str, sentence: str, label: str, usual: tuple[str, ...], found: dict[str, int]) -> Metric:
    """A gauge with one label; what is usual is there at zero as well."""
    family = GaugeMetricFamily(name, sentence, labels=(label,))
    for value in dict.fromkeys((*usual, *sorted(found))):
        family.add_metric((value,), found.get(value, 0))
    return family
