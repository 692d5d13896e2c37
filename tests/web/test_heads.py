"""HEAD is what GET is, without its body: for monitors, and for programs that ask how large a file is."""

from __future__ import annotations

import pytest

from tests.journey.running import until
from tests.web.served import Served

PASSING = {"date", "request-id", "ratelimit"}


@pytest.mark.parametrize("path", ["/v2/who", "/v2/nothing/1", "/docs", "/v2/openapi.json", "/nowhere", "/health"])
def test_head_answers_as_get_does_without_a_body(served: Served, path: str) -> None:
    client = served.client(served.token("tickets:read"))
    whole, head = client.get(path), client.head(path)
    assert head.status_code == whole.status_code
    assert head.content == b""
    assert {k: v for k, v in head.headers.items() if k not in PASSING} == {
        k: v for k, v in whole.headers.items() if k not in PASSING
    }


def test_what_is_only_posted_to_has_no_head(served: Served) -> None:
    assert served.client(served.token("tickets:write")).head("/v2/orders").status_code == 405


def test_the_log_and_the_counters_have_its_route(served: Served, capfd: pytest.CaptureFixture[str]) -> None:
    number = served.client(served.token("tickets:read")).head("/v2/who").headers["Request-Id"]
    logged = [""]

    def written() -> list[str]:
        logged.append(capfd.readouterr().out)
        return [line for line in "".join(logged).splitlines() if number in line]

    (said,) = until(written)
    assert "HEAD" in said
    assert "route=/v2/who" in said or '"route": "/v2/who"' in said
