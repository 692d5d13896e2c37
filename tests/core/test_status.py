from __future__ import annotations

import pytest

from daemon.core.status import BACKLOG, ENDS, MOVES, STATUSES, after_agent_replied, after_customer_wrote


def test_every_status_has_its_moves_and_none_leads_into_merged() -> None:
    assert set(MOVES) == set(STATUSES)
    assert all("merged" not in moves and status not in moves for status, moves in MOVES.items())


@pytest.mark.parametrize("status", STATUSES)
def test_replies_move_within_the_table_or_not_at_all(status: str) -> None:
    for becomes in (after_customer_wrote(status), after_agent_replied(status)):
        assert becomes == status or becomes in MOVES[status] or (status, becomes) == ("new", "pending")


def test_an_end_is_an_end_whoever_writes() -> None:
    assert {after_customer_wrote(s) for s in ENDS} == ENDS
    assert not BACKLOG & ENDS
