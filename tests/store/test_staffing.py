"""What assignment asks of the rows: who is away, who has how much, and whose last ticket was longest ago."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TypeVar

import pytest

from daemon.store import staffing
from daemon.store.db import Store
from daemon.store.tables import Event, Person, Ticket

T = TypeVar("T")
FIRST, SECOND, THIRD, CUSTOMER = 1, 2, 3, 4


@pytest.fixture
def write(store: Store) -> Callable[[Callable[[], T]], T]:
    """Run something in a transaction of the writer, on a desk that has three agents and a customer."""

    def people() -> None:
        for _ in range(4):
            Person.insert(name="someone", created_at=0).execute()

    store.write(people).result(5)
    return lambda act: store.write(act).result(10)


def a_ticket(assignee: int | None, status: str = "open", times_given: int = 1) -> None:
    number = Ticket.insert(
        desk="support",
        subject="",
        status=status,
        team="support",
        requester=CUSTOMER,
        assignee=assignee,
        channel="smtp",
        opened_at=0,
        updated_at=0,
    ).execute()
    for _ in range(times_given if assignee else 0):
        data = json.dumps({"from": None, "to": assignee})
        Event.insert(ticket=number, kind="assigned", at=0, recorded_at=0, because="round-robin", data=data).execute()


def test_new_and_open_tickets_are_a_load_and_no_others(write: Callable[..., object]) -> None:
    def act() -> dict[int, int]:
        for status in ("new", "open", "pending", "on_hold", "resolved", "closed", "spam"):
            a_ticket(FIRST, status)
        a_ticket(SECOND)
        a_ticket(None)
        return dict(staffing.loads([FIRST, SECOND, THIRD]))

    assert write(act) == {FIRST: 2, SECOND: 1}


def test_the_order_in_which_tickets_were_given_is_known_however_long_ago(write: Callable[..., object]) -> None:
    def act() -> list[int]:
        a_ticket(SECOND)
        a_ticket(FIRST, "closed")
        a_ticket(THIRD, times_given=staffing.FURTHEST + 1)
        given = staffing.last_given([FIRST, SECOND, THIRD, CUSTOMER])
        return sorted(given, key=lambda person: given[person])

    assert write(act) == [SECOND, FIRST, THIRD]


def test_an_absence_lasts_until_its_end_and_not_a_second_longer(write: Callable[..., object]) -> None:
    write(lambda: staffing.leave(FIRST, 100, 200))
    write(lambda: staffing.leave(SECOND, 100, None))
    assert [write(lambda at=at: staffing.away(at)) for at in (99, 100, 199, 200)] == [
        {},
        {FIRST: 200, SECOND: None},
        {FIRST: 200, SECOND: None},
        {SECOND: None},
    ]


def test_whoever_comes_back_is_there_and_may_leave_again(write: Callable[..., object]) -> None:
    write(lambda: staffing.leave(FIRST, 100, None))
    write(lambda: staffing.leave(FIRST, 150, 300))
    assert write(lambda: staffing.away(150)) == {FIRST: 300}
    write(lambda: staffing.come_back(FIRST, 160))
    assert write(lambda: staffing.away(160)) == {}
    write(lambda: staffing.leave(FIRST, 160, 170))
    write(lambda: staffing.leave(FIRST, 160, 180))
    assert write(lambda: staffing.away(175)) == {FIRST: 180}
