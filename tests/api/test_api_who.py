"""Who may see and do what: requesters see their own, programs what their scopes say, strangers nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.api.asking import Api, done, opened, path, refused
from tests.journey.mails import fresh, new_mail, reply_to, text_of
from tests.journey.running import AGENT, RunningDesk

INTERNAL = {"team", "tags", "assignee", "promises", "escalationLevel", "resolution", "mergedInto", "channel"}


@pytest.fixture
def hers(shop: httpx.Client, api: Api) -> tuple[httpx.Client, dict[str, Any]]:
    """A customer's client and her ticket, with a note on it."""
    customer = fresh("hers")
    ticket = opened(shop, customer, tags=["difficult"], assignedTo=AGENT)
    done(shop.post(path(ticket, "/messages"), json={"kind": "note", "body": "Difficult, she is."}), 201)
    return api.of_requester(customer), ticket


def test_a_requester_sees_her_ticket_and_nothing_of_the_desk(hers: tuple[httpx.Client, dict[str, Any]]) -> None:
    client, ticket = hers
    found = done(client.get(path(ticket)))
    assert not INTERNAL & set(found)
    assert found["assignedTo"] is None
    for below in ("", "/messages", "/events", "/attachments"):
        assert "ifficult" not in client.get(path(ticket, below)).text
        assert AGENT not in client.get(path(ticket, below)).text
    assert done(client.get("/v2/support-tickets"))["data"][0]["id"] == ticket["id"]
    for asked in ({"tag": "difficult"}, {"assignee": AGENT}, {"sort": "-due"}, {"team": "support"}):
        refused(client.get("/v2/support-tickets", params=asked), 403, "not-for-requesters")
    assert done(client.get("/v2/support-tickets", params={"q": "difficult"}))["data"] == []
    refused(client.get("/v2/support-tickets", params={"q": "tag:difficult"}), 422, "invalid")


def test_a_requester_is_shown_nothing_of_others(hers: tuple[httpx.Client, dict[str, Any]], shop: httpx.Client) -> None:
    client, _ = hers
    other = opened(shop, fresh(), attachments=[{"name": "a.txt", "content": "aGk="}])
    (file,) = done(shop.get(path(other, "/attachments")))["data"]
    nothing = client.get(path({"id": "ticket_987654"}))
    asks: list[Callable[[], httpx.Response]] = [
        lambda: client.get(path(other)),
        lambda: client.put(path(other), json={"status": "closed"}),
        lambda: client.get(path(other, "/messages")),
        lambda: client.get(path(other, "/messages/message_1")),
        lambda: client.post(path(other, "/messages"), json={"kind": "reply", "body": "Hm."}),
        lambda: client.get(path(other, "/events")),
        lambda: client.get(path(other, "/attachments")),
        lambda: client.get(file["href"]),
        lambda: client.get(path(other, "/ratings")),
        lambda: client.post(path(other, "/ratings"), json={"positive": False}),
        lambda: client.post(path(other, "/attachments"), files={"file": ("a", b"b")}),
    ]
    for ask in asks:
        answer = ask()
        assert (answer.status_code, answer.content) == (404, nothing.content)
    assert other["id"] not in client.get("/v2/support-tickets").text


def test_a_requester_closes_opens_and_writes_and_no_more(
    hers: tuple[httpx.Client, dict[str, Any]], desk: RunningDesk
) -> None:
    client, ticket = hers
    for body in ({"priority": "high"}, {"tags": []}, {"assignedTo": None}, {"subject": "x"}, {"snoozedUntil": None}):
        refused(client.put(path(ticket), json=body), 403, "not-allowed")
    several = {"priority": "high", "assignedTo": None, "resolution": None, "fields": {"cause": "wear", "serial": "1"}}
    told = refused(client.put(path(ticket), json=several), 403, "not-allowed")["errors"]
    assert {fault["pointer"] for fault in told} == {"#/priority", "#/assignedTo", "#/resolution", "#/fields/cause"}
    refused(client.put(path(ticket), json={"status": "resolved"}), 409, "move-not-allowed")
    refused(client.post(path(ticket, "/merge"), json={"into": "ticket_1"}), 403, "not-for-requesters")
    refused(client.post(path(ticket, "/messages"), json={"kind": "note", "body": "x"}), 403, "not-for-requesters")
    assert done(client.put(path(ticket), json={"status": "closed"}))["status"] == "closed"
    said = done(client.post(path(ticket, "/messages"), json={"kind": "reply", "body": "It burns again."}), 201)
    assert (said["kind"], done(client.get(path(ticket)))["status"]) == ("customer", "open")
    mine = done(client.post("/v2/support-tickets", json={"subject": "Another", "description": "Smoke."}), 201)
    assert mine["user"] == ticket["user"]
    acknowledged = [one for one in desk.letters() if one.ticket == mine["number"] and one.kind == "acknowledgement"]
    assert "Another" in str(acknowledged[0].mail["Subject"])  # her token proves her address
    someone = {"subject": "x", "description": "y", "user": {"email": "someone@else.example"}}
    refused(client.post("/v2/support-tickets", json=someone), 403, "not-allowed")


