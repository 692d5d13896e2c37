"""One call of an endpoint: where it is, whether it may be called, and what it answered (invariant 24).

Rules: the name is looked up here, and the connection goes to exactly an address that was found good, so that what DNS
says a moment later changes nothing; an address that is not public is called only where ``allow`` names it. Host and
certificate are those of the name. No proxy, no redirect is followed, no cookie kept, nothing read but status and
``Retry-After``; what is behind them is read to a limit and thrown away. A success is an answer of 2xx, whatever becomes
of its body. Each message has a connection of its own, so that what one answer left behind is not taken for the next.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
import structlog
from standardwebhooks.webhooks import Webhook as Signer

from daemon import __version__
from daemon.config import ConfigurationError, Webhook
from daemon.core import public
from daemon.core.values import Instant
from daemon.core.webhooks import GONE, Accepted, Answer, Declined, Told
from daemon.edge.dns import Kind, Resolver

log = structlog.get_logger()

LOCALHOST = ("127.0.0.1", "::1")
KINDS: tuple[Kind, ...] = ("A", "AAAA")
CONNECT_SECONDS = 5.0
MOST_ADDRESSES = 4
DRAIN_BYTES, DRAIN_SECONDS = 65_536, 1.0
LONGEST_REASON = 200
ASKING_FOR_TIME = (429, 503)


class Unreachable(Exception):
    """There is no address that may be called; why, in words of ours."""


class Caller:
    """Calls one endpoint; belongs to one event loop. ConfigurationError if its secret or certificates are no good."""

    def __init__(self, webhook: Webhook, resolver: Resolver, now: Callable[[], Instant]) -> None:
        self.webhook = webhook
        self._resolver = resolver
        self._now = now
        self._url = httpx.URL(webhook.url)
        try:
            self._signers = [Signer(secret) for secret in webhook.secrets()]
            context = ssl.create_default_context(cafile=webhook.ca_file or None)
        except ConfigurationError as error:
            raise ConfigurationError([f"webhook {webhook.name}: {fault}" for fault in error.faults]) from None
        except (ssl.SSLError, OSError) as error:
            cause = f"{webhook.ca_file} cannot be used: {error.strerror or error}"
            raise ConfigurationError([f"webhook {webhook.name}: ca_file: {cause}; name a file in PEM"]) from None
        self._transport = httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            limits=httpx.Limits(max_connections=MOST_ADDRESSES, max_keepalive_connections=0),
        )

    async def call(self, told: Told) -> Answer:
        """Post a message and tell what became of it; never raises, but when it is cancelled."""
        seconds = self.webhook.timeout
        try:
            async with asyncio.timeout(seconds):
                response = await self._post(told)
        except TimeoutError:
            return Declined(f"no answer within {seconds} s")
        except Unreachable as error:
            return Declined(str(error))
        except httpx.HTTPError as error:
            return Declined(_words(error))
        except Exception as error:
            log.error("webhook_failed", webhook=self.webhook.name, error=type(error).__name__, exc_info=error)
            return Declined("internal trouble; the log tells more")
        try:
            await _drain(response)
        finally:
            await _let_go(response)
        return _answer(response)

    async def close(self) -> None:
        await self._transport.aclose()

    async def _post(self, told: Told) -> httpx.Response:
        """The beginning of the answer of the first address that takes a connection."""
        addresses = await self.addresses()
        content = json.dumps(told.payload, separators=(",", ":")).encode()
        for address in addresses[:-1]:
            with contextlib.suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send(told.id, content, address)
        return await self._send(told.id, content, addresses[-1])

    async def addresses(self) -> list[public.Address]:
        """Where the endpoint may be called; Unreachable if nowhere."""
        found = [address for text in await self._look_up(self.webhook.host) if (address := public.address(text))]
        good = [address for address in found if self.webhook.may_call(address)]
        if not good:
            refused = ", ".join(map(str, found[:MOST_ADDRESSES]))
            raise Unreachable(f"{refused} is not public; allow names what may be called all the same")
        return good[:MOST_ADDRESSES]

    async def _look_up(self, host: str) -> Sequence[str]:
        if public.address(host):
            return [host]
        if host == "localhost":
            return LOCALHOST
        answers = await asyncio.gather(*(self._resolver.look_up(host, kind, CONNECT_SECONDS) for kind in KINDS))
        found = [text.decode("ascii", "replace") for answer in answers for text in answer.records]
        if not found:
            unsure = any(answer.found == "unavailable" for answer in answers)
            raise Unreachable("its name cannot be looked up at present" if unsure else "its name has no address")
        return found

    async def _send(self, id: str, content: bytes, address: public.Address) -> httpx.Response:
        now, parts = self._now(), urlsplit(self.webhook.url)
        at = datetime.fromtimestamp(now, UTC)
        named = public.address(self.webhook.host) is None
        request = httpx.Request(
            "POST",
            self._url.copy_with(host=str(address)),
            headers={
                "Host": parts.netloc,
                "Connection": "close",
                "Content-Type": "application/json",
                "User-Agent": f"Counterfoil/{__version__}",
                "webhook-id": id,
                "webhook-timestamp": str(now),
                "webhook-signature": " ".join(one.sign(id, at, content.decode()) for one in self._signers),
            },
            content=content,
            extensions={
                "timeout": {"connect": CONNECT_SECONDS, "read": None, "write": None, "pool": None},
                **({"sni_hostname": self.webhook.host} if named else {}),
            },
        )
        return await self._transport.handle_async_request(request)


async def _drain(response: httpx.Response) -> None:
    """Read what is behind the status, to a limit: a server whose words nobody takes may break off its own work."""
    read = 0
    with contextlib.suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(DRAIN_SECONDS):
            assert isinstance(response.stream, httpx.AsyncByteStream)
            async for part in response.stream:
                read += len(part)
                if read > DRAIN_BYTES:
                    return


async def _let_go(response: httpx.Response) -> None:
    with contextlib.suppress(httpx.HTTPError):
        await response.aclose()


def _answer(response: httpx.Response) -> Answer:
    status = response.status_code
    if 200 <= status < 300:
        return Accepted(status)
    if 300 <= status < 400:
        return Declined(f"HTTP {status}: it sends elsewhere, and no redirect is followed")
    asked = response.headers.get("retry-after", "") if status in ASKING_FOR_TIME else ""
    seconds = int(asked) if asked.isascii() and asked.isdecimal() and len(asked) < 7 else 0
    return Declined(f"HTTP {status}", seconds, gone=status == GONE)


def _words(error: httpx.HTTPError) -> str:
    """What went wrong on the way, without a word of the other side."""
    cause = " ".join(str(error).split())[:LONGEST_REASON]
    if isinstance(error, httpx.ConnectTimeout):
        return f"no connection within {CONNECT_SECONDS:.0f} s"
    if isinstance(error, httpx.ConnectError):
        return f"no connection: {cause}"
    return f"the connection broke before an answer ({type(error).__name__})"
