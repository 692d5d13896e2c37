"""How long things take when some are not over yet, and some ended otherwise.

A duration has a cause: ``OPEN`` (still running: censored), ``DONE`` (what is waited for came), ``OTHER`` (it cannot
come any more: a competing end). Leaving out the open ones, or treating the others as if they might still come, makes
every percentile too small; see METRICS.

Sources: Aalen and Johansen, Scand. J. Statist. 5 (1978); Kaplan and Meier, JASA 53 (1958), with Greenwood's variance on
the log(-log) scale; binomial ranks for order statistics (David and Nagaraja, Order Statistics, 7.1); Wilson, JASA 22
(1927).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

OPEN, DONE, OTHER = 0, 1, 2
Z = 1.959963984540054
"""95 %, two-sided."""
REPEATS, BINS, SEED = 200, 2048, 1042
MANY = 12
Method = Literal["order-statistic", "kaplan-meier", "aalen-johansen"]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its 95 % interval. NaN: not reached (or nothing to tell); an interval's end may be infinite."""

    value: float
    low: float
    high: float
    method: str = ""


@dataclass(frozen=True, slots=True)
class Curve:
    """The share of all that was done by each time (an increasing step function), where anything happened."""

    times: npt.NDArray[np.int64]
    done: Floats
    other: Floats

    @property
    def plateau(self) -> float:
        """The share that ever gets there, as far as can be seen."""
        return float(self.done[-1]) if len(self.done) else 0.0

    def quantile(self, p: float) -> float:
        """The first time by which a share of ``p`` is done; NaN if the curve lies below."""
        reached = np.searchsorted(self.done, p - 1e-12)
        return float(self.times[reached]) if reached < len(self.times) else math.nan

    def among_done(self, p: float) -> float:
        """The same of those that get there at all."""
        return self.quantile(p * self.plateau) if self.plateau else math.nan


def cumulative_incidence(durations: npt.ArrayLike, causes: npt.ArrayLike) -> Curve:
    """Aalen and Johansen's estimator; with no ``OTHER`` it is 1 minus Kaplan and Meier's."""
    times, done, other, leaving = _counts(np.asarray(durations), np.asarray(causes))
    at_risk = _at_risk(leaving)
    f, g = _incidence(done, other, at_risk)
    return Curve(times, f, g)


def survival(durations: npt.ArrayLike, over: npt.ArrayLike) -> tuple[npt.NDArray[np.int64], Floats]:
    """Kaplan and Meier's estimator: times, and the share that is not over by then. ``over`` False: censored."""
    curve = cumulative_incidence(durations, np.where(np.asarray(over, bool), DONE, OPEN))
    return curve.times, 1 - curve.done


def quantile(durations: npt.ArrayLike, causes: npt.ArrayLike, p: float) -> Estimate:
    """The time by which a share of ``p`` of all is done, by the method that the data ask for."""
    return quantiles(durations, causes, (p,))[0]


def quantiles(durations: npt.ArrayLike, causes: npt.ArrayLike, ps: tuple[float, ...]) -> list[Estimate]:
    """Several quantiles of the same durations."""
    lasted, why = np.asarray(durations), np.asarray(causes)
    if not len(lasted):
        return [Estimate(math.nan, math.nan, math.nan) for _ in ps]
    if (why == OTHER).any():
        return _of_incidence(lasted, why, ps)
    if (why == OPEN).any():
        return _of_survival(lasted, why, ps)
    return _of_ranks(np.sort(lasted), ps)


def wilson(positive: int, n: int) -> Estimate:
    """A share with Wilson's interval."""
    if not n:
        return Estimate(math.nan, math.nan, math.nan, "wilson")
    share, z2 = positive / n, Z * Z
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Estimate(share, max(middle - half, 0.0), min(middle + half, 1.0), "wilson")


def _counts(durations: Any, causes: Any) -> tuple[Any, Any, Any, Any]:
    """Distinct times with the number done, ended otherwise, and leaving in all at each."""
    order = np.argsort(durations, kind="stable")
    lasted, why = durations[order], causes[order]
    starts = np.flatnonzero(np.diff(lasted, prepend=lasted[0] - 1)) if len(lasted) else np.zeros(0, np.int64)
    sizes = np.diff(np.append(starts, len(lasted)))
    done, other = (np.add.reduceat(why == c, starts) if len(starts) else np.zeros(0, np.int64) for c in (DONE, OTHER))
    return lasted[starts], done.astype(np.float64), other.astype(np.float64), sizes.astype(np.float64)


def _at_risk(leaving: Any) -> Any:
    """At each time, how many have not left before it; along the last axis."""
    total = leaving.sum(axis=-1, keepdims=True)
    return total - np.cumsum(leaving, axis=-1) + leaving