def test_of_merged_tickets_each_customer_sees_their_own_thread(
    shop: httpx.Client, agent: httpx.Client, api: Api
) -> None:
    ann, bea = fresh("ann"), fresh("bea")
    hers, other = opened(shop, ann, description="Ann's words"), opened(shop, bea, description="Bea's words")
    done(agent.post(path(hers, "/merge"), json={"into": other["id"]}))
    done(agent.post(path(other, "/messages"), json={"kind": "reply", "body": "To both of you"}), 201)
    one, two = api.of_requester(ann), api.of_requester(bea)
    done(one.post(path(hers, "/messages"), json={"kind": "reply", "body": "Ann again"}), 201)
    assert [m["body"] for m in done(one.get(path(hers, "/messages")))["data"]] == [
        "Ann's words",
        "To both of you",
        "Ann again",
    ]
    assert [m["body"] for m in done(two.get(path(other, "/messages")))["data"]] == ["Bea's words", "To both of you"]
    refused(one.get(path(other)), 404, "not-found")


def test_whoever_has_no_token_in_force_is_told_the_same(api: Api, shop: httpx.Client) -> None:
    ticket = opened(shop, fresh())
    old = api.token("tickets:read", expires="1h")
    api.desk.rewrite("UPDATE token SET expires_at = 1 WHERE id = (SELECT max(id) FROM token)")
    real = str(shop.headers["authorization"]).removeprefix("Bearer ")
    answers = {
        api.client(token).get(path(ticket)).content
        for token in ("", old, "cf_" + "a" * 43, real[:-1], real + "a", real.swapcase(), "'; DROP TABLE token", "é")
        if token.isascii()
    }
    assert len(answers) == 1
    assert api.client(old).get(path(ticket)).status_code == 401
    assert api.client(old).get("/v2/support-tickets/ticket_987654").status_code == 401


def test_each_scope_opens_its_own_door(api: Api, shop: httpx.Client) -> None:
    ticket = opened(shop, fresh())
    reader = api.of("tickets:read")
    done(reader.get(path(ticket)))
    for ask in (
        reader.put(path(ticket), json={}),
        reader.get(path(ticket, "/messages")),
        reader.get("/v2/users"),
        reader.get("/v2/agents"),
        reader.get("/v2/inbound"),
        reader.post("/v2/inbound/inbound_1/discard"),
    ):
        refused(ask, 403, "scope-missing")


def test_operators_see_the_ledger_and_let_mail_go(api: Api, desk: RunningDesk) -> None:
    operator = api.of("ledger:read", "ledger:write")
    held = desk.send(new_mail(AGENT, "#take", To="support@desk.example")).row
    name = f"/v2/inbound/inbound_{held['id']}"
    row = done(operator.get(name))
    assert (row["state"], row["because"]) == ("quarantined", "agent-unproved")
    assert row["sentence"].endswith(".")
    assert done(operator.post(f"{name}/discard"))["because"] == "discarded-by-agent"
    refused(operator.post(f"{name}/discard"), 409, "nothing-waits")
    another = desk.send(new_mail(fresh())).row
    page = done(operator.get("/v2/inbound", params={"limit": 1, "before": f"inbound_{another['id'] + 1}"}))
    assert (page["data"][0]["id"], page["nextBefore"]) == (f"inbound_{another['id']}",) * 2
    first = done(operator.get("/v2/inbound", params={"limit": 200}))["data"]
    assert all("+" not in one["recipient"] or "…" in one["recipient"] for one in first)


