"""Two orders in which articles may be annotated, beside each other: what each is worth after as many articles."""

from collections.abc import Sequence
from statistics import mean

from eval.intervals import Difference, differences
from eval.measures import Tally
from eval.plots import curve as plotted
from eval.tables import Table
from train.curve import MEASURES, Curve, Point, mean_and_spread, over_seeds

_TITLES = {"spans": "span F1", "relations": "Rel+ F1"}


def figures(curves: Sequence[Curve]) -> Table:
    """F1 of each order at every size, and what it cost: words that were read, spans that were annotated.

    What is gained over the model without any of the articles is told by 1,000 words too, since an order that puts long
    articles first gives more work with as many of them. All are means over seeds.
    """
    rows = []
    for one in curves:
        start = one.points[0] if one.points[0].size == 0 else None
        for point in one.points:
            words = [sum(len(d.text.split()) for d in documents) for documents in point.learnt]
            spans = [sum(len(d.entities) for d in documents) for documents in point.learnt]
            rows.append(
                [
                    one.order,
                    str(point.size),
                    f"{mean(words):.0f}",
                    f"{mean(spans):.0f}",
                    *(mean_and_spread(point.of(measure)) for measure in MEASURES),
                    *(_gain(start, point, measure, mean(words)) for measure in MEASURES),
                ]
            )
    sizes = [point.size for point in curves[0].points]
    lines = {f"{one.order}: {name}": values for one in curves for name, values in one.lines()}
    header = ["order", "articles", "words", "spans", *_TITLES.values()]
    header += [f"{title}, gain by 1,000 words" for title in _TITLES.values()]
    return Table(curves[0].title, header, rows, plotted(sizes, lines, "articles"))


def changes(first: Curve, second: Curve) -> Table:
    """What the second order has more than the first at every size, and at all of them together.

    The intervals and the chances are over the scored articles, all seeds together; the change of each seed stands
    beside them, and how far seeds differ says what another seed may give.
    """
    pairs = [(one, other) for one, other in zip(first.points, second.points, strict=True) if one.size]
    rows = []
    for measure in MEASURES:
        for one, other in pairs:
            seeds = [b - a for a, b in zip(one.of(measure), other.of(measure), strict=True)]
            rows.append(_row(measure, str(one.size), one.tallies, other.tallies, seeds))
        if len(pairs) > 1:
            by_size = [[b - a for a, b in zip(one.of(measure), other.of(measure), strict=True)] for one, other in pairs]
            before, after = ([of for pair in pairs for of in pair[side].tallies] for side in (0, 1))
            rows.append(_row(measure, "all", before, after, [mean(of) for of in zip(*by_size, strict=True)]))
    title = f"{second.order} less {first.order}: change of F1, percent points"
    return Table(title, ["measure", "articles", "change", "95 % interval", "p, percent", "by seed"], rows)


def _row(measure: str, size: str, first: Sequence[Tally], second: Sequence[Tally], seeds: Sequence[float]) -> list[str]:
    found = _difference(measure, over_seeds(first), over_seeds(second))
    limits = f"{100 * found.interval.low:+.1f} to {100 * found.interval.high:+.1f}" if found.interval else "-"
    chance = "<0.1" if found.chance < 0.001 else f"{100 * found.chance:.1f}"
    by_seed = " ".join(f"{change:+.1f}" for change in seeds)
    return [_TITLES[measure], size, f"{100 * found.difference:+.2f}", limits, chance, by_seed]


def _difference(measure: str, first: Tally, second: Tally) -> Difference:
    return next(
        found
        for row, found in zip(first.rows, differences(first, second), strict=True)
        if (row.measure.name, row.name) == (measure, "micro")
    )


def _gain(start: Point | None, point: Point, measure: str, words: float) -> str:
    if start is None or not words:
        return "-"
    return f"{(mean(point.of(measure)) - mean(start.of(measure))) / words * 1000:+.2f}"
