"""How long a mail has waited, by a clock that leaps."""

from __future__ import annotations

from daemon.edge.age import Ages

DAY = 86_400


class Clocks:
    """A wall clock and a monotonic one that a test moves."""

    def __init__(self) -> None:
        self.wall = 1_700_000_000
        self.steady = 50.0

    def pass_by(self, seconds: int) -> None:
        self.wall += seconds
        self.steady += seconds


def ages(clocks: Clocks) -> Ages:
    return Ages(lambda: clocks.wall, lambda: clocks.steady)


def test_on_a_steady_clock_age_is_the_time_since() -> None:
    clocks = Clocks()
    known, created = ages(clocks), clocks.wall
    clocks.pass_by(5 * DAY)
    assert known.of(created) == 5 * DAY


def test_time_that_leapt_makes_no_mail_old_that_was_there_before() -> None:
    clocks = Clocks()
    known, created = ages(clocks), clocks.wall
    clocks.pass_by(100)
    clocks.wall += 400 * DAY
    clocks.pass_by(20)
    assert known.of(created) == 120
    assert known.of(clocks.wall - 5) == 5


def test_mail_written_between_the_last_look_and_the_leap_is_no_older_for_it() -> None:
    clocks = Clocks()
    known = ages(clocks)
    clocks.pass_by(30)
    created = clocks.wall
    clocks.pass_by(10)
    clocks.wall += 400 * DAY
    assert known.of(created) == 10


def test_a_clock_that_went_back_and_then_far_ahead_makes_no_mail_old() -> None:
    clocks = Clocks()
    known, created = ages(clocks), clocks.wall
    clocks.wall -= DAY
    known.watch()
    clocks.wall += 401 * DAY
    assert known.of(created) <= 0
    clocks.pass_by(2 * DAY)
    assert known.of(clocks.wall - 2 * DAY) == 2 * DAY