def test_all_people_are_told_page_by_page(api: Api, shop: httpx.Client) -> None:
    domain = fresh("page").partition("@")[0] + ".example"
    for name in ("b", "a", "a", "c", ""):
        number = fresh("x").partition("@")[0]
        user = {"email": f"{number}@{domain}", "name": name}
        done(shop.post("/v2/support-tickets", json={"subject": "x", "description": "y", "user": user}), 201)
    clerk = api.of("people:read")
    asked: dict[str, object] = {"q": domain, "limit": 2}
    seen: list[str] = []
    while True:
        page = done(clerk.get("/v2/users", params=asked))
        seen += [one["id"] for one in page["data"]]
        if page["nextAfter"] is None:
            break
        asked["after"] = page["nextAfter"]
    assert len(seen) == len(set(seen)) == 5
    assert seen == [one["id"] for one in done(clerk.get("/v2/users", params={"q": domain}))["data"]]
    refused(clerk.get("/v2/users", params={"after": "user_99999999"}), 404, "no-such-page")


def test_people_and_who_works_here(api: Api, shop: httpx.Client) -> None:
    customer = fresh("card")
    ticket = opened(shop, customer)
    clerk = api.of("people:read", "people:write")
    (card,) = done(clerk.get("/v2/users", params={"q": customer}))["data"]
    assert "tickets" not in card
    assert done(clerk.get("/v2/users", params={"email": customer.upper()}))["data"] == [card]
    assert done(clerk.get("/v2/users", params={"email": customer[1:]}))["data"] == []
    written = done(clerk.patch(f"/v2/users/{card['id']}", json={"organisation": "Example Ltd", "language": "de"}))
    assert (written["organisation"], written["language"], written["tickets"]) == ("Example Ltd", "de", [ticket["id"]])
    assert done(shop.get(path(ticket)))["user"]["organisation"] == "Example Ltd"
    assert done(clerk.patch(f"/v2/users/{card['id']}", json={"language": None}))["language"] is None
    agents = done(clerk.get("/v2/agents"))["data"]
    refused(clerk.patch(f"/v2/users/{agents[0]['id']}", json={"name": "Another"}), 409, "card-not-changed")
    assert {team["name"]: AGENT in team["agents"] for team in done(clerk.get("/v2/teams"))["data"]} == {
        "billing": False,
        "support": True,
    }
    assert done(clerk.get("/v2/me"))["role"] == "program"
    refused(clerk.get("/v2/users/user_99999999"), 404, "not-found")


def test_after_a_merge_no_customer_finds_out_by_searching_what_the_other_wrote(
    shop: httpx.Client, agent: httpx.Client, api: Api
) -> None:
    ann, bea = fresh("ann"), fresh("bea")
    one, two = opened(shop, ann, description="About pelicans."), opened(shop, bea, description="About ostriches.")
    her, other = api.of_requester(ann), api.of_requester(bea)
    assert done(other.get("/v2/support-tickets", params={"q": "ostriches"}))["data"]
    done(agent.post(path(one, "/merge"), json={"into": two["id"]}))
    done(her.post(path(one, "/messages"), json={"kind": "reply", "body": "The word is xylophone77."}), 201)

    def finds(words: str) -> Any:
        return done(other.get("/v2/support-tickets", params={"q": words}))["data"]

    assert finds("xylophone77") == finds("xyl*") == finds("nothing") == []
    assert finds("-xylophone77") == finds("-nothing")
    assert done(agent.get("/v2/support-tickets", params={"q": "xylophone77"}))["data"]


@pytest.fixture
def merged(shop: httpx.Client, agent: httpx.Client, api: Api) -> tuple[httpx.Client, Any, httpx.Client, Any]:
    """Ann's client and ticket, which went into Bea's, and hers; both wrote, and were written to, since."""
    ann, bea = fresh("ann"), fresh("bea")
    one, two = opened(shop, ann, description="About pelicans."), opened(shop, bea, description="About ostriches.")
    her, other = api.of_requester(ann), api.of_requester(bea)
    done(agent.post(path(one, "/merge"), json={"into": two["id"]}))
    done(agent.post(path(two, "/messages"), json={"kind": "reply", "body": "To both: kestrels."}), 201)
    done(her.post(path(one, "/messages"), json={"kind": "reply", "body": "Ann wrote flamingos."}), 201)
    done(other.post(path(two, "/messages"), json={"kind": "reply", "body": "Bea wrote penguins."}), 201)
    return her, one, other, two


