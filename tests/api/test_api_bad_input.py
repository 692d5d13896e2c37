"""Whatever is sent, it is refused with a reason, and nothing of it is kept."""

from __future__ import annotations

import json
import socket
from typing import Any

import httpx
import pytest

from tests.api.asking import done, opened, path
from tests.journey.mails import fresh
from tests.journey.running import RunningDesk

GOOD = {"subject": "x", "description": "y", "user": {"email": "bad-input@customer.example"}}
BAD: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"subject=x",
    "10,000 deep": b'{"subject":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
    "a huge number": json.dumps(GOOD)[:-1].encode() + b',"tags":[' + b"9" * 5_000 + b"]}",
    "a number beyond": json.dumps(GOOD)[:-1].encode() + b',"priority":1e999}',
    "NaN": b'{"subject": NaN}',
    "a NUL": json.dumps(GOOD | {"subject": "a\0b"}).encode(),
    "a lone surrogate": b'{"subject":"\\ud800","description":"y"}',
    "a name twice": b'{"subject":"x","subject":"y","description":"z"}',
    "no UTF-8": b'{"subject":"\xff"}',
    "a list": b"[]",
    "a text": b'"ticket"',
    "nothing in it": b"{}",
    "null": b"null",
    "another name": json.dumps(GOOD | {"colour": "red"}).encode(),
    "a reserved name": json.dumps(GOOD | {"__class__": "x"}).encode(),
    "too long a subject": json.dumps(GOOD | {"subject": "x" * 251}).encode(),
    "no address": json.dumps(GOOD | {"user": {"email": "a@b"}}).encode(),
    "two addresses": json.dumps(GOOD | {"user": {"email": "a@b.example,c@d.example"}}).encode(),
    "a header in an address": json.dumps(GOOD | {"user": {"email": "a@b.example\r\nBcc: c@d.example"}}).encode(),
    "no base64": json.dumps(GOOD | {"attachments": [{"name": "a", "content": "%%%"}]}).encode(),
    "no upload": json.dumps(GOOD | {"attachments": [{"upload": "upload_../../config"}]}).encode(),
    "too many files": json.dumps(GOOD | {"attachments": [{"name": "a", "content": ""}] * 21}).encode(),
    "too many tags": json.dumps(GOOD | {"tags": [f"t{n}" for n in range(51)]}).encode(),
    "a tag that is none": json.dumps(GOOD | {"tags": ["A B"]}).encode(),
    "a body over the limit": json.dumps(GOOD | {"description": "x" * 2_000_000}).encode(),
}


def kept(desk: RunningDesk) -> list[list[dict[str, Any]]]:
    """How much there is of what a request could leave behind; letters on their way leave none of it."""
    return [desk.rows(f"SELECT count(*) AS n FROM {table}") for table in ("ticket", "message", "inbound", "person")]


@pytest.mark.parametrize("body", BAD.values(), ids=BAD)
def test_a_bad_body_is_refused_with_a_problem_and_keeps_nothing(
    shop: httpx.Client, desk: RunningDesk, body: bytes
) -> None:
    before = kept(desk)
    answer = shop.post("/v2/support-tickets", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status"} <= set(answer.json())
    assert kept(desk) == before


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/xml", "multipart/form-data", "application/json; charset=utf-16"]
)
def test_a_body_of_another_type_is_refused(shop: httpx.Client, kind: str) -> None:
    answer = shop.post("/v2/support-tickets", content=json.dumps(GOOD), headers={"Content-Type": kind})
    assert answer.status_code == 415


def test_every_fault_of_a_body_is_told_at_once(shop: httpx.Client) -> None:
    body = {"subject": "", "priority": "soon", "user": {"email": "nobody"}, "tags": ["A"], "colour": 1}
    answer = shop.post("/v2/support-tickets", json=body)
    pointers = {one["pointer"] for one in answer.json()["errors"]}
    assert pointers == {"#/subject", "#/description", "#/priority", "#/user/email", "#/tags/0", "#/colour"}


