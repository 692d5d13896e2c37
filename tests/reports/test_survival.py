"""Estimators: by hand, against lifelines, and where they must say that they do not know."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import survival
from reports.survival import DONE, OPEN, OTHER


@pytest.mark.parametrize("seed", range(12))
def test_aalen_johansen_agrees_with_lifelines(seed: int) -> None:
    durations, causes = drawn(seed, [0.3, 0.5, 0.2])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import AalenJohansenFitter

        theirs = AalenJohansenFitter(calculate_variance=False).fit(durations, causes, event_of_interest=DONE)
    ours = survival.cumulative_incidence(durations, causes)
    table = theirs.cumulative_density_.iloc[:, 0]
    for time, share in zip(ours.times, ours.done, strict=True):
        assert share == pytest.approx(float(table.loc[:time].iloc[-1]), abs=1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_kaplan_meier_and_its_interval_agree_with_lifelines(seed: int) -> None:
    durations, causes = drawn(seed, [0.4, 0.6, 0.0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from lifelines import KaplanMeierFitter

        theirs = KaplanMeierFitter().fit(durations, causes == DONE)
    times, alive = survival.survival(durations, causes == DONE)
    assert np.allclose(alive, theirs.survival_function_at_times(times).to_numpy())
    told = survival.quantile(durations, causes, 0.5)
    assert told.value == theirs.median_survival_time_
    low, high = (theirs.confidence_interval_survival_function_.iloc[:, i] for i in (0, 1))
    assert told.low == first_below(low, 0.5)
    assert told.high == first_below(high, 0.5)


def drawn(seed: int, chances: list[float]) -> tuple[Any, Any]:
    draw = np.random.default_rng(seed)
    n = int(draw.integers(20, 200))
    return draw.permutation(np.arange(1, 4 * n))[:n], draw.choice([OPEN, DONE, OTHER], n, p=chances)


def first_below(band: Any, share: float) -> float:
    below = band[band <= share + 1e-12]
    return float(below.index[0]) if len(below) else math.inf


def test_a_curve_that_never_gets_there_says_so() -> None:
    told = survival.quantile([1, 2, 3, 4], [DONE, OTHER, OTHER, OTHER], 0.9)
    assert math.isnan(told.value)
    assert told.method == "aalen-johansen"
    curve = survival.cumulative_incidence([1, 2, 3, 4], [DONE, OTHER, OTHER, OTHER])
    assert (curve.plateau, curve.among_done(0.9)) == (0.25, 1)


def test_all_open_is_not_reached_and_nothing_at_all_is_nothing() -> None:
    assert math.isnan(survival.quantile([5, 6, 7], [OPEN] * 3, 0.5).value)
    assert math.isnan(survival.quantile([], [], 0.5).value)


def test_with_nothing_censored_an_order_statistic_is_taken_with_binomial_ranks() -> None:
    told = survival.quantile(np.arange(1, 101), np.full(100, DONE), 0.5)
    assert (told.value, told.low, told.high, told.method) == (50, 40, 61, "order-statistic")


@given(st.integers(1, 60), st.sampled_from([0.1, 0.5, 0.9]))
def test_binomial_ranks_cover_the_quantile_in_95_of_100_cases(n: int, p: float) -> None:
    told = survival.quantile(np.arange(1, n + 1), np.full(n, DONE), p)
    chance = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    low = 0 if told.low == 0 else int(told.low)
    high = n + 1 if math.isinf(told.high) else int(told.high)
    assert sum(chance[low:high]) >= 0.95 - 1e-9


def test_intervals_of_an_incidence_cover_the_truth_about_as_often_as_they_say() -> None:
    covered = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        done, other, censored = (draw.exponential(scale, 150) for scale in (10, 20, 30))
        durations = np.minimum(np.minimum(done, other), censored)
        causes = np.where(durations == done, DONE, np.where(durations == other, OTHER, OPEN))
        told = survival.quantile(np.ceil(durations * 1000).astype(int), causes, 0.4)
        truth = -math.log(1 - 0.4 / (20 / 30)) / (1 / 10 + 1 / 20) * 1000
        covered += told.low <= truth <= told.high
    assert covered >= 182  # of 200; 95 % are 190, and chance takes fewer than 8 away


def test_wilson_holds_at_the_edges() -> None:
    assert survival.wilson(0, 10).low == 0
    assert survival.wilson(10, 10).high == pytest.approx(1)
    told = survival.wilson(8, 10)
    assert (round(told.low, 4), round(told.high, 4)) == (0.4902, 0.9433)


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from([OPEN, DONE, OTHER])), min_size=1, max_size=60))
def test_shares_add_up_and_only_rise(pairs: list[tuple[int, int]]) -> None:
    durations, causes = (np.array(column) for column in zip(*pairs, strict=True))
    curve = survival.cumulative_incidence(durations, causes)
    assert (np.diff(curve.done) >= -1e-12).all()
    assert curve.done[-1] + curve.other[-1] <= 1 + 1e-9
    if not (causes == OPEN).any():
        assert curve.done[-1] == pytest.approx((causes == DONE).mean())