def test_after_a_merge_each_customer_finds_their_own_words_under_their_own_number(
    merged: tuple[httpx.Client, Any, httpx.Client, Any],
) -> None:
    her, one, other, two = merged

    def finds(client: httpx.Client, words: str) -> list[str]:
        return [t["id"] for t in done(client.get("/v2/support-tickets", params={"q": words}))["data"]]

    for client, ticket, own, theirs in (
        (her, one, ("pelicans", "flaming*", '"ann wrote"'), ("ostriches", "penguins", "peng*")),
        (other, two, ("ostriches", "penguins", "subject:printer"), ("pelicans", "flamingos", "flam*")),
    ):
        found = {
            words: finds(client, words) for words in (*own, "kestrels", "printer -nothing", "-" + " -".join(theirs))
        }
        assert found == {words: [ticket["id"]] for words in found}
        hidden = {words: finds(client, words) for words in (*theirs, *(f"printer -{word}" for word in own))}
        assert not any(hidden.values()), hidden


def test_after_a_merge_a_history_tells_a_customer_of_their_own_thread_alone(
    merged: tuple[httpx.Client, Any, httpx.Client, Any],
) -> None:
    her, one, other, two = merged
    for client, ticket in ((her, one), (other, two)):
        happened = done(client.get(path(ticket, "/events")))["data"]
        said = [e["messageId"] for e in happened if e["kind"] in ("customer_replied", "agent_replied")]
        read = [m["id"] for m in done(client.get(path(ticket, "/messages")))["data"]]
        assert said == read[1:]
        assert {e["ticketId"] for e in happened} == {ticket["id"]}
        assert {e["messageId"] for e in happened} <= {None, *read}


def test_a_reply_under_the_number_of_a_merged_ticket_is_answered_under_that_number(
    merged: tuple[httpx.Client, Any, httpx.Client, Any],
) -> None:
    her, one, _, two = merged
    answer = her.post(path(one, "/messages"), json={"kind": "reply", "body": "Once more."})
    assert done(answer, 201)["ticketId"] == one["id"]
    assert done(her.get(answer.headers["location"]))["body"] == "Once more."
    assert two["id"] not in answer.text + answer.headers["location"]


def test_the_subject_of_an_agents_mail_is_not_for_customers(
    shop: httpx.Client, agent: httpx.Client, api: Api, desk: RunningDesk
) -> None:
    first = desk.send(new_mail(fresh("subject"), "Please help.", Subject="Printer"))
    customer = str(first.letter("acknowledgement").recipient)
    mail = reply_to(first.letter("notification", AGENT).mail, AGENT, "We come.", Subject="Re: difficultperson")
    desk.send(mail, door="inside").letter("answer")
    client = api.of_requester(customer)
    said = done(client.get(f"/v2/support-tickets/ticket_{first.ticket}/messages"))["data"]
    assert [one["subject"] for one in said] == ["Printer", "Printer"]
    for words in ("difficultperson", "subject:diff*"):
        assert done(client.get("/v2/support-tickets", params={"q": words}))["data"] == []
    assert done(agent.get("/v2/support-tickets", params={"q": "difficultperson"}))["data"]


def test_after_a_merge_no_subject_of_the_other_ticket_is_shown_or_found(
    shop: httpx.Client, agent: httpx.Client, api: Api
) -> None:
    ann, bea = fresh("ann"), fresh("bea")
    one, two = opened(shop, ann, subject="Vpn down"), opened(shop, bea, subject="Alpacas")
    done(agent.post(path(one, "/merge"), json={"into": two["id"]}))
    done(agent.post(path(two, "/messages"), json={"kind": "reply", "body": "To both."}), 201)
    her = api.of_requester(ann)
    answer = her.get(path(one, "/messages"))
    assert [m["subject"] for m in done(answer)["data"]] == ["Vpn down", "Vpn down"]
    assert "lpaca" not in answer.text
    for words in ("alpacas", "subject:al*", f"subject:{two['number']}"):
        assert done(her.get("/v2/support-tickets", params={"q": words}))["data"] == []


