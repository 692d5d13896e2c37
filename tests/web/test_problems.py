"""Errors are problem+json, whatever went wrong, and tell nothing of ours."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from daemon.store.writer import StoreUnavailable
from daemon.web.api.problems import Fault, pointer
from tests.journey.running import until
from tests.web.served import Served


def told(answer: httpx.Response, status: int, kind: str) -> dict[str, object]:
    """The problem, which is whole."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["type"] == f"/problems/{kind}"
    assert problem["status"] == status
    assert problem["title"]
    return dict(problem)


def test_every_fault_of_a_body_is_told_at_once_with_its_pointer(served: Served) -> None:
    client = served.client(served.token("tickets:write"))
    wrong = {"number": 0, "lines": ["a", 7], "sujbect": "secret words"}
    problem = told(client.post("/v2/orders", json=wrong), 422, "invalid")
    errors = problem["errors"]
    assert isinstance(errors, list)
    assert {e["pointer"]: e["detail"] for e in errors} == {
        "#/subject": "This is required.",
        "#/number": "Write 1 or more.",
        "#/lines/1": "Write a text.",
        "#/sujbect": "There is no such member here.",
    }
    assert "secret words" not in str(problem)


def test_parameters_that_are_wrong_are_named(served: Served) -> None:
    client = served.client(served.token("tickets:read"))
    problem = told(client.get("/v2/nothing/1?limit=9999"), 422, "invalid")
    assert isinstance(problem["errors"], list)
    assert problem["errors"][0]["parameter"] == "limit"
    assert problem["errors"][0]["in"] == "query"


def test_what_is_not_there_and_what_cannot_be_there_look_alike(served: Served) -> None:
    client = served.client(served.token("tickets:read"))
    answers = [client.get(path) for path in ("/v2/nothing/1", "/v2/nothing/x", "/v2/nowhere", "/nowhere")]
    assert len({answer.content for answer in answers}) == 1
    told(answers[0], 404, "not-found")


def test_another_method_is_refused_with_those_that_there_are(served: Served) -> None:
    answer = served.client().delete("/v2/who")
    told(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "GET"


def test_a_fault_of_ours_says_nothing_and_the_log_knows_where(
    served: Served, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = served.client(served.token("tickets:write")).post("/v2/orders", json={"subject": "crash"})
    told(answer, 500, "internal-error")
    assert "secret words" not in answer.text
    logged = capsys.readouterr().out
    assert answer.headers["Request-Id"] in logged
    assert "RuntimeError" in logged
    assert "served.py" in logged
    assert "secret words" not in logged


def test_a_database_that_is_away_is_a_503(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    client = served.client(served.token("tickets:read"))

    def away(job: Callable[[], object]) -> object:
        raise StoreUnavailable("the database does not answer: secret words")

    monkeypatch.setattr(served.house, "store", Unreadable(served.house.store, away))
    answer = client.get("/v2/who")
    monkeypatch.undo()
    told(answer, 503, "unavailable")
    assert answer.headers["Retry-After"]
    assert "secret words" not in answer.text


class Unreadable:
    """A store that can be written and not be read."""

    def __init__(self, store: object, read: Callable[[Callable[[], object]], object]) -> None:
        self._store = store
        self.read = read

    async def look(self, job: Callable[[], object], *, few: bool = False) -> object:
        return self.read(job)

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)


def test_the_log_has_the_route_and_neither_path_nor_token(served: Served, capsys: pytest.CaptureFixture[str]) -> None:
    token = served.token("tickets:read")
    answer = served.client(token).get("/v2/nothing/1042?limit=7")
    number, logged = answer.headers["Request-Id"], [""]

    def written() -> list[str]:
        logged.append(capsys.readouterr().out)
        return [line for line in "".join(logged).splitlines() if number in line]

    (line,) = until(written)
    assert "/v2/nothing/{number}" in line
    for secret in (token, "1042", "limit"):
        assert secret not in line


def test_where_a_problem_leads_there_is_a_page(served: Served) -> None:
    answer = served.client().get("/problems/invalid")
    assert answer.status_code == 303
    assert served.client().get(answer.headers["location"]).status_code == 200


def test_pointers_escape_what_stands_for_something_else() -> None:
    assert pointer(("fields", "a/b~c", 0)) == "/fields/a~1b~0c/0"
    assert Fault("/ä b", "x").told()["pointer"] == "#/%C3%A4%20b"
