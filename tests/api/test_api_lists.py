"""Lists of tickets: filters, orders, and pages that stay what they are while tickets arrive."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from tests.api.asking import done, opened, path, refused
from tests.journey.mails import fresh
from tests.journey.running import AGENT


def listed(client: httpx.Client, **asked: Any) -> list[str]:
    return [one["id"] for one in done(client.get("/v2/support-tickets", params=asked))["data"]]


@pytest.fixture(scope="module")
def three(shop: httpx.Client) -> tuple[str, list[str]]:
    """A customer's three tickets: low and open, urgent and assigned, plain and resolved."""
    customer = fresh("lister")
    low = opened(shop, customer, "Paper jam", priority="low", tags=["paper", "list"])
    urgent = opened(shop, customer, "Toner", priority="urgent", assignedTo=AGENT, type="incident")
    plain = opened(shop, customer, "Päpstliche Bulle")
    done(shop.put(path(low), json={"status": "open"}))
    done(shop.put(path(plain), json={"status": "resolved"}))
    return customer, [low["id"], urgent["id"], plain["id"]]


def test_each_filter_leaves_what_it_names(shop: httpx.Client, three: tuple[str, list[str]]) -> None:
    customer, (low, urgent, plain) = three
    mine = {"requester": customer}
    assert listed(shop, **mine) == [plain, urgent, low]
    assert listed(shop, **mine, status="open") == [low]
    assert listed(shop, **mine, status=["open", "resolved"]) == [plain, low]
    assert listed(shop, **mine, priority="urgent") == listed(shop, **mine, type="incident") == [urgent]
    assert listed(shop, **mine, assignee=AGENT) == [urgent]
    assert listed(shop, **mine, assignee="none") == [plain, low]
    assert listed(shop, **mine, assignee="stranger@desk.example") == []
    assert listed(shop, **mine, team="billing") == []
    assert listed(shop, **mine, tag="paper") == [low]
    assert listed(shop, **mine, tag=["paper", "none"]) == []
    assert listed(shop, requester="stranger@customer.example") == []
    assert listed(shop, **mine, promise="running", dueWithin="5h") == [urgent, low]
    assert listed(shop, **mine, promise="running", dueWithin="5m") == []
    assert listed(shop, **mine, promise="broken") == listed(shop, **mine, promise="cancelled") == []
    assert listed(shop, **mine, promise="kept") == [plain]
    assert listed(shop, **mine, promise=["kept", "running"]) == [plain, urgent, low]
    assert listed(shop, **mine, resolvedSince="2020-01-01T00:00:00Z") == [plain]
    assert listed(shop, **mine, resolvedBefore="2020-01-01T00:00:00Z") == []
    assert listed(shop, **mine, createdSince="2999-01-01T00:00:00Z") == []
    assert listed(shop, **mine, updatedBefore="2999-01-01T00:00:00+05:00") == [plain, urgent, low]
    assert listed(shop, **mine, q="papstliche") == listed(shop, **mine, q='"papstliche bulle') == [plain]
    assert listed(shop, **mine, q="!!!") == []
    assert listed(shop, **mine, sort="relevance") == [plain, urgent, low]


def test_each_order_is_an_order_both_ways(shop: httpx.Client, three: tuple[str, list[str]]) -> None:
    customer, (low, urgent, plain) = three
    for sort, least_first in {
        "createdAt": [low, urgent, plain],
        "priority": [low, plain, urgent],
        "due": [low, urgent, plain],
    }.items():
        assert listed(shop, requester=customer, sort=sort) == least_first
        assert listed(shop, requester=customer, sort=f"-{sort}") == least_first[::-1]


@pytest.mark.parametrize("sort", ["-createdAt", "createdAt", "-priority", "due", "-updatedAt"])
def test_pages_repeat_and_miss_nothing_while_tickets_arrive(shop: httpx.Client, sort: str) -> None:
    customer = fresh("pages")
    there = {opened(shop, customer, f"Number {n}", priority=["low", "high"][n % 2])["id"] for n in range(7)}
    asked: dict[str, Any] = {"requester": customer, "sort": sort, "limit": 2}
    seen: list[str] = []
    while True:
        page = done(shop.get("/v2/support-tickets", params=asked))
        seen += [one["id"] for one in page["data"]]
        if page["nextCursor"] is None or len(seen) > 40:
            break
        asked["cursor"] = page["nextCursor"]
        if len(seen) < 6:
            opened(shop, customer, "One more", priority="medium")
    assert len(seen) == len(set(seen))
    assert there <= set(seen)