def test_a_merged_ticket_is_to_its_customer_what_the_other_is_by_now(
    shop: httpx.Client, agent: httpx.Client, api: Api
) -> None:
    ann, bea = fresh("ann"), fresh("bea")
    one, two = opened(shop, ann), opened(shop, bea)
    her = api.of_requester(ann)
    done(agent.post(path(one, "/merge"), json={"into": two["id"]}))
    before = her.get(path(one))
    assert done(before)["status"] == "new"
    assert "merged" not in her.get(path(one, "/events")).text

    done(agent.post(path(two, "/messages"), json={"kind": "reply", "body": "To both."}), 201)
    again = her.get(path(one), headers={"If-None-Match": before.headers["etag"]})
    assert done(again)["status"] == "pending"
    for asked, found in (("pending", [one["id"]]), ("merged", []), ("new", [])):
        listed = her.get("/v2/support-tickets", params={"status": asked})
        assert [t["id"] for t in done(listed)["data"]] == found
        searched = her.get("/v2/support-tickets", params={"q": f"status:{asked}"})
        assert [t["id"] for t in done(searched)["data"]] == found
    assert [e["kind"] for e in done(her.get(path(one, "/events")))["data"]] == [
        "ticket_opened",
        "agent_replied",
        "status_changed",
    ]
    stale = her.put(path(one), json={"status": "closed"}, headers={"If-Match": before.headers["etag"]})
    refused(stale, 412, "changed-meanwhile")
    told = refused(her.put(path(one), json={"status": "closed"}), 409, "move-not-allowed")
    assert (told["allowed"], "another request" in told["detail"]) == ([], True)


def test_after_an_undone_merge_a_customer_keeps_what_they_wrote_and_were_sent(
    shop: httpx.Client, agent: httpx.Client, api: Api, desk: RunningDesk
) -> None:
    gone, stays = (desk.send(new_mail(fresh(name), f"Words of {name}.")) for name in ("gone", "stays"))
    notified = gone.letter("notification", AGENT).mail
    merged = desk.send(reply_to(notified, AGENT, f"#merge {stays.ticket}"), "inside").letter("receipt", AGENT).mail
    hers, other = (api.of_requester(one.letter("acknowledgement").recipient) for one in (gone, stays))
    number, into = ({"id": f"ticket_{one.ticket}"} for one in (gone, stays))
    done(agent.post(path(into, "/messages"), json={"kind": "reply", "body": "To both: kestrels."}), 201)
    done(hers.post(path(number, "/messages"), json={"kind": "reply", "body": "Mine: flamingos."}), 201)
    done(other.post(path(into, "/messages"), json={"kind": "reply", "body": "Not yours: penguins."}), 201)
    [address] = re.findall(r"mailto:(support\+u\S+?)\?", text_of(merged))
    desk.send(new_mail(AGENT, "#undo", To=address), "inside")
    assert done(agent.get(path(number)))["mergedInto"] is None
    said = ["Words of gone.", "To both: kestrels.", "Mine: flamingos."]
    assert [m["body"].strip() for m in done(hers.get(path(number, "/messages")))["data"]] == said
    for words, found in (("flamingos", True), ("kestrels", True), ("penguins", False), ("words stays", False)):
        assert bool(done(hers.get("/v2/support-tickets", params={"q": words}))["data"]) == found, words
    kinds = [e["kind"] for e in done(hers.get(path(number, "/events")))["data"]]
    assert kinds[:3] == ["ticket_opened", "agent_replied", "customer_replied"]
    assert "flamingos" not in other.get(path(into, "/messages")).text


def test_two_tickets_of_one_customer_that_became_one_are_one_to_them(
    shop: httpx.Client, agent: httpx.Client, api: Api
) -> None:
    ann = fresh("ann")
    one, two = opened(shop, ann, description="About pelicans."), opened(shop, ann, description="About ostriches.")
    her = api.of_requester(ann)
    done(agent.post(path(one, "/merge"), json={"into": two["id"]}))
    done(her.post(path(one, "/messages"), json={"kind": "reply", "body": "And flamingos."}), 201)
    for words in ("pelicans", "ostriches", "flamingos", "-parrots"):
        assert [t["id"] for t in done(her.get("/v2/support-tickets", params={"q": words}))["data"]] == [two["id"]]
    for ticket in (one, two):
        said = [m["body"] for m in done(her.get(path(ticket, "/messages")))["data"]]
        assert said == ["About pelicans.", "About ostriches.", "And flamingos."]
    assert done(her.put(path(two), json={"status": "closed"}))["status"] == "closed"


