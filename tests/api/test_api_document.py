"""The served document tells every resource of the API, with examples, and the headers that change what is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from daemon.web.api import answers, answers_of_desk, examples
from tests.api.asking import Api, done, opened
from tests.journey.mails import fresh

METHODS = ("get", "post", "put", "patch")


@pytest.fixture
def document(shop: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = done(shop.get("/v2/openapi.json"))
    return found


def contents(document: dict[str, Any], place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is asked (``requestBody``) or answered where all is well: which operation, and the schema."""
    for path, item in document["paths"].items():
        for method in METHODS:
            told = item.get(method, {})
            parts = [told.get(place, {})] if place == "requestBody" else _good(told.get(place, {}))
            for part in parts:
                for kind, content in part.get("content", {}).items():
                    if kind.endswith("json"):
                        schema = content["schema"]
                        name = schema.get("$ref", "").rpartition("/")[2]
                        yield f"{method} {path}", document["components"]["schemas"][name] if name else schema


def _good(responses: dict[str, Any]) -> list[dict[str, Any]]:
    return [told for status, told in responses.items() if status.startswith("2")]


def has_example(schema: dict[str, Any]) -> bool:
    return "example" in schema or any(has_example(one) for one in schema.get("oneOf", ()))


@pytest.mark.parametrize("place", ["requestBody", "responses"])
def test_everything_that_is_asked_and_answered_has_an_example(document: dict[str, Any], place: str) -> None:
    found = list(contents(document, place))
    assert len(found) >= 7
    assert [where for where, schema in found if not has_example(schema)] == []


def test_each_example_is_what_it_is_an_example_of() -> None:
    for name, example in examples.EXAMPLES.items():
        model: type[BaseModel] = getattr(answers, name, None) or getattr(answers_of_desk, name)
        assert model.model_validate(example).model_dump(by_alias=True, exclude_unset=True) == example


def test_versions_and_parts_are_told(document: dict[str, Any]) -> None:
    def headers(method: str, path: str) -> set[str]:
        told = document["paths"][f"/v2/support-tickets/{path}"][method]["parameters"]
        return {one["name"] for one in told if one["in"] == "header"}

    assert headers("get", "{ticketId}") == {"If-None-Match"}
    assert headers("put", "{ticketId}") == headers("patch", "{ticketId}") == {"If-Match"}
    assert headers("post", "{ticketId}/merge") == {"If-Match", "Idempotency-Key"}
    assert headers("get", "{ticketId}/attachments/{attachmentId}") == {"Range", "If-Range", "If-None-Match"}
    assert "412" in document["paths"]["/v2/support-tickets/{ticketId}/merge"]["post"]["responses"]
    assert "304" in document["paths"]["/v2/support-tickets/{ticketId}"]["get"]["responses"]
    card = document["paths"]["/v2/users/{userId}"]["patch"]
    assert "412" not in card["responses"]


def test_names_that_are_the_desks_own_are_told_to_the_desk_alone(api: Api, shop: httpx.Client) -> None:
    anyone = api.client().get("/v2/openapi.json")
    requester = api.of_requester(opened(shop, fresh())["user"]["email"]).get("/v2/openapi.json")
    desk = shop.get("/v2/openapi.json")
    assert anyone.content == requester.content != desk.content
    for name, for_all in (("cause", False), ("wear", False), ("serial", True)):
        assert f'"{name}"' in desk.text
        assert (f'"{name}"' in anyone.text, name) == (for_all, name)
    teams = [
        answer.json()["paths"]["/v2/support-tickets"]["post"]["requestBody"]["content"]["application/json"]["schema"]
        for answer in (anyone, desk)
    ]
    assert [schema["properties"]["team"].get("enum") for schema in teams] == [None, ["billing", "support"]]
