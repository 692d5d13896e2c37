"""Messages, files and ratings by the API."""

from __future__ import annotations

import base64

import httpx
import pytest

from tests.api.asking import Api, done, opened, path, refused
from tests.journey.mails import fresh, text_of
from tests.journey.running import SECOND, RunningDesk

FORM = b"--x\r\nContent-Disposition: form-data; %s\r\n\r\nhi\r\n--x--\r\n"
HOSTILE = b"<script>alert(1)</script>"


def test_an_agents_reply_reaches_the_customer_as_it_is(agent: httpx.Client, desk: RunningDesk) -> None:
    customer = fresh()
    ticket = opened(agent, customer)
    body = {"kind": "reply", "body": "#close is what you wrote.\n-- \nNo signature", "status": "on_hold"}
    said = done(agent.post(path(ticket, "/messages"), json=body), 201)
    assert (said["kind"], said["state"], said["body"]) == ("agent", "filed", body["body"])
    now = done(agent.get(path(ticket)))
    assert (now["status"], now["firstResponseAt"] is not None) == ("on_hold", True)
    letters = [one for one in desk.letters() if one.ticket == ticket["number"]]
    (answer,) = [one for one in letters if one.kind == "answer"]
    assert answer.recipient == customer
    assert "#close is what you wrote." in text_of(answer.mail)
    assert not [one for one in letters if one.kind == "receipt"]


def test_a_note_stays_in_the_house(agent: httpx.Client, shop: httpx.Client, api: Api, desk: RunningDesk) -> None:
    customer = fresh()
    ticket = opened(shop, customer)
    done(agent.post(path(ticket, "/messages"), json={"kind": "note", "body": "Mind the dog. @second"}), 201)
    noted = done(shop.post(path(ticket, "/messages"), json={"kind": "note", "body": "Sensor 7 is hot."}), 201)
    assert (noted["kind"], noted["author"]) == ("note", None)
    told = [one for one in desk.letters() if one.ticket == ticket["number"] and "dog" in str(text_of(one.mail))]
    assert {one.recipient for one in told} == {SECOND}
    kinds = [one["kind"] for one in done(agent.get(path(ticket, "/messages")))["data"]]
    assert kinds == ["customer", "note", "note"]
    without = api.of("tickets:read", "messages:read")
    assert [one["kind"] for one in done(without.get(path(ticket, "/messages")))["data"]] == ["customer"]
    refused(without.get(path(ticket, f"/messages/{noted['id']}")), 404, "not-found")


def test_a_program_replies_for_a_customer_of_the_ticket_alone(shop: httpx.Client) -> None:
    customer = fresh()
    ticket = opened(shop, customer)
    said = done(shop.post(path(ticket, "/messages"), json={"kind": "reply", "body": "Hm.", "author": customer}), 201)
    assert (said["kind"], said["author"]["email"]) == ("customer", customer)
    for author in (fresh(), "agent@desk.example"):
        body = {"kind": "reply", "body": "Hm.", "author": author}
        assert refused(shop.post(path(ticket, "/messages"), json=body), 409, "no-usable-sender")["errors"]
    refused(shop.post(path(ticket, "/messages"), json={"kind": "reply", "body": "Hm."}), 422, "invalid")


def test_no_agents_token_leaves_in_a_reply(agent: httpx.Client, desk: RunningDesk) -> None:
    ticket = opened(agent, fresh())
    letters = [one for one in desk.letters() if one.ticket == ticket["number"] and one.kind == "notification"]
    secret = str(letters[0].mail["Reply-To"])
    before = len(desk.messages(ticket["number"]))
    answer = agent.post(path(ticket, "/messages"), json={"kind": "reply", "body": f"Write to {secret}"})
    refused(answer, 422, "invalid")
    assert len(desk.messages(ticket["number"])) == before