def _incidence(done: Any, other: Any, at_risk: Any) -> tuple[Any, Any]:
    """Cumulative incidences along the last axis."""
    with np.errstate(divide="ignore", invalid="ignore"):
        stays = np.where(at_risk > 0, 1 - (done + other) / at_risk, 1.0)
        before = np.ones_like(stays)
        before[..., 1:] = np.cumprod(stays, axis=-1)[..., :-1]
        per = np.where(at_risk > 0, before / at_risk, 0.0)
    return np.cumsum(per * done, axis=-1), np.cumsum(per * other, axis=-1)


def _of_incidence(durations: Any, causes: Any, ps: tuple[float, ...]) -> list[Estimate]:
    """Aalen–Johansen, with a percentile bootstrap: the counts at each time are drawn anew, as Poisson numbers.

    Past ``BINS`` distinct times they are drawn by groups of neighbours, finer than any interval that so many can have.
    """
    times, done, other, leaving = _counts(durations, causes)
    f, _ = _incidence(done, other, _at_risk(leaving))
    exact = Curve(times, f, f)
    if len(times) > BINS:
        edges = np.linspace(0, len(times), BINS + 1).astype(np.int64)[:-1]
        done, other, leaving = (np.add.reduceat(x, edges) for x in (done, other, leaving))
        times = times[np.append(edges[1:], len(times)) - 1]
    draw = np.random.default_rng(SEED)
    again = [_drawn_anew(draw, x) for x in (done, other, leaving - done - other)]
    f, _ = _incidence(again[0], again[1], _at_risk(sum(again)))
    estimates = []
    for p in ps:
        places = (f < p - 1e-12).sum(axis=1)
        reached = np.where(places < len(times), times[np.minimum(places, len(times) - 1)].astype(float), np.inf)
        low, high = np.quantile(reached, (0.025, 0.975), method="inverted_cdf")
        estimates.append(Estimate(exact.quantile(p), float(low), float(high), "aalen-johansen"))
    return estimates


def _drawn_anew(draw: np.random.Generator, counts: Any) -> Any:
    """Poisson numbers about these counts, ``REPEATS`` times; about ``MANY`` or more as a normal law has them."""
    again = np.zeros((REPEATS, len(counts)))
    few, many = np.flatnonzero((counts > 0) & (counts < MANY)), np.flatnonzero(counts >= MANY)
    again[:, few] = draw.poisson(counts[few], (REPEATS, len(few)))
    spread = np.sqrt(counts[many]) * draw.standard_normal((REPEATS, len(many)), np.float32)
    again[:, many] = np.maximum(np.rint(counts[many] + spread), 0)
    return again


def _of_survival(durations: Any, causes: Any, ps: tuple[float, ...]) -> list[Estimate]:
    times, done, _, leaving = _counts(durations, causes)
    at_risk = _at_risk(leaving)
    f, _ = _incidence(done, np.zeros_like(done), at_risk)
    s = 1 - f
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(np.where(at_risk > done, done / (at_risk * (at_risk - done)), 0.0))
        scale = np.log(-np.log(s))
        spread = Z * np.sqrt(variance) / np.abs(np.log(s))
        lower, upper = np.exp(-np.exp(scale + spread)), np.exp(-np.exp(scale - spread))
    certain = s >= 1
    lower, upper = np.where(certain, 1.0, np.nan_to_num(lower)), np.where(certain, 1.0, np.where(s <= 0, 0.0, upper))
    curve = Curve(times, f, f)

    def first(band: Any, p: float) -> float:
        below = np.flatnonzero(band <= 1 - p + 1e-12)
        return float(times[below[0]]) if len(below) else math.inf

    return [Estimate(curve.quantile(p), first(lower, p), first(upper, p), "kaplan-meier") for p in ps]


def _of_ranks(ordered: Any, ps: tuple[float, ...]) -> list[Estimate]:
    n, estimates = len(ordered), []
    for p in ps:
        low, high = _binomial_ranks(n, p)
        value = float(ordered[max(math.ceil(n * p - 1e-9) - 1, 0)])
        estimates.append(
            Estimate(
                value,
                float(ordered[low - 1]) if low >= 1 else 0.0,
                float(ordered[high - 1]) if high <= n else math.inf,
                "order-statistic",
            )
        )
    return estimates


def _binomial_ranks(n: int, p: float) -> tuple[int, int]:
    """Ranks (from 1) between which the quantile lies in 95 of 100 cases; 0 or n + 1 where no rank is far enough."""
    middle, spread = n * p, 8 * math.sqrt(n * p * (1 - p)) + 8
    k = np.arange(max(int(middle - spread), 0), min(int(middle + spread), n) + 1)
    steps = np.log(np.maximum(n - k[:-1], 1e-300)) - np.log(k[:-1] + 1) + math.log(p / (1 - p))
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    chances = np.exp(logs - logs.max())
    cumulative = np.cumsum(chances / chances.sum())
    low = int(k[np.searchsorted(cumulative, 0.025, side="right")])
    high = int(k[np.searchsorted(cumulative, 0.975)]) + 1
    return low, high
