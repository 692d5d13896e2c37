"""A POST that is sent twice under one key is done once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.web.served import Served

DAY = 86_400


def order(client: httpx.Client, key: str, subject: str = "x", **options: object) -> httpx.Response:
    return client.post("/v2/orders", json={"subject": subject}, headers={"Idempotency-Key": key})


def test_the_same_request_gets_the_same_answer_and_is_done_once(served: Served) -> None:
    client = served.client(served.token("tickets:write"))
    first, second = order(client, "k1"), order(client, "k1")
    assert first.status_code == second.status_code == 201
    assert first.content == second.content
    assert second.headers["Location"] == first.headers["Location"]
    assert second.headers["Content-Type"] == first.headers["Content-Type"]
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(served.done) == 1


def test_the_same_key_with_another_request_is_refused(served: Served) -> None:
    client = served.client(served.token("tickets:write"))
    order(client, "k2")
    answer = order(client, "k2", "y")
    assert answer.status_code == 422
    assert answer.json()["type"] == "/problems/key-used-otherwise"
    assert len(served.done) == 1


def test_keys_of_two_tokens_do_not_meet(served: Served) -> None:
    for _ in range(2):
        assert "Idempotency-Replayed" not in order(served.client(served.token("tickets:write")), "k3").headers
    assert len(served.done) == 2


def test_a_request_that_is_under_way_is_not_begun_again(served: Served) -> None:
    client = served.client(served.token("tickets:write"))
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: order(client, "k4", "wait"), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert len(served.done) == 1
    assert order(client, "k4", "wait").status_code == 201
    assert len(served.done) == 1


def test_a_refusal_is_not_kept(served: Served) -> None:
    client = served.client(served.token("tickets:write"))
    assert order(client, "k5", "").status_code == 422
    assert order(client, "k5", "better").status_code == 201


def test_after_a_day_a_key_is_new(served: Served) -> None:
    client = served.client(served.token("tickets:write"))
    order(client, "k6")
    served.offset = DAY - 60
    assert "Idempotency-Replayed" in order(client, "k6").headers
    served.offset = DAY + 60
    assert "Idempotency-Replayed" not in order(client, "k6").headers
    assert len(served.done) == 2


def test_what_a_crash_left_without_answer_is_done_with_the_same_nonce_and_instant(served: Served) -> None:
    """So the mail that is made of it is the same, and is recognised."""
    client = served.client(served.token("tickets:write"))
    assert order(client, "k7", "crash").status_code == 500
    served.offset = 120
    assert order(client, "k7", "crash").status_code == 500
    (_, nonce, at), (_, again, then) = served.done
    assert (again, then) == (nonce, at)
    order(client, "k8")
    assert served.done[-1][1] != nonce
    assert len(nonce) == 16


@pytest.mark.parametrize("key", ["", "a b", "x" * 256, '""'])
def test_a_key_that_is_none_is_refused(served: Served, key: str) -> None:
    assert order(served.client(served.token("tickets:write")), key).status_code == 400
    assert not served.done


def test_a_key_grants_nothing(served: Served) -> None:
    client = served.client(served.token("tickets:write"))
    order(client, "k9")
    assert order(served.client(), "k9").status_code == 401
    reader = served.client(served.token("tickets:read"))
    assert order(reader, "k9").status_code == 403
    assert order(reader, "k9").status_code == 403


def test_an_upload_that_is_sent_again_with_another_boundary_is_the_same(served: Served) -> None:
    from starlette.requests import Request

    from daemon.web.api.repeats import _digest

    def digest(boundary: str, content: str) -> str:
        body = f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n{content}\r\n--{boundary}--\r\n'
        headers = [(b"content-type", f"multipart/form-data; boundary={boundary}".encode())]
        scope = {"type": "http", "path": "/v2/x", "query_string": b"", "headers": headers, "server": ("desk", 80)}
        return _digest(Request(scope), body.encode())

    assert digest("abc", "words") == digest("xyz", "words")
    assert digest("abc", "words") != digest("abc", "other")
