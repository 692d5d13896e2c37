"""Who is refused while still sending reads why, in place of a broken connection."""

from __future__ import annotations

import socket

import pytest

from tests.web.served import Served

LARGE = 3_000_000


def answered(served: Served, head: bytes, body: bytes) -> bytes:
    """All that the server answers to a request that is sent whole before a byte of the answer is read."""
    host, _, port = served.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(head + b"\r\n" + body)
        answer = b""
        while more := line.recv(65536):
            answer += more
            if b"\r\n\r\n" in answer and b"100 Continue" not in answer and not body:
                break
    return answer


def head(served: Served, *lines: bytes, scope: str = "tickets:write") -> bytes:
    token = served.token(scope).encode()
    first = (b"POST /v2/orders HTTP/1.1", b"Host: desk", b"Content-Type: application/json")
    return b"\r\n".join((*first, b"Authorization: Bearer " + token, *lines, b""))


@pytest.mark.parametrize("scope", ["tickets:write", "tickets:read"])
def test_a_body_over_the_limit_is_answered_though_all_of_it_was_sent_first(served: Served, scope: str) -> None:
    answer = answered(served, head(served, b"Content-Length: %d" % LARGE, scope=scope), b"x" * LARGE)
    assert answer.startswith(b"HTTP/1.1 413" if scope == "tickets:write" else b"HTTP/1.1 403")
    assert b"application/problem+json" in answer


def test_a_body_in_chunks_over_the_limit_is_answered_too(served: Served) -> None:
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    answer = answered(served, head(served, b"Transfer-Encoding: chunked"), chunk * (LARGE // 0x10000) + b"0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413")


def test_who_asks_first_whether_to_send_is_not_told_to_send_what_is_refused(served: Served) -> None:
    lines = (b"Content-Length: %d" % LARGE, b"Expect: 100-continue", b"Connection: close")
    answer = answered(served, head(served, *lines), b"")
    assert answer.startswith(b"HTTP/1.1 413")