def test_files_go_along_and_come_back_in_parts(shop: httpx.Client, agent: httpx.Client) -> None:
    content = bytes(range(256)) * 40
    inline = {"name": "../etc/pässe\u202e.bin", "content": base64.b64encode(content).decode()}
    ticket = opened(shop, fresh(), attachments=[inline])
    (file,) = done(agent.get(path(ticket, "/attachments")))["data"]
    assert (file["size"], "/" in file["name"]) == (len(content), False)
    whole = agent.get(file["href"])
    assert (whole.content, whole.headers["content-type"]) == (content, "application/octet-stream")
    assert whole.headers["content-disposition"].startswith("attachment;")
    assert whole.headers["x-content-type-options"] == "nosniff"
    for asked, status, found in [
        ("bytes=0-9", 206, content[:10]),
        ("bytes=10200-", 206, content[10200:]),
        ("bytes=-5", 206, content[-5:]),
        ("bytes=0-99999999", 206, content),
        (f"bytes=10200-{'9' * 40}", 206, content[10200:]),
        (f"bytes=-{'9' * 40}", 206, content),
        ("lines=1-2", 200, content),
    ]:
        part = agent.get(file["href"], headers={"Range": asked})
        assert (part.status_code, part.content) == (status, found), asked
    assert agent.get(file["href"], headers={"Range": "bytes=10-20"}).headers["content-range"] == "bytes 10-20/10240"
    for asked in ("bytes=10240-", "bytes=-0", "bytes=9-3"):
        refused(agent.get(file["href"], headers={"Range": asked}), 416, "no-such-range")


def test_an_upload_is_its_tokens_alone_and_is_used_once(agent: httpx.Client, shop: httpx.Client) -> None:
    ticket = opened(agent, fresh())
    form = {"file": ("page.html", HOSTILE, "text/html")}
    upload = done(agent.post(path(ticket, "/attachments"), files=form), 201)
    assert (upload["name"], upload["size"]) == ("page.html", len(HOSTILE))
    body = {"kind": "note", "body": "See there.", "attachments": [{"upload": upload["id"]}]}
    refused(shop.post(path(ticket, "/messages"), json=body), 409, "no-such-upload")
    said = done(agent.post(path(ticket, "/messages"), json=body), 201)
    assert agent.get(said["attachments"][0]["href"]).content == HOSTILE
    refused(agent.post(path(ticket, "/messages"), json=body), 409, "no-such-upload")
    assert done(shop.post("/v2/uploads", files=form), 201)["id"] != upload["id"]


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("multipart/form-data", b"", 415),
        ("multipart/form-data; boundary=x", b"", 422),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 422),
        ("multipart/form-data; boundary=x", FORM % b'name="file"', 422),
        ("multipart/form-data; boundary=x", FORM % b'name="a"; filename="b"', 422),
        ("multipart/form-data; boundary=x", b"\0\xff" * 500, 400),
    ],
)  # fmt: skip
def test_what_is_no_upload_is_refused(agent: httpx.Client, kind: str, body: bytes, status: int) -> None:
    answer = agent.post("/v2/uploads", content=body, headers={"Content-Type": kind})
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text


def test_a_customer_rates(shop: httpx.Client, api: Api) -> None:
    customer = fresh()
    ticket = opened(shop, customer)
    client = api.of_requester(customer)
    done(client.post(path(ticket, "/ratings"), json={"positive": False}), 201)
    done(shop.post(path(ticket, "/ratings"), json={"positive": True}), 201)
    assert [one["positive"] for one in done(client.get(path(ticket, "/ratings")))["data"]] == [False, True]
    refused(client.get("/v2/ratings"), 403, "not-for-requesters")


def test_an_answer_that_makes_a_ticket_what_it_cannot_be_is_refused_as_a_change_is(
    shop: httpx.Client, agent: httpx.Client
) -> None:
    ticket = opened(shop, fresh(), team="billing")
    below = path(ticket, "/messages")

    def answer(status: str) -> httpx.Response:
        return agent.post(below, json={"kind": "reply", "body": "Thus.", "status": status})

    lacking = refused(answer("resolved"), 409, "field-required")
    assert (
        lacking["errors"]
        == refused(agent.put(path(ticket), json={"status": "resolved"}), 409, "field-required")["errors"]
    )
    assert lacking["errors"][0]["pointer"] == "#/fields/cause"
    told = refused(answer("merged"), 409, "move-not-allowed")
    assert told["allowed"] == ["closed", "on_hold", "open", "pending", "resolved"]
    assert told["errors"][0]["pointer"] == "#/status"
    refused(answer("spam"), 403, "not-allowed")
    assert len(done(agent.get(below))["data"]) == 1
    done(agent.put(path(ticket), json={"fields": {"cause": "wear"}}))
    done(answer("resolved"), 201)
    assert done(agent.get(path(ticket)))["status"] == "resolved"


def test_an_answer_in_which_there_is_nothing_to_see_is_none(agent: httpx.Client, desk: RunningDesk) -> None:
    ticket = opened(agent, fresh())
    for words in (" \u200b ", "\n\ufeff\n"):
        refused(agent.post(path(ticket, "/messages"), json={"kind": "reply", "body": words}), 409, "no-words")
    assert not [one for one in desk.letters() if one.ticket == ticket["number"] and one.kind == "answer"]
