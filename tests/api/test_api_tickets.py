"""Tickets by the API: opened, changed, merged, as if by mail."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.api.asking import Api, done, opened, path, refused
from tests.journey.mails import fresh, reply_to
from tests.journey.running import AGENT, SECOND, RunningDesk, until


def test_a_ticket_is_acknowledged_routed_promised_and_threaded(shop: httpx.Client, desk: RunningDesk) -> None:
    customer, before = fresh(), len(desk.letters())
    ticket = opened(shop, customer, "An invoice", description="> You owe us\n-- \nNo, you do.")
    assert (ticket["team"], ticket["tags"], ticket["channel"]) == ("billing", ["money"], "api")
    assert ticket["description"] == "> You owe us\n-- \nNo, you do."  # words are words: no quote, no signature
    assert {p["metric"]: p["state"] for p in ticket["promises"]} == {
        "first_response": "running",
        "resolution": "running",
    }
    letters = desk.letters()[before:]
    acknowledgement = next(one for one in letters if one.kind == "acknowledgement")
    assert acknowledgement.recipient == customer
    assert "invoice" not in str(acknowledgement.mail["Subject"])  # nobody proved that the address is theirs
    desk.send(reply_to(acknowledgement.mail, customer, "Are you there?"))
    said = done(shop.get(path(ticket, "/messages")))["data"]
    assert [(one["kind"], one["channel"]) for one in said] == [("customer", "api"), ("customer", "smtp")]


def test_what_is_set_at_once_is_set_and_told(agent: httpx.Client, desk: RunningDesk) -> None:
    before = len(desk.letters())
    ticket = opened(agent, fresh(), priority="urgent", type="incident", tags=["vip"], assignedTo=SECOND, team="support")
    assert (ticket["priority"], ticket["type"], ticket["tags"]) == ("urgent", "incident", ["vip"])
    assert (ticket["assignedTo"], ticket["assignee"]["email"]) == (SECOND, SECOND)
    assert SECOND in [one.recipient for one in desk.letters()[before:]]


def test_what_cannot_be_set_opens_nothing(shop: httpx.Client, desk: RunningDesk) -> None:
    before = desk.rows("SELECT count(*) AS n FROM ticket")
    customer = {"subject": "x", "description": "y", "user": {"email": fresh()}}
    answer = shop.post("/v2/support-tickets", json=customer | {"team": "nobody"})
    assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == "#/team"
    answer = shop.post("/v2/support-tickets", json=customer | {"assignedTo": "nobody@desk.example"})
    assert refused(answer, 409, "no-such-agent")["errors"][0]["pointer"] == "#/assignedTo"
    assert desk.rows("SELECT count(*) AS n FROM ticket") == before


def test_nobody_writes_as_an_agent_or_as_the_desk(shop: httpx.Client) -> None:
    body = {"subject": "x", "description": "#close"}
    refused(shop.post("/v2/support-tickets", json=body | {"user": {"email": AGENT}}), 403, "agent-unproved")
    refused(shop.post("/v2/support-tickets", json=body | {"user": {"email": "support@desk.example"}}), 422, "invalid")
    answer = refused(shop.post("/v2/support-tickets", json=body), 422, "invalid")
    assert answer["errors"] == [{"pointer": "#/user", "detail": "This is required of a program."}]


def test_only_what_is_given_is_changed(shop: httpx.Client) -> None:
    ticket = opened(shop, fresh(), tags=["one"])
    changed = done(shop.put(path(ticket), json={"priority": "low", "resolution": {"code": "fixed"}}))
    assert (changed["priority"], changed["tags"], changed["subject"]) == ("low", ["one"], ticket["subject"])
    assert changed["resolution"] == {"code": "fixed", "text": None}
    merge_patch = {"Content-Type": "application/merge-patch+json"}
    body: Any = {"resolution": None, "tags": ["two"], "assignedTo": AGENT}
    changed = done(shop.patch(path(ticket), json=body, headers=merge_patch))
    assert (changed["resolution"], changed["tags"], changed["assignedTo"]) == (None, ["two"], AGENT)
    assert done(shop.patch(path(ticket), json={"assignedTo": None}, headers=merge_patch))["assignedTo"] is None
    assert done(shop.put(path(ticket), json=done(shop.get(path(ticket)))))["tags"] == ["two"]  # what was got may be put


def test_a_status_moves_along_the_table(shop: httpx.Client, api: Api) -> None:
    ticket = opened(shop, fresh())
    assert done(shop.put(path(ticket), json={"status": "resolved"}))["resolvedAt"] is not None
    answer = refused(shop.put(path(ticket), json={"status": "pending"}), 409, "move-not-allowed")
    assert answer["allowed"] == ["closed", "open"]
    refused(shop.put(path(ticket), json={"status": "merged"}), 409, "move-not-allowed")
    done(shop.put(path(ticket), json={"status": "open"}))
    for client, allows_spam in ((shop, False), (api.of("tickets:write", "tickets:read", "spam"), True)):
        told = refused(client.put(path(ticket), json={"status": "merged"}), 409, "move-not-allowed")
        assert ("spam" in told["allowed"], "spam" in told["detail"]) == (allows_spam, allows_spam)
    refused(shop.put(path(ticket), json={"status": "spam"}), 403, "not-allowed")
    operator = api.of("tickets:write", "tickets:read", "spam")
    assert done(operator.put(path(ticket), json={"status": "spam"}))["status"] == "spam"


def test_a_ticket_is_put_aside_and_comes_back(shop: httpx.Client) -> None:
    ticket = opened(shop, fresh())
    aside = done(shop.put(path(ticket), json={"snoozedUntil": "2999-01-01T09:00:00+01:00"}))
    assert (aside["status"], aside["snoozedUntil"]) == ("on_hold", "2999-01-01T08:00:00Z")
    back = done(shop.put(path(ticket), json={"snoozedUntil": None}))
    assert (back["status"], back["snoozedUntil"]) == ("open", None)
    refused(shop.put(path(ticket), json={"snoozedUntil": "1999-01-01T09:00:00Z"}), 409, "not-possible")
    refused(shop.put(path(ticket), json={"snoozedUntil": "9999-12-31T23:59:59-23:59"}), 409, "time-too-far")
    refused(shop.put(path(ticket), json={"snoozedUntil": 1e9}), 422, "invalid")


def test_of_two_who_change_what_they_saw_one_is_told_that_it_changed(shop: httpx.Client) -> None:
    ticket = opened(shop, fresh())
    tag = {"If-Match": shop.get(path(ticket)).headers["etag"]}

    def change(priority: str) -> int:
        return shop.put(path(ticket), json={"priority": priority}, headers=tag).status_code

    with ThreadPoolExecutor() as threads:
        assert sorted(threads.map(change, ["high", "urgent"])) == [200, 412]
    fresh_tag = shop.get(path(ticket)).headers["etag"]
    assert shop.get(path(ticket), headers={"If-None-Match": fresh_tag}).status_code == 304


def test_a_letter_that_arrives_is_no_other_version(shop: httpx.Client, desk: RunningDesk) -> None:
    ticket = shop.post("/v2/support-tickets", json={"subject": "x", "description": "y", "user": {"email": fresh()}})
    until(lambda: "mail_delivered" in desk.events(ticket.json()["number"]))
    assert shop.get(path(ticket.json())).headers["etag"] == ticket.headers["etag"]


def test_a_ticket_goes_into_another(agent: httpx.Client) -> None:
    one, two = opened(agent, fresh()), opened(agent, fresh())
    merged = done(agent.post(path(one, "/merge"), json={"into": two["id"]}))
    assert (merged["status"], merged["mergedInto"]) == ("merged", two["id"])
    refused(agent.post(path(one, "/merge"), json={"into": two["id"]}), 409, "ticket-ended")
    refused(agent.post(path(two, "/merge"), json={"into": two["id"]}), 409, "no-such-ticket")
    kinds = [event["kind"] for event in done(agent.get(path(two, "/events")))["data"]]
    assert "merged" in kinds
    assert "participant_added" in kinds
    said = done(agent.post(path(one, "/messages"), json={"kind": "reply", "body": "We are on our way."}), 201)
    assert said["ticketId"] == two["id"]
    assert done(agent.get(path(one, f"/messages/{said['id']}")))["body"] == "We are on our way."


def test_the_same_post_with_the_same_key_opens_one_ticket(shop: httpx.Client, desk: RunningDesk) -> None:
    body = {"subject": "x", "description": "y", "user": {"email": fresh()}}
    key = {"Idempotency-Key": f"order-{body['user']}"[:60].replace(" ", "")}
    first = shop.post("/v2/support-tickets", json=body, headers=key)
    again = shop.post("/v2/support-tickets", json=body, headers=key)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    refused(shop.post("/v2/support-tickets", json=body | {"subject": "z"}, headers=key), 422, "key-used-otherwise")


def test_an_answer_that_was_lost_in_a_crash_is_no_second_ticket(shop: httpx.Client, desk: RunningDesk) -> None:
    address = fresh()
    body = {"subject": "x", "description": "y", "user": {"email": address}}
    key = {"Idempotency-Key": f"crash-{address}"}
    first = done(shop.post("/v2/support-tickets", json=body, headers=key), 201)
    desk.rewrite("UPDATE repeatable SET status = 0, body = '' WHERE key = ?", key["Idempotency-Key"])
    assert done(shop.post("/v2/support-tickets", json=body, headers=key), 201)["id"] == first["id"]


@pytest.mark.parametrize("what", ["ticket_0", "ticket_999999", "ticket_x", "1"])
def test_what_is_not_there_is_not_there(shop: httpx.Client, what: str) -> None:
    refused(shop.get(f"/v2/support-tickets/{what}"), 404, "not-found")
    refused(shop.put(f"/v2/support-tickets/{what}", json={"priority": "low"}), 404, "not-found")
    refused(shop.get(f"/v2/support-tickets/{what}/messages"), 404, "not-found")


def test_the_operators_own_fields_are_set_checked_and_required(shop: httpx.Client, api: Api) -> None:
    customer = fresh()
    ticket = opened(shop, customer, "An invoice", fields={"serial": "  A 1 "})
    assert ticket["fields"] == {"serial": "A 1"}
    assert done(shop.put(path(ticket), json={"fields": {"serial": 1e-7}}))["fields"] == {"serial": "0.0000001"}
    wrong = refused(shop.put(path(ticket), json={"fields": {"cause": "water", "colour": "red"}}), 422, "invalid")
    assert {one["pointer"] for one in wrong["errors"]} == {"#/fields/cause", "#/fields/colour"}
    lacking = refused(shop.put(path(ticket), json={"status": "resolved"}), 409, "field-required")
    assert lacking["errors"][0]["pointer"] == "#/fields/cause"
    resolved = done(shop.put(path(ticket), json={"status": "resolved", "fields": {"cause": "Fire", "serial": None}}))
    assert (resolved["status"], resolved["fields"]) == ("resolved", {"cause": "fire"})
    client = api.of_requester(customer)
    assert done(client.put(path(ticket), json={"fields": {"serial": "B"}}))["fields"] == {"serial": "B"}
    for not_theirs in ({"fields": {"cause": "wear"}}, {"fields": {"cause": "rust"}}, {"team": "none"}):
        told = refused(client.put(path(ticket), json=not_theirs), 403, "not-allowed")
        assert "fire" not in str(told)
        assert "billing" not in str(told)
