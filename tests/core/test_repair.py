"""When a mail is tried again by itself."""

from __future__ import annotations

from itertools import pairwise

from daemon.core.repair import LONGEST, TRIES, again_at

NOW = 1_770_000_000


def test_a_fault_of_ours_is_tried_again_at_growing_intervals_and_not_for_ever() -> None:
    instants = [again_at("internal-error", attempts, NOW) for attempts in range(1, TRIES["internal-error"])]
    pauses = [at - NOW for at in instants if at is not None]
    assert len(pauses) == len(instants)
    assert pauses[0] == 300 and pauses[-1] == LONGEST
    assert all(before <= after for before, after in pairwise(pauses))
    assert again_at("internal-error", TRIES["internal-error"], NOW) is None


def test_what_was_wrong_with_the_mail_itself_waits_for_someone() -> None:
    assert again_at("too-many-parts", 1, NOW) is None
    assert again_at("agent-unproved", 1, NOW) is None