def test_in_a_chain_of_merges_nobody_reads_what_another_wrote(
    shop: httpx.Client, agent: httpx.Client, api: Api, desk: RunningDesk
) -> None:
    names = ("ann", "bea", "cid")
    tickets = [opened(shop, fresh(name), subject=f"Of {name}", description=f"Words of {name}") for name in names]
    clients = [api.of_requester(ticket["user"]["email"]) for ticket in tickets]
    file = [{"name": "secret.txt", "content": "aGk="}]

    def says(at: int, words: str) -> None:
        body = {"kind": "reply", "body": words, "attachments": file}
        done(clients[at].post(path(tickets[at], "/messages"), json=body), 201)

    done(agent.post(path(tickets[0], "/merge"), json={"into": tickets[1]["id"]}))
    says(0, "pelicans")
    says(1, "ostriches")
    done(agent.post(path(tickets[1], "/merge"), json={"into": tickets[2]["id"]}))
    says(0, "flamingos")
    own = (["Words of ann", "pelicans", "flamingos"], ["Words of bea", "ostriches"], ["Words of cid"])
    for client, ticket, said in zip(clients, tickets, own, strict=True):
        assert [m["body"] for m in done(client.get(path(ticket, "/messages")))["data"]] == said
        assert len(done(client.get(path(ticket, "/attachments")))["data"]) == len(said) - 1
        for words in ("pelicans", "ostriches", "flamingos", "status:new", "status:merged"):
            found = done(client.get("/v2/support-tickets", params={"q": words}))["data"]
            assert bool(found) == (words in said or words == "status:new"), words
        for status, shown in (("new", 1), ("merged", 0)):
            assert len(done(client.get("/v2/support-tickets", params={"status": status}))["data"]) == shown

    done(agent.post(path(tickets[2], "/messages"), json={"kind": "reply", "body": "To all: kestrels."}), 201)
    held = done(agent.get(path(tickets[2], "/messages")))["data"][-1]
    assert held["state"] in ("held", "filed")


def test_whoever_a_ticket_is_given_to_later_reads_and_finds_what_was_said_since(
    agent: httpx.Client, api: Api, desk: RunningDesk
) -> None:
    first = desk.send(new_mail(fresh("old"), "About pelicans."))
    notified, new = first.letter("notification", AGENT).mail, fresh("new")
    desk.send(new_mail(new))
    time.sleep(1.1)  # later, by the clock of events
    desk.send(reply_to(notified, AGENT, f"#requester {new}"), "inside")
    hers, number = api.of_requester(new), {"id": f"ticket_{first.ticket}"}
    assert done(hers.get(path(number)))["description"] == ""
    assert done(hers.get(path(number, "/messages")))["data"] == []
    assert done(hers.get("/v2/support-tickets", params={"q": "pelicans"}))["data"] == []
    former = api.of_requester(str(first.letter("acknowledgement").recipient))
    for change in ({"status": "closed"}, {"fields": {"serial": "7"}}):
        refused(former.put(path(number), json=change), 403, "not-allowed")
    assert new not in former.get(path(number)).text


def test_whoever_is_taken_out_of_a_merged_ticket_sees_it_no_longer_and_spam_is_nobodys(
    shop: httpx.Client, agent: httpx.Client, api: Api, desk: RunningDesk
) -> None:
    kurt, copied = fresh("kurt"), fresh("copied")
    one, two = desk.send(new_mail(kurt, "One.")), desk.send(new_mail(kurt, "Two."))
    desk.send(new_mail(copied))
    notified = {sent.ticket: sent.letter("notification", AGENT).mail for sent in (one, two)}
    desk.send(reply_to(notified[one.ticket], AGENT, f"#cc {copied}"), "inside")
    client, number = api.of_requester(copied), {"id": f"ticket_{one.ticket}"}
    assert client.get(path(number)).status_code == 200
    desk.send(reply_to(notified[one.ticket], AGENT, f"#merge {two.ticket}"), "inside")
    desk.send(reply_to(notified[two.ticket], AGENT, f"#uncc {copied}"), "inside")
    refused(client.get(path(number)), 404, "not-found")
    assert number["id"] not in client.get("/v2/support-tickets").text

    spam = opened(shop, copied)
    done(api.of("tickets:write", "spam").put(path(spam), json={"status": "spam"}))
    refused(client.get(path(spam)), 404, "not-found")
    assert spam["id"] not in client.get("/v2/support-tickets").text


