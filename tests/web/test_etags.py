"""Versions: a lost race is a 412, and who does not care is not refused."""

from __future__ import annotations

import pytest

from daemon.core.plan import Event, Opening, Plan
from daemon.core.values import Address, Envelope
from daemon.store import commit
from tests.web.served import CUSTOMER, Served


@pytest.fixture
def ticket(served: Served) -> int:
    def open_one() -> int:
        requester = Address("", CUSTOMER)
        event = Event("ticket_opened", "no-ticket-named", 1)
        envelope = Envelope("api", "", None, ("support@desk.example",), 1)
        plan = Plan("filed", "no-ticket-named", opening=Opening("x", "support", 1, requester), events=(event,))
        written = commit.plan(plan, None, "support", envelope, 1)
        assert written.ticket is not None
        return written.ticket

    return served.house.store.write(open_one).result()


def touch(served: Served, ticket: int) -> None:
    event = Event("priority_changed", "changed-by-agent", 2, None, "priority", "medium", "high")
    served.house.store.write(lambda: commit.happen(event, ticket, 2)).result()


def test_a_change_goes_through_while_nothing_else_happened(served: Served, ticket: int) -> None:
    client = served.client(served.token("tickets:write"))
    tag = client.put(f"/v2/versions/{ticket}").json()["tag"]
    assert tag.startswith(f'"{ticket}-')
    for header in (tag, f'"other", {tag}', "*"):
        assert client.put(f"/v2/versions/{ticket}", headers={"If-Match": header}).status_code == 200


def test_a_lost_race_is_refused_with_the_present_tag(served: Served, ticket: int) -> None:
    client = served.client(served.token("tickets:write"))
    tag = client.put(f"/v2/versions/{ticket}").json()["tag"]
    touch(served, ticket)
    answer = client.put(f"/v2/versions/{ticket}", headers={"If-Match": tag})
    assert answer.status_code == 412
    assert answer.json()["type"] == "/problems/changed-meanwhile"
    assert answer.headers["ETag"] == client.put(f"/v2/versions/{ticket}").json()["tag"] != tag


@pytest.mark.parametrize("header", ["W/{tag}", "nonsense", "", '"', "{tag}x", "\xff"])
def test_weak_tags_and_nonsense_match_nothing(served: Served, ticket: int, header: str) -> None:
    client = served.client(served.token("tickets:write"))
    tag = client.put(f"/v2/versions/{ticket}").json()["tag"]
    sent = header.replace("{tag}", tag).encode("latin-1")
    answer = client.put(f"/v2/versions/{ticket}", headers=[(b"If-Match", sent)])
    assert answer.status_code == 412
