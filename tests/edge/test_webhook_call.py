"""One call of an endpoint: signed, to an address that was found good and to no other, whatever it answers."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from daemon import clock
from daemon.config import ConfigurationError, Webhook
from daemon.core.webhooks import Accepted, Answer, Declined, Told, trial
from daemon.edge.dns import NoResolver, Resolver
from daemon.edge.webhook_call import Caller
from tests.dns_server import NameServer
from tests.endpoint import Endpoint, status

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
HERE = ("127.0.0.1/32",)
MESSAGE = trial("reports", "abc", 1_795_468_886)
Call = Callable[..., Awaitable[Answer]]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as server:
        yield server


@pytest.fixture
def names() -> Iterator[NameServer]:
    with NameServer() as server:
        yield server


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Callable[..., Caller]]:
    made: list[Caller] = []

    def caller(url: str, resolver: Resolver | None = None, secret: str = SECRET, **options: Any) -> Caller:
        file = tmp_path / "secret"
        file.write_text(secret)
        webhook = Webhook(**({"name": "reports", "url": url, "secret_file": str(file), "timeout": 1} | options))
        made.append(Caller(webhook, resolver or NoResolver(), clock.now))
        return made[-1]

    yield caller
    for one in made:
        await one.close()


async def test_a_message_is_posted_as_standard_webhooks_have_it(
    make: Callable[..., Caller], endpoint: Endpoint
) -> None:
    assert await make(endpoint.url, allow=HERE).call(MESSAGE) == Accepted(204)
    (got,) = endpoint.received
    assert got.line == "POST /hook?of=desk HTTP/1.1"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["host"] == f"127.0.0.1:{endpoint.port}"
    assert got.id == "test_abc"
    assert Verifier(SECRET).verify(got.body, got.headers) == MESSAGE.payload
    with pytest.raises(WebhookVerificationError):
        Verifier(OTHER).verify(got.body, got.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(SECRET).verify(got.body.replace(b"reports", b"reborts"), got.headers)


async def test_while_secrets_change_each_of_them_verifies(make: Callable[..., Caller], endpoint: Endpoint) -> None:
    await make(endpoint.url, secret=f"{OTHER}\n{SECRET}\n", allow=HERE).call(MESSAGE)
    for secret in (SECRET, OTHER):
        assert Verifier(secret).verify(endpoint.received[0].body, endpoint.received[0].headers)


async def test_each_message_has_a_connection_of_its_own(make: Callable[..., Caller], endpoint: Endpoint) -> None:
    caller = make(endpoint.url, allow=HERE)
    for _ in range(5):
        await caller.call(MESSAGE)
    assert (len(endpoint.received), endpoint.connections) == (5, 5)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(200), Accepted(200)),
        (status(202), Accepted(202)),
        (status(500), Declined("HTTP 500")),
        (status(404), Declined("HTTP 404")),
        (status(410), Declined("HTTP 410", gone=True)),
        (status(429, "Retry-After: 120"), Declined("HTTP 429", 120)),
        (status(503, "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT"), Declined("HTTP 503")),
        (status(503, "Retry-After: 99999999999999999999"), Declined("HTTP 503")),
        (status(500, "Retry-After: 120"), Declined("HTTP 500")),
    ],
)
async def test_success_is_2xx_alone(
    make: Callable[..., Caller], endpoint: Endpoint, answer: bytes, said: Answer
) -> None:
    endpoint.answers = [answer]
    assert await make(endpoint.url, allow=HERE).call(MESSAGE) == said


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
async def test_i24_no_redirect_is_followed(make: Callable[..., Caller], endpoint: Endpoint, code: int) -> None:
    with Endpoint() as elsewhere:
        endpoint.answers = [
            status(code, f"Location: {elsewhere.url}"),
            status(code, "Location: http://169.254.169.254/latest/meta-data/"),
        ]
        caller = make(endpoint.url, allow=HERE)
        for _ in range(2):
            answer = await caller.call(MESSAGE)
            assert isinstance(answer, Declined)
            assert "no redirect is followed" in answer.reason
        assert elsewhere.connections == 0


@pytest.mark.parametrize("mood", ["hang", "drip", "die", "garbage", "flood_headers"])
async def test_an_answer_that_never_comes_is_none_and_is_not_waited_for(
    make: Callable[..., Caller], endpoint: Endpoint, mood: str
) -> None:
    endpoint.answers = [getattr(endpoint, mood)]
    caller, began = make(endpoint.url, allow=HERE), time.monotonic()
    answer = await caller.call(MESSAGE)
    assert isinstance(answer, Declined)
    assert time.monotonic() - began < 3
    assert await caller.call(MESSAGE) == Accepted(204)


@pytest.mark.parametrize("mood", ["drip_body", "flood", "lie_short", "lie_long"])
async def test_a_success_stays_one_whatever_follows_it(
    make: Callable[..., Caller], endpoint: Endpoint, mood: str
) -> None:
    endpoint.answers = [getattr(endpoint, mood)]
    caller, began = make(endpoint.url, allow=HERE), time.monotonic()
    assert await caller.call(MESSAGE) == Accepted(200)
    assert time.monotonic() - began < 3
    assert await caller.call(MESSAGE) == Accepted(204)


async def test_a_cookie_that_is_set_does_not_come_back(make: Callable[..., Caller], endpoint: Endpoint) -> None:
    endpoint.answers = [status(200, "Set-Cookie: spy=1")]
    caller = make(endpoint.url, allow=HERE)
    await caller.call(MESSAGE)
    await caller.call(MESSAGE)
    assert "cookie" not in endpoint.received[1].headers


async def test_a_proxy_of_the_environment_is_not_asked(
    make: Callable[..., Caller], endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Endpoint() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        assert await make(endpoint.url, allow=HERE).call(MESSAGE) == Accepted(204)
        assert proxy.connections == 0


# -- invariant 24: where


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "169.254.169.254"],
)
async def test_i24_an_address_that_is_not_public_is_not_called(
    make: Callable[..., Caller], endpoint: Endpoint, host: str
) -> None:
    answer = await make(f"http://{host}:{endpoint.port}/").call(MESSAGE)
    assert isinstance(answer, Declined)
    assert "is not public" in answer.reason
    assert endpoint.connections == 0


async def test_i24_a_network_that_is_allowed_is_not_allowed_in_another_spelling(
    make: Callable[..., Caller], endpoint: Endpoint
) -> None:
    answer = await make(f"http://[::ffff:127.0.0.1]:{endpoint.port}/", allow=HERE).call(MESSAGE)
    assert isinstance(answer, Declined)
    assert endpoint.connections == 0


@pytest.mark.parametrize("allow", [("localhost",), HERE])
async def test_what_is_allowed_by_name_or_network_is_called(
    make: Callable[..., Caller], endpoint: Endpoint, allow: tuple[str, ...]
) -> None:
    caller = make(f"http://localhost:{endpoint.port}/", allow=allow)
    assert await caller.call(MESSAGE) == Accepted(204)
    assert endpoint.received[0].headers["host"] == f"localhost:{endpoint.port}"


async def test_i24_a_second_dns_answer_changes_nothing(
    make: Callable[..., Caller], endpoint: Endpoint, names: NameServer
) -> None:
    """First a public address, then this machine: what was good a moment ago is looked at again, and not called."""
    names.ttl = 0
    names.records["hooks.example", "A"] = ["8.8.8.8"]
    moment = [0.0]
    resolver = Resolver([names.address], clock=lambda: moment[0])
    caller = make(f"http://hooks.example:{endpoint.port}/", resolver)
    assert [str(one) for one in await caller.addresses()] == ["8.8.8.8"]
    names.records["hooks.example", "A"] = ["127.0.0.1"]
    moment[0] += 4000
    answer = await caller.call(MESSAGE)
    assert isinstance(answer, Declined)
    assert "127.0.0.1 is not public" in answer.reason
    assert endpoint.connections == 0


async def test_i24_between_the_check_and_the_call_no_name_is_looked_up_again(
    make: Callable[..., Caller], endpoint: Endpoint, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("a name was looked up behind our back")

    names.records["hooks.example", "A"] = ["127.0.0.1"]
    caller = make(f"http://hooks.example:{endpoint.port}/", Resolver([names.address]), allow=HERE)
    real = asyncio.get_running_loop().getaddrinfo

    async def only_addresses(host: str, *given: Any, **named: Any) -> Any:
        if not host.replace(".", "").isdecimal():
            never()
        return await real(host, *given, **named)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", only_addresses)
    assert await caller.call(MESSAGE) == Accepted(204)
    assert endpoint.received[0].headers["host"] == f"hooks.example:{endpoint.port}"
    assert [(name, kind) for name, kind, _ in names.asked] == [("hooks.example", "A"), ("hooks.example", "AAAA")]


async def test_i24_of_several_addresses_only_the_good_are_called(
    make: Callable[..., Caller], endpoint: Endpoint, names: NameServer
) -> None:
    names.records["hooks.example", "A"] = ["10.0.0.1", "127.0.0.1", "169.254.169.254"]
    names.records["hooks.example", "AAAA"] = ["::1", "::ffff:127.0.0.1", "fe80::1"]
    caller = make(f"http://hooks.example:{endpoint.port}/", Resolver([names.address]), allow=HERE)
    assert [str(one) for one in await caller.addresses()] == ["127.0.0.1"]


async def test_the_next_address_is_tried_where_one_takes_no_connection(
    make: Callable[..., Caller], endpoint: Endpoint, names: NameServer
) -> None:
    names.records["hooks.example", "A"] = ["127.0.0.9", "127.0.0.1"]
    caller = make(f"http://hooks.example:{endpoint.port}/", Resolver([names.address]), allow=("127.0.0.0/8",))
    assert await caller.call(MESSAGE) == Accepted(204)


@pytest.mark.parametrize(
    ("mood", "reason"),
    [("well", "its name has no address"), ("silent", "cannot be looked up"), ("servfail", "cannot be looked up")],
)
async def test_a_name_without_an_address_is_told(
    make: Callable[..., Caller], names: NameServer, mood: Any, reason: str
) -> None:
    names.mood = mood
    answer = await make("http://nowhere.example/", Resolver([names.address]), timeout=6).call(MESSAGE)
    assert isinstance(answer, Declined)
    assert reason in answer.reason


async def test_the_certificate_is_that_of_the_name_although_an_address_is_called(
    make: Callable[..., Caller], names: NameServer, authority: trustme.CA, tmp_path: Path
) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("hooks.example").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    for name in ("hooks.example", "other.example"):
        names.records[name, "A"] = ["127.0.0.1"]
    with Endpoint(context) as server:
        resolver, options = Resolver([names.address]), {"allow": HERE, "ca_file": str(tmp_path / "ca.pem")}
        assert await make(f"https://hooks.example:{server.port}/", resolver, **options).call(MESSAGE) == Accepted(204)
        assert server.names == ["hooks.example"]
        for url, given in (
            (f"https://other.example:{server.port}/", options),
            (f"https://127.0.0.1:{server.port}/", options),
            (f"https://hooks.example:{server.port}/", {"allow": HERE}),
        ):
            answer = await make(url, resolver, **given).call(MESSAGE)
            assert isinstance(answer, Declined)
            assert "certificate" in answer.reason.lower()
        assert len(server.received) == 1


def test_secrets_and_certificates_that_are_no_good_are_told_at_start(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    webhook = Webhook(name="reports", url="https://example.net/", secret_file=str(file))
    for text, fault in (
        (None, "cannot be read: No such file or directory"),
        ("", "holds no secret such as this makes"),
        ("hunter2", "holds no secret such as this makes"),
        ("whsec_c2hvcnQ=", "holds no secret such as this makes"),
    ):
        if text is not None:
            file.write_text(text)
        with pytest.raises(ConfigurationError) as caught:
            Caller(webhook, NoResolver(), clock.now)
        (told,) = caught.value.faults
        assert told.startswith("webhook reports: secret_file: ")
        assert fault in told
    file.write_text(SECRET)
    wrong = webhook.model_copy(update={"ca_file": str(file)})
    with pytest.raises(ConfigurationError, match="name a file in PEM"):
        Caller(wrong, NoResolver(), clock.now)


async def test_a_message_of_any_words_is_sent_as_it_is_signed(make: Callable[..., Caller], endpoint: Endpoint) -> None:
    told = Told("event_1", {"type": "ticket.tagged", "data": {"tag": "größe 😀 \u2028"}})
    await make(endpoint.url, allow=HERE).call(told)
    assert Verifier(SECRET).verify(endpoint.received[0].body, endpoint.received[0].headers) == told.payload
