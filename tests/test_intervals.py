"""Intervals and tests of differences: by resampling."""

import time
from dataclasses import replace

import numpy as np
import pytest
from test_scores import GOLD, PREDICTED

from eval.intervals import Interval, differences, intervals, student
from eval.measures import Measure, Tally, tally
from vipol.document import Document

ONE = Measure("one", "One")


def counted(*articles: tuple[float, float, float]) -> Tally:
    """A tally of one measure, an article each: credit, predicted, gold."""
    return Tally(tuple(map(str, range(len(articles)))), (ONE,), np.array(articles, np.float64)[:, None, :])


def test_alike_articles_leave_no_doubt() -> None:
    """Where every article has the same figures, so has every resample."""
    (interval,) = intervals(counted(*[(8, 10, 10)] * 20))
    assert interval == Interval(pytest.approx(0.8), pytest.approx(0.8))


def test_interval_of_a_share() -> None:
    """Articles of one span each, half of them right: the interval is that of a share, 0.5 ± 1.96 / (2 √n)."""
    (interval,) = intervals(counted(*[(1, 1, 1), (0, 1, 1)] * 200))
    assert interval
    assert interval.low == pytest.approx(0.5 - 1.96 * 0.5 / 20, abs=0.006)
    assert interval.high == pytest.approx(0.5 + 1.96 * 0.5 / 20, abs=0.006)


def test_articles_are_drawn_whole() -> None:
    """The same counts in fewer articles leave more doubt: errors of one article come together."""
    many = intervals(counted(*[(1, 1, 1), (0, 1, 1)] * 200))[0]
    few = intervals(counted(*[(20, 20, 20), (0, 20, 20)] * 10))[0]
    assert few
    assert many
    assert few.high - few.low > 3 * (many.high - many.low)


def test_a_resample_without_the_label_is_left_out() -> None:
    """MONEY stands in two of many articles: resamples without it say nothing of it, not 0."""
    (interval,) = intervals(counted((1, 1, 1), (1, 1, 1), *[(0, 0, 0)] * 9))
    assert interval == Interval(1.0, 1.0)


def test_one_article_tells_no_interval() -> None:
    """What only one article has anything of may be anything in the next."""
    one, other = counted((1, 1, 1), (0, 0, 0)), counted((0, 1, 1), (0, 0, 0))
    assert intervals(one) == [None]
    assert differences(one, other)[0].interval is None


def test_nothing_to_measure() -> None:
    """A label that nobody has has no interval."""
    assert intervals(counted((0, 0, 0), (0, 0, 0))) == [None]


def test_same_input_same_interval() -> None:
    """Resampling is seeded."""
    tallied = tally([GOLD, replace(GOLD, id="e")], [PREDICTED, replace(GOLD, id="e")])
    assert intervals(tallied) == intervals(tallied)


def test_no_difference() -> None:
    """A prediction and itself: no difference, and it comes about by chance always."""
    one = counted(*[(8, 10, 10), (3, 9, 7)] * 10)
    (difference,) = differences(one, one)
    assert (difference.difference, difference.interval, difference.chance) == (0.0, Interval(0.0, 0.0), 1.0)


def test_sure_difference() -> None:
    """Better in every one of twenty articles: the interval lies above 0, and chance hardly ever does as well."""
    (difference,) = differences(counted(*[(8, 10, 10)] * 20), counted(*[(9, 10, 10)] * 20))
    assert difference.difference == pytest.approx(0.1)
    assert difference.interval
    assert difference.interval.low == pytest.approx(0.1)
    assert difference.chance < 0.002


def test_difference_of_one_article_is_chance() -> None:
    """Better in one article of twenty: exchanging the two leaves as large a difference always."""
    first = counted(*[(8, 10, 10)] * 20)
    (difference,) = differences(first, counted((10, 10, 10), *[(8, 10, 10)] * 19))
    assert difference.chance == 1.0
    assert difference.interval
    assert difference.interval.low <= 0.0


def test_pairs_are_drawn_together() -> None:
    """Where both vary much and alike, the difference varies little: articles are drawn for both at once."""
    rng = np.random.default_rng(0)
    right = rng.integers(0, 90, 40)
    first = counted(*((int(n), 100, 100) for n in right))
    second = counted(*((int(n) + 10, 100, 100) for n in right))
    (difference,) = differences(first, second)
    assert difference.interval == Interval(pytest.approx(0.1), pytest.approx(0.1))


def test_other_articles_are_refused() -> None:
    """Two tallies are compared over the same articles and measures alone."""
    with pytest.raises(ValueError, match="cannot be compared"):
        differences(counted((1, 1, 1)), counted((1, 1, 1), (1, 1, 1)))


def test_a_thousand_articles_take_a_moment() -> None:
    """Counts are resampled, nothing is scored again."""
    documents = [replace(GOLD, id=str(n)) for n in range(1000)]
    predicted = [replace(PREDICTED, id=str(n)) for n in range(1000)]
    tallied = tally(documents, predicted)
    began = time.monotonic()
    intervals(tallied)
    assert time.monotonic() - began < 5


def test_intervals_of_all_rows() -> None:
    """One interval a row, each around its figure."""
    bare = Document("e", "Hà Nội")
    tallied = tally([GOLD, replace(GOLD, id="f"), bare], [PREDICTED, replace(GOLD, id="f"), bare])
    for figures, interval in zip(tallied.figures(), intervals(tallied), strict=True):
        assert interval is None or interval.low <= figures.f1 <= interval.high


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (1000, 1.962)]
)
def test_student(freedom: int, quantile: float) -> None:
    """The quantiles of the printed tables."""
    assert student(freedom) == pytest.approx(quantile, abs=0.012)


def test_small_samples_are_covered() -> None:
    """Ten articles drawn from many: the interval holds the figure of all in about 95 of 100 draws, not in 80."""
    rng = np.random.default_rng(1)
    easy = rng.beta(8, 2, 4000)
    sizes = rng.integers(5, 60, 4000)
    right = rng.binomial(sizes, easy)
    truth = right.sum() / sizes.sum()
    held = 0
    for _ in range(200):
        chosen = rng.choice(4000, 10, replace=False)
        (interval,) = intervals(counted(*((right[n], sizes[n], sizes[n]) for n in chosen)), resamples=500)
        held += interval is not None and interval.low <= truth <= interval.high
    assert held >= 178
