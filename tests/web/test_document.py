"""The document of the API is complete, and so is its page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.web.served import Served

METHODS = ("get", "post", "put", "patch", "delete")


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, item[method]) for path, item in document["paths"].items() for method in METHODS if method in item
    ]


def test_every_operation_is_complete(served: Served) -> None:
    answer = served.client().get("/v2/openapi.json")
    document = answer.json()
    assert document["openapi"] == "3.1.0"
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    found = operations(document)
    assert found
    ids = [operation["operationId"] for _, _, operation in found]
    assert len(set(ids)) == len(ids)
    for path, method, operation in found:
        where = f"{method} {path}"
        assert path.startswith("/v2/"), where
        assert operation["tags"], where
        assert operation["summary"], where
        problems = {s for s, told in operation["responses"].items() if "application/problem+json" in str(told)}
        assert {"400", "405", "500", "503"} <= problems, where
        if operation["security"]:
            assert {"401", "403", "404", "429"} <= problems, where
            assert operation["responses"]["401"]["headers"]["Request-Id"], where
        if method == "post":
            assert "Idempotency-Key" in {one["name"] for one in operation["parameters"]}, where


def test_it_tells_the_scopes(served: Served) -> None:
    document = served.client().get("/v2/openapi.json").json()
    assert document["paths"]["/v2/who"]["get"]["security"] == [{"bearer": ["tickets:read"]}]
    assert set(document["components"]["securitySchemes"]) == {"bearer"}
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_the_page_lists_every_operation_and_loads_nothing_from_elsewhere(served: Served) -> None:
    client = served.client()
    answer = client.get("/docs")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for path, _, operation in operations(client.get("/v2/openapi.json").json()):
        assert path in answer.text
        assert operation["summary"] in answer.text
    assert "<script" not in answer.text
    assert re.findall(r'(?:src|href)="(?!/|#)', answer.text) == []
    assert len(answer.content) < 30_000


def test_pages_of_other_origins_may_ask_only_where_the_operator_says_so(serve: Callable[..., Served]) -> None:
    served = serve(origins=["https://shop.example.com"])
    client = served.client(served.token("tickets:read"))
    answer = client.get("/v2/who", headers={"Origin": "https://shop.example.com"})
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example.com"
    assert {"RateLimit", "Content-Range", "ETag"} <= set(answer.headers["Access-Control-Expose-Headers"].split(", "))
    asked = {"Origin": "https://shop.example.com", "Access-Control-Request-Method": "PUT"}
    asked["Access-Control-Request-Headers"] = "authorization, if-match, idempotency-key, range, if-range"
    assert client.options("/v2/who", headers=asked).status_code == 200
    strange = client.options("/v2/who", headers=asked | {"Origin": "https://evil.example"})
    assert (strange.status_code, strange.json()["type"]) == (403, "/problems/not-shared")
    assert "Access-Control-Allow-Origin" not in strange.headers
    for path, origin in (("/v2/who", "https://evil.example"), ("/docs", "https://shop.example.com")):
        answer = client.get(path, headers={"Origin": origin})
        assert "Access-Control-Allow-Origin" not in answer.headers


def test_without_origins_nothing_is_shared(served: Served) -> None:
    answer = served.client().get("/v2/who", headers={"Origin": "https://shop.example.com"})
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