def test_what_the_configuration_does_not_know_is_told_at_once_too(shop: httpx.Client) -> None:
    wrong = {"team": "nobody", "assignedTo": "stranger@desk.example", "fields": {"cause": "rust", "colour": "red"}}
    pointers = {"#/team", "#/assignedTo", "#/fields/cause", "#/fields/colour"}
    answers = [
        (shop.put(path(opened(shop, fresh())), json=wrong), set()),
        (shop.put(path(opened(shop, fresh())), json=wrong | {"priority": "soon"}), {"#/priority"}),
        (shop.post("/v2/support-tickets", json=GOOD | wrong | {"desk": "none"}), {"#/desk"}),
        (shop.post("/v2/support-tickets", json={"subject": "", **wrong}), {"#/subject", "#/description", "#/user"}),
    ]
    for answer, more in answers:
        assert answer.status_code == 422, answer.text
        assert {one["pointer"] for one in answer.json()["errors"]} == pointers | more


def test_pointers_lead_to_where_the_fault_is(shop: httpx.Client) -> None:
    url = f"{path(opened(shop, fresh()))}/messages"
    files = [{"name": "a.txt"}, {"upload": "none"}, {"name": "", "content": ""}]
    note = shop.post(url, json={"kind": "note", "body": "", "attachments": files, "colour": 1})
    assert [one["pointer"] for one in note.json()["errors"]] == [
        "#/body",
        "#/attachments/0/content",
        "#/attachments/1/upload",
        "#/attachments/2/name",
        "#/colour",
    ]
    assert [one["pointer"] for one in shop.post(url, json={"kind": "note"}).json()["errors"]] == ["#/body"]
    assert [one["pointer"] for one in shop.post(url, json=[]).json()["errors"]] == ["#"]
    filled = shop.post("/v2/support-tickets", json=GOOD | {"fields": {"serial": True, "cause": []}})
    assert [one["pointer"] for one in filled.json()["errors"]] == ["#/fields/serial", "#/fields/cause"]


def test_a_change_that_is_half_wrong_changes_nothing(shop: httpx.Client) -> None:
    ticket = opened(shop, fresh(), tags=["before"])
    for wrong in ({"team": "nobody"}, {"status": "merged"}, {"resolution": {"code": "No Code"}}, {"fields": {"x": 1}}):
        answer = shop.put(path(ticket), json={"priority": "urgent", "tags": ["after"], **wrong})
        assert 400 <= answer.status_code < 500
        assert done(shop.get(path(ticket)))["priority"] == "medium"
        assert done(shop.get(path(ticket)))["tags"] == ["before"]


def test_no_header_is_smuggled_into_a_mail(shop: httpx.Client, desk: RunningDesk) -> None:
    customer, before = fresh(), len(desk.letters())
    name = "Eve\r\nBcc: everyone@else.example\r\n\r\nWords"
    subject = "Hi\r\nBcc: everyone@else.example\u2028X-Evil: 1"
    body = {"subject": subject, "description": "y", "user": {"email": customer, "name": name}}
    done(shop.post("/v2/support-tickets", json=body), 201)
    for letter in desk.letters()[before:]:
        assert letter.mail["Bcc"] is None
        assert letter.mail["X-Evil"] is None


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        (b"NO HTTP\r\n\r\n", b"cannot be read"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", b"more than 64 KB"),
        (
            b"POST /v2/support-tickets HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"0\r\n\r\nGET /v2/me HTTP/1.1\r\nHost: a\r\n\r\n",
            b"send one of them",
        ),
    ],
    ids=["no-http", "endless-headers", "two-lengths"],
)
def test_what_is_no_sound_http_is_a_problem_and_ends_the_connection(
    desk: RunningDesk, request_: bytes, says: bytes
) -> None:
    host, port = desk.http.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(request_)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head.lower()
    assert says in body
    assert answer.count(b"HTTP/1.1") == 1


def test_a_request_may_name_its_host_before_the_path(desk: RunningDesk) -> None:
    host, port = desk.http.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(b"GET http://help.example/health HTTP/1.1\r\nHost: help.example\r\nConnection: close\r\n\r\n")
        assert b"".join(iter(lambda: line.recv(65_536), b"")).startswith(b"HTTP/1.1 200 ")
