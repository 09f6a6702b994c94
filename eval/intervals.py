"""How much of a figure, or of a difference between two, may be chance: the bootstrap and a randomisation test.

The article is what is drawn, not the sentence or the span, since errors in one article are alike: a body that is
misread once is misread each time it is named. Counts per article are summed anew, nothing is scored again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from eval.measures import Tally

RESAMPLES = 2000
"""How often articles are drawn; the edge of a 95 % interval then moves by some hundredths of its width."""
LEVEL = 0.95
_SEED = 20_240_627
_F1 = 2


@dataclass(frozen=True, slots=True)
class Interval:
    """Where an F1, or a difference of two, lies in the middle 95 % of resamples."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """F1 of the second prediction less that of the first."""

    first: float
    second: float
    interval: Interval
    chance: float
    """How often a difference as large, either way, comes about when it is left to chance article by article which
    prediction is which (two-sided p; Yeh, 2000, "More accurate tests for the statistical significance of result
    differences")."""

    @property
    def difference(self) -> float:
        return self.second - self.first


def intervals(tally: Tally, resamples: int = RESAMPLES) -> list[Interval]:
    """An interval of the F1 of each of the tally's rows: percentiles of the bootstrap over articles."""
    f1 = tally.ratios(_drawn(tally, resamples))[..., _F1]
    return _percentiles(f1)


def differences(first: Tally, second: Tally, resamples: int = RESAMPLES) -> list[Difference]:
    """The difference of each row of two tallies of the same articles; both are drawn alike.

    Raises:
        ValueError: the tallies are of other articles or measures.
    """
    if (first.documents, first.measures) != (second.documents, second.measures):
        raise ValueError("tallies of other articles or measures cannot be compared")
    ones, others = (np.nan_to_num(tally.ratios(tally.counts.sum(axis=0))[:, _F1]) for tally in (first, second))
    drawn = np.nan_to_num(second.ratios(_drawn(second, resamples))[..., _F1]) - np.nan_to_num(
        first.ratios(_drawn(first, resamples))[..., _F1]
    )
    # Exchanged: for each article a coin decides which of the two predictions counts as the first.
    generator = np.random.default_rng(_SEED)
    coins = generator.integers(0, 2, (resamples, len(first.documents))).astype(np.float64)
    one = _weighted(coins, first) + _weighted(1 - coins, second)
    other = _weighted(1 - coins, first) + _weighted(coins, second)
    exchanged = np.abs(np.nan_to_num(second.ratios(other)[..., _F1]) - np.nan_to_num(first.ratios(one)[..., _F1]))
    seen = np.abs(others - ones)
    # The order as it is counts as one of the draws, so that no chance is ever none. Rounding must not decide a tie.
    chances = (1 + (exchanged >= seen - 1e-12).sum(axis=0)) / (1 + resamples)
    return [
        Difference(float(a), float(b), interval, float(chance))
        for a, b, interval, chance in zip(ones, others, _percentiles(drawn), chances, strict=True)
    ]


def _drawn(tally: Tally, resamples: int) -> NDArray[np.float64]:
    """Sums over articles drawn with replacement. *Shape:* (resamples, lines, 3)"""
    count = len(tally.documents)
    generator = np.random.default_rng(_SEED)
    weights = generator.multinomial(count, np.full(count, 1 / count), resamples).astype(np.float64)
    return _weighted(weights, tally)


def _weighted(weights: NDArray[np.float64], tally: Tally) -> NDArray[np.float64]:
    lines = tally.counts.shape[1]
    sums: NDArray[np.float64] = weights @ tally.counts.reshape(len(tally.documents), lines * 3)
    return sums.reshape(len(weights), lines, 3)


def _percentiles(values: NDArray[np.float64]) -> list[Interval]:
    """*Shape:* (resamples, rows); a resample that has nothing to measure in a row is left out of that row."""
    found = []
    for row in values.T:
        known = row[~np.isnan(row)]
        low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(known) else (0.0, 0.0)
        found.append(Interval(float(low), float(high)))
    return found
