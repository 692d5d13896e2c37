"""Metrics: what is counted, and who may read it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.web.served import CUSTOMER, Served


def samples(text: str) -> dict[tuple[str, tuple[str, ...]], float]:
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_everything_is_counted_and_nobody_is_named(served: Served) -> None:
    client = served.client(served.token("tickets:read"))
    for path in ("/v2/who", f"/v2/nothing/{CUSTOMER}", f"/{CUSTOMER}"):
        client.get(path)
    client.request("PURGE", "/v2/who")
    text = client.get("/metrics").text
    found = samples(text)
    assert found["counterfoil_http_requests_total", ("GET", "/v2/who", "200")] >= 1
    assert found["counterfoil_http_requests_total", ("GET", "none", "404")] >= 1
    assert found["counterfoil_http_requests_total", ("other", "/v2/who", "405")] >= 1
    assert found["counterfoil_mails_in", ("quarantined",)] == 0
    assert found["counterfoil_letters_out", ("queued",)] == 0
    assert found["counterfoil_outbox_waiting", ()] == 0
    assert found["counterfoil_tickets", ("open",)] == 0
    assert CUSTOMER not in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via"])
def test_what_comes_through_a_proxy_is_not_local(served: Served, header: str) -> None:
    assert served.client().get("/metrics").status_code == 200
    assert served.client().get("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_with_a_token_alone(serve: Callable[..., Served]) -> None:
    served = serve(metrics="token")
    asked = [served.client(), served.client(served.token("tickets:read")), served.client(served.token("ledger:read"))]
    assert [client.get("/metrics").status_code for client in asked] == [401, 403, 200]


def test_switched_off(serve: Callable[..., Served]) -> None:
    assert serve(metrics="off").client().get("/metrics").status_code == 404
