"""How much of a figure, or of a difference between two, may be chance: the bootstrap and a randomisation test.

The article is what is drawn, not the sentence or the span, since errors in one article are alike: a body that is
misread once is misread each time it is named. Counts per article are summed anew, nothing is scored again.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

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
    """Where an F1, or a difference of two, lies with a chance of 95 %."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """F1 of the second prediction less that of the first."""

    first: float
    second: float
    interval: Interval | None
    """None where fewer than two articles have anything to compare."""
    chance: float
    """How often a difference as large, either way, comes about when it is left to chance article by article which
    prediction is which (two-sided p; Yeh, 2000, "More accurate tests for the statistical significance of result
    differences")."""

    @property
    def difference(self) -> float:
        return self.second - self.first


def intervals(tally: Tally, resamples: int = RESAMPLES) -> list[Interval | None]:
    """An interval of the F1 of each of the tally's rows: percentiles of the bootstrap over articles, widened.

    Drawn from few articles, percentiles promise too much: they vary less than new articles would, and their spread is
    itself a guess. So their distance from the figure is stretched by Student's t over the normal quantile and by the
    root of n / (n - 1), where n is how many articles have anything to measure in that row.

    Returns:
        None for a row that fewer than two articles have anything of.
    """
    f1 = tally.ratios(_drawn(tally, resamples))[..., _F1]
    figures = np.nan_to_num(tally.ratios(tally.counts.sum(axis=0))[:, _F1])
    return [
        _widened(interval, float(figure), int(count), 0.0, 1.0) if count > 1 else None
        for interval, figure, count in zip(_percentiles(f1), figures, tally.present, strict=True)
    ]


def differences(first: Tally, second: Tally, resamples: int = RESAMPLES) -> list[Difference]:
    """The difference of each row of two tallies of the same articles; both are drawn alike.

    Raises:
        ValueError: the tallies are of other articles or measures.
    """
    if (first.documents, first.measures) != (second.documents, second.measures):
        raise ValueError("tallies of other articles or measures cannot be compared")
    ones, others = (np.nan_to_num(tally.ratios(tally.counts.sum(axis=0))[:, _F1]) for tally in (first, second))
    sides = [tally.ratios(_drawn(tally, resamples))[..., _F1] for tally in (second, first)]
    drawn = np.nan_to_num(sides[0]) - np.nan_to_num(sides[1])
    drawn[np.isnan(sides[0]) & np.isnan(sides[1])] = np.nan
    present = np.maximum(first.present, second.present)
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
        Difference(
            float(a),
            float(b),
            _widened(interval, float(b - a), int(count), -1.0, 1.0) if count > 1 else None,
            float(chance),
        )
        for a, b, interval, count, chance in zip(ones, others, _percentiles(drawn), present, chances, strict=True)
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


def _widened(interval: Interval, figure: float, count: int, least: float, most: float) -> Interval:
    """The interval of so many articles, its ends farther from the figure, within what the figure can be."""
    normal = NormalDist().inv_cdf((1 + LEVEL) / 2)
    stretch = student(count - 1) / normal * math.sqrt(count / (count - 1))
    return Interval(
        max(least, figure - stretch * (figure - interval.low)), min(most, figure + stretch * (interval.high - figure))
    )


def student(freedom: int) -> float:
    """Quantile of Student's t for the middle `LEVEL`: exact for one and two degrees of freedom, else Cornish and
    Fisher's series (Abramowitz and Stegun, 26.7.5), which is right to a hundredth from three on."""
    p = (1 + LEVEL) / 2
    if freedom == 1:
        return math.tan(math.pi * (p - 0.5))
    if freedom == 2:
        return (2 * p - 1) / math.sqrt(2 * p * (1 - p))
    z = NormalDist().inv_cdf(p)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return math.fsum((z, *(term / freedom**n for n, term in enumerate(terms, 1))))


def _percentiles(values: NDArray[np.float64]) -> list[Interval]:
    """*Shape:* (resamples, rows); a resample that has nothing to measure in a row is left out of that row."""
    found = []
    for row in values.T:
        known = row[~np.isnan(row)]
        low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2]) if len(known) else (0.0, 0.0)
        found.append(Interval(float(low), float(high)))
    return found
