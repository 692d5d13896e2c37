"""Bodies are read strictly: what is doubtful, too much or too slow is refused, and nothing of it is done."""

from __future__ import annotations

import json
import math
import socket
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daemon.web.api.bodies import DEEPEST, parsed
from daemon.web.api.problems import Problem
from tests.web.served import Served

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
NUMBER = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBER | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@given(VALUES, st.booleans())
def test_sound_json_is_read_as_it_is(value: object, ascii_only: bool) -> None:
    assert parsed(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    try:
        parsed(body)
    except Problem as problem:
        assert problem.status in (400, 422)


@given(st.lists(st.sampled_from(['"', "\\", "[", "]", "{", "}", ":", ",", "1", "e", "-", "\\u0000", "\\ud800", " "])))
def test_whatever_looks_like_json_is_read_or_refused(pieces: list[str]) -> None:
    test_whatever_comes_is_read_or_refused.hypothesis.inner_test("".join(pieces).encode())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xef\xbb\xbf{}", "no JSON"),
        (b'{"a": 1,}', "no JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"a": NaN}', "NaN is no JSON"),
        (b"[Infinity]", "Infinity is no JSON"),
        (b"[-Infinity]", "-Infinity is no JSON"),
        (b'{"a": 1, "a": 2}', "stands twice"),
        (b'{"a": 1, "\\u0061": 2}', "stands twice"),
        (b"[1e999]", "number beyond"),
        (b"[" + b"9" * 1_000_000 + b"]", "number beyond"),
        (b"[9223372036854775808]", "number beyond"),
        (b"[" * 10_000 + b"]" * 10_000, "nested deeper"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "nested deeper"),
        (b"[" * 1_000_000, "nested deeper"),
    ],
)
def test_what_is_doubtful_is_refused_in_a_sentence(body: bytes, sentence: str) -> None:
    with pytest.raises(Problem) as raised:
        parsed(body)
    assert (raised.value.status, raised.value.kind) == (400, "body-unreadable")
    assert sentence in raised.value.detail


def test_what_could_not_be_kept_is_told_with_its_place() -> None:
    body = b'{"a": "\\u0000", "b": ["x", "\\ud800"], "c": {"d\\udfff": 1}, "e": "\\ud83d\\ude00"}'
    with pytest.raises(Problem) as raised:
        parsed(body)
    assert raised.value.status == 422
    assert {fault.pointer for fault in raised.value.faults} == {"/a", "/b/1", "/c"}


def test_brackets_in_strings_do_not_nest() -> None:
    assert parsed(json.dumps(["[" * 1000, '"[\\"[' * 100]).encode()) == ["[" * 1000, '"[\\"[' * 100]
    assert parsed(b"[" * DEEPEST + b"]" * DEEPEST) is not None


@pytest.mark.parametrize("body", [b'"' + b'\\"' * 500_000, b'"\\' * 500_000, b'["' * 500_000, b'"a' * 500_000])
def test_measuring_takes_no_longer_than_the_text_is(body: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(Problem):
        parsed(body)
    assert time.monotonic() - began < 5


def test_floats_come_out_as_they_went_in() -> None:
    assert parsed(b"[0.1, 1e3, -0.0]") == [0.1, 1000.0, 0.0]
    assert math.copysign(1, parsed(b"-0.0")) == -1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "ok"),
    [
        ({"content-type": "application/json"}, True),
        ({"content-type": 'Application/JSON; charset="UTF-8"'}, True),
        ({"content-type": "application/json; charset=latin-1"}, False),
        ({"content-type": "text/plain"}, False),
        ({"content-type": "application/x-www-form-urlencoded"}, False),
        ({"content-type": "multipart/form-data; boundary=x"}, False),
        ({}, False),
        ({"content-type": "application/json", "content-encoding": "gzip"}, False),
    ],
)
def test_only_json_is_taken_for_json(served: Served, headers: dict[str, str], ok: bool) -> None:
    client = served.client(served.token("tickets:write"))
    answer = client.post("/v2/orders", content=b'{"subject": "x"}', headers=headers)
    assert answer.status_code == (201 if ok else 415)
    assert len(served.done) == ok
    if not ok:
        assert answer.headers["Accept-Post"] == "application/json"


@pytest.mark.parametrize("keyed", [False, True])
def test_a_body_over_the_limit_is_refused_before_it_is_read(serve: Callable[..., Served], keyed: bool) -> None:
    served = serve(body_size=10_000)
    client = served.client(served.token("tickets:write"))
    key = {"Idempotency-Key": "k"} if keyed else {}
    large = b'{"subject": "' + b"x" * 20_000 + b'"}'
    for content in (large, iter([large[:5_000]] * 5)):
        answer = client.post("/v2/orders", content=content, headers={"content-type": "application/json", **key})
        assert answer.status_code == 413
        assert answer.json()["type"] == "/problems/body-too-large"
    assert not served.done


@pytest.mark.parametrize("keyed", [b"", b"Idempotency-Key: k\r\n"])
def test_a_slow_body_is_cut_off(serve: Callable[..., Served], keyed: bytes) -> None:
    served = serve(body_seconds=1)
    token = served.token("tickets:write").encode()
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(
            b"POST /v2/orders HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
            b"Authorization: Bearer " + token + b"\r\n" + keyed + b"\r\n{"
        )
        answer = b""
        while more := line.recv(4096):
            answer += more
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"/problems/body-too-slow" in answer
    assert not served.done


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(served: Served) -> None:
    token = served.token("tickets:write").encode()
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(
            b"POST /v2/orders HTTP/1.1\r\nHost: desk\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
            b"Authorization: Bearer " + token + b'\r\n\r\n{"subject": "x"}'
        )
    assert served.client().get("/health").status_code == 200
    assert not served.done
