"""How often a token may ask, and what it is told of that."""

from __future__ import annotations

import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from daemon.web.api.rates import Rates
from tests.web.served import Served


def test_whoever_asks_too_often_is_told_when_to_ask_again(serve: Callable[..., Served]) -> None:
    served = serve(requests_per_minute=3)
    client = served.client(served.token("tickets:read"))
    answers = [client.get("/v2/who") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [re.findall(r"r=(\d+)", answer.headers["RateLimit"])[0] for answer in answers] == ["2", "1", "0", "0"]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"token";q=3;w=60'}
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 20
    assert answers[-1].json()["type"] == "/problems/too-many-requests"
    assert served.client(served.token("tickets:read")).get("/v2/who").status_code == 200


def test_a_repeated_request_counts_once_each_time_it_is_sent(serve: Callable[..., Served]) -> None:
    served = serve(requests_per_minute=2)
    client = served.client(served.token("tickets:write"))
    sent = [client.post("/v2/orders", json={"subject": "x"}, headers={"Idempotency-Key": "k"}) for _ in range(3)]
    assert [answer.status_code for answer in sent] == [201, 201, 429]


def test_without_a_limit_nothing_is_told(serve: Callable[..., Served]) -> None:
    served = serve(requests_per_minute=0)
    assert "RateLimit" not in served.client(served.token("tickets:read")).get("/v2/who").headers


@given(st.integers(1, 1000), st.lists(st.floats(0, 30), max_size=200))
def test_nobody_gets_more_than_the_quota_and_what_a_minute_brings(quota: int, pauses: list[float]) -> None:
    rates, now, taken = Rates(quota), 0.0, 0
    for pause in pauses:
        now += pause
        standing = rates.take(1, now)
        assert standing is not None
        assert 0 <= standing.left <= quota
        assert 0 <= standing.full <= 60
        taken += not standing.wait
    assert taken <= quota + now * quota / 60 + 1e-6


@given(st.integers(1, 1000))
def test_whoever_waits_as_told_is_served(quota: int) -> None:
    rates = Rates(quota)
    for _ in range(quota):
        rates.take(1, 0.0)
    refused = rates.take(1, 0.0)
    assert refused is not None
    assert refused.wait
    served = rates.take(1, float(refused.wait))
    assert served is not None
    assert not served.wait