def test_a_search_tells_the_best_first_and_its_pages_stay_while_tickets_arrive(shop: httpx.Client) -> None:
    customer, word = fresh("ranked"), fresh("word").partition("@")[0].replace("-", "")
    best = opened(shop, customer, f"About {word}", description="Words.")["id"]
    plain = [opened(shop, customer, "Else", description=f"{'Words. ' * n}{word}.")["id"] for n in range(1, 4)]
    asked: dict[str, Any] = {"q": word, "requester": customer}
    assert listed(shop, **asked)[0] == best
    assert listed(shop, **asked) == listed(shop, **asked, sort="relevance")
    assert listed(shop, **asked, sort="-createdAt") == [*plain[::-1], best]
    seen: list[str] = []
    while True:
        page = done(shop.get("/v2/support-tickets", params={**asked, "limit": 1}))
        seen += [one["id"] for one in page["data"]]
        if page["nextCursor"] is None or len(seen) > 10:
            break
        asked["cursor"] = page["nextCursor"]
        opened(shop, customer, f"More of {word}")
    assert seen[0] == best
    assert sorted(seen) == sorted([best, *plain])


def test_a_cursor_is_ours_and_of_this_very_list(shop: httpx.Client) -> None:
    customer = fresh("cursors")
    for _ in range(3):
        opened(shop, customer)
    asked = {"requester": customer, "limit": 1}
    cursor = done(shop.get("/v2/support-tickets", params=asked))["nextCursor"]
    forged = base64.urlsafe_b64encode(base64.urlsafe_b64decode(cursor + "==")[:-6] + b'aaaa"]').decode().rstrip("=")
    assert listed(shop, **asked, cursor=cursor)
    for wrong in (asked | {"cursor": forged}, asked | {"cursor": "x"}, asked | {"cursor": cursor, "sort": "due"}):
        refused(shop.get("/v2/support-tickets", params=wrong), 404, "no-such-page")


@pytest.mark.parametrize(
    "wrong",
    [
        "status=nope",
        "limit=0",
        "limit=201",
        "createdSince=yesterday",
        "dueWithin=soon",
        "colour=red",
        "q=status:lost",
        "promise=late",
        "team=a%00",
    ],
)
def test_a_filter_that_says_nothing_is_told(shop: httpx.Client, wrong: str) -> None:
    answer = refused(shop.get(f"/v2/support-tickets?{wrong}"), 422, "invalid")
    assert answer["errors"][0]["parameter"] == wrong.partition("=")[0]


def test_a_list_cuts_descriptions_and_one_ticket_does_not(shop: httpx.Client) -> None:
    customer, words = fresh("long"), "word " * 1_000
    ticket = opened(shop, customer, description=words)
    (brief,) = done(shop.get("/v2/support-tickets", params={"requester": customer}))["data"]
    assert (len(brief["description"]), brief["descriptionTruncated"]) == (2_000, True)
    assert done(shop.get(path(ticket)))["description"].strip() == words.strip()


@pytest.mark.parametrize(
    ("below", "wrong", "says"),
    [
        ("", "statsu=open&limit=1&limit=2", "There is no such parameter; one of "),
        ("", "q=a&q=b", "It may stand once."),
        ("/{}", "nope=1", "There are no parameters."),
        ("/{}/messages", "after=message_1&after=message_2", "It may stand once."),
        ("/{}/events", "before=event_1", "There is no such parameter; one of after, limit."),
    ],
)
def test_a_parameter_that_is_none_is_told_and_not_passed_over(
    shop: httpx.Client, below: str, wrong: str, says: str
) -> None:
    ticket = opened(shop, fresh())
    answer = refused(shop.get(f"/v2/support-tickets{below.format(ticket['id'])}?{wrong}"), 422, "invalid")
    assert answer["errors"][0]["detail"].startswith(says)
    assert len(answer["errors"]) == len({part.partition("=")[0] for part in wrong.split("&")})