def test_of_merges_undone_and_turned_round_nobody_reads_what_another_wrote(
    agent: httpx.Client, api: Api, desk: RunningDesk
) -> None:
    hers, his = (desk.send(new_mail(fresh(name), f"Words of {name}.")) for name in ("hers", "his"))
    her, him = (api.of_requester(str(one.letter("acknowledgement").recipient)) for one in (hers, his))
    one, two = ({"id": f"ticket_{sent.ticket}"} for sent in (hers, his))
    notified = hers.letter("notification", AGENT).mail
    merged = desk.send(reply_to(notified, AGENT, f"#merge {his.ticket}"), "inside").letter("receipt", AGENT).mail
    done(her.post(path(one, "/messages"), json={"kind": "reply", "body": "Flamingos."}), 201)
    [address] = re.findall(r"mailto:(support\+u\S+?)\?", text_of(merged))
    desk.send(new_mail(AGENT, "#undo", To=address), "inside")
    done(agent.post(path(two, "/merge"), json={"into": one["id"]}))
    assert "lamingos" not in him.get(path(two, "/messages")).text
    assert done(him.get("/v2/support-tickets", params={"q": "flamingos"}))["data"] == []
    assert "Flamingos." in her.get(path(one, "/messages")).text


def test_after_a_chain_is_undone_everybody_keeps_what_they_wrote_in_it(
    agent: httpx.Client, api: Api, desk: RunningDesk
) -> None:
    sent = [desk.send(new_mail(fresh(name), f"Words of {name}.")) for name in ("ann", "bea", "cid")]
    clients = [api.of_requester(str(one.letter("acknowledgement").recipient)) for one in sent]
    number = {"id": f"ticket_{sent[0].ticket}"}
    done(agent.post(path(number, "/merge"), json={"into": f"ticket_{sent[1].ticket}"}))
    notified = sent[1].letter("notification", AGENT).mail
    merge = reply_to(notified, AGENT, f"#merge {sent[2].ticket}")
    merged = desk.send(merge, "inside").letter("receipt", AGENT).mail
    done(clients[0].post(path(number, "/messages"), json={"kind": "reply", "body": "Flamingos."}), 201)
    [address] = re.findall(r"mailto:(support\+u\S+?)\?", text_of(merged))
    desk.send(new_mail(AGENT, "#undo", To=address), "inside")
    said = [m["body"].strip() for m in done(clients[0].get(path(number, "/messages")))["data"]]
    assert said == ["Words of ann.", "Flamingos."]
    for client, one, found in zip(clients, sent, (True, False, False), strict=True):
        assert bool(done(client.get("/v2/support-tickets", params={"q": "flamingos"}))["data"]) == found
        assert ("lamingos" in client.get(f"/v2/support-tickets/ticket_{one.ticket}/messages").text) == found


def test_in_a_chain_of_merges_no_letter_names_the_mail_of_another_customer(
    agent: httpx.Client, desk: RunningDesk
) -> None:
    mails = [new_mail(fresh(name)) for name in ("ann", "bea", "cid")]
    sent = [desk.send(mail) for mail in mails]
    numbers = [{"id": f"ticket_{one.ticket}"} for one in sent]
    addresses = [str(one.letter("acknowledgement").recipient) for one in sent]
    done(agent.post(path(numbers[0], "/merge"), json={"into": numbers[1]["id"]}))
    more = reply_to(sent[0].letter("acknowledgement").mail, addresses[0], "More.")
    desk.send(more)
    done(agent.post(path(numbers[1], "/merge"), json={"into": numbers[2]["id"]}))
    last = desk.send(reply_to(sent[2].letter("acknowledgement").mail, addresses[2], "Mine."))
    answered = desk.send(reply_to(last.letter("notification", AGENT).mail, AGENT, "To all of you."), "inside")
    letters = {one.recipient: one.mail for one in answered.letters if one.kind == "answer"}
    assert set(letters) == set(addresses)
    named = {address: str(letters[address]["References"]) for address in addresses}
    for at, address in enumerate(addresses):
        assert [str(mail["Message-ID"]) in named[address] for mail in mails] == [one == at for one in range(3)]
        assert at == 0 or str(more["Message-ID"]) not in named[address]
